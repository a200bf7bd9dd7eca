//! From a known source to what is made of it: one conversion after the other, each joined, admitted, run, stored.

use std::time::Duration;

use super::{Flow, TRIES};
use crate::{
    codec::Format,
    convert::Description,
    error::{Error, Kind},
    service::{
        choose::{Choice, Next, Pick, Why},
        params::Topic,
        policy::Allowed,
        record::{Entry, Facts, Record, Settings, Variant},
        route::Source,
        steps::{Admit, Convert, FlightError, Job, Join, MadeInfo, SourceState, Step, Store, Task},
        write::Write,
    },
};

impl Flow {
    /// Goes on once the source is known: stores what is to be stored, makes what is worth making, answers.
    pub(in crate::service) fn advance(mut self: Box<Self>) -> Step {
        if !self.writes.is_empty() {
            let (key, write) = self.writes.remove(0);
            return Step::Store(Box::new(Store { write, key, flow: self }));
        }
        let Some(facts) = self.facts.clone() else { return self.look_up() };
        if facts.stamp.len == 0 && self.policy.allowed != Allowed::Everything {
            return self.refuse_content("the file is empty");
        }
        if self.choice(&facts).is_own_size() {
            // Not a variant of its own: it is the one without a size.
            self.wanted = self.wanted.without_size();
            return self.look_up();
        }
        loop {
            match self.choice(&facts).next(self.topic) {
                Next::Nothing => return self.respond(),
                Next::GiveUp(format, why) => {
                    if let Some(reason) = self.choice(&facts).plan_error(format) {
                        self.trace.reasons.insert(format, reason);
                    }
                    self.give_up(format, why);
                }
                Next::Make(job) => return self.make(*job, &facts),
            }
        }
    }

    pub(super) fn make(mut self: Box<Self>, job: Job, facts: &Facts) -> Step {
        let may_wait = self.is_background || self.topic != Topic::Picture;
        // What isn't kept can't be made for later.
        let is_now = !self.policy.lazy || self.restriction.is_some();
        if is_now || may_wait || self.choice(facts).pick() == Pick::Nothing {
            return self.join(job);
        }
        let mut later = self.clone();
        later.is_background = true;
        self.gave_up.insert(job.params.format, Why::NotInTime);
        match self.respond() {
            Step::Respond(response) => response.with_background(later.join(job)).into(),
            step => step,
        }
    }

    pub(super) fn join(self: Box<Self>, job: Job) -> Step {
        let name = match job.task {
            Task::Picture(format) => format.extension(),
            Task::Describe => "meta",
        };
        let key = format!("{}/{}.{name}", self.source.folder(), self.record.id);
        if self.restriction.is_some() {
            // Nobody else may have the result.
            return self.admit(key, job);
        }
        Step::Join(Join { key, patience: self.policy.flight_patience, job, flow: self })
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

    fn admit(mut self: Box<Self>, key: String, job: Job) -> Step {
        self.trace.reserved = self.trace.reserved.max(job.peak_bytes);
        let patience = self.policy.room_patience.saturating_sub(self.trace.waited);
        Step::Admit(Admit { bytes: job.peak_bytes, patience, key, job, flow: self })
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
                    self.give_up(job.params.format, Why::NotInTime);
                }
            }
            Err(FlightError::Abandoned) if self.tries < TRIES => {
                self.tries += 1;
                return self.join(job);
            }
            Err(FlightError::Abandoned) => self.give_up(job.params.format, Why::NotInTime),
            Err(FlightError::Panicked) => self.give_up(job.params.format, Why::Failed(Kind::Internal)),
            Err(FlightError::Failed(Kind::Overload)) => self.give_up(job.params.format, Why::NoRoom),
            Err(FlightError::Failed(kind)) => self.give_up(job.params.format, Why::Failed(kind)),
        }
        self.advance()
    }

    pub(in crate::service) fn on_impatient(mut self: Box<Self>, job: &Job) -> Step {
        self.give_up(job.params.format, Why::NotInTime);
        self.advance()
    }

    pub(in crate::service) fn on_granted(
        mut self: Box<Self>,
        key: String,
        job: Job,
        waited: Duration,
    ) -> Step {
        self.trace.waited += waited;
        let state = self.facts.as_ref().map(|facts| {
            let (stamp, hash) = (facts.stamp.clone(), facts.hash.clone());
            Box::new(SourceState { stamp, hash })
        });
        let state = state.unwrap_or_default();
        Step::Convert(Convert { job, source: self.source.clone(), state, key, flow: self })
    }

    pub(in crate::service) fn on_refused(mut self: Box<Self>, job: &Job, waited: Duration) -> Step {
        self.trace.waited += waited;
        self.give_up(job.params.format, Why::NoRoom);
        self.advance()
    }

    pub(in crate::service) fn on_made(mut self: Box<Self>, key: String, job: &Job, made: MadeInfo) -> Step {
        self.trace.converted = true;
        if let Some(checksum) = &made.source_checksum
            && matches!(self.source, Source::Local { .. })
        {
            self.set_checksum(checksum);
        }
        let settings = Settings::of(&job.params);
        let is_worse = self
            .facts
            .as_ref()
            .is_some_and(|facts| made.len >= facts.stamp.len && self.choice(facts).source_competes());
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
        self.record.set_entry(job.params.format, entry);
        self.write_later(Some(key), (!is_worse).then_some(job.params.format));
        self.advance()
    }

    /// The result would have been longer than it was allowed to be: no shorter than the source, or than is likely, for
    /// which there is another try.
    pub(in crate::service) fn on_larger(mut self: Box<Self>, key: String, job: &Job) -> Step {
        let roomier = self.facts.as_ref().and_then(|facts| self.choice(facts).roomier(job));
        let settings = Settings::of(&job.params);
        let entry = match roomier {
            Some(Ok(job)) => return self.admit(key, job),
            Some(Err(_)) => Entry::failed(Kind::LimitExceeded, "the result is longer than there is room for"),
            None => Entry::Declined { size: job.max_bytes.saturating_add(1), settings },
        };
        self.trace.converted = true;
        self.record.set_entry(job.params.format, entry);
        self.write_later(Some(key), None);
        self.advance()
    }

    pub(in crate::service) fn on_animated(mut self: Box<Self>, key: String) -> Step {
        if let Some(mut facts) = self.facts.clone() {
            if let Some(probe) = &mut facts.probe {
                probe.animated = Some(true);
            }
            self.take_facts(facts);
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
        match job.task {
            Task::Describe if is_remembered => return self.finish_description(key),
            Task::Picture(format) if is_remembered => {
                self.record.set_entry(format, Entry::failed(kind, reason));
                self.write_later(Some(key), None);
            }
            _ => {
                self.trace.reasons.insert(job.params.format, reason);
                self.give_up(job.params.format, Why::Failed(kind));
            }
        }
        self.advance()
    }

    /// Takes over what another request has found out about the same state of the source.
    pub(super) fn learn(&mut self, other: Record) {
        let same = |a: Option<&Facts>, b: Option<&Facts>| a.map(|a| &a.stamp) == b.map(|b| &b.stamp);
        if other.id == self.record.id
            && other.path == self.record.path
            && same(other.facts(), self.record.facts())
        {
            let mine = std::mem::replace(&mut self.record, other);
            self.record = std::mem::take(&mut self.record).merged(Some(mine));
            self.facts = self.record.facts().cloned();
        }
        for (format, lost) in &self.lost {
            if self.record.variant(*format) == Some(lost) {
                self.record.remove_entry(*format);
            }
        }
    }

    pub(super) fn is_done(&self, job: &Job) -> bool {
        let Some(facts) = &self.facts else { return false };
        let moves = facts.probe.as_ref().and_then(|probe| probe.animated) == Some(true);
        match job.task {
            Task::Picture(format) => moves || self.choice(facts).is_current(format),
            Task::Describe => self.record.slimpix.as_ref().is_some_and(|known| known.described),
        }
    }

    pub(super) fn give_up(&mut self, format: Format, why: Why) {
        self.gave_up.insert(format, why);
    }

    pub(super) fn write_later(&mut self, key: Option<String>, variant: Option<Format>) {
        if self.restriction.is_none() {
            let write = self.write(self.record.clone(), variant);
            self.writes.push((key, write));
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
            self.writes.push((None, write));
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

    pub(super) fn choice<'a>(&'a self, facts: &'a Facts) -> Choice<'a> {
        Choice {
            policy: &self.policy,
            accepted: self.accepted,
            wanted: &self.wanted,
            record: &self.record,
            facts,
            gave_up: &self.gave_up,
        }
    }
}
