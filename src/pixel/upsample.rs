//! From JFIF's YCbCr to RGB: full range, BT.601, and planes of any sampling factors at the picture's size.
//!
//! Planes are brought there as libjpeg-turbo does it, which is what browsers show: at half the size, across, down
//! or both, by the triangle that libjpeg calls "fancy" (a sample weighs three quarters where it lies and a quarter
//! next to it, since JFIF 1.02 sites chroma between luma samples); at a third, a quarter and what is mixed of these
//! by repeating. Factors that don't divide the largest, two of three say, libjpeg-turbo refuses: there samples are
//! weighed by their distance. All in integers, the same on every machine.

use super::{Layout, Planes, Raster, Size};
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
    /// Makes RGB of the planes.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) or
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room for it.
    pub fn to_rgb(&self) -> Result<Raster> {
        let mut raster = Raster::zeroed(self.size(), Layout::Rgb)?;
        let width = self.size().width as usize;
        let [luma, blue, red] = self.planes();
        let (across, down) = self.subsampling().factors();
        let size = self.subsampling().chroma_size(self.size());
        let chroma = |plane| Upsampler::new(plane, size, [(1, across), (1, down)]);
        let mut chroma = [chroma(blue), chroma(red)];
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

/// How a plane comes to the picture's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Same,
    /// Twice as wide.
    Widen,
    /// Twice as high.
    Heighten,
    /// Twice as wide and as high.
    Double,
    /// So many times as wide and as high.
    Repeat([usize; 2]),
    /// By distance: each side's factor, and the largest one.
    Blend([(u32, u32); 2]),
}

impl Way {
    const fn new(width: u32, [across, down]: [(u32, u32); 2]) -> Self {
        if !across.1.is_multiple_of(across.0) || !down.1.is_multiple_of(down.0) {
            return Self::Blend([across, down]);
        }
        match (across.1 / across.0, down.1 / down.0) {
            (1, 1) => Self::Same,
            (2, 1) if width > NARROW => Self::Widen,
            (1, 2) => Self::Heighten,
            (2, 2) if width > NARROW => Self::Double,
            (across, down) => Self::Repeat([across as usize, down as usize]),
        }
    }
}

/// A component's plane, brought to the picture's size row by row.
pub(crate) struct Upsampler<'a> {
    plane: &'a [u8],
    size: Size,
    way: Way,
    /// The rows of the plane around a row of the picture, weighed.
    sums: Vec<u16>,
    row: Vec<u8>,
}

impl<'a> Upsampler<'a> {
    /// Brings a plane of `size` to the full size; for across and down the component's sampling factor, and the
    /// largest of all components.
    pub(crate) const fn new(plane: &'a [u8], size: Size, factors: [(u32, u32); 2]) -> Self {
        Self { plane, size, way: Way::new(size.width, factors), sums: Vec::new(), row: Vec::new() }
    }

    /// The bytes that it holds for rows of a picture of such a width.
    pub(crate) const fn bytes(width: u32) -> u64 {
        // The row, a few samples past the edge, and sums of two bytes, which are no more than the plane is wide.
        3 * (width as u64 + 4)
    }

    /// The component's row `y` at the picture's size; there may be samples too many.
    pub(crate) fn row(&mut self, y: usize) -> &[u8] {
        self.row.clear();
        match self.way {
            Way::Same => return self.line(y),
            Way::Widen => {
                widen(self.line(y), &mut self.row, |near, far, right| (3 * near + far + 1 + right) >> 2);
            }
            Way::Heighten => {
                self.sum_rows(y);
                let below = (y & 1) as u16;
                self.row.extend(self.sums.iter().map(|sum| ((sum + 1 + below) >> 2) as u8));
            }
            Way::Double => {
                self.sum_rows(y);
                // The sums are four times as large, hence 16 parts.
                widen(&self.sums, &mut self.row, |near, far, right| (3 * near + far + 8 - right) >> 4);
            }
            Way::Repeat([across, down]) => {
                let line = self.line(y / down);
                self.row.reserve_exact(line.len() * across);
                line.iter().for_each(|&sample| self.row.extend(std::iter::repeat_n(sample, across)));
            }
            Way::Blend([across, down]) => self.blend(y, across, down),
        }
        &self.row
    }

    /// A row of the plane, the last one below its edge.
    fn line(&self, y: usize) -> &'a [u8] {
        let width = self.size.width as usize;
        let y = y.min((self.size.height as usize).saturating_sub(1));
        self.plane.get(y * width..(y + 1) * width).unwrap_or_default()
    }

    /// Sums the row of the plane in which row `y` of the picture lies, three times, and the one next to it; at an
    /// edge that is itself.
    fn sum_rows(&mut self, y: usize) {
        let near = y / 2;
        let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { near + 1 };
        let pairs = self.line(near).iter().zip(self.line(far));
        let sums = pairs.map(|(&near, &far)| 3 * u16::from(near) + u16::from(far));
        self.sums.clear();
        self.sums.extend(sums);
    }

    /// Weighs the four samples around each place of a row.
    fn blend(&mut self, y: usize, across: (u32, u32), down: (u32, u32)) {
        let (above, below, lower) = around(y, down);
        let most = 2 * down.1 as u16;
        let pairs = self.line(above).iter().zip(self.line(below));
        let sums = pairs.map(|(&above, &below)| {
            u16::from(above) * (most - lower as u16) + u16::from(below) * lower as u16
        });
        self.sums.clear();
        self.sums.extend(sums);
        let width = (self.size.width * across.1).div_ceil(across.0) as usize;
        let last = self.sums.len().saturating_sub(1);
        let most = 2 * across.1;
        let all = most * 2 * down.1;
        for x in 0..width {
            let (left, right, further) = around(x, across);
            let [left, right] = [left, right].map(|at| u32::from(self.sums[at.min(last)]));
            self.row.push(((left * (most - further) + right * further + all / 2) / all) as u8);
        }
    }
}

/// The two samples of a row or column between which the middle of pixel `at` lies, and how far that is from the
/// first, of twice the largest factor.
const fn around(at: usize, (factor, most): (u32, u32)) -> (usize, usize, u32) {
    let (factor, most) = (factor as usize, most as usize);
    // From the middle of the first sample, in parts of twice the largest factor.
    let Some(place) = ((2 * at + 1) * factor).checked_sub(most) else { return (0, 0, 0) };
    let first = place / (2 * most);
    (first, first + 1, (place % (2 * most)) as u32)
}

/// Doubles a row. `weigh(near, far, right)` makes a sample of the one in which it lies and the one next to it;
/// `right` is 1 for the right half of a sample, whose rounding leans the other way. At the edges both are the
/// same sample.
fn widen<T: Copy + Into<u32>>(line: &[T], row: &mut Vec<u8>, weigh: impl Fn(u32, u32, u32) -> u32) {
    row.reserve_exact(2 * line.len());
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
    use crate::pixel::Subsampling;

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
