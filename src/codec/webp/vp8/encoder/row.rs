//! Codes one row of macroblocks: from converted pixels to packed modes and levels.

use super::{
    super::{
        macroblock::{
            BlockMode, BlockVisit, Luma, Macroblock, NonzeroFlags, Position, for_each_block, skip_blocks,
        },
        predict,
    },
    Observer, analysis,
    budget::PartitionBudget,
    cost::{ModeCosts, TokenCosts},
    diffusion::DcErrors,
    modes::{ModeSearch, Neighbors, Pixels},
    planes::Planes,
    proba::TokenCounts,
    quant::Segment,
    token_buffer::PackedRow,
    tuning::{Tools, Tuning},
    wavefront::{RowReceiver, RowSender},
};
use crate::{error::Result, simd::Simd};

/// Pixels outside of the picture: above it, and at its left (RFC 6386, section 12.2).
pub const OUTSIDE_TOP: u8 = 127;
pub const OUTSIDE_LEFT: u8 = 129;

/// What a macroblock hands on to the one below it, or to the one at its right.
#[derive(Clone)]
pub struct MacroblockEdge {
    /// Luma.
    pub y: [u8; 16],
    /// Cb and Cr.
    pub uv: [[u8; 8]; 2],
    /// 4x4 modes.
    pub modes: [BlockMode; 4],
    /// Blocks with nonzero levels.
    pub nonzero: NonzeroFlags,
    /// Rounding errors of chroma DCs.
    pub uv_errors: DcErrors,
}

impl MacroblockEdge {
    /// An edge outside of the picture, whose pixels are [`OUTSIDE_TOP`] or [`OUTSIDE_LEFT`].
    pub fn outside(pixel: u8) -> Self {
        Self {
            y: [pixel; 16],
            uv: [[pixel; 8]; 2],
            modes: [0; 4],
            nonzero: NonzeroFlags::default(),
            uv_errors: [[0; 2]; 2],
        }
    }
}

/// Codes rows, with what all of them share.
pub struct RowEncoder<'a, O> {
    /// Macroblocks in a row.
    pub columns: usize,
    /// The effort's tools.
    pub tools: &'a Tools,
    /// Numbers.
    pub tuning: &'a Tuning,
    /// Quantisers.
    pub segments: &'a [Segment; 4],
    /// Token costs under the current probabilities.
    pub costs: &'a TokenCosts,
    /// Mode costs.
    pub mode_costs: &'a ModeCosts,
    /// Who looks on.
    pub observer: &'a O,
}

/// A row to be coded.
pub struct RowTask<'a> {
    /// Its number, from the top.
    pub number: usize,
    /// Its pixels.
    pub planes: &'a Planes,
    /// Edges of the row above.
    pub above: RowReceiver,
    /// Where its own edges go.
    pub below: RowSender,
    /// Bits for its modes.
    pub budget: PartitionBudget,
}

/// A row that is coded.
pub struct EncodedRow {
    /// Its modes and levels.
    pub packed: PackedRow,
    /// Its tokens, counted.
    pub counts: Box<TokenCounts>,
    /// Macroblocks by segment.
    pub segment_counts: [u32; 4],
    /// Macroblocks without nonzero levels.
    pub skipped: u32,
    /// Bits of its modes.
    pub budget: PartitionBudget,
}

/// The pixels above and at left of a macroblock.
#[derive(Clone, Copy)]
struct Corner {
    y: u8,
    uv: [u8; 2],
}

impl Corner {
    /// The corner of the macroblock at right of the one below `edge`.
    const fn of(edge: &MacroblockEdge) -> Self {
        Self { y: edge.y[15], uv: [edge.uv[0][7], edge.uv[1][7]] }
    }
}

/// The edges that a macroblock writes.
struct OwnEdges<'a> {
    /// The right one, at left of the next macroblock.
    right: &'a mut MacroblockEdge,
    bottom: &'a mut MacroblockEdge,
}

impl<O: Observer> RowEncoder<'_, O> {
    /// Codes a row.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory); [`Kind::Internal`](crate::error::Kind::Internal) when
    /// the row above has failed.
    #[inline(always)]
    pub fn encode<S: Simd>(&self, simd: S, task: RowTask<'_>) -> Result<EncodedRow> {
        let RowTask { number, planes, mut above, mut below, budget } = task;
        let mut row = EncodedRow {
            packed: PackedRow::new(self.columns)?,
            counts: Box::new(TokenCounts::new()),
            segment_counts: [0; 4],
            skipped: 0,
            budget,
        };
        let mut left = MacroblockEdge::outside(OUTSIDE_LEFT);
        // Above the left column: as the row above on the first row, else as the left column.
        let pixel = if number == 0 { OUTSIDE_TOP } else { OUTSIDE_LEFT };
        let mut corner = Corner { y: pixel, uv: [pixel; 2] };
        for column in 0..self.columns {
            let (top, next) = above.pair(column, self.columns)?;
            let position = Position { column, row: number };
            let neighbors = neighbors(top, next, &left, corner, position);
            corner = Corner::of(top);
            let (modes, nonzero) = (top.modes, top.nonzero);
            let mut bottom = MacroblockEdge { modes, nonzero, ..MacroblockEdge::outside(0) };
            simd.vectorize(
                #[inline(always)]
                || {
                    let edges = OwnEdges { right: &mut left, bottom: &mut bottom };
                    self.macroblock(simd, planes, &neighbors, &mut row, edges)
                },
            )?;
            below.push(bottom);
        }
        row.packed.finish();
        below.finish();
        Ok(row)
    }

    #[inline(always)]
    fn macroblock<S: Simd>(
        &self,
        simd: S,
        planes: &Planes,
        neighbors: &Neighbors,
        row: &mut EncodedRow,
        edges: OwnEdges<'_>,
    ) -> Result<()> {
        let OwnEdges { right, bottom } = edges;
        let mut mb = Macroblock::new();
        let mut pixels = Pixels::new();
        let source = planes.macroblock(neighbors.position.column);
        if row.budget.has_flags() {
            mb.segment = self.tuning.segment(analysis::activity(&source)) as u8;
        }
        let search = ModeSearch {
            simd,
            tools: self.tools,
            segment: &self.segments[usize::from(mb.segment)],
            costs: self.costs,
            modes: self.mode_costs,
            allowed: row.budget.allowed_modes(),
        };
        [bottom.uv_errors, right.uv_errors] = search.encode(&source, neighbors, &mut mb, &mut pixels);
        row.budget.spend(self.mode_costs.macroblock(&mb, neighbors.top_modes, neighbors.left_modes));
        row.record(&mb, right, bottom)?;
        bottom.y = pixels.y[15];
        for y in 0..16 {
            right.y[y] = pixels.y[y][15];
        }
        for plane in 0..2 {
            bottom.uv[plane] = pixels.uv[plane][7];
            for y in 0..8 {
                right.uv[plane][y] = pixels.uv[plane][y][7];
            }
        }
        let inner_edges = !mb.has_y2() || mb.nonzero_blocks() != 0;
        self.observer.macroblock(neighbors.position, &pixels, inner_edges, mb.segment);
        Ok(())
    }
}

impl EncodedRow {
    /// Packs a coded macroblock, counts its tokens, and hands its contexts to its neighbours: the edges hold those of
    /// the macroblocks at left and above.
    #[inline(always)]
    fn record(
        &mut self,
        mb: &Macroblock,
        right: &mut MacroblockEdge,
        bottom: &mut MacroblockEdge,
    ) -> Result<()> {
        self.packed.write(mb, bottom.nonzero)?;
        self.segment_counts[usize::from(mb.segment & 3)] += 1;
        match &mb.luma {
            Luma::I16x16(mode) => {
                (bottom.modes, right.modes) = ([*mode as BlockMode; 4], [*mode as BlockMode; 4]);
            }
            Luma::I4x4(modes) => {
                bottom.modes = [modes[12], modes[13], modes[14], modes[15]];
                right.modes = [modes[3], modes[7], modes[11], modes[15]];
            }
        }
        let nonzero = mb.nonzero_blocks();
        if nonzero == 0 {
            self.skipped += 1;
            skip_blocks(mb.has_y2(), &mut bottom.nonzero, &mut right.nonzero);
            return Ok(());
        }
        let counts = &mut self.counts;
        for_each_block(mb.has_y2(), nonzero, &mut bottom.nonzero, &mut right.nonzero, |visit| {
            let BlockVisit { block, block_type, context, .. } = visit;
            counts.add(block_type, usize::from(mb.eobs[block]), context, &mb.levels[block]);
        });
        Ok(())
    }
}

/// Gathers what is around a macroblock; `next` is the edge behind `top`.
#[inline(always)]
fn neighbors(
    top: &MacroblockEdge,
    next: Option<&MacroblockEdge>,
    left: &MacroblockEdge,
    corner: Corner,
    position: Position,
) -> Neighbors {
    let (has_top, has_left) = (position.has_top(), position.has_left());
    let above_right = next.map_or([top.y[15]; 4], |next| [next.y[0], next.y[1], next.y[2], next.y[3]]);
    let chroma = |plane: usize| predict::Edge {
        top: top.uv[plane],
        left: left.uv[plane],
        corner: corner.uv[plane],
        has_top,
        has_left,
    };
    Neighbors {
        position,
        y: predict::Edge { top: top.y, left: left.y, corner: corner.y, has_top, has_left },
        above_right,
        uv: [chroma(0), chroma(1)],
        top_modes: top.modes,
        left_modes: left.modes,
        top: top.nonzero,
        left: left.nonzero,
        uv_errors: [top.uv_errors, left.uv_errors],
    }
}
