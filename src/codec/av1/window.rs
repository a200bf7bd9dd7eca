//! The rows of one plane that are held: a picture passes through it from top to bottom, and rows that nothing asks for
//! any more make way for those below.

use crate::error::Result;

/// Some rows of a plane. Samples are `u16` at every bit depth; a row has `stride` of them, the plane's width rounded up
/// so that blocks may reach beyond the picture's edge.
#[derive(Debug, Default)]
pub struct Window {
    samples: Vec<u16>,
    stride: usize,
    first: usize,
    rows: usize,
}

impl Window {
    /// Room for `rows` rows of `stride` samples, all zero, the first of them row 0 of the plane.
    ///
    /// # Errors
    ///
    /// There is no memory.
    pub fn new(stride: usize, rows: usize) -> Result<Self> {
        let mut samples = Vec::new();
        let count = stride.saturating_mul(rows);
        samples.try_reserve_exact(count)?;
        samples.resize(count, 0);
        Ok(Self { samples, stride, first: 0, rows })
    }

    /// The bytes that such a window takes.
    pub const fn bytes(stride: usize, rows: usize) -> usize {
        stride.saturating_mul(rows).saturating_mul(2)
    }

    /// Samples from one row to the next.
    pub const fn stride(&self) -> usize {
        self.stride
    }

    /// The first row that is held.
    pub const fn first(&self) -> usize {
        self.first
    }

    /// The row behind the last that is held.
    pub const fn end(&self) -> usize {
        self.first + self.rows
    }

    /// A row, by its number in the plane. It has to be held.
    pub fn row(&self, y: usize) -> &[u16] {
        let start = self.index(0, y);
        &self.samples[start..start + self.stride]
    }

    /// As [`Window::row`].
    pub fn row_mut(&mut self, y: usize) -> &mut [u16] {
        let start = self.index(0, y);
        &mut self.samples[start..start + self.stride]
    }

    /// Where in [`Window::samples`] a sample is.
    #[inline]
    pub const fn index(&self, x: usize, y: usize) -> usize {
        (y - self.first) * self.stride + x
    }

    /// All samples that are held, row by row.
    pub fn samples(&self) -> &[u16] {
        &self.samples
    }

    /// As [`Window::samples`].
    pub fn samples_mut(&mut self) -> &mut [u16] {
        &mut self.samples
    }

    /// Makes `first` the first row: rows above it are forgotten, those below move up, and new ones have old samples.
    pub fn advance(&mut self, first: usize) {
        let gone = (first - self.first).min(self.rows);
        self.samples.copy_within(gone * self.stride.., 0);
        self.first = first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_move_up() {
        let mut window = Window::new(4, 3).unwrap();
        for y in 0..3 {
            window.row_mut(y).fill(y as u16);
        }
        window.advance(2);
        assert_eq!((window.first(), window.end()), (2, 5));
        assert_eq!(window.row(2), [2; 4]);
        window.row_mut(4).fill(4);
        window.advance(9);
        assert_eq!(window.row(9).len(), 4);
    }
}
