//! The inverse transforms of 2 to 7 points, by their matrices: sums of two products of 16 bits, as at full size.

#![allow(clippy::needless_range_loop, reason = "each index counts in several arrays, as in the formulas")]

use super::{
    super::layout::LANES,
    lanes::{FIRST_BIAS, FIRST_SHIFT, LAST_BIAS, Samples, paired, weigh, word},
};
use crate::simd::{Bytes, Simd, SimdBase, i16x16, i32x8, u8x32};

/// A matrix: by sample, then by coefficient.
type Basis<const N: usize> = [[i16; N]; N];

/// Transforms a group whose `coefficients` are in raster order.
#[inline(always)]
pub(super) fn transform<S: Simd, const N: usize>(
    simd: S,
    basis: &Basis<N>,
    coefficients: &[[i16; LANES]],
    quant_table: &[i16; 64],
    samples: &mut Samples,
) {
    let Some(coefficients) = coefficients.get(..N * N) else { return };
    let mut between = [[[simd.splat_i32x8(0); N]; N]; 2];
    for column in 0..N {
        let mut halves = [[simd.splat_i16x16(0); 4]; 2];
        for pair in 0..N.div_ceil(2) {
            let first = dequantized(simd, coefficients, quant_table, 2 * pair * N + column);
            let second = if 2 * pair + 1 < N {
                dequantized(simd, coefficients, quant_table, (2 * pair + 1) * N + column)
            } else {
                simd.splat_i16x16(0)
            };
            (halves[0][pair], halves[1][pair]) = first.interleave(second);
        }
        for half in 0..2 {
            for y in 0..N {
                between[half][y][column] = sum(simd, &basis[y], &halves[half], FIRST_BIAS) >> FIRST_SHIFT;
            }
        }
    }
    for half in 0..2 {
        for y in 0..N {
            let row = &between[half][y];
            let mut pairs = [simd.splat_i16x16(0); 4];
            for pair in 0..N.div_ceil(2) {
                let second = if 2 * pair + 1 < N { row[2 * pair + 1] } else { simd.splat_i32x8(0) };
                pairs[pair] = paired(simd, row[2 * pair], second);
            }
            let mut sums = [simd.splat_i32x8(0); 8];
            for x in 0..N {
                sums[x] = sum(simd, &basis[x], &pairs, LAST_BIAS);
            }
            put::<S, N>(simd, sums, &mut samples[y][half * N * 8..]);
        }
    }
}

/// A coefficient of all lanes.
#[inline(always)]
fn dequantized<S: Simd>(
    simd: S,
    coefficients: &[[i16; LANES]],
    quant_table: &[i16; 64],
    at: usize,
) -> i16x16<S> {
    i16x16::load_array_ref(simd, &coefficients[at]) * simd.splat_i16x16(quant_table[at])
}

/// The pairs' products with a row of the matrix.
#[inline(always)]
fn sum<S: Simd, const N: usize>(simd: S, factors: &[i16; N], pairs: &[i16x16<S>; 4], bias: i32) -> i32x8<S> {
    let mut sum = simd.splat_i32x8(bias);
    for pair in 0..N.div_ceil(2) {
        let second = if 2 * pair + 1 < N { factors[2 * pair + 1] } else { 0 };
        sum += weigh(simd, pairs[pair], factors[2 * pair], second);
    }
    sum
}

/// Makes samples of the sums of eight blocks and puts them in a row.
#[inline(always)]
fn put<S: Simd, const N: usize>(simd: S, sums: [i32x8<S>; 8], row: &mut [u8]) {
    let low = word(simd, [sums[0], sums[1], sums[2], sums[3]]).bitcast::<u8x32<S>>();
    if N == 4 {
        low.store_slice(&mut row[..32]);
        return;
    }
    let (low, _) = low.as_array().as_chunks::<4>();
    // In order, so that what is written too far is written over.
    if N < 4 {
        for (lane, low) in low.iter().enumerate() {
            row[lane * N..lane * N + 4].copy_from_slice(low);
        }
        return;
    }
    let high = word(simd, [sums[4], sums[5], sums[6], sums[7]]).bitcast::<u8x32<S>>();
    let (high, _) = high.as_array().as_chunks::<4>();
    for (lane, (low, high)) in low.iter().zip(high).enumerate() {
        row[lane * N..lane * N + 4].copy_from_slice(low);
        row[lane * N + 4..lane * N + 8].copy_from_slice(high);
    }
}

// The square root of 2 times the cosine of (2y + 1)vπ / 2N, in 13 bits: by sample y, then by coefficient v.
pub(super) const BASIS_2: Basis<2> = [[8192, 8192], [8192, -8192]];
pub(super) const BASIS_3: Basis<3> = [[8192, 10033, 5793], [8192, 0, -11585], [8192, -10033, 5793]];
pub(super) const BASIS_4: Basis<4> = [
    [8192, 10703, 8192, 4433],
    [8192, 4433, -8192, -10703],
    [8192, -4433, -8192, 10703],
    [8192, -10703, 8192, -4433],
];
pub(super) const BASIS_5: Basis<5> = [
    [8192, 11018, 9373, 6810, 3580],
    [8192, 6810, -3580, -11018, -9373],
    [8192, 0, -11585, 0, 11585],
    [8192, -6810, -3580, 11018, -9373],
    [8192, -11018, 9373, -6810, 3580],
];
pub(super) const BASIS_6: Basis<6> = [
    [8192, 11190, 10033, 8192, 5793, 2998],
    [8192, 8192, 0, -8192, -11585, -8192],
    [8192, 2998, -10033, -8192, 5793, 11190],
    [8192, -2998, -10033, 8192, 5793, -11190],
    [8192, -8192, 0, 8192, -11585, 8192],
    [8192, -11190, 10033, -8192, 5793, -2998],
];
pub(super) const BASIS_7: Basis<7> = [
    [8192, 11295, 10438, 9058, 7223, 5027, 2578],
    [8192, 9058, 2578, -5027, -10438, -11295, -7223],
    [8192, 5027, -7223, -11295, -2578, 9058, 10438],
    [8192, 0, -11585, 0, 11585, 0, -11585],
    [8192, -5027, -7223, 11295, -2578, -9058, 10438],
    [8192, -9058, 2578, 5027, -10438, 11295, -7223],
    [8192, -11295, 10438, -9058, 7223, -5027, 2578],
];
