//! `transform_type` and `compute_tx_type`: which transform a block of coefficients is of.

use super::{block::Block, coefficients::TransformBlock, tile::TileState};
use crate::codec::av1::{
    sizes::{PredictionMode, TxSize, TxType},
    symbols::Symbols,
};

/// `get_tx_set`, for both kinds of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxSet {
    DctOnly,
    Intra1,
    Intra2,
    Inter1,
    Inter2,
    Inter3,
}

/// `Tx_Type_Intra_Inv_Set1` and so on: the types of each set in the order of their symbols.
static INTRA1: [TxType; 7] = [
    TxType::Idtx,
    TxType::DctDct,
    TxType::VDct,
    TxType::HDct,
    TxType::AdstAdst,
    TxType::AdstDct,
    TxType::DctAdst,
];
static INTRA2: [TxType; 5] =
    [TxType::Idtx, TxType::DctDct, TxType::AdstAdst, TxType::AdstDct, TxType::DctAdst];
static INTER1: [TxType; 16] = [
    TxType::Idtx,
    TxType::VDct,
    TxType::HDct,
    TxType::VAdst,
    TxType::HAdst,
    TxType::VFlipAdst,
    TxType::HFlipAdst,
    TxType::DctDct,
    TxType::AdstDct,
    TxType::DctAdst,
    TxType::FlipAdstDct,
    TxType::DctFlipAdst,
    TxType::AdstAdst,
    TxType::FlipAdstFlipAdst,
    TxType::AdstFlipAdst,
    TxType::FlipAdstAdst,
];
static INTER2: [TxType; 12] = [
    TxType::Idtx,
    TxType::VDct,
    TxType::HDct,
    TxType::DctDct,
    TxType::AdstDct,
    TxType::DctAdst,
    TxType::FlipAdstDct,
    TxType::DctFlipAdst,
    TxType::AdstAdst,
    TxType::FlipAdstFlipAdst,
    TxType::AdstFlipAdst,
    TxType::FlipAdstAdst,
];
static INTER3: [TxType; 2] = [TxType::Idtx, TxType::DctDct];

impl TxSet {
    /// The set of a transform's size, in a block that copies or in one that is predicted.
    pub fn new(size: TxSize, copies: bool, reduced: bool) -> Self {
        match (copies, size.sqr_up()) {
            (_, TxSize::Tx64x64) | (false, TxSize::Tx32x32) => Self::DctOnly,
            (true, longest) if reduced || longest == TxSize::Tx32x32 => Self::Inter3,
            (true, _) if size.sqr() == TxSize::Tx16x16 => Self::Inter2,
            (true, _) => Self::Inter1,
            (false, _) if reduced || size.sqr() == TxSize::Tx16x16 => Self::Intra2,
            (false, _) => Self::Intra1,
        }
    }

    /// Its types, in the order of their symbols.
    pub fn types(self) -> &'static [TxType] {
        match self {
            Self::DctOnly => &[TxType::DctDct],
            Self::Intra1 => &INTRA1,
            Self::Intra2 => &INTRA2,
            Self::Inter1 => &INTER1,
            Self::Inter2 => &INTER2,
            Self::Inter3 => &INTER3,
        }
    }

    /// `is_tx_type_in_set`.
    #[inline]
    pub const fn contains(self, tx_type: TxType) -> bool {
        let bits: u16 = match self {
            Self::DctOnly => 1,
            Self::Intra1 => 0xE0F,
            Self::Intra2 => 0x20F,
            Self::Inter1 => 0xFFFF,
            Self::Inter2 => 0xFFF,
            Self::Inter3 => 0x201,
        };
        bits >> tx_type as u16 & 1 != 0
    }
}

/// `intraDir`: the mode that a block's transform types depend on.
pub const fn intra_direction(block: &Block) -> PredictionMode {
    match block.filter_intra_mode {
        None => block.y_mode,
        Some(1) => PredictionMode::V,
        Some(2) => PredictionMode::H,
        Some(3) => PredictionMode::D157,
        Some(_) => PredictionMode::Dc,
    }
}

impl TileState {
    /// Whether the type of a luma transform of the block is coded.
    pub fn codes_tx_type(&self, block: &Block, size: TxSize) -> bool {
        TxSet::new(size, block.use_intrabc, self.frame.reduced_tx_set) != TxSet::DctOnly
            && self.frame.segments[usize::from(block.segment_id)].qindex > 0
    }

    /// `transform_type`: codes that of a luma transform which isn't all zero, and returns `compute_tx_type` of it.
    pub(super) fn transform_type<S: Symbols>(
        &mut self,
        symbols: &mut S,
        block: &Block,
        transform: TransformBlock,
        value: TxType,
    ) -> TxType {
        let size = transform.size;
        let set = TxSet::new(size, block.use_intrabc, self.frame.reduced_tx_set);
        let tx_type = if self.codes_tx_type(block, size) {
            let value = set.types().iter().position(|&one| one == value).unwrap_or(0);
            let direction = intra_direction(block) as usize;
            let square = size.sqr() as usize;
            let cdfs = &mut self.cdfs;
            set.types()[match set {
                TxSet::Intra1 => symbols.symbol(&mut cdfs.intra_tx_type_set1[square][direction], value),
                TxSet::Intra2 => symbols.symbol(&mut cdfs.intra_tx_type_set2[square][direction], value),
                TxSet::Inter1 => symbols.symbol(&mut cdfs.inter_tx_type_set1[square], value),
                TxSet::Inter2 => symbols.symbol(&mut cdfs.inter_tx_type_set2, value),
                TxSet::Inter3 => symbols.symbol(&mut cdfs.inter_tx_type_set3[square], value),
                TxSet::DctOnly => 0,
            }]
        } else {
            TxType::DctDct
        };
        if block.lossless { TxType::DctDct } else { tx_type }
    }

    /// `TxTypes`: remembers the type of a luma transform, for the chroma of a block that copies.
    pub(super) fn keep_tx_type(&mut self, transform: TransformBlock, tx_type: TxType) {
        let place = Self::place(transform.y4, transform.x4);
        let width = (transform.size.width() / 4).min(32 - (transform.x4 & 31));
        for row in 0..(transform.size.height() / 4).min(32 - (transform.y4 & 31)) {
            let at = place + row * 32;
            self.tx_types[at..at + width].fill(tx_type);
        }
    }

    /// `compute_tx_type` of a transform of chroma.
    pub fn chroma_tx_type(&self, block: &Block, transform: TransformBlock) -> TxType {
        if block.lossless {
            return TxType::DctDct;
        }
        let set = TxSet::new(transform.size, block.use_intrabc, self.frame.reduced_tx_set);
        let tx_type = if block.use_intrabc {
            let mi_col = block.mi_col.max(transform.x4 << self.frame.subsampling_x);
            let mi_row = block.mi_row.max(transform.y4 << self.frame.subsampling_y);
            self.tx_types[Self::place(mi_row, mi_col)]
        } else {
            block.uv_mode.tx_type()
        };
        if set.contains(tx_type) { tx_type } else { TxType::DctDct }
    }
}
