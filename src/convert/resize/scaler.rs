//! Scales a picture, or one of its planes, by rows: rows of the source go in, rows of the result come out.
//!
//! First down: eight rows of the source at a time are added, weighed, to each row of the result that they are a
//! part of, at the source's width. Then across: eight such rows at a time, side by side in the lanes of a vector.
//! Between the two a sample has some bits after the point, see [`Scaler::new`]. No more is held than the batch of
//! eight, the sums of the rows in work (six or so, and what a batch begins), and the weights.
//!
//! Where there is alpha, colour is weighed with it. Where light is asked for, samples are turned into it and back.

use std::{array, collections::VecDeque, mem, ops::Range};

use super::{
    band::Band,
    filter::Taps,
    job::{FRACTION, Job, most_between},
    kernels::{BATCH, BLOCK, LANES, add_rows},
    light::Light,
};
use crate::{
    error::{Error, Kind, Result},
    limits::try_filled,
    pixel::Layout,
    simd::{Level, Simd, dispatch},
};

/// The least bits after the point between the passes.
const LEAST_FRACTION: u32 = 3;

/// A picture or plane on its way from one size to another.
pub(crate) struct Scaler {
    job: Job,
    level: Level,
    down: Taps,
    across: Taps,
    /// The columns of the source that are needed, from an even one on.
    columns: Range<usize>,
    /// Numbers in a row of sums: the needed samples, rounded up.
    stride: usize,
    /// Bits after the point between the passes.
    fraction: u32,
    /// Rows of the source seen until now.
    taken: usize,
    /// Rows of the source that wait for their batch, and the batch as pairs.
    waiting: Vec<u8>,
    pairs: Vec<i16>,
    /// The first row of the result that is not whole yet, and the sums of the rows in work from it on.
    next: usize,
    sums: VecDeque<Vec<i32>>,
    spare: Vec<Vec<i32>>,
    band: Band,
    light: Option<Light>,
}

impl Scaler {
    /// The most heap that a scaler takes for a job, in bytes.
    pub(crate) fn heap_bytes(job: &Job) -> u64 {
        let columns = (job.columns() + BLOCK) as u64;
        let batch = BATCH as u64 * columns * 3;
        let sums = Self::most_slots(job) as u64 * (columns * 4 + 96);
        let taps = Taps::heap_bytes(&job.across(), job.filter) + Taps::heap_bytes(&job.down(), job.filter);
        let light = if job.linear { Light::HEAP_BYTES } else { 0 };
        batch + sums + Band::heap_bytes(job) + taps + light + 512
    }

    /// Rows of the result that a batch can be a part of.
    fn most_slots(job: &Job) -> usize {
        let axis = job.down();
        let rows = ((axis.most_taps(job.filter) + 2 * BATCH) as f64 / axis.step()).ceil() as usize + 2;
        rows.min(job.to.height as usize)
    }

    /// # Errors
    /// [`Kind::OutOfMemory`] when there is no room.
    pub(crate) fn new(job: Job) -> Result<Self> {
        Self::at_level(job, Level::new())
    }

    /// A scaler that works with a level of SIMD.
    pub(super) fn at_level(job: Job, level: Level) -> Result<Self> {
        let down = Taps::new(&job.down(), job.filter, 255 << job.source_fraction(), 22)?;
        // Weights of a great reduction are small and need bits of their own, more than the samples do.
        let spread = (job.across().step().max(1.0) as u32).ilog2();
        let spread = if job.linear { 0 } else { spread };
        let fraction = FRACTION.saturating_sub(spread).max(LEAST_FRACTION);
        let across = Taps::new(&job.across(), job.filter, most_between(fraction), 22)?;
        let columns = across.needed();
        let stride = (columns.len() * job.channels()).next_multiple_of(BLOCK);
        let mut waiting = Vec::new();
        waiting.try_reserve_exact(BATCH * job.columns())?;
        Ok(Self {
            level,
            stride,
            fraction,
            taken: 0,
            waiting,
            pairs: try_filled(BATCH * stride, 0)?,
            next: 0,
            sums: VecDeque::new(),
            spare: Vec::new(),
            band: Band::new(&job, columns.len())?,
            light: if job.linear { Some(Light::new()?) } else { None },
            columns,
            down,
            across,
            job,
        })
    }

    /// Takes whole rows of the source; gives each row of the result that is whole with them to `sink`, in order,
    /// or some of them at once.
    ///
    /// # Errors
    /// [`Kind::Internal`] for broken rows or too many, [`Kind::OutOfMemory`], and whatever `sink` says.
    pub(crate) fn push(&mut self, mut rows: &[u8], sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let bytes = self.job.columns();
        let height = self.job.from.height as usize;
        let count = rows.len() / bytes;
        if count * bytes != rows.len() || self.taken + self.waiting.len() / bytes + count > height {
            return Err(Error::new(Kind::Internal, format!("{} samples are no rows to scale", rows.len())));
        }
        while !rows.is_empty() {
            let whole = BATCH.min(height - self.taken) * bytes;
            if self.waiting.is_empty() && rows.len() >= whole {
                let (batch, rest) = rows.split_at(whole);
                rows = rest;
                self.batch(batch, sink)?;
                continue;
            }
            let (now, rest) = rows.split_at((whole - self.waiting.len()).min(rows.len()));
            rows = rest;
            self.waiting.extend_from_slice(now);
            if self.waiting.len() == whole {
                let mut batch = mem::take(&mut self.waiting);
                self.batch(&batch, sink)?;
                batch.clear();
                self.waiting = batch;
            }
        }
        Ok(())
    }

    /// What is being done.
    pub(crate) const fn job(&self) -> &Job {
        &self.job
    }

    /// True if all rows of the result were given.
    pub(crate) fn is_done(&self) -> bool {
        self.next == self.job.to.height as usize
    }

    /// Works on the next rows of the source: eight of them, or the last.
    fn batch(&mut self, rows: &[u8], sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let top = self.taken;
        self.taken += rows.len() / self.job.columns();
        let needed = self.down.needed();
        if self.is_done() || self.taken <= needed.start || top >= needed.end {
            return Ok(());
        }
        let level = self.level;
        dispatch!(level, simd => self.add_batch(simd, rows, top))?;
        while !self.is_done() && self.down.range(self.next).end <= self.taken {
            let Some(sums) = self.sums.pop_front() else { break };
            self.next += 1;
            let shift = self.down.bits + self.job.source_fraction() - self.fraction;
            let (band, fraction) = (&mut self.band, self.fraction);
            dispatch!(level, simd => band.take(simd, &sums, shift, fraction));
            self.spare.push(sums);
            if self.band.rows == LANES || self.is_done() {
                let bits = self.fraction;
                let (band, across, light) = (&mut self.band, &self.across, self.light.as_ref());
                let taps = (across, self.columns.start);
                let rows = dispatch!(level, simd => band.across(simd, taps, bits, light));
                sink(rows)?;
            }
        }
        Ok(())
    }

    /// Adds a batch to all rows of the result that it is a part of.
    #[inline(always)]
    fn add_batch<S: Simd>(&mut self, simd: S, rows: &[u8], top: usize) -> Result<()> {
        simd.vectorize(
            #[inline(always)]
            || self.pair_up(rows),
        );
        for row in self.next..self.job.to.height as usize {
            let range = self.down.range(row);
            if range.start >= self.taken {
                break;
            }
            let weights = self.down.weights(row);
            let weights = array::from_fn(|at| {
                (top + at).checked_sub(range.start).and_then(|at| weights.get(at)).copied().unwrap_or(0)
            });
            let slot = row - self.next;
            let is_new = slot == self.sums.len();
            if is_new {
                let sums = match self.spare.pop() {
                    Some(sums) => sums,
                    None => try_filled(self.stride, 0)?,
                };
                self.sums.try_reserve(1)?;
                self.sums.push_back(sums);
            }
            let half = 1 << (self.down.bits + self.job.source_fraction() - self.fraction - 1);
            let (sums, pairs) = (&mut self.sums[slot], &self.pairs);
            simd.vectorize(
                #[inline(always)]
                || add_rows(simd, sums, pairs, weights, is_new.then_some(half)),
            );
        }
        Ok(())
    }

    /// Puts each two rows of a batch side by side, without the columns that nobody needs.
    #[inline(always)]
    fn pair_up(&mut self, rows: &[u8]) {
        let channels = self.job.channels();
        let used = self.columns.start * channels..self.columns.end * channels;
        let pairs = self.pairs.chunks_exact_mut(2 * self.stride);
        let mut rows = rows.chunks_exact(self.job.columns()).map(|row| &row[used.clone()]);
        for pairs in pairs {
            let Some(upper) = rows.next() else { break };
            // Where there is no second row nothing weighs it.
            let lower = rows.next().unwrap_or(upper);
            let (pairs, _) = pairs.as_chunks_mut::<2>();
            let samples = pairs.iter_mut().zip(upper.iter().zip(lower));
            match (self.job.layout, &self.light) {
                (Layout::Gray | Layout::Rgb, None) => {
                    for (pair, (upper, lower)) in samples {
                        *pair = [i16::from(*upper), i16::from(*lower)];
                    }
                }
                (Layout::Gray | Layout::Rgb, Some(light)) => {
                    for (pair, (upper, lower)) in samples {
                        *pair = [light.of(*upper), light.of(*lower)];
                    }
                }
                (Layout::GrayAlpha, None) => pair_up_weighed::<2>(upper, lower, pairs, plain),
                (Layout::Rgba, None) => pair_up_weighed::<4>(upper, lower, pairs, plain),
                (Layout::GrayAlpha, Some(light)) => {
                    pair_up_weighed::<2>(upper, lower, pairs, |sample| light.of(sample));
                }
                (Layout::Rgba, Some(light)) => {
                    pair_up_weighed::<4>(upper, lower, pairs, |sample| light.of(sample));
                }
            }
        }
    }
}

/// A sample with [`FRACTION`] bits after the point.
#[inline(always)]
fn plain(sample: u8) -> i16 {
    i16::from(sample) << FRACTION
}

/// Puts two rows side by side with colour weighed by alpha, all with [`FRACTION`] bits after the point, which
/// `widen` gives to colour.
#[inline(always)]
fn pair_up_weighed<const CHANNELS: usize>(
    upper: &[u8],
    lower: &[u8],
    pairs: &mut [[i16; 2]],
    widen: impl Fn(u8) -> i16,
) {
    let pixels = upper.as_chunks::<CHANNELS>().0.iter().zip(lower.as_chunks::<CHANNELS>().0);
    for ((upper, lower), pairs) in pixels.zip(pairs.as_chunks_mut::<CHANNELS>().0) {
        let weighed = |pixel: &[u8; CHANNELS], channel: usize| {
            let alpha = u32::from(pixel[CHANNELS - 1]);
            let sample = if channel == CHANNELS - 1 { 255 << FRACTION } else { widen(pixel[channel]) as u32 };
            ((sample * alpha + 127) / 255) as i16
        };
        for (channel, pair) in pairs.iter_mut().enumerate() {
            *pair = [weighed(upper, channel), weighed(lower, channel)];
        }
    }
}
