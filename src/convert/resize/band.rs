//! The pass across: eight rows that are scaled down already, side by side in the lanes of a vector.

use std::{array, mem};

use super::{
    filter::Taps,
    job::{Job, most_between},
    kernels::{LANES, sum_columns},
    light::{self, Light},
};
use crate::{error::Result, limits::try_filled, pixel::Layout, simd::Simd};

/// Columns that are transposed at once.
const SQUARE: usize = 16;

/// Eight rows between the passes, and what becomes of them.
pub(super) struct Band {
    layout: Layout,
    /// How many rows there are.
    pub rows: usize,
    /// Samples in a row of one channel, rounded up to whole squares.
    width: usize,
    /// Eight rows for each channel.
    samples: Vec<i16>,
    /// One channel: a pair from each row, for each two columns.
    lanes: Vec<i16>,
    /// Where there is alpha, or light: what becomes of one channel after the other, eight rows of each column.
    weighed: Vec<i16>,
    output: Vec<u8>,
    output_width: usize,
}

impl Band {
    /// The heap that the band of a job takes, in bytes.
    pub(super) fn heap_bytes(job: &Job) -> u64 {
        let width = job.from.width.next_multiple_of(SQUARE as u32) as usize + SQUARE;
        let output = job.to.width as usize * job.channels();
        let weighed = if job.is_wide() { 2 } else { 0 };
        (LANES * (2 * width * (job.channels() + 1) + output * (1 + weighed))) as u64
    }

    /// Room for eight rows of `columns` pixels, and for what becomes of them.
    pub(super) fn new(job: &Job, columns: usize) -> Result<Self> {
        let (channels, width) = (job.channels(), columns.next_multiple_of(SQUARE));
        let output_width = job.to.width as usize;
        let output = LANES * channels * output_width;
        Ok(Self {
            layout: job.layout,
            rows: 0,
            width,
            samples: try_filled(LANES * channels * width, 0)?,
            lanes: try_filled(LANES * width, 0)?,
            weighed: try_filled(if job.is_wide() { output } else { 0 }, 0)?,
            output: try_filled(output, 0)?,
            output_width,
        })
    }

    /// Takes a row of sums that have `shift` bits too many.
    #[inline(always)]
    pub(super) fn take<S: Simd>(&mut self, simd: S, sums: &[i32], shift: u32, fraction: u32) {
        simd.vectorize(
            #[inline(always)]
            || match self.layout {
                Layout::Gray => self.take_channels::<1>(sums, shift, fraction),
                Layout::GrayAlpha => self.take_channels::<2>(sums, shift, fraction),
                Layout::Rgb => self.take_channels::<3>(sums, shift, fraction),
                Layout::Rgba => self.take_channels::<4>(sums, shift, fraction),
            },
        );
        self.rows += 1;
    }

    #[inline(always)]
    fn take_channels<const CHANNELS: usize>(&mut self, sums: &[i32], shift: u32, fraction: u32) {
        let most = most_between(fraction) as i32;
        let (sums, _) = sums.as_chunks::<CHANNELS>();
        let mut channels = self.samples.chunks_exact_mut(LANES * self.width);
        let rows: [&mut [i16]; CHANNELS] = array::from_fn(|_| {
            channels.next().map_or(&mut [][..], |rows| &mut rows[self.rows * self.width..][..self.width])
        });
        let length = sums.len().min(self.width);
        for at in 0..length {
            for channel in 0..CHANNELS {
                rows[channel][at] = (sums[at][channel] >> shift).clamp(-most, most) as i16;
            }
        }
    }

    /// Scales the rows across, which empties the band. Its first column is the column of the source that stands
    /// beside the taps.
    #[inline(always)]
    pub(super) fn across<S: Simd>(
        &mut self,
        simd: S,
        (taps, start): (&Taps, usize),
        fraction: u32,
        light: Option<&Light>,
    ) -> &[u8] {
        let channels = self.layout.channels() as usize;
        for channel in 0..channels {
            simd.vectorize(
                #[inline(always)]
                || {
                    self.transpose(channel);
                    if self.weighed.is_empty() {
                        self.sum_plain(simd, taps, start, (channel, channels), fraction);
                    } else {
                        self.sum_weighed(simd, taps, start, channel);
                    }
                },
            );
        }
        match (self.layout.has_alpha(), light) {
            (true, None) => {
                self.unweigh(fraction, |weighed, alpha| ((weighed * 255 + alpha / 2) / alpha).min(255) as u8);
            }
            (true, Some(light)) => self.unweigh(fraction, |weighed, alpha| {
                light.sample((weighed * light::MOST as i32 + alpha / 2) / alpha)
            }),
            (false, Some(light)) => self.darken(light),
            (false, None) => {}
        }
        &self.output[..mem::take(&mut self.rows) * self.output_width * channels]
    }

    /// Makes one channel of the result, the first number of `channel`, of as many as the second says.
    #[inline(always)]
    fn sum_plain<S: Simd>(
        &mut self,
        simd: S,
        taps: &Taps,
        start: usize,
        (channel, channels): (usize, usize),
        fraction: u32,
    ) {
        let (shift, half) = (taps.bits + fraction, 1 << (taps.bits + fraction - 1));
        let mut rows = self.output.chunks_exact_mut(self.output_width * channels);
        let rows: [&mut [u8]; LANES] = array::from_fn(|_| rows.next().unwrap_or_default());
        for column in 0..self.output_width {
            let samples = &self.lanes[(taps.range(column).start - start) * LANES..];
            let sums: [i32; LANES] = sum_columns(simd, samples, taps.weights(column), half);
            for lane in 0..LANES {
                rows[lane][column * channels + channel] = (sums[lane] >> shift).clamp(0, 255) as u8;
            }
        }
    }

    /// Makes one channel where there is alpha or light, with bits after the point left for the division.
    #[inline(always)]
    fn sum_weighed<S: Simd>(&mut self, simd: S, taps: &Taps, start: usize, channel: usize) {
        let to = &mut self.weighed[channel * LANES * self.output_width..];
        let (shift, half) = (taps.bits, 1 << (taps.bits - 1));
        for (column, out) in to.as_chunks_mut::<LANES>().0.iter_mut().enumerate().take(self.output_width) {
            let samples = &self.lanes[(taps.range(column).start - start) * LANES..];
            let sums: [i32; LANES] = sum_columns(simd, samples, taps.weights(column), half);
            for lane in 0..LANES {
                out[lane] = (sums[lane] >> shift).clamp(0, i16::MAX.into()) as i16;
            }
        }
    }

    /// Puts the rows of a channel side by side.
    #[inline(always)]
    fn transpose(&mut self, channel: usize) {
        let rows = &self.samples[channel * LANES * self.width..][..LANES * self.width];
        let (lanes, _) = self.lanes.as_chunks_mut::<{ SQUARE * LANES }>();
        for (square, lanes) in lanes.iter_mut().enumerate() {
            let (pairs, _) = lanes.as_chunks_mut::<2>();
            for lane in 0..LANES {
                let row = &rows[lane * self.width + square * SQUARE..][..SQUARE];
                for (at, pair) in row.as_chunks::<2>().0.iter().enumerate() {
                    pairs[at * LANES + lane] = *pair;
                }
            }
        }
    }

    /// Divides colour by alpha with `divide`, and makes bytes of both.
    fn unweigh(&mut self, fraction: u32, divide: impl Fn(i32, i32) -> u8) {
        let channels = self.layout.channels() as usize;
        let (width, last) = (self.output_width, channels - 1);
        let half = 1 << fraction >> 1;
        for (lane, row) in self.output.chunks_exact_mut(width * channels).enumerate().take(self.rows) {
            for (column, pixel) in row.chunks_exact_mut(channels).enumerate() {
                let weighed =
                    |channel: usize| i32::from(self.weighed[(channel * width + column) * LANES + lane]);
                let alpha = weighed(last);
                for (channel, sample) in pixel[..last].iter_mut().enumerate() {
                    *sample = divide(weighed(channel), alpha.max(1));
                }
                pixel[last] = ((alpha + half) >> fraction).min(255) as u8;
                if pixel[last] == 0 {
                    pixel[..last].fill(0);
                }
            }
        }
    }

    /// Makes samples of light.
    fn darken(&mut self, light: &Light) {
        let channels = self.layout.channels() as usize;
        let width = self.output_width;
        for (lane, row) in self.output.chunks_exact_mut(width * channels).enumerate().take(self.rows) {
            for (column, pixel) in row.chunks_exact_mut(channels).enumerate() {
                for (channel, sample) in pixel.iter_mut().enumerate() {
                    *sample = light.sample(self.weighed[(channel * width + column) * LANES + lane].into());
                }
            }
        }
    }
}
