//! Levels of coefficients as contexts see them, and the order that they are coded in.

use crate::codec::av1::{
    sizes::{TxClass, TxSize, TxType},
    tables::{contexts::COEFF_BASE_CTX_OFFSET, scans},
};

/// Columns of zeros behind each row, and rows of zeros below: how far contexts look.
const MARGIN: usize = 4;
/// A power of two above all places, so that indices need no check.
const LENGTH: usize = 2048;

/// Levels of a transform, capped at 15, in the low bits, and capped at 3 above them: sums of up to four don't run over.
#[derive(Clone, Debug)]
pub struct Levels {
    packed: [u8; LENGTH],
    width_log2: u32,
    stride: usize,
}

impl Default for Levels {
    fn default() -> Self {
        Self { packed: [0; LENGTH], width_log2: 2, stride: 4 + MARGIN }
    }
}

impl Levels {
    /// Begins a transform: all levels are 0.
    #[inline]
    pub fn clear(&mut self, size: TxSize) {
        let size = size.adjusted();
        self.width_log2 = size.width_log2() as u32;
        self.stride = size.width() + MARGIN;
        self.packed[..self.stride * (size.height() + MARGIN)].fill(0);
    }

    /// Where the coefficient at `position` (row-major in the transform) is.
    #[inline(always)]
    fn place(&self, position: usize) -> usize {
        position + (position >> self.width_log2) * MARGIN
    }

    /// The level at `position`, capped at 15.
    #[inline(always)]
    pub fn get(&self, position: usize) -> u8 {
        self.packed[self.place(position) % LENGTH] & 63
    }

    /// Sets a level, of at most 15.
    #[inline(always)]
    pub fn set(&mut self, position: usize, level: u8) {
        self.packed[self.place(position) % LENGTH] = level | level.min(3) << 6;
    }

    /// Sums around a position: of levels capped at 3 over five neighbours, and of levels over three.
    #[inline(always)]
    fn sums<const CLASS: u8>(&self, position: usize) -> (u32, u32) {
        let here = self.place(position);
        let at = |offset: usize| u32::from(self.packed[(here + offset) % LENGTH]);
        let down = self.stride;
        let near = at(1) + at(down);
        let (three, far) = match CLASS {
            HORIZONTAL => (near + at(2), [at(3), at(4)]),
            VERTICAL => (near + at(2 * down), [at(3 * down), at(4 * down)]),
            _ => (near + at(down + 1), [at(2), at(2 * down)]),
        };
        ((three >> 6) + (far[0] >> 6) + (far[1] >> 6), three & 63)
    }

    /// The contexts of `coeff_base` and of `coeff_br` at a position, all behind it in the scan being set.
    #[inline(always)]
    pub fn contexts<const CLASS: u8>(&self, position: usize, offsets: &[u8; 25]) -> (usize, usize) {
        let (base, range) = self.sums::<CLASS>(position);
        let (base, range) = (base.div_ceil(2).min(4) as usize, range.div_ceil(2).min(6) as usize);
        let row = position >> self.width_log2;
        let col = position & ((1 << self.width_log2) - 1);
        match CLASS {
            HORIZONTAL => (base + 26 + 5 * col.min(2), range + if position == 0 { 0 } else if col == 0 { 7 } else { 14 }),
            VERTICAL => (base + 26 + 5 * row.min(2), range + if position == 0 { 0 } else if row == 0 { 7 } else { 14 }),
            _ if position == 0 => (0, range),
            _ => {
                let offset = usize::from(offsets[row.min(4) * 5 + col.min(4)]);
                (base + offset, range + if row < 2 && col < 2 { 7 } else { 14 })
            }
        }
    }

    /// As [`Levels::contexts`], by the class of a type.
    pub fn contexts_of(&self, size: TxSize, class: TxClass, position: usize) -> (usize, usize) {
        let offsets = base_offsets(size);
        match class {
            TxClass::TwoD => self.contexts::<TWO_D>(position, offsets),
            TxClass::Horizontal => self.contexts::<HORIZONTAL>(position, offsets),
            TxClass::Vertical => self.contexts::<VERTICAL>(position, offsets),
        }
    }
}

/// Transform classes as constants.
pub const TWO_D: u8 = 0;
pub const HORIZONTAL: u8 = 1;
pub const VERTICAL: u8 = 2;

/// `Coeff_Base_Ctx_Offset` of a size, row by row.
pub(super) fn base_offsets(size: TxSize) -> &'static [u8; 25] {
    static FLAT: [[u8; 25]; 19] = {
        let mut flat = [[0; 25]; 19];
        let mut size = 0;
        while size < 19 {
            let mut at = 0;
            while at < 25 {
                flat[size][at] = COEFF_BASE_CTX_OFFSET[size][at / 5][at % 5];
                at += 1;
            }
            size += 1;
        }
        flat
    };
    &FLAT[size as usize]
}

/// The order of coefficients: positions, row-major in the adjusted transform.
pub type Scan = &'static [u16];

/// `get_scan`.
pub fn scan(size: TxSize, tx_type: TxType) -> Scan {
    match (size, tx_type.class()) {
        (TxSize::Tx16x64, _) => &scans::DEFAULT_SCAN_16X32,
        (TxSize::Tx64x16, _) => &scans::DEFAULT_SCAN_32X16,
        (_, TxClass::TwoD) => default_scan(size),
        (_, TxClass::Vertical) => row_scan(size),
        (_, TxClass::Horizontal) => col_scan(size),
    }
}

fn default_scan(size: TxSize) -> Scan {
    match size {
        TxSize::Tx4x4 => &scans::DEFAULT_SCAN_4X4,
        TxSize::Tx4x8 => &scans::DEFAULT_SCAN_4X8,
        TxSize::Tx8x4 => &scans::DEFAULT_SCAN_8X4,
        TxSize::Tx8x8 => &scans::DEFAULT_SCAN_8X8,
        TxSize::Tx8x16 => &scans::DEFAULT_SCAN_8X16,
        TxSize::Tx16x8 => &scans::DEFAULT_SCAN_16X8,
        TxSize::Tx16x16 => &scans::DEFAULT_SCAN_16X16,
        TxSize::Tx16x32 => &scans::DEFAULT_SCAN_16X32,
        TxSize::Tx32x16 => &scans::DEFAULT_SCAN_32X16,
        TxSize::Tx4x16 => &scans::DEFAULT_SCAN_4X16,
        TxSize::Tx16x4 => &scans::DEFAULT_SCAN_16X4,
        TxSize::Tx8x32 => &scans::DEFAULT_SCAN_8X32,
        TxSize::Tx32x8 => &scans::DEFAULT_SCAN_32X8,
        _ => &scans::DEFAULT_SCAN_32X32,
    }
}

/// `get_mrow_scan`.
fn row_scan(size: TxSize) -> Scan {
    match size {
        TxSize::Tx4x4 => &scans::MROW_SCAN_4X4,
        TxSize::Tx4x8 => &scans::MROW_SCAN_4X8,
        TxSize::Tx8x4 => &scans::MROW_SCAN_8X4,
        TxSize::Tx8x8 => &scans::MROW_SCAN_8X8,
        TxSize::Tx8x16 => &scans::MROW_SCAN_8X16,
        TxSize::Tx16x8 => &scans::MROW_SCAN_16X8,
        TxSize::Tx16x16 => &scans::MROW_SCAN_16X16,
        TxSize::Tx4x16 => &scans::MROW_SCAN_4X16,
        TxSize::Tx16x4 => &scans::MROW_SCAN_16X4,
        _ => default_scan(size),
    }
}

/// `get_mcol_scan`.
fn col_scan(size: TxSize) -> Scan {
    match size {
        TxSize::Tx4x4 => &scans::MCOL_SCAN_4X4,
        TxSize::Tx4x8 => &scans::MCOL_SCAN_4X8,
        TxSize::Tx8x4 => &scans::MCOL_SCAN_8X4,
        TxSize::Tx8x8 => &scans::MCOL_SCAN_8X8,
        TxSize::Tx8x16 => &scans::MCOL_SCAN_8X16,
        TxSize::Tx16x8 => &scans::MCOL_SCAN_16X8,
        TxSize::Tx16x16 => &scans::MCOL_SCAN_16X16,
        TxSize::Tx4x16 => &scans::MCOL_SCAN_4X16,
        TxSize::Tx16x4 => &scans::MCOL_SCAN_16X4,
        _ => default_scan(size),
    }
}
