//! Files of the cache as they are opened: whole, with the length and the checksum that is said of them, or not at all.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use super::{Store, lock};
use crate::{
    codec::{self, Format},
    error::{Error, Kind, Result},
    native::{
        file_version::FileVersion,
        files::{self, Content},
        page_cache, uses,
    },
    service::FoundFile,
};

impl Store {
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
    pub(super) fn note_use(&self, path: &Path, before: &fs::Metadata, again: impl FnOnce(&fs::Metadata)) {
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
