//! The JSON answers: about a source (`?meta=full`), and about a decision (`?explain`).

use serde_json::{Value, json};

use super::{
    choose::{Choice, Pick, Why},
    flow::Trace,
    record::{Entry, Record},
};

/// The keys that webp_server_go answers with.
pub(super) fn meta(record: &Record) -> Value {
    json!({
        "blurhash": record.blurhash,
        "colorspace": record.colorspace,
        "format": record.format,
        "height": record.height,
        "num_pages": record.num_pages,
        "size": record.size,
        "width": record.width,
    })
}

/// What is there is no picture.
pub(super) fn no_picture(why: &str) -> Value {
    json!({ "candidates": [], "chosen": null, "why": why })
}

/// Every candidate, the one that goes out, and what it cost to find out.
pub(super) fn explanation(choice: &Choice<'_>, pick: &Pick, trace: &Trace) -> Value {
    let mut candidates = vec![json!({
        "format": choice.facts.format,
        "source": true,
        "bytes": choice.facts.stamp.len,
        "state": source_state(choice),
    })];
    candidates.extend(choice.formats().into_iter().map(|format| {
        let params = choice.params(format);
        let mut why = trace.reasons.get(&format).map(String::as_str);
        let (bytes, state) = match (choice.gave_up.get(&format), choice.record.entry(format)) {
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
    let (chosen, why) = chosen(choice, pick);
    json!({
        "id": choice.record.id,
        "candidates": candidates,
        "chosen": chosen,
        "why": why,
        "bytes_reserved": trace.reserved,
        "queued_ms": u64::try_from(trace.waited.as_millis()).unwrap_or(u64::MAX),
        "converted": trace.converted,
        "trouble": trace.trouble,
        "unconverted": choice.why_unconverted(trace).filter(|_| *pick == Pick::Source),
    })
}

fn source_state(choice: &Choice<'_>) -> &'static str {
    if choice.source_competes() {
        "can be shown"
    } else if choice.source_is_shown() {
        "has another shape than the wanted one"
    } else {
        "only if there is nothing else"
    }
}

const fn reason(why: Why) -> &'static str {
    match why {
        Why::NeverFits => "needs more memory than there is",
        Why::NoRoom => "no room in time",
        Why::NotInTime => "being made by another request",
        Why::Failed(_) => "failed",
        Why::Lost => "its file can't be opened",
    }
}

fn chosen(choice: &Choice<'_>, pick: &Pick) -> (Value, &'static str) {
    let moves = choice.facts.probe.as_ref().and_then(|probe| probe.animated) == Some(true);
    match pick {
        Pick::Variant(format, _) if choice.wanted.format.is_some() => (json!(format), "the URL names it"),
        Pick::Variant(format, _) => (json!(format), "the smallest that the client can show"),
        Pick::Source if moves => (json!("source"), "it moves, and is sent as it is"),
        Pick::Source if choice.formats().is_empty() => {
            (json!("source"), "nothing else that the client accepts is made")
        }
        Pick::Source if choice.formats().iter().all(|format| choice.record.variant(*format).is_none()) => {
            (json!("source"), "nothing smaller was made")
        }
        Pick::Source => (json!("source"), "the smallest that the client can show"),
        Pick::Nothing => (Value::Null, "nothing that the client accepts"),
    }
}
