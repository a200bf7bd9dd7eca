//! Where the coefficients of blocks lie: the zigzag sequence, and groups of blocks.
//!
//! Sixteen blocks that stand side by side make a group. It holds each coefficient of all sixteen together, one lane for
//! each block, so that the inverse transform works on many blocks at once.

/// Blocks in a group.
pub(super) const LANES: usize = 16;

/// Coefficients of a group that is being decoded: 64 a block, and one for those that the scale does not keep.
pub(super) const GROUP: usize = 65 * LANES;

/// The index in raster order of each coefficient in zigzag order (T.81 figure A.6).
pub(in crate::codec::jpeg) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The rows (or columns) of an 8x8 block as the full-size transform takes them: two at once, a pair's values of a
/// block side by side.
pub(super) const PAIRS: [[usize; 2]; 4] = [[0, 4], [2, 6], [7, 1], [3, 5]];

/// Which coefficients of a block a scaled inverse transform keeps, and where they lie in a group.
#[derive(Debug, Clone)]
pub(super) struct CoefficientLayout {
    /// The numerator of the scale, 1 to 8 of 8: a block becomes this many samples across and down.
    pub(super) scale_num: usize,
    /// In zigzag order: where the coefficient of the first lane lies.
    pub(super) offsets: [u16; 64],
    /// In zigzag order, a bit for each coefficient that is kept.
    pub(super) kept: u64,
    /// The last in zigzag order that is kept.
    pub(super) last: u32,
}

impl CoefficientLayout {
    pub(super) fn new(scale_num: usize) -> Self {
        let not_kept = (scale_num * scale_num * LANES) as u16;
        let mut layout = Self { scale_num, offsets: [not_kept; 64], kept: 0, last: 0 };
        for (k, &raster) in ZIGZAG.iter().enumerate() {
            let (row, column) = (usize::from(raster / 8), usize::from(raster % 8));
            if row < scale_num && column < scale_num {
                layout.kept |= 1 << k;
                layout.last = k as u32;
                layout.offsets[k] = if scale_num == 8 {
                    paired_offset(row, column) as u16
                } else {
                    ((row * scale_num + column) * LANES) as u16
                };
            }
        }
        layout
    }

    /// The offset of a lane, 0 to 15, from the first.
    #[inline(always)]
    pub(super) const fn lane(&self, lane: usize) -> usize {
        if self.scale_num == 8 { lane / 8 * LANES + lane % 8 * 2 } else { lane }
    }

    /// The coefficients of a group in a coefficient buffer.
    pub(super) const fn group(&self) -> usize {
        self.scale_num * self.scale_num * LANES
    }
}

/// Where the first lane of a coefficient lies in a group of full size: by pair of rows, then by column, then by
/// half of the lanes.
const fn paired_offset(row: usize, column: usize) -> usize {
    let mut pair = 0;
    while pair < 4 {
        if PAIRS[pair][0] == row {
            return (pair * 8 + column) * 2 * LANES;
        }
        if PAIRS[pair][1] == row {
            return (pair * 8 + column) * 2 * LANES + 1;
        }
        pair += 1;
    }
    0
}
