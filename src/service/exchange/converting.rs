//! From a known source to what is made of it: one conversion after the other, each joined, admitted, run, stored.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::{Exchange, PendingWrite, TRIES};
use crate::{
    codec::Format,
    convert::{Description, target_size},
    error::{Error, Kind},
    service::{
        encode_settings::EncodeSettings,
        job::{Job, Product, Task},
        params::Topic,
        policy::Allowed,
        record::{Entry, Record, SourceState, Variant},
        selection::{NextJob, Selected, Selector, SkipReason},
        steps::{Admit, Convert, ExpectedSource, FlightError, Join, MadeInfo, Step, Store},
        write::Write,
    },
};

impl Exchange {
    /// Goes on once the source is known: stores what is to be stored, makes what is worth making, answers.
    pub(in crate::service) fn advance(mut self: Box<Self>) -> Step {
        if !self.writes.is_empty() {
            let PendingWrite { write, flight } = self.writes.remove(0);
            return Step::Store(Box::new(Store { write, key: flight, exchange: self }));
        }
        let Some(state) = self.state.clone() else { return self.look_up() };
        if state.validators.len == 0 && self.policy.allowed != Allowed::Everything {
            return self.refuse_content("the file is empty");
        }
        if let Some(wanted) = self.selector(&state).settled() {
            // Not a variant of its own: it is the one without that.
            self.wanted = wanted;
            return self.look_up();
        }
        loop {
            match self.selector(&state).next(self.topic) {
                NextJob::Nothing => return self.respond(),
                NextJob::GiveUp(product, why) => {
                    if let Product::Picture(format) = product
                        && let Some(reason) = self.selector(&state).plan_error(format)
                    {
                        self.trace.reasons.insert(format, reason);
                    }
                    self.give_up(product, why);
                }
                NextJob::Make(job) => return self.make(*job, &state),
            }
        }
    }

    pub(super) fn make(mut self: Box<Self>, job: Job, state: &SourceState) -> Step {
        if !self.policy.lazy || !self.may_answer_meanwhile(state) {
            return self.join(job);
        }
        let later = self.in_background();
        self.give_up(job.task.product(), SkipReason::NotInTime);
        match self.respond() {
            Step::Respond(response) => response.with_background(later.join(job)).into(),
            step => step,
        }
    }

    /// True if something can be sent before the conversion is done, which goes on then.
    fn may_answer_meanwhile(&self, state: &SourceState) -> bool {
        // What isn't kept can't be made for later.
        if self.is_background || self.topic != Topic::Picture || self.restriction.is_some() {
            return false;
        }
        let selector = self.selector(state);
        match selector.select() {
            Selected::Source => selector.source_is_an_answer(),
            Selected::Variant(..) => true,
            Selected::Nothing => false,
        }
    }

    /// How long to wait where something else can be sent, if there is such a time.
    fn haste(&self) -> Option<Duration> {
        let after = self.policy.lazy_after?;
        self.state.as_ref().is_some_and(|state| self.may_answer_meanwhile(state)).then_some(after)
    }

    pub(in crate::service) fn join(self: Box<Self>, job: Job) -> Step {
        let name = match job.task.product() {
            Product::Picture(format) => format.extension(),
            Product::Description => "meta",
        };
        let key = format!("{}/{}.{name}", self.source.folder(), self.record.id);
        if self.restriction.is_some() {
            // Nobody else may have the result.
            return self.admit(key, job);
        }
        let haste = self.haste();
        let patience = haste.unwrap_or(self.policy.flight_patience);
        Step::Join(Join { key, patience, is_hasty: haste.is_some(), job, exchange: self })
    }

    /// The same for one who works for no visitor.
    pub(in crate::service) fn in_background(&self) -> Box<Self> {
        let mut exchange = Box::new(self.clone());
        exchange.is_background = true;
        exchange
    }

    pub(in crate::service) fn on_lead(
        mut self: Box<Self>,
        key: String,
        job: Job,
        current: Option<Record>,
    ) -> Step {
        if let Some(current) = current {
            self.learn(current);
        }
        if self.is_done(&job) {
            return self.advance();
        }
        self.admit(key, job)
    }

    pub(super) fn admit(mut self: Box<Self>, key: String, job: Job) -> Step {
        self.trace.reserved = self.trace.reserved.max(job.peak_bytes);
        let patience = self.policy.room_patience.saturating_sub(self.trace.waited);
        Step::Admit(Admit { bytes: job.peak_bytes, patience, key, job, exchange: self })
    }

    pub(in crate::service) fn on_followed(
        mut self: Box<Self>,
        job: Job,
        result: Result<Record, FlightError>,
    ) -> Step {
        match result {
            Ok(record) => {
                self.learn(record);
                if !self.is_done(&job) {
                    self.give_up(job.task.product(), SkipReason::NotInTime);
                }
            }
            Err(FlightError::Abandoned) if self.tries < TRIES => {
                self.tries += 1;
                return self.join(job);
            }
            Err(FlightError::Abandoned) => self.give_up(job.task.product(), SkipReason::NotInTime),
            Err(FlightError::Panicked) => {
                self.give_up(job.task.product(), SkipReason::Failed(Kind::Internal))
            }
            Err(FlightError::Failed(Kind::Overload)) => self.give_up(job.task.product(), SkipReason::NoRoom),
            Err(FlightError::Failed(kind)) => self.give_up(job.task.product(), SkipReason::Failed(kind)),
        }
        self.advance()
    }

    pub(in crate::service) fn on_impatient(mut self: Box<Self>, job: &Job, is_hasty: bool) -> Step {
        self.give_up(job.task.product(), SkipReason::NotInTime);
        if is_hasty {
            // Other formats are not tried: the time is over.
            return self.respond();
        }
        self.advance()
    }

    pub(in crate::service) fn on_granted(
        mut self: Box<Self>,
        key: String,
        job: Job,
        waited: Duration,
    ) -> Step {
        self.trace.waited += waited;
        let expected = self.state.as_ref().map(|state| {
            let (validators, hash) = (state.validators.clone(), state.hash.clone());
            Box::new(ExpectedSource { validators, hash })
        });
        let expected = expected.unwrap_or_default();
        Step::Convert(Convert { job, source: self.source.clone(), expected, key, exchange: self })
    }

    pub(in crate::service) fn on_refused(mut self: Box<Self>, job: &Job, waited: Duration) -> Step {
        self.trace.waited += waited;
        self.give_up(job.task.product(), SkipReason::NoRoom);
        self.advance()
    }

    pub(in crate::service) fn on_made(mut self: Box<Self>, key: String, job: &Job, made: MadeInfo) -> Step {
        let Task::Picture(params) = &job.task else { return self.on_convert_failed(key, job, &no_picture()) };
        self.trace.converted = true;
        let settings = EncodeSettings::of(params);
        let is_worse = self.source_competes()
            && self.state.as_ref().is_some_and(|state| made.len >= state.validators.len);
        let entry = if is_worse {
            Entry::Declined { size: made.len, settings }
        } else {
            Entry::Made(Variant {
                size: made.len,
                hash: Some(made.hash),
                settings: Some(settings),
                pixels: Some(made.size),
            })
        };
        self.record.set_entry(params.format, entry);
        self.write_later(Some(key), (!is_worse).then_some(params.format));
        self.advance()
    }

    /// The result would have been longer than it was allowed to be: no shorter than the source, or than is likely, for
    /// which there is another try; or than is asked for, which is no other than before in the next try.
    pub(in crate::service) fn on_larger(mut self: Box<Self>, key: String, job: &Job) -> Step {
        let Task::Picture(params) = &job.task else { return self.on_convert_failed(key, job, &no_picture()) };
        let retried = self.state.as_ref().and_then(|state| self.selector(state).retry_with_more(job));
        let entry = match retried {
            Some(Ok(job)) => return self.admit(key, job),
            Some(Err(_)) => Entry::failed(Kind::LimitExceeded, "the result is longer than there is room for"),
            None if !self.source_competes() => {
                let most = job.asked_bytes().unwrap_or(job.max_bytes);
                Entry::failed(Kind::OutputTooLarge, target_size::too_long(most))
            }
            None => Entry::Declined {
                size: job.max_bytes.saturating_add(1),
                settings: EncodeSettings::of(params),
            },
        };
        self.trace.converted = true;
        self.record.set_entry(params.format, entry);
        self.write_later(Some(key), None);
        self.advance()
    }

    fn source_competes(&self) -> bool {
        self.state.as_ref().is_some_and(|state| self.selector(state).source_competes())
    }

    /// The source moves, and the wanted format doesn't.
    pub(in crate::service) fn on_animated(mut self: Box<Self>, key: String, job: &Job) -> Step {
        // So that it is not tried again in this request, whatever is known.
        self.give_up(job.task.product(), SkipReason::Failed(Kind::Unsupported));
        if let Some(mut state) = self.state.clone() {
            if let Some(probe) = &mut state.probe {
                probe.animated = Some(true);
            }
            self.take_state(state);
        }
        self.write_later(Some(key), None);
        if self.source_record.is_some() {
            self.write_source_later();
        }
        self.advance()
    }

    pub(in crate::service) fn on_described(
        mut self: Box<Self>,
        key: String,
        description: &Description,
    ) -> Step {
        self.record.blurhash.clone_from(&description.blurhash);
        description.colorspace.clone_into(&mut self.record.colorspace);
        self.record.num_pages = description.num_pages;
        if let Some(known) = &mut self.record.slimpix {
            known.thumbhash = Some(BASE64.encode(&description.thumbhash));
            known.color = description.color.map(|[r, g, b]| format!("#{r:02x}{g:02x}{b:02x}"));
        }
        self.finish_description(key)
    }

    pub(super) fn finish_description(mut self: Box<Self>, key: String) -> Step {
        self.trace.converted = true;
        if let Some(known) = &mut self.record.slimpix {
            known.described = true;
        }
        self.write_later(Some(key), None);
        self.advance()
    }

    pub(in crate::service) fn on_convert_failed(
        mut self: Box<Self>,
        key: String,
        job: &Job,
        error: &Error,
    ) -> Step {
        let reason = error.to_string();
        self.trace.trouble = Some(reason.clone());
        let kind = error.kind();
        if kind == Kind::Malformed {
            self.doubt();
        }
        // A panic comes back too, as long as the program is the same.
        let is_remembered = kind.is_permanent() || kind == Kind::Internal;
        let product = job.task.product();
        match product {
            Product::Description if is_remembered => return self.finish_description(key),
            Product::Picture(format) if is_remembered => {
                self.record.set_entry(format, Entry::failed(kind, reason));
                self.write_later(Some(key), None);
            }
            _ => {
                if let Product::Picture(format) = product {
                    self.trace.reasons.insert(format, reason);
                }
                self.give_up(product, SkipReason::Failed(kind));
            }
        }
        self.advance()
    }

    /// Takes over what another request has found out about the same state of the source.
    pub(super) fn learn(&mut self, other: Record) {
        let same = |a: Option<&SourceState>, b: Option<&SourceState>| {
            a.map(|a| &a.validators) == b.map(|b| &b.validators)
        };
        if other.id == self.record.id
            && other.path == self.record.path
            && same(other.state(), self.record.state())
        {
            let mine = std::mem::replace(&mut self.record, other);
            self.record = std::mem::take(&mut self.record).merged(Some(mine));
            self.state = self.record.state().cloned();
        }
        for (format, lost) in &self.lost {
            if self.record.variant(*format) == Some(lost) {
                self.record.remove_entry(*format);
            }
        }
    }

    pub(super) fn is_done(&self, job: &Job) -> bool {
        let Some(state) = &self.state else { return false };
        match job.task.product() {
            Product::Picture(format) => {
                let selector = self.selector(state);
                // It may have turned out that it moves, and that this format isn't wanted.
                selector.is_current(format) || !selector.formats().contains(&format)
            }
            Product::Description => self.record.slimpix.as_ref().is_some_and(|known| known.described),
        }
    }

    pub(super) fn give_up(&mut self, product: Product, why: SkipReason) {
        self.gave_up.insert(product, why);
    }

    pub(super) fn write_later(&mut self, key: Option<String>, variant: Option<Format>) {
        if self.restriction.is_none() {
            let write = self.write(self.record.clone(), variant);
            self.writes.push(PendingWrite { write, flight: key });
            // The source's record counts what is kept of it.
            let id = self.record.id.clone();
            if self.source_record.as_mut().is_some_and(|source| source.list_size(&id)) {
                self.write_source_later();
            }
        }
    }

    pub(super) fn write_source_later(&mut self) {
        if self.restriction.is_none() {
            let record = self.source_record.as_ref().unwrap_or(&self.record).clone();
            let write = self.write(record, None);
            self.writes.push(PendingWrite { write, flight: None });
        }
    }

    pub(super) fn write(&self, record: Record, variant: Option<Format>) -> Write {
        Write {
            folder: self.source.folder().to_owned(),
            record,
            variant,
            dropped: None,
            forgets: false,
            sizes_kept: self.policy.sizes_kept,
        }
    }

    pub(super) fn selector<'a>(&'a self, state: &'a SourceState) -> Selector<'a> {
        Selector {
            policy: &self.policy,
            accepted: self.accepted,
            wanted: &self.wanted,
            record: &self.record,
            state,
            gave_up: &self.gave_up,
        }
    }
}

/// A host that says a picture was made, where a description was to be.
fn no_picture() -> Error {
    Error::new(Kind::Internal, "a picture came of what describes one")
}
