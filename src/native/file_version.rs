//! What tells one state of a file from another without reading it.

use std::{fs::Metadata, os::unix::fs::MetadataExt};

/// What a file has that no other state of it has: a file that is written anew is another one, and one that is
/// changed in its place gets another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileVersion {
    device: u64,
    inode: u64,
    len: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileVersion {
    /// Of a file in this state.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// True if nothing but the times of the file's last changes tells the two apart.
    pub(crate) fn is_but_touched(&self, other: &Self) -> bool {
        Self { modified: other.modified, changed: other.changed, ..*self } == *other
    }
}
