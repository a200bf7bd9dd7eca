//! The records that were read lately, parsed, each with what tells its file from a later one.

use std::{
    collections::HashMap,
    fs::Metadata,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::service::Record;

/// How many are kept, of about a kilobyte each; then the keeping begins anew.
const MOST: usize = 1024;

/// Records by their paths.
#[derive(Debug, Default)]
pub(crate) struct RecordCache(HashMap<PathBuf, (FileVersion, Record)>);

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
}

impl FileVersion {
    /// True if nothing but the times of the file's last changes tells the two apart.
    pub(crate) fn is_but_touched(&self, other: &Self) -> bool {
        Self { modified: other.modified, changed: other.changed, ..*self } == *other
    }
}

impl RecordCache {
    /// The record of a file that is now in this state, if it was kept in this state.
    pub(crate) fn find(&self, path: &Path, now: &Metadata) -> Option<Record> {
        self.0
            .get(path)
            .filter(|(version, _)| *version == FileVersion::of(now))
            .map(|(_, record)| record.clone())
    }

    /// Keeps the record of a file that was in this state before it was read.
    pub(crate) fn keep(&mut self, path: PathBuf, before: &Metadata, record: Record) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(path, (FileVersion::of(before), record));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io};

    use super::*;

    #[test]
    fn a_file_in_another_state_is_not_found() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("1.json");
        let mut record_cache = RecordCache::default();
        fs::write(&path, "one")?;
        let one = fs::metadata(&path)?;
        record_cache.keep(path.clone(), &one, Record::default());
        assert!(record_cache.find(&path, &fs::metadata(&path)?).is_some());
        // The same length and the same time, but another file.
        let other = folder.path().join("2.json");
        fs::write(&other, "two")?;
        fs::File::options().append(true).open(&other)?.set_modified(one.modified()?)?;
        fs::rename(&other, &path)?;
        assert!(record_cache.find(&path, &fs::metadata(&path)?).is_none());
        Ok(())
    }

    #[test]
    fn they_are_bounded() -> io::Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        let metadata = file.as_file().metadata()?;
        let mut record_cache = RecordCache::default();
        for i in 0..MOST * 2 + 1 {
            record_cache.keep(PathBuf::from(i.to_string()), &metadata, Record::default());
            assert!(record_cache.0.len() <= MOST);
        }
        assert!(record_cache.find(Path::new(&(MOST * 2).to_string()), &metadata).is_some());
        Ok(())
    }
}
