//! Inverse transforms of groups (T.81 A.3.3): coefficients to samples, at eight sizes.
//!
//! At n eighths the n lowest coefficients of each direction go through a transform of n points. All sizes have the same
//! gain: without normalisation a pass multiplies the DC coefficient by one, and an eighth is taken at the end.

mod full;
mod lanes;
mod reduced;

pub(super) use self::lanes::Samples;
use super::{
    layout::{LANES, PAIRS},
    tables::QuantTable,
};
use crate::simd::Simd;

/// The inverse transform of a component: its quantization table, laid out as the transform of the scale takes it.
#[derive(Debug, Clone)]
pub(super) struct Idct {
    scale_num: usize,
    /// For full size: by pair of rows, then column, the two factors in turn.
    paired: [[i16; LANES]; 32],
    /// For the other sizes: in raster order of the coefficients that are kept.
    plain: [i16; 64],
}

impl Idct {
    pub(super) fn new(quant_table: &QuantTable, scale_num: usize) -> Self {
        let mut idct = Self { scale_num, paired: [[0; LANES]; 32], plain: [0; 64] };
        for (pair, rows) in PAIRS.iter().enumerate() {
            for column in 0..8 {
                idct.paired[pair * 8 + column] =
                    std::array::from_fn(|i| quant_table[rows[i % 2] * 8 + column] as i16);
            }
        }
        for row in 0..scale_num {
            for column in 0..scale_num {
                idct.plain[row * scale_num + column] = quant_table[row * 8 + column] as i16;
            }
        }
        idct
    }

    /// Transforms a group whose coefficients after `last` in zigzag order are 0. Fills as many rows as a block has at
    /// the scale, 16 times as long.
    #[inline(always)]
    pub(super) fn transform<S: Simd>(&self, simd: S, group: &[i16], last: u32, samples: &mut Samples) {
        let (coefficients, _) = group.as_chunks::<LANES>();
        match self.scale_num {
            1 => self.dc_only(coefficients, samples),
            2 => reduced::transform(simd, &reduced::BASIS_2, coefficients, &self.plain, samples),
            3 => reduced::transform(simd, &reduced::BASIS_3, coefficients, &self.plain, samples),
            4 => reduced::transform(simd, &reduced::BASIS_4, coefficients, &self.plain, samples),
            5 => reduced::transform(simd, &reduced::BASIS_5, coefficients, &self.plain, samples),
            6 => reduced::transform(simd, &reduced::BASIS_6, coefficients, &self.plain, samples),
            7 => reduced::transform(simd, &reduced::BASIS_7, coefficients, &self.plain, samples),
            // The first ten coefficients are in the first four rows and columns.
            _ if last < 10 => full::transform::<S, true>(simd, coefficients, &self.paired, samples),
            _ => full::transform::<S, false>(simd, coefficients, &self.paired, samples),
        }
    }

    /// Makes one sample of each block, its mean.
    #[inline(always)]
    fn dc_only(&self, coefficients: &[[i16; LANES]], samples: &mut Samples) {
        let Some(dcs) = coefficients.first() else { return };
        for lane in 0..LANES {
            let sum = i32::from(dcs[lane].wrapping_mul(self.plain[0]));
            samples[0][lane] = (((sum + 4) >> 3).clamp(-128, 127) + 128) as u8;
        }
    }
}
