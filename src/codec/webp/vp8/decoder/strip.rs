//! The samples that are held: a row of macroblocks; the lower half of the row above, which the loop filter still
//! changes; and the last line of that row as it was before the filter, from which pixels are predicted.

use crate::{error::Result, limits::try_filled};

/// Lines of each plane above the macroblocks that are being decoded.
pub const ABOVE: usize = 8;

/// Samples at left of each line of a plane, the last of which stands for the outside; and behind the line above.
const PAD: usize = 16;

/// Pixels outside of the picture: above it, and at its left (RFC 6386, section 12.2).
const OUTSIDE_TOP: u8 = 127;
const OUTSIDE_LEFT: u8 = 129;

/// Planes of a row of macroblocks.
pub struct Strip {
    columns: usize,
    /// 24 rows of luma, 16 of Cb and of Cr.
    pub y: Plane<16>,
    pub uv: [Plane<8>; 2],
}

/// A plane of macroblocks of `SIDE` samples.
pub struct Plane<const SIDE: usize> {
    pub stride: usize,
    pub samples: Vec<u8>,
    /// The line above the macroblocks before the filter, with what is outside at both ends.
    top: Vec<u8>,
}

impl Strip {
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(columns: usize) -> Result<Self> {
        Ok(Self { columns, y: Plane::new(columns)?, uv: [Plane::new(columns)?, Plane::new(columns)?] })
    }

    /// Keeps the line from which the row below is predicted. To be called before the filter.
    pub fn keep_edge(&mut self) {
        self.y.keep_edge(self.columns);
        self.uv.iter_mut().for_each(|plane| plane.keep_edge(self.columns));
    }

    /// Moves on to the next row of macroblocks.
    pub fn advance(&mut self) {
        self.y.advance();
        self.uv.iter_mut().for_each(Plane::advance);
    }

    /// A macroblock's part of a line of luma. Lines 0 to 3 are the last ones of the macroblock above.
    #[inline(always)]
    pub fn y_row(&mut self, row: usize, column: usize) -> &mut [u8; 16] {
        let at = self.y.at(ABOVE - 4 + row, column);
        chunk(&mut self.y.samples, at)
    }

    /// A macroblock's part of a line of Cb and of Cr, counted like those of [`Self::y_row`].
    #[inline(always)]
    pub fn uv_row(&mut self, row: usize, column: usize) -> [u8; 16] {
        let [u, v] = &mut self.uv;
        let at = u.at(ABOVE - 4 + row, column);
        joined(chunk(&mut u.samples, at), chunk(&mut v.samples, at))
    }

    #[inline(always)]
    pub fn put_uv_row(&mut self, row: usize, column: usize, samples: [u8; 16]) {
        let [u, v] = &mut self.uv;
        let at = u.at(ABOVE - 4 + row, column);
        (*chunk(&mut u.samples, at), *chunk(&mut v.samples, at)) = split(samples);
    }

    /// Four samples at left of a macroblock's left edge and four behind it, of two lines.
    #[inline(always)]
    pub fn y_beside(&mut self, row: usize, column: usize) -> [u8; 16] {
        let at = self.y.at(ABOVE + row, column) - 4;
        let upper = *chunk(&mut self.y.samples, at);
        joined(&upper, chunk(&mut self.y.samples, at + self.y.stride))
    }

    #[inline(always)]
    pub fn put_y_beside(&mut self, row: usize, column: usize, samples: [u8; 16]) {
        let at = self.y.at(ABOVE + row, column) - 4;
        let (upper, lower) = split(samples);
        *chunk(&mut self.y.samples, at) = upper;
        *chunk(&mut self.y.samples, at + self.y.stride) = lower;
    }

    /// Eight samples of a line of Cb and of Cr around a macroblock's left edge, or else the edge between its blocks.
    #[inline(always)]
    pub fn uv_beside(&mut self, row: usize, column: usize, is_left: bool) -> [u8; 16] {
        let [u, v] = &mut self.uv;
        let at = u.at(ABOVE + row, column) - if is_left { 4 } else { 0 };
        joined(chunk(&mut u.samples, at), chunk(&mut v.samples, at))
    }

    #[inline(always)]
    pub fn put_uv_beside(&mut self, row: usize, column: usize, is_left: bool, samples: [u8; 16]) {
        let [u, v] = &mut self.uv;
        let at = u.at(ABOVE + row, column) - if is_left { 4 } else { 0 };
        (*chunk(&mut u.samples, at), *chunk(&mut v.samples, at)) = split(samples);
    }
}

impl<const SIDE: usize> Plane<SIDE> {
    fn new(columns: usize) -> Result<Self> {
        let stride = PAD + SIDE * columns;
        Ok(Self {
            stride,
            samples: try_filled((ABOVE + SIDE) * stride, OUTSIDE_LEFT)?,
            top: try_filled(stride + PAD, OUTSIDE_TOP)?,
        })
    }

    /// Where a macroblock's part of a line begins.
    #[inline(always)]
    pub fn at(&self, row: usize, column: usize) -> usize {
        row * self.stride + PAD + SIDE * column
    }

    /// A line, from the first pixel on.
    #[inline(always)]
    pub fn row(&self, row: usize) -> &[u8] {
        &self.samples[self.at(row, 0)..(row + 1) * self.stride]
    }

    /// The samples above a macroblock, and some behind them.
    #[inline(always)]
    pub fn top<const LENGTH: usize>(&self, column: usize) -> [u8; LENGTH] {
        let mut top = [0; LENGTH];
        top.copy_from_slice(&self.top[PAD + SIDE * column..][..LENGTH]);
        top
    }

    /// The sample above the column at left of a macroblock.
    #[inline(always)]
    pub fn corner(&self, column: usize) -> u8 {
        self.top[PAD + SIDE * column - 1]
    }

    /// The column at left of a macroblock.
    #[inline(always)]
    pub fn left(&self, column: usize) -> [u8; SIDE] {
        let mut left = [0; SIDE];
        let at = self.at(ABOVE, column) - 1;
        let samples = &self.samples[at..];
        for y in 0..SIDE {
            left[y] = samples[y * self.stride];
        }
        left
    }

    fn keep_edge(&mut self, columns: usize) {
        let (last, end) = (self.at(ABOVE + SIDE - 1, 0), PAD + SIDE * columns);
        self.top[PAD..end].copy_from_slice(&self.samples[last..][..SIDE * columns]);
        self.top[PAD - 1] = OUTSIDE_LEFT;
        let behind = self.top[end - 1];
        self.top[end..].fill(behind);
    }

    fn advance(&mut self) {
        self.samples.copy_within(SIDE * self.stride.., 0);
    }
}

/// So many samples from a place on.
#[inline(always)]
fn chunk<const LENGTH: usize>(samples: &mut [u8], at: usize) -> &mut [u8; LENGTH] {
    &mut samples[at..at + LENGTH].as_chunks_mut().0[0]
}

#[inline(always)]
fn joined(a: &[u8; 8], b: &[u8; 8]) -> [u8; 16] {
    let mut both = [0; 16];
    both[..8].copy_from_slice(a);
    both[8..].copy_from_slice(b);
    both
}

#[inline(always)]
fn split(both: [u8; 16]) -> ([u8; 8], [u8; 8]) {
    let (mut a, mut b) = ([0; 8], [0; 8]);
    a.copy_from_slice(&both[..8]);
    b.copy_from_slice(&both[8..]);
    (a, b)
}
