//! Inverse transforms of groups: coefficients to samples, at eight sizes.
//!
//! At n eighths the n lowest coefficients of each direction go through a transform of n points. All sizes have the
//! same gain: without normalisation a pass multiplies the mean by one, and an eighth is taken at the end.

use super::{
    full,
    layout::{LANES, PAIRS},
    reduced,
    tables::QuantTable,
};
use crate::simd::{Bytes, Simd, SimdBase, SimdIntWiden, i16x16, i32x8};

/// Rows of samples of a group.
pub(super) type Samples = [[u8; 8 * LANES]; 8];

/// Bits of the factors, and bits kept between the passes.
const FACTOR_BITS: u32 = 13;
const PASS_BITS: u32 = 2;
pub(super) const FIRST_BIAS: i32 = 1 << (FIRST_SHIFT - 1);
pub(super) const FIRST_SHIFT: u32 = FACTOR_BITS - PASS_BITS;
const LAST_SHIFT: u32 = FACTOR_BITS + PASS_BITS + 3;
/// What is added before the last shift: a half, and the middle of the range of samples.
pub(super) const LAST_BIAS: i32 = (1 << (LAST_SHIFT - 1)) + (128 << LAST_SHIFT);

/// A quantiser's steps as a transform takes them.
#[derive(Debug, Clone)]
pub(super) struct Idct {
    scale_num: usize,
    /// For full size: by pair of rows, then column, the two steps in turn.
    paired: [[i16; LANES]; 32],
    /// For the other sizes: in raster order of the kept ones.
    plain: [i16; 64],
}

impl Idct {
    pub(super) fn new(quant_table: &QuantTable, scale_num: usize) -> Self {
        let mut idct = Self { scale_num, paired: [[0; LANES]; 32], plain: [0; 64] };
        for (pair, rows) in PAIRS.iter().enumerate() {
            for column in 0..8 {
                idct.paired[pair * 8 + column] =
                    std::array::from_fn(|i| quant_table[rows[i % 2] * 8 + column] as i16);
            }
        }
        for row in 0..scale_num {
            for column in 0..scale_num {
                idct.plain[row * scale_num + column] = quant_table[row * 8 + column] as i16;
            }
        }
        idct
    }

    /// Transforms a group, of whose coefficients none past `last` in coded order is other than 0. Fills as many
    /// rows as the size has, 16 times as long.
    #[inline(always)]
    pub(super) fn transform<S: Simd>(&self, simd: S, group: &[i16], last: u32, samples: &mut Samples) {
        let (coefficients, _) = group.as_chunks::<LANES>();
        match self.scale_num {
            1 => self.dc_only(coefficients, samples),
            2 => reduced::transform(simd, &reduced::BASIS_2, coefficients, &self.plain, samples),
            3 => reduced::transform(simd, &reduced::BASIS_3, coefficients, &self.plain, samples),
            4 => reduced::transform(simd, &reduced::BASIS_4, coefficients, &self.plain, samples),
            5 => reduced::transform(simd, &reduced::BASIS_5, coefficients, &self.plain, samples),
            6 => reduced::transform(simd, &reduced::BASIS_6, coefficients, &self.plain, samples),
            7 => reduced::transform(simd, &reduced::BASIS_7, coefficients, &self.plain, samples),
            // Up to the tenth all coefficients are in the first four rows and columns.
            _ if last < 10 => full::transform::<S, true>(simd, coefficients, &self.paired, samples),
            _ => full::transform::<S, false>(simd, coefficients, &self.paired, samples),
        }
    }

    /// One sample of each block.
    #[inline(always)]
    fn dc_only(&self, coefficients: &[[i16; LANES]], samples: &mut Samples) {
        let Some(dcs) = coefficients.first() else { return };
        for lane in 0..LANES {
            let sum = i32::from(dcs[lane].wrapping_mul(self.plain[0]));
            samples[0][lane] = (((sum + 4) >> 3).clamp(-128, 127) + 128) as u8;
        }
    }
}

/// The weighted sum of each pair.
#[inline(always)]
pub(super) fn weigh<S: Simd>(simd: S, pairs: i16x16<S>, first: i16, second: i16) -> i32x8<S> {
    // The first is the lower half: all machines that this runs on are little-endian.
    let factors = simd.splat_i32x8(first as u16 as i32 | (second as i32) << 16);
    pairs.pairwise_dot_product(factors.bitcast::<i16x16<S>>())
}

/// The lower halves of two values side by side.
#[inline(always)]
pub(super) fn paired<S: Simd>(simd: S, low: i32x8<S>, high: i32x8<S>) -> i16x16<S> {
    ((low & simd.splat_i32x8(0xffff)) | (high << 16)).bitcast()
}

/// Four samples, 0 to 255, in the bytes of each lane, from the sums of the last pass.
#[inline(always)]
pub(super) fn word<S: Simd>(simd: S, sums: [i32x8<S>; 4]) -> i32x8<S> {
    let even = clamped(simd, sums[0] >> LAST_SHIFT, sums[2] >> LAST_SHIFT);
    let odd = clamped(simd, sums[1] >> LAST_SHIFT, sums[3] >> LAST_SHIFT);
    even | (odd << 8)
}

/// Two samples, 0 to 255, in the first and third byte of each lane.
#[inline(always)]
fn clamped<S: Simd>(simd: S, low: i32x8<S>, high: i32x8<S>) -> i32x8<S> {
    paired(simd, low, high).max(simd.splat_i16x16(0)).min(simd.splat_i16x16(255)).bitcast()
}
