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

    /// The contexts of `coeff_base` and of `coeff_br` at a position other than 0, all behind it in the scan being set.
    /// `offsets` is [`context_offsets`] of the size.
    #[inline(always)]
    pub(super) fn contexts<const CLASS: u8>(&self, position: usize, offsets: &[u8]) -> (usize, usize) {
        let (base, range) = self.sums::<CLASS>(position);
        let (base, range) = (base.div_ceil(2).min(4) as usize, range.div_ceil(2).min(6) as usize);
        let row = position >> self.width_log2;
        let col = position & ((1 << self.width_log2) - 1);
        match CLASS {
            HORIZONTAL => (base + 26 + 5 * col.min(2), range + if col == 0 { 7 } else { 14 }),
            VERTICAL => (base + 26 + 5 * row.min(2), range + if row == 0 { 7 } else { 14 }),
            _ => {
                let packed = usize::from(offsets[position]);
                (base + (packed & 31), range + (packed >> 5) * 7)
            }
        }
    }

    /// The contexts of `coeff_base` and of `coeff_br` at position 0.
    #[inline(always)]
    pub(super) fn contexts_at_0<const CLASS: u8>(&self) -> (usize, usize) {
        let (base, range) = self.sums::<CLASS>(0);
        let base = if CLASS == TWO_D { 0 } else { 26 + base.div_ceil(2).min(4) as usize };
        (base, range.div_ceil(2).min(6) as usize)
    }
}

/// Transform classes as constants.
pub const TWO_D: u8 = 0;
pub const HORIZONTAL: u8 = 1;
pub const VERTICAL: u8 = 2;

/// By position in a transform of two dimensions: `Coeff_Base_Ctx_Offset`, and from bit 5 on what the context of
/// `coeff_br` begins with, in sevenths.
pub(super) fn context_offsets(size: TxSize) -> &'static [u8] {
    const fn offsets<const AREA: usize>(size: TxSize) -> [u8; AREA] {
        // Sizes whose adjusted size is the same have tables of their own.
        let (table, width) =
            (&COEFF_BASE_CTX_OFFSET[size as usize], if size.width() < 32 { size.width() } else { 32 });
        let mut offsets = [0; AREA];
        let mut at = 0;
        while at < AREA {
            let (row, col) = (at / width, at % width);
            let base = table[if row < 4 { row } else { 4 }][if col < 4 { col } else { 4 }];
            offsets[at] = base | if row < 2 && col < 2 { 1 << 5 } else { 2 << 5 };
            at += 1;
        }
        offsets
    }
    macro_rules! tables {
        ($($size:ident: $area:literal),*) => {
            match size {
                $(TxSize::$size => {
                    static OFFSETS: [u8; $area] = offsets(TxSize::$size);
                    &OFFSETS
                })*
                _ => {
                    static OFFSETS: [u8; 1024] = offsets(TxSize::Tx32x32);
                    &OFFSETS
                }
            }
        };
    }
    tables!(
        Tx4x4: 16, Tx8x8: 64, Tx16x16: 256, Tx4x8: 32, Tx8x4: 32, Tx8x16: 128, Tx16x8: 128, Tx16x32: 512, Tx32x16: 512,
        Tx4x16: 64, Tx16x4: 64, Tx8x32: 256, Tx32x8: 256, Tx32x64: 1024, Tx64x32: 1024, Tx16x64: 512, Tx64x16: 512
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::av1::sizes::ALL_TX_SIZES;

    #[test]
    fn offsets_are_those_of_the_size() {
        for size in ALL_TX_SIZES {
            let (offsets, adjusted) = (context_offsets(size), size.adjusted());
            assert_eq!(offsets.len(), adjusted.width() * adjusted.height());
            for (position, offset) in offsets.iter().enumerate() {
                let (row, col) = (position / adjusted.width(), position % adjusted.width());
                assert_eq!(
                    offset & 31,
                    COEFF_BASE_CTX_OFFSET[size as usize][row.min(4)][col.min(4)],
                    "{size:?}"
                );
                assert_eq!(offset >> 5, if row < 2 && col < 2 { 1 } else { 2 }, "{size:?}");
            }
        }
    }
}
