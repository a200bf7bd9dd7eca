//! Keeps all that is kept (variants, records, copies of remote originals, files that are being written) within
//! `MAX_CACHE_SIZE`, while it fills: room is taken before a file is written, and where there is none, what was not
//! used for the longest time goes first.
//!
//! What is on disk is counted in blocks of 4 KiB, so that small files and records are not free. The disk is looked
//! through at the start, whenever a sixteenth of the limit has been written since, and whenever there is no room: so
//! what another process writes into the same folders is seen, too. With n processes the sum is then within the limit
//! and n sixteenths of it. Nothing is kept in memory for a file (see [`pass`] for what looking through takes).

mod pass;

use std::{
    collections::HashMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use crate::native::{files, machine, settings::Folders, uses::Uses};

/// The least that a file takes on most disks.
const BLOCK: u64 = 4096;

/// The part of the limit that is written between two looks through the folders, and that is free after an eviction.
const PART: u64 = 16;

/// How often the folders are looked through before a file is said to have no room.
const LOOKS: u32 = 3;

/// The bound on what is kept.
#[derive(Debug)]
pub(crate) struct Evictor {
    folders: Folders,
    ledger: Mutex<Ledger>,
    uses: Uses,
    /// Records that are being written, with their variants: these stay.
    busy: Mutex<HashMap<PathBuf, usize>>,
    /// The thread that looks through the folders holds it.
    at_work: Mutex<()>,
}

/// What is known of the disk, in bytes.
#[derive(Debug, Default)]
struct Ledger {
    /// Of whole files.
    held: u64,
    /// Of files that are being written.
    pending: u64,
    /// Written since the folders were last looked through.
    since: u64,
    /// Somebody was sent to look through them.
    is_sent: bool,
}

/// Room on the disk for a file that is about to be written; given back when dropped, unless the file is kept.
#[derive(Debug)]
pub(crate) struct Reservation {
    evictor: Arc<Evictor>,
    bytes: u64,
}

/// While it lives, a record and its variants are not swept away.
pub(crate) struct Busy<'a> {
    evictor: &'a Evictor,
    record: PathBuf,
}

impl Evictor {
    /// A bound on these folders. Until they have been looked through they count as nearly full.
    pub(crate) fn new(folders: Folders) -> Self {
        let held = folders.max_bytes - folders.max_bytes / PART;
        Self {
            ledger: Mutex::new(Ledger { held, ..Ledger::default() }),
            folders,
            uses: Uses::default(),
            busy: Mutex::default(),
            at_work: Mutex::default(),
        }
    }

    /// Removes what a crash left behind and counts what there is, on a thread of its own.
    pub(crate) fn begin(self: &Arc<Self>) {
        self.send(|evictor| {
            for folder in evictor.folders.all() {
                let removed = files::remove_leftovers(folder);
                if removed > 0 {
                    tracing::info!(folder = %folder.display(), removed, "removed half-written files");
                }
            }
            let _alone = lock(&evictor.at_work);
            evictor.pass(0, 0);
        });
    }

    /// Bytes on disk of all that is kept or being written, and the most that there may be; 0 is without limit.
    pub(crate) fn figures(&self) -> (u64, u64) {
        let ledger = lock(&self.ledger);
        (ledger.held.saturating_add(ledger.pending), self.folders.max_bytes)
    }

    /// The last uses of what is kept.
    pub(crate) const fn uses(&self) -> &Uses {
        &self.uses
    }

    /// Reserves room for a file of `len` bytes; evicts others for that if need be. `None` if there can be none. Blocks.
    pub(crate) fn reserve(self: &Arc<Self>, len: u64) -> Option<Reservation> {
        let bytes = on_disk(len);
        self.takes(bytes).then(|| Reservation { evictor: Arc::clone(self), bytes })
    }

    /// Removes files because the disk is full, though the limit is not reached: enough for one of so many bytes. True
    /// if any went. Blocks.
    pub(crate) fn make_room_on_disk(&self, len: u64) -> bool {
        let _alone = lock(&self.at_work);
        self.pass(0, on_disk(len) * 2) > 0
    }

    /// True for a file of this cache, by its name and place.
    pub(crate) fn is_of_cache(&self, path: &Path) -> bool {
        pass::is_of_cache(&self.folders, path)
    }

    /// Removes a file that is kept, if there is one; gives what it took on disk.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<u64> {
        let bytes = size_of(path);
        fs::remove_file(path)?;
        let mut ledger = lock(&self.ledger);
        ledger.held = ledger.held.saturating_sub(bytes);
        Ok(bytes)
    }

    /// Keeps a record and its variants from being swept away while they are written.
    pub(crate) fn busy(&self, record: PathBuf) -> Busy<'_> {
        *lock(&self.busy).entry(record.clone()).or_default() += 1;
        Busy { evictor: self, record }
    }

    /// Takes room, and makes it if there is none.
    fn takes(self: &Arc<Self>, bytes: u64) -> bool {
        if self.takes_what_is_there(bytes) {
            return true;
        }
        if bytes > self.folders.max_bytes {
            return false;
        }
        let _alone = lock(&self.at_work);
        // Who was at it before may have made enough for both. What others write while the folders are looked through is
        // counted twice until they are looked through again.
        self.takes_what_is_there(bytes)
            || (0..LOOKS).any(|_| {
                self.pass(bytes, 0);
                self.takes_what_is_there(bytes)
            })
    }

    fn takes_what_is_there(self: &Arc<Self>, bytes: u64) -> bool {
        let most = self.folders.max_bytes;
        let mut ledger = lock(&self.ledger);
        let is_room = most == 0 || ledger.held.saturating_add(ledger.pending).saturating_add(bytes) <= most;
        if is_room {
            ledger.pending += bytes;
            let is_due = most > 0 && ledger.since + bytes > most / PART && !ledger.is_sent;
            ledger.is_sent |= is_due;
            drop(ledger);
            if is_due {
                self.send(|evictor| {
                    let _alone = lock(&evictor.at_work);
                    evictor.pass(0, 0);
                });
            }
        }
        is_room
    }

    /// Looks through the folders; what is too much goes, with room for `want` bytes more, and at the least `least`
    /// bytes. Gives how many went.
    fn pass(&self, want: u64, least: u64) -> u64 {
        lock(&self.ledger).since = 0;
        let most = self.folders.max_bytes;
        let mut all_freed = 0;
        loop {
            let mut seen = pass::look_through(&self.folders, &self.uses);
            let pending = lock(&self.ledger).pending + want;
            let too_much = if most > 0 && seen.bytes + pending > most {
                (seen.bytes + pending).saturating_sub(most - most / PART)
            } else {
                0
            };
            let goal = too_much.max(least.saturating_sub(all_freed));
            let is_busy = |record: &Path| lock(&self.busy).contains_key(record);
            let freed = pass::remove_oldest(&self.folders, &self.uses, &mut seen, goal, is_busy);
            all_freed += freed;
            // Files that came while the folders were looked through may be counted twice, until the next time.
            let mut ledger = lock(&self.ledger);
            ledger.held = seen.bytes.saturating_sub(freed) + ledger.since;
            ledger.is_sent = false;
            // Not all that could go is known after one look.
            if freed == 0 || freed >= goal {
                return all_freed;
            }
        }
    }

    fn send(self: &Arc<Self>, work: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let evictor = Arc::clone(self);
        let at_it = move || {
            machine::make_way();
            work(&evictor);
        };
        if let Err(error) = thread::Builder::new().name("evict".to_owned()).spawn(at_it) {
            tracing::warn!(%error, "no thread to look through the cache");
            lock(&self.ledger).is_sent = false;
        }
    }
}

impl Reservation {
    /// Grows to `len` bytes, if there is as much room. Blocks.
    pub(crate) fn up_to(mut self, len: u64) -> Option<Self> {
        let more = on_disk(len).saturating_sub(self.bytes);
        if more > 0 {
            self.bytes += std::mem::take(&mut self.evictor.reserve(more)?.bytes);
        }
        Some(self)
    }

    /// Counts the file as kept: it has `len` bytes, and replaces one that took `replaced`.
    pub(crate) fn keep(self, len: u64, replaced: u64) {
        let bytes = on_disk(len);
        let mut ledger = lock(&self.evictor.ledger);
        ledger.held = (ledger.held + bytes).saturating_sub(replaced);
        ledger.since += bytes;
        // What is pending goes when this is dropped, a moment later: for so long it counts twice.
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut ledger = lock(&self.evictor.ledger);
        ledger.pending = ledger.pending.saturating_sub(self.bytes);
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let mut busy = lock(&self.evictor.busy);
        if let Some(count) = busy.get_mut(&self.record) {
            *count -= 1;
            if *count == 0 {
                busy.remove(&self.record);
            }
        }
    }
}

/// Why something is not kept for which there is no room.
pub(crate) fn no_room() -> io::Error {
    io::Error::new(io::ErrorKind::QuotaExceeded, "MAX_CACHE_SIZE leaves no room for it")
}

/// What a file takes on disk, 0 where there is none.
pub(crate) fn size_of(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |metadata| taken(&metadata))
}

/// What a file or folder takes on disk.
fn taken(metadata: &fs::Metadata) -> u64 {
    // Blocks are counted in 512 bytes, and by some file systems only later.
    on_disk(metadata.len()).max(metadata.blocks() * 512)
}

/// Bytes that a file of `len` bytes takes on disk.
const fn on_disk(len: u64) -> u64 {
    let blocks = len.div_ceil(BLOCK);
    if blocks == 0 { BLOCK } else { blocks.saturating_mul(BLOCK) }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these locks guard is whole at every moment, so a panic elsewhere does not spoil it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
