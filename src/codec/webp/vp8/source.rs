//! The rows that wait to be coded: taken as they come, turned into a row of macroblocks in VP8's range of BT.601,
//! luma 16 to 235 and chroma 16 to 240, chroma halved both ways. Outside of the picture its edges go on.

use super::modes::Pixels;
use crate::{
    error::{Error, Kind, Result},
    pixel::{Layout, Size, Subsampling},
};

/// Rows of a macroblock.
const ROWS: usize = 16;

/// One row of macroblocks, and the rows of input for the next.
pub struct Source {
    size: Size,
    /// Luma rows taken until now.
    taken: usize,
    /// Luma rows that wait.
    waiting: usize,
    input: Input,
    /// Width of the luma plane, whole macroblocks.
    stride: usize,
    y: Vec<u8>,
    uv: [Vec<u8>; 2],
    tables: Box<Tables>,
}

/// Rows as they came in.
enum Input {
    None,
    Interleaved(Layout, Vec<u8>),
    Planar(Subsampling, [Vec<u8>; 3]),
}

impl Source {
    /// No rows yet.
    pub fn new(size: Size) -> Self {
        let stride = size.width.next_multiple_of(16) as usize;
        Self {
            size,
            taken: 0,
            waiting: 0,
            input: Input::None,
            stride,
            y: vec![0; stride * ROWS],
            uv: [0, 1].map(|_| vec![0; stride / 2 * ROWS / 2]),
            tables: Box::new(Tables::new()),
        }
    }

    /// Takes rows until a row of macroblocks is whole; gives back the rest.
    ///
    /// # Errors
    /// `Internal` for broken rows, or too many.
    pub fn take_rows<'a>(&mut self, layout: Layout, samples: &'a [u8]) -> Result<&'a [u8]> {
        let stride = self.size.width as usize * layout.channels() as usize;
        let rows = self.room(samples.len(), stride)?;
        let (now, later) = samples.split_at(rows * stride);
        match &mut self.input {
            Input::Interleaved(own, kept) if *own == layout => kept.extend_from_slice(now),
            input if self.waiting == 0 => *input = Input::Interleaved(layout, now.to_vec()),
            _ => return Err(Error::new(Kind::Internal, "a strip of two kinds of rows")),
        }
        self.advance(rows);
        Ok(later)
    }

    /// The same of planes.
    ///
    /// # Errors
    /// `Internal` for broken rows, or too many.
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
        match &mut self.input {
            Input::Planar(own, kept) if *own == subsampling => {
                kept.iter_mut().zip(split).for_each(|(kept, (now, _))| kept.extend_from_slice(now));
            }
            input if self.waiting == 0 => {
                *input = Input::Planar(subsampling, split.map(|(now, _)| now.to_vec()))
            }
            _ => return Err(Error::new(Kind::Internal, "a strip of two kinds of rows")),
        }
        self.advance(rows);
        Ok(split.map(|(_, later)| later))
    }

    /// How many of the rows in `length` samples there is room for.
    fn room(&self, length: usize, stride: usize) -> Result<usize> {
        let (rows, left) = (length / stride, self.size.height as usize - self.taken);
        if rows * stride != length || rows > left {
            return Err(Error::new(
                Kind::Internal,
                format!("{length} samples aren't rows of the {left} left"),
            ));
        }
        Ok(rows.min(ROWS - self.waiting))
    }

    fn advance(&mut self, rows: usize) {
        self.waiting += rows;
        self.taken += rows;
    }

    /// Makes a row of macroblocks if enough rows wait; true if so.
    pub fn prepare(&mut self) -> bool {
        let whole = self.waiting == ROWS || (self.waiting > 0 && self.taken == self.size.height as usize);
        if !whole {
            return false;
        }
        let width = self.size.width as usize;
        match &mut self.input {
            Input::None => return false,
            Input::Interleaved(layout, samples) => {
                let strip = Strip { layout: *layout, samples, width, rows: self.waiting };
                strip.convert(&self.tables, self.stride, &mut self.y, &mut self.uv);
                samples.clear();
            }
            Input::Planar(subsampling, planes) => {
                convert_planes(
                    *subsampling,
                    planes,
                    width,
                    &self.tables,
                    self.stride,
                    &mut self.y,
                    &mut self.uv,
                );
                planes.iter_mut().for_each(Vec::clear);
            }
        }
        pad(&mut self.y, self.stride, width, self.waiting);
        for plane in &mut self.uv {
            pad(plane, self.stride / 2, width.div_ceil(2), self.waiting.div_ceil(2));
        }
        self.waiting = 0;
        true
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
struct Strip<'a> {
    layout: Layout,
    samples: &'a [u8],
    width: usize,
    rows: usize,
}

impl Strip<'_> {
    fn convert(&self, tables: &Tables, stride: usize, y: &mut [u8], uv: &mut [Vec<u8>; 2]) {
        let channels = self.layout.channels() as usize;
        let row_bytes = self.width * channels;
        for (row, out) in self.samples.chunks_exact(row_bytes).zip(y.chunks_exact_mut(stride)) {
            for (pixel, out) in row.chunks_exact(channels).zip(out) {
                *out = if channels < 3 { tables.luma[usize::from(pixel[0])] } else { luma(pixel) };
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

/// BT.601 luma of 16 to 235.
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
