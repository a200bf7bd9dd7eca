//! Makes the answer from the source and its variants, and another one when a body turns out to be lost.

use std::time::SystemTime;

use super::{Exchange, PendingWrite, TRIES};
use crate::{
    codec::{Format, Writing},
    error::Kind,
    service::{
        explain,
        job::Product,
        log_line::{Decision, LogLine},
        params::Topic,
        policy::Allowed,
        record::{SourceState, Variant},
        representation::{self, Keeping, Representation, Vary, VaryKind},
        respond::{self, Body, Response},
        restriction::Restriction,
        selection::{Selected, SkipReason},
        steps::Step,
        time,
        trace::Trace,
        write::Write,
    },
};

/// What is said of a file whose content isn't known.
const NO_PICTURE: &str = "its content is no picture of a format known here";

/// How the source's text is written, if it is one.
fn writing(state: &SourceState) -> Writing {
    state.probe.as_ref().map(|probe| probe.demands.writing).unwrap_or_default()
}

impl Exchange {
    pub(super) fn respond(self: Box<Self>) -> Step {
        let Some(state) = self.state.clone() else { return self.refuse(Kind::Internal) };
        if state.format.is_none() {
            return self.pass_through(&state);
        }
        let selector = self.selector(&state);
        let selected = selector.select();
        let response = match self.topic {
            Topic::Meta => respond::json(&explain::meta(&self.record), self.keeping(true), &self.conditions),
            Topic::Explanation => {
                let json = explain::explanation(&selector, &selected, &self.trace);
                respond::json(&json, Keeping::Nobody, &self.conditions)
            }
            Topic::Picture => match selected {
                Selected::Source => {
                    let reason = selector.why_unconverted(&self.trace);
                    self.source_response(&state, state.format).with_log(|log| log.unconverted = reason)
                }
                Selected::Variant(format, variant) => self.variant_response(&state, format, &variant),
                Selected::Nothing => return self.nothing_to_show(),
            },
        };
        let response = response.until(self.expires, self.now);
        match self.asks_after.clone() {
            Some(state) => response.with_background(self.ask_after(state)).with_exchange(self).into(),
            None => response.with_exchange(self).into(),
        }
    }

    /// Asks the origin about what is known, and makes what comes of that, for those who ask later.
    fn ask_after(&self, state: SourceState) -> Step {
        let mut later = self.in_background();
        (later.asks_after, later.trace) = (None, Trace::default());
        later.fetch(Some(state), None)
    }

    /// What is no picture: served where everything is.
    pub(super) fn pass_through(self: Box<Self>, state: &SourceState) -> Step {
        let is_served = self.policy.allowed == Allowed::Everything && self.topic == Topic::Picture;
        if !is_served || self.policy.passes {
            return self.refuse_content(NO_PICTURE);
        }
        let response = self.source_response(state, None);
        response.until(self.expires, self.now).with_exchange(self).into()
    }

    pub(super) fn nothing_to_show(self: Box<Self>) -> Step {
        // Under load it is for now; else this picture isn't for this client.
        if self.is_for_now() {
            return self.refuse(Kind::Overload);
        }
        let vary = self.vary();
        let is_head = self.conditions.is_head;
        self.logged(respond::not_acceptable(vary, is_head), Decision::Refused, None).into()
    }

    /// There is something, and it is of no use.
    pub(super) fn refuse_content(mut self: Box<Self>, what: &str) -> Step {
        if self.topic == Topic::Explanation {
            let response = respond::json(&explain::no_picture(what), Keeping::Nobody, &self.conditions);
            return self.logged(response, Decision::Json, None).into();
        }
        self.trace.trouble = Some(what.to_owned());
        self.refuse(Kind::Malformed)
    }

    pub(super) fn refuse(self: Box<Self>, kind: Kind) -> Step {
        let response = respond::error(kind, self.trace.trouble.clone());
        let response = respond::without_body_if(response, self.conditions.is_head);
        // An origin that fails isn't asked once more.
        let is_no_picture =
            matches!(kind, Kind::NotFound | Kind::Malformed | Kind::Unsupported | Kind::LimitExceeded);
        let response = response.with_onward(self.onward.clone().filter(|_| is_no_picture));
        self.logged(response, Decision::Refused, None).into()
    }

    pub(super) fn source_response(&self, state: &SourceState, format: Option<Format>) -> Response {
        let len = state.validators.len;
        let representation = Representation {
            media_type: match format {
                Some(format) => format.media_type(),
                None => mime_guess::from_path(self.source.name())
                    .first_raw()
                    .unwrap_or("application/octet-stream"),
            },
            etag: representation::source_etag(state),
            is_active: format == Some(Format::Svg),
            is_packed: self.policy.packs_svg && writing(state) == Writing::Packed,
            ..self.representation(state, len)
        };
        let body = |range| Body::Source {
            source: self.source.clone(),
            validators: state.validators.clone(),
            hash: state.hash.clone(),
            range,
        };
        let decision = match format {
            None => Decision::PassedThrough,
            Some(_) if self.is_for_now() => Decision::ForNow,
            Some(_) => Decision::Source,
        };
        let response = respond::picture(&representation, &self.conditions, body, LogLine::of(decision));
        self.logged(response, decision, format)
    }

    pub(super) fn variant_response(
        &self,
        state: &SourceState,
        format: Format,
        variant: &Variant,
    ) -> Response {
        let id = &self.record.id;
        let representation = Representation {
            media_type: format.media_type(),
            etag: representation::variant_etag(id, format, variant, state),
            is_active: format == Format::Svg,
            is_packed: format == Format::Svg,
            ..self.representation(state, variant.size)
        };
        let body = |range| Body::Variant {
            folder: self.source.folder().to_owned(),
            id: id.clone(),
            format,
            len: variant.size,
            hash: variant.hash.clone(),
            range,
        };
        let decision = if self.is_for_now() { Decision::ForNow } else { Decision::Variant };
        let response = respond::picture(&representation, &self.conditions, body, LogLine::of(decision));
        self.logged(response, decision, Some(format))
    }

    pub(super) fn representation(&self, state: &SourceState, len: u64) -> Representation {
        Representation {
            media_type: "",
            etag: String::new(),
            modified: state.validators.modified.filter(|modified| self.may_tell(*modified)),
            len,
            source_len: state.validators.len,
            keeping: self.keeping(!self.is_for_now()),
            vary: self.vary(),
            is_active: false,
            is_packed: false,
        }
    }

    /// True for a time that HTTP has a date of, and that has come (RFC 9110 §8.8.2.1).
    fn may_tell(&self, modified: SystemTime) -> bool {
        time::has_http_date(modified) && modified <= self.now
    }

    pub(super) fn logged(&self, response: Response, decision: Decision, format: Option<Format>) -> Response {
        response.with_log(|log| {
            log.decision = decision;
            log.source = self.source.name().to_owned();
            log.format = format;
            log.waited = self.trace.waited;
            log.converted = self.trace.converted;
            log.trouble.clone_from(&self.trace.trouble);
        })
    }

    /// True if a later request may get a better answer.
    pub(super) fn is_for_now(&self) -> bool {
        self.trace.is_stale || self.gave_up.values().any(|why| why.is_transient())
    }

    fn keeping(&self, is_final: bool) -> Keeping {
        let policy = &self.policy;
        let age = if is_final { policy.max_age } else { policy.short_max_age.min(policy.max_age) };
        match self.restriction {
            None if self.trace.is_stale => Keeping::All(age),
            None => {
                let left = self.state.as_ref().and_then(|state| self.left_for_client(state));
                Keeping::All(left.map_or(age, |left| left.min(age)))
            }
            Some(Restriction::Private { max_age }) => Keeping::One(age.min(max_age)),
            Some(Restriction::NoStore) => Keeping::Nobody,
        }
    }

    pub(super) fn vary(&self) -> Vary {
        let probe = self.state.as_ref().and_then(|state| state.probe.as_ref());
        let may_be_packed = self.policy.packs_svg && probe.is_some_and(|probe| probe.format == Format::Svg);
        let kind = match (self.wanted.format, self.policy.by_user_agent, may_be_packed) {
            (Some(_), ..) => VaryKind::Nothing,
            (None, true, false) => VaryKind::AcceptAndUserAgent,
            (None, false, false) => VaryKind::Accept,
            (None, true, true) => VaryKind::AcceptEncodingAndUserAgent,
            (None, false, true) => VaryKind::AcceptAndEncoding,
        };
        Vary { kind, hints: self.heeded }
    }

    /// A body that was promised isn't there.
    pub(in crate::service) fn on_lost(mut self: Box<Self>, body: &Body) -> Step {
        self.tries = self.tries.saturating_add(1);
        match body {
            Body::Variant { format, .. } => {
                if let Some(lost) = self.record.variant(*format).cloned() {
                    self.lost.insert(*format, lost);
                }
                self.record.remove_entry(*format);
                if self.restriction.is_none() {
                    let dropped = Write { dropped: Some(*format), ..self.write(self.record.clone(), None) };
                    self.writes.push(PendingWrite { write: dropped, flight: None });
                }
                if self.tries > TRIES {
                    self.give_up(Product::Picture(*format), SkipReason::Lost);
                }
                self.advance()
            }
            _ if self.tries > TRIES => self.not_found(),
            Body::Source { .. } => {
                self.state = None;
                self.fetch(None, None)
            }
            _ => self.look_up(),
        }
    }
}
