//! One plane of the superblock in work, as reconstructed, with the samples around it that prediction asks for.

use crate::codec::av1::{
    predict::{Around, Edges},
    sizes::TxSize,
};

/// Columns before the superblock; only the last is used.
const BEFORE: usize = 16;
/// Samples from one row to the next: those before, a superblock, and what is above to the right of it.
pub(super) const STRIDE: usize = BEFORE + 64 + 64;

/// Row 0 is the one above the superblock.
pub(super) struct Canvas {
    pub samples: Vec<u16>,
    /// Samples a side.
    pub side: usize,
}

/// What there is of the tile around a superblock, in one plane.
#[derive(Clone, Copy)]
pub(super) struct Surroundings {
    pub above: bool,
    pub left: bool,
    /// Columns and rows of the plane from the superblock's first on, whole 8 x 8 luma blocks.
    pub columns: usize,
    pub rows: usize,
    /// Of these, columns that belong to the tile.
    pub tile_columns: usize,
    pub tile_rows: usize,
}

impl Canvas {
    pub(super) fn new(side: usize) -> Self {
        Self { samples: vec![0; STRIDE * 65], side }
    }

    /// Where a sample of the superblock is.
    #[inline(always)]
    pub(super) const fn index(x: usize, y: usize) -> usize {
        (y + 1) * STRIDE + BEFORE + x
    }

    /// Begins the superblock to the right: the last column, with the sample above it, becomes the one before the first;
    /// `above` is the row above from the first column on.
    pub(super) fn begin(&mut self, above: &[u16]) {
        for row in self.samples.chunks_exact_mut(STRIDE).take(self.side + 1) {
            row[BEFORE - 1] = row[BEFORE + self.side - 1];
        }
        let count = above.len().min(2 * self.side);
        self.samples[BEFORE..BEFORE + count].copy_from_slice(&above[..count]);
    }

    /// The last row, for the superblocks below.
    pub(super) fn bottom(&self) -> &[u16] {
        &self.samples[Self::index(0, self.side - 1)..][..self.side]
    }

    /// The edges of the square transform block at (x, y).
    pub(super) fn edges(&self, around: &Surroundings, size: TxSize, x: usize, y: usize) -> Edges {
        let width = size.width();
        let side4 = self.side / 4;
        let (x4, y4, step) = (x / 4, y / 4, width / 4);
        let above_right = if y == 0 {
            x + width < around.tile_columns
        } else {
            x4 + step < side4 && order(x4 + step, y4 - 1) < order(x4, y4)
        };
        let below_left = if x == 0 {
            y4 + step < side4 && y + width < around.tile_rows
        } else {
            y4 + step < side4 && order(x4 - 1, y4 + step) < order(x4, y4)
        };
        let there = Around {
            above: around.above || y > 0,
            left: around.left || x > 0,
            above_right,
            below_left,
            columns: around.columns - x,
            rows: around.rows - y,
        };
        let at = Self::index(x, y) - STRIDE;
        let above = &self.samples[at..at + 2 * width];
        Edges::new(size, 8, &there, above, self.samples[at - 1], |i| self.samples[at + (i + 1) * STRIDE - 1])
    }

    pub(super) fn copy_out(&self, x: usize, y: usize, side: usize, out: &mut [u16]) {
        for (row, out) in out.chunks_exact_mut(side).take(side).enumerate() {
            out.copy_from_slice(&self.samples[Self::index(x, y + row)..][..side]);
        }
    }

    pub(super) fn copy_in(&mut self, x: usize, y: usize, side: usize, from: &[u16], stride: usize) {
        for (row, from) in from.chunks(stride).take(side).enumerate() {
            self.samples[Self::index(x, y + row)..][..side].copy_from_slice(&from[..side]);
        }
    }
}

/// The order in which 4 x 4 blocks are coded: their coordinates' bits in turn.
#[inline(always)]
pub(super) fn order(x4: usize, y4: usize) -> usize {
    const SPREAD: [u8; 16] = [0, 1, 4, 5, 16, 17, 20, 21, 64, 65, 68, 69, 80, 81, 84, 85];
    usize::from(SPREAD[x4]) + 2 * usize::from(SPREAD[y4])
}
