//! Which part of a picture a crop keeps.

use std::ops::Range;

use super::{Interest, geometry::Frame};
use crate::pixel::{Orientation, Picture, Size, complement};

/// Into how many slices the picture is cut to find the part with the most detail.
const SLICES: u32 = 64;

/// A part of a stored picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    left: u32,
    top: u32,
    size: Size,
}

impl Region {
    /// The part of a stored picture that the frame keeps.
    pub(super) fn choose(picture: &Picture, orientation: Orientation, frame: &Frame) -> Self {
        let mut region = Self::placed(picture.size(), orientation, frame);
        let Size { width, height } = picture.size();
        if frame.interest == Interest::Entropy {
            if width > region.size.width {
                region.left = richest(picture, Axis::Columns, region.size.width);
            } else if height > region.size.height {
                region.top = richest(picture, Axis::Rows, region.size.height);
            }
        }
        region
    }

    /// The part that the frame keeps of a picture of `whole` size, without a look at it: for `Interest::Entropy`
    /// the middle.
    pub(super) fn placed(whole: Size, orientation: Orientation, frame: &Frame) -> Self {
        let size = if orientation.is_transposing() { frame.kept.transposed() } else { frame.kept };
        let Size { width, height } = whole;
        let (spare_x, spare_y) = (width.saturating_sub(size.width), height.saturating_sub(size.height));
        // Top and left of the picture as it is looked at are bottom or right of one that is stored turned.
        let (flips_x, flips_y) = orientation.flips();
        let place = |spare: u32, flips: bool| match (frame.interest, flips) {
            (Interest::Centre | Interest::Entropy, _) => spare / 2,
            (Interest::Low, false) | (Interest::High, true) => 0,
            (Interest::Low, true) | (Interest::High, false) => spare,
        };
        Self { left: place(spare_x, flips_x), top: place(spare_y, flips_y), size }
    }

    /// True if nothing is cut from a picture of this size.
    pub(super) fn is_whole(self, size: Size) -> bool {
        self.size == size
    }

    /// Left, top, width and height in samples of a plane that has one for `across × down` pixels.
    pub(super) fn scaled(self, across: u32, down: u32) -> [f64; 4] {
        let (across, down) = (f64::from(across), f64::from(down));
        [
            f64::from(self.left) / across,
            f64::from(self.top) / down,
            f64::from(self.size.width) / across,
            f64::from(self.size.height) / down,
        ]
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Axis {
    Columns,
    Rows,
}

/// Where along the axis a window of `length` pixels holds the most detail: the highest Shannon entropy of its
/// histogram of luma. Of equals the one nearest to the middle.
fn richest(picture: &Picture, axis: Axis, length: u32) -> u32 {
    let Size { width, height } = picture.size();
    let whole = if axis == Axis::Columns { width } else { height };
    let spare = whole - length;
    let slices = histograms(picture, axis, whole);
    let at = |slice: u32| (u64::from(slice) * u64::from(whole) / u64::from(SLICES)) as u32;
    let slices_in = |range: Range<u32>| {
        (0..SLICES).filter(move |&slice| at(slice) >= range.start && at(slice + 1) <= range.end.max(1))
    };
    let places = (0..SLICES).map(|step| (u64::from(spare) * u64::from(step) / u64::from(SLICES - 1)) as u32);
    let scored = places.map(|start| {
        let mut sum = [0_u64; 256];
        for slice in slices_in(start..start + length) {
            for (sum, count) in sum.iter_mut().zip(&slices[slice as usize]) {
                *sum += u64::from(*count);
            }
        }
        (start, entropy(&sum))
    });
    let off_centre = |start: u32| start.abs_diff(spare / 2);
    scored
        .reduce(|best, other| {
            let is_better =
                other.1 > best.1 || (other.1 >= best.1 && off_centre(other.0) < off_centre(best.0));
            if is_better { other } else { best }
        })
        .map_or(spare / 2, |(start, _)| start)
}

/// A histogram of luma for each slice.
fn histograms(picture: &Picture, axis: Axis, whole: u32) -> Vec<[u32; 256]> {
    let width = picture.size().width as usize;
    let mut slices = vec![[0; 256]; SLICES as usize];
    let mut count = |i: usize, luma: u8| {
        let position = if axis == Axis::Columns { i % width } else { i / width };
        let slice = position as u64 * u64::from(SLICES) / u64::from(whole);
        slices[slice as usize][usize::from(luma)] += 1;
    };
    match picture {
        Picture::Planes(planes) => {
            planes.planes()[0].iter().enumerate().for_each(|(i, &luma)| count(i, luma));
        }
        Picture::Raster(raster) => {
            let layout = raster.layout();
            let channels = layout.channels() as usize;
            for (i, pixel) in raster.data().chunks_exact(channels).enumerate() {
                let luma = match *pixel {
                    [r, g, b, ..] => luma([r, g, b]),
                    [gray, ..] => u32::from(gray),
                    [] => 0,
                };
                // What can't be seen has no detail.
                let alpha = if layout.has_alpha() { u32::from(pixel[channels - 1]) } else { 255 };
                count(i, (luma * alpha / 255) as u8);
            }
        }
        Picture::Inks(inks) => {
            for (i, pixel) in inks.data().chunks_exact(inks.channels() as usize).enumerate() {
                if let [cyan, magenta, yellow, black, ..] = *pixel {
                    count(i, luma(complement([cyan, magenta, yellow, black])) as u8);
                }
            }
        }
    }
    slices
}

fn luma([r, g, b]: [u8; 3]) -> u32 {
    (u32::from(r) * 77 + u32::from(g) * 150 + u32::from(b) * 29) >> 8
}

/// In bits a pixel. The logarithm is `libm`'s, the same on every machine.
fn entropy(histogram: &[u64; 256]) -> f64 {
    let total = histogram.iter().sum::<u64>().max(1) as f64;
    let share = |count: &u64| *count as f64 / total;
    histogram.iter().map(share).filter(|&p| p > 0.0).map(|p| -p * libm::log2(p)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::Filter;
    use crate::pixel::{Layout, Raster};

    /// 100 × 10 pixels, flat but for columns 60 to 79.
    fn picture() -> Picture {
        let data = (0..1000_u32).map(|i| if (60..80).contains(&(i % 100)) { (i * 37) as u8 } else { 9 });
        Picture::Raster(Raster::new(Size::new(100, 10), Layout::Gray, data.collect()).unwrap())
    }

    #[test]
    fn detail_is_found_and_sides_are_those_of_the_turned_picture() {
        let mut frame = Frame {
            kept: Size::new(20, 10),
            interest: Interest::Entropy,
            output: Size::new(20, 10),
            filter: Filter::Lanczos3,
            linear: false,
        };
        let left = |orientation, frame: &Frame| Region::choose(&picture(), orientation, frame).left;
        assert!((58..=62).contains(&left(Orientation::Upright, &frame)));
        frame.interest = Interest::Low;
        assert_eq!(left(Orientation::Upright, &frame), 0);
        assert_eq!(left(Orientation::Rotate180, &frame), 80);
        frame.interest = Interest::Centre;
        assert_eq!(left(Orientation::Rotate180, &frame), 40);
        frame.kept = Size::new(10, 20);
        frame.interest = Interest::High;
        // Turned clockwise, the stored right is the bottom.
        assert_eq!(left(Orientation::Rotate90, &frame), 80);
    }
}
