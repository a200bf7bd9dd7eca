//! Pictures that come by rows: what a decoder says before the first, and who takes them.

use super::{Format, Probe};
use crate::{
    error::Result,
    pixel::{Layout, Metadata, Orientation, Size, Subsampling},
};

/// True if a picture's rows can come in order, each once.
pub(crate) fn come_from(probe: &Probe) -> bool {
    match probe.format {
        // Ink, RGB and unusual sampling factors become RGB as a whole.
        Format::Jpeg => probe.subsampling.is_some() || !probe.color,
        // Of an interlaced one all is held as it is stored.
        Format::Png | Format::Avif | Format::Heic => true,
        Format::Bmp => !probe.progressive,
        Format::Tiff => !probe.demands.is_unordered,
        // Of an interlaced one indices are held.
        Format::Gif => probe.animated != Some(true),
        Format::WebP => probe.animated == Some(false),
        _ => false,
    }
}

/// The scales at which a picture can be decoded, in eighths of its sides; the last is 8.
pub(crate) fn scales(probe: &Probe) -> &'static [u32] {
    if probe.format == Format::Jpeg { JPEG_SCALES } else { FULL_SIZE }
}

/// The scales of a JPEG.
pub(super) const JPEG_SCALES: &[u32] = &[1, 2, 3, 4, 5, 6, 7, 8];

/// The scales of what can't be scaled while it is decoded.
pub(super) const FULL_SIZE: &[u32] = &[8];

/// Who gets rows of samples, one by one. It is no type parameter: with one for each taker there would be a whole decoder for
/// each (of lossy WebPs 53 kB of WebAssembly).
pub(super) type Take<'a> = &'a mut dyn FnMut(&[u8]) -> Result<()>;

/// What is known of a picture before its first row.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// The size as stored.
    pub size: Size,
    /// The scales at which the rows can come, see [`scales`].
    pub scales: &'static [u32],
    pub form: Form,
    /// How the picture must be turned.
    pub orientation: Orientation,
    /// True if the rows can come turned, see [`Sink::turn`].
    pub can_turn: bool,
    /// ICC, EXIF and XMP.
    pub metadata: Metadata,
}

/// How samples come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Planes(Subsampling),
    Raster(Layout),
}

impl Form {
    /// How the samples of the turned picture come.
    pub(crate) const fn turned(self, orientation: Orientation) -> Self {
        match self {
            Self::Planes(subsampling) => Self::Planes(subsampling.turned(orientation)),
            same => same,
        }
    }
}

/// Some rows, without padding; all in order, each once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows<'a> {
    /// Y, Cb and Cr: rows of the same part of the picture.
    Planes([&'a [u8]; 3]),
    Raster(&'a [u8]),
}

/// Takes a picture by rows.
pub(crate) trait Sink {
    /// Comes first, and chooses the scale, one of the head's, in eighths. The sides of each plane are then so many
    /// eighths of the full ones, rounded up. `None` asks for no rows after all.
    ///
    /// # Errors
    /// Whatever the taker says: it ends the work.
    fn begin(&mut self, head: Head) -> Result<Option<u32>>;

    /// Asked after [`Sink::begin`], of a picture that is stored so: how it is to be turned before its rows come, which are
    /// then of the turned size and subsampling. Only where [`Head::can_turn`].
    fn turn(&self, _stored: Orientation) -> Orientation {
        Orientation::Upright
    }

    /// Takes the next rows.
    ///
    /// # Errors
    /// Whatever the taker says: it ends the work.
    fn take(&mut self, rows: Rows<'_>) -> Result<()>;
}
