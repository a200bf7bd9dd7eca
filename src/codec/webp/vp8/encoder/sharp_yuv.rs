//! Sharp YUV: half-size chroma, and luma that makes up for it, for pictures with thin coloured edges.
//!
//! Averaged chroma bleeds over an edge, and luma that was computed pixel by pixel doesn't know: what a decoder shows is
//! too dark or too light there. Here luma is refined by the light that each pixel would lack, and chroma by what its
//! 2x2 group would: the idea of libwebp's `sharpyuv`, in one step instead of its iterations, and at edges alone. Beyond
//! a strip its first and last rows are repeated.

use std::sync::LazyLock;

use super::{
    super::yuv::{TO_RGB_BITS, U_TO_B, U_TO_G, V_TO_G, V_TO_R, Y_TO_RGB},
    color::{InterleavedRows, MAX_LIGHT, TABLES, chroma},
    source::ROWS,
};
use crate::{error::Result, limits::try_zeroed, pixel::srgb};

/// A group around which chroma differs by less is left alone: upsampling shows it as it is. Most of a drawn picture is
/// flat.
const FLAT: u8 = 6;

/// Fractional bits of luminance that is given as a sample.
const FRACTION: u32 = 4;

/// Refines strips of a width.
pub struct SharpYuv {
    width: usize,
    /// A strip's chroma before anything was refined, without padding.
    before: [Vec<u8>; 2],
    /// By column the least and the greatest of three rows of a plane.
    range: [Vec<u8>; 2],
    is_edge: Vec<bool>,
}

/// The planes of a strip. Chroma has half as many samples from row to row as luma.
pub struct YuvPlanes<'a> {
    /// Luma samples from row to row.
    pub stride: usize,
    /// Luma.
    pub y: &'a mut [u8],
    /// Chroma.
    pub uv: &'a mut [Vec<u8>; 2],
}

impl SharpYuv {
    /// For strips of a width in pixels.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(width: usize) -> Result<Self> {
        let half = width.div_ceil(2);
        let mut is_edge = Vec::new();
        is_edge.try_reserve_exact(half)?;
        is_edge.resize(half, false);
        Ok(Self {
            width,
            before: [try_zeroed(half * ROWS / 2)?, try_zeroed(half * ROWS / 2)?],
            range: [try_zeroed(half)?, try_zeroed(half)?],
            is_edge,
        })
    }

    /// Refines the planes of a strip of RGB or RGBA, which hold its plain conversion.
    pub fn refine(&mut self, samples: &InterleavedRows, target: &mut YuvPlanes) {
        let (half, rows) = (self.width.div_ceil(2), samples.rows.div_ceil(2));
        for (before, plane) in self.before.iter_mut().zip(&*target.uv) {
            for (row, from) in before.chunks_exact_mut(half).zip(plane.chunks_exact(target.stride / 2)) {
                row.copy_from_slice(&from[..half]);
            }
        }
        for row in 0..rows {
            self.find_edges(row, rows);
            for column in 0..half {
                if self.is_edge[column] {
                    self.refine_group(samples, target, [column, row]);
                }
            }
        }
    }

    /// Marks the groups of a row around which chroma differs.
    fn find_edges(&mut self, row: usize, rows: usize) {
        let half = self.width.div_ceil(2);
        self.is_edge.fill(false);
        for plane in &self.before {
            let [least, greatest] = &mut self.range;
            let line = |row: usize| &plane[row * half..][..half];
            let (above, here, below) =
                (line(row.saturating_sub(1)), line(row), line((row + 1).min(rows - 1)));
            for column in 0..half {
                let [a, b, c] = [above[column], here[column], below[column]];
                least[column] = a.min(b).min(c);
                greatest[column] = a.max(b).max(c);
            }
            for column in 0..half {
                let (left, right) = (column.saturating_sub(1), (column + 1).min(half - 1));
                let low = least[left].min(least[column]).min(least[right]);
                let high = greatest[left].max(greatest[column]).max(greatest[right]);
                self.is_edge[column] |= high - low >= FLAT;
            }
        }
    }

    /// Refines the luma of a group's pixels, and its chroma.
    fn refine_group(&self, samples: &InterleavedRows, target: &mut YuvPlanes, [column, row]: [usize; 2]) {
        let channels = samples.layout.channels() as usize;
        let mut displayed = [[0_u8; 3]; 4];
        let (mut right, mut lower) = (0, 0);
        for (pixel, displayed) in displayed.iter_mut().enumerate() {
            // Outside of the picture its last row and column are repeated.
            right = usize::from(pixel % 2 == 1 && 2 * column + 1 < self.width);
            lower = usize::from(pixel / 2 == 1 && 2 * row + 1 < samples.rows);
            let (x, y) = (2 * column + right, 2 * row + lower);
            let [u, v] = self.upsampled([column, row], [right, lower], samples.rows.div_ceil(2));
            *displayed = to_rgb(target.y[y * target.stride + x].into(), u, v);
        }
        for pixel in 0..4 {
            if pixel % 2 > right || pixel / 2 > lower {
                continue;
            }
            let (x, y) = (2 * column + pixel % 2, 2 * row + pixel / 2);
            let source = &samples.samples[(y * self.width + x) * channels..][..3];
            let deficit = LIGHT.of(source) - LIGHT.of(&displayed[pixel]);
            let luma = &mut target.y[y * target.stride + x];
            // Full range, with fractional bits, to 219 steps.
            *luma = (i32::from(*luma) + ((deficit * 220 + (1 << (7 + FRACTION))) >> (8 + FRACTION)))
                .clamp(0, 255) as u8;
        }
        let [a, b, c, d] = &displayed;
        let mean = |channel| TABLES.mean([a, b, c, d], channel);
        let (u, v) = chroma(mean(0), mean(1), mean(2));
        for (plane, now) in [u, v].into_iter().enumerate() {
            let wanted = i32::from(self.before[plane][row * self.width.div_ceil(2) + column]);
            let moved = (2 * wanted - i32::from(now)).clamp(0, 255) as u8;
            target.uv[plane][row * target.stride / 2 + column] = moved;
        }
    }

    /// Chroma of a pixel of a group as decoders upsample it: 9, 3, 3 and 1 sixteenths of the four nearest.
    fn upsampled(&self, [column, row]: [usize; 2], [right, lower]: [usize; 2], rows: usize) -> [i32; 2] {
        let half = self.width.div_ceil(2);
        let beside = |place: usize, towards: usize, count: usize| {
            if towards == 1 { (place + 1).min(count - 1) } else { place.saturating_sub(1) }
        };
        let (x, y) = (beside(column, right, half), beside(row, lower, rows));
        [0, 1].map(|plane| {
            let at = |x: usize, y: usize| i32::from(self.before[plane][y * half + x]);
            (9 * at(column, row) + 3 * (at(x, row) + at(column, y)) + at(x, y) + 8) >> 4
        })
    }
}

/// Converts a pixel of BT.601 to RGB.
fn to_rgb(y: i32, u: i32, v: i32) -> [u8; 3] {
    let (luma, u, v) = (Y_TO_RGB * (y - 16) + (1 << (TO_RGB_BITS - 1)), u - 128, v - 128);
    let sample = |value: i32| (value >> TO_RGB_BITS).clamp(0, 255) as u8;
    [sample(luma + V_TO_R * v), sample(luma - U_TO_G * u - V_TO_G * v), sample(luma + U_TO_B * u)]
}

/// Made once: thousands of powers.
static LIGHT: LazyLock<Light> = LazyLock::new(Light::new);

/// BT.709's weights of red, green and blue light, which are sRGB's: 0.2126, 0.7152 and 0.0722 times 2^16.
const LUMINANCE: [u32; 3] = [13_933, 46_871, 4_732];

/// Luminance of linear light, given as a sample of sRGB.
struct Light {
    /// A sample's light, up to [`MAX_LIGHT`].
    linear: [u16; 256],
    /// The sample of a light, with fractional bits.
    sample: Vec<u16>,
}

impl Light {
    fn new() -> Self {
        let scale = f64::from(255 << FRACTION);
        let sample =
            |light: i32| (srgb::of_light(f64::from(light) / f64::from(MAX_LIGHT)) * scale).round() as u16;
        Self {
            linear: std::array::from_fn(|value| {
                (srgb::to_light(value as f64 / 255.0) * f64::from(MAX_LIGHT)).round() as u16
            }),
            sample: (0..=MAX_LIGHT as i32).map(sample).collect(),
        }
    }

    /// The luminance of a pixel, as a sample with fractional bits.
    fn of(&self, pixel: &[u8]) -> i32 {
        let [r, g, b] = [0, 1, 2].map(|channel| u32::from(self.linear[usize::from(pixel[channel])]));
        let [of_red, of_green, of_blue] = LUMINANCE;
        self.sample[((of_red * r + of_green * g + of_blue * b) >> 16) as usize].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::webp::vp8::encoder::{
            planes::Planes,
            source::{Input, Strip},
        },
        pixel::Layout,
        simd::{Level, dispatch},
    };

    /// The sum of squared errors of light in a strip, as a decoder shows it.
    fn error_of(rgb: &[u8], width: usize, rows: usize, sharp: bool) -> u64 {
        let strip = Strip { rows, input: Input::Interleaved(Layout::Rgb, rgb.to_vec()) };
        let mut planes = Planes::new(width as u32, sharp).unwrap();
        dispatch!(Level::new(), simd => planes.fill(simd, &strip));
        let (stride, y, uv) = planes.parts();
        let mut displayed = SharpYuv::new(width).unwrap();
        for (before, plane) in displayed.before.iter_mut().zip(uv) {
            let rows = before.chunks_exact_mut(width.div_ceil(2)).zip(plane.chunks_exact(stride / 2));
            rows.for_each(|(row, from)| row.copy_from_slice(&from[..row.len()]));
        }
        let mut error = 0;
        for (at, pixel) in rgb.chunks_exact(3).enumerate() {
            let (column, row) = (at % width, at / width);
            let [u, v] = displayed.upsampled([column / 2, row / 2], [column % 2, row % 2], rows.div_ceil(2));
            let now = LIGHT.of(&to_rgb(y[row * stride + column].into(), u, v));
            error += u64::from(LIGHT.of(pixel).abs_diff(now)).pow(2);
        }
        error
    }

    #[test]
    fn red_lines_on_blue_keep_their_light() {
        for (width, rows) in [(4, 3), (3, 2), (33, 16), (40, 15), (7, 1)] {
            let rgb: Vec<u8> = (0..width * rows)
                .flat_map(|at| if at % width % 5 == 1 { [230, 20, 10] } else { [10, 20, 160] })
                .collect();
            let (plain, sharp) = (error_of(&rgb, width, rows, false), error_of(&rgb, width, rows, true));
            assert!(sharp * 2 < plain, "{width}x{rows}: {plain} to {sharp}");
        }
    }

    #[test]
    fn what_is_flat_stays_as_it_is() {
        for (width, rows) in [(1, 1), (20, 16)] {
            let rgb = [200, 90, 40].repeat(width * rows);
            assert_eq!(error_of(&rgb, width, rows, true), error_of(&rgb, width, rows, false));
        }
    }
}
