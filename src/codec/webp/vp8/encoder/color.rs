//! Converts RGB or full-range YCbCr to VP8's colours ([`yuv`](super::super::yuv)), with chroma halved both ways.

use std::sync::LazyLock;

use super::super::yuv::{FROM_RGB_BITS, RGB_TO_U, RGB_TO_V, RGB_TO_Y};
use crate::{
    pixel::{Layout, Subsampling},
    simd::{Bytes, Simd, SimdBase, SimdIntWiden, SimdNarrow, i16x8, i32x4, u8x16},
};

/// The tables, which take thousands of powers to make.
pub static TABLES: LazyLock<Tables> = LazyLock::new(Tables::new);

/// Look-up tables of the conversions.
pub struct Tables {
    /// Full-range luma to VP8's.
    luma: [u8; 256],
    /// Full-range chroma to VP8's.
    chroma: [u8; 256],
    /// A sample's light, up to [`MAX_LIGHT`].
    linear: [u16; 256],
    /// The sample of a sum of four lights, by its upper bits.
    sample: Vec<u8>,
}

/// The most light of a sample: four make a sum of 16 bits.
pub const MAX_LIGHT: u32 = (1 << 14) - 1;

/// Bits of a sum of light that [`Tables::sample`] leaves out.
const LIGHT_SHIFT: u32 = 4;

impl Tables {
    fn new() -> Self {
        let scaled = |value: usize, zero: i32, range: i32| {
            (zero + ((value as i32 - zero) * range * 2 + 255) / 510).clamp(0, 255) as u8
        };
        // Between sRGB's and no curve at all: full linear light makes thin dark lines' colours fade.
        let light = |value: f64| libm::pow(value, GAMMA);
        Self {
            luma: std::array::from_fn(|value| 16 + ((value as u32 * 219 * 2 + 255) / 510) as u8),
            chroma: std::array::from_fn(|value| {
                if value >= 128 {
                    scaled(value, 128, 224)
                } else {
                    128 - (scaled(256 - value, 128, 224) - 128)
                }
            }),
            linear: std::array::from_fn(|value| {
                (light(value as f64 / 255.0) * f64::from(MAX_LIGHT)).round() as u16
            }),
            sample: (0..=(4 * MAX_LIGHT) >> LIGHT_SHIFT)
                .map(|sum| {
                    let share =
                        f64::from((sum << LIGHT_SHIFT) + (1 << LIGHT_SHIFT) / 2) / f64::from(4 * MAX_LIGHT);
                    (libm::pow(share, 1.0 / GAMMA) * 255.0).round().min(255.0) as u8
                })
                .collect(),
        }
    }
}

impl Tables {
    /// The mean of a channel of four pixels, by light.
    #[inline(always)]
    pub fn mean(&self, pixels: [&[u8]; 4], channel: usize) -> i32 {
        let light = |pixel: usize| u32::from(self.linear[usize::from(pixels[pixel][channel])]);
        let sum = light(0) + light(1) + light(2) + light(3);
        i32::from(self.sample[(sum >> LIGHT_SHIFT) as usize])
    }
}

/// Exponent of the light that chroma is averaged in.
const GAMMA: f64 = 1.0 / 0.80;

/// At most sixteen rows of interleaved samples.
pub struct InterleavedRows<'a> {
    /// The samples of a pixel.
    pub layout: Layout,
    /// All rows, without padding.
    pub samples: &'a [u8],
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub rows: usize,
}

impl InterleavedRows<'_> {
    /// Converts them to planes; luma has `stride` samples in a row, chroma half as many.
    #[inline(always)]
    pub fn convert<S: Simd>(&self, simd: S, stride: usize, y: &mut [u8], uv: &mut [Vec<u8>; 2]) {
        let tables = &*TABLES;
        let channels = self.layout.channels() as usize;
        let row_bytes = self.width * channels;
        for (row, out) in self.samples.chunks_exact(row_bytes).zip(y.chunks_exact_mut(stride)) {
            if channels < 3 {
                row.chunks_exact(channels)
                    .zip(out)
                    .for_each(|(pixel, out)| *out = tables.luma[usize::from(pixel[0])]);
            } else {
                luma_row(simd, row, channels, &mut out[..self.width]);
            }
        }
        if channels < 3 {
            uv.iter_mut().for_each(|plane| plane.fill(128));
            return;
        }
        let [u, v] = uv;
        let rows = u.chunks_exact_mut(stride / 2).zip(v.chunks_exact_mut(stride / 2));
        for (pair, (u, v)) in rows.enumerate().take(self.rows.div_ceil(2)) {
            let upper = &self.samples[2 * pair * row_bytes..][..row_bytes];
            let lower = &self.samples[(2 * pair + 1).min(self.rows - 1) * row_bytes..][..row_bytes];
            for x in 0..self.width.div_ceil(2) {
                let (left, right) = (2 * x * channels, (2 * x + 1).min(self.width - 1) * channels);
                let pixels =
                    [&upper[left..][..3], &upper[right..][..3], &lower[left..][..3], &lower[right..][..3]];
                (u[x], v[x]) = chroma(tables.mean(pixels, 0), tables.mean(pixels, 1), tables.mean(pixels, 2));
            }
        }
    }
}

/// Converts a row of RGB or RGBA to luma.
#[inline(always)]
fn luma_row<S: Simd>(simd: S, row: &[u8], channels: usize, out: &mut [u8]) {
    simd.vectorize(
        #[inline(always)]
        || {
            // Places of red and green, and of green and blue, of four pixels; the others are past the end.
            let (mut red_green, mut green_blue) = ([255; 16], [255; 16]);
            for pixel in 0..4 {
                for (place, from) in [(4 * pixel, channels * pixel), (4 * pixel + 2, channels * pixel + 1)] {
                    red_green[place] = from as u8;
                    green_blue[place] = from as u8 + 1;
                }
            }
            let red_green = u8x16::load_array(simd, red_green);
            let green_blue = u8x16::load_array(simd, green_blue);
            // Green's share in halves: 16 bits with a sign hold no more.
            let [red, green, blue] = RGB_TO_Y.map(|factor| factor as u16);
            let factors = [[red, green / 2], [green - green / 2, blue]];
            let factors =
                factors.map(|pair| pair.map(|factor| factor as i16)).map(|[a, b]| [a, b, a, b, a, b, a, b]);
            let factors = [i16x8::load_array(simd, factors[0]), i16x8::load_array(simd, factors[1])];
            let mut done = 0;
            while done + 8 <= out.len() && (done + 4) * channels + 16 <= row.len() {
                let mut sums = [i32x4::splat(simd, 0); 2];
                for half in 0..2 {
                    let pixels = u8x16::from_slice(simd, &row[(done + 4 * half) * channels..][..16]);
                    let rg = pixels.swizzle_dyn_precise(red_green).bitcast::<i16x8<S>>();
                    let gb = pixels.swizzle_dyn_precise(green_blue).bitcast::<i16x8<S>>();
                    let sum = rg.pairwise_dot_product(factors[0]) + gb.pairwise_dot_product(factors[1]);
                    sums[half] = (sum + ((16 << 16) + (1 << 15))) >> 16;
                }
                let luma = sums[0].narrow(sums[1]).to_array();
                for lane in 0..8 {
                    out[done + lane] = luma[lane] as u8;
                }
                done += 8;
            }
            for (pixel, out) in row.chunks_exact(channels).zip(out).skip(done) {
                *out = luma(pixel);
            }
        },
    );
}

/// The luma of a pixel.
#[inline(always)]
fn luma(pixel: &[u8]) -> u8 {
    let (r, g, b) = (u32::from(pixel[0]), u32::from(pixel[1]), u32::from(pixel[2]));
    let [of_red, of_green, of_blue] = RGB_TO_Y.map(|factor| factor as u32);
    let sum = of_red * r + of_green * g + of_blue * b;
    ((sum + (16 << FROM_RGB_BITS) + (1 << (FROM_RGB_BITS - 1))) >> FROM_RGB_BITS) as u8
}

/// The chroma of a pixel.
pub fn chroma(r: i32, g: i32, b: i32) -> (u8, u8) {
    let scaled = |factors: [i32; 3]| {
        let sum = factors[0] * r + factors[1] * g + factors[2] * b;
        ((sum + (128 << FROM_RGB_BITS) + (1 << (FROM_RGB_BITS - 1))) >> FROM_RGB_BITS).clamp(0, 255) as u8
    };
    (scaled(RGB_TO_U), scaled(RGB_TO_V))
}

/// Converts full-range planes of any subsampling and a width in pixels, to planes as [`InterleavedRows::convert`] makes
/// them.
pub fn convert_planes(
    subsampling: Subsampling,
    planes: &[Vec<u8>; 3],
    width: usize,
    stride: usize,
    y: &mut [u8],
    uv: &mut [Vec<u8>; 2],
) {
    let tables = &*TABLES;
    for (row, out) in planes[0].chunks_exact(width).zip(y.chunks_exact_mut(stride)) {
        row.iter().zip(out).for_each(|(&value, out)| *out = tables.luma[usize::from(value)]);
    }
    let (across, down) = subsampling.factors();
    // Where chroma is not halved yet, pairs are averaged.
    let (step, pair) = (2 / across as usize, 2 / down as usize);
    let chroma_width = width.div_ceil(across as usize);
    for (plane, out) in planes[1..].iter().zip(uv) {
        let rows = plane.len() / chroma_width;
        for (row, out) in out.chunks_exact_mut(stride / 2).enumerate().take(rows.div_ceil(pair)) {
            let upper = &plane[row * pair * chroma_width..][..chroma_width];
            let lower = &plane[(row * pair + pair - 1).min(rows - 1) * chroma_width..][..chroma_width];
            for (x, out) in out.iter_mut().enumerate().take(width.div_ceil(2)) {
                let (left, right) = (x * step, (x * step + step - 1).min(chroma_width - 1));
                let sum: u32 =
                    [upper[left], upper[right], lower[left], lower[right]].map(u32::from).iter().sum();
                *out = tables.chroma[((sum + 2) / 4) as usize];
            }
        }
    }
}
