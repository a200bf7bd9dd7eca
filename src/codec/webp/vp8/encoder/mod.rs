//! A lossy WebP encoder: VP8 key frames (RFC 6386), written by rows.
//!
//! Rows go in at the top and leave as macroblocks: a macroblock row of pixels, the reconstructed edge below it, the
//! modes, and the tokens: up to four megabytes of them packed (`token_buffer`), until their probabilities are well known, the
//! rest as they will be in the file. With several threads up to eight rows wait and are coded side by side (`wavefront`).
//!
//! | effort | 16x16 and chroma modes | 4x4 modes by true cost | 4x4 is given up | levels |
//! |---|---|---|---|---|
//! | 0 | all, by a guess of their cost | none | | rounded |
//! | 1 | | 1, after a guess of all ten | when no better so far | rounded |
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

pub use self::memory::{Incoming, Room, held_bytes, likely_bytes, most_bytes, thread_bytes};

use std::{mem, ops::Range};

use self::{
    analysis::Sample,
    budget::Budget,
    cost::{ModeCosts, TokenCosts},
    frame::{FilterHeader, Header},
    modes::Pixels,
    planes::Planes,
    proba::TokenCounts,
    quant::Segment,
    row::{Column, Row, Shared},
    source::Source,
    token_buffer::{Bits, RowTape},
    tokens::Tokens,
    tuning::{Tools, Tuning},
    wavefront::{Above, Job, link, side_by_side},
};
use super::tables::TOKEN_PROBS;
use crate::{
    error::{Error, Kind, Result},
    pixel::{Layout, Size, Subsampling},
    simd::{Level, dispatch},
};

/// The longest side of a lossy WebP.
const MAX_SIDE: u32 = 16_383;

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

/// Is shown each macroblock as it will be decoded, before the loop filter.
pub trait Observer: Sync {
    /// A macroblock at a column and row of macroblocks; whether its inner edges will be filtered.
    fn macroblock(&self, place: (usize, usize), pixels: &Pixels, inner_edges: bool, segment: u8);
}

/// Nobody looks.
impl Observer for () {
    fn macroblock(&self, _: (usize, usize), _: &Pixels, _: bool, _: u8) {}
}

/// Takes a picture by rows, gives a `VP8 ` chunk.
pub struct Encoder<O: Observer = ()> {
    size: Size,
    columns: usize,
    /// Rows of macroblocks, and how many of them are coded under the same token costs.
    rows: usize,
    batch: usize,
    threads: usize,
    quality: u8,
    sharp: bool,
    /// The most bytes of the frame.
    room: usize,
    level: Level,
    tools: Tools,
    tuning: Tuning,
    segments: [Segment; 4],
    costs: TokenCosts,
    mode_costs: ModeCosts,
    counts: Box<TokenCounts>,
    source: Source,
    /// Modes of the rows that are coded.
    modes: Vec<Bits>,
    /// Their tokens.
    tokens: Tokens,
    /// The lower edge of the last row.
    top: Vec<Column>,
    segment_counts: [u32; 4],
    skipped: u32,
    budget: Budget,
    /// What of it each row of the batch may take.
    share: Budget,
    /// Macroblocks since the token costs were last looked at.
    since_update: u32,
    observer: O,
}

impl Encoder {
    /// The same, for a frame of any length.
    ///
    /// # Errors
    /// As [`Encoder::within`].
    #[cfg(test)]
    fn new(size: Size, config: Config) -> Result<Self> {
        Self::within(size, config, u64::MAX)
    }

    /// An encoder of a picture of `size`, for a frame of at most `most` bytes: pushing or finishing fails with
    /// `OutputTooLarge` as soon as it is sure to be longer.
    ///
    /// # Errors
    /// `LimitExceeded` for a side of zero or past 16383; `OutOfMemory`.
    pub fn within(size: Size, config: Config, most: u64) -> Result<Self> {
        Self::build(size, config, most, &Tuning::default(), Level::new(), ())
    }
}

impl<O: Observer> Encoder<O> {
    /// The same at a level of SIMD, watched.
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
        let room = Room::new(size, config.quality, most);
        let tape = [memory::tape_bytes, memory::tape_room].map(|bytes| bytes(size, config.quality));
        let budget = Budget::new((columns * rows) as u32);
        Ok(Self {
            size,
            columns,
            rows,
            batch,
            threads,
            quality: config.quality,
            sharp: config.sharp,
            room: usize::try_from(room.most).unwrap_or(usize::MAX >> 1),
            level,
            tools: Tools::of(config.effort),
            segments: [0, 1, 2, 3].map(|number| Segment::new(indices[number], number, tuning)),
            tuning: tuning.clone(),
            costs: TokenCosts::new(&TOKEN_PROBS),
            mode_costs: ModeCosts::new(),
            counts: Box::new(TokenCounts::new()),
            source: Source::new(size, analysis::strips(size), if threads > 1 { batch } else { 1 }),
            modes: Vec::new(),
            tokens: Tokens::new(tape.into(), room, budget.has_flags()),
            top: vec![Column::outside(127); columns],
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
    /// `Internal` when they aren't whole rows, or more than the picture has; `OutOfMemory`.
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

    /// Ends the picture: the payload of a `VP8 ` chunk.
    ///
    /// # Errors
    /// `Internal` when rows are missing; `LimitExceeded` when the frame doesn't fit its format; `OutOfMemory`.
    pub fn finish(self) -> Result<Vec<u8>> {
        self.finish_observed().map(|(frame, _)| frame)
    }

    /// The same, and the observer.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn finish_observed(mut self) -> Result<(Vec<u8>, O)> {
        if self.modes.len() < self.rows {
            return Err(Error::new(Kind::Internal, "rows are missing"));
        }
        self.tokens.fix(|| self.counts.best_probs());
        self.tokens.write(self.level)?;
        let header = Header {
            size: self.size,
            quantizers: [0, 1, 2, 3].map(|segment| self.segments[segment].index),
            offsets: self.tuning.offsets,
            filter: self.filter(),
            probs: *self.tokens.probs().unwrap_or(&TOKEN_PROBS),
            segment_counts: self.segment_counts,
            skipped: if self.budget.has_flags() { self.skipped } else { 0 },
        };
        let tokens = self.tokens.finish()?;
        Ok((frame::write(&header, self.modes, tokens, self.room)?, self.observer))
    }

    /// The loop filter's strength by segment: so much of the quantiser's step.
    fn filter(&self) -> FilterHeader {
        let level = |segment: usize| {
            let step = u32::from(self.segments[segment].y1.step[1]);
            (step * self.tuning.filter[segment] / 1024).min(63) as u8
        };
        FilterHeader { levels: [0, 1, 2, 3].map(level), sharpness: self.tuning.sharpness }
    }

    /// Codes the rows of macroblocks that wait, if they are enough.
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

    /// Moves the quantisers by how busy the strips are that wait first, which may be all.
    fn choose_quantizers(&mut self) {
        let mut sample = Sample::new();
        for strip in self.source.strips() {
            sample.add(strip, self.size.width as usize, &self.tuning);
        }
        let shift = sample.shift(self.size.height, &self.tuning);
        let indices = self.tuning.quantizers(self.quality, shift);
        self.segments = [0, 1, 2, 3].map(|number| Segment::new(indices[number], number, &self.tuning));
    }

    /// Codes some of the rows that wait side by side, each a little behind the one above, and writes the tokens of those before.
    fn encode_waiting(&mut self, strips: Range<usize>) -> Result<Vec<Row>> {
        let Self { source, tokens, share, level, .. } = self;
        let (shared, level) = (
            Shared {
                columns: self.columns,
                tools: &self.tools,
                tuning: &self.tuning,
                segments: &self.segments,
                costs: &self.costs,
                mode_costs: &self.mode_costs,
                observer: &self.observer,
            },
            *level,
        );
        let mut above = Above::whole(mem::take(&mut self.top));
        let mut jobs: Vec<Job<'_, Option<Row>>> = Vec::new();
        for (number, strip) in (self.modes.len()..).zip(&source.strips()[strips]) {
            let (below, next) = link();
            let from = mem::replace(&mut above, next);
            let (shared, budget, width) = (&shared, share.clone(), self.size.width);
            let sharp = self.sharp && strip.is_rgb();
            jobs.push(Box::new(move || {
                let mut planes = Planes::new(width, sharp)?;
                dispatch!(level, simd => planes.fill(simd, strip));
                dispatch!(level, simd => shared.encode(simd, number, &planes, from, below, budget)).map(Some)
            }));
        }
        if tokens.is_ready() {
            jobs.push(Box::new(move || tokens.write(level).map(|()| None)));
        }
        let rows = side_by_side(self.threads, jobs)?;
        self.top = above.into_columns();
        Ok(rows.into_iter().flatten().collect())
    }

    /// Adds up what a row has come to.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn keep(&mut self, row: Row) -> Result<()> {
        self.counts.add_all(&row.counts);
        for (sum, count) in self.segment_counts.iter_mut().zip(row.segment_counts) {
            *sum += count;
        }
        self.skipped += row.skipped;
        self.budget.add(&row.budget);
        let RowTape { modes, levels, above } = row.tape;
        self.modes.push(modes);
        self.tokens.hold(levels, above)?;
        if self.tokens.is_long() {
            self.tokens.fix(|| self.counts.best_probs());
        }
        self.since_update += self.columns as u32;
        Ok(())
    }

    /// Looks at the token statistics from time to time, until they are fixed.
    fn update_costs(&mut self) {
        let total = (self.columns * self.rows) as u32;
        if self.since_update >= (total / 8).max(96) {
            self.since_update = 0;
            let probs = self.tokens.probs().copied().unwrap_or_else(|| self.counts.best_probs());
            self.costs.update(&probs);
        }
    }
}

/// The most rows of macroblocks that are coded under the same token costs: as many threads can work on a picture.
const MOST_ROWS: usize = 8;

/// How many these are.
fn batch(rows: usize) -> usize {
    (rows / 12).clamp(2, MOST_ROWS)
}
