//! A slow pass, now and then, over all that is kept: what isn't what its record says is deleted, and made or fetched
//! again when it is next asked for. Disks forget, and what nobody asks for is not looked at otherwise.

use std::{
    ffi::OsStr,
    fs,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use walkdir::WalkDir;

use crate::{
    codec::Format,
    native::{files, machine, store::Store},
    service::Record,
};

/// How long is rested after each file, in times of what it took to read it.
const REST: u32 = 20;

/// How long is rested at the least.
const LEAST_REST: Duration = Duration::from_millis(1);

/// How long after the first look a file is looked at again before it is deleted: a new one may just have taken the
/// place of the one that the record was about.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// Begins passes, so long after one another, for as long as the program runs.
pub(crate) fn begin(store: Arc<Store>, every: Duration) {
    let passes = move || {
        machine::make_way();
        loop {
            thread::sleep(every);
            pass(&store);
        }
    };
    if let Err(error) = thread::Builder::new().name("verify".to_owned()).spawn(passes) {
        tracing::warn!(%error, "no thread to verify the cache");
    }
}

fn pass(store: &Store) {
    let (mut files, mut damaged) = (0_u64, 0_u64);
    let folders = store.folders();
    for folder in [&folders.exhaust, &folders.remote_raw] {
        let entries = WalkDir::new(folder).min_depth(2).max_depth(2).into_iter().flatten();
        for entry in entries.filter(|entry| entry.file_type().is_file()) {
            let began = Instant::now();
            match verify(store, entry.path()) {
                Some(true) => files += 1,
                Some(false) => damaged += 1,
                None => {}
            }
            thread::sleep((began.elapsed() * REST).max(LEAST_REST));
        }
    }
    tracing::info!(files, damaged, "the cache was verified");
}

/// True if a file is what its record says, false if it was not and is gone; `None` if nothing is said of it.
fn verify(store: &Store, path: &Path) -> Option<bool> {
    let said = checksum(store, path)?;
    if store.is_as_said(path, &said)? {
        return Some(true);
    }
    thread::sleep(SECOND_LOOK);
    let said = checksum(store, path)?;
    if store.is_as_said(path, &said)? {
        return Some(true);
    }
    store.drop_damaged(path);
    Some(false)
}

/// The checksum that the record of a file says.
fn checksum(store: &Store, path: &Path) -> Option<String> {
    let folder = path.parent()?.file_name()?;
    let (id, extension) =
        path.file_name()?.to_str()?.split_once('.').unwrap_or((path.file_name()?.to_str()?, ""));
    let record = store.folders().metadata.join(folder).join(format!("{id}.json"));
    let record = Record::from_json(&store.told(&record, fs::read(&record).map_err(files::unopened))?)?;
    let is_raw = path.parent().and_then(Path::parent) == Some(&store.folders().remote_raw);
    if is_raw {
        return record.slimpix?.source.hash;
    }
    let format = Format::ALL.into_iter().find(|format| OsStr::new(format.extension()) == extension)?;
    record.variant(format)?.hash.clone()
}
