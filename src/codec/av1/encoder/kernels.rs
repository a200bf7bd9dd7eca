//! Loops over samples: residuals, and sums of absolute Hadamard-transformed differences.

use crate::simd::{Bytes, Simd, SimdBase, SimdIntWiden, i16x8, u16x8};

/// Rows of a block's own buffers.
pub(super) const SIDE: usize = 64;

/// A block with rows of [`SIDE`] samples.
pub(super) type Samples = [u16; SIDE * SIDE];

/// `source - prediction` of a square block, row-major without gaps.
#[inline(always)]
pub(super) fn residual(
    side: usize,
    source: &[u16],
    source_stride: usize,
    prediction: &[u16],
    stride: usize,
    out: &mut [i16],
) {
    let rows = source.chunks(source_stride).zip(prediction.chunks(stride)).zip(out.chunks_exact_mut(side));
    for ((source, prediction), out) in rows.take(side) {
        for ((source, prediction), out) in source[..side].iter().zip(&prediction[..side]).zip(out) {
            *out = *source as i16 - *prediction as i16;
        }
    }
}

/// Sum of absolute differences after a Hadamard transform of each 8 x 8 (of 4 x 4, if that is all), scaled so that it
/// is that of the orthonormal transform, times 8.
#[inline(always)]
pub(super) fn satd<S: Simd>(
    simd: S,
    side: usize,
    source: &[u16],
    source_stride: usize,
    prediction: &[u16],
    stride: usize,
) -> u32 {
    if side == 4 {
        return satd4(source, source_stride, prediction, stride);
    }
    let mut sums = simd.splat_i32x4(0);
    for y in (0..side).step_by(8) {
        for x in (0..side).step_by(8) {
            let source = &source[y * source_stride + x..];
            let prediction = &prediction[y * stride + x..];
            let mut rows = [simd.splat_i16x8(0); 8];
            for (index, row) in rows.iter_mut().enumerate() {
                let source = u16x8::from_slice(simd, &source[index * source_stride..][..8]);
                let prediction = u16x8::from_slice(simd, &prediction[index * stride..][..8]);
                *row = (source - prediction).bitcast();
            }
            sums += hadamard8(rows).pairwise_widening_add();
        }
    }
    2 * sums.to_array().iter().sum::<i32>() as u32
}

/// Sums and differences of rows `distance` apart.
#[inline(always)]
fn butterflies<S: Simd>(rows: &mut [i16x8<S>; 8], distance: usize) {
    for first in (0..8).filter(|first| first & distance == 0) {
        let (a, b) = (rows[first], rows[first + distance]);
        (rows[first], rows[first + distance]) = (a + b, a - b);
    }
}

#[inline(always)]
fn transpose<S: Simd>(rows: [i16x8<S>; 8]) -> [i16x8<S>; 8] {
    let mut rows = rows;
    for _ in 0..3 {
        let before = rows;
        for index in 0..4 {
            (rows[2 * index], rows[2 * index + 1]) = before[index].interleave(before[index + 4]);
        }
    }
    rows
}

/// Half of the sums of absolute values, in eight lanes. None passes 16 bits if residuals have 9.
#[inline(always)]
fn hadamard8<S: Simd>(mut rows: [i16x8<S>; 8]) -> i16x8<S> {
    for distance in [1, 2, 4] {
        butterflies(&mut rows, distance);
    }
    rows = transpose(rows);
    for distance in [1, 2] {
        butterflies(&mut rows, distance);
    }
    // |a + b| + |a - b| is twice the greater of |a| and |b|.
    let greater = |index: usize| rows[index].abs().max(rows[index + 4].abs());
    (greater(0) + greater(1)) + (greater(2) + greater(3))
}

fn satd4(source: &[u16], source_stride: usize, prediction: &[u16], stride: usize) -> u32 {
    let mut rows = [[0i16; 4]; 4];
    for (index, row) in rows.iter_mut().enumerate() {
        for (lane, value) in row.iter_mut().enumerate() {
            *value = source[index * source_stride + lane] as i16 - prediction[index * stride + lane] as i16;
        }
    }
    for _ in 0..2 {
        // Rows, then columns.
        rows = std::array::from_fn(|to| hadamard4(rows.map(|row| row[to])));
    }
    2 * rows.as_flattened().iter().map(|value| u32::from(value.unsigned_abs())).sum::<u32>()
}

fn hadamard4([a, b, c, d]: [i16; 4]) -> [i16; 4] {
    let [e, f, g, h] = [a + b, a - b, c + d, c - d];
    [e + g, f + h, e - g, f - h]
}
