//! Film grain synthesis (section 7.18.3), one stripe of 32 luma rows after the other.

use crate::codec::av1::header::{FilmGrainParams, FrameHeader, ScalingPoint, SequenceHeader};
use crate::codec::av1::tables::filters::GAUSSIAN_SEQUENCE;
use crate::error::Result;

/// Columns of the grain templates.
const WIDTH: usize = 82;
/// Rows of them.
const HEIGHT: usize = 73;
/// Luma rows of a stripe.
pub const STRIPE: usize = 32;

type Template = [[i16; WIDTH]; HEIGHT];

/// The random number process.
struct Random(u16);

impl Random {
    fn next(&mut self, bits: u32) -> usize {
        let r = self.0;
        let bit = (r ^ (r >> 1) ^ (r >> 3) ^ (r >> 12)) & 1;
        self.0 = (r >> 1) | (bit << 15);
        usize::from(self.0 >> (16 - bits))
    }
}

fn round2(value: i32, shift: u32) -> i32 {
    if shift == 0 { value } else { (value + (1 << (shift - 1))) >> shift }
}

/// One plane's share.
#[derive(Clone)]
struct Plane {
    template: Template,
    /// `ScalingLut`, with its last entry twice.
    scaling: [u8; 257],
    applies: bool,
    /// `cb_mult - 128`, `cb_luma_mult - 128`, `cb_offset - 256`; unused with `chroma_scaling_from_luma`.
    mult: [i32; 3],
    sub_x: usize,
    sub_y: usize,
    width: usize,
    height: usize,
    /// The rows that reach into the next stripe: two of luma, one of subsampled chroma.
    overlap: Vec<i16>,
}

/// The grain of one frame.
pub struct Grain {
    seed: u16,
    overlap: bool,
    from_luma: bool,
    scaling_shift: u32,
    bit_depth: u32,
    /// `minValue`, `maxLuma`, `maxChroma`.
    range: [i32; 3],
    /// The grain's own range.
    limits: (i32, i32),
    planes: Vec<Plane>,
    /// The noise of a stripe of a plane, 34 rows.
    noise: Vec<i16>,
    stripe: usize,
}

impl Grain {
    /// `None` where the frame has no grain.
    ///
    /// # Errors
    /// There is no memory.
    pub fn new(sequence: &SequenceHeader, frame: &FrameHeader) -> Result<Option<Self>> {
        let Some(params) = &frame.film_grain_params else { return Ok(None) };
        let depth = u32::from(sequence.color_config.bit_depth) - 8;
        let center = 128 << depth;
        let limits = (-center, (256 << depth) - 1 - center);
        let range = if params.clip_to_restricted_range {
            let luma = 235 << depth;
            [
                16 << depth,
                luma,
                if sequence.color_config.matrix_coefficients == 0 { luma } else { 240 << depth },
            ]
        } else {
            [0, (256 << depth) - 1, (256 << depth) - 1]
        };
        let mut planes: Vec<Plane> = Vec::new();
        planes.try_reserve_exact(3)?;
        let width = frame.upscaled_width as usize;
        for plane in 0..sequence.num_planes() {
            let (sub_x, sub_y) = sequence.subsampling(plane);
            let (sub_x, sub_y) = (usize::from(sub_x), usize::from(sub_y));
            let luma = planes.first().map(|luma| &luma.template);
            let template = template(params, plane, luma, (sub_x, sub_y), depth, limits);
            planes.push(Plane {
                template,
                scaling: scaling(points(params, plane)),
                applies: applies(params, plane),
                mult: match plane {
                    1 => [params.cb_mult.into(), params.cb_luma_mult.into(), params.cb_offset.into()],
                    _ => [params.cr_mult.into(), params.cr_luma_mult.into(), params.cr_offset.into()],
                },
                sub_x,
                sub_y,
                width: (width + sub_x) >> sub_x,
                height: (frame.frame_height as usize + sub_y) >> sub_y,
                overlap: zeros(2 * width)?,
            });
        }
        Ok(Some(Self {
            seed: params.grain_seed,
            overlap: params.overlap_flag,
            from_luma: params.chroma_scaling_from_luma,
            scaling_shift: u32::from(params.grain_scaling_minus_8) + 8,
            bit_depth: depth + 8,
            range,
            limits,
            planes,
            noise: zeros(34 * width)?,
            stripe: 0,
        }))
    }

    /// The bytes that the grain of a frame takes.
    #[must_use]
    pub fn bytes(sequence: &SequenceHeader, frame: &FrameHeader) -> usize {
        if frame.film_grain_params.is_none() {
            return 0;
        }
        let width = frame.upscaled_width as usize;
        sequence.num_planes() * (size_of::<Plane>() + 2 * width * 2) + 34 * width * 2
    }

    /// Adds grain to the next 32 luma rows of the frame, with their chroma (fewer at its end). `rows` are the planes'
    /// rows: of plane `p`, row `i` starts at `i * strides[p]`.
    pub fn add(&mut self, rows: &mut [&mut [u16]], strides: [usize; 3]) {
        // Chroma first: it looks at luma without grain.
        for plane in (0..self.planes.len()).rev() {
            self.make_noise(plane);
            if self.planes[plane].applies {
                let (luma, chroma) = rows.split_at_mut(1);
                if plane == 0 {
                    self.add_luma(luma[0], strides[0]);
                } else {
                    self.add_chroma(plane, (luma[0], strides[0]), (chroma[plane - 1], strides[plane]));
                }
            }
        }
        self.stripe += 1;
    }

    /// Rows of the stripe in a plane.
    fn rows(&self, plane: usize) -> usize {
        let Plane { sub_y, height, .. } = self.planes[plane];
        (STRIPE >> sub_y).min(height.saturating_sub(self.stripe * (STRIPE >> sub_y)))
    }

    /// Makes the noise image of the stripe: blocks side by side, blended with each other and with the stripe above.
    fn make_noise(&mut self, plane: usize) {
        let (low, high) = self.limits;
        let number = self.stripe;
        let mut random = Random(
            self.seed
                ^ ((number.wrapping_mul(37).wrapping_add(178) & 255) << 8) as u16
                ^ (number.wrapping_mul(173).wrapping_add(105) & 255) as u16,
        );
        let overlap = self.overlap;
        let luma_width = self.planes[0].width;
        let Plane { template, sub_x, sub_y, width, overlap: ends, .. } = &mut self.planes[plane];
        let (sub_x, sub_y, width) = (*sub_x, *sub_y, *width);
        let blend = |old: i16, new: i16, (a, b): (i32, i32)| {
            round2(i32::from(old) * a + i32::from(new) * b, 5).clamp(low, high) as i16
        };
        // Weights of the old and the new block where they overlap.
        let weights = |sub: usize, i: usize| match (sub, i) {
            (0, 0) => (27, 17),
            (0, _) => (17, 27),
            _ => (23, 22),
        };
        let stride = luma_width;
        for x in (0..luma_width.div_ceil(2)).step_by(16) {
            let rand = random.next(8);
            let offset = |sub: usize, rand: usize| if sub > 0 { 6 + rand } else { 9 + rand * 2 };
            let (offset_x, offset_y) = (offset(sub_x, rand >> 4), offset(sub_y, rand & 15));
            let at = if sub_x > 0 { x } else { x * 2 };
            for i in 0..34 >> sub_y {
                for j in 0..(34 >> sub_x).min(width.saturating_sub(at)) {
                    let mut grain = template[offset_y + i][offset_x + j];
                    let to = &mut self.noise[i * stride + at + j];
                    if j < 2 >> sub_x && overlap && x > 0 {
                        grain = blend(*to, grain, weights(sub_x, j));
                    }
                    *to = grain;
                }
            }
        }
        for i in 0..2 >> sub_y {
            let below = (STRIPE >> sub_y) + i;
            for x in 0..width {
                let end = std::mem::replace(&mut ends[i * width + x], self.noise[below * stride + x]);
                if overlap && number > 0 {
                    let to = &mut self.noise[i * stride + x];
                    *to = blend(end, *to, weights(sub_y, i));
                }
            }
        }
    }

    /// `scale_lut()`.
    #[inline(always)]
    fn scale(scaling: &[u8; 257], index: i32, bit_depth: u32) -> i32 {
        let shift = bit_depth - 8;
        let x = (index >> shift) as usize & 255;
        let start = i32::from(scaling[x]);
        let rem = index - ((x as i32) << shift);
        start + round2((i32::from(scaling[x + 1]) - start) * rem, shift)
    }

    fn add_luma(&self, luma: &mut [u16], stride: usize) {
        let Plane { scaling, width, .. } = &self.planes[0];
        for (row, noise) in
            luma.chunks_mut(stride).zip(self.noise.chunks(self.planes[0].width)).take(self.rows(0))
        {
            for (sample, noise) in row[..*width].iter_mut().zip(noise) {
                let orig = i32::from(*sample);
                let scaled = Self::scale(scaling, orig, self.bit_depth) * i32::from(*noise);
                let noise = round2(scaled, self.scaling_shift);
                *sample = (orig + noise).clamp(self.range[0], self.range[1]) as u16;
            }
        }
    }

    fn add_chroma(&self, plane: usize, luma: (&[u16], usize), chroma: (&mut [u16], usize)) {
        let Plane { scaling, mult, sub_x, sub_y, width, .. } = &self.planes[plane];
        let highest = (1 << self.bit_depth) - 1;
        let luma_width = self.planes[0].width;
        let rows = chroma.0.chunks_mut(chroma.1).zip(self.noise.chunks(luma_width)).take(self.rows(plane));
        for (y, (row, noise)) in rows.enumerate() {
            let luma = &luma.0[(y << sub_y) * luma.1..][..luma_width];
            for (x, (sample, noise)) in row[..*width].iter_mut().zip(noise).enumerate() {
                let at = x << sub_x;
                let mut average = i32::from(luma[at]);
                if *sub_x > 0 {
                    average = (average + i32::from(luma[(at + 1).min(luma_width - 1)]) + 1) >> 1;
                }
                let orig = i32::from(*sample);
                let merged = if self.from_luma {
                    average
                } else {
                    let combined = average * (mult[1] - 128) + orig * (mult[0] - 128);
                    ((combined >> 6) + ((mult[2] - 256) << (self.bit_depth - 8))).clamp(0, highest)
                };
                let scaled = Self::scale(scaling, merged, self.bit_depth) * i32::from(*noise);
                let noise = round2(scaled, self.scaling_shift);
                *sample = (orig + noise).clamp(self.range[0], self.range[2]) as u16;
            }
        }
    }
}

fn zeros(count: usize) -> Result<Vec<i16>> {
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(count)?;
    zeros.resize(count, 0);
    Ok(zeros)
}

/// The points of a plane's scaling function.
fn points(params: &FilmGrainParams, plane: usize) -> &[ScalingPoint] {
    match plane {
        1 if !params.chroma_scaling_from_luma => &params.point_cb[..usize::from(params.num_cb_points)],
        2 if !params.chroma_scaling_from_luma => &params.point_cr[..usize::from(params.num_cr_points)],
        _ => &params.point_y[..usize::from(params.num_y_points)],
    }
}

/// True where a plane gets grain.
fn applies(params: &FilmGrainParams, plane: usize) -> bool {
    match plane {
        0 => params.num_y_points > 0,
        1 => params.num_cb_points > 0 || params.chroma_scaling_from_luma,
        _ => params.num_cr_points > 0 || params.chroma_scaling_from_luma,
    }
}

/// The scaling lookup initialization process.
fn scaling(points: &[ScalingPoint]) -> [u8; 257] {
    let mut lut = [0; 257];
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return lut };
    lut[..usize::from(first.value)].fill(first.scaling);
    for pair in points.windows(2) {
        let (x, y) = (usize::from(pair[0].value), i32::from(pair[0].scaling));
        let delta_x = i32::from(pair[1].value) - x as i32;
        let delta = (i32::from(pair[1].scaling) - y) * ((65536 + (delta_x >> 1)) / delta_x.max(1));
        for (i, to) in lut[x..].iter_mut().enumerate().take(delta_x as usize) {
            *to = (y + ((i as i32 * delta + 32768) >> 16)) as u8;
        }
    }
    lut[usize::from(last.value)..].fill(last.scaling);
    lut
}

/// The generate grain process, for one plane.
fn template(
    params: &FilmGrainParams,
    plane: usize,
    luma: Option<&Template>,
    (sub_x, sub_y): (usize, usize),
    depth: u32,
    (low, high): (i32, i32),
) -> Template {
    let (seed, coefficients) = match plane {
        0 => (0, &params.ar_coeffs_y_plus_128[..]),
        1 => (0xB524, &params.ar_coeffs_cb_plus_128[..]),
        _ => (0x49D8, &params.ar_coeffs_cr_plus_128[..]),
    };
    let mut grain = [[0; WIDTH]; HEIGHT];
    if !applies(params, plane) {
        return grain;
    }
    let (w, h) = (if sub_x > 0 { 44 } else { WIDTH }, if sub_y > 0 { 38 } else { HEIGHT });
    let mut random = Random(params.grain_seed ^ seed);
    let shift = 4 - depth + u32::from(params.grain_scale_shift);
    for row in &mut grain[..h] {
        for grain in &mut row[..w] {
            *grain = round2(i32::from(GAUSSIAN_SEQUENCE[random.next(11)]), shift) as i16;
        }
    }
    let lag = usize::from(params.ar_coeff_lag);
    let shift = u32::from(params.ar_coeff_shift_minus_6) + 6;
    for y in 3..h {
        for x in 3..w - 3 {
            let before = (0..=lag).flat_map(|dy| (0..=2 * lag).map(move |dx| (dy, dx)));
            let mut sum = 0;
            let count = 2 * lag * (lag + 1);
            for ((dy, dx), coefficient) in before.zip(coefficients).take(count) {
                sum += i32::from(grain[y + dy - lag][x + dx - lag]) * (i32::from(*coefficient) - 128);
            }
            if let (Some(luma), Some(coefficient), true) =
                (luma, coefficients.get(count), params.num_y_points > 0)
            {
                let (x, y) = (((x - 3) << sub_x) + 3, ((y - 3) << sub_y) + 3);
                let cells = luma[y..=y + sub_y].iter().flat_map(|row| &row[x..=x + sub_x]);
                let sums: i32 = cells.map(|cell| i32::from(*cell)).sum();
                sum += round2(sums, (sub_x + sub_y) as u32) * (i32::from(*coefficient) - 128);
            }
            grain[y][x] = (i32::from(grain[y][x]) + round2(sum, shift)).clamp(low, high) as i16;
        }
    }
    grain
}
