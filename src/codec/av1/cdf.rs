//! The adaptive distributions of an intra tile (sections 8.2.2 and 8.3.2 of the AV1 specification).
//!
//! Each array is named as the specification's, without `Tile` and `Cdf`, and held as [`symbols`](super::symbols) wants
//! it: 32768 minus the specification's values, then the count of symbols seen.

use super::tables::{coefficient_cdfs as coefficients, default_cdfs as defaults};

/// All distributions of a tile. Their index is the context, see [`syntax`](super::syntax).
#[derive(Clone, Debug)]
pub struct Cdfs {
    pub intra_frame_y_mode: [[[u16; 14]; 5]; 5],
    pub uv_mode_cfl_not_allowed: [[u16; 14]; 13],
    pub uv_mode_cfl_allowed: [[u16; 15]; 13],
    pub angle_delta: [[u16; 8]; 8],
    pub intrabc: [u16; 3],
    pub partition_w8: [[u16; 5]; 4],
    pub partition_w16: [[u16; 11]; 4],
    pub partition_w32: [[u16; 11]; 4],
    pub partition_w64: [[u16; 11]; 4],
    pub partition_w128: [[u16; 9]; 4],
    pub tx_8x8: [[u16; 3]; 3],
    pub tx_16x16: [[u16; 4]; 3],
    pub tx_32x32: [[u16; 4]; 3],
    pub tx_64x64: [[u16; 4]; 3],
    pub txfm_split: [[u16; 3]; 21],
    pub filter_intra_mode: [u16; 6],
    pub filter_intra: [[u16; 3]; 22],
    pub segment_id: [[u16; 9]; 3],
    pub skip: [[u16; 3]; 3],
    pub palette_y_mode: [[[u16; 3]; 3]; 7],
    pub palette_uv_mode: [[u16; 3]; 2],
    pub palette_y_size: [[u16; 8]; 7],
    pub palette_uv_size: [[u16; 8]; 7],
    pub delta_q: [u16; 5],
    pub delta_lf: [u16; 5],
    pub intra_tx_type_set1: [[[u16; 8]; 13]; 2],
    pub intra_tx_type_set2: [[[u16; 6]; 13]; 3],
    pub inter_tx_type_set1: [[u16; 17]; 2],
    pub inter_tx_type_set2: [u16; 13],
    pub inter_tx_type_set3: [[u16; 3]; 4],
    pub cfl_sign: [u16; 9],
    pub cfl_alpha: [[u16; 17]; 6],
    pub use_wiener: [u16; 3],
    pub use_sgrproj: [u16; 3],
    pub restoration_type: [u16; 4],
    /// By the size of the palette, less 2.
    pub palette_y_color: PaletteColor,
    /// As `palette_y_color`.
    pub palette_uv_color: PaletteColor,
    /// `DeltaLFMulti`.
    pub delta_lf_multi: [[u16; 5]; 4],
    /// Of vectors of intra block copy.
    pub mv_joint: [u16; 5],
    /// Vertical, then horizontal.
    pub mv: [MvComponent; 2],
    pub coefficients: Coefficients,
}

/// Distributions of the indices of colours, for palettes of 2 to 8 colours.
#[derive(Clone, Debug)]
pub struct PaletteColor {
    pub size2: [[u16; 3]; 5],
    pub size3: [[u16; 4]; 5],
    pub size4: [[u16; 5]; 5],
    pub size5: [[u16; 6]; 5],
    pub size6: [[u16; 7]; 5],
    pub size7: [[u16; 8]; 5],
    pub size8: [[u16; 9]; 5],
}

/// Distributions of a component of a vector.
#[derive(Clone, Debug)]
pub struct MvComponent {
    pub sign: [u16; 3],
    pub class: [u16; 12],
    pub class0_bit: [u16; 3],
    pub bit: [[u16; 3]; 10],
}

/// Distributions of coefficients.
#[derive(Clone, Debug)]
pub struct Coefficients {
    pub txb_skip: [[[u16; 3]; 13]; 5],
    pub eob_pt_16: [[[u16; 6]; 2]; 2],
    pub eob_pt_32: [[[u16; 7]; 2]; 2],
    pub eob_pt_64: [[[u16; 8]; 2]; 2],
    pub eob_pt_128: [[[u16; 9]; 2]; 2],
    pub eob_pt_256: [[[u16; 10]; 2]; 2],
    pub eob_pt_512: [[u16; 11]; 2],
    pub eob_pt_1024: [[u16; 12]; 2],
    pub eob_extra: [[[[u16; 3]; 9]; 2]; 5],
    pub dc_sign: [[[u16; 3]; 3]; 2],
    pub coeff_base_eob: [[[[u16; 4]; 4]; 2]; 5],
    pub coeff_base: [[[[u16; 5]; 42]; 2]; 5],
    pub coeff_br: [[[[u16; 5]; 21]; 2]; 5],
}

impl Cdfs {
    /// `init_non_coeff_cdfs` and `init_coeff_cdfs`: what a tile begins with, by the frame's `base_q_idx`.
    pub fn new(base_q_idx: u8) -> Self {
        let mv = |component: usize| MvComponent {
            sign: defaults::MV_SIGN.inverse(),
            class: defaults::MV_CLASS[component].inverse(),
            class0_bit: defaults::MV_CLASS0_BIT.inverse(),
            bit: defaults::MV_BIT.inverse(),
        };
        Self {
            intra_frame_y_mode: defaults::INTRA_FRAME_Y_MODE.inverse(),
            uv_mode_cfl_not_allowed: defaults::UV_MODE_CFL_NOT_ALLOWED.inverse(),
            uv_mode_cfl_allowed: defaults::UV_MODE_CFL_ALLOWED.inverse(),
            angle_delta: defaults::ANGLE_DELTA.inverse(),
            intrabc: defaults::INTRABC.inverse(),
            partition_w8: defaults::PARTITION_W8.inverse(),
            partition_w16: defaults::PARTITION_W16.inverse(),
            partition_w32: defaults::PARTITION_W32.inverse(),
            partition_w64: defaults::PARTITION_W64.inverse(),
            partition_w128: defaults::PARTITION_W128.inverse(),
            tx_8x8: defaults::TX_8X8.inverse(),
            tx_16x16: defaults::TX_16X16.inverse(),
            tx_32x32: defaults::TX_32X32.inverse(),
            tx_64x64: defaults::TX_64X64.inverse(),
            txfm_split: defaults::TXFM_SPLIT.inverse(),
            filter_intra_mode: defaults::FILTER_INTRA_MODE.inverse(),
            filter_intra: defaults::FILTER_INTRA.inverse(),
            segment_id: defaults::SEGMENT_ID.inverse(),
            skip: defaults::SKIP.inverse(),
            palette_y_mode: defaults::PALETTE_Y_MODE.inverse(),
            palette_uv_mode: defaults::PALETTE_UV_MODE.inverse(),
            palette_y_size: defaults::PALETTE_Y_SIZE.inverse(),
            palette_uv_size: defaults::PALETTE_UV_SIZE.inverse(),
            delta_q: defaults::DELTA_Q.inverse(),
            delta_lf: defaults::DELTA_LF.inverse(),
            intra_tx_type_set1: defaults::INTRA_TX_TYPE_SET1.inverse(),
            intra_tx_type_set2: defaults::INTRA_TX_TYPE_SET2.inverse(),
            inter_tx_type_set1: defaults::INTER_TX_TYPE_SET1.inverse(),
            inter_tx_type_set2: defaults::INTER_TX_TYPE_SET2.inverse(),
            inter_tx_type_set3: defaults::INTER_TX_TYPE_SET3.inverse(),
            cfl_sign: defaults::CFL_SIGN.inverse(),
            cfl_alpha: defaults::CFL_ALPHA.inverse(),
            use_wiener: defaults::USE_WIENER.inverse(),
            use_sgrproj: defaults::USE_SGRPROJ.inverse(),
            restoration_type: defaults::RESTORATION_TYPE.inverse(),
            palette_y_color: PaletteColor {
                size2: defaults::PALETTE_SIZE_2_Y_COLOR.inverse(),
                size3: defaults::PALETTE_SIZE_3_Y_COLOR.inverse(),
                size4: defaults::PALETTE_SIZE_4_Y_COLOR.inverse(),
                size5: defaults::PALETTE_SIZE_5_Y_COLOR.inverse(),
                size6: defaults::PALETTE_SIZE_6_Y_COLOR.inverse(),
                size7: defaults::PALETTE_SIZE_7_Y_COLOR.inverse(),
                size8: defaults::PALETTE_SIZE_8_Y_COLOR.inverse(),
            },
            palette_uv_color: PaletteColor {
                size2: defaults::PALETTE_SIZE_2_UV_COLOR.inverse(),
                size3: defaults::PALETTE_SIZE_3_UV_COLOR.inverse(),
                size4: defaults::PALETTE_SIZE_4_UV_COLOR.inverse(),
                size5: defaults::PALETTE_SIZE_5_UV_COLOR.inverse(),
                size6: defaults::PALETTE_SIZE_6_UV_COLOR.inverse(),
                size7: defaults::PALETTE_SIZE_7_UV_COLOR.inverse(),
                size8: defaults::PALETTE_SIZE_8_UV_COLOR.inverse(),
            },
            delta_lf_multi: [defaults::DELTA_LF; 4].inverse(),
            mv_joint: defaults::MV_JOINT.inverse(),
            mv: [mv(0), mv(1)],
            coefficients: Coefficients::new(base_q_idx),
        }
    }
}

impl Coefficients {
    fn new(base_q_idx: u8) -> Self {
        let class = match base_q_idx {
            0..=20 => 0,
            21..=60 => 1,
            61..=120 => 2,
            _ => 3,
        };
        Self {
            txb_skip: coefficients::TXB_SKIP[class].inverse(),
            eob_pt_16: coefficients::EOB_PT_16[class].inverse(),
            eob_pt_32: coefficients::EOB_PT_32[class].inverse(),
            eob_pt_64: coefficients::EOB_PT_64[class].inverse(),
            eob_pt_128: coefficients::EOB_PT_128[class].inverse(),
            eob_pt_256: coefficients::EOB_PT_256[class].inverse(),
            eob_pt_512: coefficients::EOB_PT_512[class].inverse(),
            eob_pt_1024: coefficients::EOB_PT_1024[class].inverse(),
            eob_extra: coefficients::EOB_EXTRA[class].inverse(),
            dc_sign: coefficients::DC_SIGN[class].inverse(),
            coeff_base_eob: coefficients::COEFF_BASE_EOB[class].inverse(),
            coeff_base: coefficients::COEFF_BASE[class].inverse(),
            coeff_br: coefficients::COEFF_BR[class].inverse(),
        }
    }
}

/// Turning the specification's distributions into what is held.
trait Inverse {
    fn inverse(&self) -> Self;
}

impl<const L: usize> Inverse for [u16; L] {
    fn inverse(&self) -> Self {
        std::array::from_fn(|index| if index + 1 < L { 32768 - self[index] } else { self[index] })
    }
}

impl<T: Inverse, const N: usize> Inverse for [T; N] {
    fn inverse(&self) -> Self {
        std::array::from_fn(|index| self[index].inverse())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_fall_to_zero() {
        let cdfs = Cdfs::new(100);
        assert_eq!(cdfs.skip[0][1..], [0, 0]);
        assert_eq!(cdfs.intrabc, [32768 - 30531, 0, 0]);
        for cdf in cdfs.coefficients.coeff_base.as_flattened().as_flattened() {
            assert!(cdf.windows(2).take(3).all(|pair| pair[0] > pair[1]), "{cdf:?}");
            assert_eq!(cdf[3..], [0, 0]);
        }
    }
}
