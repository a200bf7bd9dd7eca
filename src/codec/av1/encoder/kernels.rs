//! Loops over samples: residuals, and sums of absolute Hadamard-transformed differences.

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
pub(super) fn satd(
    side: usize,
    source: &[u16],
    source_stride: usize,
    prediction: &[u16],
    stride: usize,
) -> u32 {
    if side == 4 {
        return satd4(source, source_stride, prediction, stride);
    }
    let mut sum = 0;
    for y in (0..side).step_by(8) {
        for x in (0..side).step_by(8) {
            let source = &source[y * source_stride + x..];
            let prediction = &prediction[y * stride + x..];
            let mut rows = [[0i16; 8]; 8];
            for (index, row) in rows.iter_mut().enumerate() {
                let source = &source[index * source_stride..][..8];
                let prediction = &prediction[index * stride..][..8];
                for lane in 0..8 {
                    row[lane] = source[lane] as i16 - prediction[lane] as i16;
                }
            }
            sum += hadamard8(rows);
        }
    }
    sum
}

#[inline(always)]
fn butterflies<const N: usize>(rows: &mut [[i16; N]; N]) {
    let mut distance = 1;
    while distance < N {
        for first in 0..N {
            if first & distance == 0 {
                let second = first + distance;
                for lane in 0..N {
                    let (a, b) = (rows[first][lane], rows[second][lane]);
                    rows[first][lane] = a.wrapping_add(b);
                    rows[second][lane] = a.wrapping_sub(b);
                }
            }
        }
        distance *= 2;
    }
}

#[inline(always)]
fn transpose<const N: usize>(rows: &[[i16; N]; N]) -> [[i16; N]; N] {
    let mut out = [[0; N]; N];
    for (y, row) in rows.iter().enumerate() {
        for (x, value) in row.iter().enumerate() {
            out[x][y] = *value;
        }
    }
    out
}

#[inline(always)]
fn hadamard8(mut rows: [[i16; 8]; 8]) -> u32 {
    butterflies(&mut rows);
    let mut rows = transpose(&rows);
    butterflies(&mut rows);
    let mut sums = [0u32; 8];
    for row in &rows {
        for lane in 0..8 {
            sums[lane] += u32::from(row[lane].unsigned_abs());
        }
    }
    sums.iter().sum()
}

fn satd4(source: &[u16], source_stride: usize, prediction: &[u16], stride: usize) -> u32 {
    let mut rows = [[0i16; 4]; 4];
    for (index, row) in rows.iter_mut().enumerate() {
        for (lane, value) in row.iter_mut().enumerate() {
            *value = source[index * source_stride + lane] as i16 - prediction[index * stride + lane] as i16;
        }
    }
    butterflies(&mut rows);
    let mut rows = transpose(&rows);
    butterflies(&mut rows);
    2 * rows.as_flattened().iter().map(|value| u32::from(value.unsigned_abs())).sum::<u32>()
}
