//! The formats that are known, and what is fixed about each: [`FormatInfo`], which stands in the format's own folder.
//!
//! A new format has a variant here, and a line in [`super::sniff`] and wherever `codec` chooses by format.

use std::{fmt, str::FromStr};

use crate::{
    error::{Error, Kind, Result},
    pixel::Size,
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
    /// HEIC and other HEIF than AVIF.
    Heic,
    /// JPEG XL.
    Jxl,
    /// SVG: drawn, never written.
    Svg,
}

/// What is fixed about a format.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormatInfo {
    /// The name for machines: in settings, URLs, JSON and the records of a cache.
    pub name: &'static str,
    /// The media type, as in `Content-Type`.
    pub media_type: &'static str,
    /// The names under which clients know it, after `image/`.
    pub subtypes: &'static [&'static str],
    /// File extensions without a dot, the usual one first.
    pub extensions: &'static [&'static str],
    /// The longest side that a file of it can have, in pixels.
    pub max_side: u32,
    /// True if a picture can be of grey alone, so that a profile of grey can describe it.
    pub has_gray: bool,
    /// True if every browser has shown it since long before WebP.
    pub is_web_safe: bool,
    /// True if [`decode`](super::decode) knows it.
    pub decodes: bool,
    /// True if a picture of it is drawn at any size, and has none of its own but as a suggestion.
    pub is_vector: bool,
    /// True if the frames of an animation are read here.
    pub moves: bool,
    /// How [`encode`](super::encode) can write it in this build; `None` if it can't.
    pub encodes: Option<Modes>,
}

/// The ways in which a format is written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Modes {
    /// Detail is always lost.
    Lossy,
    /// No pixel is ever changed.
    Lossless,
    /// Both, as [`Coding::lossless`](super::Coding) says.
    Both,
}

impl FormatInfo {
    /// True if it can be written with each pixel as it is.
    #[must_use]
    pub const fn has_lossless(&self) -> bool {
        matches!(self.encodes, Some(Modes::Lossless | Modes::Both))
    }

    /// Checks that a file of the format can have a size.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`] for a longer side than [`FormatInfo::max_side`].
    pub(crate) fn check_side(&self, size: Size) -> Result<()> {
        let Size { width, height } = size;
        if width.max(height) > self.max_side {
            let (name, longest) = (self.name, self.max_side);
            return Err(Error::limit(format!("{width}x{height} is past {name}'s longest side of {longest}")));
        }
        Ok(())
    }
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

    /// The formats that are written here, by some builds at least.
    pub const TARGETS: [Self; 4] = [Self::WebP, Self::Avif, Self::Jpeg, Self::Png];

    /// The name for machines: in settings, URLs, JSON and the records of a cache.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The format of a [`Format::name`], or of its usual file extension: `jpg` is `jpeg`. Only in lower case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name || format.extension() == name)
    }

    /// The format that a file's extension says, without its dot, in any case.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        let is_one = |format: &Self| {
            format.info().extensions.iter().any(|known| known.eq_ignore_ascii_case(extension))
        };
        Self::ALL.into_iter().find(is_one)
    }

    /// The media type, as in `Content-Type`.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        self.info().media_type
    }

    /// The usual file extension, without a dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        self.info().extensions[0]
    }

    /// True if `decode` knows the format.
    #[must_use]
    pub const fn can_decode(self) -> bool {
        self.info().decodes
    }

    /// True if `encode` knows the format in this build.
    #[must_use]
    pub const fn can_encode(self) -> bool {
        self.info().encodes.is_some()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::{Orientation, Subsampling};

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

    #[test]
    fn no_name_is_of_two_formats() {
        for format in Format::ALL {
            let FormatInfo { media_type, subtypes, extensions, .. } = format.info();
            assert!(subtypes.iter().any(|subtype| *media_type == format!("image/{subtype}")), "{format}");
            for other in Format::ALL.into_iter().filter(|other| *other != format) {
                let shares = |ours: &[&str], theirs: &[&str]| ours.iter().any(|name| theirs.contains(name));
                assert!(!shares(subtypes, other.info().subtypes), "{format} and {other}");
                assert!(!shares(extensions, other.info().extensions), "{format} and {other}");
            }
        }
    }
}
