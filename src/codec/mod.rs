//! Bytes to pictures and back: one file or folder a format, and the only place that chooses between them.
//!
//! Formats never import each other. [`sniff`] and [`probe`] look at content, never at a name; [`cost`] states
//! a conversion's memory from a probe alone.

mod avif;
mod bmp;
mod bytes;
pub mod cost;
pub(crate) mod exif;
mod file_buffer;
mod gif;
mod heif;
pub(crate) mod icc;
mod ico;
mod jpeg;
mod jxl;
mod png;
mod probing;
pub(crate) mod rows;
mod sniff;
mod svg;
mod tiff;
mod view;
mod webp;
mod whole;

pub(crate) use self::webp::{RowWriter, Sketch};
pub use self::{
    probing::{Looked, Prober, Probing},
    sniff::{probe, sniff},
    view::Need,
    whole::{is_cut, is_whole},
};

use std::{fmt, str::FromStr};

use crate::{
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Metadata, Orientation, Picture, Size, Subsampling},
};

/// A picture file's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// PNG and APNG.
    Png,
    /// GIF 87a and 89a.
    Gif,
    /// Windows bitmap.
    Bmp,
    /// WebP (RFC 9649).
    WebP,
    /// Windows icon or cursor.
    Ico,
    /// TIFF 6.0.
    Tiff,
    /// AVIF, still or animated.
    Avif,
    /// HEIC and HEIF: known, never decoded.
    Heic,
    /// JPEG XL: known, not decoded yet.
    Jxl,
    /// SVG: known, not rendered yet.
    Svg,
}

impl Format {
    /// All formats that are known.
    pub const ALL: [Self; 11] = [
        Self::Jpeg,
        Self::Png,
        Self::Gif,
        Self::Bmp,
        Self::WebP,
        Self::Ico,
        Self::Tiff,
        Self::Avif,
        Self::Heic,
        Self::Jxl,
        Self::Svg,
    ];

    /// The name for machines: in settings, URLs, JSON and the records of a cache.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
            Self::WebP => "webp",
            Self::Ico => "ico",
            Self::Tiff => "tiff",
            Self::Avif => "avif",
            Self::Heic => "heic",
            Self::Jxl => "jxl",
            Self::Svg => "svg",
        }
    }

    /// The format of a [`Format::name`], or of a usual file extension: `jpg` is `jpeg`. Only in lower case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name || format.extension() == name)
    }

    /// The media type, as in `Content-Type`.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::WebP => "image/webp",
            Self::Ico => "image/x-icon",
            Self::Tiff => "image/tiff",
            Self::Avif => "image/avif",
            Self::Heic => "image/heic",
            Self::Jxl => "image/jxl",
            Self::Svg => "image/svg+xml",
        }
    }

    /// The usual file extension, without a dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
            Self::WebP => "webp",
            Self::Ico => "ico",
            Self::Tiff => "tiff",
            Self::Avif => "avif",
            Self::Heic => "heic",
            Self::Jxl => "jxl",
            Self::Svg => "svg",
        }
    }

    /// True if `decode` knows the format.
    #[must_use]
    pub const fn can_decode(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Gif | Self::Bmp | Self::WebP | Self::Ico | Self::Tiff)
    }

    /// True if `encode` knows the format in this build.
    #[must_use]
    pub const fn can_encode(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::WebP)
            || (cfg!(feature = "avif") && matches!(self, Self::Avif))
    }
}

/// The word of [`Format::name`].
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Reads what [`Format::from_name`] knows; anything else is [`Kind::Parameter`].
impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let unknown = || Error::new(Kind::Parameter, format!("{name:?} is no format that is known here"));
        Self::from_name(name).ok_or_else(unknown)
    }
}

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
    /// The most bytes that reading this profile and applying it takes, told from its length and the kind of its
    /// contents as far as they are seen.
    #[serde(default = "unknown_profile_bytes")]
    pub icc_bytes: u64,
    /// Bytes of EXIF and XMP, which are read with the picture.
    #[serde(default = "unknown_metadata_bytes")]
    pub metadata_bytes: u64,
    /// Units between the restart markers of a JPEG, 0 for none: lines of units that begin at one can be decoded side
    /// by side.
    #[serde(default)]
    pub restart_interval: u32,
    /// The most bytes that unpacking a strip or tile of a TIFF takes, beside the picture.
    #[serde(default = "unknown_part_bytes")]
    pub part_bytes: u64,
}

/// What is stated of a TIFF's strips or tiles where it was not written down.
const fn unknown_part_bytes() -> u64 {
    32 << 20
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

/// A decoded still picture with what its file carried beside it.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The pixels as stored: not turned, in the colours or inks of the file.
    pub picture: Picture,
    /// How they must be turned.
    pub orientation: Orientation,
    /// ICC, EXIF and XMP.
    pub metadata: Metadata,
}

/// How a target is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Coding {
    /// The target format.
    pub format: Format,
    /// 0 to 100, with libwebp's meaning for WebP and the like for the others. Ignored when lossless.
    pub quality: u8,
    /// 0 (fastest) to 6 (smallest).
    pub effort: u8,
    /// Every pixel comes out as it went in (the colour under full transparency excepted). WebP and PNG only.
    pub lossless: bool,
    /// Chroma keeps its full size where the format can do so: for graphics, whose coloured edges are thin.
    pub full_chroma: bool,
    /// Threads to work with where the coder can, the caller's among them; at least 1. The bytes are the same for any
    /// number.
    pub threads: usize,
    /// 0 to 100: how many levels of alpha a lossy WebP keeps, as libwebp's `alpha_q` has it; 100 keeps all.
    pub alpha_quality: u8,
    /// The most bytes that the file may have. A longer one is not made.
    pub max_bytes: u64,
    /// A file that will likely be longer than that is not made either: for one that is only taken if it is shorter than
    /// another. A lossless WebP is given up so before most of its work is done.
    pub gives_up: bool,
}

impl Coding {
    /// A coding at quality 80 and effort 4, with loss but for PNG, that keeps alpha as it is: by one thread, and of any
    /// length.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self {
            format,
            quality: 80,
            effort: 4,
            lossless: matches!(format, Format::Png),
            full_chroma: false,
            threads: 1,
            alpha_quality: 100,
            max_bytes: u64::MAX,
            gives_up: false,
        }
    }

    /// Sets the quality, 0 to 100, and keeps chroma's full size from 90 on.
    #[must_use]
    pub const fn with_quality(mut self, quality: u8) -> Self {
        (self.quality, self.full_chroma) = (quality, quality >= 90);
        self
    }

    /// Sets the effort, from 0 (fastest) to 6 (smallest).
    #[must_use]
    pub const fn with_effort(mut self, effort: u8) -> Self {
        self.effort = effort;
        self
    }

    /// Sets whether every pixel comes out as it went in.
    #[must_use]
    pub const fn with_lossless(mut self, lossless: bool) -> Self {
        self.lossless = lossless;
        self
    }

    /// Sets whether chroma keeps its full size, whatever the quality.
    #[must_use]
    pub const fn with_full_chroma(mut self, full_chroma: bool) -> Self {
        self.full_chroma = full_chroma;
        self
    }

    /// Sets the number of threads to work with, the caller's among them.
    #[must_use]
    pub const fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Sets how many levels of alpha a lossy WebP keeps, 0 to 100.
    #[must_use]
    pub const fn with_alpha_quality(mut self, alpha_quality: u8) -> Self {
        self.alpha_quality = alpha_quality;
        self
    }

    /// Sets the most bytes that the file may have.
    #[must_use]
    pub const fn with_max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// # Errors
    /// `OutputTooLarge` when the file is longer than it may be.
    pub(crate) fn check_length(&self, file: &[u8]) -> Result<()> {
        if file.len() as u64 > self.max_bytes {
            return Err(Error::new(
                Kind::OutputTooLarge,
                format!("{} bytes, not {}", file.len(), self.max_bytes),
            ));
        }
        Ok(())
    }
}

/// Decodes a still picture, or the first frame of an animation.
///
/// # Errors
/// `Unsupported` when it is no picture that can be decoded here, `LimitExceeded` when its header asks for more than
/// `limits` allow, `Malformed` when it is damaged beyond what viewers show.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    limits.check_input(bytes.len() as u64)?;
    match sniff(bytes) {
        Some(Format::Jpeg) => jpeg::decode(bytes, limits),
        Some(Format::Png) => png::decode(bytes, limits),
        Some(Format::Gif) => gif::decode(bytes, limits),
        Some(Format::WebP) => webp::decode(bytes, limits),
        Some(Format::Bmp) => bmp::decode(bytes, limits),
        Some(Format::Ico) => ico::decode(bytes, limits, png::decode, bmp::decode_icon),
        Some(Format::Tiff) => tiff::decode(bytes, limits, jpeg::decode),
        Some(format) => Err(Error::unsupported(format!("{format} pictures can't be decoded here"))),
        None => Err(Error::unsupported("not a picture that is known here")),
    }
}

/// Decodes a still picture by rows, as far as its kind allows.
///
/// `false` when it has to be decoded as a whole, or the sink asked for no rows.
///
/// # Errors
/// As [`decode`], and those of the sink.
pub(crate) fn decode_rows(bytes: &[u8], limits: &Limits, sink: &mut dyn rows::Sink) -> Result<bool> {
    limits.check_input(bytes.len() as u64)?;
    match sniff(bytes) {
        Some(Format::Jpeg) => jpeg::decode_rows(bytes, limits, sink),
        Some(Format::Png) => png::decode_rows(bytes, limits, sink),
        Some(Format::Bmp) => bmp::decode_rows(bytes, limits, sink),
        Some(Format::WebP) => webp::decode_rows(bytes, limits, sink),
        _ => Ok(false),
    }
}

/// Encodes a still picture. Takes the picture over, so that its memory is free as soon as it can be.
///
/// # Errors
/// `Unsupported` for a format that is not made in this build, `Parameter` for a lossless mode that the format has
/// not, `LimitExceeded` when the picture is larger than the format can say, `OutputTooLarge` when the file is longer than it may be.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    if coding.lossless && !matches!(coding.format, Format::WebP | Format::Png) {
        let what = format!("{} has no lossless mode here", coding.format);
        return Err(Error::new(Kind::Parameter, what));
    }
    let file = match coding.format {
        Format::Jpeg => jpeg::encode(picture, coding, metadata),
        Format::Png => png::encode(picture, coding, metadata),
        Format::WebP => webp::encode(picture, coding, metadata),
        Format::Avif => avif::encode(picture, coding, metadata),
        format => Err(Error::unsupported(format!("{format} pictures can't be made here"))),
    }?;
    coding.check_length(&file)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name in JSON, in a record of a cache and on the command line is one and the same.
    #[test]
    fn names_are_those_that_are_written_down() {
        let written = |value: serde_json::Value| value.as_str().map(str::to_owned).unwrap_or_default();
        for format in Format::ALL {
            assert_eq!(written(serde_json::json!(format)), format.name());
            assert_eq!(format.name().parse::<Format>().ok(), Some(format));
            assert_eq!(Format::from_name(format.extension()), Some(format));
        }
        for subsampling in
            [Subsampling::Yuv444, Subsampling::Yuv422, Subsampling::Yuv420, Subsampling::Yuv440]
        {
            assert_eq!(written(serde_json::json!(subsampling)), subsampling.name());
        }
        for orientation in (1..=8).map(Orientation::from_exif) {
            assert_eq!(written(serde_json::json!(orientation)), orientation.name());
        }
    }
}
