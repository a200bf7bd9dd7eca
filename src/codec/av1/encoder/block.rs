//! What is decided of a block.

use super::palette::Palette;
use crate::codec::av1::{
    sizes::{BlockSize, PredictionMode, TxType},
    syntax::Mv,
};

/// Sizes of square blocks, by the logarithm of the side less 2.
pub(super) const BLOCKS: [BlockSize; 5] = [
    BlockSize::Block4x4,
    BlockSize::Block8x8,
    BlockSize::Block16x16,
    BlockSize::Block32x32,
    BlockSize::Block64x64,
];

/// A transform block.
#[derive(Clone, Copy, Debug)]
pub(super) struct TxBlock {
    pub eob: u16,
    pub tx_type: TxType,
    /// Where its `eob` levels are among the superblock's.
    pub start: u32,
}

impl TxBlock {
    pub(super) const NONE: Self = Self { eob: 0, tx_type: TxType::DctDct, start: 0 };
}

/// A block of luma with its chroma.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Column and row in the superblock, in 4 x 4.
    pub x4: u8,
    pub y4: u8,
    /// Logarithm of its side in samples of luma.
    pub log2: u8,
    pub y_mode: PredictionMode,
    pub angle_y: i8,
    pub uv_mode: PredictionMode,
    pub angle_uv: i8,
    /// `CflAlphaU` and `CflAlphaV`.
    pub cfl: [i8; 2],
    /// `tx_depth`.
    pub depth: u8,
    pub skip: bool,
    /// Of luma.
    pub palette: Palette,
    /// From where it is copied, if it is.
    pub mv: Option<Mv>,
    /// By plane; one, or four row by row.
    pub transforms: [[TxBlock; 4]; 3],
}
