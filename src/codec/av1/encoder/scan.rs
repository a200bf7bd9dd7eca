//! The order of coefficients of square transforms, and what the contexts of each depend on by its place (sections
//! 5.11.41 and 8.3.2 of the AV1 specification).

use crate::codec::av1::{
    sizes::TxSize,
    tables::{contexts::COEFF_BASE_CTX_OFFSET, scans},
};

/// Levels around a place lie in rows of this many more than the transform has, zeros behind each row.
pub(super) const PADDING: usize = 4;

/// A coefficient, in the order of the scan.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Row-major position.
    pub position: u16,
    /// Position among levels with padding.
    pub padded: u16,
    /// What is added to the magnitude of the neighbours for the context of `coeff_base`.
    pub base: u8,
    /// The same for `coeff_br`.
    pub range: u8,
}

/// The scan of a size of transforms in two dimensions.
pub(super) struct Scan {
    pub places: Vec<Place>,
    /// One past the place in the scan of each position.
    pub ends: Vec<u32>,
    /// Coefficients a side.
    pub side: usize,
}

impl Scan {
    /// Of a square size, with 32 x 32 coefficients at most.
    pub(super) fn new(size: TxSize) -> Self {
        let scan: &[u16] = match size.adjusted() {
            TxSize::Tx4x4 => &scans::DEFAULT_SCAN_4X4,
            TxSize::Tx8x8 => &scans::DEFAULT_SCAN_8X8,
            TxSize::Tx16x16 => &scans::DEFAULT_SCAN_16X16,
            _ => &scans::DEFAULT_SCAN_32X32,
        };
        let side = size.adjusted().width();
        let mut ends = vec![0; scan.len()];
        let place = |(index, &position): (usize, &u16)| {
            let (row, column) = (usize::from(position) / side, usize::from(position) % side);
            ends[usize::from(position)] = index as u32 + 1;
            Place {
                position,
                padded: (row * (side + PADDING) + column) as u16,
                base: COEFF_BASE_CTX_OFFSET[size as usize][row.min(4)][column.min(4)],
                range: match (row, column) {
                    (0, 0) => 0,
                    (..2, ..2) => 7,
                    _ => 14,
                },
            }
        };
        let places = scan.iter().enumerate().map(place).collect();
        Self { places, ends, side }
    }

    pub(super) fn stride(&self) -> usize {
        self.side + PADDING
    }
}
