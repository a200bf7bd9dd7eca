//! The inverse transform at full size: libjpeg's accurate integer one (`jidctint.c`, after Loeffler, Ligtenberg and
//! Moschytz), bit by bit for every coefficient that a picture can have.
//!
//! It is written as sums of two products of 16 bits, for which every vector unit has an instruction; so the group
//! holds two rows' coefficients side by side, and the first pass leaves two columns' side by side for the second.

use super::{
    super::layout::{LANES, PAIRS},
    lanes::{FIRST_BIAS, FIRST_SHIFT, LAST_BIAS, Samples, paired, weigh, word},
};
use crate::simd::{Bytes, Simd, SimdBase, i16x16, i32x8, u8x32};

/// Transforms a group; `LOW` where only the first four rows and columns have coefficients other than 0.
#[inline(always)]
pub(super) fn transform<S: Simd, const LOW: bool>(
    simd: S,
    coefficients: &[[i16; LANES]],
    quant_table: &[[i16; LANES]; 32],
    samples: &mut Samples,
) {
    let Some(coefficients) = coefficients.first_chunk::<64>() else { return };
    for half in 0..2 {
        let between = columns::<S, LOW>(simd, coefficients, quant_table, half);
        for y in 0..8 {
            let sums = butterflies(simd, between[y], LAST_BIAS);
            let words = [
                word(simd, [sums[0], sums[1], sums[2], sums[3]]),
                word(simd, [sums[4], sums[5], sums[6], sums[7]]),
            ];
            let (first, second) = words[0].interleave(words[1]);
            let row = &mut samples[y][half * 64..half * 64 + 64];
            first.bitcast::<u8x32<S>>().store_slice(&mut row[..32]);
            second.bitcast::<u8x32<S>>().store_slice(&mut row[32..]);
        }
    }
}

/// The first pass over a half of the lanes: it gives rows of pairs of columns.
#[inline(always)]
fn columns<S: Simd, const LOW: bool>(
    simd: S,
    coefficients: &[[i16; LANES]; 64],
    quant_table: &[[i16; LANES]; 32],
    half: usize,
) -> [[i16x16<S>; 4]; 8] {
    let none = [simd.splat_i32x8(0); 8];
    let mut rows = [[simd.splat_i16x16(0); 4]; 8];
    for pair in 0..4 {
        let [first, second] = PAIRS[pair];
        // Of each pair one is among the first four.
        let first =
            if LOW && first > 3 { none } else { column(simd, coefficients, quant_table, first, half) };
        let second =
            if LOW && second > 3 { none } else { column(simd, coefficients, quant_table, second, half) };
        for y in 0..8 {
            rows[y][pair] = paired(simd, first[y], second[y]);
        }
    }
    rows
}

/// The first pass over a column of coefficients.
#[inline(always)]
fn column<S: Simd>(
    simd: S,
    coefficients: &[[i16; LANES]; 64],
    quant_table: &[[i16; LANES]; 32],
    column: usize,
    half: usize,
) -> [i32x8<S>; 8] {
    let mut pairs = [simd.splat_i16x16(0); 4];
    for (pair, products) in pairs.iter_mut().enumerate() {
        let at = pair * 8 + column;
        *products = i16x16::load_array_ref(simd, &coefficients[2 * at + half])
            * i16x16::load_array_ref(simd, &quant_table[at]);
    }
    let mut sums = butterflies(simd, pairs, FIRST_BIAS);
    for sum in &mut sums {
        *sum >>= FIRST_SHIFT;
    }
    sums
}

/// A pass of eight points in eight lanes: from the pairs (0, 4), (2, 6), (7, 1) and (3, 5) to eight sums with
/// 13 bits of fraction, the `bias` included.
#[inline(always)]
fn butterflies<S: Simd>(simd: S, pairs: [i16x16<S>; 4], bias: i32) -> [i32x8<S>; 8] {
    let [outer, inner, near, far] = pairs;
    let sum = weigh(simd, outer, 8192, 8192) + bias;
    let difference = weigh(simd, outer, 8192, -8192) + bias;
    let (low, high) = (weigh(simd, inner, 4433, -10704), weigh(simd, inner, 10703, 4433));
    let even = [sum + high, difference + low, difference - low, sum - high];
    let both = near + far;
    let (third, fourth) = (weigh(simd, both, -6436, 9633), weigh(simd, both, 9633, 6437));
    let odd = [
        weigh(simd, near, -7373, 4926) + fourth,
        weigh(simd, far, 4177, -20995) + third,
        weigh(simd, far, -20995, -4176) + fourth,
        weigh(simd, near, -4927, -7373) + third,
    ];
    [
        even[0] + odd[0],
        even[1] + odd[1],
        even[2] + odd[2],
        even[3] + odd[3],
        even[3] - odd[3],
        even[2] - odd[2],
        even[1] - odd[1],
        even[0] - odd[0],
    ]
}
