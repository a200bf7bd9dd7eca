//! Chroma at the full size, where turning a picture would move it.
//!
//! A chroma sample stands for two pixels, the last one of an odd side for one. Mirrored, that one comes first, and
//! where it is taken for two all others stand a pixel beside their place. So chroma is brought to the full size, as
//! browsers do it before they turn a picture.

use crate::{
    error::{Error, Kind, Result},
    limits::area_bytes,
    pixel::{Moved, Planes, Size, Subsampling, Upsampler},
};

/// Rows of planes that are held at the most: of those that come at once, and those that wait.
const ROWS: u64 = 36;

/// Rows of turned planes on their way to full chroma.
pub(super) struct Widening {
    subsampling: Subsampling,
    moved: Moved,
    width: u32,
    /// Rows of luma that are not done, and how many are.
    luma: Vec<u8>,
    done: usize,
    /// Rows of chroma from the one on that comes before those that are not done, and how many were before.
    chroma: [Vec<u8>; 2],
    passed: usize,
    full: [Vec<u8>; 2],
}

impl Widening {
    /// Of a turned picture.
    pub(super) fn new(subsampling: Subsampling, moved: Moved, width: u32) -> Self {
        let (luma, chroma, full) = Default::default();
        Self { subsampling, moved, width, luma, done: 0, chroma, passed: 0, full }
    }

    /// Bytes that are held for rows of `width` pixels, of which at most 32 come at once.
    pub(super) const fn heap_bytes(width: u32) -> u64 {
        // Luma, chroma as it came, and of full size.
        (width as u64 + 1) * ROWS * (1 + 1 + 2) + 2 * Upsampler::bytes(width)
    }

    /// Takes rows of planes, and gives those whose chroma is there, all at the end.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`], [`Kind::Internal`] for planes of different heights, and what `sink` says.
    pub(super) fn push(
        &mut self,
        [luma, cb, cr]: [&[u8]; 3],
        is_end: bool,
        sink: &mut dyn FnMut([&[u8]; 3]) -> Result<()>,
    ) -> Result<()> {
        append(&mut self.luma, luma)?;
        append(&mut self.chroma[0], cb)?;
        append(&mut self.chroma[1], cr)?;
        let (across, down) = self.subsampling.factors();
        let width = self.width as usize;
        let chroma_width = self.width.div_ceil(across) as usize;
        let skip = usize::from(self.moved.down);
        let known = self.passed + self.chroma[0].len() / chroma_width;
        // At a border between two rows of chroma both are needed.
        let reach = |y: usize| (y + skip) / down as usize + usize::from(down > 1 && (y + skip) % 2 == 1);
        let rows = self.luma.len() / width;
        let ready = (0..rows).take_while(|y| is_end || reach(self.done + y) < known).count();
        if ready == 0 {
            return Ok(());
        }
        for (chroma, full) in self.chroma.iter().zip(&mut self.full) {
            let size = Size::new(chroma_width as u32, (chroma.len() / chroma_width) as u32);
            let mut upsampler = Upsampler::new(chroma, size, [(1, across), (1, down)]);
            full.clear();
            full.try_reserve_exact(ready * width)?;
            for y in self.done..self.done + ready {
                let row = upsampler.row(y + skip - self.passed * down as usize);
                full.extend_from_slice(part(row, self.moved, width)?);
            }
        }
        sink([&self.luma[..ready * width], &self.full[0], &self.full[1]])?;
        self.luma.drain(..ready * width);
        self.done += ready;
        // The row above the next one that is needed stays.
        let passed = ((self.done + skip) / down as usize).saturating_sub(1).min(known.saturating_sub(1));
        for chroma in &mut self.chroma {
            chroma.drain(..(passed - self.passed) * chroma_width);
        }
        self.passed = passed;
        Ok(())
    }
}

fn append(kept: &mut Vec<u8>, rows: &[u8]) -> Result<()> {
    kept.try_reserve_exact(rows.len())?;
    kept.extend_from_slice(rows);
    Ok(())
}

/// Brings a whole picture's chroma to the full size.
///
/// # Errors
/// [`Kind::LimitExceeded`] or [`Kind::OutOfMemory`] when there is no room for it.
pub(super) fn widened(planes: Planes, moved: Moved) -> Result<Planes> {
    let (size, subsampling) = (planes.size(), planes.subsampling());
    let (across, down) = subsampling.factors();
    let [luma, cb, cr] = planes.into_planes();
    let full = |chroma: Vec<u8>| {
        let mut upsampler = Upsampler::new(&chroma, subsampling.chroma_size(size), [(1, across), (1, down)]);
        let mut full = Vec::new();
        full.try_reserve_exact(area_bytes(size, 1)?)?;
        for y in 0..size.height as usize {
            let row = upsampler.row(y + usize::from(moved.down));
            full.extend_from_slice(part(row, moved, size.width as usize)?);
        }
        Ok::<_, Error>(full)
    };
    let planes = [luma, full(cb)?, full(cr)?];
    Planes::new(size, Subsampling::Yuv444, planes)
}

/// The samples of a row that is twice as wide, as far as they belong to pixels.
fn part(row: &[u8], moved: Moved, width: usize) -> Result<&[u8]> {
    let skip = usize::from(moved.across);
    row.get(skip..skip + width).ok_or_else(|| Error::new(Kind::Internal, "a short row of chroma"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        convert::orient::upright,
        pixel::{Orientation, Picture},
    };

    const SUBSAMPLINGS: [Subsampling; 4] =
        [Subsampling::Yuv420, Subsampling::Yuv422, Subsampling::Yuv440, Subsampling::Yuv444];

    fn photo(size: Size, subsampling: Subsampling) -> Planes {
        let plane =
            |size: Size, step: u64| (0..size.pixels()).map(|at| (at * at / 7 + at * step) as u8).collect();
        let chroma = subsampling.chroma_size(size);
        Planes::new(size, subsampling, [plane(size, 7), plane(chroma, 31), plane(chroma, 57)]).unwrap()
    }

    /// The samples on either side of a pixel are rounded the other way once they are mirrored.
    #[test]
    fn a_turned_picture_has_the_colours_of_the_upright_one() {
        for subsampling in SUBSAMPLINGS {
            // Planes of up to two samples are not smoothed across, and turned that is down.
            for (width, height) in [(1, 1), (5, 7), (6, 9), (33, 17), (21, 40), (32, 16)] {
                for orientation in (1..=8).map(Orientation::from_exif) {
                    let planes = photo(Size::new(width, height), subsampling);
                    let rgb = Picture::Raster(planes.to_rgb().unwrap());
                    let expected = upright(rgb, orientation).unwrap().into_raster().unwrap();
                    let turned = upright(Picture::Planes(planes), orientation).unwrap();
                    let turned = turned.into_raster().unwrap();
                    let worst = expected.data().iter().zip(turned.data()).map(|(a, b)| a.abs_diff(*b)).max();
                    assert!(worst <= Some(3), "{subsampling:?} {width}x{height} {orientation:?}: {worst:?}");
                }
            }
        }
    }

    #[test]
    fn rows_become_what_the_whole_picture_becomes() {
        for subsampling in SUBSAMPLINGS {
            for (width, height) in [(1, 1), (3, 5), (33, 17), (5, 47)] {
                for (across, down) in [(true, true), (true, false), (false, true)] {
                    let moved = Moved { across, down };
                    let (factor_across, factor_down) = subsampling.factors();
                    if across && factor_across == 1 || down && factor_down == 1 {
                        continue;
                    }
                    let planes = photo(Size::new(width, height), subsampling);
                    let chroma_width = subsampling.chroma_size(planes.size()).width as usize;
                    let expected = widened(planes.clone(), moved).unwrap();
                    for lines in [1, 2, 8] {
                        let mut widening = Widening::new(subsampling, moved, width);
                        let mut rows: [Vec<u8>; 3] = Default::default();
                        let mut sink = |planes: [&[u8]; 3]| {
                            rows.iter_mut().zip(planes).for_each(|(rows, more)| rows.extend_from_slice(more));
                            Ok(())
                        };
                        let [y, cb, cr] = planes.planes();
                        let mut blue = cb.chunks(lines * chroma_width);
                        let mut red = cr.chunks(lines * chroma_width);
                        for luma in y.chunks(lines * factor_down as usize * width as usize) {
                            let planes = [luma, blue.next().unwrap(), red.next().unwrap()];
                            widening.push(planes, false, &mut sink).unwrap();
                        }
                        widening.push([&[]; 3], true, &mut sink).unwrap();
                        let case = format!("{subsampling:?} {width}x{height} {moved:?} {lines}");
                        assert!(rows == *expected.planes(), "{case}");
                    }
                }
            }
        }
    }
}
