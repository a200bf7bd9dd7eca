//! Chroma of a macroblock: the choice of its mode and its levels.

use super::{
    super::{
        lanes::{Blocks, EMPTY, Lanes, eob, from_lanes, from_scan_blocks, to_lanes, to_scan_blocks},
        macroblock::{BlockType, IntraMode, Macroblock},
        predict::{DC_PRED, H_PRED, Predictor, TM_PRED, V_PRED},
        transform::{forward, inverse},
    },
    budget::AllowedModes,
    diffusion::{DcErrors, diffuse},
    modes::{ModeSearch, Neighbors, Pixels},
    quant::{BlockContext, ESTIMATE_UNIT, Rounded, dequantize_lanes},
};
use crate::simd::Simd;

impl<S: Simd> ModeSearch<'_, S> {
    /// Chooses the chroma mode, and codes chroma. Returns the rounding errors of DCs along the lower and the right
    /// edge.
    #[inline(always)]
    pub(super) fn chroma(
        &self,
        source: &Pixels,
        neighbors: &Neighbors,
        mb: &mut Macroblock,
        out: &mut Pixels,
    ) -> [DcErrors; 2] {
        let mut lanes = EMPTY;
        let mut predictor = Predictor::new();
        for half in 0..2 {
            for plane in 0..2 {
                to_lanes(&source.uv[plane], 8 * half + 4 * plane, &mut lanes);
                predictor.add(&neighbors.uv[plane], 8 * half + 4 * plane);
            }
        }
        let mut best = ChromaTrial::new();
        // Two modes fill all lanes.
        let mut trial = ChromaTrial::new();
        predictor.residual::<S, DC_PRED, TM_PRED>(self.simd, &lanes, &mut trial.coefficients);
        self.try_chroma(trial, [IntraMode::Dc, IntraMode::Tm], &mut best);
        if self.allowed > AllowedModes::DcOnly {
            let mut trial = ChromaTrial::new();
            predictor.residual::<S, V_PRED, H_PRED>(self.simd, &lanes, &mut trial.coefficients);
            self.try_chroma(trial, [IntraMode::V, IntraMode::H], &mut best);
        }
        self.code_chroma(neighbors, &best, &predictor, mb, out)
    }

    /// Keeps the better one of two chroma modes, if it is the best.
    #[inline(always)]
    fn try_chroma(&self, mut trial: ChromaTrial, modes: [IntraMode; 2], best: &mut ChromaTrial) {
        forward(self.simd, &mut trial.coefficients);
        trial.rounded.round::<S, 0>(self.simd, &trial.coefficients, &self.segment.uv);
        let mut scores = [0; 2];
        for half in 0..2 {
            let (mut distortion, mut rate) = (0, 0);
            for lane in 8 * half..8 * half + 8 {
                distortion += trial.rounded.distortion[lane];
                rate += trial.rounded.rate[lane] as u32;
            }
            rate = ESTIMATE_UNIT * rate + u32::from(self.modes.uv[modes[half].index()]);
            scores[half] = (i64::from(distortion) << 8) + self.segment.lambda_uv * i64::from(rate);
        }
        let half = usize::from(scores[1] < scores[0] && self.allowed > AllowedModes::DcOnly);
        if scores[half] < best.score {
            (trial.score, trial.mode, trial.first_lane) = (scores[half], modes[half], 8 * half);
            *best = trial;
        }
    }

    /// Codes chroma in a mode.
    #[inline(always)]
    fn code_chroma(
        &self,
        neighbors: &Neighbors,
        choice: &ChromaTrial,
        predictor: &Predictor,
        mb: &mut Macroblock,
        out: &mut Pixels,
    ) -> [DcErrors; 2] {
        mb.uv = choice.mode;
        let mut lanes = EMPTY;
        let mut dequantized = EMPTY;
        let mut blocks = EMPTY;
        let from = if self.tools.trellis { &choice.coefficients } else { &choice.rounded.levels };
        to_scan_blocks(self.simd, from, &mut blocks);
        // The eight blocks of the chosen mode come first; those of the other one are not read.
        if choice.first_lane != 0 {
            for block in 0..8 {
                blocks[block] = blocks[8 + block];
            }
        }
        let mut levels = EMPTY;
        let errors = self.diffuse_dcs(neighbors, choice, &mut blocks);
        self.quantize_chroma(neighbors, &blocks, &mut levels, &mut mb.eobs[16..24]);
        mb.levels[16..24].copy_from_slice(&levels[..8]);
        from_scan_blocks(self.simd, &levels, &mut lanes);
        dequantize_lanes::<S, 0>(self.simd, &self.segment.uv, &lanes, &mut dequantized);
        inverse(self.simd, &mut dequantized);
        predictor.reconstruct(self.simd, choice.mode, &mut dequantized);
        for plane in 0..2 {
            from_lanes(&dequantized, 4 * plane, &mut out.uv[plane]);
        }
        errors
    }

    /// Chooses the levels of the eight blocks: by the trellis from coefficients, or else they are there already.
    #[inline(always)]
    fn quantize_chroma(&self, neighbors: &Neighbors, blocks: &Blocks, levels: &mut Blocks, eobs: &mut [u8]) {
        let context = BlockContext {
            block_type: BlockType::Chroma,
            context: 0,
            costs: self.costs,
            matrix: &self.segment.uv,
            weights: &self.segment.weights.uv,
        };
        for plane in 0..2 {
            let mut edges = [[0; 2]; 2];
            for place in 0..2 {
                edges[0][place] = neighbors.top.0[4 + 2 * plane + place];
                edges[1][place] = neighbors.left.0[4 + 2 * plane + place];
            }
            let of_plane = 4 * plane..4 * plane + 4;
            if self.tools.trellis {
                let (from, to) = (&blocks[of_plane.clone()], &mut levels[of_plane.clone()]);
                self.quantize_blocks::<2>(&context, from, edges, to, &mut eobs[of_plane]);
            } else {
                for block in of_plane {
                    levels[block] = blocks[block];
                    eobs[block] = eob(self.simd, &levels[block]) as u8;
                }
            }
        }
    }

    /// Rounds the DCs of chroma with the errors around; returns those for the blocks below and at right.
    #[inline(always)]
    fn diffuse_dcs(&self, neighbors: &Neighbors, choice: &ChromaTrial, blocks: &mut Blocks) -> [DcErrors; 2] {
        // The trellis wants coefficients.
        let unit = if self.tools.trellis { self.segment.uv.steps[0] } else { 1 };
        let mut errors = [[[0; 2]; 2]; 2];
        for plane in 0..2 {
            let dcs = [0, 1, 2, 3]
                .map(|block| choice.coefficients[0][(choice.first_lane + 4 * plane + block) & 15]);
            let around = [neighbors.uv_errors[0][plane], neighbors.uv_errors[1][plane]];
            let (levels, below, right) = diffuse(&self.segment.uv, dcs, around);
            (errors[0][plane], errors[1][plane]) = (below, right);
            for block in 0..4 {
                blocks[4 * plane + block][0] = levels[block] * unit;
            }
        }
        errors
    }
}

/// Two chroma modes tried, and the better one: in the eight lanes from `first_lane`.
struct ChromaTrial {
    mode: IntraMode,
    first_lane: usize,
    score: i64,
    coefficients: Lanes,
    rounded: Rounded,
}

impl ChromaTrial {
    const fn new() -> Self {
        Self {
            mode: IntraMode::Dc,
            first_lane: 0,
            score: i64::MAX,
            coefficients: EMPTY,
            rounded: Rounded::new(),
        }
    }
}
