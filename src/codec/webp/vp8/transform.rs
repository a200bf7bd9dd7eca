//! Transforms of 4x4 blocks (RFC 6386, section 14), of one block and of sixteen side by side.
//!
//! Coefficients have twice the size of an orthonormal transform's: the squared error of a block's pixels is a
//! quarter of that of its coefficients.

use super::lanes::{LANES, Lanes};
use crate::simd::Simd;

/// The forward transform of residuals, -255 to 255 each.
#[inline(always)]
pub fn forward<S: Simd>(simd: S, blocks: &mut Lanes) {
    simd.vectorize(
        #[inline(always)]
        || forward_lanes(blocks),
    );
}

#[inline(always)]
fn forward_lanes(blocks: &mut Lanes) {
    for lane in 0..LANES {
        let mut block = [0; 16];
        for place in 0..16 {
            block[place] = blocks[place][lane];
        }
        let block = forward_block(&block);
        for place in 0..16 {
            blocks[place][lane] = block[place];
        }
    }
}

/// The exact inverse transform of sixteen blocks: residuals that are to be added to the prediction.
#[inline(always)]
pub fn inverse<S: Simd>(simd: S, blocks: &mut Lanes) {
    simd.vectorize(
        #[inline(always)]
        || inverse_lanes(blocks),
    );
}

#[inline(always)]
fn inverse_lanes(blocks: &mut Lanes) {
    for lane in 0..LANES {
        let mut block = [0; 16];
        for place in 0..16 {
            block[place] = blocks[place][lane];
        }
        let block = inverse_block(&block);
        for place in 0..16 {
            blocks[place][lane] = block[place];
        }
    }
}

/// High half of a product.
#[inline(always)]
const fn mul_high(value: i16, factor: i16) -> i16 {
    ((value as i32 * factor as i32) >> 16) as i16
}

/// The forward transform of one block. Rows are scaled by 8, columns by 1/16; nothing leaves 16 bits.
#[inline(always)]
pub fn forward_block(input: &[i16; 16]) -> [i16; 16] {
    let mut rows = [0; 16];
    for y in 0..4 {
        let (d0, d1, d2, d3) = (input[4 * y], input[4 * y + 1], input[4 * y + 2], input[4 * y + 3]);
        let (outer, inner) = (d0 + d3, d1 + d2);
        let (near, far) = ((d1 - d2) << 5, (d0 - d3) << 5);
        rows[4 * y] = (outer + inner) << 3;
        rows[4 * y + 2] = (outer - inner) << 3;
        // cos(pi/8) and sin(pi/8) times sqrt(2) and 2^11; the one makes up for rounding down twice.
        rows[4 * y + 1] = mul_high(near, 8867) + mul_high(far, 21407) + 1;
        rows[4 * y + 3] = mul_high(far, 8867) - mul_high(near, 21407);
    }
    let mut output = [0; 16];
    for x in 0..4 {
        let (d0, d1, d2, d3) = (rows[x], rows[4 + x], rows[8 + x], rows[12 + x]);
        let (outer, inner) = (d0 + d3, d1 + d2);
        let (near, far) = (d1 - d2, d0 - d3);
        output[x] = (outer + inner + 8) >> 4;
        output[8 + x] = (outer - inner + 8) >> 4;
        // These factors times 2^15, the greater less one.
        let (near_low, far_low) = (mul_high(near << 1, 17734), mul_high(far << 1, 17734));
        let (near_high, far_high) = (near + mul_high(near << 1, 10045), far + mul_high(far << 1, 10045));
        output[4 + x] = (near_low + far_high + 9) >> 4;
        output[12 + x] = (far_low - near_high + 8) >> 4;
    }
    output
}

/// The exact inverse transform of one block (section 14.3).
#[inline(always)]
pub fn inverse_block(input: &[i16; 16]) -> [i16; 16] {
    // sqrt(2) * cos(pi/8) is 1 + 20091/65536; sqrt(2) * sin(pi/8) is 35468/65536, here less one.
    let by_cos = |value: i16| value.wrapping_add(mul_high(value, 20091));
    let by_sin = |value: i16| value.wrapping_add(mul_high(value, (35468 - 65536) as i16));
    let butterfly = |i0: i16, i1: i16, i2: i16, i3: i16| {
        let (sum, difference) = (i0.wrapping_add(i2), i0.wrapping_sub(i2));
        let low = by_sin(i1).wrapping_sub(by_cos(i3));
        let high = by_cos(i1).wrapping_add(by_sin(i3));
        [
            sum.wrapping_add(high),
            difference.wrapping_add(low),
            difference.wrapping_sub(low),
            sum.wrapping_sub(high),
        ]
    };
    let mut columns = [0; 16];
    for x in 0..4 {
        let column = butterfly(input[x], input[4 + x], input[8 + x], input[12 + x]);
        for y in 0..4 {
            columns[4 * y + x] = column[y];
        }
    }
    let mut output = [0; 16];
    for y in 0..4 {
        let row = &columns[4 * y..4 * y + 4];
        let row = butterfly(row[0].wrapping_add(4), row[1], row[2], row[3]);
        for x in 0..4 {
            output[4 * y + x] = row[x] >> 3;
        }
    }
    output
}

/// The forward Walsh-Hadamard transform of a macroblock's luma DCs. The squared error of the DCs is a quarter of
/// that of the result.
#[inline(always)]
pub fn forward_dcs(dcs: &[i16; 16]) -> [i16; 16] {
    let mut rows = [0_i32; 16];
    for y in 0..4 {
        let row = &dcs[4 * y..4 * y + 4];
        let (d0, d1, d2, d3) = (i32::from(row[0]), i32::from(row[1]), i32::from(row[2]), i32::from(row[3]));
        let (a0, a1, a2, a3) = (d0 + d2, d1 + d3, d1 - d3, d0 - d2);
        rows[4 * y..4 * y + 4].copy_from_slice(&[a0 + a1, a3 + a2, a3 - a2, a0 - a1]);
    }
    let mut output = [0; 16];
    for x in 0..4 {
        let (d0, d1, d2, d3) = (rows[x], rows[4 + x], rows[8 + x], rows[12 + x]);
        let (a0, a1, a2, a3) = (d0 + d2, d1 + d3, d1 - d3, d0 - d2);
        for (y, sum) in [a0 + a1, a3 + a2, a3 - a2, a0 - a1].into_iter().enumerate() {
            output[4 * y + x] = (sum >> 1) as i16;
        }
    }
    output
}

/// The exact inverse Walsh-Hadamard transform (section 14.3): the DCs of the sixteen luma blocks.
#[inline(always)]
pub fn inverse_dcs(input: &[i16; 16]) -> [i16; 16] {
    inverse_dcs_wide(&input.map(i32::from)).map(|dc| dc as i16)
}

/// [`inverse_dcs`] of coefficients that no encoder makes.
#[inline(always)]
pub fn inverse_dcs_wide(input: &[i32; 16]) -> [i32; 16] {
    let mut columns = [0; 16];
    for x in 0..4 {
        let (i0, i1, i2, i3) = (input[x], input[4 + x], input[8 + x], input[12 + x]);
        let (a0, a1, a2, a3) = (i0 + i3, i1 + i2, i1 - i2, i0 - i3);
        for (y, sum) in [a0 + a1, a3 + a2, a0 - a1, a3 - a2].into_iter().enumerate() {
            columns[4 * y + x] = sum;
        }
    }
    let mut output = [0; 16];
    for y in 0..4 {
        let (i0, i1, i2, i3) = (columns[4 * y], columns[4 * y + 1], columns[4 * y + 2], columns[4 * y + 3]);
        let (a0, a1, a2, a3) = (i0 + i3 + 3, i1 + i2, i1 - i2, i0 - i3 + 3);
        for (x, sum) in [a0 + a1, a3 + a2, a0 - a1, a3 - a2].into_iter().enumerate() {
            output[4 * y + x] = sum >> 3;
        }
    }
    output
}

/// [`inverse_block`] of coefficients that no encoder makes.
pub fn inverse_wide(input: &[i32; 16]) -> [i64; 16] {
    let by_cos = |value: i64| value + ((value * 20091) >> 16);
    let by_sin = |value: i64| (value * 35468) >> 16;
    let butterfly = |[i0, i1, i2, i3]: [i64; 4]| {
        let (low, high) = (by_sin(i1) - by_cos(i3), by_cos(i1) + by_sin(i3));
        [i0 + i2 + high, i0 - i2 + low, i0 - i2 - low, i0 + i2 - high]
    };
    let columns = [0, 1, 2, 3].map(|x| butterfly([0, 1, 2, 3].map(|y| i64::from(input[4 * y + x]))));
    let rows =
        [0, 1, 2, 3].map(|y| butterfly([columns[0][y] + 4, columns[1][y], columns[2][y], columns[3][y]]));
    std::array::from_fn(|place| rows[place / 4][place % 4] >> 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(seed: &mut u32, limit: i16) -> i16 {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*seed >> 16) as i16 % (limit + 1)
    }

    /// An orthonormal DCT, doubled.
    fn reference(input: &[i16; 16]) -> [f64; 16] {
        let basis = |k: usize, x: usize| {
            let scale = if k == 0 { 0.5 } else { std::f64::consts::FRAC_1_SQRT_2 };
            scale * (std::f64::consts::PI * k as f64 * (2 * x + 1) as f64 / 8.0).cos()
        };
        std::array::from_fn(|place| {
            let (u, v) = (place % 4, place / 4);
            (0..16).map(|i| 2.0 * f64::from(input[i]) * basis(u, i % 4) * basis(v, i / 4)).sum()
        })
    }

    #[test]
    fn forward_is_a_cosine_transform() {
        let mut seed = 7;
        for limit in [1, 20, 255, 255, 255] {
            for _ in 0..200 {
                let input = std::array::from_fn(|_| random(&mut seed, limit));
                let exact = reference(&input);
                for (place, value) in forward_block(&input).into_iter().enumerate() {
                    assert!(
                        (f64::from(value) - exact[place]).abs() < 1.2,
                        "{place}: {value} {}",
                        exact[place]
                    );
                }
            }
        }
        for input in [[255; 16], [-255; 16], std::array::from_fn(|i| if i % 4 < 2 { 255 } else { -255 })] {
            let exact = reference(&input);
            for (place, value) in forward_block(&input).into_iter().enumerate() {
                assert!((f64::from(value) - exact[place]).abs() < 1.2, "{place}: {value} {}", exact[place]);
            }
        }
    }

    #[test]
    fn inverse_gives_the_residual_back() {
        let mut seed = 3;
        for _ in 0..500 {
            let input: [i16; 16] = std::array::from_fn(|_| random(&mut seed, 255));
            let output = inverse_block(&forward_block(&input));
            assert!(input.iter().zip(output).all(|(a, b)| (a - b).abs() <= 1));
            let dcs: [i16; 16] = std::array::from_fn(|_| random(&mut seed, 2040));
            let output = inverse_dcs(&forward_dcs(&dcs));
            assert!(dcs.iter().zip(output).all(|(a, b)| (a - b).abs() <= 1));
        }
    }

    /// 2047 is as large as [`inverse_block`] takes, whatever the signs.
    #[test]
    fn the_wide_inverse_is_the_same() {
        let mut seed = 11;
        for limit in [3, 255, 2047] {
            for _ in 0..500 {
                let input: [i16; 16] = std::array::from_fn(|_| random(&mut seed, limit));
                let ends: [i16; 16] =
                    std::array::from_fn(|_| if random(&mut seed, 1) == 0 { limit } else { -limit });
                for input in [input, ends] {
                    let wide = inverse_wide(&input.map(i32::from));
                    assert_eq!(wide, inverse_block(&input).map(i64::from));
                }
            }
        }
    }

    #[test]
    fn lanes_are_blocks() {
        let mut seed = 5;
        let input: Lanes = std::array::from_fn(|_| std::array::from_fn(|_| random(&mut seed, 255)));
        let mut coefficients = input;
        forward_lanes(&mut coefficients);
        let mut residuals = coefficients;
        inverse_lanes(&mut residuals);
        for block in 0..LANES {
            let lane = std::array::from_fn(|place| input[place][block]);
            let lane = forward_block(&lane);
            assert!((0..16).all(|place| coefficients[place][block] == lane[place]));
            let lane = inverse_block(&lane);
            assert!((0..16).all(|place| residuals[place][block] == lane[place]));
        }
    }
}
