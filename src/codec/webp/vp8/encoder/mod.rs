//! A lossy WebP encoder: VP8 key frames (RFC 6386), written by rows.
//!
//! Rows go in at the top and leave as macroblocks: a macroblock row of pixels, the reconstructed edge below it, the
//! modes, and the tokens. Up to four megabytes of tokens wait packed (`token_buffer`) until their probabilities are
//! well known, the rest is written at once (`tokens`). With several threads up to eight rows wait and are coded side by
//! side (`wavefront`).
//!
//! | effort | 16x16 and chroma modes | 4x4 modes by true cost | 4x4 is given up | levels |
//! |---|---|---|---|---|
//! | 0 | all, by estimated cost | none | | rounded |
//! | 1 | | 1, after an estimate of all ten | when no better so far | rounded |
//! | 2 | | 1 | when 4/64 worse | rounded |
//! | 3 | | 2 | when 8/64 worse | trellis of the best |
//! | 4 | | 2 | when 8/64 worse | trellis of each |
//! | 5 | | 3 | when 16/64 worse | trellis of each |
//! | 6 | | 10 | when twice as bad | trellis of each |
//!
//! Every level uses four segments by how busy a macroblock is, token costs that follow the picture, skip flags and
//! the normal loop filter. `NOTES.md` beside this file has what was tried.

mod analysis;
pub mod boolenc;
mod budget;
mod chroma;
mod color;
mod cost;
mod diffusion;
mod frame;
mod i16x16;
mod i4x4;
mod memory;
mod modes;
mod planes;
mod proba;
mod quant;
mod row;
mod sharp_yuv;
mod source;
#[cfg(test)]
pub mod tests;
mod token_buffer;
mod tokens;
mod trellis;
mod tuning;
mod wavefront;

pub use self::memory::{
    Incoming, frame_bytes, frame_capacity, heap_bytes, likely_bytes, most_bytes, thread_bytes,
};

use std::{mem, ops::Range};

use self::{
    analysis::ActivitySample,
    budget::PartitionBudget,
    cost::{ModeCosts, TokenCosts},
    frame::{FilterHeader, Header},
    memory::TokenBufferSize,
    modes::Pixels,
    planes::Planes,
    proba::TokenCounts,
    quant::Segment,
    row::{EncodedRow, MacroblockEdge, OUTSIDE_TOP, RowEncoder, RowTask},
    source::Source,
    token_buffer::{PackedBits, PackedRow},
    tokens::TokenWriter,
    tuning::{Tools, Tuning},
    wavefront::{Job, RowReceiver, row_channel, run_parallel},
};
use super::{super::MAX_SIDE, macroblock::Position, tables::TOKEN_PROBS};
use crate::{
    error::{Error, Kind, Result},
    pixel::{Layout, Size, Subsampling},
    simd::{Level, dispatch},
};

/// How a picture is coded.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// 0 to 100, with libwebp's meaning.
    pub quality: u8,
    /// 0 (fastest) to 6 (smallest).
    pub effort: u8,
    /// Chroma is made of RGB with more care, for thin coloured edges.
    pub sharp: bool,
    /// Threads to work with, the caller's among them; at least 1. The bytes are the same for any number.
    pub threads: usize,
}

/// Looks at each macroblock as it will be decoded, before the loop filter.
pub trait Observer: Sync {
    /// Is called with each macroblock: whether its inner edges will be filtered, and its segment.
    fn macroblock(&self, place: Position, pixels: &Pixels, inner_edges: bool, segment: u8);
}

/// Nobody looks.
impl Observer for () {
    fn macroblock(&self, _: Position, _: &Pixels, _: bool, _: u8) {}
}

/// Takes a picture by rows, and makes the payload of a `VP8 ` chunk.
pub struct Encoder<O: Observer = ()> {
    size: Size,
    columns: usize,
    /// Rows of macroblocks, and how many of them are a batch, which is coded under the same token costs.
    rows: usize,
    batch: usize,
    threads: usize,
    quality: u8,
    sharp: bool,
    /// The most bytes of the frame.
    max_bytes: usize,
    level: Level,
    tools: Tools,
    tuning: Tuning,
    segments: [Segment; 4],
    costs: TokenCosts,
    mode_costs: ModeCosts,
    counts: Box<TokenCounts>,
    source: Source,
    /// Modes of the rows that are coded.
    modes: Vec<PackedBits>,
    /// Tokens of these rows.
    tokens: TokenWriter,
    /// The lower edge of the last row.
    top: Vec<MacroblockEdge>,
    segment_counts: [u32; 4],
    skipped: u32,
    budget: PartitionBudget,
    /// Each row's share of the budget in this batch.
    share: PartitionBudget,
    /// Macroblocks since the token costs were last updated.
    since_update: u32,
    observer: O,
}

impl Encoder {
    /// An encoder for a frame of any length.
    ///
    /// # Errors
    /// As [`Encoder::within`].
    #[cfg(test)]
    fn new(size: Size, config: Config) -> Result<Self> {
        Self::within(size, config, u64::MAX)
    }

    /// An encoder of a picture of `size`, for a frame of at most `most` bytes: pushing or finishing fails with
    /// [`Kind::OutputTooLarge`] as soon as it is sure to be longer.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`] for a side of zero or past [`MAX_SIDE`]; [`Kind::OutOfMemory`].
    pub fn within(size: Size, config: Config, most: u64) -> Result<Self> {
        Self::build(size, config, most, &Tuning::default(), Level::new(), ())
    }
}

impl<O: Observer> Encoder<O> {
    /// An encoder at a level of SIMD that shows its macroblocks.
    ///
    /// # Errors
    /// As [`Encoder::within`].
    #[cfg(test)]
    fn observed(size: Size, config: Config, tuning: &Tuning, level: Level, observer: O) -> Result<Self> {
        Self::build(size, config, u64::MAX, tuning, level, observer)
    }

    fn build(
        size: Size,
        config: Config,
        most: u64,
        tuning: &Tuning,
        level: Level,
        observer: O,
    ) -> Result<Self> {
        let Size { width, height } = size;
        if width == 0 || height == 0 || width.max(height) > MAX_SIDE {
            let what = format!("{width}x{height} pixels: a lossy WebP has sides of 1 to {MAX_SIDE}");
            return Err(Error::limit(what));
        }
        let columns = width.div_ceil(16) as usize;
        let rows = height.div_ceil(16) as usize;
        let indices = tuning.quantizers(config.quality, 0);
        let batch = batch(rows);
        let threads = config.threads.clamp(1, batch);
        let capacity = frame_capacity(size, config.quality, most);
        let token_buffer = TokenBufferSize::new(size, config.quality);
        let budget = PartitionBudget::new((columns * rows) as u32);
        Ok(Self {
            size,
            columns,
            rows,
            batch,
            threads,
            quality: config.quality,
            sharp: config.sharp,
            max_bytes: usize::try_from(capacity.max).unwrap_or(usize::MAX >> 1),
            level,
            tools: Tools::of(config.effort),
            segments: [0, 1, 2, 3].map(|number| Segment::new(indices[number], number, tuning)),
            tuning: tuning.clone(),
            costs: TokenCosts::new(&TOKEN_PROBS),
            mode_costs: ModeCosts::new(),
            counts: Box::new(TokenCounts::new()),
            source: Source::new(size, analysis::lookahead_strips(size), if threads > 1 { batch } else { 1 }),
            modes: Vec::new(),
            tokens: TokenWriter::new(token_buffer, capacity, budget.has_flags()),
            top: vec![MacroblockEdge::outside(OUTSIDE_TOP); columns],
            segment_counts: [0; 4],
            skipped: 0,
            share: budget.clone(),
            budget,
            since_update: 0,
            observer,
        })
    }

    /// Takes whole rows of interleaved samples.
    ///
    /// # Errors
    /// [`Kind::Internal`] when they aren't whole rows, or more than the picture has; [`Kind::OutOfMemory`].
    pub fn push_rows(&mut self, layout: Layout, mut samples: &[u8]) -> Result<()> {
        while !samples.is_empty() {
            samples = self.source.take_rows(layout, samples)?;
            self.encode_ready()?;
        }
        Ok(())
    }

    /// Takes whole rows of full-range YCbCr planes; an even number of luma rows where chroma has half as many,
    /// but at the end.
    ///
    /// # Errors
    /// As [`Self::push_rows`].
    pub fn push_planes(&mut self, subsampling: Subsampling, mut planes: [&[u8]; 3]) -> Result<()> {
        while !planes[0].is_empty() {
            planes = self.source.take_planes(subsampling, planes)?;
            self.encode_ready()?;
        }
        Ok(())
    }

    /// Ends the picture, and returns the payload of a `VP8 ` chunk.
    ///
    /// # Errors
    /// [`Kind::Internal`] when rows are missing; [`Kind::LimitExceeded`] when the modes don't fit in the first
    /// partition; [`Kind::OutputTooLarge`]; [`Kind::OutOfMemory`].
    pub fn finish(self) -> Result<Vec<u8>> {
        self.finish_observed().map(|(frame, _)| frame)
    }

    /// Ends the picture, and returns the observer too.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn finish_observed(mut self) -> Result<(Vec<u8>, O)> {
        if self.modes.len() < self.rows {
            return Err(Error::new(Kind::Internal, "rows are missing"));
        }
        self.tokens.fix_probs(|| self.counts.best_probs());
        self.tokens.write(self.level)?;
        let header = Header {
            size: self.size,
            quantizers: [0, 1, 2, 3].map(|segment| self.segments[segment].index),
            index_deltas: self.tuning.index_deltas,
            filter: self.filter(),
            probs: *self.tokens.probs().unwrap_or(&TOKEN_PROBS),
            segment_counts: self.segment_counts,
            skipped: if self.budget.has_flags() { self.skipped } else { 0 },
        };
        let tokens = self.tokens.finish()?;
        Ok((frame::write(&header, self.modes, tokens, self.max_bytes)?, self.observer))
    }

    /// The loop filter's level by segment: a part of the quantiser's step.
    fn filter(&self) -> FilterHeader {
        let level = |segment: usize| {
            let step = u32::from(self.segments[segment].y1.step[1]);
            (step * self.tuning.filter[segment] / 1024).min(63) as u8
        };
        FilterHeader { levels: [0, 1, 2, 3].map(level), sharpness: self.tuning.sharpness }
    }

    /// Codes the strips that wait, if they are enough.
    fn encode_ready(&mut self) -> Result<()> {
        if !self.source.is_full() {
            return Ok(());
        }
        if self.modes.is_empty() {
            self.choose_quantizers();
        }
        let (waiting, mut done) = (self.source.strips().len(), 0);
        while done < waiting {
            let of_batch = self.modes.len() % self.batch;
            if of_batch == 0 {
                self.share = self.budget.of_a_row(self.columns as u32);
            }
            let most = if self.threads > 1 { self.batch - of_batch } else { 1 };
            let next = waiting.min(done + most);
            for row in self.encode_waiting(done..next)? {
                self.keep(row)?;
            }
            done = next;
            if self.modes.len().is_multiple_of(self.batch) {
                self.update_costs();
            }
        }
        self.source.clear();
        Ok(())
    }

    /// Chooses the quantisers by how busy the first strips are, which may be all.
    fn choose_quantizers(&mut self) {
        let mut sample = ActivitySample::new();
        for strip in self.source.strips() {
            sample.add(strip, self.size.width as usize, &self.tuning);
        }
        let shift = sample.shift(self.size.height, &self.tuning);
        let indices = self.tuning.quantizers(self.quality, shift);
        self.segments = [0, 1, 2, 3].map(|number| Segment::new(indices[number], number, &self.tuning));
    }

    /// Codes some of the strips that wait side by side, each a little behind the one above, and writes the tokens of
    /// the rows before.
    fn encode_waiting(&mut self, strips: Range<usize>) -> Result<Vec<EncodedRow>> {
        let Self { source, tokens, share, level, .. } = self;
        let level = *level;
        let encoder = RowEncoder {
            columns: self.columns,
            tools: &self.tools,
            tuning: &self.tuning,
            segments: &self.segments,
            costs: &self.costs,
            mode_costs: &self.mode_costs,
            observer: &self.observer,
        };
        let mut last = RowReceiver::done(mem::take(&mut self.top));
        let mut jobs: Vec<Job<'_, Option<EncodedRow>>> = Vec::new();
        for (number, strip) in (self.modes.len()..).zip(&source.strips()[strips]) {
            let (below, next) = row_channel();
            let above = mem::replace(&mut last, next);
            let (encoder, budget, width) = (&encoder, share.clone(), self.size.width);
            let sharp = self.sharp && strip.is_rgb();
            jobs.push(Box::new(move || {
                let mut planes = Planes::new(width, sharp)?;
                dispatch!(level, simd => planes.fill(simd, strip));
                let task = RowTask { number, planes: &planes, above, below, budget };
                dispatch!(level, simd => encoder.encode(simd, task)).map(Some)
            }));
        }
        if tokens.is_ready() {
            jobs.push(Box::new(move || tokens.write(level).map(|()| None)));
        }
        let rows = run_parallel(self.threads, jobs)?;
        self.top = last.into_columns();
        Ok(rows.into_iter().flatten().collect())
    }

    /// Keeps a coded row, and adds up its counts.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`].
    fn keep(&mut self, row: EncodedRow) -> Result<()> {
        self.counts.add_all(&row.counts);
        for (sum, count) in self.segment_counts.iter_mut().zip(row.segment_counts) {
            *sum += count;
        }
        self.skipped += row.skipped;
        self.budget.add(&row.budget);
        let PackedRow { modes, levels, top_flags } = row.packed;
        self.modes.push(modes);
        self.tokens.push_row(levels, top_flags)?;
        if self.tokens.is_buffer_full() {
            self.tokens.fix_probs(|| self.counts.best_probs());
        }
        self.since_update += self.columns as u32;
        Ok(())
    }

    /// Updates the token costs from time to time, until the probabilities are fixed.
    fn update_costs(&mut self) {
        let total = (self.columns * self.rows) as u32;
        if self.since_update >= (total / 8).max(96) {
            self.since_update = 0;
            let probs = self.tokens.probs().copied().unwrap_or_else(|| self.counts.best_probs());
            self.costs.update(&probs);
        }
    }
}

/// The most rows of macroblocks in a batch, and so the most threads that can work on a picture.
const MAX_BATCH: usize = 8;

/// How many rows of macroblocks are a batch, which is coded under the same token costs.
fn batch(rows: usize) -> usize {
    (rows / 12).clamp(2, MAX_BATCH)
}
