//! Quantisers: steps by quality and segment, plain rounding for sixteen blocks at once, and the trellis for one.

use super::{
    cost::TokenCosts,
    tables::{AC_STEPS, DC_STEPS, ZIGZAG},
    transform::{LANES, Lanes},
    tuning::Tuning,
};
use crate::simd::Simd;

/// The quantiser of a block type: by place in the block, raster order.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The step.
    pub step: [u16; 16],
    /// 65536 / step.
    inverse: [u16; 16],
    /// What is added before rounding down, below half a step: zeros are cheap.
    bias: [u16; 16],
    /// As much of a step as the trellis must see before it tries the higher level.
    threshold: [u16; 16],
}

impl Matrix {
    fn new(dc: u16, ac: u16, bias: [u32; 2]) -> Self {
        let mut step = [ac; 16];
        step[0] = dc;
        let part = |place: usize, of: [u32; 2]| {
            (u32::from(step[place]) * if place == 0 { of[0] } else { of[1] } / 256) as u16
        };
        Self {
            inverse: step.map(|step| ((65_536 + u32::from(step) / 2) / u32::from(step)) as u16),
            bias: std::array::from_fn(|place| part(place, bias)),
            threshold: std::array::from_fn(|place| part(place, [100, 100])),
            step,
        }
    }

    /// The level of a coefficient at a place of the block.
    #[inline(always)]
    fn level(&self, place: usize, size: u16) -> u16 {
        ((u32::from(size + self.bias[place]) * u32::from(self.inverse[place])) >> 16) as u16
    }

    /// The level rounded down.
    #[inline(always)]
    fn floor(&self, place: usize, size: u16) -> u16 {
        let level = ((u32::from(size) * u32::from(self.inverse[place])) >> 16) as u16;
        // The reciprocal is rounded: one too many is possible just below a multiple.
        level - u16::from(level * self.step[place] > size)
    }

    /// A coefficient from its level.
    #[inline(always)]
    pub fn dequantize(&self, place: usize, level: i16) -> i16 {
        (i32::from(level) * i32::from(self.step[place])) as i16
    }
}

/// The quantisers and multipliers of a segment.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Index into the step tables, 0 to 127.
    pub index: u8,
    /// Luma.
    pub y1: Matrix,
    /// Luma DCs.
    pub y2: Matrix,
    /// Chroma.
    pub uv: Matrix,
    /// Distortion that a bit of luma is worth: squared coefficient error for 1/256 bit, times 256.
    pub lambda: i64,
    /// The same for chroma.
    pub lambda_uv: i64,
}

impl Segment {
    /// The quantisers at an index.
    pub fn new(index: u8, tuning: &Tuning) -> Self {
        let offsets = tuning.offsets;
        let at = |offset: i8| (i32::from(index) + i32::from(offset)).clamp(0, 127) as usize;
        let ac = AC_STEPS[usize::from(index)];
        let y1 = Matrix::new(DC_STEPS[at(offsets[0])], ac, tuning.bias_y1);
        let y2_ac = (u32::from(AC_STEPS[at(offsets[2])]) * 155 / 100).max(8) as u16;
        let y2 = Matrix::new(DC_STEPS[at(offsets[1])] * 2, y2_ac, tuning.bias_y2);
        let uv_ac = AC_STEPS[at(offsets[4])];
        let uv = Matrix::new(DC_STEPS[at(offsets[3])].min(132), uv_ac, tuning.bias_uv);
        let square = |step: u16| i64::from(step) * i64::from(step);
        Self {
            index,
            y1,
            y2,
            uv,
            lambda: (square(ac) * tuning.lambda / 256).max(1),
            lambda_uv: (square(uv_ac) * tuning.lambda_uv / 256).max(1),
        }
    }
}

/// What rounding sixteen blocks gives, by lane.
pub struct Rounded {
    /// Levels with their signs, raster order.
    pub levels: Lanes,
    /// Squared error of the coefficients.
    pub distortion: [i32; LANES],
    /// About what the tokens cost, in 1/256 bits.
    pub rate: [i32; LANES],
}

impl Rounded {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self { levels: [[0; LANES]; 16], distortion: [0; LANES], rate: [0; LANES] }
    }

    /// Rounds the coefficients from `first`, a place of the block, 0 or 1.
    #[inline(always)]
    pub fn round<S: Simd, const FIRST: usize>(&mut self, simd: S, coefficients: &Lanes, matrix: &Matrix) {
        simd.vectorize(
            #[inline(always)]
            || self.round_lanes::<FIRST>(coefficients, matrix),
        );
    }

    #[inline(always)]
    fn round_lanes<const FIRST: usize>(&mut self, coefficients: &Lanes, matrix: &Matrix) {
        // Filled apart from `self`: what can't overlap the input needs no care when it is vectorised.
        let mut out = Self::new();
        for place in FIRST..16 {
            let (bias, inverse, step) = (matrix.bias[place], matrix.inverse[place], matrix.step[place]);
            let (values, levels) = (&coefficients[place], &mut out.levels[place]);
            for lane in 0..LANES {
                let value = values[lane];
                let sign = value >> 15;
                let size = ((value ^ sign) - sign) as u16;
                let level = ((u32::from(size + bias) * u32::from(inverse)) >> 16) as u16;
                let error = i32::from(size as i16 - (level * step) as i16);
                out.distortion[lane] += error * error;
                let nonzero = -i16::from(level != 0);
                out.rate[lane] +=
                    i32::from((nonzero & RATE_NONZERO[place]) + level.min(40) as i16 * RATE_LEVEL);
                levels[lane] = (level as i16 ^ sign) - sign;
            }
        }
        *self = out;
    }

    /// Takes one block's levels in scan order; gives one past the last that is not zero.
    #[inline(always)]
    pub fn take(&self, lane: usize, first: usize, levels: &mut [i16; 16]) -> usize {
        let mut end = 0;
        for place in first..16 {
            let level = self.levels[ZIGZAG[place]][lane];
            levels[place] = level;
            if level != 0 {
                end = place + 1;
            }
        }
        end
    }
}

// A guess of token costs by place in the block, from the means over photos: what a level that isn't zero costs
// with the zeros before it, and what each unit of its size adds.
const RATE_NONZERO: [i16; 16] =
    [900, 900, 1000, 1100, 900, 1000, 1100, 1200, 1000, 1100, 1200, 1300, 1100, 1200, 1300, 1400];
const RATE_LEVEL: i16 = 200;

/// What is known of a block when it is quantised alone.
pub struct BlockSite<'a> {
    /// Token type: 0 luma without DC, 1 luma DCs, 2 chroma, 3 luma with DC.
    pub kind: usize,
    /// Where the scan starts.
    pub first: usize,
    /// How many of the blocks above and at left have levels.
    pub context: usize,
    /// Token costs of now.
    pub costs: &'a TokenCosts,
    /// Its quantiser.
    pub matrix: &'a Matrix,
    /// Squared error for 1/256 bit, times 256.
    pub lambda: i64,
}

/// The score of a state that no path leads to.
const NOWHERE: i64 = i64::MAX / 4;

/// Chooses the levels of a block for the least sum of distortion and rate: a shortest path over the scan, whose
/// states are the contexts of the next token. Returns one past the last level that is not zero; `levels` is in
/// scan order, coefficients in raster order.
pub fn trellis(site: &BlockSite, coefficients: &[i16; 16], levels: &mut [i16; 16]) -> usize {
    let last = last_candidate(site, coefficients);
    let Some(last) = last else { return 0 };
    let costs = site.costs.kind(site.kind);
    let rate = |bits: u32| site.lambda * i64::from(bits);
    let start = &costs[site.first][site.context];
    // All scores leave out the energy of the coefficients, which a level of zero keeps.
    let (mut best, mut best_end, mut best_state) = (rate(u32::from(start.end)), 0, 0);
    let mut scores = [NOWHERE; 3];
    scores[site.context] = rate(u32::from(start.start));
    let mut came_from = [[0_u8; 3]; 16];
    let mut chosen = [[0_u16; 3]; 16];
    for place in site.first..=last {
        let raster = ZIGZAG[place];
        let size = coefficients[raster].unsigned_abs();
        let floor = site.matrix.floor(raster, size);
        let rest = size - floor * site.matrix.step[raster];
        let take_higher = rest >= site.matrix.threshold[raster];
        let mut next = [NOWHERE; 3];
        let mut visit = |level: u16| {
            let token = usize::from(level).min(super::cost::TOKEN_LEVELS);
            let (mut score, mut from) = (NOWHERE, 0);
            for (context, &before) in scores.iter().enumerate() {
                let total = before + rate(u32::from(costs[place][context].level[token]));
                if total < score {
                    (score, from) = (total, context as u8);
                }
            }
            if level > 0 {
                let error = i64::from(size) - i64::from(level) * i64::from(site.matrix.step[raster]);
                let gain = (error * error - i64::from(size) * i64::from(size)) << 8;
                score += gain + rate(site.costs.extra(usize::from(level)));
            }
            let state = usize::from(level.min(2));
            if score < next[state] {
                next[state] = score;
                came_from[place][state] = from;
                chosen[place][state] = level;
            }
        };
        if floor < 2 {
            visit(0);
        }
        if floor == 0 && !take_higher {
            scores = next;
            continue;
        }
        if floor > 0 {
            visit(floor);
        }
        if take_higher {
            visit(floor + 1);
        }
        scores = next;
        for state in 1..3 {
            let total = scores[state] + rate(u32::from(costs[place + 1][state].end));
            if total < best {
                (best, best_end, best_state) = (total, place + 1, state);
            }
        }
    }
    let mut state = best_state;
    for place in (site.first..best_end).rev() {
        let level = chosen[place][state] as i16;
        levels[place] = if coefficients[ZIGZAG[place]] < 0 { -level } else { level };
        state = usize::from(came_from[place][state]);
    }
    best_end
}

/// The last place of the scan whose coefficient could get a level.
fn last_candidate(site: &BlockSite, coefficients: &[i16; 16]) -> Option<usize> {
    (site.first..16).rev().find(|&place| {
        let raster = ZIGZAG[place];
        coefficients[raster].unsigned_abs() >= site.matrix.threshold[raster]
    })
}

/// Rounds one block. As [`trellis`], without the search.
pub fn round_block(site: &BlockSite, coefficients: &[i16; 16], levels: &mut [i16; 16]) -> usize {
    let mut end = 0;
    for place in site.first..16 {
        let value = coefficients[ZIGZAG[place]];
        let level = site.matrix.level(ZIGZAG[place], value.unsigned_abs()) as i16;
        levels[place] = if value < 0 { -level } else { level };
        if level != 0 {
            end = place + 1;
        }
    }
    end
}

/// The coefficients of a block from its levels in scan order, and their squared error.
#[inline(always)]
pub fn dequantize(
    matrix: &Matrix,
    first: usize,
    end: usize,
    levels: &[i16; 16],
    coefficients: &[i16; 16],
) -> ([i16; 16], i64) {
    let mut output = [0; 16];
    for place in first..end.max(first) {
        let raster = ZIGZAG[place & 15];
        output[raster] = matrix.dequantize(raster, levels[place & 15]);
    }
    let mut distortion = 0;
    for place in first..16 {
        let error = i32::from(coefficients[place]) - i32::from(output[place]);
        distortion += error * error;
    }
    (output, i64::from(distortion))
}
