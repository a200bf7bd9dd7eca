//! The choice of modes and levels of a macroblock: least distortion plus rate.

use super::{
    budget::Room,
    cost::{ModeCosts, TokenCosts},
    macroblock::{self, Luma, Macroblock, Y2},
    predict::{B_MODES, Edge, Predictor, predict_blocks},
    quant::{BlockSite, Rounded, Segment, dequantize, round_block, trellis},
    transform::{
        LANES, Lanes, forward, forward_dcs, from_lanes, inverse, inverse_block, inverse_dcs, to_lanes,
    },
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
}

impl<S: Simd> Search<'_, S> {
    /// Chooses modes and levels of a macroblock and reconstructs it.
    #[inline(always)]
    pub fn encode(&self, source: &Pixels, site: &Site, mb: &mut Macroblock, out: &mut Pixels) {
        let whole = self.whole(source, site, mb, out);
        if self.tools.block_modes > 0 && self.room == Room::Blocks {
            let mut blocks = Macroblock::new();
            let mut pixels = out.y;
            if self.blocks(source, site, whole, &mut blocks, &mut pixels) < whole {
                mb.luma = blocks.luma;
                mb.ends[..16].copy_from_slice(&blocks.ends[..16]);
                mb.ends[Y2] = 0;
                mb.levels[..16].copy_from_slice(&blocks.levels[..16]);
                out.y = pixels;
            }
        }
        self.chroma(source, site, mb, out);
    }

    /// Tries the 16x16 modes; returns the score of the best.
    #[inline(always)]
    fn whole(&self, source: &Pixels, site: &Site, mb: &mut Macroblock, out: &mut Pixels) -> i64 {
        let mut source_lanes = [[0; LANES]; 16];
        to_lanes(&source.y, 0, &mut source_lanes);
        let mut predictor = Predictor::new();
        predictor.add(&site.y, 0);
        let mut rounded = Rounded::new();
        let mut best = WholeChoice { mode: 0, score: i64::MAX, coefficients: [[0; LANES]; 16] };
        for mode in 0..self.whole_modes() {
            let mut lanes = [[0; LANES]; 16];
            predictor.residual(self.simd, [mode; 2], &source_lanes, &mut lanes);
            forward(self.simd, &mut lanes);
            rounded.round::<_, 1>(self.simd, &lanes, &self.segment.y1);
            let dcs = forward_dcs(&lanes[0]);
            let mut levels = [0; 16];
            let end = round_block(&self.dcs_site(site), &dcs, &mut levels);
            let (_, dc_error) = dequantize(&self.segment.y2, 0, end, &levels, &dcs);
            let dc_rate: i32 =
                levels[..end].iter().map(|level| i32::from(level.unsigned_abs().min(40)) * 300).sum();
            let distortion: i32 = rounded.distortion.iter().sum();
            let rate =
                rounded.rate.iter().sum::<i32>() + dc_rate + i32::from(self.modes.y[usize::from(mode)]);
            let score = self.score(i64::from(distortion) + dc_error / 4, i64::from(rate));
            if score < best.score {
                best = WholeChoice { mode, score, coefficients: lanes };
            }
        }
        self.code_whole(site, &best, &predictor, mb, out)
    }

    /// How many 16x16 and chroma modes are tried: DC alone, or all.
    fn whole_modes(&self) -> u8 {
        if self.room == Room::Least { 1 } else { 4 }
    }

    fn dcs_site<'a>(&'a self, site: &Site) -> BlockSite<'a> {
        BlockSite {
            kind: 1,
            first: 0,
            context: usize::from(site.top.0[8] + site.left.0[8]),
            costs: self.costs,
            matrix: &self.segment.y2,
            // Luma DCs' errors count a quarter.
            lambda: self.segment.lambda * 4,
        }
    }

    /// Codes luma in a 16x16 mode; returns the score.
    #[inline(always)]
    fn code_whole(
        &self,
        site: &Site,
        choice: &WholeChoice,
        predictor: &Predictor,
        mb: &mut Macroblock,
        out: &mut Pixels,
    ) -> i64 {
        let dcs = forward_dcs(&choice.coefficients[0]);
        mb.luma = Luma::Whole(choice.mode);
        let mut rate = u32::from(self.modes.y[usize::from(choice.mode)]);
        let dcs_site = self.dcs_site(site);
        let end = self.quantize(&dcs_site, &dcs, &mut mb.levels[Y2]);
        rate += self.costs.block(1, 0, end, dcs_site.context, &mb.levels[Y2]);
        mb.ends[Y2] = end as u8;
        let (dcs_coded, error) = dequantize(&self.segment.y2, 0, end, &mb.levels[Y2], &dcs);
        let mut distortion = error / 4;
        let mut coded = [[0; LANES]; 16];
        let (mut top, mut left) = (site.top, site.left);
        for block in 0..16 {
            let (x, y) = (block % 4, block / 4);
            let coefficients = lane_of(&choice.coefficients, block);
            let block_site = BlockSite {
                kind: 0,
                first: 1,
                context: usize::from(top.0[x] + left.0[y]),
                costs: self.costs,
                matrix: &self.segment.y1,
                lambda: self.segment.lambda,
            };
            let levels = &mut mb.levels[block];
            let end = self.quantize(&block_site, &coefficients, levels);
            rate += self.costs.block(0, 1, end, block_site.context, levels);
            mb.ends[block] = end as u8;
            (top.0[x], left.0[y]) = (u8::from(end != 0), u8::from(end != 0));
            let (block_coded, error) = dequantize(&self.segment.y1, 1, end, levels, &coefficients);
            distortion += error;
            set_lane(&mut coded, block, &block_coded);
        }
        coded[0] = inverse_dcs(&dcs_coded);
        inverse(self.simd, &mut coded);
        predictor.reconstruct(self.simd, [choice.mode; 2], &mut coded);
        from_lanes(&coded, 0, &mut out.y);
        self.score(distortion, i64::from(rate))
    }

    /// Tries 4x4 modes, until the score passes that of the best 16x16 mode.
    #[inline(always)]
    fn blocks(
        &self,
        source: &Pixels,
        site: &Site,
        limit: i64,
        mb: &mut Macroblock,
        out: &mut [[u8; 16]; 16],
    ) -> i64 {
        let mut frame = Frame::new(site);
        let mut modes = [0; 16];
        let (mut top_modes, mut left_modes) = (site.top_modes, site.left_modes);
        let (mut top, mut left) = (site.top, site.left);
        let mut score = self.score(0, i64::from(self.modes.b_flag));
        for block in 0..16 {
            let (x, y) = (block % 4, block / 4);
            let mode_costs = &self.modes.b[usize::from(top_modes[x])][usize::from(left_modes[y])];
            let context = usize::from(top.0[x] + left.0[y]);
            let levels = &mut mb.levels[block];
            let choice = self.block(source, &mut frame, (x, y), mode_costs, context, levels);
            score += choice.score;
            if score >= limit {
                return score;
            }
            mb.ends[block] = choice.end as u8;
            modes[block] = choice.mode;
            (top_modes[x], left_modes[y]) = (choice.mode, choice.mode);
            (top.0[x], left.0[y]) = (u8::from(choice.end != 0), u8::from(choice.end != 0));
        }
        mb.luma = Luma::Blocks(modes);
        frame.read(out);
        score
    }

    /// Chooses the mode and the levels of a 4x4 block and reconstructs it in the frame.
    #[inline(always)]
    fn block(
        &self,
        source: &Pixels,
        frame: &mut Frame,
        (x, y): (usize, usize),
        mode_costs: &[u16; B_MODES],
        context: usize,
        levels: &mut [i16; 16],
    ) -> BlockChoice {
        let mut predictions = [[0; LANES]; 16];
        predict_blocks(self.simd, &frame.edge(x, y), &mut predictions);
        let mut lanes = [[0; LANES]; 16];
        for place in 0..16 {
            let pixel = i16::from(source.y[4 * y + place / 4][4 * x + place % 4]);
            for lane in 0..LANES {
                lanes[place][lane] = pixel - predictions[place][lane];
            }
        }
        forward(self.simd, &mut lanes);
        let mut rounded = Rounded::new();
        rounded.round::<_, 0>(self.simd, &lanes, &self.segment.y1);
        let mut scores = [0; B_MODES];
        for (mode, score) in scores.iter_mut().enumerate() {
            let rate = i64::from(rounded.rate[mode]) + i64::from(mode_costs[mode]);
            *score = self.score(i64::from(rounded.distortion[mode]), rate);
        }
        let mut best = BlockChoice { score: i64::MAX, mode: 0, end: 0 };
        let mut trial = [0; 16];
        let site = BlockSite {
            kind: 3,
            first: 0,
            context,
            costs: self.costs,
            matrix: &self.segment.y1,
            lambda: self.segment.lambda,
        };
        let mut best_coded = [0; 16];
        for _ in 0..self.tools.block_modes {
            let mode = cheapest(&mut scores);
            let lane = usize::from(mode);
            let coefficients = lane_of(&lanes, lane);
            let (end, distortion);
            let coded;
            if self.tools.trellis_modes {
                end = self.quantize(&site, &coefficients, &mut trial);
                (coded, distortion) = dequantize(&self.segment.y1, 0, end, &trial, &coefficients);
            } else {
                end = rounded.take(lane, 0, &mut trial);
                (coded, distortion) = ([0; 16], i64::from(rounded.distortion[lane]));
            }
            let rate = self.costs.block(3, 0, end, context, &trial) + u32::from(mode_costs[lane]);
            let score = self.score(distortion, i64::from(rate));
            if score < best.score {
                best = BlockChoice { score, mode, end };
                *levels = trial;
                best_coded = coded;
            }
        }
        let lane = usize::from(best.mode);
        if !self.tools.trellis_modes {
            let coefficients = lane_of(&lanes, lane);
            if self.tools.trellis && best.end > 0 {
                best.end = self.quantize(&site, &coefficients, levels);
            }
            let distortion;
            (best_coded, distortion) = dequantize(&self.segment.y1, 0, best.end, levels, &coefficients);
            let rate = self.costs.block(3, 0, best.end, context, levels) + u32::from(mode_costs[lane]);
            best.score = self.score(distortion, i64::from(rate));
        }
        let residual = inverse_block(&best_coded);
        let prediction = lane_of(&predictions, lane);
        frame.write(x, y, &prediction, &residual);
        best
    }

    /// Chooses the chroma mode, and codes chroma.
    #[inline(always)]
    fn chroma(&self, source: &Pixels, site: &Site, mb: &mut Macroblock, out: &mut Pixels) {
        let mut source_lanes = [[0; LANES]; 16];
        let mut predictor = Predictor::new();
        for half in 0..2 {
            for plane in 0..2 {
                to_lanes(&source.uv[plane], 8 * half + 4 * plane, &mut source_lanes);
                predictor.add(&site.uv[plane], 8 * half + 4 * plane);
            }
        }
        let mut rounded = Rounded::new();
        let (mut best, mut best_score) = (0, i64::MAX);
        let mut best_lanes = [[0; LANES]; 16];
        // Two modes fill all lanes.
        for first in (0..self.whole_modes()).step_by(2) {
            let modes = [first, first + 1];
            let mut lanes = [[0; LANES]; 16];
            predictor.residual(self.simd, modes, &source_lanes, &mut lanes);
            forward(self.simd, &mut lanes);
            rounded.round::<_, 0>(self.simd, &lanes, &self.segment.uv);
            for (half, mode) in modes.into_iter().enumerate().take(usize::from(self.whole_modes())) {
                let own = 8 * half..8 * half + 8;
                let distortion: i32 = rounded.distortion[own.clone()].iter().sum();
                let rate =
                    rounded.rate[own].iter().sum::<i32>() + i32::from(self.modes.uv[usize::from(mode)]);
                let score = (i64::from(distortion) << 8) + self.segment.lambda_uv * i64::from(rate);
                if score < best_score {
                    (best, best_score) = (mode, score);
                    best_lanes = lanes;
                }
            }
        }
        self.code_chroma(site, best, &best_lanes, &predictor, mb, out);
    }

    /// Codes chroma in a mode. Its coefficients are in the lower lanes for the modes of even numbers, else in the
    /// upper ones.
    #[inline(always)]
    fn code_chroma(
        &self,
        site: &Site,
        mode: u8,
        lanes: &Lanes,
        predictor: &Predictor,
        mb: &mut Macroblock,
        out: &mut Pixels,
    ) {
        mb.uv = mode;
        let mut coded = [[0; LANES]; 16];
        let (mut top, mut left) = (site.top, site.left);
        for block in 0..8 {
            let (plane, x, y) = (block / 4, block % 2, block / 2 % 2);
            let (column, row) = (4 + 2 * plane + x, 4 + 2 * plane + y);
            let coefficients = lane_of(lanes, 8 * usize::from(mode % 2) + block);
            let block_site = BlockSite {
                kind: 2,
                first: 0,
                context: usize::from(top.0[column] + left.0[row]),
                costs: self.costs,
                matrix: &self.segment.uv,
                lambda: self.segment.lambda_uv,
            };
            let levels = &mut mb.levels[16 + block];
            let end = self.quantize(&block_site, &coefficients, levels);
            mb.ends[16 + block] = end as u8;
            (top.0[column], left.0[row]) = (u8::from(end != 0), u8::from(end != 0));
            let (block_coded, _) = dequantize(&self.segment.uv, 0, end, levels, &coefficients);
            set_lane(&mut coded, block, &block_coded);
        }
        inverse(self.simd, &mut coded);
        predictor.reconstruct(self.simd, [mode; 2], &mut coded);
        for plane in 0..2 {
            from_lanes(&coded, 4 * plane, &mut out.uv[plane]);
        }
    }

    fn quantize(&self, site: &BlockSite, coefficients: &[i16; 16], levels: &mut [i16; 16]) -> usize {
        if self.tools.trellis {
            trellis(site, coefficients, levels)
        } else {
            round_block(site, coefficients, levels)
        }
    }

    /// Distortion as squared error of coefficients, rate in 1/256 bits.
    #[inline(always)]
    const fn score(&self, distortion: i64, rate: i64) -> i64 {
        (distortion << 8) + self.segment.lambda * rate
    }
}

/// The best 16x16 mode, and its coefficients.
struct WholeChoice {
    mode: u8,
    score: i64,
    coefficients: Lanes,
}

/// The best of a 4x4 block.
struct BlockChoice {
    score: i64,
    mode: u8,
    end: usize,
}

/// A macroblock's luma with its surroundings, for 4x4 prediction: the row above and the column at left are row 0
/// and column 3.
struct Frame([[u8; 24]; 17]);

impl Frame {
    fn new(site: &Site) -> Self {
        let mut rows = [[0; 24]; 17];
        rows[0][3] = site.y.corner;
        rows[0][4..20].copy_from_slice(&site.y.top);
        // The blocks at the right edge all see the row above the macroblock there (section 12.3).
        for row in [0, 4, 8, 12] {
            rows[row][20..].copy_from_slice(&site.above_right);
        }
        for (row, &left) in rows[1..].iter_mut().zip(&site.y.left) {
            row[3] = left;
        }
        Self(rows)
    }

    /// Left from bottom to top, corner, and eight above.
    #[inline(always)]
    fn edge(&self, x: usize, y: usize) -> [u8; 13] {
        let mut edge = [0; 13];
        for place in 0..5 {
            edge[place] = self.0[4 * y + 4 - place][4 * x + 3];
        }
        edge[5..].copy_from_slice(&self.0[4 * y][4 * x + 4..4 * x + 12]);
        edge
    }

    #[inline(always)]
    fn write(&mut self, x: usize, y: usize, prediction: &[i16; 16], residual: &[i16; 16]) {
        for place in 0..16 {
            let value = (prediction[place] + residual[place]).clamp(0, 255);
            self.0[4 * y + 1 + place / 4][4 * x + 4 + place % 4] = value as u8;
        }
    }

    fn read(&self, out: &mut [[u8; 16]; 16]) {
        for (row, from) in out.iter_mut().zip(&self.0[1..]) {
            row.copy_from_slice(&from[4..20]);
        }
    }
}

/// One block of sixteen.
#[inline(always)]
fn lane_of(lanes: &Lanes, lane: usize) -> [i16; 16] {
    let mut block = [0; 16];
    for (value, place) in block.iter_mut().zip(lanes) {
        *value = place[lane & 15];
    }
    block
}

/// Puts one block among sixteen.
#[inline(always)]
fn set_lane(lanes: &mut Lanes, lane: usize, block: &[i16; 16]) {
    for (place, value) in lanes.iter_mut().zip(block) {
        place[lane & 15] = *value;
    }
}

/// The lowest score's place; it is taken out.
#[inline(always)]
fn cheapest(scores: &mut [i64; B_MODES]) -> u8 {
    let mut best = 0;
    for place in 1..B_MODES {
        if scores[place] < scores[best] {
            best = place;
        }
    }
    scores[best] = i64::MAX;
    best as u8
}
