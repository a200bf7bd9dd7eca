//! Rates of syntax elements: what each symbol costs by a tile's distributions as they stand, in 1/512 bits. They are
//! made anew every superblock, so they follow what the picture is like.

use super::cost::{BIT, costs};
use crate::codec::av1::cdf::Cdfs;

/// Contexts of `coeff_base`, up to a power of two.
pub(super) const CONTEXTS: usize = 64;

/// Rates of the coefficients of a size of transforms in luma or in chroma.
#[derive(Clone)]
pub(super) struct TxRates {
    /// `all_zero` by context and value.
    pub all_zero: [[u16; 2]; 13],
    /// `coeff_base` by context and level, 3 standing for more.
    pub base: Box<[[u16; 4]; CONTEXTS]>,
    /// `coeff_base_eob` by context and level, less 1.
    pub base_eob: [[u16; 3]; 4],
    /// All of `coeff_br` by context and level, less 3; 12 stands for more.
    pub range: Box<[[u16; 16]; 32]>,
    /// `eob_pt` (of types in two dimensions) with `eob_extra` of 0 and 1, and the bits behind it, by `eobPt` - 1.
    pub eob: [[u16; 2]; 12],
    pub dc_sign: [[u16; 2]; 3],
}

/// What of a block's rates depends on its neighbours.
#[derive(Clone, Copy)]
pub(super) struct BlockRates {
    pub all_zero: [u16; 2],
    pub dc_sign: [u16; 2],
}

impl BlockRates {
    /// The rate of an `eob`, at least 1.
    #[inline(always)]
    pub(super) fn eob(&self, rates: &TxRates, eob: usize) -> u32 {
        match eob {
            1 => rates.eob[0][0].into(),
            2 => rates.eob[1][0].into(),
            _ => {
                // eobPt is 3 for 3 and 4, 4 for 5 to 8, ...
                let log = (eob - 1).ilog2();
                let extra = (eob - 1) >> (log - 1) & 1;
                rates.eob[log as usize + 1][extra].into()
            }
        }
    }
}

/// Rates of all that a block is coded by.
#[derive(Clone)]
pub(super) struct Rates {
    /// By `txSzCtx`, then luma or chroma.
    pub tx: [[TxRates; 2]; 5],
    pub y_mode: [[[u16; 13]; 5]; 5],
    /// By whether CfL may be, then luma's mode.
    pub uv_mode: [[[u16; 14]; 13]; 2],
    pub angle_delta: [[u16; 7]; 8],
    /// By the logarithm of the side less 3, context, and value.
    pub partition: [[[u16; 10]; 4]; 4],
    pub skip: [[u16; 2]; 3],
    /// By `maxTxDepth` category less 1 (8 x 8, 16, 32, 64), context, depth.
    pub tx_depth: [[[u16; 3]; 3]; 4],
    /// By the size (4, 8), mode, type in the order of the set.
    pub tx_type_set1: [[[u16; 7]; 13]; 2],
    /// By the size (4, 8, 16).
    pub tx_type_set2: [[[u16; 5]; 13]; 3],
    pub cfl_sign: [u16; 8],
    pub cfl_alpha: [[u16; 16]; 6],
    pub filter_intra: [[u16; 2]; 22],
    pub filter_intra_mode: [u16; 5],
}

impl Default for TxRates {
    fn default() -> Self {
        Self {
            all_zero: Default::default(),
            base: Box::new([[0; 4]; CONTEXTS]),
            base_eob: Default::default(),
            range: Box::new([[0; 16]; 32]),
            eob: Default::default(),
            dc_sign: Default::default(),
        }
    }
}

impl TxRates {
    fn update(&mut self, cdfs: &Cdfs, size: usize, chroma: usize) {
        let from = &cdfs.coefficients;
        for (cdf, out) in from.txb_skip[size].iter().zip(&mut self.all_zero) {
            costs(cdf, out);
        }
        for (cdf, out) in from.coeff_base[size][chroma].iter().zip(self.base.iter_mut()) {
            costs(cdf, out);
        }
        for (cdf, out) in from.coeff_base_eob[size][chroma].iter().zip(&mut self.base_eob) {
            costs(cdf, out);
        }
        for (cdf, out) in from.coeff_br[size.min(3)][chroma].iter().zip(self.range.iter_mut()) {
            let mut symbols = [0u16; 4];
            costs(cdf, &mut symbols);
            for (level, out) in out.iter_mut().enumerate().take(13) {
                let last = if level == 12 { 0 } else { symbols[level % 3] };
                *out = (level as u16 / 3) * symbols[3] + last;
            }
        }
        for (cdf, out) in from.dc_sign[chroma].iter().zip(&mut self.dc_sign) {
            costs(cdf, out);
        }
        let mut classes = [0u16; 11];
        match size {
            0 => costs(&from.eob_pt_16[chroma][0], &mut classes),
            1 => costs(&from.eob_pt_64[chroma][0], &mut classes),
            2 => costs(&from.eob_pt_256[chroma][0], &mut classes),
            _ => costs(&from.eob_pt_1024[chroma], &mut classes),
        }
        self.eob[0] = [classes[0]; 2];
        self.eob[1] = [classes[1]; 2];
        for (index, cdf) in from.eob_extra[size][chroma].iter().enumerate() {
            let mut extra = [0u16; 2];
            costs(cdf, &mut extra);
            let bits = index as u16 * BIT as u16;
            self.eob[index + 2] = extra.map(|extra| extra + classes[index + 2] + bits);
        }
    }

    /// What a block is coded by, between the contexts of its `all_zero` and its `dc_sign`.
    pub(super) fn block(&self, all_zero: usize, dc_sign: usize) -> BlockRates {
        BlockRates { all_zero: self.all_zero[all_zero], dc_sign: self.dc_sign[dc_sign] }
    }
}

impl Rates {
    pub(super) fn new(cdfs: &Cdfs) -> Self {
        let mut rates = Self {
            tx: Default::default(),
            y_mode: Default::default(),
            uv_mode: Default::default(),
            angle_delta: Default::default(),
            partition: Default::default(),
            skip: Default::default(),
            tx_depth: Default::default(),
            tx_type_set1: Default::default(),
            tx_type_set2: Default::default(),
            cfl_sign: Default::default(),
            cfl_alpha: Default::default(),
            filter_intra: Default::default(),
            filter_intra_mode: Default::default(),
        };
        rates.update(cdfs);
        rates
    }

    /// Makes the rates those of the distributions as they stand.
    pub(super) fn update(&mut self, cdfs: &Cdfs) {
        for (size, pair) in self.tx.iter_mut().enumerate() {
            for (chroma, rates) in pair.iter_mut().enumerate() {
                rates.update(cdfs, size, chroma);
            }
        }
        for (cdf, out) in cdfs.intra_frame_y_mode.as_flattened().iter().zip(self.y_mode.as_flattened_mut()) {
            costs(cdf, out);
        }
        for (cdf, out) in cdfs.uv_mode_cfl_not_allowed.iter().zip(&mut self.uv_mode[0]) {
            costs(cdf, out);
        }
        for (cdf, out) in cdfs.uv_mode_cfl_allowed.iter().zip(&mut self.uv_mode[1]) {
            costs(cdf, out);
        }
        for (cdf, out) in cdfs.angle_delta.iter().zip(&mut self.angle_delta) {
            costs(cdf, out);
        }
        for context in 0..4 {
            costs(&cdfs.partition_w8[context], &mut self.partition[0][context]);
            costs(&cdfs.partition_w16[context], &mut self.partition[1][context]);
            costs(&cdfs.partition_w32[context], &mut self.partition[2][context]);
            costs(&cdfs.partition_w64[context], &mut self.partition[3][context]);
        }
        for context in 0..3 {
            costs(&cdfs.skip[context], &mut self.skip[context]);
            costs(&cdfs.tx_8x8[context], &mut self.tx_depth[0][context]);
            costs(&cdfs.tx_16x16[context], &mut self.tx_depth[1][context]);
            costs(&cdfs.tx_32x32[context], &mut self.tx_depth[2][context]);
            costs(&cdfs.tx_64x64[context], &mut self.tx_depth[3][context]);
        }
        let sets = cdfs.intra_tx_type_set1.as_flattened().iter().zip(self.tx_type_set1.as_flattened_mut());
        for (cdf, out) in sets {
            costs(cdf, out);
        }
        let sets = cdfs.intra_tx_type_set2.as_flattened().iter().zip(self.tx_type_set2.as_flattened_mut());
        for (cdf, out) in sets {
            costs(cdf, out);
        }
        costs(&cdfs.cfl_sign, &mut self.cfl_sign);
        for (cdf, out) in cdfs.cfl_alpha.iter().zip(&mut self.cfl_alpha) {
            costs(cdf, out);
        }
        for (cdf, out) in cdfs.filter_intra.iter().zip(&mut self.filter_intra) {
            costs(cdf, out);
        }
        costs(&cdfs.filter_intra_mode, &mut self.filter_intra_mode);
    }
}
