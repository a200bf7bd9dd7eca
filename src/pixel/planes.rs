//! Planar YCbCr at its own chroma subsampling, full range, BT.601, as JFIF defines it.

use super::{Orientation, Size};
use crate::error::{Error, Kind, Result};

/// How much smaller the chroma planes are than the luma plane, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subsampling {
    /// Chroma is as large as luma.
    Yuv444,
    /// Half as wide.
    Yuv422,
    /// Half as wide and half as high.
    Yuv420,
    /// Half as high.
    Yuv440,
}

impl Subsampling {
    /// The usual name in small letters: `yuv420`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yuv444 => "yuv444",
            Self::Yuv422 => "yuv422",
            Self::Yuv420 => "yuv420",
            Self::Yuv440 => "yuv440",
        }
    }

    /// Luma samples for a chroma sample, across and down: 1 or 2 each.
    #[must_use]
    pub const fn factors(self) -> (u32, u32) {
        match self {
            Self::Yuv444 => (1, 1),
            Self::Yuv422 => (2, 1),
            Self::Yuv420 => (2, 2),
            Self::Yuv440 => (1, 2),
        }
    }

    /// The subsampling of the turned picture.
    #[must_use]
    pub const fn turned(self, orientation: Orientation) -> Self {
        match self {
            Self::Yuv422 if orientation.is_transposing() => Self::Yuv440,
            Self::Yuv440 if orientation.is_transposing() => Self::Yuv422,
            same => same,
        }
    }

    /// The subsampling of a picture that is scaled to `size`. Chroma keeps its own, or takes the full size where a
    /// side is odd: half of it would be stretched by up to a pixel.
    #[must_use]
    pub(crate) const fn scaled_to(self, size: Size) -> Self {
        let (across, down) = self.factors();
        if size.width.is_multiple_of(across) && size.height.is_multiple_of(down) {
            self
        } else {
            Self::Yuv444
        }
    }

    /// Where turning a picture that is stored with `size` moves its chroma, if it does.
    #[must_use]
    pub(crate) const fn moved(self, size: Size, orientation: Orientation) -> Option<Moved> {
        let ((across, down), (flips_x, flips_y)) = (self.factors(), orientation.flips());
        let moves_x = flips_x && !size.width.is_multiple_of(across);
        let moves_y = flips_y && !size.height.is_multiple_of(down);
        let moved = match orientation.is_transposing() {
            true => Moved { across: moves_y, down: moves_x },
            false => Moved { across: moves_x, down: moves_y },
        };
        if moves_x || moves_y { Some(moved) } else { None }
    }

    /// The size of a chroma plane of a picture of `size`.
    #[must_use]
    pub const fn chroma_size(self, size: Size) -> Size {
        let (across, down) = self.factors();
        Size::new(size.width.div_ceil(across), size.height.div_ceil(down))
    }
}

/// In which directions of a turned picture the first sample of chroma stands for a single pixel: the last one of an
/// odd side did, before it was mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) across: bool,
    pub(crate) down: bool,
}

/// A picture of three planes without padding. Their lengths always fit the size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planes {
    size: Size,
    subsampling: Subsampling,
    planes: [Vec<u8>; 3],
}

impl Planes {
    /// Takes over the planes Y, Cb, Cr.
    ///
    /// # Errors
    /// [`Kind::Internal`] when a plane's length is not that of the size.
    pub fn new(size: Size, subsampling: Subsampling, planes: [Vec<u8>; 3]) -> Result<Self> {
        let chroma = subsampling.chroma_size(size).pixels();
        let lengths = [size.pixels(), chroma, chroma];
        if planes.iter().zip(lengths).any(|(plane, length)| plane.len() as u64 != length) {
            return Err(Error::new(Kind::Internal, "a plane's length is not that of the picture"));
        }
        Ok(Self { size, subsampling, planes })
    }

    /// The size of the luma plane in pixels.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The chroma subsampling.
    #[must_use]
    pub const fn subsampling(&self) -> Subsampling {
        self.subsampling
    }

    /// Y, Cb, Cr, rows without padding.
    #[must_use]
    pub const fn planes(&self) -> &[Vec<u8>; 3] {
        &self.planes
    }

    /// Y, Cb, Cr alone.
    #[must_use]
    pub fn into_planes(self) -> [Vec<u8>; 3] {
        self.planes
    }
}
