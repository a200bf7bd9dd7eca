//! The cache on disk, in webp_server_go's layout: `EXHAUST_PATH/<folder>/<id>.<ext>` for what was made, and
//! `METADATA_PATH/<folder>/<id>.json` for what is known. `<folder>` is `local` or an origin's host.
//!
//! It heals: files are written whole or not at all; a file's length is checked each time it is opened, its
//! checksum the first time in this process and again after any change of its state, copies of remote originals
//! included; what fails is deleted and made again. A disk that can't be written is told
//! once, and a small cache in memory stands in for it.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use bytes::Bytes;

use crate::{
    codec::Format,
    native::{
        cache_names::file_name,
        checked::Checked,
        eviction::{self, Evictor},
        files,
        memory_store::MemoryStore,
        noted::Noted,
        purges::Purges,
        record_cache::RecordCache,
        settings::Folders,
    },
    service::{Id, Purge, Record, Write},
};

mod verified;

/// The cache. Its methods block; call them on a blocking thread, but for those that only look at what is at hand.
#[derive(Debug)]
pub(crate) struct Store {
    folders: Folders,
    /// What stands in for the disk while that can't be written.
    memory: Mutex<MemoryStore>,
    /// Files whose checksums were right.
    checked: Checked,
    /// Records that were read lately.
    record_cache: Mutex<RecordCache>,
    /// Records are read, merged and written by one at a time.
    records: Mutex<()>,
    /// The bound on what is kept.
    evictor: Arc<Evictor>,
    purges: Purges,
    /// What was told of files.
    noted: Noted,
    has_complained: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these locks guard is whole at every moment, so a panic elsewhere does not spoil it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Opens the cache. Meanwhile what a crash left half-written is removed, and the rest counted.
    pub(crate) fn new(folders: Folders) -> Self {
        let evictor = Arc::new(Evictor::new(folders.clone()));
        evictor.begin();
        Self {
            evictor,
            memory: Mutex::new(MemoryStore::new(folders.stand_in_bytes)),
            folders,
            checked: Checked::default(),
            record_cache: Mutex::default(),
            records: Mutex::default(),
            purges: Purges::default(),
            noted: Noted::default(),
            has_complained: AtomicBool::new(false),
        }
    }

    /// Where the folders are.
    pub(crate) const fn folders(&self) -> &Folders {
        &self.folders
    }

    /// What is known of an id.
    pub(crate) fn record(&self, folder: &str, id: &str) -> Option<Record> {
        let path = self.record_path(folder, id);
        if let Some(bytes) = lock(&self.memory).find(&path) {
            return Record::from_json(&bytes);
        }
        let read = File::open(&path).and_then(|mut file| {
            let before = file.metadata()?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok((before, bytes))
        });
        let (before, bytes) = self.told(&path, read.map_err(files::unopened))?;
        let Some(record) = Record::from_json(&bytes) else {
            tracing::warn!(file = %path.display(), "a damaged record is dropped");
            drop(self.evictor.remove(&path));
            return None;
        };
        lock(&self.record_cache).keep(path.clone(), &before, record.clone());
        self.note_use(&path, &before, |touched| {
            lock(&self.record_cache).keep(path.clone(), touched, record.clone())
        });
        Some(record)
    }

    /// What is known of an id, under the one of now or the old one; also gives which.
    pub(crate) fn record_of<'a>(&self, folder: &str, id: &'a Id) -> (&'a str, Option<Record>) {
        match self.record(folder, &id.now) {
            Some(record) => (&id.now, Some(record)),
            None => (&id.old, self.record(folder, &id.old)),
        }
    }

    /// What is known of an id, under the one of now or the old one, if it is in memory and still the same.
    pub(crate) fn cached_record_of(&self, folder: &str, id: &Id) -> Option<Record> {
        self.cached_record(folder, &id.now).or_else(|| self.cached_record(folder, &id.old))
    }

    /// What is known of an id, if it was read lately, is still the same, and is ours. Asks the kernel one thing.
    fn cached_record(&self, folder: &str, id: &str) -> Option<Record> {
        let path = self.record_path(folder, id);
        let now = fs::metadata(&path).ok()?;
        let record = lock(&self.record_cache).find(&path, &now)?;
        self.note_use(&path, &now, |touched| {
            lock(&self.record_cache).keep(path.clone(), touched, record.clone())
        });
        (record.slimpix.is_some() && !lock(&self.memory).holds(&path)).then_some(record)
    }

    /// Writes a variant and its record, on disk if it can be, else into memory. Gives the record as written. Nothing is
    /// written of what was purged since `purges` were counted, which is before the request looked.
    pub(crate) fn write(&self, write: &Write, made: Option<&Bytes>, purges: u64) -> Record {
        let id = &write.record.id;
        let writing = self.purges.writing();
        if writing.is_purged(&write.record.path, purges) {
            return write.record.clone();
        }
        if write.forgets {
            self.forget(&write.folder, id);
            return write.record.clone();
        }
        let record_path = self.record_path(&write.folder, id);
        let _stays = self.evictor.busy(record_path.clone());
        if let Some(format) = write.dropped {
            drop(self.evictor.remove(&self.variant_path(&write.folder, id, format)));
        }
        if let (Some(format), Some(bytes)) = (write.variant, made) {
            let path = self.variant_path(&write.folder, id, format);
            self.put(&path, bytes);
            if let Ok(metadata) = fs::metadata(&path) {
                self.checked.remember(&path, &metadata);
            }
        }
        let _one_at_a_time = lock(&self.records);
        let mut record = write.merged(self.record(&write.folder, id));
        let surplus = write.surplus(&mut record, |id| self.last_use(&write.folder, id));
        self.put(&record_path, &record.to_json().into());
        for id in surplus {
            self.remove_all_of(&write.folder, &id);
        }
        record
    }

    /// When what is kept of an id was last used.
    fn last_use(&self, folder: &str, id: &str) -> Option<SystemTime> {
        let path = self.record_path(folder, id);
        fs::metadata(&path).ok().map(|metadata| self.evictor.uses().last(&path, &metadata))
    }

    /// Deletes all that is kept of an id, and of those that its record lists.
    fn forget(&self, folder: &str, id: &str) {
        let _one_at_a_time = lock(&self.records);
        let known = self.record(folder, id).and_then(|record| record.slimpix);
        for id in known.iter().flat_map(|known| known.sizes.iter()) {
            self.remove_all_of(folder, &id);
        }
        self.remove_all_of(folder, id);
    }

    fn remove_all_of(&self, folder: &str, id: &str) {
        for path in self.paths_of(folder, id) {
            lock(&self.memory).remove(&path);
            // Most often there is no such file.
            drop(self.evictor.remove(&path));
        }
    }

    /// Where the record of an id would be, and all variants.
    pub(crate) fn paths_of(&self, folder: &str, id: &str) -> Vec<PathBuf> {
        let variants = Format::ALL.map(|format| self.variant_path(folder, id, format));
        [self.record_path(folder, id)].into_iter().chain(variants).collect()
    }

    /// Takes what is purged out of what stands in for the disk; gives how many files that were.
    pub(crate) fn purge_memory(&self, purge: &Purge) -> u64 {
        let mut memory = lock(&self.memory);
        let paths = |(path, bytes): (&Path, &Bytes)| {
            let folder = path.parent()?.file_name()?.to_str()?;
            let record = Record::from_json(bytes).filter(|record| purge.takes(&record.path))?;
            Some(self.paths_of(folder, &record.id))
        };
        let files: Vec<PathBuf> = match purge.is_all() {
            true => memory.files().map(|(path, _)| path.to_owned()).collect(),
            false => memory.files().filter_map(paths).flatten().collect(),
        };
        files.iter().filter(|path| memory.remove(path)).count() as u64
    }

    /// What was purged.
    pub(crate) const fn purges(&self) -> &Purges {
        &self.purges
    }

    fn put(&self, path: &Path, bytes: &Bytes) {
        match self.write_whole(path, bytes) {
            Ok(()) => {
                lock(&self.memory).remove(path);
                self.has_complained.store(false, Ordering::Relaxed);
            }
            Err(error) => {
                self.complain(path, &error);
                lock(&self.memory).insert(path.to_owned(), bytes.clone());
            }
        }
    }

    /// Writes a file where there is room for it, or where room can be made.
    fn write_whole(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let len = bytes.len() as u64;
        let reservation = self.evictor.reserve(len).ok_or_else(eviction::no_room)?;
        let replaced = eviction::size_of(path);
        let written = files::write_whole(path, bytes).or_else(|error| {
            let may_go = match error.kind() {
                // The folder was deleted meanwhile, or the temporary file was.
                io::ErrorKind::NotFound => true,
                _ => files::is_full(&error) && self.evictor.make_room_on_disk(len),
            };
            if may_go { files::write_whole(path, bytes) } else { Err(error) }
        });
        written.inspect(|()| reservation.keep(len, replaced))
    }

    /// The bound on what is kept.
    pub(crate) const fn evictor(&self) -> &Arc<Evictor> {
        &self.evictor
    }

    /// Says once that the disk can't be written, until it can again.
    pub(crate) fn complain(&self, path: &Path, error: &io::Error) {
        if !self.has_complained.swap(true, Ordering::Relaxed) {
            tracing::error!(file = %path.display(), %error, "the cache can't be written; answering from memory");
        }
    }

    fn variant_path(&self, folder: &str, id: &str, format: Format) -> PathBuf {
        self.folders.exhaust.join(file_name(folder)).join(format!("{id}.{}", format.extension()))
    }

    fn record_path(&self, folder: &str, id: &str) -> PathBuf {
        self.folders.metadata.join(file_name(folder)).join(format!("{id}.json"))
    }
}
