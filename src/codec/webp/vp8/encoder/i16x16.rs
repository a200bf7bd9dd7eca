//! 16x16 prediction of a macroblock's luma: the choice of the mode, and its levels.

use super::{
    super::{
        lanes::{EMPTY, Lanes, eob, from_lanes, from_scan_blocks, to_scan_blocks},
        macroblock::{BlockType, IntraMode, Luma, Macroblock, Y2},
        predict::{DC_PRED, H_PRED, Predictor, TM_PRED, V_PRED},
        transform::{forward, forward_dcs, inverse, inverse_dcs},
    },
    budget::AllowedModes,
    modes::{ModeSearch, Neighbors, Pixels},
    quant::{
        BlockContext, ESTIMATE_MAX_LEVEL, ESTIMATE_UNIT, Rounded, dequantize_block, dequantize_lanes,
        round_block, squared_error, to_raster, to_scan,
    },
    trellis::trellis,
};
use crate::simd::Simd;

/// About what a unit of a Y2 level costs, in 1/256 bits: the mean over photos.
const Y2_LEVEL_COST: u32 = 300;

impl<S: Simd> ModeSearch<'_, S> {
    /// The best of the 16x16 modes, by estimated rates.
    #[inline(always)]
    pub(super) fn best_i16x16(&self, source: &Lanes, predictor: &Predictor) -> I16x16Trial {
        let mut best = I16x16Trial::new();
        self.try_i16x16::<DC_PRED>(source, predictor, &mut best);
        if self.allowed > AllowedModes::DcOnly {
            self.try_i16x16::<TM_PRED>(source, predictor, &mut best);
            self.try_i16x16::<V_PRED>(source, predictor, &mut best);
            self.try_i16x16::<H_PRED>(source, predictor, &mut best);
        }
        best
    }

    /// Keeps a mode if its score, by the estimated rate of its rounded levels, is the best.
    #[inline(always)]
    fn try_i16x16<const MODE: u8>(&self, source: &Lanes, predictor: &Predictor, best: &mut I16x16Trial) {
        let mut trial = I16x16Trial::new();
        trial.mode = IntraMode::ALL[MODE as usize];
        predictor.residual::<S, MODE, MODE>(self.simd, source, &mut trial.coefficients);
        forward(self.simd, &mut trial.coefficients);
        trial.rounded.round::<S, 1>(self.simd, &trial.coefficients, &self.segment.y1);
        trial.y2 = to_scan(&forward_dcs(&trial.coefficients[0]));
        round_block(&self.segment.y2, &trial.y2, &mut trial.y2_levels);
        let dequantized = dequantize_block(&self.segment.y2, &trial.y2_levels);
        trial.y2_error = squared_error(&dequantized, &trial.y2);
        let mut rate = u32::from(self.modes.y[trial.mode.index()]);
        for place in 0..16 {
            let level = trial.y2_levels[place].unsigned_abs().min(ESTIMATE_MAX_LEVEL as u16);
            rate += u32::from(level) * Y2_LEVEL_COST;
            rate += trial.rounded.rate[place] as u32 * ESTIMATE_UNIT;
            trial.distortion += trial.rounded.distortion[place];
        }
        trial.score = self.rd_score(trial.distortion + trial.y2_error / 4, rate);
        if trial.score < best.score {
            *best = trial;
        }
    }

    /// What 4x4 modes must be better than: the score of the rounded levels by true token costs.
    #[inline(always)]
    pub(super) fn score_i16x16(&self, neighbors: &Neighbors, choice: &I16x16Trial) -> I16x16Score {
        let mut levels = EMPTY;
        to_scan_blocks(self.simd, &choice.rounded.levels, &mut levels);
        let (mut top, mut left) = (neighbors.top, neighbors.left);
        let y2_eob = eob(self.simd, &choice.y2_levels);
        let rate = u32::from(self.modes.y[choice.mode.index()])
            + self.costs.block(BlockType::Y2, y2_eob, top.y2_context(&left), &choice.y2_levels);
        let y2_score = self.rd_score(choice.y2_error / 4, rate);
        let mut score = y2_score;
        let mut blocks = [0; 16];
        for block in 0..16 {
            let (x, y) = (block % 4, block / 4);
            let context = usize::from(top.0[x] + left.0[y]);
            let eob = eob(self.simd, &levels[block]);
            let rate = self.costs.block(BlockType::YAfterY2, eob, context, &levels[block]);
            (top.0[x], left.0[y]) = (u8::from(eob != 0), u8::from(eob != 0));
            blocks[block] = self.rd_score(choice.rounded.distortion[block], rate);
            score += blocks[block];
            blocks[block] += y2_score / 16;
        }
        I16x16Score { score, blocks }
    }

    /// Chooses the levels of the Y2 block; returns its `eob`.
    #[inline(always)]
    fn quantize_y2(&self, neighbors: &Neighbors, choice: &I16x16Trial, levels: &mut [i16; 16]) -> usize {
        if !self.tools.trellis {
            *levels = choice.y2_levels;
            return eob(self.simd, levels);
        }
        let block = BlockContext {
            block_type: BlockType::Y2,
            context: neighbors.top.y2_context(&neighbors.left),
            costs: self.costs,
            matrix: &self.segment.y2,
            weights: &self.segment.weights.y2,
        };
        trellis(self.simd, &block, &choice.y2, levels).eob
    }

    /// Codes luma in a 16x16 mode.
    #[inline(always)]
    pub(super) fn code_i16x16(
        &self,
        neighbors: &Neighbors,
        choice: &I16x16Trial,
        predictor: &Predictor,
        mb: &mut Macroblock,
        out: &mut Pixels,
    ) {
        mb.luma = Luma::I16x16(choice.mode);
        mb.eobs[Y2] = self.quantize_y2(neighbors, choice, &mut mb.levels[Y2]) as u8;
        let y2 = dequantize_block(&self.segment.y2, &mb.levels[Y2]);
        let mut dequantized = EMPTY;
        let mut levels = EMPTY;
        if self.tools.trellis {
            let block = BlockContext {
                block_type: BlockType::YAfterY2,
                context: 0,
                costs: self.costs,
                matrix: &self.segment.y1,
                weights: &self.segment.weights.i16x16,
            };
            let mut edges = [[0; 4]; 2];
            for place in 0..4 {
                edges[0][place] = neighbors.top.0[place];
                edges[1][place] = neighbors.left.0[place];
            }
            let mut blocks = EMPTY;
            to_scan_blocks(self.simd, &choice.coefficients, &mut blocks);
            let mut lanes = EMPTY;
            self.quantize_blocks::<4>(&block, &blocks, edges, &mut levels, &mut mb.eobs[..16]);
            from_scan_blocks(self.simd, &levels, &mut lanes);
            dequantize_lanes::<S, 1>(self.simd, &self.segment.y1, &lanes, &mut dequantized);
        } else {
            to_scan_blocks(self.simd, &choice.rounded.levels, &mut levels);
            for block in 0..16 {
                mb.eobs[block] = eob(self.simd, &levels[block]) as u8;
            }
            dequantize_lanes::<S, 1>(self.simd, &self.segment.y1, &choice.rounded.levels, &mut dequantized);
        }
        mb.levels[..16].copy_from_slice(&levels);
        dequantized[0] = inverse_dcs(&to_raster(&y2));
        inverse(self.simd, &mut dequantized);
        predictor.reconstruct(self.simd, choice.mode, &mut dequantized);
        from_lanes(&dequantized, 0, &mut out.y);
    }
}

/// How well luma is coded in a 16x16 mode.
pub(super) struct I16x16Score {
    /// The sum.
    pub score: i64,
    /// About each block's part, the Y2 block's share included.
    pub blocks: [i64; 16],
}

/// A 16x16 mode tried.
pub(super) struct I16x16Trial {
    mode: IntraMode,
    pub score: i64,
    coefficients: Lanes,
    /// The Y2 block's coefficients, in scan order.
    y2: [i16; 16],
    /// These rounded, and their squared error.
    y2_levels: [i16; 16],
    y2_error: u32,
    rounded: Rounded,
    /// Squared error of all but the DCs.
    distortion: u32,
}

impl I16x16Trial {
    const fn new() -> Self {
        Self {
            mode: IntraMode::Dc,
            score: i64::MAX,
            coefficients: EMPTY,
            y2: [0; 16],
            y2_levels: [0; 16],
            y2_error: 0,
            rounded: Rounded::new(),
            distortion: 0,
        }
    }
}
