//! Chroma of a macroblock: the choice of its mode and its levels.

use super::{
    super::{
        lanes::{Blocks, EMPTY, Lanes, end_of, from_lanes, from_scan_blocks, to_lanes, to_scan_blocks},
        macroblock::Macroblock,
        predict::Predictor,
        transform::{forward, inverse},
    },
    budget::Room,
    diffusion::{Errors, diffuse},
    modes::{Pixels, Search, Site},
    quant::{BlockSite, Rounded, dequantize_lanes},
};
use crate::simd::Simd;

impl<S: Simd> Search<'_, S> {
    /// Chooses the chroma mode, and codes chroma.
    #[inline(always)]
    pub(super) fn chroma(
        &self,
        source: &Pixels,
        site: &Site,
        mb: &mut Macroblock,
        out: &mut Pixels,
    ) -> [Errors; 2] {
        let mut lanes = EMPTY;
        let mut predictor = Predictor::new();
        for half in 0..2 {
            for plane in 0..2 {
                to_lanes(&source.uv[plane], 8 * half + 4 * plane, &mut lanes);
                predictor.add(&site.uv[plane], 8 * half + 4 * plane);
            }
        }
        let mut best = Chroma::new();
        // Two modes fill all lanes.
        let mut trial = Chroma::new();
        predictor.residual::<S, 0, 1>(self.simd, &lanes, &mut trial.coefficients);
        self.try_chroma(trial, [0, 1], &mut best);
        if self.room > Room::Least {
            let mut trial = Chroma::new();
            predictor.residual::<S, 2, 3>(self.simd, &lanes, &mut trial.coefficients);
            self.try_chroma(trial, [2, 3], &mut best);
        }
        self.code_chroma(site, &best, &predictor, mb, out)
    }

    /// Keeps the better one of two chroma modes, if it is the best.
    #[inline(always)]
    fn try_chroma(&self, mut trial: Chroma, modes: [u8; 2], best: &mut Chroma) {
        forward(self.simd, &mut trial.coefficients);
        trial.rounded.round::<S, 0>(self.simd, &trial.coefficients, &self.segment.uv);
        let mut scores = [0; 2];
        for half in 0..2 {
            let (mut distortion, mut rate) = (0, 0);
            for lane in 8 * half..8 * half + 8 {
                distortion += trial.rounded.distortion[lane];
                rate += trial.rounded.rate[lane] as u32;
            }
            rate = 8 * rate + u32::from(self.modes.uv[usize::from(modes[half])]);
            scores[half] = (i64::from(distortion) << 8) + self.segment.lambda_uv * i64::from(rate);
        }
        let half = usize::from(scores[1] < scores[0] && self.room > Room::Least);
        if scores[half] < best.score {
            (trial.score, trial.mode, trial.first) = (scores[half], modes[half], 8 * half);
            *best = trial;
        }
    }

    /// Codes chroma in a mode.
    #[inline(always)]
    fn code_chroma(
        &self,
        site: &Site,
        choice: &Chroma,
        predictor: &Predictor,
        mb: &mut Macroblock,
        out: &mut Pixels,
    ) -> [Errors; 2] {
        mb.uv = choice.mode;
        let block_site = BlockSite {
            kind: 2,
            first: 0,
            context: 0,
            costs: self.costs,
            matrix: &self.segment.uv,
            weights: &self.segment.weights[3],
        };
        let mut lanes = EMPTY;
        let mut coded = EMPTY;
        let mut blocks = EMPTY;
        let from = if self.tools.trellis { &choice.coefficients } else { &choice.rounded.levels };
        to_scan_blocks(self.simd, from, &mut blocks);
        // The chosen half comes first, and the other is of no account.
        if choice.first != 0 {
            for block in 0..8 {
                blocks[block] = blocks[8 + block];
            }
        }
        let mut levels = EMPTY;
        let errors = self.diffuse_dcs(site, choice, &mut blocks);
        for plane in 0..2 {
            let mut edges = [[0; 2]; 2];
            for place in 0..2 {
                edges[0][place] = site.top.0[4 + 2 * plane + place];
                edges[1][place] = site.left.0[4 + 2 * plane + place];
            }
            let first = 4 * plane;
            if self.tools.trellis {
                let (from, to) = (&blocks[first..first + 4], &mut levels[first..first + 4]);
                self.choose::<2>(&block_site, from, edges, to, &mut mb.ends, 16 + first);
            } else {
                for block in first..first + 4 {
                    levels[block] = blocks[block];
                    mb.ends[16 + block] = end_of(self.simd, &levels[block]) as u8;
                }
            }
        }
        mb.levels[16..24].copy_from_slice(&levels[..8]);
        from_scan_blocks(self.simd, &levels, &mut lanes);
        dequantize_lanes::<S, 0>(self.simd, &self.segment.uv, &lanes, &mut coded);
        inverse(self.simd, &mut coded);
        predictor.reconstruct(self.simd, choice.mode, &mut coded);
        for plane in 0..2 {
            from_lanes(&coded, 4 * plane, &mut out.uv[plane]);
        }
        errors
    }

    /// Rounds the DCs of chroma with the errors around; gives those for the blocks below and at right.
    #[inline(always)]
    fn diffuse_dcs(&self, site: &Site, choice: &Chroma, blocks: &mut Blocks) -> [Errors; 2] {
        // The trellis wants coefficients.
        let unit = if self.tools.trellis { self.segment.uv.steps[0] } else { 1 };
        let mut errors = [[[0; 2]; 2]; 2];
        for plane in 0..2 {
            let dcs =
                [0, 1, 2, 3].map(|block| choice.coefficients[0][(choice.first + 4 * plane + block) & 15]);
            let around = [site.uv_errors[0][plane], site.uv_errors[1][plane]];
            let (levels, below, right) = diffuse(&self.segment.uv, dcs, around);
            (errors[0][plane], errors[1][plane]) = (below, right);
            for block in 0..4 {
                blocks[4 * plane + block][0] = levels[block] * unit;
            }
        }
        errors
    }
}

/// Two chroma modes tried, and the better one: in the lanes from `first`.
struct Chroma {
    mode: u8,
    first: usize,
    score: i64,
    coefficients: Lanes,
    rounded: Rounded,
}

impl Chroma {
    const fn new() -> Self {
        Self { mode: 0, first: 0, score: i64::MAX, coefficients: EMPTY, rounded: Rounded::new() }
    }
}
