//! Interleaved samples of four inks, as files for print hold them, rows from top to bottom without padding.
//!
//! A monitor has no inks: they become colours before anything else is done to them, by their profile or by the plain
//! complement.

use super::{Layout, Raster, Size};
use crate::{
    error::{Error, Kind, Result},
    limits::{area_bytes, try_zeroed},
};

/// A picture of cyan, magenta, yellow and black, 255 being all of an ink; behind them straight alpha where there is
/// some. The length of its data always fits its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inks {
    size: Size,
    has_alpha: bool,
    data: Vec<u8>,
}

impl Inks {
    /// The number of inks.
    pub(crate) const COUNT: usize = 4;

    /// Takes over samples.
    ///
    /// # Errors
    /// [`Kind::Internal`] when the length of `data` is not that of `size`.
    pub fn new(size: Size, has_alpha: bool, data: Vec<u8>) -> Result<Self> {
        let inks = Self { size, has_alpha, data };
        if area_bytes(size, inks.channels())? != inks.data.len() {
            let Size { width, height } = size;
            let what = format!("{} bytes are not {width}x{height} of inks", inks.data.len());
            return Err(Error::new(Kind::Internal, what));
        }
        Ok(inks)
    }

    /// The size in pixels.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Bytes in a pixel.
    #[must_use]
    pub const fn channels(&self) -> u32 {
        Self::COUNT as u32 + self.has_alpha as u32
    }

    /// True if a fifth sample is alpha.
    #[must_use]
    pub const fn has_alpha(&self) -> bool {
        self.has_alpha
    }

    /// All samples.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The samples alone.
    pub(crate) fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The colours by the plain complement: each of them is what cyan, magenta or yellow leaves of the light, and
    /// black of that.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`] when there is no room for rows in work.
    pub fn into_complement(self) -> Result<Raster> {
        self.into_colors(|inks, colors| {
            for (color, ink) in colors.as_chunks_mut::<3>().0.iter_mut().zip(inks.as_chunks::<4>().0) {
                *color = complement(*ink);
            }
            Ok(())
        })
    }

    /// The colours by `convert`, which makes a row of RGB of a row of inks. They are moved together within the
    /// memory of the inks.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`] when there is no room for rows in work, and those of `convert`.
    pub(crate) fn into_colors(
        mut self,
        mut convert: impl FnMut(&[u8], &mut [u8]) -> Result<()>,
    ) -> Result<Raster> {
        let width = self.size.width as usize;
        let (layout, from) =
            (if self.has_alpha { Layout::Rgba } else { Layout::Rgb }, self.channels() as usize);
        let to = layout.channels() as usize;
        let (mut inks, mut colors) = (try_zeroed(width * Self::COUNT)?, try_zeroed(width * 3)?);
        for y in 0..self.size.height as usize {
            let row = &self.data[y * width * from..][..width * from];
            for (inks, pixel) in inks.chunks_exact_mut(Self::COUNT).zip(row.chunks_exact(from)) {
                inks.copy_from_slice(&pixel[..Self::COUNT]);
            }
            convert(&inks, &mut colors)?;
            for (x, color) in colors.as_chunks::<3>().0.iter().enumerate() {
                let at = y * width + x;
                let alpha = self.data[at * from + from - 1];
                self.data[at * to..at * to + 3].copy_from_slice(color);
                if self.has_alpha {
                    self.data[at * to + 3] = alpha;
                }
            }
        }
        self.data.truncate(area_bytes(self.size, layout.channels())?);
        Raster::new(self.size, layout, self.data)
    }
}

pub(crate) fn complement([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|ink| {
        let product = u32::from(255 - ink) * u32::from(255 - black);
        ((product + 127) / 255) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inks_become_colours_and_alpha_stays() {
        let data = vec![0, 0, 0, 0, 9, 255, 0, 128, 0, 8, 0, 0, 0, 255, 7, 51, 0, 255, 102, 6];
        let colors = Inks::new(Size::new(2, 2), true, data).unwrap().into_complement().unwrap();
        assert_eq!(colors.layout(), Layout::Rgba);
        assert_eq!(colors.data(), [255, 255, 255, 9, 0, 255, 127, 8, 0, 0, 0, 7, 122, 153, 0, 6]);
        let inks = Inks::new(Size::new(1, 2), false, vec![255, 0, 0, 0, 0, 0, 255, 0]).unwrap();
        assert_eq!(inks.into_complement().unwrap().data(), [0, 255, 255, 255, 255, 0]);
        assert_eq!(Inks::new(Size::new(1, 2), true, vec![0; 8]).unwrap_err().kind(), Kind::Internal);
    }
}
