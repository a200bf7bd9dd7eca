//! A block: everything that its mode info says.

use crate::codec::av1::sizes::{BlockSize, PredictionMode, TxSize};

/// A vector of intra block copy, in eighths of a luma sample; whole samples in sound data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mv {
    pub row: i32,
    pub col: i32,
}

/// A block of an intra frame. [`TileState::block`](super::TileState::block) makes one; the fields from `skip` on are
/// what is coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// In units of four luma samples, in the frame.
    pub mi_row: usize,
    pub mi_col: usize,
    pub size: BlockSize,
    /// `HasChroma`.
    pub has_chroma: bool,
    /// `AvailU`, `AvailL`, `AvailUChroma`, `AvailLChroma`.
    pub available_above: bool,
    pub available_left: bool,
    pub available_above_chroma: bool,
    pub available_left_chroma: bool,

    pub skip: bool,
    pub segment_id: u8,
    /// `Lossless`, which follows from the segment.
    pub lossless: bool,
    /// `cdef_idx` of the 64x64 that the block begins in, -1 where none was coded yet. A writer sets it in every block:
    /// it is coded with the first one that isn't skipped.
    pub cdef_idx: i8,
    /// `CurrentQIndex`. A writer sets it in the first block of a superblock.
    pub current_q_index: u8,
    /// `DeltaLF`. A writer sets it in the first block of a superblock.
    pub delta_lf: [i8; 4],
    pub use_intrabc: bool,
    pub mv: Mv,
    pub y_mode: PredictionMode,
    /// -3 to 3.
    pub angle_delta_y: i8,
    /// `Dc` where there is no chroma.
    pub uv_mode: PredictionMode,
    pub angle_delta_uv: i8,
    /// `CflAlphaU` and `CflAlphaV`: -16 to 16, not both 0.
    pub cfl_alpha: [i8; 2],
    /// `PaletteSizeY` and `PaletteSizeUV`: 0, or 2 to 8.
    pub palette_size: [u8; 2],
    /// `palette_colors_y`, `_u` and `_v`. Those of Y and of U ascend.
    pub palette_colors: [[u16; 8]; 3],
    /// `filter_intra_mode`: 0 to 4, where `use_filter_intra`.
    pub filter_intra_mode: Option<u8>,
    /// `TxSize`.
    pub tx_size: TxSize,
}

impl Block {
    /// A skipped block of DC prediction, alone in its tile.
    pub(super) fn new(mi_row: usize, mi_col: usize, size: BlockSize) -> Self {
        Self {
            mi_row,
            mi_col,
            size,
            has_chroma: false,
            available_above: false,
            available_left: false,
            available_above_chroma: false,
            available_left_chroma: false,
            skip: true,
            segment_id: 0,
            lossless: false,
            cdef_idx: -1,
            current_q_index: 0,
            delta_lf: [0; 4],
            use_intrabc: false,
            mv: Mv::default(),
            y_mode: PredictionMode::Dc,
            angle_delta_y: 0,
            uv_mode: PredictionMode::Dc,
            angle_delta_uv: 0,
            cfl_alpha: [0; 2],
            palette_size: [0; 2],
            palette_colors: [[0; 8]; 3],
            filter_intra_mode: None,
            tx_size: size.max_tx_size(),
        }
    }
}
