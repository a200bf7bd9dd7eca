//! Converts planes to rows of RGB: chroma is scaled up as libwebp's "fancy" upsampler does, then BT.601 with video
//! levels.

use super::super::yuv::{B_OFFSET, G_OFFSET, R_OFFSET, U_TO_B, U_TO_G, V_TO_G, V_TO_R, Y_TO_RGB};
use crate::{
    error::Result,
    limits::try_zeroed,
    simd::{Bytes, Simd, SimdBase, SimdNarrow, SimdWiden, i16x16, mul_high, u8x16, u16x8, u16x16},
};

/// Converts rows of a width.
pub struct Converter {
    width: usize,
    /// Cb and Cr at full size.
    uv: [Vec<u8>; 2],
}

/// Samples that a vector may go past the end of a row.
const SLACK: usize = 48;

impl Converter {
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(width: usize) -> Result<Self> {
        Ok(Self { width, uv: [try_zeroed(width + SLACK)?, try_zeroed(width + SLACK)?] })
    }

    /// Makes a row of RGB from a row of luma, the rows of Cb and Cr nearest to it, and those at its other side.
    #[inline(always)]
    pub fn convert<S: Simd>(&mut self, simd: S, y: &[u8], near: [&[u8]; 2], far: [&[u8]; 2], out: &mut [u8]) {
        for ((full, near), far) in self.uv.iter_mut().zip(near).zip(far) {
            scale_up(simd, near, far, self.width, full);
        }
        let [u, v] = &self.uv;
        let y = &y[..self.width];
        let (out, rest) = out.as_chunks_mut::<48>();
        for (place, out) in out.iter_mut().enumerate() {
            to_rgb(simd, portion(y, 16 * place), portion(u, 16 * place), portion(v, 16 * place), out);
        }
        let done = 16 * out.len();
        let (mut last, mut pixels) = ([0; 16], [0; 48]);
        last[..self.width - done].copy_from_slice(&y[done..]);
        to_rgb(simd, &last, portion(u, done), portion(v, done), &mut pixels);
        rest.copy_from_slice(&pixels[..rest.len()]);
    }
}

/// Sixteen samples from a place on.
#[inline(always)]
fn portion(samples: &[u8], at: usize) -> &[u8; 16] {
    &samples[at..at + 16].as_chunks().0[0]
}

/// Scales a row up: each sample becomes the weighted mean of the four nearest, 9 to 3 to 3 to 1.
#[inline(always)]
fn scale_up<S: Simd>(simd: S, near: &[u8], far: &[u8], width: usize, out: &mut [u8]) {
    let length = width.div_ceil(2);
    let (near, far) = (&near[..length], &far[..length]);
    let sum = |at: usize| 3 * u16::from(near[at]) + u16::from(far[at]);
    out[0] = ((4 * sum(0) + 8) >> 4) as u8;
    // Each sample and the next give two pixels.
    let mut at = 0;
    while at + 17 <= length {
        let [left_low, left_high] = sums(simd, near, far, at);
        let [right_low, right_high] = sums(simd, near, far, at + 1);
        let odd = mean(left_low, right_low).narrow(mean(left_high, right_high));
        let even = mean(right_low, left_low).narrow(mean(right_high, left_high));
        odd.zip_low(even).store_slice(&mut out[2 * at + 1..][..16]);
        odd.zip_high(even).store_slice(&mut out[2 * at + 17..][..16]);
        at += 16;
    }
    while at + 1 < length {
        let (left, right) = (sum(at), sum(at + 1));
        out[2 * at + 1] = ((3 * left + right + 8) >> 4) as u8;
        out[2 * at + 2] = ((3 * right + left + 8) >> 4) as u8;
        at += 1;
    }
    if width.is_multiple_of(2) {
        out[width - 1] = ((4 * sum(at) + 8) >> 4) as u8;
    }
}

/// The sums of sixteen samples, times three, and those of the other row.
#[inline(always)]
fn sums<S: Simd>(simd: S, near: &[u8], far: &[u8], at: usize) -> [u16x8<S>; 2] {
    let near = u8x16::load_array_ref(simd, portion(near, at)).widen();
    let far = u8x16::load_array_ref(simd, portion(far, at)).widen();
    [near.0 * 3 + far.0, near.1 * 3 + far.1]
}

#[inline(always)]
fn mean<S: Simd>(main: u16x8<S>, other: u16x8<S>) -> u16x8<S> {
    (main * 3 + other + 8) >> 4
}

/// Sixteen pixels, interleaved.
#[inline(always)]
fn to_rgb<S: Simd>(simd: S, y: &[u8; 16], u: &[u8; 16], v: &[u8; 16], out: &mut [u8; 48]) {
    simd.vectorize(
        #[inline(always)]
        || {
            let (y, u, v) = (times_256(simd, y), times_256(simd, u), times_256(simd, v));
            let luma = mul_high(simd, y, Y_TO_RGB as u16);
            let red = luma + mul_high(simd, v, V_TO_R as u16) + R_OFFSET as i16;
            let green =
                luma - mul_high(simd, u, U_TO_G as u16) - mul_high(simd, v, V_TO_G as u16) + G_OFFSET as i16;
            // This passes 15 bits.
            let blue = (luma + mul_high(simd, u, U_TO_B as u16)).bitcast::<u16x16<S>>();
            let least = u16x16::splat(simd, -B_OFFSET as u16);
            let blue = ((blue.max(least) - least) >> 6).bitcast::<i16x16<S>>();
            let (red, green, blue) = (narrow(simd, red >> 6), narrow(simd, green >> 6), narrow(simd, blue));
            for (out, [reds, greens, blues]) in out.as_chunks_mut::<16>().0.iter_mut().zip(&PLACES) {
                let red = red.swizzle_dyn_precise(u8x16::load_array_ref(simd, reds));
                let green = green.swizzle_dyn_precise(u8x16::load_array_ref(simd, greens));
                let blue = blue.swizzle_dyn_precise(u8x16::load_array_ref(simd, blues));
                (red | green | blue).store_array(out);
            }
        },
    );
}

/// The high half of a product with this is the product divided by 256.
#[inline(always)]
fn times_256<S: Simd>(simd: S, samples: &[u8; 16]) -> i16x16<S> {
    let mut wide = [0; 16];
    for lane in 0..16 {
        wide[lane] = (u16::from(samples[lane]) << 8) as i16;
    }
    i16x16::load_array(simd, wide)
}

#[inline(always)]
fn narrow<S: Simd>(simd: S, values: i16x16<S>) -> u8x16<S> {
    let values = values.to_array();
    let mut narrow = [0; 16];
    for lane in 0..16 {
        narrow[lane] = values[lane].clamp(0, 255) as u8;
    }
    u8x16::load_array(simd, narrow)
}

/// For each sixteen bytes of pixels and each channel, where its samples come from; past the end where they are
/// another's.
const PLACES: [[[u8; 16]; 3]; 3] = {
    let mut places = [[[255; 16]; 3]; 3];
    let mut at = 0;
    while at < 48 {
        places[at / 16][at % 3][at % 16] = (at / 3) as u8;
        at += 1;
    }
    places
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{dispatch, levels};

    /// All of luma against chroma of all kinds, by the definition.
    #[test]
    fn all_levels_give_the_same_pixels() {
        for level in levels() {
            for (u, v) in (0..=255).step_by(5).flat_map(|u| (0..=255).step_by(3).map(move |v| (u, v))) {
                for first in (0..=255).step_by(16) {
                    let y: [u8; 16] = std::array::from_fn(|lane| first + lane as u8);
                    let mut out = [0; 48];
                    dispatch!(level, simd => to_rgb(simd, &y, &[u; 16], &[v; 16], &mut out));
                    for (&y, pixel) in y.iter().zip(out.as_chunks::<3>().0) {
                        let [y, u, v] = [y, u, v].map(i32::from);
                        let product = |value: i32, factor: i32| (value * factor) >> 8;
                        let luma = product(y, Y_TO_RGB);
                        let expected = [
                            luma + product(v, V_TO_R) + R_OFFSET,
                            luma - product(u, U_TO_G) - product(v, V_TO_G) + G_OFFSET,
                            luma + product(u, U_TO_B) + B_OFFSET,
                        ];
                        assert_eq!(*pixel, expected.map(|value| (value >> 6).clamp(0, 255) as u8));
                    }
                }
            }
        }
    }
}
