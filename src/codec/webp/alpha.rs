//! The alpha plane beside a lossy picture: gathered as rows come, with fewer levels where that is asked, and coded as a
//! VP8L stream (RFC 9649 section 2.7.1.2): as a grey picture by all that lossless pictures have, or a large one filtered and
//! coded in place.

use std::{array, mem};

use super::vp8l::{self, RunCounts, picture};
use crate::{
    codec::{Coding, Format},
    error::{Kind, Result},
    limits::try_zeroed,
    pixel::{Layout, Raster, Size},
};

/// What a file has beside alpha and the frame, but for metadata.
const CONTAINER: u64 = 256;

/// Rows that are looked at to choose a filter: at least so many, all of a small picture.
const LOOKED_AT: usize = 256;

/// Samples up to which alpha is coded as a picture: that takes a second buffer and more time.
const AS_PICTURE: u64 = 1 << 21;

/// Samples of which all are coded in two ways, for the shorter one: drawn shapes are often shorter where no copies are
/// sought.
const TWICE: u64 = 1 << 19;

/// The bytes of a lossless picture's header, which `ALPH` doesn't have.
const HEADER: usize = 5;

/// Alpha of rows, of which nothing is held as long as all are opaque.
pub(super) struct Alpha {
    size: Size,
    /// Bytes of the frame, at the most.
    frame: u64,
    /// Opaque rows at the top.
    opaque: usize,
    /// As soon as a row is not opaque: room for the code, then all samples up to here.
    buffer: Vec<u8>,
}

impl Alpha {
    /// No rows yet. At the end there is to be room for a frame of so many bytes in alpha's buffer.
    pub(super) fn new(size: Size, frame: u64) -> Self {
        Self { size, frame, opaque: 0, buffer: Vec::new() }
    }

    /// Takes whole rows, no more than the picture has.
    ///
    /// # Errors
    /// `Memory`.
    pub(super) fn push(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        let (width, channels) = (self.size.width as usize, layout.channels() as usize);
        for row in rows.chunks_exact(width * channels) {
            let alpha = row.iter().skip(channels - 1).step_by(channels);
            if self.buffer.is_empty() {
                if !layout.has_alpha() || alpha.clone().all(|&alpha| alpha == 255) {
                    self.opaque += 1;
                    continue;
                }
                // Fits where all of the picture does.
                let head = self.head();
                let bytes =
                    if head == 0 { self.size.pixels() + 1 } else { buffer_bytes(self.size, self.frame) };
                self.buffer.try_reserve_exact(bytes as usize)?;
                self.buffer.resize(head, 0);
                self.buffer.resize(head + self.opaque * width, 255);
            }
            self.buffer.extend(alpha);
        }
        Ok(())
    }

    /// The room for code before the samples.
    fn head(&self) -> usize {
        if self.size.pixels() <= AS_PICTURE { 0 } else { vp8l::head_bytes(self.size.pixels()) as usize }
    }

    /// The payload of `ALPH`, or `None` when all is opaque. A quality of 100 keeps every sample; less keeps so many
    /// levels as [`levels`] says, where that makes the payload smaller: smooth edges are predicted better than steps.
    ///
    /// # Errors
    /// `Memory`.
    pub(super) fn encode(self, quality: u8, effort: u8) -> Result<Option<Vec<u8>>> {
        if self.buffer.is_empty() {
            Ok(None)
        } else if self.head() == 0 {
            self.encode_picture(quality, effort)
        } else {
            self.encode_in_place(quality).map(Some)
        }
    }

    /// Codes alpha as a grey picture.
    fn encode_picture(mut self, quality: u8, effort: u8) -> Result<Option<Vec<u8>>> {
        let mut plane = mem::take(&mut self.buffer);
        let (effort, mut best) = (effort_of(effort), None);
        if let Some(values) = if quality < 100 { reduction(&plane, levels(quality)) } else { None } {
            let mut few = copy(&plane)?;
            few.iter_mut().for_each(|sample| *sample = values[usize::from(*sample)]);
            self.try_picture(few, effort, (true, 0), &mut best)?;
        }
        if effort > 0 && self.size.pixels() <= TWICE {
            self.try_picture(copy(&plane)?, 0, (false, 0), &mut best)?;
        }
        // The file is made in the code's buffer.
        self.try_picture(copy(&plane)?, effort, (false, self.frame + CONTAINER), &mut best)?;
        if best.is_none() {
            // As it is.
            plane.insert(0, 0);
            best = Some(plane);
        }
        Ok(best)
    }

    /// Codes samples, and keeps the code if it is the shortest, with room for so many bytes around it.
    fn try_picture(
        &self,
        samples: Vec<u8>,
        effort: u8,
        (is_reduced, around): (bool, u64),
        best: &mut Option<Vec<u8>>,
    ) -> Result<()> {
        // Shorter than the best until now, or than the samples as they are.
        let least = best.as_ref().map_or(samples.len() + 1, Vec::len);
        let most = (least + HEADER - 2) as u64;
        let raster = Raster::new(self.size, Layout::Gray, samples)?;
        let coding = Coding { max_bytes: most, ..Coding::new(Format::WebP, 0, effort, true) };
        match picture::encode(raster, &coding, around) {
            Ok(mut code) => {
                drop(code.drain(..HEADER - 1));
                // Coded, without a filter.
                code[0] = 1 | u8::from(is_reduced) << 4;
                if around == 0 {
                    code.shrink_to_fit();
                }
                *best = Some(code);
                Ok(())
            }
            Err(error) if error.kind() == Kind::Larger => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Filters and codes alpha in the buffer that it is in.
    fn encode_in_place(self, quality: u8) -> Result<Vec<u8>> {
        let (head, width) = (self.head(), self.size.width as usize);
        let mut buffer = self.buffer;
        let plane = &mut buffer[head..];
        let all = array::from_fn(|value| value as u8);
        let (mut filter, bits) = Filter::choose(plane, width, &all)?;
        let few = if quality < 100 { reduction(plane, levels(quality)) } else { None };
        let mut is_reduced = false;
        if let Some(values) = few {
            let (own, fewer) = Filter::choose(plane, width, &values)?;
            if fewer < bits {
                plane.iter_mut().for_each(|sample| *sample = values[usize::from(*sample)]);
                (filter, is_reduced) = (own, true);
            }
        }
        filter.apply(plane, width)?;
        let coded = vp8l::encode(&mut buffer, head, width)?;
        match coded {
            Some(end) => buffer.truncate(end),
            // As it is.
            None => drop(buffer.drain(1..head)),
        }
        // Whether it is coded, the filter, and whether there are fewer levels than there were.
        buffer[0] = u8::from(coded.is_some()) | (filter as u8) << 2 | u8::from(is_reduced) << 4;
        Ok(buffer)
    }
}

/// How hard alpha is tried as a picture at an effort: it is not to take longer than colour.
const fn effort_of(effort: u8) -> u8 {
    match effort {
        0 | 1 => effort,
        2..=4 => 2,
        _ => effort - 2,
    }
}

fn copy(plane: &[u8]) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(plane.len())?;
    copy.extend_from_slice(plane);
    Ok(copy)
}

/// The most bytes that alpha of a picture takes beside colour: its buffer, and what coding holds beside it when what colour
/// has held, at least `colour` bytes, is free again.
pub(super) fn held_bytes(size: Size, frame: u64, colour: u64, quality: u8, effort: u8) -> u64 {
    let samples = size.pixels();
    if samples > AS_PICTURE {
        return buffer_bytes(size, frame) + vp8l::TABLES + 4 * u64::from(size.width);
    }
    // A copy that is coded, the best code until now where there are several, and room for the file around the last.
    let copies = if quality == 100 && samples > TWICE { 1 } else { 2 };
    let coding = picture::held_bytes(size, 1, effort_of(effort), u64::MAX) + copies * samples;
    samples + coding.saturating_add(frame).saturating_add(CONTAINER).saturating_sub(colour)
}

/// The bytes of the buffer in which alpha is gathered and coded, and then the file is made around it: what a file of
/// samples as they are and such a frame takes. As much is asked for whatever the samples are, so that nothing grows and
/// what is stated is what is taken; where memory comes in pages, what is not used is never touched and costs nothing.
fn buffer_bytes(size: Size, frame: u64) -> u64 {
    let samples = size.pixels();
    vp8l::buffer_bytes(samples).max(samples.saturating_add(frame).saturating_add(CONTAINER))
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
    ///
    /// # Errors
    /// `Memory`.
    fn choose(plane: &[u8], width: usize, values: &[u8; 256]) -> Result<(Self, u64)> {
        let rows = plane.len() / width;
        let mut counts = [const { RunCounts::new() }; 4];
        let mut lines = try_zeroed(3 * width)?;
        let (above, rest) = lines.split_at_mut(width);
        let (line, residues) = rest.split_at_mut(width);
        let as_coded = |row: usize, line: &mut [u8]| {
            let samples = &plane[row * width..(row + 1) * width];
            line.iter_mut().zip(samples).for_each(|(coded, &sample)| *coded = values[usize::from(sample)]);
        };
        for row in (0..rows).step_by((rows / LOOKED_AT).max(1)) {
            as_coded(row, line);
            if row > 0 {
                as_coded(row - 1, above);
            }
            for (filter, counts) in Self::ALL.iter().zip(&mut counts) {
                filter.residues((row > 0).then_some(&*above), line, residues);
                counts.add(residues);
            }
        }
        let bits = counts.map(|counts| counts.bits());
        let best = Self::ALL.into_iter().zip(bits).min_by_key(|(_, bits)| *bits);
        Ok(best.unwrap_or((Self::None, 0)))
    }

    /// Replaces each sample by its residue.
    ///
    /// # Errors
    /// `Memory`.
    fn apply(self, plane: &mut [u8], width: usize) -> Result<()> {
        if self == Self::None {
            return Ok(());
        }
        let mut line = try_zeroed(width)?;
        // From the last row: what predicts a sample comes before it.
        for row in (0..plane.len() / width).rev() {
            let (above, below) = plane.split_at_mut(row * width);
            let above = (row > 0).then(|| &above[(row - 1) * width..]);
            line.copy_from_slice(&below[..width]);
            self.residues(above, &line, &mut below[..width]);
        }
        Ok(())
    }

    /// What is left of a row's samples, of which there are some. At the left edge one is predicted by the one above, in
    /// the first row by the one at left.
    fn residues(self, above: Option<&[u8]>, row: &[u8], residues: &mut [u8]) {
        let (left, first) = (row.iter(), above.map_or(0, |above| above[0]));
        let rest = residues[1..].iter_mut().zip(&row[1..]);
        match (self, above) {
            (Self::None, _) => return residues.copy_from_slice(row),
            (Self::Horizontal, _) | (_, None) => {
                rest.zip(left).for_each(|((residue, sample), left)| *residue = sample.wrapping_sub(*left));
            }
            (Self::Vertical, Some(above)) => rest
                .zip(&above[1..])
                .for_each(|((residue, sample), above)| *residue = sample.wrapping_sub(*above)),
            (Self::Gradient, Some(above)) => {
                let around = left.zip(above.iter().zip(&above[1..]));
                for ((residue, sample), (left, (corner, above))) in rest.zip(around) {
                    let sum = i16::from(*left) + i16::from(*above) - i16::from(*corner);
                    *residue = sample.wrapping_sub(sum.clamp(0, 255) as u8);
                }
            }
        }
        residues[0] = row[0].wrapping_sub(first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_opaque_is_held() {
        let mut alpha = Alpha::new(Size::new(2, 3), 0);
        alpha.push(Layout::GrayAlpha, &[9, 255, 9, 255, 9, 255, 9, 255]).unwrap();
        assert_eq!(alpha.buffer.capacity(), 0);
        alpha.push(Layout::GrayAlpha, &[9, 7, 9, 255]).unwrap();
        assert_eq!(alpha.buffer, [255, 255, 255, 255, 7, 255]);
        let mut opaque = Alpha::new(Size::new(1, 1), 0);
        opaque.push(Layout::Rgba, &[1, 2, 3, 255]).unwrap();
        assert!(opaque.encode(100, 4).unwrap().is_none());
    }

    #[test]
    fn only_what_is_large_is_filtered_and_coded_in_place() {
        for (height, filter) in [(1024, 0), (1025, Filter::Vertical as u8)] {
            let mut alpha = Alpha::new(Size::new(2048, height), 0);
            let row: Vec<u8> = (0..2048).flat_map(|x| [0, mix(x) as u8]).collect();
            (0..height).for_each(|_| alpha.push(Layout::GrayAlpha, &row).unwrap());
            let coded = alpha.encode(100, 0).unwrap().unwrap();
            assert_eq!(coded[0], 1 | filter << 2, "{height}");
            assert!(coded.len() < 16 << 10, "{height}: {}", coded.len());
        }
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
            let mut alpha = Alpha::new(size, 0);
            let rows: Vec<u8> = (0..64 * 64).flat_map(|at| [0, sample(at) as u8]).collect();
            alpha.push(Layout::GrayAlpha, &rows).unwrap();
            alpha.encode(quality, 4).unwrap().unwrap()
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
            assert_eq!(Filter::choose(&plane(sample), 64, &all).unwrap().0, filter);
        }
    }

    /// Eight bits that look like noise.
    fn mix(value: usize) -> usize {
        let mut mixed = (value as u32).wrapping_mul(2_654_435_761);
        mixed = (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519);
        (mixed ^ mixed >> 13) as usize & 255
    }
}
