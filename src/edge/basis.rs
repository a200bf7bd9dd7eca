//! What a request builds on, and how old that is: what is purged meanwhile must not come back by it.
//!
//! A request is as old as the oldest of what it has from others: a record, what another request has fetched or made.
//! What was purged after that is neither kept nor stored, and what was purged before is no longer there for it. Times are
//! milliseconds since 1970.

use std::rc::Rc;

use super::{
    flight::{Age, now},
    purges,
    settings::Settings,
};
use crate::service::{PurgeLog, Record};

/// A record as it is stored.
pub(super) struct Stored {
    pub(super) record: Record,
    /// When the oldest of what it was made of was so.
    pub(super) made: u64,
}

/// What one request builds on.
pub(super) struct Basis {
    age: Age,
    /// What it knows to be purged.
    log: Option<Rc<PurgeLog>>,
    /// When its source was last purged, as far as it knows, by whatever purge and by its name.
    last: Option<u64>,
    last_by_name: Option<u64>,
}

impl Basis {
    /// That of a request that begins now.
    pub(super) fn new() -> Self {
        let now = now();
        Self { age: Age { begun: now, oldest: now }, log: None, last: None, last_by_name: None }
    }

    /// Begins to build on what is known of a source.
    pub(super) async fn look(&mut self, settings: &Settings, source: &str) {
        self.log = purges::recent(settings).await;
        self.last = self.log.as_ref().and_then(|log| log.last(source));
        self.last_by_name = self.log.as_ref().and_then(|log| log.last_by_name(source));
    }

    /// When the source was last purged. What began no later is not for this request.
    pub(super) const fn last_purge(&self) -> Option<u64> {
        self.last
    }

    /// How old what this request gives to others is.
    pub(super) const fn age(&self) -> Age {
        self.age
    }

    /// True for what a request of that age comes to, unless that builds on what this one knows to be purged.
    pub(super) fn may_follow(&self, age: Age) -> bool {
        self.last < Some(age.begun) && self.last_by_name < Some(age.oldest)
    }

    /// The request builds on something that was so at that time.
    pub(super) fn build_on(&mut self, time: u64) {
        self.age.oldest = self.age.oldest.min(time);
    }

    /// The record that was stored, to be built on. `None` if it was purged since.
    pub(super) fn take(&mut self, stored: Option<Stored>) -> Option<Record> {
        let Stored { record, made } = stored.filter(|stored| self.is_there(stored))?;
        self.build_on(made);
        Some(record)
    }

    /// True for a record that wasn't purged since.
    pub(super) fn is_there(&self, Stored { record, made }: &Stored) -> bool {
        // Purges whose names are forgotten have deleted what they took.
        self.log.as_ref().is_none_or(|log| log.last_by_name(&record.path) < Some(*made))
    }

    /// True for an answer that was begun at that time, and not purged since.
    pub(super) fn has_answer(&self, made: u64) -> bool {
        self.last < Some(made)
    }

    /// Gets to know what is purged by now.
    ///
    /// # Errors
    /// That can't be known.
    pub(super) async fn look_again(&mut self, settings: &Settings) -> Result<(), ()> {
        self.log = purges::by(settings, now()).await?;
        Ok(())
    }

    /// Gets to know what was purged before this request began, or stays with what it knows.
    pub(super) async fn look_once_more(&mut self, settings: &Settings) {
        if let Ok(log) = purges::by(settings, self.age.begun).await {
            self.log = log;
        }
    }

    /// True if what this request has found out of a path was purged meanwhile.
    pub(super) fn is_purged(&self, path: &str) -> bool {
        let is_purged = |log: &Rc<PurgeLog>| {
            log.last_by_name(path) >= Some(self.age.oldest) || log.last(path) >= Some(self.age.begun)
        };
        self.log.as_ref().is_some_and(is_purged)
    }

    /// When what this request keeps of answers was begun, where purges are known.
    pub(super) fn answer_stamp(&self) -> Option<u64> {
        self.log.as_ref().map(|_| self.age.begun)
    }

    /// When what this request stores was so, where purges are known.
    pub(super) fn record_stamp(&self) -> Option<u64> {
        self.log.as_ref().map(|_| self.age.oldest)
    }
}
