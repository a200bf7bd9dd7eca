//! What the transforms of all sizes share: their fixed-point scale, sums of two products in eight lanes, and the
//! clamping of sums to samples.

use super::super::layout::LANES;
use crate::simd::{Bytes, Simd, SimdBase, SimdIntWiden, i16x16, i32x8};

/// Rows of samples of a group.
pub(in super::super) type Samples = [[u8; 8 * LANES]; 8];

/// Bits of the factors, and bits kept between the passes (libjpeg's `CONST_BITS` and `PASS1_BITS`).
const CONST_BITS: u32 = 13;
const PASS1_BITS: u32 = 2;
pub(super) const FIRST_BIAS: i32 = 1 << (FIRST_SHIFT - 1);
pub(super) const FIRST_SHIFT: u32 = CONST_BITS - PASS1_BITS;
const LAST_SHIFT: u32 = CONST_BITS + PASS1_BITS + 3;
/// What is added before the last shift: a half, and the middle of the range of samples.
pub(super) const LAST_BIAS: i32 = (1 << (LAST_SHIFT - 1)) + (128 << LAST_SHIFT);

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
