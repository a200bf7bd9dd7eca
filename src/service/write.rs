//! What the service writes into the cache: a record, and the file that goes with it.

use super::record::Record;
use crate::codec::Format;

/// Something to write into the cache.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Write {
    /// The source's [`Source::folder`](super::Source::folder).
    pub folder: String,
    /// The record. Write [`Write::merged`], not this.
    pub record: Record,
    /// The format of the file to write first: the bytes of the `Convert` before.
    pub variant: Option<Format>,
    /// The format of a file that was found missing or damaged: delete what is left of it.
    pub dropped: Option<Format>,
    /// Nothing is to be kept any more: delete the record and all files of its id, and those that it lists, and write
    /// nothing.
    pub forgets: bool,
    /// How many records it may list, see [`Write::surplus`]; 0 is without limit.
    pub sizes_kept: usize,
}

impl Write {
    /// The record to write, given the one that is stored now: two formats made at the same time don't lose each other.
    #[must_use]
    pub fn merged(&self, stored: Option<Record>) -> Record {
        let stored = stored.map(|mut stored| {
            if let Some(format) = self.dropped {
                stored.remove_entry(format);
            }
            stored
        });
        self.record.clone().merged(stored)
    }

    /// Takes what is listed in the merged record beyond the limit out of it, the least recently used first: all that
    /// is kept of these ids is to be deleted. Where `last_use` gives the same, the oldest go.
    #[must_use]
    pub fn surplus<K: Ord>(&self, merged: &mut Record, last_use: impl Fn(&str) -> K) -> Vec<String> {
        match &mut merged.slimpix {
            Some(known) if self.sizes_kept > 0 => known.sizes.take_surplus(self.sizes_kept, last_use),
            _ => Vec::new(),
        }
    }
}
