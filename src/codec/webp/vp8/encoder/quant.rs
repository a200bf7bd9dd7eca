//! Quantisers: steps by quality and segment, and plain rounding for one block and for sixteen at once.

use super::{
    super::{
        lanes::{EMPTY, LANES, Lanes, lane_of},
        tables::{AC_STEPS, DC_STEPS, ZIGZAG},
    },
    cost::TokenCosts,
    tuning::Tuning,
};
use crate::simd::{Bytes, Simd, SimdBase, SimdWiden, i16x16, mul_high, u16x16, u32x8};

/// The quantiser of a block type: of its DC, and of all else.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The step, 4 to 314.
    pub step: [u16; 2],
    /// 65536 / step.
    inverse: [u16; 2],
    /// What is added before rounding down, below half a step: zeros are cheap.
    bias: [u16; 2],
    /// The steps by place in the block.
    pub steps: [i16; 16],
    /// The same of 65536 / step.
    pub inverses: [u16; 16],
    /// As much of a step as the trellis must see before it tries the higher level.
    pub thresholds: [i16; 16],
}

impl Matrix {
    fn new(dc: u16, ac: u16, bias: [u32; 2]) -> Self {
        let step = [dc, ac];
        let part =
            |of: [u32; 2]| [0, 1].map(|place: usize| (u32::from(step[place]) * of[place] / 256) as u16);
        let inverse = step.map(|step| ((65_536 + u32::from(step) / 2) / u32::from(step)) as u16);
        let kind = |place: usize| usize::from(place > 0);
        let thresholds = part([100, 100]);
        Self {
            bias: part(bias),
            steps: std::array::from_fn(|place| step[kind(place)] as i16),
            inverses: std::array::from_fn(|place| inverse[kind(place)]),
            thresholds: std::array::from_fn(|place| thresholds[kind(place)] as i16),
            inverse,
            step,
        }
    }

    /// The level of a coefficient: of the DC, place 0, or of an AC, 1.
    #[inline(always)]
    fn level(&self, place: usize, size: u16) -> u16 {
        ((u32::from(size + self.bias[place]) * u32::from(self.inverse[place])) >> 16) as u16
    }
}

/// Bits behind the point of [`Weights`].
pub const WEIGHT_BITS: u32 = 16;

/// What a squared error costs by its place in the scan, in 1/256 bits times 2^[`WEIGHT_BITS`].
pub type Weights = [i64; 16];

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
    /// The other way round: what a squared error costs, as [`BlockSite::weights`], of 4x4 blocks, 16x16 blocks, luma DCs
    /// and chroma.
    pub weights: [Weights; 4],
    /// What a squared error of a coefficient counts, by its place in the scan, in 1/128.
    pub frequencies: [i64; 16],
}

impl Segment {
    /// The quantisers at an index.
    pub fn new(index: u8, number: usize, tuning: &Tuning) -> Self {
        let offsets = tuning.offsets;
        let at = |offset: i8| (i32::from(index) + i32::from(offset)).clamp(0, 127) as usize;
        let ac = AC_STEPS[usize::from(index)];
        let y1 = Matrix::new(DC_STEPS[at(offsets[0])], ac, tuning.bias_y1);
        let y2_ac = (u32::from(AC_STEPS[at(offsets[2])]) * 155 / 100).max(8) as u16;
        let y2 = Matrix::new(DC_STEPS[at(offsets[1])] * 2, y2_ac, tuning.bias_y2);
        let uv_ac = AC_STEPS[at(offsets[4])];
        let uv = Matrix::new(DC_STEPS[at(offsets[3])].min(132), uv_ac, tuning.bias_uv);
        let square = |step: u16| i64::from(step) * i64::from(step);
        let share = tuning.segment_lambda[number];
        let lambda = (square(ac) * tuning.lambda * share / (256 * 128)).max(1);
        let lambda_uv = (square(uv_ac) * tuning.lambda_uv * share / (256 * 128)).max(1);
        let weight = |lambda: i64, kind: usize, frequency: i64| {
            (256 << WEIGHT_BITS) / lambda * tuning.care[kind] * frequency / (128 * 128)
        };
        let by_place = |lambda, kind| tuning.frequencies.map(|frequency| weight(lambda, kind, frequency));
        // Luma DCs' errors count a quarter, all the same.
        let dcs = [weight(4 * lambda, 2, 128); 16];
        let weights = [by_place(lambda, 0), by_place(lambda, 1), dcs, by_place(lambda_uv, 3)];
        Self { index, y1, y2, uv, lambda, lambda_uv, weights, frequencies: tuning.frequencies }
    }
}

/// What rounding sixteen blocks gives, by lane.
#[derive(Clone)]
pub struct Rounded {
    /// Levels with their signs, raster order.
    pub levels: Lanes,
    /// Squared error of the coefficients.
    pub distortion: [u32; LANES],
    /// About what the tokens cost, in 1/32 bits.
    pub rate: [i16; LANES],
}

impl Rounded {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self { levels: EMPTY, distortion: [0; LANES], rate: [0; LANES] }
    }

    /// Rounds the coefficients from `FIRST`, a place of the block, 0 or 1.
    #[inline(always)]
    pub fn round<S: Simd, const FIRST: usize>(&mut self, simd: S, coefficients: &Lanes, matrix: &Matrix) {
        simd.vectorize(
            #[inline(always)]
            || self.round_lanes::<S, FIRST>(simd, coefficients, matrix),
        );
    }

    #[inline(always)]
    fn round_lanes<S: Simd, const FIRST: usize>(&mut self, simd: S, coefficients: &Lanes, matrix: &Matrix) {
        let mut rate = i16x16::splat(simd, 0);
        let mut distortion = (u32x8::splat(simd, 0), u32x8::splat(simd, 0));
        // No error passes 5/8 of a step of 157 at the most: four squares fit in 16 bits.
        let mut squares = i16x16::splat(simd, 0);
        for place in FIRST..16 {
            let kind = (place > 0) as usize;
            let value = i16x16::load_array_ref(simd, &coefficients[place]);
            let (sign, size) = (value >> 15, value.abs());
            let level = mul_high(simd, size + matrix.bias[kind] as i16, matrix.inverse[kind]);
            let error = size - level * matrix.step[kind] as i16;
            squares += error * error;
            rate += level.min(40) * RATE_LEVEL + level.min(1) * RATE_NONZERO[place];
            ((level ^ sign) - sign).store_array(&mut self.levels[place]);
            if place % 4 == 3 {
                let (low, high) = squares.bitcast::<u16x16<S>>().widen();
                distortion.0 += low;
                distortion.1 += high;
                squares = i16x16::splat(simd, 0);
            }
        }
        rate.store_array(&mut self.rate);
        distortion.0.store_slice(&mut self.distortion[..LANES / 2]);
        distortion.1.store_slice(&mut self.distortion[LANES / 2..]);
    }

    /// Takes one block's levels in scan order; gives one past the last that is not zero.
    #[inline(always)]
    pub fn take(&self, lane: usize, levels: &mut [i16; 16]) -> usize {
        let mut end = 0;
        for place in 0..16 {
            let level = self.levels[ZIGZAG[place]][lane & 15];
            levels[place] = level;
            end = if level != 0 { place + 1 } else { end };
        }
        end
    }
}

// A guess of token costs by place in the block, from the means over photos: what a level that isn't zero costs
// with the zeros before it, and what each unit of its size adds.
const RATE_NONZERO: [i16; 16] =
    [112, 112, 125, 137, 112, 125, 137, 150, 125, 137, 150, 162, 137, 150, 162, 175];
const RATE_LEVEL: i16 = 25;

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
    /// What its errors cost.
    pub weights: &'a Weights,
}

/// Rounds one block's coefficients in scan order. Returns one past the last level that is not zero.
#[inline(always)]
pub fn round_block(matrix: &Matrix, coefficients: &[i16; 16], levels: &mut [i16; 16]) -> usize {
    let mut end = 0;
    for place in 0..16 {
        let value = coefficients[place];
        let level = matrix.level(usize::from(place > 0), value.unsigned_abs()) as i16;
        levels[place] = if value < 0 { -level } else { level };
        end = if level != 0 { place + 1 } else { end };
    }
    end
}

/// The coefficients of a block from its levels, both in scan order.
#[inline(always)]
pub fn dequantize_block(matrix: &Matrix, levels: &[i16; 16]) -> [i16; 16] {
    let mut output = [0; 16];
    for place in 0..16 {
        output[place] = levels[place].wrapping_mul(matrix.steps[place]);
    }
    output
}

/// The squared difference of a block's coefficients.
#[inline(always)]
pub fn squared_error(a: &[i16; 16], b: &[i16; 16]) -> u32 {
    let mut sum = 0;
    for place in 0..16 {
        let error = i32::from(a[place]) - i32::from(b[place]);
        sum += error * error;
    }
    sum as u32
}

/// A block's values from scan to raster order.
#[inline(always)]
pub fn to_raster(scan: &[i16; 16]) -> [i16; 16] {
    let mut raster = [0; 16];
    for place in 0..16 {
        raster[ZIGZAG[place]] = scan[place];
    }
    raster
}

/// A block's values from raster to scan order.
#[inline(always)]
pub fn to_scan(raster: &[i16; 16]) -> [i16; 16] {
    let mut scan = [0; 16];
    for place in 0..16 {
        scan[place] = raster[ZIGZAG[place]];
    }
    scan
}

/// One block of sixteen, in scan order.
#[inline(always)]
pub fn scan_lane(lanes: &Lanes, lane: usize) -> [i16; 16] {
    to_scan(&lane_of(lanes, lane))
}

/// The coefficients of sixteen blocks from their levels in the places from `FIRST`.
#[inline(always)]
pub fn dequantize_lanes<S: Simd, const FIRST: usize>(
    simd: S,
    matrix: &Matrix,
    levels: &Lanes,
    out: &mut Lanes,
) {
    simd.vectorize(
        #[inline(always)]
        || {
            for place in FIRST..16 {
                let step = matrix.step[(place > 0) as usize] as i16;
                for lane in 0..LANES {
                    out[place][lane] = levels[place][lane].wrapping_mul(step);
                }
            }
        },
    );
}
