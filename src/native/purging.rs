//! Takes away what is purged: records, all variants that go with them, copies of remote originals, and what stands in
//! for the disk. One picture goes at a time, as a whole, and nothing is written meanwhile.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use crate::{
    native::{cache_names::raw_name, store::Store},
    service::{Purge, Purged, Record},
};

/// Purges. Reads each record that is kept. Blocks.
pub(crate) fn purge(store: &Store, purge: &Purge) -> Purged {
    store.purges().note(purge);
    let folders = store.folders().clone();
    let mut purged = Purged::default();
    purged.files += store.purge_memory(purge);
    // Records first. Where all goes, what has none goes as well.
    for folder in folders.all().filter(|folder| purge.is_all() || **folder == folders.metadata) {
        let entries = WalkDir::new(folder).min_depth(2).max_depth(2).into_iter().flatten();
        for entry in entries.filter(|entry| entry.file_type().is_file()) {
            purged += store.purges().alone(|| look_at(store, entry.path(), purge));
        }
    }
    if purged.files > 0 {
        store.purges().note(purge);
    }
    purged
}

/// Takes a picture away if a file of it is to be purged.
fn look_at(store: &Store, path: &Path, purge: &Purge) -> Purged {
    if !store.evictor().is_of_cache(path) {
        return Purged::default();
    }
    let folders = store.folders();
    let is_record = path.parent().and_then(Path::parent) == Some(&*folders.metadata)
        && path.extension() == Some(OsStr::new("json"));
    let record = fs::read(path).ok().filter(|_| is_record).and_then(|bytes| Record::from_json(&bytes));
    if !purge.is_all() && !record.as_ref().is_some_and(|record| purge.takes(&record.path)) {
        return Purged::default();
    }
    let mut purged = Purged::default();
    for path in files_of(store, path, record.as_ref()) {
        let bytes = store.evictor().remove(&path).unwrap_or(0);
        purged += Purged { files: u64::from(bytes > 0), bytes };
    }
    purged
}

/// The files that go with one of them, itself first.
fn files_of(store: &Store, path: &Path, record: Option<&Record>) -> Vec<PathBuf> {
    let mut files = vec![path.to_owned()];
    let (Some(folder), Some(name)) = (
        path.parent().and_then(Path::file_name).and_then(OsStr::to_str),
        path.file_name().and_then(OsStr::to_str),
    ) else {
        return files;
    };
    let id = name.split_once('.').map_or(name, |(id, _)| id);
    files.extend(store.paths_of(folder, id).into_iter().filter(|other| other != path));
    if let Some(record) = record {
        files.push(store.folders().remote_raw.join(folder).join(raw_name(id, &record.path)));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        native::{files, settings::Folders},
        service::Policy,
    };

    #[test]
    fn whoever_looks_while_it_goes_on_writes_nothing_of_it() {
        let place = tempfile::tempdir().expect("a folder");
        let below = |name: &str| place.path().join(name);
        let store = Store::new(Folders {
            exhaust: below("exhaust"),
            metadata: below("metadata"),
            remote_raw: below("raw"),
            max_bytes: 0,
            stand_in_bytes: 0,
        });
        let path = below("exhaust").join("local").join("1.webp");
        files::write_whole(&path, b"x").expect("written");
        let all = Purge::from_query("all", &Policy::default()).expect("sound");
        for there in [1, 0] {
            // As many as somebody counts who looks when it has just begun.
            let looked = store.purges().count() + 1;
            assert_eq!(super::purge(&store, &all).files, there);
            assert_eq!(store.purges().writing().is_purged("/a.jpg?width=", looked), there > 0);
        }
    }
}
