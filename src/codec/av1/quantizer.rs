//! Dequantisation (sections 7.12.2 and 7.12.3, step 1, of the AV1 specification): steps by `qindex`, matrices, and the
//! arithmetic of a coefficient.

use super::{
    sizes::{TxSize, TxType},
    tables::{
        matrices::Matrix,
        quantizer::{AC_QLOOKUP, DC_QLOOKUP},
    },
};

/// The level of matrices that stands for none.
pub const NO_MATRIX: u8 = 15;

/// `dc_q( qindex )`: the step of DC at a bit depth of 8, 10 or 12; `qindex` is clipped to 0 to 255.
#[must_use]
pub fn dc_q(bit_depth: u8, qindex: i32) -> u16 {
    DC_QLOOKUP[usize::from(bit_depth.saturating_sub(8) / 2).min(2)][qindex.clamp(0, 255) as usize]
}

/// `ac_q( qindex )`: the step of all other coefficients.
#[must_use]
pub fn ac_q(bit_depth: u8, qindex: i32) -> u16 {
    AC_QLOOKUP[usize::from(bit_depth.saturating_sub(8) / 2).min(2)][qindex.clamp(0, 255) as usize]
}

/// The quantiser of a plane in a segment at a qindex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantizer {
    /// `get_dc_quant( plane )`.
    pub dc: u16,
    /// `get_ac_quant( plane )`.
    pub ac: u16,
    /// `SegQMLevel[ plane ][ segment_id ]`, or [`NO_MATRIX`] where `using_qmatrix` is 0.
    pub matrix_level: u8,
    pub is_chroma: bool,
    pub bit_depth: u8,
}

impl Quantizer {
    /// `qindex` is `get_qindex( 0, segment_id )`, the deltas are `DeltaQYDc` and so on (luma has no `ac_delta`).
    #[must_use]
    pub fn new(
        bit_depth: u8,
        qindex: i32,
        (dc_delta, ac_delta): (i32, i32),
        matrix_level: u8,
        is_chroma: bool,
    ) -> Self {
        let (dc, ac) = (dc_q(bit_depth, qindex + dc_delta), ac_q(bit_depth, qindex + ac_delta));
        Self { dc, ac, matrix_level, is_chroma, bit_depth }
    }

    /// What dequantises the transforms of a size and type.
    #[must_use]
    pub fn of_transform(&self, size: TxSize, tx_type: TxType) -> Dequantizer {
        let weighs = self.matrix_level < NO_MATRIX && (tx_type as u8) < TxType::Idtx as u8;
        let matrix = weighs.then(|| Matrix::new(self.matrix_level, self.is_chroma, size));
        Dequantizer {
            dc: self.dc.into(),
            ac: self.ac.into(),
            matrix,
            shift: denominator_log2(size),
            limit: 1 << (7 + self.bit_depth),
        }
    }
}

/// The logarithm of `dqDenom`.
#[must_use]
pub const fn denominator_log2(size: TxSize) -> u8 {
    match size {
        TxSize::Tx32x32 | TxSize::Tx16x32 | TxSize::Tx32x16 | TxSize::Tx16x64 | TxSize::Tx64x16 => 1,
        TxSize::Tx64x64 | TxSize::Tx32x64 | TxSize::Tx64x32 => 2,
        _ => 0,
    }
}

/// From `Quant` to `Dequant`, for the coefficients of a transform.
#[derive(Clone, Copy, Debug)]
pub struct Dequantizer {
    dc: u32,
    ac: u32,
    matrix: Option<Matrix>,
    shift: u8,
    limit: i64,
}

impl Dequantizer {
    /// `q2`: the step of the coefficient at `place` (`i * tw + j`, row-major over the adjusted size).
    #[inline]
    #[must_use]
    pub fn step(&self, place: usize) -> u32 {
        let step = if place == 0 { self.dc } else { self.ac };
        match &self.matrix {
            Some(matrix) => (step * u32::from(matrix.weight(place)) + 16) >> 5,
            None => step,
        }
    }

    /// `Dequant` of the coefficient at `place`.
    #[inline]
    #[must_use]
    pub fn value(&self, place: usize, quant: i32) -> i32 {
        let magnitude =
            ((u64::from(quant.unsigned_abs()) * u64::from(self.step(place))) & 0xff_ffff) >> self.shift;
        let magnitude = magnitude as i64;
        (if quant < 0 { (-magnitude).max(-self.limit) } else { magnitude.min(self.limit - 1) }) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::av1::sizes::ALL_TX_SIZES;

    #[test]
    fn values_are_as_the_text_says() {
        for (size, bit_depth) in
            ALL_TX_SIZES.into_iter().flat_map(|size| [8, 10, 12].map(|depth| (size, depth)))
        {
            for (level, is_chroma) in [(0, false), (7, true), (14, false), (NO_MATRIX, true)] {
                let quantizer = Quantizer::new(bit_depth, 200, (-5, 60), level, is_chroma);
                assert_eq!(quantizer.dc, DC_QLOOKUP[usize::from(bit_depth - 8) / 2][195]);
                assert_eq!(quantizer.ac, AC_QLOOKUP[usize::from(bit_depth - 8) / 2][255]);
                for tx_type in [TxType::DctDct, TxType::HFlipAdst] {
                    let dequantizer = quantizer.of_transform(size, tx_type);
                    let places = size.adjusted().width() * size.adjusted().height();
                    for (place, quant) in
                        (0..places).zip([1, -1, 5, -77, 1000, -40_000, (1 << 20) - 1].into_iter().cycle())
                    {
                        let q = i64::from(if place == 0 { quantizer.dc } else { quantizer.ac });
                        let weighs = level < 15 && (tx_type as u8) < TxType::Idtx as u8;
                        let matrix = Matrix::new(level.min(14), is_chroma, size);
                        let weight = i64::from(matrix.weight(place));
                        let q2 = if weighs { (q * weight + 16) >> 5 } else { q };
                        let dq = i64::from(quant) * q2;
                        let denominator = match (size.width() * size.height(), size.sqr_up()) {
                            (2048.., _) => 4,
                            (512..=1024, TxSize::Tx32x32 | TxSize::Tx64x64) => 2,
                            _ => 1,
                        };
                        let dq2 = dq.signum() * ((dq.abs() & 0xff_ffff) / denominator);
                        let limit = 1i64 << (7 + bit_depth);
                        assert_eq!(i64::from(dequantizer.value(place, quant)), dq2.clamp(-limit, limit - 1));
                    }
                }
            }
        }
    }
}
