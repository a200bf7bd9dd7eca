//! `decode_partition`: how a square is divided.

use super::tile::TileState;
use crate::{
    codec::av1::{
        sizes::{BlockSize, Partition},
        symbols::{Symbols, probability},
    },
    error::{Error, Result},
};

impl TileState {
    /// The context of `partition`, for a square of 8x8 or more.
    #[inline]
    pub fn partition_context(&self, mi_row: usize, mi_col: usize, size: BlockSize) -> usize {
        let log2 = size.width4_log2() as u8;
        let above = self.above.sizes[self.column(mi_col)] < log2;
        let left = self.left.sizes[Self::line(mi_row)] < log2;
        usize::from(left) * 2 + usize::from(above)
    }

    /// Codes how the square of `size` at a place is divided. The place is inside the frame.
    ///
    /// # Errors
    ///
    /// The data asks for parts that there aren't, or that have no size in chroma.
    pub fn partition<S: Symbols>(
        &mut self,
        symbols: &mut S,
        (mi_row, mi_col): (usize, usize),
        size: BlockSize,
        value: Partition,
    ) -> Result<Partition> {
        if size == BlockSize::Block4x4 {
            return Ok(Partition::None);
        }
        let half = size.width4() / 2;
        let has_rows = mi_row + half < self.frame.mi_rows;
        let has_cols = mi_col + half < self.frame.mi_cols;
        let context = self.partition_context(mi_row, mi_col, size);
        let partition = match (has_rows, has_cols) {
            (true, true) => self.any_partition(symbols, size, context, value),
            (false, false) => Partition::Split,
            _ => {
                let other = if has_cols { Partition::Horz } else { Partition::Vert };
                let probability = self.probability_of_split(size, context, has_cols);
                if symbols.fixed(probability, value == Partition::Split) { Partition::Split } else { other }
            }
        };
        let part = size
            .part(partition)
            .ok_or_else(|| Error::malformed("a block is divided into parts of no size"))?;
        let (sub_x, sub_y) = (self.frame.subsampling_x != 0, self.frame.subsampling_y != 0);
        if self.frame.num_planes > 1 && part.subsampled(sub_x, sub_y).is_none() {
            return Err(Error::malformed("a block is divided into parts of no size in chroma"));
        }
        Ok(partition)
    }

    fn any_partition<S: Symbols>(
        &mut self,
        symbols: &mut S,
        size: BlockSize,
        context: usize,
        value: Partition,
    ) -> Partition {
        let value = value as usize;
        let cdfs = &mut self.cdfs;
        Partition::ALL[match size.width4_log2() {
            1 => symbols.symbol(&mut cdfs.partition_w8[context], value),
            2 => symbols.symbol(&mut cdfs.partition_w16[context], value),
            3 => symbols.symbol(&mut cdfs.partition_w32[context], value),
            4 => symbols.symbol(&mut cdfs.partition_w64[context], value),
            _ => symbols.symbol(&mut cdfs.partition_w128[context], value),
        }]
    }

    /// The probability of `split_or_horz` (where there are columns to the right) or of `split_or_vert`: that of all
    /// partitions which divide in the other direction too.
    fn probability_of_split(&self, size: BlockSize, context: usize, horz: bool) -> u16 {
        use Partition::{Horz, Horz4, HorzA, HorzB, Split, Vert, Vert4, VertA, VertB};
        let parts = if horz {
            [Vert, Split, HorzA, VertA, VertB, Vert4]
        } else {
            [Horz, Split, HorzA, HorzB, VertA, Horz4]
        };
        let cdfs = &self.cdfs;
        let sum = |of: &dyn Fn(usize) -> u16, count: usize| {
            parts[..count].iter().map(|&part| of(part as usize)).sum()
        };
        match size.width4_log2() {
            // Both sides of an 8x8 are inside or outside, as a frame has an even number of units.
            1 => sum(&|part| probability(&cdfs.partition_w8[context], part), 2),
            2 => sum(&|part| probability(&cdfs.partition_w16[context], part), 6),
            3 => sum(&|part| probability(&cdfs.partition_w32[context], part), 6),
            4 => sum(&|part| probability(&cdfs.partition_w64[context], part), 6),
            _ => sum(&|part| probability(&cdfs.partition_w128[context], part), 5),
        }
    }
}
