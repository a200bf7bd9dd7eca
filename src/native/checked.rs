//! Which files this process has read and found right: they are not read again for that until anything of their state
//! changes.

use std::{
    collections::HashSet,
    fs::Metadata,
    hash::{BuildHasher, RandomState},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::native::file_version::FileVersion;

/// How many are remembered; then the checks begin anew.
const MOST: usize = 1 << 17;

/// Hashes of the names and states of files whose checksums were right.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    hashes: Mutex<HashSet<u64>>,
    hashing: RandomState,
}

impl Checked {
    /// True if the file was found right in this state.
    pub(crate) fn holds(&self, path: &Path, metadata: &Metadata) -> bool {
        self.hashes().contains(&self.hash(path, metadata))
    }

    /// Remembers that the file is right in this state.
    pub(crate) fn remember(&self, path: &Path, metadata: &Metadata) {
        let mut hashes = self.hashes();
        if hashes.len() >= MOST {
            hashes.clear();
        }
        hashes.insert(self.hash(path, metadata));
    }

    /// What tells a checked file from the same name with other contents.
    fn hash(&self, path: &Path, metadata: &Metadata) -> u64 {
        self.hashing.hash_one((path, FileVersion::of(metadata)))
    }

    fn hashes(&self) -> MutexGuard<'_, HashSet<u64>> {
        // They are whole at every moment, so a panic elsewhere does not spoil them.
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
