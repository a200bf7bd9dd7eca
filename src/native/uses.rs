//! When what is kept was last used. In memory to a tenth of a second, in a table of one size for caches of any size; on
//! disk to ten minutes, as the time of the file's last change, which reading doesn't change whatever the mount. So a
//! use costs a store into memory, and now and then a call of the kernel.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    io,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant, SystemTime},
};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, utimensat};

/// What stands on disk may be this much older than the last use, in tenths of a second.
const GRAIN: u32 = 6_000;

/// How many times the table holds, of four bytes each. Names that share one seem used when the other was.
const SLOTS: usize = 1 << 16;

/// The last uses of files.
#[derive(Debug)]
pub(crate) struct Uses {
    began: (Instant, SystemTime),
    /// In tenths of a second since then, counted from one; 0 is never.
    slots: Box<[AtomicU32]>,
    hashing: RandomState,
}

impl Default for Uses {
    fn default() -> Self {
        Self {
            began: (Instant::now(), SystemTime::now()),
            slots: (0..SLOTS).map(|_| AtomicU32::new(0)).collect(),
            hashing: RandomState::new(),
        }
    }
}

impl Uses {
    /// Notes that a file is used now; true if it is time to write that down, see [`write_down`].
    pub(crate) fn note(&self, path: &Path) -> bool {
        let now = u32::try_from(self.began.0.elapsed().as_millis() / 100 + 1).unwrap_or(u32::MAX);
        let Some(slot) = self.slot(path) else { return false };
        // Most uses are of what was used in this very tenth of a second: the line then stays in other processors'
        // caches.
        let before = slot.load(Ordering::Relaxed);
        if before == now {
            return false;
        }
        slot.store(now, Ordering::Relaxed);
        // The time of the file itself is kept where the last use is still near it.
        before == 0 || now / GRAIN != before / GRAIN
    }

    /// The last use of a file, given what stands on disk.
    pub(crate) fn last(&self, path: &Path, metadata: &fs::Metadata) -> SystemTime {
        let tenths = self.slot(path).map_or(0, |slot| slot.load(Ordering::Relaxed));
        let noted = (tenths > 0).then(|| self.began.1 + Duration::from_millis(u64::from(tenths) * 100));
        noted.max(metadata.modified().ok()).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    fn slot(&self, path: &Path) -> Option<&AtomicU32> {
        // The remainder is less than the table's length.
        let hash = self.hashing.hash_one(path.as_os_str());
        self.slots.get((hash % SLOTS as u64) as usize)
    }
}

/// Writes down that a file is used now.
///
/// # Errors
/// What the system says.
pub(crate) fn write_down(path: &Path) -> io::Result<()> {
    let time = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
    let times = Timestamps { last_access: time(UTIME_OMIT), last_modification: time(UTIME_NOW) };
    utimensat(CWD, path, &times, AtFlags::empty()).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_written_down_once_and_known_at_once() -> io::Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        let old = SystemTime::now() - Duration::from_secs(5_000);
        file.as_file().set_modified(old)?;
        let uses = Uses::default();
        assert_eq!(uses.last(file.path(), &file.as_file().metadata()?), old);
        assert!(uses.note(file.path()));
        for _ in 0..100 {
            assert!(!uses.note(file.path()));
        }
        let recent = SystemTime::now() - Duration::from_secs(100);
        assert!(uses.last(file.path(), &file.as_file().metadata()?) > recent);
        write_down(file.path())?;
        assert!(file.as_file().metadata()?.modified()? > recent);
        Ok(())
    }
}
