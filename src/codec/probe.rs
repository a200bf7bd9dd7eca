//! What a file's header says: a [`Probe`], of which all that comes after is planned.

use super::{Format, icc};
use crate::pixel::{Orientation, Size, Subsampling};

/// What a file's header says about it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Probe {
    /// The format, by content.
    pub format: Format,
    /// The size as stored, before the orientation is applied. For ICO that of the picture that is decoded; for SVG
    /// what its root states, else browsers' 300x150.
    pub size: Size,
    /// Bits a sample, 1 to 32.
    pub depth: u8,
    /// True if pixels can be transparent.
    pub alpha: bool,
    /// True if colour is possible; false for grey.
    pub color: bool,
    /// True if it moves, false if it surely does not; `None` when that stands past the bytes seen.
    pub animated: Option<bool>,
    /// How it must be turned.
    pub orientation: Orientation,
    /// Chroma subsampling of a three-component JPEG or a lossy WebP.
    pub subsampling: Option<Subsampling>,
    /// A JPEG of several scans, progressive or not, an interlaced PNG or GIF, or a bitmap in runs, which may skip
    /// rows: nothing is whole before the end.
    pub progressive: bool,
    /// An ICC profile is embedded.
    pub icc: bool,
    /// Its colours are described by numbers, and are not sRGB.
    #[serde(default)]
    pub described: bool,
    /// What only a statement of memory asks for.
    #[serde(flatten)]
    pub(crate) demands: Demands,
}

/// What a header says of the memory that reading the file takes, beside its size and kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Demands {
    /// The most bytes that reading the ICC profile and applying it takes, told from its length and the kind of its
    /// contents as far as they are seen.
    #[serde(default = "unknown_profile_bytes")]
    pub icc_bytes: u64,
    /// Bytes of EXIF and XMP, which are read with the picture.
    #[serde(default = "unknown_metadata_bytes")]
    pub metadata_bytes: u64,
    /// MCUs between the restart markers of a JPEG, 0 for none: rows of MCUs that begin at one can be decoded side by
    /// side.
    #[serde(default)]
    pub restart_interval: u32,
    /// The most bytes that unpacking a TIFF's strips or tiles takes, beside the picture; those of an interlaced PNG
    /// as it is stored; or reading an SVG's text.
    #[serde(default = "unknown_part_bytes")]
    pub part_bytes: u64,
    /// True of a TIFF whose rows don't come in order: of high tiles, inks, or samples that may be alpha.
    #[serde(default = "unknown_order")]
    pub is_unordered: bool,
    /// How many layers as large as the picture the drawing of an SVG may hold, beside the picture.
    #[serde(default)]
    pub layers: u64,
    /// How the text of an SVG is written.
    #[serde(default)]
    pub writing: Writing,
}

/// How the text of an SVG is written, as far as it matters to who shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Writing {
    /// So that each browser reads it.
    #[default]
    Plain,
    /// Compressed by gzip: it has to be said with it.
    Packed,
    /// In an encoding of which Chromium shows nothing.
    Foreign,
}

/// What is stated of a TIFF's strips or tiles where it was not written down.
const fn unknown_part_bytes() -> u64 {
    32 << 20
}

/// What is assumed of a TIFF's order where it was not written down.
const fn unknown_order() -> bool {
    true
}

/// What is stated of a profile of which only is known that there is one.
const fn unknown_profile_bytes() -> u64 {
    icc::UNSEEN
}

/// What is stated of EXIF and XMP where it was not written down.
const fn unknown_metadata_bytes() -> u64 {
    128 << 10
}

impl Probe {
    /// What most pictures are: still, upright, opaque, of colours of 8 bits, and with nothing beside the picture.
    pub(crate) const fn new(format: Format, size: Size) -> Self {
        Self {
            format,
            size,
            depth: 8,
            alpha: false,
            color: true,
            animated: Some(false),
            orientation: Orientation::Upright,
            subsampling: None,
            progressive: false,
            icc: false,
            described: false,
            demands: Demands {
                icc_bytes: 0,
                metadata_bytes: 0,
                restart_interval: 0,
                part_bytes: 0,
                is_unordered: false,
                layers: 0,
                writing: Writing::Plain,
            },
        }
    }

    /// True if its colours may have to be converted.
    #[must_use]
    pub(crate) const fn may_need_conversion(&self) -> bool {
        self.icc || self.described
    }

    /// The size as it is looked at.
    #[must_use]
    pub const fn oriented_size(&self) -> Size {
        if self.orientation.is_transposing() { self.size.transposed() } else { self.size }
    }
}
