//! The choice of modes and levels of a macroblock: least distortion plus rate.

use super::{
    super::{
        lanes::{EMPTY, Lanes, end_of, from_lanes, from_scan_blocks, to_lanes, to_scan_blocks},
        macroblock::{self, Luma, Macroblock, Y2},
        predict::{Edge, Predictor},
        transform::{forward, forward_dcs, inverse, inverse_dcs},
    },
    budget::Room,
    cost::{ModeCosts, TokenCosts},
    diffusion::Errors,
    quant::{
        BlockSite, Rounded, Segment, dequantize_block, dequantize_lanes, round_block, squared_error,
        to_raster, to_scan,
    },
    trellis::trellis,
    tuning::Tools,
};
use crate::simd::Simd;

/// The pixels of a macroblock.
#[derive(Debug, Clone)]
pub struct Pixels {
    /// Luma.
    pub y: [[u8; 16]; 16],
    /// Cb and Cr.
    pub uv: [[[u8; 8]; 8]; 2],
}

impl Pixels {
    /// Black, or rather green.
    pub const fn new() -> Self {
        Self { y: [[0; 16]; 16], uv: [[[0; 8]; 8]; 2] }
    }
}

/// What the choice depends on beside the pixels.
pub struct Search<'a, S> {
    /// Instructions that there are.
    pub simd: S,
    /// How hard to try.
    pub tools: &'a Tools,
    /// Quantisers.
    pub segment: &'a Segment,
    /// Token costs of now.
    pub costs: &'a TokenCosts,
    /// Mode costs.
    pub modes: &'a ModeCosts,
    /// The modes that there is room for.
    pub room: Room,
}

/// What is around a macroblock.
pub struct Site {
    /// Luma pixels.
    pub y: Edge<16>,
    /// The four luma pixels behind the row above.
    pub above_right: [u8; 4],
    /// Chroma pixels.
    pub uv: [Edge<8>; 2],
    /// 4x4 modes above.
    pub top_modes: [u8; 4],
    /// 4x4 modes at left.
    pub left_modes: [u8; 4],
    /// Coded blocks above.
    pub top: macroblock::Edge,
    /// Coded blocks at left.
    pub left: macroblock::Edge,
    /// What chroma DCs above and at left were rounded by.
    pub uv_errors: [Errors; 2],
}

impl<S: Simd> Search<'_, S> {
    /// Chooses modes and levels of a macroblock and reconstructs it. Gives what chroma DCs along the lower and the
    /// right edge were rounded by.
    #[inline(always)]
    pub fn encode(&self, source: &Pixels, site: &Site, mb: &mut Macroblock, out: &mut Pixels) -> [Errors; 2] {
        let mut lanes = EMPTY;
        to_lanes(&source.y, 0, &mut lanes);
        let mut predictor = Predictor::new();
        predictor.add(&site.y, 0);
        let whole = self.whole(&lanes, &predictor);
        // What 4x4 modes alone cost is seldom less than this.
        let least = self.score(0, self.tools.blocks_from);
        let may_split = self.tools.block_modes > 0 && self.room == Room::Blocks && whole.score > least;
        if !(may_split && self.try_blocks(&lanes, site, &self.measure(site, &whole), mb, out)) {
            self.code_whole(site, &whole, &predictor, mb, out);
        }
        self.chroma(source, site, mb, out)
    }

    /// The best of the 16x16 modes.
    #[inline(always)]
    fn whole(&self, source: &Lanes, predictor: &Predictor) -> Whole {
        let mut best = Whole::new();
        self.try_whole::<0>(source, predictor, &mut best);
        if self.room > Room::Least {
            self.try_whole::<1>(source, predictor, &mut best);
            self.try_whole::<2>(source, predictor, &mut best);
            self.try_whole::<3>(source, predictor, &mut best);
        }
        best
    }

    /// Keeps a 16x16 mode if its score, by the rounded levels' guessed cost, is the best.
    #[inline(always)]
    fn try_whole<const MODE: u8>(&self, source: &Lanes, predictor: &Predictor, best: &mut Whole) {
        let mut trial = Whole::new();
        trial.mode = MODE;
        predictor.residual::<S, MODE, MODE>(self.simd, source, &mut trial.coefficients);
        forward(self.simd, &mut trial.coefficients);
        trial.rounded.round::<S, 1>(self.simd, &trial.coefficients, &self.segment.y1);
        trial.dcs = to_scan(&forward_dcs(&trial.coefficients[0]));
        round_block(&self.segment.y2, &trial.dcs, &mut trial.dc_levels);
        let dcs_coded = dequantize_block(&self.segment.y2, &trial.dc_levels);
        trial.dc_error = squared_error(&dcs_coded, &trial.dcs);
        let mut rate = u32::from(self.modes.y[usize::from(MODE)]);
        for place in 0..16 {
            rate += u32::from(trial.dc_levels[place].unsigned_abs().min(40)) * 300;
            rate += trial.rounded.rate[place] as u32 * 8;
            trial.distortion += trial.rounded.distortion[place];
        }
        trial.score = self.score(trial.distortion + trial.dc_error / 4, rate);
        if trial.score < best.score {
            *best = trial;
        }
    }

    /// What 4x4 modes must be better than: the score of the rounded levels by true costs.
    #[inline(always)]
    fn measure(&self, site: &Site, choice: &Whole) -> WholeScore {
        let mut levels = EMPTY;
        to_scan_blocks(self.simd, &choice.rounded.levels, &mut levels);
        let (mut top, mut left) = (site.top, site.left);
        let dcs_end = end_of(self.simd, &choice.dc_levels);
        let context = usize::from(top.0[8] + left.0[8]);
        let rate = u32::from(self.modes.y[usize::from(choice.mode)])
            + self.costs.block(1, 0, dcs_end, context, &choice.dc_levels);
        let dcs_score = self.score(choice.dc_error / 4, rate);
        let mut score = dcs_score;
        let mut blocks = [0; 16];
        for block in 0..16 {
            let (x, y) = (block % 4, block / 4);
            let context = usize::from(top.0[x] + left.0[y]);
            let end = end_of(self.simd, &levels[block]);
            let rate = self.costs.block(0, 1, end, context, &levels[block]);
            (top.0[x], left.0[y]) = (u8::from(end != 0), u8::from(end != 0));
            blocks[block] = self.score(choice.rounded.distortion[block], rate);
            score += blocks[block];
            blocks[block] += dcs_score / 16;
        }
        WholeScore { score, blocks }
    }

    /// Chooses the levels of the luma DCs; returns their end.
    #[inline(always)]
    fn choose_dcs(&self, site: &Site, choice: &Whole, levels: &mut [i16; 16]) -> usize {
        if !self.tools.trellis {
            *levels = choice.dc_levels;
            return end_of(self.simd, levels);
        }
        let site = BlockSite {
            kind: 1,
            first: 0,
            context: usize::from(site.top.0[8] + site.left.0[8]),
            costs: self.costs,
            matrix: &self.segment.y2,
            weights: &self.segment.weights[2],
        };
        trellis(self.simd, &site, &choice.dcs, levels).end
    }

    /// Codes luma in a 16x16 mode.
    #[inline(always)]
    fn code_whole(
        &self,
        site: &Site,
        choice: &Whole,
        predictor: &Predictor,
        mb: &mut Macroblock,
        out: &mut Pixels,
    ) {
        mb.luma = Luma::Whole(choice.mode);
        mb.ends[Y2] = self.choose_dcs(site, choice, &mut mb.levels[Y2]) as u8;
        let dcs_coded = dequantize_block(&self.segment.y2, &mb.levels[Y2]);
        let mut coded = EMPTY;
        let mut levels = EMPTY;
        if self.tools.trellis {
            let block_site = BlockSite {
                kind: 0,
                first: 1,
                context: 0,
                costs: self.costs,
                matrix: &self.segment.y1,
                weights: &self.segment.weights[1],
            };
            let mut edges = [[0; 4]; 2];
            for place in 0..4 {
                edges[0][place] = site.top.0[place];
                edges[1][place] = site.left.0[place];
            }
            let mut blocks = EMPTY;
            to_scan_blocks(self.simd, &choice.coefficients, &mut blocks);
            let mut lanes = EMPTY;
            self.choose::<4>(&block_site, &blocks, edges, &mut levels, &mut mb.ends, 0);
            from_scan_blocks(self.simd, &levels, &mut lanes);
            dequantize_lanes::<S, 1>(self.simd, &self.segment.y1, &lanes, &mut coded);
        } else {
            to_scan_blocks(self.simd, &choice.rounded.levels, &mut levels);
            for block in 0..16 {
                mb.ends[block] = end_of(self.simd, &levels[block]) as u8;
            }
            dequantize_lanes::<S, 1>(self.simd, &self.segment.y1, &choice.rounded.levels, &mut coded);
        }
        mb.levels[..16].copy_from_slice(&levels);
        coded[0] = inverse_dcs(&to_raster(&dcs_coded));
        inverse(self.simd, &mut coded);
        predictor.reconstruct(self.simd, choice.mode, &mut coded);
        from_lanes(&coded, 0, &mut out.y);
    }

    /// Chooses the levels of `SIDE` by `SIDE` blocks by the trellis. `edges` say which blocks above and at left have
    /// levels, `ends` get the ends from `first`.
    #[inline(always)]
    pub(super) fn choose<const SIDE: usize>(
        &self,
        site: &BlockSite,
        coefficients: &[[i16; 16]],
        mut edges: [[u8; SIDE]; 2],
        levels: &mut [[i16; 16]],
        ends: &mut [u8; 25],
        first: usize,
    ) {
        for block in 0..SIDE * SIDE {
            let (x, y) = (block % SIDE, block / SIDE);
            let site = BlockSite { context: usize::from(edges[0][x] + edges[1][y]), ..*site };
            let end = trellis(self.simd, &site, &coefficients[block], &mut levels[block]).end;
            ends[first + block] = end as u8;
            (edges[0][x], edges[1][y]) = (u8::from(end != 0), u8::from(end != 0));
        }
    }

    /// Distortion as squared error of coefficients, rate in 1/256 bits.
    #[inline(always)]
    pub(super) const fn score(&self, distortion: u32, rate: u32) -> i64 {
        ((distortion as i64) << 8) + self.segment.lambda * rate as i64
    }
}

/// How well luma is coded in a 16x16 mode.
pub(super) struct WholeScore {
    /// In all.
    pub score: i64,
    /// By block, about, the DCs' share included.
    pub blocks: [i64; 16],
}

/// A 16x16 mode tried.
struct Whole {
    mode: u8,
    score: i64,
    coefficients: Lanes,
    /// Luma DCs, scan order.
    dcs: [i16; 16],
    /// The same rounded, and their squared error.
    dc_levels: [i16; 16],
    dc_error: u32,
    rounded: Rounded,
    /// Of all but the DCs.
    distortion: u32,
}

impl Whole {
    const fn new() -> Self {
        Self {
            mode: 0,
            score: i64::MAX,
            coefficients: EMPTY,
            dcs: [0; 16],
            dc_levels: [0; 16],
            dc_error: 0,
            rounded: Rounded::new(),
            distortion: 0,
        }
    }
}
