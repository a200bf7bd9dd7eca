//! Analysis before anything is coded: how busy a macroblock is, hence its segment, and how busy the beginning of a
//! picture is, hence its quantisers.

use super::{
    modes::Pixels,
    source::{Input, ROWS, Strip},
    tuning::Tuning,
};
use crate::pixel::Size;

/// The most bytes of strips, were they RGB, that wait for the quantisers. Small pictures wait as a whole.
const LOOKAHEAD_BYTES: u64 = 512 << 10;

/// Mean absolute deviation of luma from the mean of its 4x4 block, times 256 pixels, of the quieter blocks too.
#[inline(always)]
pub fn activity(pixels: &Pixels) -> u32 {
    let mut total = 0;
    for rows in pixels.y.chunks_exact(4) {
        let mut sums = [0_u16; 4];
        for row in rows {
            for (block, sum) in sums.iter_mut().enumerate() {
                for &pixel in &row[4 * block..4 * block + 4] {
                    *sum += u16::from(pixel);
                }
            }
        }
        for row in rows {
            for (block, sum) in sums.iter().enumerate() {
                let mean = (sum + 8) >> 4;
                for &pixel in &row[4 * block..4 * block + 4] {
                    total += u32::from(u16::from(pixel).abs_diff(mean));
                }
            }
        }
    }
    total
}

/// How many strips of a picture wait for its quantisers.
pub fn lookahead_strips(size: Size) -> usize {
    let strip = 3 * ROWS as u64 * u64::from(size.width.max(1));
    (LOOKAHEAD_BYTES / strip).clamp(1, u64::from(size.height.div_ceil(16).max(1))) as usize
}

/// How busy some strips are.
pub struct ActivitySample {
    rows: usize,
    /// Macroblocks by segment.
    counts: [i64; 4],
}

impl ActivitySample {
    /// A sample without strips.
    pub const fn new() -> Self {
        Self { rows: 0, counts: [0; 4] }
    }

    /// Adds every other macroblock of a strip.
    pub fn add(&mut self, strip: &Strip, width: usize, tuning: &Tuning) {
        let (channels, samples): (usize, &[u8]) = match &strip.input {
            Input::None => return,
            Input::Interleaved(layout, samples) => (layout.channels() as usize, samples),
            Input::Planar(_, [y, ..]) => (1, y),
        };
        self.rows += strip.rows;
        let mut pixels = Pixels::new();
        for first in (0..width).step_by(32) {
            for (y, row) in pixels.y.iter_mut().enumerate() {
                let line = &samples[y.min(strip.rows - 1) * width * channels..][..width * channels];
                for (x, luma) in row.iter_mut().enumerate() {
                    *luma = about_luma(&line[(first + x).min(width - 1) * channels..][..channels]);
                }
            }
            self.counts[tuning.segment(activity(&pixels))] += 1;
        }
    }

    /// By how much to move the quantiser indices of all segments, in 1/16, in a picture of `height` rows. As in
    /// libwebp, a quality means the same in quiet pictures and in busy ones: segments differ only within a picture.
    pub fn shift(&self, height: u32, tuning: &Tuning) -> i64 {
        let (rows, height) = (self.rows as i64, i64::from(height).max(1));
        let total: i64 = self.counts.iter().sum();
        let offsets = self.counts.iter().zip(tuning.segment_offsets);
        let sum: i64 = offsets.map(|(count, offset)| 16 * count * i64::from(offset)).sum();
        let here = (tuning.mean_offset - sum / total.max(1)) * 6 / 5;
        // What was not seen is partly like what was.
        (here * (height + rows) + tuning.usual_offset * (height - rows)) / (2 * height)
    }
}

/// A pixel's luma, roughly, in 220 steps.
fn about_luma(pixel: &[u8]) -> u8 {
    let value = match *pixel {
        [red, green, blue, ..] => (5 * u32::from(red) + 9 * u32::from(green) + 2 * u32::from(blue)) / 16,
        [grey, ..] => u32::from(grey),
        [] => 0,
    };
    ((value * 220) >> 8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::Layout;

    /// What strips that differ by so much from pixel to pixel move quantisers by.
    fn shift_of(contrast: usize, height: u32) -> i64 {
        let tuning = Tuning::default();
        let samples = (0..64 * ROWS).map(|at| (at * 7 % 16 * contrast) as u8).collect();
        let strip = Strip { rows: ROWS, input: Input::Interleaved(Layout::Gray, samples) };
        let mut sample = ActivitySample::new();
        sample.add(&strip, 64, &tuning);
        sample.shift(height, &tuning)
    }

    #[test]
    fn a_quiet_picture_has_coarser_steps_than_its_segments_say_and_a_busy_one_finer() {
        let tuning = Tuning::default();
        let (quiet, busy) = (shift_of(0, 16), shift_of(15, 16));
        assert!(quiet > tuning.usual_offset && tuning.usual_offset > busy, "{quiet} {busy}");
        // In the mean both are nearly as coarse.
        let [least, .., most] = tuning.segment_offsets.map(|offset| 16 * i64::from(offset));
        assert!((quiet + least - busy - most).abs() < (most - least) / 4, "{quiet} {busy}");
        // Of what was not seen less is concluded.
        assert!((tuning.usual_offset..quiet).contains(&shift_of(0, 4096)));
        assert!((busy..tuning.usual_offset).contains(&shift_of(15, 4096)));
    }

    #[test]
    fn small_pictures_are_looked_at_as_a_whole() {
        assert_eq!(lookahead_strips(Size::new(400, 400)), 25);
        assert_eq!(lookahead_strips(Size::new(1, 1)), 1);
        assert_eq!(lookahead_strips(Size::new(16_383, 16_383)), 1);
    }
}
