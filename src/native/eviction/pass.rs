//! One look through the folders: what is there, and what was not used for the longest time. It takes memory for some
//! thousand names, however many files there are.
//!
//! What goes together: a record with all variants of its id and the copy of its original. Such a copy may also go by
//! itself: it is needed again only for another variant. Files of ours without a record are of no use to anybody: a
//! crash left them. Of webp_server_go's, whose records may be elsewhere, that isn't sure; they go when there is no
//! room.

use std::{
    collections::BinaryHeap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use walkdir::WalkDir;

use super::{size_of, taken};
use crate::{
    codec::Format,
    native::{cache_names::raw_name, settings::Folders, uses::Uses},
    service::Record,
};

/// How many of the oldest are known after one look.
const MOST_KNOWN: usize = 4096;

/// A file without a record is left alone for so long: the record may be about to be written, by another process.
const ORPHAN: Duration = Duration::from_secs(60);

/// What was found.
#[derive(Default)]
pub(super) struct Scan {
    /// What all files and folders take.
    pub(super) bytes: u64,
    /// The newest of them stands first.
    oldest: BinaryHeap<Candidate>,
}

/// Something that may go.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    used: SystemTime,
    path: PathBuf,
    kind: FileKind,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FileKind {
    Record,
    Variant,
    Raw,
}

/// Looks through all folders. What is surely left over from a crash goes at once.
pub(super) fn look_through(folders: &Folders, uses: &Uses) -> Scan {
    let mut scan = Scan::default();
    for folder in folders.all() {
        for entry in WalkDir::new(folder).max_depth(2).into_iter().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            match entry.depth() {
                0 | 1 if metadata.is_dir() => scan.bytes += taken(&metadata),
                2 if metadata.is_file() => scan.look_at(folders, uses, entry.into_path(), &metadata),
                _ => {}
            }
        }
    }
    scan
}

impl Scan {
    fn look_at(&mut self, folders: &Folders, uses: &Uses, path: PathBuf, metadata: &fs::Metadata) {
        let Some((kind, id)) = kind_of(folders, &path) else { return };
        let is_orphan =
            kind != FileKind::Record && record_of(folders, &path).is_some_and(|record| !record.exists());
        if is_orphan && id.len() == 32 && is_older_than(metadata, ORPHAN) && fs::remove_file(&path).is_ok() {
            return;
        }
        self.bytes += taken(metadata);
        if kind == FileKind::Variant && !is_orphan {
            return;
        }
        self.oldest.push(Candidate { used: uses.last(&path, metadata), path, kind });
        if self.oldest.len() > MOST_KNOWN {
            self.oldest.pop();
        }
    }
}

/// Removes the least recently used files until `goal` bytes are free; gives how many are. What is busy or was
/// used since it was looked at stays.
pub(super) fn remove_oldest(
    folders: &Folders,
    uses: &Uses,
    scan: &mut Scan,
    goal: u64,
    is_busy: impl Fn(&Path) -> bool,
) -> u64 {
    let (mut freed, mut removed) = (0, 0_u64);
    for candidate in std::mem::take(&mut scan.oldest).into_sorted_vec() {
        if freed >= goal {
            break;
        }
        let is_as_it_was = || {
            fs::symlink_metadata(&candidate.path)
                .is_ok_and(|now| uses.last(&candidate.path, &now) <= candidate.used)
        };
        let Some(record) = record_of(folders, &candidate.path) else { continue };
        if is_busy(&record) || !is_as_it_was() {
            continue;
        }
        let bytes = match candidate.kind {
            FileKind::Record => remove_all_of(folders, &record),
            FileKind::Variant | FileKind::Raw => remove(&candidate.path),
        };
        freed += bytes;
        removed += u64::from(bytes > 0);
    }
    if removed > 0 {
        tracing::debug!(removed, freed, "there was no room; the least recently used are gone");
    }
    freed
}

/// Removes the copy of the original and the variants of a record, then the record; gives the bytes that are free.
fn remove_all_of(folders: &Folders, record: &Path) -> u64 {
    let Some((folder, id)) = folder_and_id(record) else { return 0 };
    let mut freed = 0;
    if folder != "local"
        && let Some(known) = fs::read(record).ok().and_then(|bytes| Record::from_json(&bytes))
    {
        freed += remove(&folders.remote_raw.join(folder).join(raw_name(id, &known.path)));
    }
    for format in Format::ALL {
        freed += remove(&folders.exhaust.join(folder).join(format!("{id}.{}", format.extension())));
    }
    freed + remove(record)
}

/// Removes a file if there is one; gives the bytes that are free.
fn remove(path: &Path) -> u64 {
    let bytes = size_of(path);
    if bytes > 0 && fs::remove_file(path).is_ok() { bytes } else { 0 }
}

/// True for a file of a cache.
pub(super) fn is_of_cache(folders: &Folders, path: &Path) -> bool {
    kind_of(folders, path).is_some()
}

/// What a file is, with its id; `None` for what is not of a cache.
fn kind_of<'a>(folders: &Folders, path: &'a Path) -> Option<(FileKind, &'a str)> {
    let root = path.parent()?.parent()?;
    let extension = path.extension().and_then(OsStr::to_str);
    let is_variant = || Format::ALL.iter().any(|format| Some(format.extension()) == extension);
    let kind = if root == folders.metadata && extension == Some("json") {
        FileKind::Record
    } else if root == folders.exhaust && is_variant() {
        FileKind::Variant
    } else if root == folders.remote_raw {
        FileKind::Raw
    } else {
        return None;
    };
    let (_, id) = folder_and_id(path)?;
    let is_id = matches!(id.len(), 1..=16 | 32) && id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    is_id.then_some((kind, id))
}

/// The record that a file goes with.
fn record_of(folders: &Folders, path: &Path) -> Option<PathBuf> {
    let (folder, id) = folder_and_id(path)?;
    Some(folders.metadata.join(folder).join(format!("{id}.json")))
}

fn folder_and_id(path: &Path) -> Option<(&OsStr, &str)> {
    let name = path.file_name()?.to_str()?;
    Some((path.parent()?.file_name()?, name.split_once('.').map_or(name, |(id, _)| id)))
}

fn is_older_than(metadata: &fs::Metadata, age: Duration) -> bool {
    let changed = metadata.modified().ok();
    changed.and_then(|time| SystemTime::now().duration_since(time).ok()).is_some_and(|since| since > age)
}
