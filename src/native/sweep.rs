//! Keeps the converted pictures below `MAX_CACHE_SIZE`: the least recently used go first.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use walkdir::WalkDir;

/// A limit in bytes for a folder and all below it.
#[derive(Debug)]
pub(crate) struct Sweep {
    folder: PathBuf,
    most: u64,
    /// What may still be written before the folder is looked through again.
    credit: AtomicU64,
    at_work: Mutex<()>,
}

impl Sweep {
    /// A limit of `most` bytes; 0 is none.
    pub(crate) fn new(folder: PathBuf, most: u64) -> Self {
        Self { folder, most, credit: AtomicU64::new(0), at_work: Mutex::new(()) }
    }

    /// True if there is a limit, so that times of use matter.
    pub(crate) const fn is_on(&self) -> bool {
        self.most > 0
    }

    /// After that many bytes were written: looks through the folder if it may be too large now. Blocks.
    pub(crate) fn after_writing(&self, bytes: u64) {
        let taken =
            self.credit.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        if !self.is_on() || taken.is_ok() {
            return;
        }
        // Whoever is at it already does it for all.
        let Ok(_alone) = self.at_work.try_lock() else { return };
        let held = shrink(&self.folder, self.most);
        self.credit.store(self.most.saturating_sub(held), Ordering::Relaxed);
    }
}

/// Deletes the least recently used files until a tenth of the limit is free; gives what is left in bytes.
fn shrink(folder: &Path, most: u64) -> u64 {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            // A mount that keeps no times of use gives those of reading or writing; the later one counts.
            let used = metadata.accessed().ok().max(metadata.modified().ok())?;
            Some((used, metadata.len(), entry.into_path()))
        })
        .collect();
    let mut held: u64 = files.iter().map(|(_, len, _)| len).sum();
    if held <= most {
        return held;
    }
    files.sort();
    let mut removed = 0_u64;
    for (_, len, path) in &files {
        if held <= most / 10 * 9 {
            break;
        }
        if fs::remove_file(path).is_ok() {
            held -= len;
            removed += 1;
        }
    }
    tracing::info!(removed, held, "the cache was too large; the least recently used files are gone");
    held
}

#[cfg(test)]
mod tests {
    use std::{fs::FileTimes, io, time::Duration};

    use super::*;

    fn put(folder: &Path, name: &str, age: u64) -> io::Result<()> {
        let path = folder.join(name);
        fs::write(&path, [0; 100])?;
        let time = SystemTime::now() - Duration::from_secs(age);
        fs::File::options()
            .write(true)
            .open(path)?
            .set_times(FileTimes::new().set_accessed(time).set_modified(time))
    }

    #[test]
    fn the_least_recently_used_go_when_there_is_too_much() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let sweep = Sweep::new(folder.path().to_owned(), 1_000);
        for age in 1..=10 {
            put(folder.path(), &format!("{age}"), age * 1_000)?;
            sweep.after_writing(100);
        }
        assert_eq!(fs::read_dir(folder.path())?.count(), 10);
        put(folder.path(), "new", 0)?;
        sweep.after_writing(100);
        assert_eq!(fs::read_dir(folder.path())?.count(), 9);
        assert!(!folder.path().join("10").exists() && !folder.path().join("9").exists());
        assert!(folder.path().join("new").exists());
        Ok(())
    }

    #[test]
    fn without_a_limit_nothing_goes() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let sweep = Sweep::new(folder.path().to_owned(), 0);
        put(folder.path(), "a", 1_000)?;
        sweep.after_writing(100);
        assert!(folder.path().join("a").exists());
        Ok(())
    }
}
