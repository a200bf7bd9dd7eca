//! The loops of the resizer: sums of products of pairs of 16-bit numbers, in 32 bits, at every level of SIMD the
//! same.

use crate::simd::{Bytes, Simd, SimdBase, i16x16, i32x8};

/// Rows of the source that are worked on at once.
pub(super) const BATCH: usize = 8;

/// Rows of the result that are worked on at once, one in each lane.
pub(super) const LANES: usize = 8;

/// Numbers of columns are rounded up to this, so that no loop has a tail.
pub(super) const BLOCK: usize = 8;

/// Adds rows of samples, weighed, to the sums of a row of the result; or begins these with `start`.
///
/// `pairs` holds a batch of rows, `2 * sums.len()` numbers for each two of them, side by side for each column.
#[inline(always)]
pub(super) fn add_rows<S: Simd>(
    simd: S,
    sums: &mut [i32],
    pairs: &[i16],
    weights: [i16; BATCH],
    start: Option<i32>,
) {
    let stride = 2 * sums.len();
    let is_used = |pair: usize| weights[2 * pair] != 0 || weights[2 * pair + 1] != 0;
    let first = (0..BATCH / 2).find(|&pair| is_used(pair)).unwrap_or(0);
    let end = (first + 1..BATCH / 2).rev().find(|&pair| is_used(pair)).unwrap_or(first) + 1;
    let row = |pair: usize| &pairs[pair * stride..(pair + 1) * stride];
    let weight = |pair: usize| i16x16::<S>::pair(simd, weights[2 * pair], weights[2 * pair + 1]);
    match end - first {
        1 => add_pairs(simd, sums, [first].map(row), [first].map(weight), start),
        2 => {
            let used = [first, first + 1];
            add_pairs(simd, sums, used.map(row), used.map(weight), start);
        }
        3 => {
            let used = [first, first + 1, first + 2];
            add_pairs(simd, sums, used.map(row), used.map(weight), start);
        }
        _ => {
            let used = [0, 1, 2, 3];
            add_pairs(simd, sums, used.map(row), used.map(weight), start);
        }
    }
}

#[inline(always)]
fn add_pairs<S: Simd, const PAIRS: usize>(
    simd: S,
    sums: &mut [i32],
    rows: [&[i16]; PAIRS],
    weights: [i16x16<S>; PAIRS],
    start: Option<i32>,
) {
    let rows = rows.map(|row| row.as_chunks::<16>().0);
    let (sums, _) = sums.as_chunks_mut::<BLOCK>();
    for row in &rows {
        assert_eq!(row.len(), sums.len(), "a pair of rows has two numbers for each column");
    }
    for at in 0..sums.len() {
        let mut sum = match start {
            Some(start) => i32x8::splat(simd, start),
            None => i32x8::from_slice(simd, &sums[at]),
        };
        for pair in 0..PAIRS {
            let samples = i16x16::from_slice(simd, &rows[pair][at]);
            sum += simd.pairwise_dot_product_i16x16(samples, weights[pair]);
        }
        sum.store_slice(&mut sums[at]);
    }
}

/// The weighed sum of a run of samples of [`LANES`] rows: `samples` has for each two columns a pair for each row,
/// `weights` a pair for each two columns.
#[inline(always)]
pub(super) fn sum_columns<S: Simd>(simd: S, samples: &[i16], weights: &[i16], start: i32) -> [i32; LANES] {
    let mut sum = i32x8::splat(simd, start);
    for (samples, weights) in samples.as_chunks::<{ 2 * LANES }>().0.iter().zip(weights.as_chunks::<2>().0) {
        let samples = i16x16::from_slice(simd, samples);
        sum += simd.pairwise_dot_product_i16x16(samples, i16x16::<S>::pair(simd, weights[0], weights[1]));
    }
    let mut out = [0; LANES];
    sum.store_slice(&mut out);
    out
}

/// A vector of the same pair over and over.
trait Pair<S: Simd> {
    fn pair(simd: S, first: i16, second: i16) -> Self;
}

impl<S: Simd> Pair<S> for i16x16<S> {
    #[inline(always)]
    fn pair(simd: S, first: i16, second: i16) -> Self {
        let both = u32::from(first as u16) | u32::from(second as u16) << 16;
        i32x8::splat(simd, both as i32).bitcast()
    }
}
