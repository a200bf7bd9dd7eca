//! Intra block copy: prediction and coding of its vectors (`find_mv_stack`, `assign_mv`, `read_mv`), for which the
//! blocks around are remembered.

use super::{
    block::{Block, Mv},
    tile::TileState,
    vectors::Cell,
};
use crate::{
    codec::av1::{cdf::MvComponent, sizes::BlockSize, symbols::Symbols},
    error::{Error, Result},
};

/// `MAX_REF_MV_STACK_SIZE`.
const STACK: usize = 8;
/// `REF_CAT_LEVEL`.
const NEAREST_WEIGHT: u32 = 640;
/// `MV_BORDER`, in eighths of a sample.
const BORDER: i32 = 128;
/// `INTRABC_DELAY_PIXELS`, and `INTRABC_DELAY_SB64`.
const DELAY_PIXELS: i32 = 256;
const DELAY_SB64: i32 = 4;

/// `RefStackMv`, with weights.
#[derive(Default)]
struct Stack {
    entries: [(Mv, u32); STACK],
    count: usize,
}

impl Stack {
    /// `search_stack`.
    fn add(&mut self, cell: Cell, weight: u32) {
        let Some([row, col]) = cell.mv else { return };
        let mv = Mv { row: row.into(), col: col.into() };
        if let Some(entry) = self.entries[..self.count].iter_mut().find(|entry| entry.0 == mv) {
            entry.1 += weight;
        } else if self.count < STACK {
            self.entries[self.count] = (mv, weight);
            self.count += 1;
        }
    }
}

impl TileState {
    /// What the vector of a copying block is predicted to be (`PredMv[ 0 ]`).
    pub fn predicted_mv(&self, block: &Block) -> Mv {
        self.predicted_mv_among(block, &|mi_row, mi_col| self.cell(mi_row, mi_col))
    }

    /// What is remembered of a place of the tile.
    pub fn cell(&self, mi_row: isize, mi_col: isize) -> Option<Cell> {
        self.vectors.as_ref()?.cell(mi_row, mi_col)
    }

    /// [`TileState::predicted_mv`] where `cells` says what is remembered of places of the tile.
    pub fn predicted_mv_among(&self, block: &Block, cells: &impl Fn(isize, isize) -> Option<Cell>) -> Mv {
        let stack = self.mv_stack(block, cells);
        let [first, second, ..] = stack.entries.map(|entry| self.clamp_mv(entry.0, block));
        if first != Mv::default() {
            return first;
        }
        if second != Mv::default() {
            return second;
        }
        let superblock = self.frame.superblock;
        if block.mi_row < self.area.mi_row_start + superblock.height4() {
            Mv { row: 0, col: -(superblock.width() as i32 + DELAY_PIXELS) * 8 }
        } else {
            Mv { row: -(superblock.height() as i32) * 8, col: 0 }
        }
    }

    /// `find_mv_stack`, up to clamping.
    fn mv_stack(&self, block: &Block, cells: &impl Fn(isize, isize) -> Option<Cell>) -> Stack {
        let mut stack = Stack::default();
        let (width4, height4) = (block.size.width4(), block.size.height4());
        self.scan_row(&mut stack, block, cells, -1);
        self.scan_col(&mut stack, block, cells, -1);
        if width4.max(height4) <= 16 {
            self.scan_point(&mut stack, block, cells, width4 as isize);
        }
        let nearest = stack.count;
        stack.entries[..nearest].iter_mut().for_each(|entry| entry.1 += NEAREST_WEIGHT);
        self.scan_point(&mut stack, block, cells, -1);
        self.scan_row(&mut stack, block, cells, -3);
        self.scan_col(&mut stack, block, cells, -3);
        if height4 > 1 {
            self.scan_row(&mut stack, block, cells, -5);
        }
        if width4 > 1 {
            self.scan_col(&mut stack, block, cells, -5);
        }
        // Both are stable.
        stack.entries[..nearest].sort_by_key(|entry| u32::MAX - entry.1);
        stack.entries[nearest..stack.count].sort_by_key(|entry| u32::MAX - entry.1);
        stack
    }

    fn scan_row(
        &self,
        stack: &mut Stack,
        block: &Block,
        cells: &impl Fn(isize, isize) -> Option<Cell>,
        delta: isize,
    ) {
        let far = delta < -1;
        let width4 = block.size.width4();
        let row = block.mi_row as isize + delta + if far { (block.mi_row & 1) as isize } else { 0 };
        let first = block.mi_col + if far { 1 - (block.mi_col & 1) } else { 0 };
        let end = width4.min(self.frame.mi_cols - block.mi_col).min(16);
        let mut i = 0;
        while i < end {
            let Some((cell, size)) = self.candidate(cells, row, (first + i) as isize) else { break };
            let length = step(width4, size.width4(), far);
            stack.add(cell, length as u32 * 2);
            i += length;
        }
    }

    fn scan_col(
        &self,
        stack: &mut Stack,
        block: &Block,
        cells: &impl Fn(isize, isize) -> Option<Cell>,
        delta: isize,
    ) {
        let far = delta < -1;
        let height4 = block.size.height4();
        let col = block.mi_col as isize + delta + if far { (block.mi_col & 1) as isize } else { 0 };
        let first = block.mi_row + if far { 1 - (block.mi_row & 1) } else { 0 };
        let end = height4.min(self.frame.mi_rows - block.mi_row).min(16);
        let mut i = 0;
        while i < end {
            let Some((cell, size)) = self.candidate(cells, (first + i) as isize, col) else { break };
            let length = step(height4, size.height4(), far);
            stack.add(cell, length as u32 * 2);
            i += length;
        }
    }

    /// In the row above, at a column counted from the block's.
    fn scan_point(
        &self,
        stack: &mut Stack,
        block: &Block,
        cells: &impl Fn(isize, isize) -> Option<Cell>,
        delta_col: isize,
    ) {
        let (row, col) = (block.mi_row as isize - 1, block.mi_col as isize + delta_col);
        if let Some((cell, _)) = self.candidate(cells, row, col) {
            stack.add(cell, 4);
        }
    }

    fn candidate(
        &self,
        cells: &impl Fn(isize, isize) -> Option<Cell>,
        mi_row: isize,
        mi_col: isize,
    ) -> Option<(Cell, BlockSize)> {
        if !self.is_inside(mi_row, mi_col) {
            return None;
        }
        let cell = cells(mi_row, mi_col)?;
        Some((cell, cell.size?))
    }

    /// `clamp_mv_row`, `clamp_mv_col`.
    fn clamp_mv(&self, mv: Mv, block: &Block) -> Mv {
        let clamp = |value: i32, at: usize, length4: usize, end: usize| {
            let border = BORDER + length4 as i32 * 32;
            let before = -(at as i32 * 32);
            let behind = (end as i32 - length4 as i32 - at as i32) * 32;
            value.max(before - border).min(behind + border)
        };
        Mv {
            row: clamp(mv.row, block.mi_row, block.size.height4(), self.frame.mi_rows),
            col: clamp(mv.col, block.mi_col, block.size.width4(), self.frame.mi_cols),
        }
    }

    /// `assign_mv`.
    pub(super) fn assign_mv<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) -> Result<()> {
        let predicted = self.predicted_mv(block);
        let [row, col] = [block.mv.row - predicted.row, block.mv.col - predicted.col];
        let value = usize::from(row != 0) * 2 + usize::from(col != 0);
        let joint = symbols.symbol(&mut self.cdfs.mv_joint, value);
        let [vertical, horizontal] = &mut self.cdfs.mv;
        let row = if joint & 2 != 0 { component(symbols, vertical, row) } else { 0 };
        let col = if joint & 1 != 0 { component(symbols, horizontal, col) } else { 0 };
        block.mv = Mv { row: predicted.row + row, col: predicted.col + col };
        if self.is_mv_valid(block) {
            Ok(())
        } else {
            Err(Error::malformed("a block is copied from where nothing may be copied from"))
        }
    }

    /// `is_mv_valid`: whether a block may be copied from where its vector says.
    pub fn is_mv_valid(&self, block: &Block) -> bool {
        let Mv { row, col } = block.mv;
        if row.abs() >= 1 << 14 || col.abs() >= 1 << 14 || row & 7 != 0 || col & 7 != 0 {
            return false;
        }
        let (width, height) = (block.size.width() as i32, block.size.height() as i32);
        let mut top = block.mi_row as i32 * 4 + (row >> 3);
        let mut left = block.mi_col as i32 * 4 + (col >> 3);
        let (bottom, right) = (top + height, left + width);
        if block.has_chroma && width < 8 && self.frame.subsampling_x != 0 {
            left -= 4;
        }
        if block.has_chroma && height < 8 && self.frame.subsampling_y != 0 {
            top -= 4;
        }
        let samples = |mi: usize| mi as i32 * 4;
        let area = self.area;
        if top < samples(area.mi_row_start)
            || left < samples(area.mi_col_start)
            || bottom > samples(area.mi_row_end)
            || right > samples(area.mi_col_end)
        {
            return false;
        }
        let superblock = self.frame.superblock.height() as i32;
        let (active_row, active_col) = (samples(block.mi_row) / superblock, samples(block.mi_col) >> 6);
        let (source_row, source_col) = ((bottom - 1) / superblock, (right - 1) >> 6);
        let per_row = ((area.mi_col_end - area.mi_col_start - 1) >> 4) as i32 + 1;
        let (active, source) = (active_row * per_row + active_col, source_row * per_row + source_col);
        if source >= active - DELAY_SB64 {
            return false;
        }
        let gradient = 1 + DELAY_SB64 + i32::from(self.frame.superblock == BlockSize::Block128x128);
        source_row <= active_row
            && source_col < active_col - DELAY_SB64 + gradient * (active_row - source_row)
    }
}

/// How far a scan goes on behind a candidate.
fn step(length4: usize, candidate: usize, far: bool) -> usize {
    let least = match (length4 >= 16, far) {
        (true, _) => 4,
        (false, true) => 2,
        (false, false) => 1,
    };
    length4.min(candidate).max(least)
}

/// `read_mv_component`, of whole samples, in eighths. The value isn't 0.
fn component<S: Symbols>(symbols: &mut S, cdfs: &mut MvComponent, value: i32) -> i32 {
    let negative = symbols.flag(&mut cdfs.sign, value < 0);
    let wanted = (value.unsigned_abs() / 8).max(1) - 1;
    let class = symbols.symbol(&mut cdfs.class, (wanted.max(1).ilog2() as usize).min(10));
    let magnitude = if class == 0 {
        u32::from(symbols.flag(&mut cdfs.class0_bit, wanted & 1 != 0))
    } else {
        (0..class).fold(1 << class, |sum, bit| {
            sum | u32::from(symbols.flag(&mut cdfs.bit[bit], wanted >> bit & 1 != 0)) << bit
        })
    };
    let magnitude = (magnitude as i32 + 1) * 8;
    if negative { -magnitude } else { magnitude }
}
