//! What of the blocks above and to the left the rates of a block depend on (section 8.3.2 of the AV1 specification), as
//! the search sees it: along the two edges of a superblock, one entry for each 4 x 4.

use super::palette::Shades;
use crate::codec::av1::{
    sizes::PredictionMode,
    syntax::{all_zero_between, dc_sign_of, sign_of},
};

/// One edge.
#[derive(Clone, Copy)]
pub(super) struct Line {
    /// Logarithm of the blocks' side.
    pub size: [u8; 16],
    pub mode: [PredictionMode; 16],
    pub uv_mode: [PredictionMode; 16],
    pub skip: [u8; 16],
    /// Side of the transforms of luma; 0 outside the tile.
    pub tx: [u8; 16],
    /// By plane, in its own 4 x 4: the sum of levels, and the category of DC times 64.
    pub coefficients: [[u8; 16]; 3],
    /// Palettes' colours.
    pub shades: [Shades; 16],
}

impl Line {
    /// Of what lies outside the tile.
    pub(super) const OUTSIDE: Self = Self {
        size: [7; 16],
        mode: [PredictionMode::Dc; 16],
        uv_mode: [PredictionMode::Dc; 16],
        skip: [0; 16],
        tx: [0; 16],
        coefficients: [[0; 16]; 3],
        shades: [Shades { count: 0, colors: [0; 8] }; 16],
    };
}

/// Both edges of the block to come.
#[derive(Clone, Copy)]
pub(super) struct Neighbours {
    pub above: Line,
    pub left: Line,
}

/// A block's contexts in `all_zero` and `dc_sign`.
#[derive(Clone, Copy)]
pub(super) struct TxContexts {
    pub all_zero: usize,
    pub dc_sign: usize,
}

impl Neighbours {
    /// The context of `partition`.
    pub(super) fn partition(&self, x4: usize, y4: usize, log2: u8) -> usize {
        usize::from(self.above.size[x4] < log2) + 2 * usize::from(self.left.size[y4] < log2)
    }

    pub(super) fn skip(&self, x4: usize, y4: usize) -> usize {
        usize::from(self.above.skip[x4] + self.left.skip[y4])
    }

    /// The context of `tx_depth` of a block of so many samples a side.
    pub(super) fn tx_depth(&self, x4: usize, y4: usize, side: usize) -> usize {
        usize::from(usize::from(self.above.tx[x4]) >= side)
            + usize::from(usize::from(self.left.tx[y4]) >= side)
    }

    /// The contexts of a transform of `count` 4 x 4 a side; `whole` is whether it is all of the plane's block.
    #[inline]
    pub(super) fn transform(
        &self,
        plane: usize,
        x4: usize,
        y4: usize,
        count: usize,
        whole: bool,
    ) -> TxContexts {
        let above = &self.above.coefficients[plane][x4..x4 + count];
        let left = &self.left.coefficients[plane][y4..y4 + count];
        let mut sign = 0i32;
        let (mut top, mut side) = (0, 0);
        let (mut any_above, mut any_left) = (0, 0);
        for (&above, &left) in above.iter().zip(left) {
            sign += sign_of(above) + sign_of(left);
            top = top.max(above & 63);
            side = side.max(left & 63);
            any_above |= above;
            any_left |= left;
        }
        let all_zero = if plane > 0 {
            7 + usize::from(any_above != 0) + usize::from(any_left != 0) + if whole { 0 } else { 3 }
        } else if whole {
            0
        } else {
            all_zero_between(top, side)
        };
        TxContexts { all_zero, dc_sign: dc_sign_of(sign) }
    }

    /// Sets the part of a field that a block covers, on both edges.
    #[inline]
    pub(super) fn set<T: Copy>(
        &mut self,
        x4: usize,
        y4: usize,
        count: usize,
        value: T,
        field: impl Fn(&mut Line) -> &mut [T; 16],
    ) {
        field(&mut self.above)[x4..x4 + count].fill(value);
        field(&mut self.left)[y4..y4 + count].fill(value);
    }
}
