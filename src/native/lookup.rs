//! What the cache and the folders have of a picture: what is at hand, without a wait, or what the disk has.
//!
//! At hand is what was read lately and has not changed since: its files are asked for their state, and nothing is read.

use crate::{
    error::Result,
    native::{source::Sources, store::Store},
    service::{Found, Id, Lookup, Source},
};

/// What a [`Lookup`] looks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a> {
    pub(super) source: &'a Source,
    pub(super) id: &'a Id,
    pub(super) source_id: Option<&'a Id>,
}

impl<'a> Query<'a> {
    /// What a step looks for.
    pub(super) fn of(step: &'a Lookup) -> Self {
        Self { source: &step.source, id: &step.id, source_id: step.source_id.as_ref() }
    }

    /// The records and validators, if all of them are at hand.
    pub(super) fn at_hand(self, store: &Store, sources: &Sources) -> Option<Found> {
        let record = |id: &Id| store.cached_record_of(self.source.folder(), id);
        let found = Found {
            record: Some(record(self.id)?),
            source_record: match self.source_id {
                Some(id) => Some(record(id)?),
                None => None,
            },
            validators: sources.validators(self.source).ok()?,
            files: Vec::new(),
        };
        Some(found)
    }

    /// The records and validators on disk. Blocks.
    ///
    /// # Errors
    /// Those of [`Sources::validators`].
    pub(super) fn on_disk(self, store: &Store, sources: &Sources) -> Result<Found> {
        let validators = sources.validators(self.source)?;
        let folder = self.source.folder();
        let (id, record) = store.record_of(folder, self.id);
        let is_foreign = record.as_ref().is_some_and(|record| record.slimpix.is_none());
        Ok(Found {
            source_record: self.source_id.and_then(|id| store.record_of(folder, id).1),
            files: if is_foreign { store.files(folder, id) } else { Vec::new() },
            record,
            validators,
        })
    }
}
