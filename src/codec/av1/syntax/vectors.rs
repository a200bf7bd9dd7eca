//! The vectors of the blocks around, from which those of intra block copy are predicted.

use super::{
    block::Block,
    frame::{Frame, TileArea},
};
use crate::{codec::av1::sizes::BlockSize, error::Result};

/// Rows above the superblocks in work that vectors are looked for in.
const ROWS_ABOVE: usize = 8;

/// What is remembered of four by four luma samples.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// Vertical and horizontal, where it is a copy.
    pub mv: Option<[i16; 2]>,
    /// Of its block; `None` where nothing was decoded yet.
    pub size: Option<BlockSize>,
}

/// The blocks of the superblocks in work and of some rows above.
#[derive(Clone, Debug)]
pub(super) struct Vectors {
    cells: Vec<Cell>,
    columns: usize,
    mi_col_start: usize,
    /// The row that is first in `cells`, plus [`ROWS_ABOVE`].
    mi_row: usize,
}

impl Vectors {
    pub fn new(frame: &Frame, area: TileArea) -> Result<Self> {
        let columns = area.mi_col_end - area.mi_col_start;
        let count = columns * (frame.superblock.height4() + ROWS_ABOVE);
        let mut cells = Vec::new();
        cells.try_reserve_exact(count)?;
        cells.resize(count, Cell { mv: None, size: None });
        Ok(Self { cells, columns, mi_col_start: area.mi_col_start, mi_row: area.mi_row_start })
    }

    pub const fn heap_bytes(frame: &Frame, mi_cols: usize) -> usize {
        mi_cols * (frame.superblock.height4() + ROWS_ABOVE) * size_of::<Cell>()
    }

    pub fn begin_superblock_row(&mut self, mi_row: usize) {
        let moved = (mi_row - self.mi_row) * self.columns;
        let kept = ROWS_ABOVE * self.columns;
        if moved > 0 && moved + kept <= self.cells.len() {
            self.cells.copy_within(moved..moved + kept, 0);
        }
        self.cells[kept..].fill(Cell { mv: None, size: None });
        self.mi_row = mi_row;
    }

    pub fn keep(&mut self, block: &Block) {
        let mv = block.use_intrabc.then_some([block.mv.row as i16, block.mv.col as i16]);
        let cell = Cell { mv, size: Some(block.size) };
        let column = block.mi_col - self.mi_col_start;
        let end = (column + block.size.width4()).min(self.columns);
        let first = block.mi_row + ROWS_ABOVE - self.mi_row;
        let rows = self.cells.chunks_exact_mut(self.columns).skip(first).take(block.size.height4());
        rows.for_each(|row| row[column..end].fill(cell));
    }

    pub fn cell(&self, mi_row: isize, mi_col: isize) -> Option<Cell> {
        let row = usize::try_from(mi_row + ROWS_ABOVE as isize - self.mi_row as isize).ok()?;
        self.cells.get(row * self.columns + (mi_col as usize - self.mi_col_start)).copied()
    }
}
