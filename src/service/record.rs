//! What is known about a source and what was made of it: the metadata file of a cache.
//!
//! The outer keys are those of webp_server_go, in its form; ours stand together under `slimpix`. A file that
//! webp_server_go wrote has no such key: it parses, and the variants beside it go on to be used once the source is
//! known to be the same.

use std::{collections::BTreeMap, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::{encode_settings::EncodeSettings, freshness::Freshness, key::Id, sizes::Sizes, time};
use crate::{
    codec::{Format, Probe},
    error::Kind,
    pixel::Size,
};

/// The metadata of one id: a source with one set of parameters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Record {
    /// The id, which is also the file's name.
    pub id: String,
    /// What was hashed to the id.
    pub path: String,
    /// xxHash64 of the source's bytes (local) or of its entity tag and length (remote), in hexadecimal. Empty
    /// while nobody has read the whole source.
    pub checksum: String,
    /// Pixels in a row of the source as it is looked at.
    pub width: u32,
    /// Rows of the source as it is looked at.
    pub height: u32,
    /// The source's format.
    pub format: String,
    /// The source's length in bytes.
    pub size: u64,
    /// Frames or pages.
    pub num_pages: u32,
    /// A blurred placeholder (<https://blurha.sh>), or empty.
    pub blurhash: String,
    /// The colour space's name, or empty.
    pub colorspace: String,
    /// What slimpix knows beyond that; absent in a file that webp_server_go wrote.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub slimpix: Option<SlimpixPart>,
}

/// An older or newer form of our own part is as good as none.
fn lenient<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<SlimpixPart>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()))
}

/// Our own part of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SlimpixPart {
    /// The source.
    pub source: SourceState,
    /// What was made of it, or why nothing was.
    #[serde(default)]
    pub variants: BTreeMap<Format, Entry>,
    /// True once the placeholders and the colour were asked for, be it in vain.
    #[serde(default)]
    pub described: bool,
    /// The dominant colour, as `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The ThumbHash, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbhash: Option<String>,
    /// What else is kept of the source, where this is its own record.
    #[serde(default, skip_serializing_if = "Sizes::is_empty")]
    pub sizes: Sizes,
}

/// What is known about a source: which bytes it has, and what they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SourceState {
    /// Which bytes they were.
    #[serde(rename = "stamp")]
    pub validators: Validators,
    /// When that was last found to be so.
    #[serde(with = "time::stored")]
    pub checked_at: SystemTime,
    /// The format by its first bytes; `None`: it is no picture that is known here.
    #[serde(default)]
    pub format: Option<Format>,
    /// What its header says; `None`: its header makes no sense.
    #[serde(default)]
    pub probe: Option<Probe>,
    /// Why there is no probe, where the format is one that is read here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// xxHash64 of the copy that is kept of a remote source, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// What the origin of a remote source said of using it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freshness: Option<Freshness>,
    /// How many times in a row an origin gave what may not be all of a picture.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub doubts: u32,
}

const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl SourceState {
    /// True if both are about the same state of a source, and about the same bytes as far as these are known.
    pub(super) fn is_of_the_same_as(&self, other: &Self) -> bool {
        let differ = matches!((&self.hash, &other.hash), (Some(one), Some(other)) if one != other);
        self.validators == other.validators && !differ
    }
}

/// What tells two states of a source apart (RFC 9110 §8.8): a changed source has another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// Bytes.
    pub len: u64,
    /// When it was last changed: the file's time, or the origin's `Last-Modified`.
    #[serde(default, with = "time::stored::option")]
    pub modified: Option<SystemTime>,
    /// The origin's entity tag, quotes included.
    #[serde(default)]
    pub etag: Option<String>,
    /// Which file it is, on a machine that has files. Records before it was kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileState>,
}

/// What else a file has that another one in its place has not, be it of the same length and time: `cp -p`, `rsync -t`
/// and a link that is turned elsewhere are seen by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// The device that it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// When its contents, its name or its rights were last changed, in seconds and nanoseconds since 1970. No program
    /// can set it.
    pub changed: (i64, i64),
}

/// What became of one target format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Entry {
    /// There is a file.
    Made(Variant),
    /// It was made and thrown away: the source is no larger, and every client that got it can show it.
    Declined {
        /// Its length in bytes.
        size: u64,
        /// How it was made.
        settings: EncodeSettings,
    },
    /// It can't be made; trying again gives the same.
    Failed {
        /// Who is at fault.
        kind: String,
        /// The version that failed. Another one tries again.
        version: String,
        /// What was wrong.
        #[serde(default)]
        reason: String,
    },
}

/// A variant file that no record of ours tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Its format.
    pub format: Format,
    /// Its length in bytes.
    pub len: u64,
    /// [`hash_hex`](super::hash_hex) of its bytes, where the host has it.
    pub hash: Option<String>,
}

/// A file made from a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Variant {
    /// Its length in bytes.
    pub size: u64,
    /// xxHash64 of its bytes in hexadecimal; `None` for one that webp_server_go made and nobody has read since.
    #[serde(default)]
    pub hash: Option<String>,
    /// How it was made; `None` for one that webp_server_go made.
    #[serde(default)]
    pub settings: Option<EncodeSettings>,
    /// Its size in pixels, where known.
    #[serde(default)]
    pub pixels: Option<Size>,
}

impl Entry {
    /// A failure of this version, to be remembered.
    pub(super) fn failed(kind: Kind, reason: impl Into<String>) -> Self {
        Self::Failed { kind: kind.to_string(), version: VERSION.to_owned(), reason: reason.into() }
    }

    /// True if it still says something about a conversion with these settings.
    pub(super) fn is_current(&self, settings: EncodeSettings) -> bool {
        match self {
            Self::Made(variant) => variant.settings.is_none_or(|made_with| made_with == settings),
            Self::Declined { settings: made_with, .. } => *made_with == settings,
            Self::Failed { version, .. } => version == VERSION,
        }
    }
}

impl Record {
    /// Reads a metadata file. `None` if it is no such thing: then it is as if there were none.
    #[must_use]
    pub fn from_json(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|record: &Self| !record.id.is_empty())
    }

    /// The metadata file.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Only maps with keys that are no strings and failing writers make this fail; there are none here.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What of two records of the same id is still true: this one's state of the source, and the variants of both
    /// where they come from the same state of the source. A host calls it with what is stored at the moment of
    /// writing, so that two formats made at the same time don't lose each other.
    #[must_use]
    pub fn merged(mut self, stored: Option<Self>) -> Self {
        let stored = stored.filter(|record| record.path == self.path);
        let (Some(known), Some(other)) = (&mut self.slimpix, stored.and_then(|record| record.slimpix)) else {
            return self;
        };
        known.sizes.follow(other.sizes);
        if known.source.is_of_the_same_as(&other.source) {
            for (format, entry) in other.variants {
                known.variants.entry(format).or_insert(entry);
            }
        }
        self
    }

    /// The file of a format, if there is one.
    #[must_use]
    pub fn variant(&self, format: Format) -> Option<&Variant> {
        match self.entry(format)? {
            Entry::Made(variant) => Some(variant),
            _ => None,
        }
    }

    pub(super) fn entry(&self, format: Format) -> Option<&Entry> {
        self.slimpix.as_ref()?.variants.get(&format)
    }

    pub(super) fn set_entry(&mut self, format: Format, entry: Entry) {
        if let Some(known) = &mut self.slimpix {
            known.variants.insert(format, entry);
        }
    }

    /// Keeps the checksum of the source's bytes. What was made of others goes.
    pub(super) fn set_checksum(&mut self, checksum: &str) {
        if let Some(known) = &mut self.slimpix
            && !self.checksum.is_empty()
            && self.checksum != checksum
        {
            known.variants.clear();
        }
        checksum.clone_into(&mut self.checksum);
    }

    /// Lists another record of the same source; false if it is listed, or this one can list none.
    pub(super) fn list_size(&mut self, id: &str) -> bool {
        self.slimpix.as_mut().is_some_and(|known| known.sizes.list(id))
    }

    pub(super) fn remove_entry(&mut self, format: Format) {
        if let Some(known) = &mut self.slimpix {
            known.variants.remove(&format);
        }
    }

    /// A record of which only the name is known.
    pub(super) fn empty(id: String, path: String) -> Self {
        Self { id, path, ..Self::default() }
    }

    /// True if it is about that text, and stands under an id of it. Texts of the same id are not the same for that.
    pub(super) fn is_of(&self, path: &str) -> bool {
        self.path == path && Id::of(path).is(&self.id)
    }

    /// True if webp_server_go wrote it.
    pub(super) fn is_foreign(&self) -> bool {
        self.slimpix.is_none() && !self.checksum.is_empty()
    }

    pub(super) fn state(&self) -> Option<&SourceState> {
        self.slimpix.as_ref().map(|known| &known.source)
    }

    /// Takes over what is known of the source. All that stems from another state of it is forgotten.
    pub(super) fn set_state(&mut self, state: SourceState) {
        let sizes = self.slimpix.as_ref().map(|known| known.sizes.clone()).unwrap_or_default();
        match &mut self.slimpix {
            Some(known) if known.source.is_of_the_same_as(&state) => known.source = state.clone(),
            _ => *self = Self::empty(std::mem::take(&mut self.id), std::mem::take(&mut self.path)),
        }
        self.describe_source(&state);
        self.slimpix.get_or_insert(SlimpixPart {
            source: state,
            variants: BTreeMap::new(),
            described: false,
            color: None,
            thumbhash: None,
            sizes,
        });
    }

    /// Where the source's bytes are the very ones that this record is about, it is from now on about this state of
    /// them: another file in the same place, or one that webp_server_go knew, whose variants are `files`. True if that
    /// is news. `checksum` is that of the present bytes.
    pub(super) fn follow(&mut self, state: &SourceState, checksum: &str, files: &[FoundFile]) -> bool {
        if checksum.is_empty() || self.checksum != checksum {
            return false;
        }
        match &mut self.slimpix {
            Some(known) if known.source.validators == state.validators => return false,
            Some(known) => known.source = state.clone(),
            None => self.adopt(state.clone(), files),
        }
        true
    }

    /// Makes a record of webp_server_go ours, with the files that stand beside it.
    fn adopt(&mut self, state: SourceState, files: &[FoundFile]) {
        self.describe_source(&state);
        let variant = |file: &FoundFile| {
            let FoundFile { format, len: size, hash } = file.clone();
            (format, Entry::Made(Variant { size, hash, settings: None, pixels: None }))
        };
        let variants = files.iter().filter(|file| file.len > 0).map(variant).collect();
        // webp_server_go knows no colour.
        self.slimpix = Some(SlimpixPart {
            source: state,
            variants,
            described: false,
            color: None,
            thumbhash: None,
            sizes: Sizes::default(),
        });
    }

    fn describe_source(&mut self, state: &SourceState) {
        self.size = state.validators.len;
        if let Some(probe) = &state.probe {
            let size = probe.oriented_size();
            (self.width, self.height) = (size.width, size.height);
            probe.format.name().clone_into(&mut self.format);
            self.num_pages = self.num_pages.max(1);
        }
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
