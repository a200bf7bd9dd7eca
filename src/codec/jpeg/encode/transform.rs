//! Blocks to quantized coefficients: libjpeg's accurate integer transform (`jfdctint.c`, after Loeffler, Ligtenberg and
//! Moschytz) and a division that rounds; the tables of T.81 annex K, scaled by quality as libjpeg does it.

use crate::codec::jpeg::decoder::ZIGZAG;

/// Samples of a block, row by row.
pub(super) type Samples = [[u8; 8]; 8];

/// Bits of the factors, and bits kept between the passes (libjpeg's `CONST_BITS` and `PASS1_BITS`).
const CONST_BITS: u32 = 13;
const PASS1_BITS: u32 = 2;

/// The quantization tables of T.81 K.1 and K.2, in raster order: luma, chroma.
const TABLES: [[u8; 64]; 2] = [
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14,
        17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49,
        64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ],
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47,
        66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ],
];

/// Divisions are multiplications by a reciprocal of so many bits: exact for dividends of 12 bits and divisors of 8.
const RECIPROCAL_BITS: u32 = 20;

/// How a component's coefficients are divided.
pub(super) struct Quantizer {
    /// The quantization table, in raster order.
    pub(super) table: [u8; 64],
    /// Half a step, where coefficients are 8 times too large.
    halves: [[i32; 8]; 8],
    reciprocals: [[u32; 8]; 8],
}

impl Quantizer {
    /// For luma or chroma at a quality of 1 to 100.
    pub(super) fn new(is_chroma: bool, quality: u8) -> Self {
        let quality = u32::from(quality.clamp(1, 100));
        let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
        let table = TABLES[usize::from(is_chroma)]
            .map(|step| ((u32::from(step) * percent + 50) / 100).clamp(1, 255) as u8);
        let at = |v: usize, u: usize| u32::from(table[8 * v + u]);
        let each = |of: fn(u32) -> u32| std::array::from_fn(|v| std::array::from_fn(|u| of(at(v, u))));
        let halves: [[u32; 8]; 8] = each(|step| 4 * step);
        let reciprocals = each(|step| (1_u32 << RECIPROCAL_BITS).div_ceil(step));
        Self { table, halves: halves.map(|row| row.map(|half| half as i32)), reciprocals }
    }

    /// Transforms and quantizes a block, to zigzag order; and a bit for each coefficient that is not 0.
    #[inline(always)]
    pub(super) fn code(&self, samples: &Samples) -> ([i16; 64], u64) {
        // By columns, so that the first pass goes along rows.
        let mut block = [[0; 8]; 8];
        for (y, row) in samples.iter().enumerate() {
            for (column, sample) in block.iter_mut().zip(row) {
                column[y] = i32::from(*sample) - 128;
            }
        }
        pass::<true>(&mut block);
        let mut turned = [[0; 8]; 8];
        for (u, column) in block.iter().enumerate() {
            for (row, value) in turned.iter_mut().zip(column) {
                row[u] = *value;
            }
        }
        pass::<false>(&mut turned);
        let mut quantized = [0; 64];
        for (v, row) in turned.iter().enumerate() {
            for lane in 0..8 {
                let eighths = (row[lane].abs() + self.halves[v][lane]) as u32;
                let level = ((eighths >> 3) * self.reciprocals[v][lane]) >> RECIPROCAL_BITS;
                let sign = row[lane] >> 31;
                quantized[8 * v + lane] = ((level as i32 ^ sign) - sign) as i16;
            }
        }
        let mut levels = [0; 64];
        let mut nonzero = 0;
        for (k, (level, raster)) in levels.iter_mut().zip(ZIGZAG).enumerate() {
            *level = quantized[usize::from(raster)];
            nonzero |= u64::from(*level != 0) << k;
        }
        (levels, nonzero)
    }
}

/// A pass over eight vectors at once: the results are √8 times those of the orthonormal transform, and after the first one
/// 2^PASS1_BITS times as large.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "a lane of all eight vectors")]
fn pass<const FIRST: bool>(d: &mut [[i32; 8]; 8]) {
    // cos and sin of multiples of π/16, and their sums, 2^13 times as large (names: libjpeg's).
    const F_0_298: i32 = 2446;
    const F_0_390: i32 = 3196;
    const F_0_541: i32 = 4433;
    const F_0_765: i32 = 6270;
    const F_0_899: i32 = 7373;
    const F_1_175: i32 = 9633;
    const F_1_501: i32 = 12_299;
    const F_1_847: i32 = 15_137;
    const F_1_961: i32 = 16_069;
    const F_2_053: i32 = 16_819;
    const F_2_562: i32 = 20_995;
    const F_3_072: i32 = 25_172;
    let shift = if FIRST { CONST_BITS - PASS1_BITS } else { CONST_BITS + PASS1_BITS };
    let descale = |sum: i32| (sum + (1 << (shift - 1))) >> shift;
    let whole =
        |sum: i32| if FIRST { sum << PASS1_BITS } else { (sum + (1 << (PASS1_BITS - 1))) >> PASS1_BITS };
    for lane in 0..8 {
        let [a, b, c, e] = [0, 1, 2, 3].map(|at| d[at][lane] + d[7 - at][lane]);
        let [o0, o1, o2, o3] = [3, 2, 1, 0].map(|at| d[at][lane] - d[7 - at][lane]);
        let [outer, inner, low, high] = [a + e, b + c, b - c, a - e];
        d[0][lane] = whole(outer + inner);
        d[4][lane] = whole(outer - inner);
        let turned = (low + high) * F_0_541;
        d[2][lane] = descale(turned + high * F_0_765);
        d[6][lane] = descale(turned - low * F_1_847);
        let both = (o0 + o2 + o1 + o3) * F_1_175;
        let [p, q] = [both - (o0 + o2) * F_1_961, both - (o1 + o3) * F_0_390];
        let [r, s] = [(o0 + o3) * F_0_899, (o1 + o2) * F_2_562];
        d[7][lane] = descale(o0 * F_0_298 - r + p);
        d[5][lane] = descale(o1 * F_2_053 - s + q);
        d[3][lane] = descale(o2 * F_3_072 - s + p);
        d[1][lane] = descale(o3 * F_1_501 - r + q);
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_1_SQRT_2, PI};

    use super::*;
    use crate::simd::{Simd, dispatch, levels};

    fn noise() -> impl Iterator<Item = u8> {
        let mut state = 1_u32;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
    }

    /// T.81 A.3.3.
    fn exact(samples: &Samples, v: usize, u: usize) -> f64 {
        let scale = |k: usize| if k == 0 { FRAC_1_SQRT_2 } else { 1.0 };
        let cosine = |at: usize, k: usize| ((2 * at + 1) as f64 * k as f64 * PI / 16.0).cos();
        let mut sum = 0.0;
        for (y, row) in samples.iter().enumerate() {
            for (x, sample) in row.iter().enumerate() {
                sum += (f64::from(*sample) - 128.0) * cosine(x, u) * cosine(y, v);
            }
        }
        sum * scale(u) * scale(v) / 4.0
    }

    #[test]
    fn coefficients_are_those_of_the_standard_divided_and_rounded_at_every_level() {
        let mut noise = noise();
        for (is_chroma, quality) in [(false, 100), (false, 80), (true, 30), (true, 1)] {
            let quantizer = Quantizer::new(is_chroma, quality);
            for kind in 0..40_u8 {
                let mut samples = Samples::default();
                samples.as_flattened_mut().iter_mut().enumerate().for_each(|(at, sample)| {
                    *sample = match kind {
                        0 => 255,
                        1 => 0,
                        2 => {
                            if at % 2 == 0 {
                                255
                            } else {
                                0
                            }
                        }
                        3 => (4 * at) as u8,
                        4..20 => {
                            if noise.next().unwrap() > 127 {
                                255
                            } else {
                                0
                            }
                        }
                        _ => noise.next().unwrap(),
                    };
                });
                let (coefficients, nonzero) = quantizer.code(&samples);
                for (k, raster) in ZIGZAG.into_iter().enumerate() {
                    let raster = usize::from(raster);
                    let wanted = exact(&samples, raster / 8, raster % 8) / f64::from(quantizer.table[raster]);
                    let off = (f64::from(coefficients[k]) - wanted).abs();
                    assert!(off < 0.7, "{kind} {k}: {} for {wanted}", coefficients[k]);
                    assert_eq!(nonzero >> k & 1 == 1, coefficients[k] != 0);
                }
                for level in levels() {
                    let other = dispatch!(level, simd => simd.vectorize(
                        #[inline(always)]
                        || quantizer.code(&samples)
                    ));
                    assert_eq!(other, (coefficients, nonzero));
                }
            }
        }
    }

    #[test]
    fn division_is_exact() {
        for step in 1..=255_u32 {
            let reciprocal = (1_u32 << RECIPROCAL_BITS).div_ceil(step);
            for dividend in 0..4096 {
                assert_eq!(
                    (dividend * reciprocal) >> RECIPROCAL_BITS,
                    dividend / step,
                    "{dividend} by {step}"
                );
            }
        }
    }
}
