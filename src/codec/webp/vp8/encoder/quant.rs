//! Quantisers (RFC 6386, section 14.1): steps by quality and segment, and plain rounding for one block and for sixteen
//! at once.

use super::{
    super::{
        lanes::{EMPTY, LANES, Lanes, lane_of},
        macroblock::BlockType,
        tables::{AC_STEPS, DC_STEPS, ZIGZAG},
    },
    cost::TokenCosts,
    tuning::Tuning,
};
use crate::simd::{Bytes, Simd, SimdBase, SimdWiden, i16x16, mul_high, u16x16, u32x8};

/// The quantiser of a kind of blocks. Pairs are of the DC and of all ACs.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The step, 4 to 314.
    pub step: [u16; 2],
    /// 65536 / step.
    inverse: [u16; 2],
    /// What is added before rounding down, below half a step: zeros are cheap.
    bias: [u16; 2],
    /// [`Self::step`] by place in the block.
    pub steps: [i16; 16],
    /// 65536 / step by place in the block.
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
        let dc_or_ac = |place: usize| usize::from(place > 0);
        let thresholds = part([100, 100]);
        Self {
            bias: part(bias),
            steps: std::array::from_fn(|place| step[dc_or_ac(place)] as i16),
            inverses: std::array::from_fn(|place| inverse[dc_or_ac(place)]),
            thresholds: std::array::from_fn(|place| thresholds[dc_or_ac(place)] as i16),
            inverse,
            step,
        }
    }

    /// The level of a coefficient's absolute value: 0 for that of a DC, 1 for that of an AC.
    #[inline(always)]
    fn level(&self, dc_or_ac: usize, size: u16) -> u16 {
        ((u32::from(size + self.bias[dc_or_ac]) * u32::from(self.inverse[dc_or_ac])) >> 16) as u16
    }
}

/// Fractional bits of [`Weights`].
pub const WEIGHT_BITS: u32 = 16;

/// The cost of a squared error by its place in the scan, in 1/256 bits times 2^[`WEIGHT_BITS`].
pub type Weights = [i64; 16];

/// [`Weights`] of all blocks whose levels a trellis chooses.
#[derive(Debug, Clone)]
pub struct TrellisWeights {
    /// Luma in 4x4 modes.
    pub i4x4: Weights,
    /// Luma in a 16x16 mode, without its DCs.
    pub i16x16: Weights,
    /// The Y2 block.
    pub y2: Weights,
    /// Chroma.
    pub uv: Weights,
}

/// The quantisers and Lagrange multipliers of a segment.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Index into the step tables, 0 to 127.
    pub index: u8,
    /// Luma.
    pub y1: Matrix,
    /// The Y2 block.
    pub y2: Matrix,
    /// Chroma.
    pub uv: Matrix,
    /// Distortion that a bit of luma is worth: squared coefficient error for 1/256 bit, times 256.
    pub lambda: i64,
    /// Distortion that a bit of chroma is worth, like [`Self::lambda`].
    pub lambda_uv: i64,
    /// The inverse: bits that a squared error is worth.
    pub weights: TrellisWeights,
    /// The weight of a coefficient's squared error by its place in the scan, in 1/128.
    pub frequency_weights: [i64; 16],
}

impl Segment {
    /// The quantisers at an index.
    pub fn new(index: u8, number: usize, tuning: &Tuning) -> Self {
        let deltas = tuning.index_deltas;
        let at = |delta: i8| (i32::from(index) + i32::from(delta)).clamp(0, 127) as usize;
        let ac = AC_STEPS[usize::from(index)];
        let y1 = Matrix::new(DC_STEPS[at(deltas[0])], ac, tuning.bias_y1);
        let y2_ac = (u32::from(AC_STEPS[at(deltas[2])]) * 155 / 100).max(8) as u16;
        let y2 = Matrix::new(DC_STEPS[at(deltas[1])] * 2, y2_ac, tuning.bias_y2);
        let uv_ac = AC_STEPS[at(deltas[4])];
        let uv = Matrix::new(DC_STEPS[at(deltas[3])].min(132), uv_ac, tuning.bias_uv);
        let square = |step: u16| i64::from(step) * i64::from(step);
        let share = tuning.segment_lambda[number];
        let lambda = (square(ac) * tuning.lambda * share / (256 * 128)).max(1);
        let lambda_uv = (square(uv_ac) * tuning.lambda_uv * share / (256 * 128)).max(1);
        let weight = |lambda: i64, factor: i64, frequency: i64| {
            (256 << WEIGHT_BITS) / lambda * factor * frequency / (128 * 128)
        };
        let frequency_weights = tuning.frequency_weights;
        let by_place = |lambda, factor| frequency_weights.map(|frequency| weight(lambda, factor, frequency));
        let factors = &tuning.trellis_weights;
        let weights = TrellisWeights {
            i4x4: by_place(lambda, factors.i4x4),
            i16x16: by_place(lambda, factors.i16x16),
            // Errors of Y2 coefficients count a quarter each, whatever the place.
            y2: [weight(4 * lambda, factors.y2, 128); 16],
            uv: by_place(lambda_uv, factors.uv),
        };
        Self { index, y1, y2, uv, lambda, lambda_uv, weights, frequency_weights }
    }
}

/// Sixteen blocks rounded, by lane.
#[derive(Clone)]
pub struct Rounded {
    /// Levels with their signs, raster order.
    pub levels: Lanes,
    /// Squared error of the coefficients.
    pub distortion: [u32; LANES],
    /// The estimated cost of the tokens, in 1/32 bits: [`ESTIMATE_UNIT`] brings it to 1/256.
    pub rate: [i16; LANES],
}

impl Rounded {
    /// Zeros.
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
            let dc_or_ac = (place > 0) as usize;
            let value = i16x16::load_array_ref(simd, &coefficients[place]);
            let (sign, size) = (value >> 15, value.abs());
            let level = mul_high(simd, size + matrix.bias[dc_or_ac] as i16, matrix.inverse[dc_or_ac]);
            let error = size - level * matrix.step[dc_or_ac] as i16;
            squares += error * error;
            rate += level.min(ESTIMATE_MAX_LEVEL) * RATE_LEVEL + level.min(1) * RATE_NONZERO[place];
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

    /// Copies one block's levels in scan order; returns its `eob`.
    #[inline(always)]
    pub fn copy_block(&self, lane: usize, levels: &mut [i16; 16]) -> usize {
        let mut eob = 0;
        for place in 0..16 {
            let level = self.levels[ZIGZAG[place]][lane & 15];
            levels[place] = level;
            eob = if level != 0 { place + 1 } else { eob };
        }
        eob
    }
}

/// Estimated rates, in 1/32 bits, times this are in 1/256 bits, as true ones are.
pub const ESTIMATE_UNIT: u32 = 8;

/// Larger levels are estimated to cost no more than this one: costs grow with the logarithm, and sums stay in 16 bits.
pub const ESTIMATE_MAX_LEVEL: i16 = 40;

// Estimated token costs by place in the block, the means over photos: what a nonzero level costs with the zeros before
// it, and what each unit of its size adds.
const RATE_NONZERO: [i16; 16] =
    [112, 112, 125, 137, 112, 125, 137, 150, 125, 137, 150, 162, 137, 150, 162, 175];
const RATE_LEVEL: i16 = 25;

/// What the levels of a block depend on beside its coefficients.
pub struct BlockContext<'a> {
    /// Its type, which says where its scan starts.
    pub block_type: BlockType,
    /// How many of the blocks above and at left have nonzero levels.
    pub context: usize,
    /// Token costs under the current probabilities.
    pub costs: &'a TokenCosts,
    /// Its quantiser.
    pub matrix: &'a Matrix,
    /// What its errors cost.
    pub weights: &'a Weights,
}

/// Rounds one block's coefficients in scan order; returns its `eob`.
#[inline(always)]
pub fn round_block(matrix: &Matrix, coefficients: &[i16; 16], levels: &mut [i16; 16]) -> usize {
    let mut eob = 0;
    for place in 0..16 {
        let value = coefficients[place];
        let level = matrix.level(usize::from(place > 0), value.unsigned_abs()) as i16;
        levels[place] = if value < 0 { -level } else { level };
        eob = if level != 0 { place + 1 } else { eob };
    }
    eob
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

/// The squared difference of two blocks of coefficients.
#[inline(always)]
pub fn squared_error(a: &[i16; 16], b: &[i16; 16]) -> u32 {
    let mut sum = 0;
    for place in 0..16 {
        let error = i32::from(a[place]) - i32::from(b[place]);
        sum += error * error;
    }
    sum as u32
}

/// Brings a block from scan to raster order.
#[inline(always)]
pub fn to_raster(scan: &[i16; 16]) -> [i16; 16] {
    let mut raster = [0; 16];
    for place in 0..16 {
        raster[ZIGZAG[place]] = scan[place];
    }
    raster
}

/// Brings a block from raster to scan order.
#[inline(always)]
pub fn to_scan(raster: &[i16; 16]) -> [i16; 16] {
    let mut scan = [0; 16];
    for place in 0..16 {
        scan[place] = raster[ZIGZAG[place]];
    }
    scan
}

/// One block of the sixteen, in scan order.
#[inline(always)]
pub fn scan_lane(lanes: &Lanes, lane: usize) -> [i16; 16] {
    to_scan(&lane_of(lanes, lane))
}

/// The coefficients of sixteen blocks from their levels, of the places from `FIRST` on.
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
