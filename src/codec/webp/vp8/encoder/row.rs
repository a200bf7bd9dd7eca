//! One row of macroblocks: from converted pixels to a tape.

use super::{
    super::{
        macroblock::{Edge, Luma, Macroblock, for_each_block, skip_blocks},
        predict,
    },
    Observer, analysis,
    budget::Budget,
    cost::{ModeCosts, TokenCosts},
    diffusion::Errors,
    modes::{Pixels, Search, Site},
    planes::Planes,
    proba::TokenCounts,
    quant::Segment,
    token_buffer::RowTape,
    tuning::{Tools, Tuning},
    wavefront::{Above, Below},
};
use crate::{error::Result, simd::Simd};

/// What a column of macroblocks leaves to the row below, or a macroblock to the one at its right.
#[derive(Clone)]
pub struct Column {
    /// Luma.
    pub y: [u8; 16],
    /// Cb and Cr.
    pub uv: [[u8; 8]; 2],
    /// 4x4 modes.
    pub modes: [u8; 4],
    /// Blocks that have levels.
    pub coded: Edge,
    /// What chroma DCs were rounded by.
    pub uv_errors: Errors,
}

impl Column {
    /// Outside of the picture; pixels are 127 above and 129 at left.
    pub fn outside(pixel: u8) -> Self {
        Self {
            y: [pixel; 16],
            uv: [[pixel; 8]; 2],
            modes: [0; 4],
            coded: Edge::default(),
            uv_errors: [[0; 2]; 2],
        }
    }
}

/// What all rows share.
pub struct Shared<'a, O> {
    /// Macroblocks in a row.
    pub columns: usize,
    /// What the effort allows.
    pub tools: &'a Tools,
    /// Numbers.
    pub tuning: &'a Tuning,
    /// Quantisers.
    pub segments: &'a [Segment; 4],
    /// Token costs of now.
    pub costs: &'a TokenCosts,
    /// Mode costs.
    pub mode_costs: &'a ModeCosts,
    /// Who looks on.
    pub observer: &'a O,
}

/// A row that is coded.
pub struct Row {
    /// Its macroblocks.
    pub tape: RowTape,
    /// Its tokens.
    pub counts: Box<TokenCounts>,
    /// Macroblocks by segment.
    pub segment_counts: [u32; 4],
    /// Macroblocks without levels.
    pub skipped: u32,
    /// Bits of its modes.
    pub budget: Budget,
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

impl<O: Observer> Shared<'_, O> {
    /// Codes the row of a number.
    ///
    /// # Errors
    /// `OutOfMemory`; `Internal` when the row above has failed.
    #[inline(always)]
    pub fn encode<S: Simd>(
        &self,
        simd: S,
        number: usize,
        planes: &Planes,
        mut above: Above,
        mut below: Below,
        budget: Budget,
    ) -> Result<Row> {
        let mut row = Row {
            tape: RowTape::new(self.columns)?,
            counts: Box::new(TokenCounts::new()),
            segment_counts: [0; 4],
            skipped: 0,
            budget,
        };
        let mut left = Column::outside(129);
        // Above the left column: as the row above on the first row, else as the left column.
        let pixel = if number == 0 { 127 } else { 129 };
        let mut corner = Corner { y: pixel, uv: [pixel; 2] };
        for column in 0..self.columns {
            let (top, next) = above.pair(column, self.columns)?;
            let site = site(top, next, &left, corner, (number > 0, column > 0));
            corner = Corner::of(top);
            let mut bottom = Column { modes: top.modes, coded: top.coded, ..Column::outside(0) };
            simd.vectorize(
                #[inline(always)]
                || self.macroblock(simd, (column, number), planes, &site, &mut row, (&mut left, &mut bottom)),
            )?;
            below.push(bottom);
        }
        row.tape.finish();
        below.finish();
        Ok(row)
    }

    #[inline(always)]
    fn macroblock<S: Simd>(
        &self,
        simd: S,
        place: (usize, usize),
        planes: &Planes,
        site: &Site,
        row: &mut Row,
        (left, bottom): (&mut Column, &mut Column),
    ) -> Result<()> {
        let mut mb = Macroblock::new();
        let mut pixels = Pixels::new();
        let source = planes.macroblock(place.0);
        if row.budget.has_flags() {
            mb.segment = self.tuning.segment(analysis::activity(&source)) as u8;
        }
        let search = Search {
            simd,
            tools: self.tools,
            segment: &self.segments[usize::from(mb.segment)],
            costs: self.costs,
            modes: self.mode_costs,
            room: row.budget.room(),
        };
        [bottom.uv_errors, left.uv_errors] = search.encode(&source, site, &mut mb, &mut pixels);
        row.budget.spend(self.mode_costs.macroblock(&mb, site.top_modes, site.left_modes));
        row.record(&mb, left, bottom)?;
        bottom.y = pixels.y[15];
        for y in 0..16 {
            left.y[y] = pixels.y[y][15];
        }
        for plane in 0..2 {
            bottom.uv[plane] = pixels.uv[plane][7];
            for y in 0..8 {
                left.uv[plane][y] = pixels.uv[plane][y][7];
            }
        }
        let inner_edges = !mb.has_y2() || mb.coded() != 0;
        self.observer.macroblock(place, &pixels, inner_edges, mb.segment);
        Ok(())
    }
}

impl Row {
    /// Keeps a coded macroblock, counts its tokens, and leaves its contexts to its neighbours.
    #[inline(always)]
    fn record(&mut self, mb: &Macroblock, left: &mut Column, bottom: &mut Column) -> Result<()> {
        self.tape.write(mb, bottom.coded)?;
        self.segment_counts[usize::from(mb.segment & 3)] += 1;
        match &mb.luma {
            Luma::Whole(mode) => (bottom.modes, left.modes) = ([*mode; 4], [*mode; 4]),
            Luma::Blocks(modes) => {
                bottom.modes = [modes[12], modes[13], modes[14], modes[15]];
                left.modes = [modes[3], modes[7], modes[11], modes[15]];
            }
        }
        let coded = mb.coded();
        if coded == 0 {
            self.skipped += 1;
            skip_blocks(mb.has_y2(), &mut bottom.coded, &mut left.coded);
            return Ok(());
        }
        let counts = &mut self.counts;
        for_each_block(mb.has_y2(), coded, &mut bottom.coded, &mut left.coded, |block, kind, context, _| {
            counts.add(kind, mb.first(block), usize::from(mb.ends[block]), context, &mb.levels[block]);
        });
        Ok(())
    }
}

/// What is around a macroblock.
#[inline(always)]
fn site(
    top: &Column,
    next: Option<&Column>,
    left: &Column,
    corner: Corner,
    (has_top, has_left): (bool, bool),
) -> Site {
    let above_right = next.map_or([top.y[15]; 4], |next| [next.y[0], next.y[1], next.y[2], next.y[3]]);
    let chroma = |plane: usize| predict::Edge {
        top: top.uv[plane],
        left: left.uv[plane],
        corner: corner.uv[plane],
        has_top,
        has_left,
    };
    Site {
        y: predict::Edge { top: top.y, left: left.y, corner: corner.y, has_top, has_left },
        above_right,
        uv: [chroma(0), chroma(1)],
        top_modes: top.modes,
        left_modes: left.modes,
        top: top.coded,
        left: left.coded,
        uv_errors: [top.uv_errors, left.uv_errors],
    }
}
