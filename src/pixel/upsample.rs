//! From JFIF's YCbCr to RGB: full range, BT.601, with the "fancy" chroma upsampling that libjpeg made the
//! custom. A chroma sample weighs three quarters where it lies and a quarter next to it (JFIF 1.02: chroma is
//! sited between luma samples). All in integers, the same on every machine.

use super::{Layout, Planes, Raster, Size, Subsampling};
use crate::error::Result;

/// One pixel. Coefficients of JFIF 1.02 in 16-bit fixed point.
pub(crate) fn ycbcr_to_rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let [y, cb, cr] = [i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128];
    let red = y + ((91_881 * cr + HALF) >> 16);
    let green = y + ((-22_554 * cb - 46_802 * cr + HALF) >> 16);
    let blue = y + ((116_130 * cb + HALF) >> 16);
    [red, green, blue].map(|sample| sample.clamp(0, 255) as u8)
}

impl Planes {
    /// The same picture as RGB.
    ///
    /// # Errors
    /// `Limit` or `Memory` when there is no room for it.
    pub fn to_rgb(&self) -> Result<Raster> {
        let mut raster = Raster::zeroed(self.size(), Layout::Rgb)?;
        let width = self.size().width as usize;
        let [luma, blue, red] = self.planes();
        let mut chroma = [Upsampler::new(self, blue), Upsampler::new(self, red)];
        let lines = raster.data_mut().chunks_exact_mut(3 * width).zip(luma.chunks_exact(width));
        for (y, (line, luma)) in lines.enumerate() {
            let [blue, red] = &mut chroma;
            let (blue, red) = (blue.row(y), red.row(y));
            let samples = luma.iter().zip(blue.iter().zip(red));
            for (pixel, (&y, (&cb, &cr))) in line.as_chunks_mut::<3>().0.iter_mut().zip(samples) {
                *pixel = ycbcr_to_rgb(y, cb, cr);
            }
        }
        Ok(raster)
    }
}

/// Planes of at most this width are repeated across, not smoothed; libjpeg does the same.
const NARROW: u32 = 2;

/// A chroma plane, brought to the luma plane's size row by row.
struct Upsampler<'a> {
    plane: &'a [u8],
    subsampling: Subsampling,
    size: Size,
    /// Sums of the two chroma rows around a luma row, 3 to 1.
    sums: Vec<u16>,
    row: Vec<u8>,
}

impl<'a> Upsampler<'a> {
    fn new(planes: &Planes, plane: &'a [u8]) -> Self {
        let size = planes.subsampling().chroma_size(planes.size());
        Self { plane, subsampling: planes.subsampling(), size, sums: Vec::new(), row: Vec::new() }
    }

    /// Luma row `y`'s chroma; one sample too many when the width is odd.
    fn row(&mut self, y: usize) -> &[u8] {
        match self.subsampling {
            Subsampling::Yuv444 => return self.line(y),
            Subsampling::Yuv422 | Subsampling::Yuv420 if self.size.width <= NARROW => {
                let line = self.line(y / self.subsampling.factors().1 as usize);
                self.row.clear();
                self.row.extend(line.iter().flat_map(|&sample| [sample; 2]));
            }
            Subsampling::Yuv422 => {
                widen(self.line(y), &mut self.row, |near, far, right| (3 * near + far + 1 + right) >> 2);
            }
            Subsampling::Yuv420 => {
                self.sum_rows(y);
                // The sums are four times as large, hence 16 parts.
                widen(&self.sums, &mut self.row, |near, far, right| (3 * near + far + 8 - right) >> 4);
            }
            Subsampling::Yuv440 => {
                self.sum_rows(y);
                let below = (y & 1) as u16;
                self.row.clear();
                self.row.extend(self.sums.iter().map(|sum| ((sum + 1 + below) >> 2) as u8));
            }
        }
        &self.row
    }

    fn line(&self, y: usize) -> &'a [u8] {
        let width = self.size.width as usize;
        &self.plane[y * width..(y + 1) * width]
    }

    /// Sums the chroma row in which luma row `y` lies, three times, and the one next to it; at an edge that is
    /// itself.
    fn sum_rows(&mut self, y: usize) {
        let near = y / 2;
        let far = if y.is_multiple_of(2) {
            near.saturating_sub(1)
        } else {
            (near + 1).min(self.size.height as usize - 1)
        };
        let pairs = self.line(near).iter().zip(self.line(far));
        let sums = pairs.map(|(&near, &far)| 3 * u16::from(near) + u16::from(far));
        self.sums.clear();
        self.sums.extend(sums);
    }
}

/// Doubles a row. `weigh(near, far, right)` makes a sample of the one in which it lies and the one next to it;
/// `right` is 1 for the right half of a sample, whose rounding leans the other way. At the edges both are the
/// same sample.
fn widen<T: Copy + Into<u32>>(line: &[T], row: &mut Vec<u8>, weigh: impl Fn(u32, u32, u32) -> u32) {
    row.clear();
    row.reserve(2 * line.len());
    for (at, &near) in line.iter().enumerate() {
        let left = line[at.saturating_sub(1)];
        let right = line[(at + 1).min(line.len() - 1)];
        row.push(weigh(near.into(), left.into(), 0) as u8);
        row.push(weigh(near.into(), right.into(), 1) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(size: Size, subsampling: Subsampling, chroma: Vec<u8>) -> Vec<u8> {
        let luma = vec![128; size.pixels() as usize];
        let gray = vec![128; chroma.len()];
        let planes = Planes::new(size, subsampling, [luma, gray, chroma]).unwrap();
        planes.to_rgb().unwrap().into_data().as_chunks::<3>().0.iter().map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn primaries_and_grey_come_out_as_jfif_says() {
        assert_eq!(ycbcr_to_rgb(128, 128, 128), [128, 128, 128]);
        assert_eq!(ycbcr_to_rgb(76, 85, 255), [254, 0, 0]);
        assert_eq!(ycbcr_to_rgb(150, 44, 21), [0, 255, 1]);
        assert_eq!(ycbcr_to_rgb(29, 255, 107), [0, 0, 254]);
        assert_eq!(ycbcr_to_rgb(255, 255, 255), [255, 121, 255]);
    }

    #[test]
    fn chroma_is_spread_as_a_triangle() {
        // Cr of 128 and 168: red is 128 and 128 + 1.402 * 40 = 184, and a quarter or three between.
        let ramp = vec![128, 142, 170, 184];
        assert_eq!(rgb(Size::new(6, 1), Subsampling::Yuv422, vec![128, 168, 168])[..4], ramp);
        assert_eq!(rgb(Size::new(1, 4), Subsampling::Yuv440, vec![128, 168]), ramp);
        assert_eq!(rgb(Size::new(5, 1), Subsampling::Yuv420, vec![128, 168, 168])[..4], ramp);
        assert_eq!(rgb(Size::new(3, 2), Subsampling::Yuv420, vec![128, 168])[3..], [128, 128, 184]);
        assert_eq!(rgb(Size::new(2, 1), Subsampling::Yuv444, vec![128, 168]), [128, 184]);
    }
}
