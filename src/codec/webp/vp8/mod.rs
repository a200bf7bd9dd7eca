//! A lossy WebP encoder: VP8 key frames (RFC 6386), written by rows.
//!
//! Rows go in at the top and leave as macroblocks: a macroblock row of pixels, the reconstructed edges along it,
//! and the coded macroblocks packed small (`tape`) are all that is kept until the end, when the token
//! probabilities are known and the frame is written.
//!
//! | effort | 16x16 and chroma modes | 4x4 modes by true cost | levels |
//! |---|---|---|---|
//! | 0 | all, by a guess of their cost | none | rounded |
//! | 1 | | 1, after a guess of all ten | rounded |
//! | 2 | | 2 | rounded |
//! | 3 | | 1 | trellis of the best |
//! | 4 | | 2 | trellis of the best |
//! | 5 | | 3 | trellis of each |
//! | 6 | | 10 | trellis of each |
//!
//! Every level uses four segments by how busy a macroblock is, token costs that follow the picture, skip flags and
//! the normal loop filter. `NOTES.md` beside this file has what was tried.

#![allow(clippy::needless_range_loop, reason = "loops over blocks and lanes index several arrays")]

mod analysis;
mod boolenc;
mod budget;
mod cost;
#[cfg(test)]
mod filter;
mod frame;
mod macroblock;
mod modes;
mod predict;
mod proba;
mod quant;
mod source;
mod tables;
mod tape;
#[cfg(test)]
mod tests;
mod transform;
mod tuning;

use self::{
    budget::Budget,
    cost::{ModeCosts, TokenCosts},
    frame::{FilterHeader, Header},
    macroblock::{Luma, Macroblock, for_each_block, skip_blocks},
    modes::{Pixels, Search, Site},
    proba::TokenCounts,
    quant::Segment,
    source::Source,
    tables::TOKEN_PROBS,
    tape::Tape,
    tuning::{Tools, Tuning},
};
use crate::{
    error::{Error, Kind, Result},
    pixel::{Layout, Size, Subsampling},
    simd::{Level, Simd, dispatch},
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
}

/// Is shown each macroblock as it will be decoded, before the loop filter.
pub trait Observer {
    /// A macroblock at a column and row of macroblocks; whether its inner edges will be filtered.
    fn macroblock(&mut self, place: (usize, usize), pixels: &Pixels, inner_edges: bool, segment: u8);
}

/// Nobody looks.
impl Observer for () {
    fn macroblock(&mut self, _: (usize, usize), _: &Pixels, _: bool, _: u8) {}
}

/// Takes a picture by rows, gives a `VP8 ` chunk.
pub struct Encoder<O: Observer = ()> {
    size: Size,
    columns: usize,
    level: Level,
    tools: Tools,
    tuning: Tuning,
    segments: [Segment; 4],
    costs: TokenCosts,
    mode_costs: ModeCosts,
    counts: TokenCounts,
    source: Source,
    row: usize,
    top: Vec<Column>,
    tape: Tape,
    segment_counts: [u32; 4],
    skipped: u32,
    budget: Budget,
    until_update: u32,
    observer: O,
}

/// What a column of macroblocks leaves to the row below, or a macroblock to the one at its right.
#[derive(Clone)]
struct Column {
    y: [u8; 16],
    uv: [[u8; 8]; 2],
    modes: [u8; 4],
    coded: macroblock::Edge,
}

impl Column {
    /// Outside of the picture; pixels are 127 above and 129 at left.
    fn outside(pixel: u8) -> Self {
        Self { y: [pixel; 16], uv: [[pixel; 8]; 2], modes: [0; 4], coded: macroblock::Edge::default() }
    }
}

impl Encoder {
    /// An encoder of a picture of `size`.
    ///
    /// # Errors
    /// `Limit` for a side of zero or past 16383.
    pub fn new(size: Size, config: Config) -> Result<Self> {
        Self::observed(size, config, &Tuning::default(), Level::new(), ())
    }
}

impl<O: Observer> Encoder<O> {
    /// The same at a level of SIMD, watched.
    ///
    /// # Errors
    /// As [`Encoder::new`].
    fn observed(size: Size, config: Config, tuning: &Tuning, level: Level, observer: O) -> Result<Self> {
        let Size { width, height } = size;
        if width == 0 || height == 0 || width.max(height) > MAX_SIDE {
            let what = format!("{width}x{height} pixels: a lossy WebP has sides of 1 to {MAX_SIDE}");
            return Err(Error::limit(what));
        }
        let columns = width.div_ceil(16) as usize;
        let indices = tuning.quantizers(config.quality);
        let total = columns as u32 * height.div_ceil(16);
        Ok(Self {
            size,
            columns,
            level,
            tools: Tools::of(config.effort),
            segments: indices.map(|index| Segment::new(index, tuning)),
            tuning: tuning.clone(),
            costs: TokenCosts::new(&TOKEN_PROBS),
            mode_costs: ModeCosts::new(),
            counts: TokenCounts::new(),
            source: Source::new(size),
            row: 0,
            top: vec![Column::outside(127); columns],
            tape: Tape::new(),
            segment_counts: [0; 4],
            skipped: 0,
            budget: Budget::new(total),
            until_update: update_interval(total),
            observer,
        })
    }

    /// Takes whole rows of interleaved samples.
    ///
    /// # Errors
    /// `Internal` when they aren't whole rows, or more than the picture has; `Memory`.
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
    /// `Internal` when rows are missing; `Limit` when the frame doesn't fit its format; `Memory`.
    pub fn finish(self) -> Result<Vec<u8>> {
        self.finish_observed().map(|(frame, _)| frame)
    }

    /// The same, and the observer.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn finish_observed(self) -> Result<(Vec<u8>, O)> {
        if self.row < self.size.height.div_ceil(16) as usize {
            return Err(Error::new(Kind::Internal, "rows are missing"));
        }
        let header = Header {
            size: self.size,
            quantizers: [0, 1, 2, 3].map(|segment| self.segments[segment].index),
            offsets: self.tuning.offsets,
            filter: self.filter(),
            probs: self.counts.best_probs(),
            segment_counts: self.segment_counts,
            skipped: if self.budget.has_flags() { self.skipped } else { 0 },
        };
        Ok((frame::write(&header, self.tape)?, self.observer))
    }

    /// The loop filter's strength by segment: so much of the quantiser's step.
    fn filter(&self) -> FilterHeader {
        let level = |segment: usize| {
            let step = u32::from(self.segments[segment].y1.step[1]);
            (step * self.tuning.filter / 1024).min(63) as u8
        };
        FilterHeader { levels: [0, 1, 2, 3].map(level), sharpness: self.tuning.sharpness }
    }

    /// Codes the row of macroblocks that waits, if it is whole.
    fn encode_ready(&mut self) -> Result<()> {
        if self.source.prepare() {
            let level = self.level;
            dispatch!(level, simd => self.encode_row(simd))?;
            self.row += 1;
        }
        Ok(())
    }

    #[inline(always)]
    fn encode_row<S: Simd>(&mut self, simd: S) -> Result<()> {
        let mut left = Column::outside(129);
        let mut corner = self.corner();
        for column in 0..self.columns {
            let next_corner = Corner::of(&self.top[column]);
            let site = self.site(column, &left, corner);
            corner = next_corner;
            simd.vectorize(
                #[inline(always)]
                || self.encode_macroblock(simd, column, &site, &mut left),
            )?;
        }
        Ok(())
    }

    fn corner(&self) -> Corner {
        // Above the left column: as the row above on the first row, else as the left column.
        let pixel = if self.row == 0 { 127 } else { 129 };
        Corner { y: pixel, uv: [pixel; 2] }
    }

    fn site(&self, column: usize, left: &Column, corner: Corner) -> Site {
        let top = &self.top[column];
        let (has_top, has_left) = (self.row > 0, column > 0);
        let above_right = match self.top.get(column + 1) {
            Some(next) => [next.y[0], next.y[1], next.y[2], next.y[3]],
            None => [top.y[15]; 4],
        };
        Site {
            y: predict::Edge { top: top.y, left: left.y, corner: corner.y, has_top, has_left },
            above_right,
            uv: [0, 1].map(|plane| predict::Edge {
                top: top.uv[plane],
                left: left.uv[plane],
                corner: corner.uv[plane],
                has_top,
                has_left,
            }),
            top_modes: top.modes,
            left_modes: left.modes,
            top: top.coded,
            left: left.coded,
        }
    }

    #[inline(always)]
    fn encode_macroblock<S: Simd>(
        &mut self,
        simd: S,
        column: usize,
        site: &Site,
        left: &mut Column,
    ) -> Result<()> {
        let mut mb = Macroblock::new();
        let mut pixels = Pixels::new();
        let source = self.source.macroblock(column);
        if self.budget.has_flags() {
            let activity = analysis::activity(&source);
            mb.segment = self.tuning.activities.iter().filter(|&&limit| activity >= limit).count() as u8;
        }
        let search = Search {
            simd,
            tools: &self.tools,
            segment: &self.segments[usize::from(mb.segment)],
            costs: &self.costs,
            modes: &self.mode_costs,
            room: self.budget.room(),
        };
        search.encode(&source, site, &mut mb, &mut pixels);
        self.budget.spend(self.mode_costs.macroblock(&mb, site.top_modes, site.left_modes));
        self.record(column, &mb, left)?;
        let top = &mut self.top[column];
        top.y = pixels.y[15];
        for (left, row) in left.y.iter_mut().zip(&pixels.y) {
            *left = row[15];
        }
        for plane in 0..2 {
            top.uv[plane] = pixels.uv[plane][7];
            for (left, row) in left.uv[plane].iter_mut().zip(&pixels.uv[plane]) {
                *left = row[7];
            }
        }
        let inner_edges = !mb.has_y2() || !mb.is_empty();
        self.observer.macroblock((column, self.row), &pixels, inner_edges, mb.segment);
        Ok(())
    }

    /// Keeps a coded macroblock, counts its tokens, and leaves its contexts to its neighbours.
    fn record(&mut self, column: usize, mb: &Macroblock, left: &mut Column) -> Result<()> {
        self.tape.write(mb)?;
        self.segment_counts[usize::from(mb.segment & 3)] += 1;
        let top = &mut self.top[column];
        match &mb.luma {
            Luma::Whole(mode) => (top.modes, left.modes) = ([*mode; 4], [*mode; 4]),
            Luma::Blocks(modes) => {
                top.modes = [12, 13, 14, 15].map(|block| modes[block]);
                left.modes = [3, 7, 11, 15].map(|block| modes[block]);
            }
        }
        if mb.is_empty() {
            self.skipped += 1;
            skip_blocks(mb, &mut top.coded, &mut left.coded);
        } else {
            for_each_block(mb, &mut top.coded, &mut left.coded, |block, kind, context| {
                self.counts.add(
                    kind,
                    mb.first(block),
                    usize::from(mb.ends[block]),
                    context,
                    &mb.levels[block],
                );
            });
        }
        self.until_update -= 1;
        if self.until_update == 0 {
            self.until_update = update_interval(self.columns as u32 * self.size.height.div_ceil(16));
            self.costs.update(&self.counts.best_probs());
        }
        Ok(())
    }
}

/// Pixels above and at left of a macroblock.
#[derive(Clone, Copy)]
struct Corner {
    y: u8,
    uv: [u8; 2],
}

impl Corner {
    /// The corner that a macroblock's column leaves to the macroblock at right.
    const fn of(column: &Column) -> Self {
        Self { y: column.y[15], uv: [column.uv[0][7], column.uv[1][7]] }
    }
}

/// Macroblocks from one look at the token statistics to the next.
const fn update_interval(total: u32) -> u32 {
    if total / 8 > 96 { total / 8 } else { 96 }
}
