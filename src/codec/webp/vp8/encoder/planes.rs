//! A strip converted to a row of macroblocks in VP8's colours. Beyond the picture its last pixels are repeated.

use super::{
    color::{self, InterleavedRows},
    modes::Pixels,
    sharp_yuv::{SharpYuv, YuvPlanes},
    source::{Input, ROWS, Strip},
};
use crate::{error::Result, limits::try_zeroed, simd::Simd};

/// A row of macroblocks in VP8's colours.
pub struct Planes {
    width: usize,
    /// Width of the luma plane, whole macroblocks.
    stride: usize,
    y: Vec<u8>,
    uv: [Vec<u8>; 2],
    sharp: Option<SharpYuv>,
}

impl Planes {
    /// Planes for a picture's width, in pixels; `sharp` for sharp YUV, which takes strips of RGB.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(width: u32, sharp: bool) -> Result<Self> {
        let stride = width.next_multiple_of(16) as usize;
        let quarter = || try_zeroed(stride / 2 * ROWS / 2);
        Ok(Self {
            width: width as usize,
            stride,
            y: try_zeroed(stride * ROWS)?,
            uv: [quarter()?, quarter()?],
            sharp: sharp.then(|| SharpYuv::new(width as usize)).transpose()?,
        })
    }

    /// Converts a strip.
    #[inline(always)]
    pub fn fill<S: Simd>(&mut self, simd: S, strip: &Strip) {
        let Self { width, stride, y, uv, sharp } = self;
        match &strip.input {
            Input::None => return,
            Input::Interleaved(layout, samples) => {
                let samples = InterleavedRows { layout: *layout, samples, width: *width, rows: strip.rows };
                samples.convert(simd, *stride, y, uv);
                if let Some(sharp) = sharp {
                    sharp.refine(&samples, &mut YuvPlanes { stride: *stride, y, uv });
                }
            }
            Input::Planar(subsampling, planes) => {
                color::convert_planes(*subsampling, planes, *width, *stride, y, uv);
            }
        }
        pad(y, *stride, *width, strip.rows);
        for plane in uv {
            pad(plane, *stride / 2, width.div_ceil(2), strip.rows.div_ceil(2));
        }
    }

    /// The stride of luma, luma, and chroma.
    #[cfg(test)]
    pub fn parts(&self) -> (usize, &[u8], &[Vec<u8>; 2]) {
        (self.stride, &self.y, &self.uv)
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
