//! The rows that wait to be coded: taken as they come, turned into a row of macroblocks in VP8's range of BT.601,
//! luma 16 to 235 and chroma 16 to 240, chroma halved both ways. Outside of the picture its edges go on.

use std::sync::LazyLock;

use super::modes::Pixels;
use crate::{
    error::{Error, Kind, Result},
    limits::try_zeroed,
    pixel::{Layout, Size, Subsampling},
    simd::{Bytes, Simd, SimdBase, SimdIntWiden, SimdNarrow, i16x8, i32x4, u8x16},
};

/// Rows of a macroblock.
const ROWS: usize = 16;

/// Rows as they come in, cut into strips of a macroblock's height.
pub struct Source {
    size: Size,
    /// Luma rows taken until now.
    taken: usize,
    /// The strips that wait; those behind [`Self::ready`] are empty, but for the one that is being filled.
    strips: Vec<Strip>,
    ready: usize,
}

/// At most sixteen rows of input.
pub struct Strip {
    /// How many luma rows there are.
    rows: usize,
    input: Input,
}

/// Samples as they came in.
enum Input {
    None,
    Interleaved(Layout, Vec<u8>),
    Planar(Subsampling, [Vec<u8>; 3]),
}

impl Source {
    /// No rows yet; at most `strips` will wait.
    pub fn new(size: Size, strips: usize) -> Self {
        let strips = (0..strips.max(1)).map(|_| Strip { rows: 0, input: Input::None }).collect();
        Self { size, taken: 0, strips, ready: 0 }
    }

    /// Takes rows until a strip is whole; gives back the rest.
    ///
    /// # Errors
    /// `Internal` for broken rows, or too many; `Memory`.
    pub fn take_rows<'a>(&mut self, layout: Layout, samples: &'a [u8]) -> Result<&'a [u8]> {
        let stride = self.size.width as usize * layout.channels() as usize;
        let rows = self.room(samples.len(), stride)?;
        let (now, later) = samples.split_at(rows * stride);
        let strip = &mut self.strips[self.ready];
        match &mut strip.input {
            Input::Interleaved(own, kept) if *own == layout => append(kept, now, ROWS * stride)?,
            input if strip.rows == 0 => {
                let mut kept = Vec::new();
                append(&mut kept, now, ROWS * stride)?;
                *input = Input::Interleaved(layout, kept);
            }
            _ => return Err(Error::new(Kind::Internal, "a strip of two kinds of rows")),
        }
        self.advance(rows);
        Ok(later)
    }

    /// The same of planes.
    ///
    /// # Errors
    /// `Internal` for broken rows, or too many; `Memory`.
    pub fn take_planes<'a>(
        &mut self,
        subsampling: Subsampling,
        planes: [&'a [u8]; 3],
    ) -> Result<[&'a [u8]; 3]> {
        let width = self.size.width as usize;
        let rows = self.room(planes[0].len(), width)?;
        let (across, down) = subsampling.factors();
        let chroma_stride = self.size.width.div_ceil(across) as usize;
        let down = down as usize;
        let at_end = self.taken + rows == self.size.height as usize;
        let chroma = rows.div_ceil(down) * chroma_stride;
        if planes[1].len() < chroma || planes[2].len() < chroma || (rows % down != 0 && !at_end) {
            return Err(Error::new(Kind::Internal, "planes of different heights"));
        }
        let split =
            [0, 1, 2].map(|plane| planes[plane].split_at(if plane == 0 { rows * width } else { chroma }));
        let strip = &mut self.strips[self.ready];
        if strip.rows == 0 && !matches!(&strip.input, Input::Planar(own, _) if *own == subsampling) {
            strip.input = Input::Planar(subsampling, [const { Vec::new() }; 3]);
        }
        match &mut strip.input {
            Input::Planar(own, kept) if *own == subsampling => {
                for (plane, (kept, (now, _))) in kept.iter_mut().zip(split).enumerate() {
                    let whole = if plane == 0 { ROWS * width } else { ROWS / down * chroma_stride };
                    append(kept, now, whole)?;
                }
            }
            _ => return Err(Error::new(Kind::Internal, "a strip of two kinds of rows")),
        }
        self.advance(rows);
        Ok(split.map(|(_, later)| later))
    }

    /// How many of the rows in `length` samples there is room for in a strip.
    fn room(&self, length: usize, stride: usize) -> Result<usize> {
        let (rows, left) = (length / stride, self.size.height as usize - self.taken);
        if rows * stride != length || rows > left {
            return Err(Error::new(
                Kind::Internal,
                format!("{length} samples aren't rows of the {left} left"),
            ));
        }
        Ok(rows.min(ROWS - self.strips[self.ready].rows))
    }

    fn advance(&mut self, rows: usize) {
        let strip = &mut self.strips[self.ready];
        strip.rows += rows;
        self.taken += rows;
        if strip.rows == ROWS || self.taken == self.size.height as usize {
            self.ready += 1;
        }
    }

    /// True if no more strips fit, or there will be none.
    pub fn is_full(&self) -> bool {
        self.ready == self.strips.len() || (self.ready > 0 && self.taken == self.size.height as usize)
    }

    /// The strips that are whole.
    pub fn strips(&self) -> &[Strip] {
        &self.strips[..self.ready]
    }

    /// Makes room.
    pub fn clear(&mut self) {
        self.strips[..self.ready].iter_mut().for_each(Strip::clear);
        self.ready = 0;
    }
}

fn append(kept: &mut Vec<u8>, samples: &[u8], whole: usize) -> Result<()> {
    if kept.capacity() < whole {
        kept.try_reserve_exact(whole - kept.len())?;
    }
    kept.extend_from_slice(samples);
    Ok(())
}

impl Strip {
    /// Keeps the room.
    fn clear(&mut self) {
        self.rows = 0;
        match &mut self.input {
            Input::None => (),
            Input::Interleaved(_, samples) => samples.clear(),
            Input::Planar(_, planes) => planes.iter_mut().for_each(Vec::clear),
        }
    }
}

/// A row of macroblocks in VP8's colours.
pub struct Planes {
    width: usize,
    /// Width of the luma plane, whole macroblocks.
    stride: usize,
    y: Vec<u8>,
    uv: [Vec<u8>; 2],
}

impl Planes {
    /// Of a picture's width, in pixels.
    ///
    /// # Errors
    /// `Memory`.
    pub fn new(width: u32) -> Result<Self> {
        let stride = width.next_multiple_of(16) as usize;
        let quarter = || try_zeroed(stride / 2 * ROWS / 2);
        Ok(Self {
            width: width as usize,
            stride,
            y: try_zeroed(stride * ROWS)?,
            uv: [quarter()?, quarter()?],
        })
    }

    /// Converts a strip.
    #[inline(always)]
    pub fn fill<S: Simd>(&mut self, simd: S, strip: &Strip) {
        let Self { width, stride, y, uv } = self;
        match &strip.input {
            Input::None => return,
            Input::Interleaved(layout, samples) => {
                let samples = Samples { layout: *layout, samples, width: *width, rows: strip.rows };
                samples.convert(simd, &TABLES, *stride, y, uv);
            }
            Input::Planar(subsampling, planes) => {
                convert_planes(*subsampling, planes, *width, &TABLES, *stride, y, uv);
            }
        }
        pad(y, *stride, *width, strip.rows);
        for plane in uv {
            pad(plane, *stride / 2, width.div_ceil(2), strip.rows.div_ceil(2));
        }
    }

    /// A macroblock of the row.
    #[inline(always)]
    pub fn macroblock(&self, column: usize) -> Pixels {
        let mut pixels = Pixels::new();
        for (row, from) in pixels.y.iter_mut().zip(self.y.chunks_exact(self.stride)) {
            row.copy_from_slice(&from[16 * column..16 * column + 16]);
        }
        for (plane, from) in pixels.uv.iter_mut().zip(&self.uv) {
            for (row, from) in plane.iter_mut().zip(from.chunks_exact(self.stride / 2)) {
                row.copy_from_slice(&from[8 * column..8 * column + 8]);
            }
        }
        pixels
    }
}

/// Made once: thousands of powers.
static TABLES: LazyLock<Tables> = LazyLock::new(Tables::new);

/// Repeats the last pixel of each row, and the last row.
fn pad(plane: &mut [u8], stride: usize, width: usize, rows: usize) {
    for row in plane.chunks_exact_mut(stride).take(rows) {
        let last = row[width - 1];
        row[width..].fill(last);
    }
    let (filled, rest) = plane.split_at_mut(rows * stride);
    let last = &filled[filled.len() - stride..];
    rest.chunks_exact_mut(stride).for_each(|row| row.copy_from_slice(last));
}

/// Look-up tables of the conversions.
struct Tables {
    /// Full-range luma to VP8's.
    luma: [u8; 256],
    /// Full-range chroma to VP8's.
    chroma: [u8; 256],
    /// A sample's share of light, 0 to 65535 / 4.
    linear: [u16; 256],
    /// The sample of a sum of four shares, by its upper bits.
    sample: Vec<u8>,
}

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
            linear: std::array::from_fn(|value| (light(value as f64 / 255.0) * 16_383.0).round() as u16),
            sample: (0..=(4 * 16_383) >> LIGHT_SHIFT)
                .map(|sum| {
                    let share =
                        f64::from((sum << LIGHT_SHIFT) + (1 << LIGHT_SHIFT) / 2) / f64::from(4 * 16_383);
                    (libm::pow(share, 1.0 / GAMMA) * 255.0).round().min(255.0) as u8
                })
                .collect(),
        }
    }
}

impl Tables {
    /// The mean of a channel of four pixels, by their light.
    #[inline(always)]
    fn mean(&self, pixels: [&[u8]; 4], channel: usize) -> i32 {
        let light = |pixel: usize| u32::from(self.linear[usize::from(pixels[pixel][channel])]);
        let sum = light(0) + light(1) + light(2) + light(3);
        i32::from(self.sample[(sum >> LIGHT_SHIFT) as usize])
    }
}

/// Exponent of the light that chroma is averaged in.
const GAMMA: f64 = 1.0 / 0.80;

/// Interleaved rows of at most a macroblock.
struct Samples<'a> {
    layout: Layout,
    samples: &'a [u8],
    width: usize,
    rows: usize,
}

impl Samples<'_> {
    #[inline(always)]
    fn convert<S: Simd>(&self, simd: S, tables: &Tables, stride: usize, y: &mut [u8], uv: &mut [Vec<u8>; 2]) {
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

/// BT.601 luma of a row of RGB or RGBA.
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
            let factors = [[16_839, 16_529], [16_530, 6_420]].map(|[a, b]| [a, b, a, b, a, b, a, b]);
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

/// BT.601 luma of 16 to 235.
#[inline(always)]
fn luma(pixel: &[u8]) -> u8 {
    let (r, g, b) = (u32::from(pixel[0]), u32::from(pixel[1]), u32::from(pixel[2]));
    ((16_839 * r + 33_059 * g + 6_420 * b + (16 << 16) + (1 << 15)) >> 16) as u8
}

/// BT.601 chroma of 16 to 240.
fn chroma(r: i32, g: i32, b: i32) -> (u8, u8) {
    let u = -9_719 * r - 19_081 * g + 28_800 * b;
    let v = 28_800 * r - 24_116 * g - 4_684 * b;
    let scaled = |value: i32| ((value + (128 << 16) + (1 << 15)) >> 16).clamp(0, 255) as u8;
    (scaled(u), scaled(v))
}

/// Full-range planes of any subsampling.
fn convert_planes(
    subsampling: Subsampling,
    planes: &[Vec<u8>; 3],
    width: usize,
    tables: &Tables,
    stride: usize,
    y: &mut [u8],
    uv: &mut [Vec<u8>; 2],
) {
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
