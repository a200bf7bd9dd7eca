//! `read_lr`: how units are restored, each coded with the superblock that its corner is in.

use super::tile::TileState;
use crate::codec::av1::{header::RestorationType, symbols::Symbols, tables::filters::SGR_PARAMS};

/// A unit of loop restoration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestorationUnit {
    /// Not `Switchable`.
    pub kind: RestorationType,
    /// `LrWiener`: vertical, then horizontal coefficients.
    pub wiener: [[i8; 3]; 2],
    /// `LrSgrSet`.
    pub sgr_set: u8,
    /// `LrSgrXqd`.
    pub sgr_xqd: [i8; 2],
}

/// `Wiener_Taps_Min`, `Wiener_Taps_Max`, `Wiener_Taps_K`.
const WIENER_MIN: [i8; 3] = [-5, -23, -17];
const WIENER_MAX: [i8; 3] = [10, 8, 46];
const WIENER_K: [u32; 3] = [1, 2, 3];
/// `Sgrproj_Xqd_Min`, `Sgrproj_Xqd_Max`, `SGRPROJ_PRJ_SUBEXP_K`.
const SGRPROJ_MIN: [i8; 2] = [-96, -32];
const SGRPROJ_MAX: [i8; 2] = [31, 95];
const SGRPROJ_K: u32 = 4;

impl TileState {
    /// `read_lr`: codes the units of the superblock at a place. `unit` is called for each with the plane, its row and
    /// column, and what it was to be (for writers), and is handed what was coded.
    pub fn restoration_units<S: Symbols>(
        &mut self,
        symbols: &mut S,
        (mi_row, mi_col): (usize, usize),
        mut unit: impl FnMut(usize, usize, usize) -> RestorationUnit,
        mut coded: impl FnMut(usize, usize, usize, RestorationUnit),
    ) {
        let size4 = self.frame.superblock.width4();
        for plane in 0..self.frame.num_planes {
            let restoration = self.frame.restoration[plane];
            if restoration.kind == RestorationType::None || self.frame.allow_intrabc {
                continue;
            }
            let (sub_x, sub_y) = self.frame.subsampling(plane);
            let unit_size = restoration.unit_size;
            let row = |mi_row: usize| (mi_row * (4 >> sub_y)).div_ceil(unit_size).min(restoration.rows);
            let (numerator, denominator) = if self.frame.superres_denom == 8 {
                (4 >> sub_x, unit_size)
            } else {
                ((4 >> sub_x) * self.frame.superres_denom, unit_size * 8)
            };
            let column = |mi_col: usize| (mi_col * numerator).div_ceil(denominator).min(restoration.cols);
            for unit_row in row(mi_row)..row(mi_row + size4) {
                for unit_col in column(mi_col)..column(mi_col + size4) {
                    let value = unit(plane, unit_row, unit_col);
                    let value = self.restoration_unit(symbols, plane, value);
                    coded(plane, unit_row, unit_col, value);
                }
            }
        }
    }

    /// `read_lr_unit`.
    fn restoration_unit<S: Symbols>(
        &mut self,
        symbols: &mut S,
        plane: usize,
        value: RestorationUnit,
    ) -> RestorationUnit {
        use RestorationType::{None, Sgrproj, Wiener};
        let cdfs = &mut self.cdfs;
        let kind = match self.frame.restoration[plane].kind {
            Wiener => {
                if symbols.flag(&mut cdfs.use_wiener, value.kind == Wiener) {
                    Wiener
                } else {
                    None
                }
            }
            Sgrproj => {
                if symbols.flag(&mut cdfs.use_sgrproj, value.kind == Sgrproj) {
                    Sgrproj
                } else {
                    None
                }
            }
            _ => {
                let kinds = [None, Wiener, Sgrproj];
                let index = kinds.iter().position(|&kind| kind == value.kind).unwrap_or(0);
                kinds[symbols.symbol(&mut cdfs.restoration_type, index)]
            }
        };
        let mut unit = RestorationUnit { kind, ..RestorationUnit::default() };
        if kind == Wiener {
            let first = usize::from(plane > 0);
            for pass in 0..2 {
                for tap in first..3 {
                    let reference = &mut self.references.wiener[plane][pass][tap];
                    let range = (WIENER_MIN[tap], WIENER_MAX[tap]);
                    *reference =
                        signed_subexp(symbols, range, WIENER_K[tap], *reference, value.wiener[pass][tap]);
                    unit.wiener[pass][tap] = *reference;
                }
            }
        } else if kind == Sgrproj {
            unit.sgr_set = symbols.literal(4, value.sgr_set.into()) as u8;
            for i in 0..2 {
                let range = (SGRPROJ_MIN[i], SGRPROJ_MAX[i]);
                let reference = self.references.sgr_xqd[plane][i];
                unit.sgr_xqd[i] = if SGR_PARAMS[usize::from(unit.sgr_set)][i * 2] != 0 {
                    signed_subexp(symbols, range, SGRPROJ_K, reference, value.sgr_xqd[i])
                } else if i == 1 {
                    (128 - i32::from(self.references.sgr_xqd[plane][0])).clamp(range.0.into(), range.1.into())
                        as i8
                } else {
                    0
                };
                self.references.sgr_xqd[plane][i] = unit.sgr_xqd[i];
            }
        }
        unit
    }
}

/// `decode_signed_subexp_with_ref_bool`, of a range with both ends.
fn signed_subexp<S: Symbols>(symbols: &mut S, (low, high): (i8, i8), k: u32, reference: i8, value: i8) -> i8 {
    let offset = |value: i8| (i32::from(value.clamp(low, high)) - i32::from(low)) as u32;
    let count = offset(high) + 1;
    let coded = unsigned_subexp(symbols, count, k, offset(reference), offset(value));
    (coded as i32 + i32::from(low)) as i8
}

/// `decode_unsigned_subexp_with_ref_bool`.
fn unsigned_subexp<S: Symbols>(symbols: &mut S, count: u32, k: u32, reference: u32, value: u32) -> u32 {
    if reference * 2 <= count {
        inverse_recenter(reference, subexp(symbols, count, k, recenter(reference, value)))
    } else {
        let last = count - 1;
        last - inverse_recenter(
            last - reference,
            subexp(symbols, count, k, recenter(last - reference, last - value)),
        )
    }
}

/// `decode_subexp_bool`.
fn subexp<S: Symbols>(symbols: &mut S, count: u32, k: u32, value: u32) -> u32 {
    let (mut i, mut least) = (0, 0);
    loop {
        let bits = if i > 0 { k + i - 1 } else { k };
        let step = 1 << bits;
        if count <= least + 3 * step {
            let rest = count - least;
            return symbols.non_symmetric(rest, value.saturating_sub(least).min(rest - 1)) + least;
        }
        if symbols.literal(1, u32::from(value >= least + step)) == 0 {
            return symbols.literal(bits, value.saturating_sub(least).min(step - 1)) + least;
        }
        i += 1;
        least += step;
    }
}

/// `inverse_recenter`.
const fn inverse_recenter(reference: u32, value: u32) -> u32 {
    if value > 2 * reference {
        value
    } else if value & 1 != 0 {
        reference - value.div_ceil(2)
    } else {
        reference + value / 2
    }
}

/// The inverse of `inverse_recenter`.
const fn recenter(reference: u32, value: u32) -> u32 {
    if value > 2 * reference {
        value
    } else if value >= reference {
        2 * (value - reference)
    } else {
        2 * (reference - value) - 1
    }
}
