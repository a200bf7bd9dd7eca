//! Transforms of residuals (section 7.13 of the AV1 specification): the exact inverse, and a forward one for the encoder.
//!
//! Coefficients are `i32`, row-major over the adjusted size (32 x 32 at most), as the specification's `Quant[]` and
//! `Dequant[][]`.
//!
//! The one-dimensional transforms run over eight rows or columns at a time, one in each lane.

mod adst;
mod dct;
mod forward;
mod inverse;
mod lanes;
#[cfg(test)]
mod tests;

pub(crate) use self::lanes::cos128;
pub use self::{
    forward::Forward,
    inverse::{Inverse, add_lossless},
};

use super::sizes::TxType;

/// What is done along one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Dct,
    Adst,
    /// `FLIPADST`: ADST, the samples in reverse.
    FlipAdst,
    Identity,
}

impl Kind {
    /// What a type does to columns, and to rows.
    #[must_use]
    pub(crate) const fn of(tx_type: TxType) -> (Self, Self) {
        use Kind::{Adst, Dct, FlipAdst, Identity};
        match tx_type {
            TxType::DctDct => (Dct, Dct),
            TxType::AdstDct => (Adst, Dct),
            TxType::DctAdst => (Dct, Adst),
            TxType::AdstAdst => (Adst, Adst),
            TxType::FlipAdstDct => (FlipAdst, Dct),
            TxType::DctFlipAdst => (Dct, FlipAdst),
            TxType::FlipAdstFlipAdst => (FlipAdst, FlipAdst),
            TxType::AdstFlipAdst => (Adst, FlipAdst),
            TxType::FlipAdstAdst => (FlipAdst, Adst),
            TxType::Idtx => (Identity, Identity),
            TxType::VDct => (Dct, Identity),
            TxType::HDct => (Identity, Dct),
            TxType::VAdst => (Adst, Identity),
            TxType::HAdst => (Identity, Adst),
            TxType::VFlipAdst => (FlipAdst, Identity),
            TxType::HFlipAdst => (Identity, FlipAdst),
        }
    }
}
