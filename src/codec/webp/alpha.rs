//! The alpha plane beside a lossy picture: gathered as rows come, with fewer levels where that is asked, filtered,
//! and coded as a VP8L stream (RFC 9649 section 2.7.1.2).

use std::array;

use super::lossless;
use crate::{
    error::Result,
    limits::area_bytes,
    pixel::{Layout, Size},
};

/// Rows that are looked at to choose a filter: at least so many, all of a small picture.
const LOOKED_AT: usize = 256;

/// Symbols of a VP8L stream's green: samples, then the lengths of runs (RFC 9649 section 5.2.2).
const SYMBOLS: usize = 256 + 24;

/// The longest run.
const LONGEST: usize = 4096;

/// Alpha of rows, of which nothing is held as long as all are opaque.
pub(super) struct Alpha {
    size: Size,
    /// Opaque rows at the top; those below are in `plane`.
    opaque: usize,
    plane: Vec<u8>,
}

impl Alpha {
    /// No rows yet.
    pub(super) fn new(size: Size) -> Self {
        Self { size, opaque: 0, plane: Vec::new() }
    }

    /// Takes whole rows, no more than the picture has.
    ///
    /// # Errors
    /// `Memory`.
    pub(super) fn push(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        let (width, channels) = (self.size.width as usize, layout.channels() as usize);
        for row in rows.chunks_exact(width * channels) {
            let alpha = row.iter().skip(channels - 1).step_by(channels);
            if self.plane.is_empty() {
                if !layout.has_alpha() || alpha.clone().all(|&alpha| alpha == 255) {
                    self.opaque += 1;
                    continue;
                }
                self.plane.try_reserve_exact(area_bytes(self.size, 1)?)?;
                self.plane.resize(self.opaque * width, 255);
            }
            self.plane.extend(alpha);
        }
        Ok(())
    }

    /// The payload of `ALPH`, or `None` when all is opaque. A quality of 100 keeps every sample; less keeps so many
    /// levels as [`levels`] says, where that makes the payload smaller: smooth edges are predicted better than steps.
    ///
    /// # Errors
    /// `Memory`.
    pub(super) fn encode(self, quality: u8) -> Result<Option<Vec<u8>>> {
        let (mut plane, width) = (self.plane, self.size.width as usize);
        if plane.is_empty() {
            return Ok(None);
        }
        let all = array::from_fn(|value| value as u8);
        let (mut filter, bits) = Filter::choose(&plane, width, &all);
        let few = if quality < 100 { reduction(&plane, levels(quality)) } else { None };
        let few = few.map(|values| (Filter::choose(&plane, width, &values), values));
        let few = few.filter(|((_, fewer), _)| *fewer < bits);
        if let Some(((own, _), values)) = few {
            plane.iter_mut().for_each(|sample| *sample = values[usize::from(*sample)]);
            filter = own;
        }
        filter.apply(&mut plane, width);
        // Compressed without loss, the filter, and whether there are fewer levels than there were.
        let header = 1 | (filter as u8) << 2 | u8::from(few.is_some()) << 4;
        lossless::encode_alpha(&plane, self.size, header).map(Some)
    }
}

/// How many levels of alpha a quality below 100 keeps, as libwebp's `alpha_q` does: 2 to 16 up to 70, then 8 more for
/// each step.
fn levels(quality: u8) -> usize {
    let quality = usize::from(quality);
    if quality <= 70 { 2 + quality / 5 } else { 16 + (quality - 70) * 8 }
}

/// What each sample becomes so that there are so many levels, those that are nearest to what there is (Lloyd's
/// method); the least and the greatest stay. `None` when there are no more than that already.
fn reduction(plane: &[u8], levels: usize) -> Option<[u8; 256]> {
    let mut counts = [0_u64; 256];
    plane.iter().for_each(|&sample| counts[usize::from(sample)] += 1);
    if counts.iter().filter(|&&count| count > 0).count() <= levels {
        return None;
    }
    let least = counts.iter().position(|&count| count > 0)?;
    let greatest = counts.iter().rposition(|&count| count > 0)?;
    // Levels have 8 bits after the point.
    let last = levels - 1;
    let mut centres: Vec<u64> =
        (0..levels).map(|level| ((least * (last - level) + greatest * level) * 256 / last) as u64).collect();
    let mut nearest = [0_usize; 256];
    for _ in 0..8 {
        let mut sums = vec![(0_u64, 0_u64); levels];
        let mut level = 0;
        for value in least..=greatest {
            let distance = |level: usize| centres[level].abs_diff(value as u64 * 256);
            while level < last && distance(level + 1) <= distance(level) {
                level += 1;
            }
            nearest[value] = level;
            sums[level].0 += counts[value] * value as u64 * 256;
            sums[level].1 += counts[value];
        }
        for (centre, (sum, count)) in centres[1..last].iter_mut().zip(&sums[1..last]) {
            if let Some(mean) = sum.checked_div(*count) {
                *centre = mean;
            }
        }
    }
    Some(nearest.map(|level| ((centres[level] + 128) >> 8) as u8))
}

/// How a sample is predicted by those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Filter {
    None,
    /// By the one at left.
    Horizontal,
    /// By the one above.
    Vertical,
    /// By left and above less above at left.
    Gradient,
}

impl Filter {
    const ALL: [Self; 4] = [Self::None, Self::Horizontal, Self::Vertical, Self::Gradient];

    /// The one whose residues take the fewest bits in a part of the rows, and how many. Samples count as the values that
    /// they will have.
    fn choose(plane: &[u8], width: usize, values: &[u8; 256]) -> (Self, u64) {
        let rows = plane.len() / width;
        let mut symbols: [Symbols; 4] = Default::default();
        let as_coded = |row: usize| -> Vec<u8> {
            let samples = &plane[row * width..(row + 1) * width];
            samples.iter().map(|&sample| values[usize::from(sample)]).collect()
        };
        for row in (0..rows).step_by((rows / LOOKED_AT).max(1)) {
            let (above, samples) = (row.checked_sub(1).map(as_coded), as_coded(row));
            for (filter, symbols) in Self::ALL.iter().zip(&mut symbols) {
                symbols.add((0..width).map(|x| filter.residue(above.as_deref(), &samples, x)));
            }
        }
        let bits = symbols.map(|symbols| symbols.bits());
        let best = Self::ALL.into_iter().zip(bits).min_by_key(|(_, bits)| *bits);
        best.unwrap_or((Self::None, 0))
    }

    /// Replaces each sample by its residue.
    fn apply(self, plane: &mut [u8], width: usize) {
        if self == Self::None {
            return;
        }
        // From the end: what predicts a sample comes before it.
        for row in (0..plane.len() / width).rev() {
            let (above, below) = plane.split_at_mut(row * width);
            let above = (row > 0).then(|| &above[(row - 1) * width..]);
            for x in (0..width).rev() {
                below[x] = self.residue(above, below, x);
            }
        }
    }

    /// What is left of a sample. At the left edge it is predicted by the one above, in the first row by the one at
    /// left.
    #[inline(always)]
    fn residue(self, above: Option<&[u8]>, row: &[u8], x: usize) -> u8 {
        let predicted = match (self, above, x) {
            (Self::None, ..) | (_, None, 0) => 0,
            (_, None, x) => row[x - 1],
            (_, Some(above), 0) => above[0],
            (Self::Horizontal, _, x) => row[x - 1],
            (Self::Vertical, Some(above), x) => above[x],
            (Self::Gradient, Some(above), x) => {
                let sum = i32::from(row[x - 1]) + i32::from(above[x]) - i32::from(above[x - 1]);
                sum.clamp(0, 255) as u8
            }
        };
        row[x].wrapping_sub(predicted)
    }
}

/// Counts what a stream of samples and runs is made of.
struct Symbols {
    counts: [u32; SYMBOLS],
    /// Bits beside the symbols.
    extra: u64,
}

impl Default for Symbols {
    fn default() -> Self {
        Self { counts: [0; SYMBOLS], extra: 0 }
    }
}

impl Symbols {
    fn add(&mut self, samples: impl Iterator<Item = u8>) {
        let mut samples = samples.peekable();
        while let Some(sample) = samples.next() {
            self.counts[usize::from(sample)] += 1;
            let mut run = 0;
            while run < LONGEST && samples.next_if_eq(&sample).is_some() {
                run += 1;
            }
            self.add_run(run);
        }
    }

    /// A run's length as symbol and extra bits.
    fn add_run(&mut self, run: usize) {
        let Some(before) = run.checked_sub(1) else { return };
        let symbol = if before < 4 {
            before
        } else {
            let high = before.ilog2();
            self.extra += u64::from(high) - 1;
            2 * high as usize + (before >> (high - 1) & 1)
        };
        self.counts[256 + symbol] += 1;
    }

    /// The bits that the best code takes. The logarithm is `libm`'s, the same on every machine.
    fn bits(&self) -> u64 {
        let total = libm::log2(f64::from(self.counts.iter().sum::<u32>().max(1)));
        let bits = |&count: &u32| f64::from(count) * (total - libm::log2(f64::from(count)));
        self.extra + self.counts.iter().filter(|&&count| count > 0).map(bits).sum::<f64>() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_opaque_is_held() {
        let mut alpha = Alpha::new(Size::new(2, 3));
        alpha.push(Layout::GrayAlpha, &[9, 255, 9, 255, 9, 255, 9, 255]).unwrap();
        assert_eq!(alpha.plane.capacity(), 0);
        alpha.push(Layout::GrayAlpha, &[9, 7, 9, 255]).unwrap();
        assert_eq!(alpha.plane, [255, 255, 255, 255, 7, 255]);
        let mut opaque = Alpha::new(Size::new(1, 1));
        opaque.push(Layout::Rgba, &[1, 2, 3, 255]).unwrap();
        assert!(opaque.encode(100).unwrap().is_none());
    }

    #[test]
    fn levels_are_as_many_as_the_quality_says() {
        let ramp: Vec<u8> = (0..=255).flat_map(|value: u8| [value; 3]).collect();
        for (quality, expected) in [(0, 2), (34, 8), (70, 16), (71, 24), (99, 248)] {
            let values = reduction(&ramp, levels(quality)).unwrap();
            let mut distinct = values.to_vec();
            distinct.dedup();
            assert_eq!(distinct.len(), expected, "quality {quality}");
            assert_eq!((values[0], values[255]), (0, 255));
            let most = (0..=255_u8).zip(values).map(|(a, b)| a.abs_diff(b)).max();
            assert!(most <= Some((255 / (expected - 1) / 2 + 2) as u8), "quality {quality}: {most:?}");
        }
        assert!(reduction(&[0, 80, 255], 3).is_none());
    }

    #[test]
    fn few_levels_are_taken_where_they_are_smaller() {
        let size = Size::new(64, 64);
        let encoded = |sample: fn(usize) -> usize, quality| {
            let plane = (0..64 * 64).map(|at| sample(at) as u8).collect();
            Alpha { size, opaque: 0, plane }.encode(quality).unwrap().unwrap()
        };
        let noise = |at: usize| mix(at);
        assert!(encoded(noise, 50).len() * 3 < encoded(noise, 100).len() * 2);
        assert_eq!(encoded(noise, 50)[0] >> 4, 1);
        let ramp = |at: usize| at % 64 * 4;
        assert_eq!(encoded(ramp, 90), encoded(ramp, 100));
    }

    #[test]
    fn the_filter_fits_the_plane() {
        type Sample = fn(usize, usize) -> usize;
        let plane =
            |sample: Sample| (0..64 * 64).map(|at| sample(at % 64, at / 64) as u8).collect::<Vec<u8>>();
        let cases: [(Filter, Sample); 4] = [
            (Filter::None, |x, y| mix(x + 64 * y) % 2 * 255),
            (Filter::Horizontal, |x, y| mix(y) + x * mix(y + 7)),
            (Filter::Vertical, |x, y| mix(x) + (y + mix(x + 99) % 8) / 8 * 20),
            (Filter::Gradient, |x, y| mix(x) % 64 + mix(y) % 64 + x * y / 32),
        ];
        let all = array::from_fn(|value| value as u8);
        for (filter, sample) in cases {
            assert_eq!(Filter::choose(&plane(sample), 64, &all).0, filter);
        }
    }

    /// Eight bits that look like noise.
    fn mix(value: usize) -> usize {
        let mut mixed = (value as u32).wrapping_mul(2_654_435_761);
        mixed = (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519);
        (mixed ^ mixed >> 13) as usize & 255
    }
}
