//! The JSON answers: about a source (`?meta=full`), and about a decision (`?explain`).

use serde_json::{Value, json};

use super::{
    job::Product,
    record::{Entry, Record},
    selection::{Selected, Selector, SkipReason},
    trace::Trace,
};

/// The keys that webp_server_go answers with, the dominant colour, and the ThumbHash in base64.
pub(super) fn meta(record: &Record) -> Value {
    json!({
        "blurhash": record.blurhash,
        "color": record.slimpix.as_ref().and_then(|known| known.color.as_deref()),
        "colorspace": record.colorspace,
        "format": record.format,
        "height": record.height,
        "num_pages": record.num_pages,
        "size": record.size,
        "thumbhash": record.slimpix.as_ref().and_then(|known| known.thumbhash.as_deref()),
        "width": record.width,
    })
}

/// What is there is no picture.
pub(super) fn no_picture(why: &str) -> Value {
    json!({ "candidates": [], "chosen": null, "why": why })
}

/// Every candidate, the one that goes out, and what it cost to find out.
pub(super) fn explanation(selector: &Selector<'_>, selected: &Selected, trace: &Trace) -> Value {
    let mut candidates = vec![json!({
        "format": selector.state.format,
        "source": true,
        "bytes": selector.state.validators.len,
        "state": source_state(selector),
    })];
    candidates.extend(selector.formats().into_iter().map(|format| {
        let params = selector.params(format);
        let mut why = trace.reasons.get(&format).map(String::as_str);
        let (bytes, state) =
            match (selector.gave_up.get(&Product::Picture(format)), selector.record.entry(format)) {
                (Some(why), _) => (None, reason(*why)),
                (None, Some(Entry::Made(variant))) => (Some(variant.size), "made"),
                (None, Some(Entry::Declined { size, .. })) => (Some(*size), "no smaller than the source"),
                (None, Some(Entry::Failed { reason, .. })) => {
                    why = Some(reason);
                    (None, "can't be made from this source")
                }
                (None, None) => (None, "not made"),
            };
        json!({
            "format": format, "source": false, "bytes": bytes, "state": state, "reason": why,
            "quality": params.quality, "effort": params.effort,
        })
    }));
    let (chosen, why) = chosen(selector, selected);
    json!({
        "id": selector.record.id,
        "candidates": candidates,
        "chosen": chosen,
        "why": why,
        "bytes_reserved": trace.reserved,
        "queued_ms": u64::try_from(trace.waited.as_millis()).unwrap_or(u64::MAX),
        "converted": trace.converted,
        "trouble": trace.trouble,
        "unconverted": selector.why_unconverted(trace).filter(|_| *selected == Selected::Source),
    })
}

fn source_state(selector: &Selector<'_>) -> &'static str {
    if selector.source_competes() {
        "can be shown"
    } else if selector.source_is_shown() {
        "has another shape than the wanted one"
    } else {
        "only if there is nothing else"
    }
}

const fn reason(why: SkipReason) -> &'static str {
    match why {
        SkipReason::NeverFits => "needs more memory than there is",
        SkipReason::NoRoom => "no room in time",
        SkipReason::NotInTime => "being made by another request",
        SkipReason::Failed(_) => "failed",
        SkipReason::Lost => "its file can't be opened",
    }
}

fn chosen(selector: &Selector<'_>, selected: &Selected) -> (Value, &'static str) {
    let moves = selector.state.probe.as_ref().and_then(|probe| probe.animated) == Some(true);
    let is_kept = moves && selector.formats().is_empty();
    match selected {
        Selected::Variant(format, _) if selector.wanted.format.is_some() => {
            (json!(format), "the URL names it")
        }
        Selected::Variant(format, _) => (json!(format), "the smallest that the client can show"),
        Selected::Source if is_kept => (json!("source"), "it moves, and is sent as it is"),
        Selected::Source if selector.formats().is_empty() => {
            (json!("source"), "nothing else that the client accepts is made")
        }
        Selected::Source
            if selector.formats().iter().all(|format| selector.record.variant(*format).is_none()) =>
        {
            (json!("source"), "nothing smaller was made")
        }
        Selected::Source => (json!("source"), "the smallest that the client can show"),
        Selected::Nothing => (Value::Null, "nothing that the client accepts"),
    }
}
