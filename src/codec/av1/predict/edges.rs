//! `AboveRow` and `LeftCol`: the samples around a block, and what stands for those that aren't there (section
//! 7.11.2.1 of the AV1 specification).

use crate::codec::av1::sizes::TxSize;

/// Where sample 0 of an edge lies in its array.
pub(super) const BEFORE: usize = 16;
/// Samples of an edge: those before the block, two sides of 64, and what a row of a slanted prediction may read past
/// them.
pub(super) const LENGTH: usize = BEFORE + 128 + 64 + 16;

/// An edge; its sample `i` is at `BEFORE + i`.
pub(super) type Edge = [u16; LENGTH];

/// What there is around a block, as `predict_intra` is told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// `haveAbove`.
    pub above: bool,
    /// `haveLeft`.
    pub left: bool,
    /// `haveAboveRight`.
    pub above_right: bool,
    /// `haveBelowLeft`.
    pub below_left: bool,
    /// `maxX - x + 1`: columns of the plane (`MiCols` wide) from the block's first one on. At least 1.
    pub columns: usize,
    /// `maxY - y + 1`: rows of the plane from the block's first one on. At least 1.
    pub rows: usize,
}

/// The edges of a block, with what of them is real.
#[derive(Clone)]
pub struct Edges {
    pub(super) above: Edge,
    pub(super) left: Edge,
    pub(super) have_above: bool,
    pub(super) have_left: bool,
    pub(super) width: usize,
    pub(super) height: usize,
    /// `Min( w, maxX - x + 1 )`, and of rows.
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) bit_depth: u8,
}

impl Edges {
    /// The edges of the block of `size` at (x, y) of a plane.
    ///
    /// - `above`: the row above it, from column x on. It has as many samples as `around` says that there are: up to
    ///   `around.columns`, twice the width if `above_right`, else the width; those beyond are not read.
    /// - `corner`: the sample at (x - 1, y - 1), read if there are both edges.
    /// - `left(i)`: the sample at (x - 1, y + i), asked for as many rows as there are.
    #[must_use]
    pub fn new(
        size: TxSize,
        bit_depth: u8,
        around: &Around,
        above: &[u16],
        corner: u16,
        left: impl Fn(usize) -> u16,
    ) -> Self {
        let (width, height) = (size.width(), size.height());
        let above_limit = around.columns.min(if around.above_right { 2 * width } else { width });
        let left_limit = around.rows.min(if around.below_left { 2 * height } else { height });
        let above = &above[..if around.above { above_limit.min(above.len()).min(width + height) } else { 0 }];
        let have_above = !above.is_empty();
        let have_left = around.left && left_limit > 0;
        let middle = 1 << (bit_depth - 1);
        let first_left = if have_left { left(0) } else { middle + 1 };
        let first_above = above.first().copied().unwrap_or(middle - 1);
        let corner = match (have_above, have_left) {
            (true, true) => corner,
            (true, false) => first_above,
            (false, true) => first_left,
            (false, false) => middle,
        };

        let mut edges = Self {
            above: [if have_left { first_left } else { middle - 1 }; LENGTH],
            left: [if have_above { first_above } else { middle + 1 }; LENGTH],
            have_above,
            have_left,
            width,
            height,
            columns: around.columns.min(width),
            rows: around.rows.min(height),
            bit_depth,
        };
        if let Some(&last) = above.last() {
            edges.above[BEFORE..BEFORE + above.len()].copy_from_slice(above);
            edges.above[BEFORE + above.len()..].fill(last);
        }
        if have_left {
            let count = left_limit.min(width + height);
            let (samples, rest) = edges.left[BEFORE..].split_at_mut(count);
            samples[0] = first_left;
            for (i, sample) in samples.iter_mut().enumerate().skip(1) {
                *sample = left(i);
            }
            rest.fill(samples[count - 1]);
        }
        edges.above[BEFORE - 1] = corner;
        edges.left[BEFORE - 1] = corner;
        edges
    }

    /// The first `COUNT` samples above, the block's width of them being used.
    #[inline(always)]
    pub(super) fn above_row(&self) -> &[u16] {
        &self.above[BEFORE..BEFORE + self.width]
    }

    /// The samples to the left, the block's height of them.
    #[inline(always)]
    pub(super) fn left_column(&self) -> &[u16] {
        &self.left[BEFORE..BEFORE + self.height]
    }

    #[inline(always)]
    pub(super) fn corner(&self) -> u16 {
        self.above[BEFORE - 1]
    }
}

/// The rows of a block, each of its width.
#[inline(always)]
pub(super) fn rows<'a>(
    edges: &Edges,
    out: &'a mut [u16],
    stride: usize,
) -> impl Iterator<Item = &'a mut [u16]> + use<'a> {
    let width = edges.width;
    out.chunks_mut(stride).take(edges.height).map(move |row| &mut row[..width])
}
