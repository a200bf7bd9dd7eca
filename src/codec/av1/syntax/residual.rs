//! `residual`: the order of a block's transforms.

use super::{block::Block, coefficients::TransformBlock, tile::TileState};
use crate::codec::av1::sizes::{ALL_TX_SIZES, BlockSize, TxSize};

impl TileState {
    /// `get_tx_size`: the size of a block's transforms in a plane, `tx_size` in luma.
    #[inline]
    pub fn plane_tx_size(&self, block: &Block, plane: usize) -> TxSize {
        if block.lossless {
            return TxSize::Tx4x4;
        }
        if plane == 0 {
            return block.tx_size;
        }
        match self.frame.plane_size(block.size, plane).max_tx_size() {
            TxSize::Tx16x64 => TxSize::Tx16x32,
            TxSize::Tx64x16 => TxSize::Tx32x16,
            TxSize::Tx64x64 | TxSize::Tx32x64 | TxSize::Tx64x32 => TxSize::Tx32x32,
            size => size,
        }
    }

    /// Visits the block's transforms that begin inside the frame in the order of `residual`, until an error.
    ///
    /// # Errors
    ///
    /// That of a visit.
    pub fn for_each_transform<E>(
        &mut self,
        block: &Block,
        mut visit: impl FnMut(&mut Self, TransformBlock) -> Result<(), E>,
    ) -> Result<(), E> {
        let chunks_x = block.size.width4().div_ceil(16);
        let chunks_y = block.size.height4().div_ceil(16);
        let chunk = if chunks_x > 1 || chunks_y > 1 { BlockSize::Block64x64 } else { block.size };
        for chunk_y in 0..chunks_y {
            for chunk_x in 0..chunks_x {
                let (mi_row, mi_col) = (block.mi_row + chunk_y * 16, block.mi_col + chunk_x * 16);
                for plane in 0..if block.has_chroma { 3 } else { 1 } {
                    let (sub_x, sub_y) = self.frame.subsampling(plane);
                    let area = self.frame.plane_size(chunk, plane);
                    let (x4, y4) = (mi_col >> sub_x, mi_row >> sub_y);
                    let (end_x, end_y) = (self.frame.mi_cols >> sub_x, self.frame.mi_rows >> sub_y);
                    if block.use_intrabc && !block.lossless && plane == 0 {
                        self.transform_tree((x4, y4), (area.width4(), area.height4()), &mut visit)?;
                        continue;
                    }
                    let size = self.plane_tx_size(block, plane);
                    for y4 in (y4..(y4 + area.height4()).min(end_y)).step_by(size.height() / 4) {
                        for x4 in (x4..(x4 + area.width4()).min(end_x)).step_by(size.width() / 4) {
                            visit(self, TransformBlock { plane, x4, y4, size })?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// `transform_tree`, of an area in units of four luma samples.
    fn transform_tree<E>(
        &mut self,
        (x4, y4): (usize, usize),
        (width4, height4): (usize, usize),
        visit: &mut impl FnMut(&mut Self, TransformBlock) -> Result<(), E>,
    ) -> Result<(), E> {
        if x4 >= self.frame.mi_cols || y4 >= self.frame.mi_rows {
            return Ok(());
        }
        let largest = self.inter_tx_sizes[Self::place(y4, x4)];
        if width4 * 4 <= largest.width() && height4 * 4 <= largest.height() {
            // `find_tx_size`.
            let fits = |size: &&TxSize| size.width() == width4 * 4 && size.height() == height4 * 4;
            let size = ALL_TX_SIZES.iter().find(fits).copied().unwrap_or(largest);
            return visit(self, TransformBlock { plane: 0, x4, y4, size });
        }
        let (half_x, half_y) = (width4 / 2, height4 / 2);
        if width4 > height4 {
            self.transform_tree((x4, y4), (half_x, height4), visit)?;
            self.transform_tree((x4 + half_x, y4), (half_x, height4), visit)
        } else if width4 < height4 {
            self.transform_tree((x4, y4), (width4, half_y), visit)?;
            self.transform_tree((x4, y4 + half_y), (width4, half_y), visit)
        } else {
            self.transform_tree((x4, y4), (half_x, half_y), visit)?;
            self.transform_tree((x4 + half_x, y4), (half_x, half_y), visit)?;
            self.transform_tree((x4, y4 + half_y), (half_x, half_y), visit)?;
            self.transform_tree((x4 + half_x, y4 + half_y), (half_x, half_y), visit)
        }
    }
}
