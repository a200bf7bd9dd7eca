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
    codec::{self, Format},
    error::{Error, Kind, Result},
    native::{
        cache_names::file_name,
        checked::Checked,
        eviction::{self, Evictor},
        file_version::FileVersion,
        files::{self, Content},
        memory_store::MemoryStore,
        noted::Noted,
        page_cache,
        purges::Purges,
        record_cache::RecordCache,
        settings::Folders,
        uses,
    },
    service::{FoundFile, Id, Purge, Record, Write},
};

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

    /// The variant files of an id that look whole: what webp_server_go made is found so.
    pub(crate) fn files(&self, folder: &str, id: &str) -> Vec<FoundFile> {
        let whole = |format: Format| {
            let path = self.variant_path(folder, id, format);
            let (file, metadata) = self.told(&path, files::open_own(&path))?;
            let head = self.told(&path, files::read_head(&file, 64).map_err(unreadable))?;
            let len = metadata.len();
            let hash = looks_whole(format, &head, len).then(|| self.told(&path, checksum(&file)))?;
            Some(FoundFile { format, len, hash })
        };
        Format::ALL.into_iter().filter_map(whole).collect()
    }

    /// Opens a variant; `None`, and it is deleted, when it hasn't the length and the checksum that its record says.
    pub(crate) fn open(
        &self,
        folder: &str,
        id: &str,
        format: Format,
        len: u64,
        hash: Option<&str>,
    ) -> Option<Content> {
        let path = self.variant_path(folder, id, format);
        if let Some(bytes) = lock(&self.memory).find(&path) {
            return Some(Content::Memory(bytes));
        }
        let (file, metadata) = self.told(&path, files::open_own(&path))?;
        let is_right = metadata.len() == len
            && match hash {
                Some(hash) => self.is_right(&path, &file, &metadata, hash),
                None => self
                    .told(&path, files::read_head(&file, 64).map_err(unreadable))
                    .is_some_and(|head| looks_whole(format, &head, len)),
            };
        if !is_right {
            // Another one may have taken its place since the record was read.
            let record = self.record(folder, id);
            let said = record.as_ref().and_then(|record| record.variant(format));
            if said.is_some_and(|said| said.size == len && said.hash.as_deref() == hash) {
                self.drop_damaged(&path);
            }
            return None;
        }
        Some(Content::File(file))
    }

    /// Opens a variant whose checksum was right when this process looked at it, and which has not changed since.
    pub(crate) fn open_checked(&self, folder: &str, id: &str, format: Format, len: u64) -> Option<File> {
        let path = self.variant_path(folder, id, format);
        if lock(&self.memory).holds(&path) {
            return None;
        }
        let (file, metadata) = files::open_own(&path).ok()?;
        let is_right = metadata.len() == len && self.checked.holds(&path, &metadata);
        is_right.then_some(file)
    }

    /// Opens the copy of a remote original; `None`, and it is deleted, when it hasn't the checksum that was taken as it
    /// came. Records of older versions have none: then it is taken as it is.
    pub(crate) fn open_raw(&self, path: &Path, hash: Option<&str>) -> Option<File> {
        let (file, metadata) = self.told(path, files::open_own(path))?;
        if hash.is_none_or(|hash| self.is_right(path, &file, &metadata, hash)) {
            self.note_use(path, &metadata, |touched| self.checked.remember(path, touched));
            return Some(file);
        }
        self.drop_damaged(path);
        None
    }

    /// Opens the copy of a remote original if it has that checksum. Another one's may stand there, and stays then.
    pub(crate) fn open_raw_if_right(&self, path: &Path, hash: &str) -> Option<File> {
        let (file, metadata) = self.told(path, files::open_regular(path))?;
        self.is_right(path, &file, &metadata, hash).then_some(file)
    }

    /// True if a file has the checksum that is said of it, looked at anew; `None` if it can't be looked at.
    pub(crate) fn is_as_said(&self, path: &Path, hash: &str) -> Option<bool> {
        let (file, metadata) = self.told(path, files::open_own(path))?;
        let was_at_hand = page_cache::holds(&file, 0, usize::try_from(metadata.len()).ok()?);
        let is_right = self.told(path, checksum(&file))? == hash;
        if is_right {
            self.checked.remember(path, &metadata);
        }
        if !was_at_hand {
            page_cache::let_go(&file);
        }
        Some(is_right)
    }

    /// Deletes what isn't what its record says.
    pub(crate) fn drop_damaged(&self, path: &Path) {
        tracing::warn!(file = %path.display(), "a damaged cache file is dropped and made again");
        if let Err(error) = self.evictor.remove(path) {
            self.complain(path, &error);
        }
    }

    /// True if a file's checksum is right: looked at when this process opens it for the first time, and again whenever
    /// anything of its state has changed.
    fn is_right(&self, path: &Path, file: &File, metadata: &fs::Metadata, hash: &str) -> bool {
        if self.checked.holds(path, metadata) {
            return true;
        }
        let is_right = self.told(path, checksum(file)).is_some_and(|sum| sum == hash);
        if is_right {
            self.checked.remember(path, metadata);
        }
        is_right
    }

    /// Notes that a record, or the copy of an original, is used; its variants go with the record. Where the file's
    /// time is set for that, `again` is told its new state, if nothing else of it is new.
    fn note_use(&self, path: &Path, before: &fs::Metadata, again: impl FnOnce(&fs::Metadata)) {
        // Not being able to is no harm: after a restart the file then counts as older than it is.
        if self.evictor.uses().note(path)
            && uses::write_down(path).is_ok()
            && let Ok(touched) = fs::metadata(path)
            && FileVersion::of(before).is_but_touched(&FileVersion::of(&touched))
        {
            again(&touched);
        }
    }

    /// The result; where it failed though there is such a file, the log has the reason, once for each.
    pub(crate) fn told<T>(&self, path: &Path, opened: Result<T>) -> Option<T> {
        opened
            .inspect_err(|error| {
                if !files::is_absence(error) && self.noted.is_news((path, error.to_string())) {
                    tracing::warn!(file = %path.display(), %error, "the cache can't be read");
                }
            })
            .ok()
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

fn checksum(file: &File) -> Result<String> {
    files::checksum(file).map_err(unreadable)
}

fn unreadable(source: io::Error) -> Error {
    Error::with_source(Kind::Io, "can't be read", source)
}

/// What can be said of a file without a checksum: it is not empty, it begins as its format does, and a WebP is as
/// long as its RIFF header says (RFC 9649 §2.4).
fn looks_whole(format: Format, head: &[u8], len: u64) -> bool {
    let riff_len = || head.get(4..8).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
    codec::sniff(head) == Some(format)
        && (format != Format::WebP || riff_len().is_some_and(|size| u64::from(size) + 8 <= len))
}
