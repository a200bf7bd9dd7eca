//! 4x4 prediction (B_PRED) of a macroblock's luma: the choice of the sixteen modes and their levels.

use super::{
    super::{
        lanes::{Blocks, EMPTY, Lanes, to_raster_blocks},
        macroblock::{BlockMode, BlockType, Luma, Macroblock, Y2},
        predict::{B_MODES, Predictions, predict_blocks},
        transform::{forward, inverse_block},
    },
    i16x16::I16x16Score,
    modes::{ModeSearch, Neighbors, Pixels},
    quant::{BlockContext, ESTIMATE_UNIT, Rounded, dequantize_block, scan_lane, to_raster},
    trellis::trellis,
};
use crate::simd::Simd;

impl<S: Simd> ModeSearch<'_, S> {
    /// Codes luma in 4x4 modes if that is better than the score of the best 16x16 mode; true if so. The source is in
    /// lanes.
    #[inline(always)]
    pub(super) fn try_i4x4(
        &self,
        lanes: &Lanes,
        neighbors: &Neighbors,
        i16x16: &I16x16Score,
        mb: &mut Macroblock,
        out: &mut Pixels,
    ) -> bool {
        let mut source = EMPTY;
        to_raster_blocks(self.simd, lanes, &mut source);
        let mut coded = CodedBlocks { modes: [0; 16], eobs: [0; 16], levels: EMPTY };
        let mut workspace = LumaWorkspace::new(neighbors);
        let is_better = self.search_i4x4(&source, neighbors, i16x16, &mut coded, &mut workspace);
        if is_better {
            mb.luma = Luma::I4x4(coded.modes);
            mb.eobs[..16].copy_from_slice(&coded.eobs);
            mb.eobs[Y2] = 0;
            mb.levels[..16].copy_from_slice(&coded.levels);
            workspace.copy_to(&mut out.y);
        }
        is_better
    }

    /// Tries 4x4 modes until they are worse than the 16x16 mode; true if they never are.
    #[inline(always)]
    fn search_i4x4(
        &self,
        source: &Blocks,
        neighbors: &Neighbors,
        i16x16: &I16x16Score,
        coded: &mut CodedBlocks,
        workspace: &mut LumaWorkspace,
    ) -> bool {
        let (mut top_modes, mut left_modes) = (neighbors.top_modes, neighbors.left_modes);
        let (mut top, mut left) = (neighbors.top, neighbors.left);
        let mut score = self.rd_score(0, u32::from(self.modes.b_flag));
        let mut i16x16_score = 0;
        for block in 0..16 {
            let (x, y) = (block % 4, block / 4);
            let place = BlockPosition {
                x,
                y,
                mode_costs: &self.modes.b[usize::from(top_modes[x])][usize::from(left_modes[y])],
                context: usize::from(top.0[x] + left.0[y]),
            };
            let choice = self.code_block(&source[block], workspace, &place, &mut coded.levels[block]);
            score += choice.score;
            i16x16_score += i16x16.blocks[block];
            let limit = i16x16_score + i16x16_score / 64 * self.tools.i4x4_tolerance;
            if score >= i16x16.score || block >= 3 && score > limit {
                return false;
            }
            coded.eobs[block] = choice.eob as u8;
            coded.modes[block] = choice.mode as BlockMode;
            (top_modes[x], left_modes[y]) = (choice.mode as BlockMode, choice.mode as BlockMode);
            (top.0[x], left.0[y]) = (u8::from(choice.eob != 0), u8::from(choice.eob != 0));
        }
        true
    }

    /// Chooses the mode and the levels of a 4x4 block and reconstructs it in the workspace.
    #[inline(always)]
    fn code_block(
        &self,
        source: &[i16; 16],
        workspace: &mut LumaWorkspace,
        place: &BlockPosition,
        levels: &mut [i16; 16],
    ) -> BlockChoice {
        let mut predictions: Predictions = [[0; 16]; 16];
        let mut lanes = EMPTY;
        predict_blocks(self.simd, &workspace.edge(place.x, place.y), source, &mut predictions, &mut lanes);
        forward(self.simd, &mut lanes);
        let mut rounded = Rounded::new();
        rounded.round::<S, 0>(self.simd, &lanes, &self.segment.y1);
        let mut scores = self.estimate_scores(&rounded, place.mode_costs);
        let context = BlockContext {
            block_type: BlockType::YWithDc,
            context: place.context,
            costs: self.costs,
            matrix: &self.segment.y1,
            weights: &self.segment.weights.i4x4,
        };
        let mut best = BlockChoice { score: i64::MAX, mode: 0, eob: 0 };
        let mut trial = [0; 16];
        for _ in 0..self.tools.i4x4_candidates {
            let mode = take_least(&mut scores);
            let coefficients = scan_lane(&lanes, mode);
            let (eob, score) = if self.tools.trellis_i4x4 {
                self.quantize_block(&context, &coefficients, &mut trial)
            } else {
                let eob = rounded.copy_block(mode, &mut trial);
                // A lone candidate is measured when the trellis has chosen its levels.
                let is_lone = self.tools.i4x4_candidates == 1 && self.tools.trellis;
                let distortion = rounded.distortion[mode];
                (eob, if is_lone { 0 } else { self.score_block(&context, distortion, eob, &trial) })
            };
            let score = score + self.segment.lambda * i64::from(place.mode_costs[mode]);
            if score < best.score {
                best = BlockChoice { score, mode, eob };
                *levels = trial;
            }
        }
        let mode = best.mode;
        if self.tools.trellis && !self.tools.trellis_i4x4 {
            (best.eob, best.score) = self.quantize_block(&context, &scan_lane(&lanes, mode), levels);
            best.score += self.segment.lambda * i64::from(place.mode_costs[mode]);
        }
        workspace.reconstruct(place, &predictions, &best, &dequantize_block(&self.segment.y1, levels));
        best
    }

    /// The score of rounded levels by true token costs.
    #[inline(always)]
    fn score_block(&self, block: &BlockContext, distortion: u32, eob: usize, levels: &[i16; 16]) -> i64 {
        self.rd_score(distortion, self.costs.block(BlockType::YWithDc, eob, block.context, levels))
    }

    /// Chooses levels by the trellis; returns their `eob` and their score.
    #[inline(always)]
    fn quantize_block(
        &self,
        block: &BlockContext,
        coefficients: &[i16; 16],
        levels: &mut [i16; 16],
    ) -> (usize, i64) {
        let quantized = trellis(self.simd, block, coefficients, levels);
        let mut energy = 0;
        for place in 0..16 {
            let size = i64::from(coefficients[place]);
            energy += self.segment.frequency_weights[place] * size * size;
        }
        // To 1/256 of squared errors.
        (quantized.eob, 2 * energy + self.segment.lambda * quantized.cost)
    }

    /// Scores of all modes by the estimated rate of their rounded levels, with the mode in the low four bits.
    #[inline(always)]
    fn estimate_scores(&self, rounded: &Rounded, mode_costs: &[u16; B_MODES]) -> [u32; 16] {
        let mut costs = [0_u32; 16];
        for mode in 0..B_MODES {
            costs[mode] = u32::from(mode_costs[mode]);
        }
        let lambda = self.segment.lambda as u32;
        let mut scores = [u32::MAX; 16];
        self.simd.vectorize(
            #[inline(always)]
            || {
                for mode in 0..16 {
                    let rate = ESTIMATE_UNIT * rounded.rate[mode] as u32 + costs[mode];
                    let score = (rounded.distortion[mode] << 8) + lambda * rate;
                    scores[mode] = score & !15 | mode as u32;
                }
            },
        );
        for mode in B_MODES..16 {
            scores[mode] = u32::MAX;
        }
        scores
    }
}

/// A macroblock's luma in 4x4 modes.
struct CodedBlocks {
    modes: [BlockMode; 16],
    eobs: [u8; 16],
    levels: Blocks,
}

/// Where a block stands in its macroblock, and what that says of it.
struct BlockPosition<'a> {
    x: usize,
    y: usize,
    mode_costs: &'a [u16; B_MODES],
    context: usize,
}

/// A mode of a 4x4 block.
struct BlockChoice {
    score: i64,
    mode: usize,
    eob: usize,
}

/// Removes the least score, and returns its mode.
#[inline(always)]
fn take_least(scores: &mut [u32; 16]) -> usize {
    let mut best = u32::MAX;
    for mode in 0..16 {
        best = best.min(scores[mode]);
    }
    let mode = (best & 15) as usize;
    scores[mode] = u32::MAX;
    mode.min(B_MODES - 1)
}

/// A macroblock's luma with its surroundings, for 4x4 prediction: the row above and the column at left are row 0
/// and column 3.
struct LumaWorkspace([[u8; 24]; 17]);

impl LumaWorkspace {
    #[inline(always)]
    fn new(neighbors: &Neighbors) -> Self {
        let mut rows = [[0; 24]; 17];
        rows[0][3] = neighbors.y.corner;
        rows[0][4..20].copy_from_slice(&neighbors.y.top);
        // The blocks at the right edge all see the row above the macroblock there (section 12.3).
        for row in [0, 4, 8, 12] {
            rows[row][20..].copy_from_slice(&neighbors.above_right);
        }
        for (row, &left) in rows[1..].iter_mut().zip(&neighbors.y.left) {
            row[3] = left;
        }
        Self(rows)
    }

    /// The edge of a block: left from bottom to top, corner, and eight pixels above.
    #[inline(always)]
    fn edge(&self, x: usize, y: usize) -> [u8; 13] {
        let mut edge = [0; 13];
        for place in 0..5 {
            edge[place] = self.0[4 * y + 4 - place][4 * x + 3];
        }
        edge[5..].copy_from_slice(&self.0[4 * y][4 * x + 4..4 * x + 12]);
        edge
    }

    /// Reconstructs a block from its coefficients, in scan order.
    #[inline(always)]
    fn reconstruct(
        &mut self,
        place: &BlockPosition,
        predictions: &Predictions,
        choice: &BlockChoice,
        coefficients: &[i16; 16],
    ) {
        let residual = if choice.eob == 0 { [0; 16] } else { inverse_block(&to_raster(coefficients)) };
        let mode = choice.mode & 15;
        for pixel in 0..16 {
            let value = (i16::from(predictions[pixel][mode]).wrapping_add(residual[pixel])).clamp(0, 255);
            self.0[4 * place.y + 1 + pixel / 4][4 * place.x + 4 + pixel % 4] = value as u8;
        }
    }

    #[inline(always)]
    fn copy_to(&self, out: &mut [[u8; 16]; 16]) {
        for (row, from) in out.iter_mut().zip(&self.0[1..]) {
            row.copy_from_slice(&from[4..20]);
        }
    }
}
