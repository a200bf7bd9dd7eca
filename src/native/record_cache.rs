//! The records that were read lately, parsed, each with what tells its file from a later one.

use std::{
    collections::HashMap,
    fs::Metadata,
    path::{Path, PathBuf},
};

use crate::{native::file_version::FileVersion, service::Record};

/// How many are kept, of about a kilobyte each; then the keeping begins anew.
const MOST: usize = 1024;

/// Records by their paths.
#[derive(Debug, Default)]
pub(crate) struct RecordCache(HashMap<PathBuf, (FileVersion, Record)>);

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
