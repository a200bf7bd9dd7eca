//! Which part of a picture a crop keeps.

use std::ops::Range;

use super::{Interest, geometry::Frame};
use crate::codec::animation::Area;
use crate::pixel::{Orientation, Picture, Size, complement};

/// Into how many slices the picture is cut to find the part with the most detail.
const SLICES: u32 = 64;

/// A part of a stored picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    left: u32,
    top: u32,
    size: Size,
    /// What is around it without its border; `None` for all of the picture.
    area: Option<Area>,
}

impl Region {
    /// The part of a stored picture that the frame keeps.
    pub(super) fn choose(picture: &Picture, orientation: Orientation, frame: &Frame) -> Self {
        let mut region = Self::placed(picture.size(), orientation, frame);
        let area = frame.area.unwrap_or(Area { left: 0, top: 0, size: picture.size() });
        if frame.interest == Interest::Entropy {
            if area.size.width > region.size.width {
                region.left = area.left + richest(picture, area, Axis::Columns, region.size.width);
            } else if area.size.height > region.size.height {
                region.top = area.top + richest(picture, area, Axis::Rows, region.size.height);
            }
        }
        region
    }

    /// The part that the frame keeps of a picture of `whole` size, without a look at it: for `Interest::Entropy`
    /// the middle.
    pub(super) fn placed(whole: Size, orientation: Orientation, frame: &Frame) -> Self {
        let size = if orientation.is_transposing() { frame.kept.transposed() } else { frame.kept };
        let area = frame.area.unwrap_or(Area { left: 0, top: 0, size: whole });
        let Size { width, height } = area.size;
        let (spare_x, spare_y) = (width.saturating_sub(size.width), height.saturating_sub(size.height));
        // Top and left of the picture as it is looked at are bottom or right of one that is stored turned.
        let (flips_x, flips_y) = orientation.flips();
        let place = |spare: u32, flips: bool, along: Axis| match (frame.interest, flips) {
            (Interest::Centre | Interest::Entropy, _) => spare / 2,
            (Interest::Low, false) | (Interest::High, true) => 0,
            (Interest::Low, true) | (Interest::High, false) => spare,
            (Interest::Around(focus), flips) => {
                // The stored columns are the rows of what is looked at where it is turned by a quarter.
                let is_across = (along == Axis::Columns) != orientation.is_transposing();
                let point = if is_across { focus.x() } else { focus.y() };
                let point = u64::from(if flips { 100 - point } else { point });
                let (whole, kept) = match along {
                    Axis::Columns => (width, size.width),
                    Axis::Rows => (height, size.height),
                };
                let twice = (u64::from(whole) * point / 50).saturating_sub(kept.into());
                u32::try_from(twice / 2).unwrap_or(spare).min(spare)
            }
        };
        let (left, top) = (place(spare_x, flips_x, Axis::Columns), place(spare_y, flips_y, Axis::Rows));
        Self { left: area.left + left, top: area.top + top, size, area: frame.area }
    }

    /// True if nothing is cut from a picture of this size.
    pub(super) fn is_whole(self, size: Size) -> bool {
        self.size == size
    }

    /// Left, top, width and height in samples of a plane that has one for `across × down` pixels.
    pub(super) fn scaled(self, across: u32, down: u32) -> [f64; 4] {
        scaled(self.left, self.top, self.size, (across, down))
    }

    /// The same of what is around it, beside which nothing counts; `None` for all of the picture.
    pub(super) fn area_scaled(self, across: u32, down: u32) -> Option<[f64; 4]> {
        self.area.map(|Area { left, top, size }| scaled(left, top, size, (across, down)))
    }
}

fn scaled(left: u32, top: u32, size: Size, (across, down): (u32, u32)) -> [f64; 4] {
    let (across, down) = (f64::from(across), f64::from(down));
    [
        f64::from(left) / across,
        f64::from(top) / down,
        f64::from(size.width) / across,
        f64::from(size.height) / down,
    ]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Axis {
    Columns,
    Rows,
}

/// Where along the axis a window of `length` pixels of an area holds the most detail: the highest Shannon entropy of its
/// histogram of luma. Of equals the one nearest to the middle.
fn richest(picture: &Picture, area: Area, axis: Axis, length: u32) -> u32 {
    let whole = if axis == Axis::Columns { area.size.width } else { area.size.height };
    let spare = whole - length;
    let slices = histograms(picture, area, axis, whole);
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

/// A histogram of luma for each slice of an area.
fn histograms(picture: &Picture, area: Area, axis: Axis, whole: u32) -> Vec<[u32; 256]> {
    let width = picture.size().width as usize;
    let mut slices = vec![[0; 256]; SLICES as usize];
    let columns = area.left as usize..area.right() as usize;
    let rows = area.top as usize..area.bottom() as usize;
    let mut count = |i: usize, luma: u8| {
        let (x, y) = (i % width, i / width);
        if !columns.contains(&x) || !rows.contains(&y) {
            return;
        }
        let position = if axis == Axis::Columns { x - columns.start } else { y - rows.start };
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
            turn: Orientation::Upright,
            area: None,
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

    #[test]
    fn a_point_comes_to_the_middle_as_far_as_the_picture_goes() {
        let whole = Size::new(101, 60);
        let mut frame = Frame {
            kept: Size::new(40, 30),
            interest: Interest::Centre,
            output: Size::new(40, 30),
            filter: Filter::Lanczos3,
            linear: false,
            turn: Orientation::Upright,
            area: None,
        };
        let mut at = |orientation: Orientation, name: &str| {
            frame.interest = Interest::parse(name).expect("a part");
            frame.kept = if orientation.is_transposing() { Size::new(30, 40) } else { Size::new(40, 30) };
            let region = Region::placed(whole, orientation, &frame);
            (region.left, region.top)
        };
        for (name, upright) in [
            ("0.5x0.5", (30, 15)),
            ("centre", (30, 15)),
            ("0x0", (0, 0)),
            ("top-left", (0, 0)),
            ("bottom-right", (61, 30)),
            ("top", (30, 0)),
            ("right", (61, 15)),
            // 25.25 and 40 are the middles of 5 to 45, and of 25 to 55.
            ("0.25x0.66", (5, 24)),
            ("0.1x0.9", (0, 30)),
        ] {
            assert_eq!(at(Orientation::Upright, name), upright, "{name}");
        }
        // What is looked at as top left is stored at each corner.
        for (value, stored) in [
            (1, (0, 0)),
            (2, (61, 0)),
            (3, (61, 30)),
            (4, (0, 30)),
            (5, (0, 0)),
            (6, (0, 30)),
            (7, (61, 30)),
            (8, (61, 0)),
        ] {
            assert_eq!(at(Orientation::from_exif(value), "top-left"), stored, "{value}");
        }
        // The top of what was turned clockwise is the left of what is stored.
        assert_eq!(at(Orientation::Rotate90, "top"), (0, 15));
        assert_eq!(at(Orientation::Rotate270, "left"), (30, 0));
    }
}
