//! Interleaved 8-bit samples, rows from top to bottom without padding, straight alpha.

use super::Size;
use crate::{
    error::{Error, Kind, Result},
    limits::{area_bytes, try_zeroed},
};

/// The samples of a pixel, in the order of their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// One sample.
    Gray,
    /// Grey and alpha.
    GrayAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha.
    Rgba,
}

impl Layout {
    /// The layout of pixels that have colour and alpha, or not.
    #[must_use]
    pub(crate) const fn of(color: bool, alpha: bool) -> Self {
        match (color, alpha) {
            (false, false) => Self::Gray,
            (false, true) => Self::GrayAlpha,
            (true, false) => Self::Rgb,
            (true, true) => Self::Rgba,
        }
    }

    /// Bytes in a pixel.
    #[must_use]
    pub const fn channels(self) -> u32 {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }

    /// The layout of a caller's picture of `size` that has `length` bytes.
    ///
    /// # Errors
    /// [`Parameter`](crate::ErrorKind::Parameter) for a side of zero, and when no layout has that length.
    pub(crate) fn of_length(length: usize, size: Size) -> Result<Self> {
        let length = length as u64;
        let layout = [Self::Gray, Self::GrayAlpha, Self::Rgb, Self::Rgba]
            .into_iter()
            .find(|layout| size.pixels().checked_mul(layout.channels().into()) == Some(length));
        layout.filter(|_| length > 0).ok_or_else(|| {
            let Size { width, height } = size;
            Error::new(
                Kind::Parameter,
                format!("{length} bytes are not {width}x{height} pixels of 1 to 4 bytes"),
            )
        })
    }

    /// Bytes in a row of a caller's picture.
    ///
    /// # Errors
    /// [`Parameter`](crate::ErrorKind::Parameter) for a side of zero.
    pub(crate) fn row_bytes(self, size: Size) -> Result<usize> {
        let Size { width, height } = size;
        if width == 0 || height == 0 {
            return Err(Error::new(
                Kind::Parameter,
                format!("a picture of {width}x{height} pixels has none"),
            ));
        }
        area_bytes(Size::new(width, 1), self.channels())
    }

    /// A pixel of this layout as RGBA.
    #[must_use]
    pub(crate) fn rgba(self, pixel: &[u8]) -> [u8; 4] {
        match (self, pixel) {
            (Self::Gray, [v, ..]) => [*v, *v, *v, 255],
            (Self::GrayAlpha, [v, a, ..]) => [*v, *v, *v, *a],
            (Self::Rgb, [r, g, b, ..]) => [*r, *g, *b, 255],
            (Self::Rgba, [r, g, b, a, ..]) => [*r, *g, *b, *a],
            _ => [0; 4],
        }
    }

    /// True if the last sample is alpha.
    #[must_use]
    pub const fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }
}

/// A picture of interleaved 8-bit samples. The length of its data always fits its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    size: Size,
    layout: Layout,
    data: Vec<u8>,
}

impl Raster {
    /// Takes over samples.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when the length of `data` is not that of `size` and `layout`.
    pub fn new(size: Size, layout: Layout, data: Vec<u8>) -> Result<Self> {
        if area_bytes(size, layout.channels())? != data.len() {
            let Size { width, height } = size;
            let what = format!("{} bytes are not {width}x{height} of {layout:?}", data.len());
            return Err(Error::new(Kind::Internal, what));
        }
        Ok(Self { size, layout, data })
    }

    /// A picture of zeros.
    ///
    /// # Errors
    /// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) or [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when
    /// there is no room for it.
    pub fn zeroed(size: Size, layout: Layout) -> Result<Self> {
        let data = try_zeroed(area_bytes(size, layout.channels())?)?;
        Ok(Self { size, layout, data })
    }

    /// The size in pixels.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The samples of a pixel.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// All samples, `width × height × channels` bytes.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The samples, to be changed.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// The alpha samples, or `None` when every pixel is opaque.
    ///
    /// # Errors
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when there is no room for them.
    pub fn alpha(&self) -> Result<Option<Vec<u8>>> {
        let channels = self.layout.channels() as usize;
        let alpha = self.data.iter().skip(channels - 1).step_by(channels);
        if !self.layout.has_alpha() || alpha.clone().all(|&a| a == 255) {
            return Ok(None);
        }
        let mut plane = Vec::new();
        plane.try_reserve_exact(self.data.len() / channels)?;
        plane.extend(alpha);
        Ok(Some(plane))
    }

    /// The samples alone.
    #[must_use]
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }
}
