//! Plain picture data, passed between the codecs and the steps of a conversion.
//!
//! Owns sizes, 8-bit interleaved rasters, planar YCbCr at its own subsampling, orientation and metadata. Knows
//! no file format and does no conversion that needs a parameter.

mod color_space;
mod hidden;
mod inks;
mod orientation;
mod planes;
mod raster;
mod reduce;
pub(crate) mod srgb;
mod straight;
mod upsample;
mod ycbcr;

pub(crate) use self::{
    color_space::BRIGHTEST,
    hidden::continue_row,
    inks::complement,
    planes::Moved,
    straight::{over, over_opaque, premultiplied, straight},
    upsample::{Upsampler, ycbcr_to_rgb},
};
pub use self::{
    color_space::{ColorSpace, Primaries, Transfer},
    inks::Inks,
    orientation::Orientation,
    planes::{Planes, Subsampling},
    raster::{Layout, Raster},
};

use crate::limits::try_copy;

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Size {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// A size of `width` by `height` pixels.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// The number of pixels.
    #[must_use]
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Width and height exchanged.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self { width: self.height, height: self.width }
    }
}

/// A decoded still picture, in the form that its codec gives without loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    /// Interleaved samples.
    Raster(Raster),
    /// A photo's planes, as a JPEG stores them.
    Planes(Planes),
    /// Inks, as files for print hold them.
    Inks(Inks),
}

impl Picture {
    /// The size in pixels.
    #[must_use]
    pub const fn size(&self) -> Size {
        match self {
            Self::Raster(raster) => raster.size(),
            Self::Planes(planes) => planes.size(),
            Self::Inks(inks) => inks.size(),
        }
    }
}

/// What a file carries beside its pixels; each is the bare payload without its container's headers.
///
/// ```
/// use slimpix::{Metadata, webp::Encoder};
///
/// # fn main() -> slimpix::Result<()> {
/// let metadata = Metadata::default().with_xmp(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>".to_vec());
/// let file = Encoder::new(80).with_metadata(metadata).encode(&[99; 16 * 16 * 3], 16, 16)?;
/// assert!(file.windows(4).any(|part| part == b"XMP "));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// An ICC profile.
    pub icc: Option<Vec<u8>>,
    /// What the samples mean where no profile says it and they are not sRGB.
    pub colors: Option<ColorSpace>,
    /// A TIFF-structured EXIF block, beginning with `II` or `MM`.
    pub exif: Option<Vec<u8>>,
    /// An XMP packet.
    pub xmp: Option<Vec<u8>>,
}

impl Metadata {
    /// Sets the ICC profile.
    #[must_use]
    pub fn with_icc(mut self, icc: impl Into<Option<Vec<u8>>>) -> Self {
        self.icc = icc.into();
        self
    }

    /// Sets the EXIF block, beginning with `II` or `MM`.
    #[must_use]
    pub fn with_exif(mut self, exif: impl Into<Option<Vec<u8>>>) -> Self {
        self.exif = exif.into();
        self
    }

    /// Sets the XMP packet.
    #[must_use]
    pub fn with_xmp(mut self, xmp: impl Into<Option<Vec<u8>>>) -> Self {
        self.xmp = xmp.into();
        self
    }

    /// A copy of EXIF or XMP, if there is room for it.
    pub(crate) fn part(bytes: Option<&[u8]>) -> Option<Vec<u8>> {
        try_copy(bytes?).ok()
    }

    /// Bytes of all parts.
    pub(crate) fn len(&self) -> u64 {
        [&self.icc, &self.exif, &self.xmp].into_iter().flatten().map(|part| part.len() as u64).sum()
    }
}
