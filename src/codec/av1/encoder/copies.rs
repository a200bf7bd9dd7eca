//! What copied blocks cost: rates of their vectors and transforms, and the vectors of the superblock in work.

use super::cost::costs;
use crate::codec::av1::{
    cdf::{Cdfs, MvComponent},
    syntax::{Cell, Mv},
};

/// What copies are chosen by.
pub(super) struct Copies {
    /// `use_intrabc`.
    pub flag: [u16; 2],
    joint: [u16; 4],
    /// Vertical, horizontal.
    components: [Component; 2],
    /// `txfm_split` of none, by context.
    pub whole: [u16; 21],
    /// Of DCT and of no transform, by size: 4, 8, 16, 32.
    pub types: [[u16; 2]; 4],
    /// What is known of the superblock's blocks in work, row by row in 4 x 4.
    pub cells: [Cell; 256],
}

/// Rates of a component of a vector.
#[derive(Clone, Copy, Default)]
struct Component {
    sign: [u16; 2],
    class: [u16; 11],
    class0: [u16; 2],
    bit: [[u16; 2]; 10],
}

/// What each symbol of a distribution costs.
fn costs_of<const L: usize, const N: usize>(cdf: &[u16; L]) -> [u16; N] {
    let mut of_symbols = [0; N];
    costs(cdf, &mut of_symbols);
    of_symbols
}

impl Component {
    fn new(cdfs: &MvComponent) -> Self {
        Self {
            sign: costs_of(&cdfs.sign),
            class: costs_of(&cdfs.class),
            class0: costs_of(&cdfs.class0_bit),
            bit: std::array::from_fn(|bit| costs_of(&cdfs.bit[bit])),
        }
    }

    /// What a difference of so many eighths, not 0, costs.
    fn rate(&self, difference: i32) -> u32 {
        let value = difference.unsigned_abs() / 8 - 1;
        let class = (value.max(1).ilog2() as usize).min(10);
        let mut rate = u32::from(self.sign[usize::from(difference < 0)]) + u32::from(self.class[class]);
        if class == 0 {
            rate += u32::from(self.class0[value as usize & 1]);
        }
        for bit in 0..class {
            rate += u32::from(self.bit[bit][value as usize >> bit & 1]);
        }
        rate
    }
}

impl Copies {
    pub(super) fn new() -> Self {
        Self {
            flag: [0; 2],
            joint: [0; 4],
            components: [Component::default(); 2],
            whole: [0; 21],
            types: [[0; 2]; 4],
            cells: [Cell { mv: None, size: None }; 256],
        }
    }

    /// Makes the rates those of the distributions as they stand.
    pub(super) fn update(&mut self, cdfs: &Cdfs) {
        self.flag = costs_of(&cdfs.intrabc);
        self.joint = costs_of(&cdfs.mv_joint);
        self.components = [Component::new(&cdfs.mv[0]), Component::new(&cdfs.mv[1])];
        for (rate, cdf) in self.whole.iter_mut().zip(&cdfs.txfm_split) {
            *rate = costs_of::<3, 2>(cdf)[0];
        }
        for (size, cdf) in cdfs.inter_tx_type_set1.iter().enumerate() {
            let rates: [u16; 16] = costs_of(cdf);
            self.types[size] = [rates[7], rates[0]];
        }
        let rates: [u16; 12] = costs_of(&cdfs.inter_tx_type_set2);
        self.types[2] = [rates[3], rates[0]];
        let rates: [u16; 2] = costs_of(&cdfs.inter_tx_type_set3[3]);
        self.types[3] = [rates[1], rates[0]];
    }

    /// What a vector costs.
    pub(super) fn rate(&self, mv: Mv, predicted: Mv) -> u32 {
        let (row, col) = (mv.row - predicted.row, mv.col - predicted.col);
        let joint = usize::from(row != 0) * 2 + usize::from(col != 0);
        let mut rate = u32::from(self.joint[joint]);
        if row != 0 {
            rate += self.components[0].rate(row);
        }
        if col != 0 {
            rate += self.components[1].rate(col);
        }
        rate
    }
}
