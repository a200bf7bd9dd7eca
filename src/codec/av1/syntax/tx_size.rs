//! `read_block_tx_size`: the sizes of a block's luma transforms.

use super::{block::Block, tile::TileState};
use crate::codec::av1::{
    header::TxMode,
    sizes::{ALL_TX_SIZES, BlockSize, TxSize},
    symbols::Symbols,
};

/// `Max_Tx_Depth`.
static MAX_TX_DEPTH: [u8; 22] = [0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 2, 2, 3, 3, 4, 4];
/// `MAX_VARTX_DEPTH`.
const MAX_VARTX_DEPTH: usize = 2;

impl TileState {
    /// The context of `tx_depth`.
    pub fn tx_depth_context(&self, block: &Block) -> usize {
        let (column, line) = (self.column(block.mi_col), Self::line(block.mi_row));
        let length = |available: bool, copied: u8, tx: u8| match (available, copied) {
            (false, _) => 0,
            (true, 0) => usize::from(tx),
            (true, copied) => usize::from(copied),
        };
        let largest = block.size.max_tx_size();
        let above = length(block.available_above, self.above.copies[column], self.above.tx[column]);
        let left = length(block.available_left, self.left.copies[line], self.left.tx[line]);
        usize::from(above >= largest.width()) + usize::from(left >= largest.height())
    }

    /// Codes the block's `tx_size`. For a block that copies, and isn't skipped, a writer states the sizes by
    /// [`TileState::set_inter_tx_size`] before.
    pub fn block_tx_size<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) {
        if block.skip {
            self.reset_block_context(block);
        }
        let size = block.size;
        let select = self.frame.tx_mode == TxMode::Select && size != BlockSize::Block4x4;
        if select && block.use_intrabc && !block.skip && !block.lossless {
            let largest = size.max_tx_size();
            for row in (0..size.height4()).step_by(largest.height() / 4) {
                for col in (0..size.width4()).step_by(largest.width() / 4) {
                    let place = (block.mi_row + row, block.mi_col + col);
                    self.var_tx_size(symbols, block, place, largest, 0);
                }
            }
            return;
        }
        let codes = select && !(block.skip && block.use_intrabc);
        block.tx_size = self.uniform_tx_size(symbols, block, codes);
        if block.use_intrabc {
            self.set_inter_tx_size(block, block.tx_size);
        }
        let (column, line) = (self.column(block.mi_col), Self::line(block.mi_row));
        self.above.tx[column..column + size.width4()].fill(block.tx_size.width() as u8);
        self.left.tx[line..line + size.height4()].fill(block.tx_size.height() as u8);
    }

    /// `read_tx_size`.
    fn uniform_tx_size<S: Symbols>(&mut self, symbols: &mut S, block: &Block, codes: bool) -> TxSize {
        if block.lossless {
            return TxSize::Tx4x4;
        }
        let largest = block.size.max_tx_size();
        if !codes {
            // `TX_MODE_ONLY_4X4` is of lossless frames alone.
            return largest;
        }
        let halves = [largest, largest.split(), largest.split().split()];
        let value = halves.iter().position(|&size| size == block.tx_size).unwrap_or(0);
        let context = self.tx_depth_context(block);
        let cdfs = &mut self.cdfs;
        halves[match MAX_TX_DEPTH[block.size as usize] {
            4 => symbols.symbol(&mut cdfs.tx_64x64[context], value),
            3 => symbols.symbol(&mut cdfs.tx_32x32[context], value),
            2 => symbols.symbol(&mut cdfs.tx_16x16[context], value),
            _ => symbols.symbol(&mut cdfs.tx_8x8[context], value.min(1)),
        }]
    }

    /// States that all luma transforms of a block that copies are of a size.
    pub fn set_inter_tx_size(&mut self, block: &Block, tx_size: TxSize) {
        let place = Self::place(block.mi_row, block.mi_col);
        for row in 0..block.size.height4() {
            let at = place + row * 32;
            self.inter_tx_sizes[at..at + block.size.width4()].fill(tx_size);
        }
    }

    /// `read_var_tx_size`.
    fn var_tx_size<S: Symbols>(
        &mut self,
        symbols: &mut S,
        block: &mut Block,
        (mi_row, mi_col): (usize, usize),
        size: TxSize,
        depth: usize,
    ) {
        if mi_row >= self.frame.mi_rows || mi_col >= self.frame.mi_cols {
            return;
        }
        let place = Self::place(mi_row, mi_col);
        let splits = size != TxSize::Tx4x4 && depth < MAX_VARTX_DEPTH && {
            let wanted = self.inter_tx_sizes[place];
            let splits = wanted.width() < size.width() || wanted.height() < size.height();
            let context = self.txfm_split_context(block, (mi_row, mi_col), size);
            symbols.flag(&mut self.cdfs.txfm_split[context], splits)
        };
        let (width4, height4) = (size.width() / 4, size.height() / 4);
        if splits {
            let part = size.split();
            for row in (0..height4).step_by(part.height() / 4) {
                for col in (0..width4).step_by(part.width() / 4) {
                    self.var_tx_size(symbols, block, (mi_row + row, mi_col + col), part, depth + 1);
                }
            }
            return;
        }
        for row in 0..height4 {
            let at = place + row * 32;
            self.inter_tx_sizes[at..at + width4].fill(size);
        }
        let (column, line) = (self.column(mi_col), Self::line(mi_row));
        self.above.tx[column..column + width4].fill(size.width() as u8);
        self.left.tx[line..line + height4].fill(size.height() as u8);
        block.tx_size = size;
    }

    fn txfm_split_context(&self, block: &Block, (mi_row, mi_col): (usize, usize), size: TxSize) -> usize {
        let above = usize::from(self.above.tx[self.column(mi_col)]) < size.width();
        let left = usize::from(self.left.tx[Self::line(mi_row)]) < size.height();
        // `find_tx_size` of the longer side, squared: TX_4X4 to TX_64X64 are 0 to 4.
        let longest = block.size.width().max(block.size.height()).min(64).ilog2() as usize - 2;
        let differs = size.sqr_up() != ALL_TX_SIZES[longest];
        usize::from(differs) * 3 + (4 - longest) * 6 + usize::from(above) + usize::from(left)
    }
}
