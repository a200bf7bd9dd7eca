//! The state of a tile: distributions, and contexts of the blocks above and to the left.

use super::{
    block::Block,
    frame::{Frame, TileArea},
    levels::Levels,
    references::References,
    vectors::Vectors,
};
use crate::{
    codec::av1::{
        cdf::Cdfs,
        sizes::{BlockSize, PredictionMode, TxSize, TxType},
    },
    error::Result,
};

/// Room behind the last column or row, for blocks that reach over the picture's edge.
const BEYOND: usize = 32;

/// Contexts along an edge, one entry for each four luma samples. What an edge begins with stands for "not available".
#[derive(Clone, Debug)]
pub(super) struct Edge<T> {
    /// `Mi_Width_Log2` of the block above, `Mi_Height_Log2` of that to the left.
    pub sizes: T,
    pub modes: T,
    /// `UVModes` of the last block with chroma.
    pub uv_modes: T,
    pub skips: T,
    /// `get_above_tx_width`, `get_left_tx_height`, in samples.
    pub tx: T,
    /// `Block_Width` or `Block_Height` where the block copies, else 0.
    pub copies: T,
    /// `PaletteSizes[ 0 ]`, `PaletteSizes[ 1 ]`.
    pub palettes: [T; 2],
    /// By plane, one entry for each four of its samples: the level context, and the DC context from bit 6 on.
    pub levels: [T; 3],
}

/// The bytes of contexts for each four luma samples of a tile's width.
const BYTES_A_COLUMN: usize = 11;

impl Edge<Vec<u8>> {
    fn new(length: usize) -> Result<Self> {
        let filled = |value: u8| -> Result<Vec<u8>> {
            let mut entries = Vec::new();
            entries.try_reserve_exact(length)?;
            entries.resize(length, value);
            Ok(entries)
        };
        Ok(Self {
            sizes: filled(NO_SIZE)?,
            modes: filled(0)?,
            uv_modes: filled(0)?,
            skips: filled(0)?,
            tx: filled(NO_TX)?,
            copies: filled(0)?,
            palettes: [filled(0)?, filled(0)?],
            levels: [filled(0)?, filled(0)?, filled(0)?],
        })
    }
}

impl<T: AsMut<[u8]>> Edge<T> {
    fn clear(&mut self) {
        self.sizes.as_mut().fill(NO_SIZE);
        self.modes.as_mut().fill(0);
        self.uv_modes.as_mut().fill(0);
        self.skips.as_mut().fill(0);
        self.tx.as_mut().fill(NO_TX);
        self.copies.as_mut().fill(0);
        self.palettes.iter_mut().for_each(|palettes| palettes.as_mut().fill(0));
        self.levels.iter_mut().for_each(|levels| levels.as_mut().fill(0));
    }

    fn set(&mut self, at: usize, length: usize, entry: &Entry) {
        let range = at..at + length;
        self.sizes.as_mut()[range.clone()].fill(entry.size);
        self.modes.as_mut()[range.clone()].fill(entry.mode);
        if let Some(mode) = entry.uv_mode {
            self.uv_modes.as_mut()[range.clone()].fill(mode);
        }
        self.skips.as_mut()[range.clone()].fill(entry.skip);
        self.copies.as_mut()[range.clone()].fill(entry.copies);
        for (palettes, size) in self.palettes.iter_mut().zip(entry.palettes) {
            palettes.as_mut()[range.clone()].fill(size);
        }
    }
}

/// What a block leaves behind on an edge, along its whole side.
struct Entry {
    size: u8,
    mode: u8,
    uv_mode: Option<u8>,
    skip: u8,
    copies: u8,
    palettes: [u8; 2],
}

const NO_SIZE: u8 = u8::MAX;
const NO_TX: u8 = 64;

/// Entries to the left: those of a superblock's height.
const LEFT: usize = 32 + BEYOND;

/// A tile in work.
#[derive(Clone, Debug)]
pub struct TileState {
    pub frame: Frame,
    pub area: TileArea,
    pub cdfs: Cdfs,
    pub(super) above: Edge<Vec<u8>>,
    pub(super) left: Edge<[u8; LEFT]>,
    /// Colours of Y and U, where screen content tools are allowed.
    pub(super) above_colors: Vec<[[u16; 8]; 2]>,
    pub(super) left_colors: [[[u16; 8]; 2]; LEFT],
    /// `SegmentIds` of the row above the superblocks in work and of their own rows, where there are segments.
    pub(super) segment_ids: Vec<u8>,
    /// `InterTxSizes` of blocks that copy, in the superblock.
    pub(super) inter_tx_sizes: [TxSize; 32 * 32],
    /// `TxTypes` in the superblock.
    pub(super) tx_types: [TxType; 32 * 32],
    pub(super) vectors: Option<Vectors>,
    pub(super) levels: Levels,
    pub(super) references: References,
    pub(super) read_deltas: bool,
    pub(super) current_q_index: u8,
    pub(super) delta_lf: [i8; 4],
    pub(super) cdef_idx: [i8; 4],
}

impl TileState {
    /// The beginning of a tile.
    ///
    /// # Errors
    ///
    /// There is no memory.
    pub fn new(frame: &Frame, area: TileArea) -> Result<Self> {
        let columns = area.mi_col_end - area.mi_col_start + BEYOND;
        let mut above_colors = Vec::new();
        if frame.allow_screen_content_tools {
            above_colors.try_reserve_exact(columns)?;
            above_colors.resize(columns, [[0; 8]; 2]);
        }
        let mut segment_ids = Vec::new();
        if frame.segmentation_enabled {
            segment_ids.try_reserve_exact(columns * SEGMENT_ROWS)?;
            segment_ids.resize(columns * SEGMENT_ROWS, 0);
        }
        Ok(Self {
            frame: frame.clone(),
            area,
            cdfs: Cdfs::new(frame.base_q_idx),
            above: Edge::new(columns)?,
            left: Edge {
                sizes: [NO_SIZE; LEFT],
                modes: [0; LEFT],
                uv_modes: [0; LEFT],
                skips: [0; LEFT],
                tx: [NO_TX; LEFT],
                copies: [0; LEFT],
                palettes: [[0; LEFT]; 2],
                levels: [[0; LEFT]; 3],
            },
            above_colors,
            left_colors: [[[0; 8]; 2]; LEFT],
            segment_ids,
            inter_tx_sizes: [TxSize::Tx4x4; 32 * 32],
            tx_types: [TxType::DctDct; 32 * 32],
            vectors: if frame.allow_intrabc { Some(Vectors::new(frame, area)?) } else { None },
            levels: Levels::default(),
            references: References::default(),
            read_deltas: false,
            current_q_index: frame.base_q_idx,
            delta_lf: [0; 4],
            cdef_idx: [-1; 4],
        })
    }

    /// The most bytes that a tile of `mi_cols` columns takes on the heap.
    pub fn heap_bytes(frame: &Frame, mi_cols: usize) -> usize {
        let columns = mi_cols + BEYOND;
        let colors = if frame.allow_screen_content_tools { size_of::<[[u16; 8]; 2]>() } else { 0 };
        let segments = if frame.segmentation_enabled { SEGMENT_ROWS } else { 0 };
        let vectors = if frame.allow_intrabc { Vectors::heap_bytes(frame, mi_cols) } else { 0 };
        columns * (BYTES_A_COLUMN + colors + segments) + vectors
    }

    /// `clear_left_context`: before each row of superblocks, which begins at `mi_row`.
    pub fn begin_superblock_row(&mut self, mi_row: usize) {
        self.left.clear();
        if self.frame.segmentation_enabled && mi_row > self.area.mi_row_start {
            let columns = self.above.sizes.len();
            let last = self.frame.superblock.height4();
            self.segment_ids.copy_within(last * columns..(last + 1) * columns, 0);
        }
        if let Some(vectors) = &mut self.vectors {
            vectors.begin_superblock_row(mi_row);
        }
    }

    /// `clear_cdef` and what else begins with a superblock.
    pub const fn begin_superblock(&mut self) {
        self.read_deltas = self.frame.delta_q.delta_q_present;
        self.cdef_idx = [-1; 4];
    }

    #[inline]
    pub(super) fn cdef_index(&self, mi_row: usize, mi_col: usize) -> usize {
        if self.frame.superblock == BlockSize::Block128x128 {
            (mi_row >> 4 & 1) * 2 + (mi_col >> 4 & 1)
        } else {
            0
        }
    }

    /// `is_inside`, of a place that may lie above or to the left of the frame.
    #[inline]
    pub(super) const fn is_inside(&self, mi_row: isize, mi_col: isize) -> bool {
        mi_col >= self.area.mi_col_start as isize
            && mi_col < self.area.mi_col_end as isize
            && mi_row >= self.area.mi_row_start as isize
            && mi_row < self.area.mi_row_end as isize
    }

    /// A block at a place of the tile, with what follows from the place.
    pub fn block(&self, mi_row: usize, mi_col: usize, size: BlockSize) -> Block {
        let mut block = Block::new(mi_row, mi_col, size);
        let (narrow, low) = (size.width4() == 1, size.height4() == 1);
        let (sub_x, sub_y) = (self.frame.subsampling_x != 0, self.frame.subsampling_y != 0);
        let chroma_elsewhere = low && sub_y && mi_row & 1 == 0 || narrow && sub_x && mi_col & 1 == 0;
        block.has_chroma = self.frame.num_planes > 1 && !chroma_elsewhere;
        block.available_above = mi_row > self.area.mi_row_start;
        block.available_left = mi_col > self.area.mi_col_start;
        if block.has_chroma {
            block.available_above_chroma = mi_row > self.area.mi_row_start + usize::from(sub_y && low);
            block.available_left_chroma = mi_col > self.area.mi_col_start + usize::from(sub_x && narrow);
        }
        block.current_q_index = self.current_q_index;
        block.delta_lf = self.delta_lf;
        block.lossless = self.frame.segments[0].lossless;
        block
    }

    /// Where a column is on the edge above.
    #[inline]
    pub(super) const fn column(&self, mi_col: usize) -> usize {
        mi_col - self.area.mi_col_start
    }

    /// Where a row is on the edge to the left.
    #[inline]
    pub(super) const fn line(mi_row: usize) -> usize {
        mi_row & 31
    }

    /// Where a row and column are in the arrays of a superblock.
    #[inline]
    pub(super) const fn place(mi_row: usize, mi_col: usize) -> usize {
        (mi_row & 31) * 32 + (mi_col & 31)
    }

    /// What a block leaves to those after it: after its coefficients, as the last step.
    pub fn finish_block(&mut self, block: &Block) {
        let (column, line) = (self.column(block.mi_col), Self::line(block.mi_row));
        let (width4, height4) = (block.size.width4(), block.size.height4());
        let mut entry = Entry {
            size: block.size.width4_log2() as u8,
            mode: block.y_mode as u8,
            uv_mode: block.has_chroma.then_some(block.uv_mode as u8),
            skip: block.skip.into(),
            copies: if block.use_intrabc { block.size.width() as u8 } else { 0 },
            palettes: block.palette_size,
        };
        self.above.set(column, width4, &entry);
        entry.size = block.size.height4_log2() as u8;
        entry.copies = if block.use_intrabc { block.size.height() as u8 } else { 0 };
        self.left.set(line, height4, &entry);
        if block.use_intrabc && block.skip {
            self.above.tx[column..column + width4].fill(block.size.width() as u8);
            self.left.tx[line..line + height4].fill(block.size.height() as u8);
        }
        if self.frame.allow_screen_content_tools && block.palette_size != [0; 2] {
            let colors = [block.palette_colors[0], block.palette_colors[1]];
            self.above_colors[column..column + width4].fill(colors);
            self.left_colors[line..line + height4].fill(colors);
        }
        if self.frame.segmentation_enabled {
            self.keep_segment(block);
        }
        if let Some(vectors) = &mut self.vectors {
            vectors.keep(block);
        }
    }

    /// `reset_block_context`.
    pub(super) fn reset_block_context(&mut self, block: &Block) {
        for plane in 0..if block.has_chroma { 3 } else { 1 } {
            let (sub_x, sub_y) = self.frame.subsampling(plane);
            let size = self.frame.plane_size(block.size, plane);
            let column = (block.mi_col >> sub_x) - (self.area.mi_col_start >> sub_x);
            let line = Self::line(block.mi_row) >> sub_y;
            self.above.levels[plane][column..column + size.width4()].fill(0);
            self.left.levels[plane][line..line + size.height4()].fill(0);
        }
    }

    fn keep_segment(&mut self, block: &Block) {
        let columns = self.above.sizes.len();
        let column = self.column(block.mi_col);
        let first = self.segment_row(block.mi_row);
        for row in first..(first + block.size.height4()).min(SEGMENT_ROWS) {
            let at = row * columns + column;
            self.segment_ids[at..at + block.size.width4()].fill(block.segment_id);
        }
    }

    /// Where a row of the superblocks in work is in `segment_ids`; the row above them is row 0.
    #[inline]
    fn segment_row(&self, mi_row: usize) -> usize {
        (mi_row & (self.frame.superblock.height4() - 1)) + 1
    }

    /// `SegmentIds` around a block: above and to the left, above, to the left.
    pub(super) fn segments_around(&self, block: &Block) -> (Option<u8>, Option<u8>, Option<u8>) {
        let columns = self.above.sizes.len();
        let here = self.segment_row(block.mi_row) * columns + self.column(block.mi_col);
        let above = block.available_above.then(|| self.segment_ids[here - columns]);
        let left = block.available_left.then(|| self.segment_ids[here - 1]);
        let corner =
            (block.available_above && block.available_left).then(|| self.segment_ids[here - columns - 1]);
        (corner, above, left)
    }

    /// The context of `intra_frame_y_mode`: that of the mode above, and of that to the left.
    #[inline]
    pub fn y_mode_context(&self, block: &Block) -> (usize, usize) {
        let context = |mode: u8| {
            usize::from(crate::codec::av1::tables::contexts::INTRA_MODE_CONTEXT[usize::from(mode)])
        };
        let above = self.above.modes[self.column(block.mi_col)];
        let left = self.left.modes[Self::line(block.mi_row)];
        (context(above), context(left))
    }

    /// The context of `skip`.
    #[inline]
    pub fn skip_context(&self, block: &Block) -> usize {
        usize::from(self.above.skips[self.column(block.mi_col)] + self.left.skips[Self::line(block.mi_row)])
    }

    /// `get_filter_type`: whether the block above or to the left is smooth, in luma or in chroma.
    pub fn is_smooth_around(&self, block: &Block, chroma: bool) -> bool {
        let (column, line) = (self.column(block.mi_col), Self::line(block.mi_row));
        let is_smooth = |mode: u8| PredictionMode::ALL[usize::from(mode)].is_smooth();
        if !chroma {
            return is_smooth(self.above.modes[column]) || is_smooth(self.left.modes[line]);
        }
        // The neighbour that holds chroma is that at the odd column and row.
        let column = column | self.frame.subsampling_x;
        let line = line | self.frame.subsampling_y;
        block.available_above_chroma && is_smooth(self.above.uv_modes[column])
            || block.available_left_chroma && is_smooth(self.left.uv_modes[line])
    }
}

/// Rows of `segment_ids`.
const SEGMENT_ROWS: usize = 33 + BEYOND;
