//! `tile_info()` (section 5.9.15): how the frame is cut into tiles.

use super::bits::Bits;
use super::fields::TileInfo;
use crate::error::{Error, Result};

const MAX_TILE_WIDTH: u32 = 4096;
const MAX_TILE_AREA: u32 = 4096 * 2304;
/// Superblocks of 64 samples that a tile beside others has at least.
const MIN_COLUMN: u32 = 8;
/// `MAX_TILE_COLS` and `MAX_TILE_ROWS`.
const MAX_TILES: u32 = 64;

/// The smallest `k` with `size << k >= target`.
fn tile_log2(size: u32, target: u32) -> u32 {
    let mut k = 0;
    while size << k < target {
        k += 1;
    }
    k
}

/// What the size of the frame says about its tiles; in superblocks.
struct Bounds {
    sb_shift: u32,
    sb_cols: u32,
    sb_rows: u32,
    max_tile_width: u32,
    min_log2_cols: u32,
    max_log2_cols: u32,
    max_log2_rows: u32,
    min_log2: u32,
}

impl Bounds {
    fn new(mi_cols: u32, mi_rows: u32, use_128x128_superblock: bool) -> Self {
        let sb_shift = if use_128x128_superblock { 5 } else { 4 };
        let in_superblocks = |mi: u32| (mi + (1 << sb_shift) - 1) >> sb_shift;
        let (sb_cols, sb_rows) = (in_superblocks(mi_cols), in_superblocks(mi_rows));
        let max_tile_width = MAX_TILE_WIDTH >> (sb_shift + 2);
        let max_tile_area = MAX_TILE_AREA >> (2 * (sb_shift + 2));
        let min_log2_cols = tile_log2(max_tile_width, sb_cols);
        Self {
            sb_shift,
            sb_cols,
            sb_rows,
            max_tile_width,
            min_log2_cols,
            max_log2_cols: tile_log2(1, sb_cols.min(MAX_TILES)),
            max_log2_rows: tile_log2(1, sb_rows.min(MAX_TILES)),
            min_log2: min_log2_cols.max(tile_log2(max_tile_area, sb_rows.saturating_mul(sb_cols))),
        }
    }
}

impl TileInfo {
    /// The least number of tiles of a frame, evenly spaced: beside each other as far as they are no narrower than
    /// [`MIN_COLUMN`], so that they can be coded at the same time.
    #[must_use]
    pub fn fewest(mi_cols: u32, mi_rows: u32, use_128x128_superblock: bool) -> Self {
        let bounds = Bounds::new(mi_cols, mi_rows, use_128x128_superblock);
        let most = (bounds.sb_cols << bounds.sb_shift >> 4).max(MIN_COLUMN) / MIN_COLUMN;
        let columns = bounds.min_log2.min(most.ilog2()).min(bounds.max_log2_cols).max(bounds.min_log2_cols);
        let mut info = Self { tile_cols_log2: columns as u8, ..Self::default() };
        info.tile_rows_log2 = bounds.min_log2.saturating_sub(columns) as u8;
        info.space_uniformly(&bounds, mi_cols, mi_rows);
        info
    }

    pub(super) fn code(
        &mut self,
        bits: &mut impl Bits,
        (mi_cols, mi_rows): (u32, u32),
        use_128x128_superblock: bool,
    ) -> Result<()> {
        let bounds = Bounds::new(mi_cols, mi_rows, use_128x128_superblock);
        self.uniform_tile_spacing_flag = bits.flag(self.uniform_tile_spacing_flag)?;
        if self.uniform_tile_spacing_flag {
            let min = bounds.min_log2_cols;
            self.tile_cols_log2 = increments(bits, min, bounds.max_log2_cols, self.tile_cols_log2)?;
            let min = bounds.min_log2.saturating_sub(u32::from(self.tile_cols_log2));
            self.tile_rows_log2 = increments(bits, min, bounds.max_log2_rows, self.tile_rows_log2)?;
            self.space_uniformly(&bounds, mi_cols, mi_rows);
        } else {
            self.code_spacing(bits, &bounds, mi_cols, mi_rows)?;
        }
        if self.tile_cols_log2 > 0 || self.tile_rows_log2 > 0 {
            let n = u32::from(self.tile_rows_log2 + self.tile_cols_log2);
            self.context_update_tile_id = bits.f(n, self.context_update_tile_id)?;
            self.tile_size_bytes = bits.byte(2, self.tile_size_bytes - 1)? + 1;
        }
        if self.context_update_tile_id as usize >= self.tile_cols * self.tile_rows {
            return Err(Error::malformed("AV1: the tile of the contexts is none of the frame"));
        }
        Ok(())
    }

    /// Fills the starts from the two logarithms.
    fn space_uniformly(&mut self, bounds: &Bounds, mi_cols: u32, mi_rows: u32) {
        let starts = |starts: &mut [u32; 65], log2: u8, superblocks: u32, end: u32| {
            let step = (superblocks + (1 << log2) - 1) >> log2;
            let count = superblocks.div_ceil(step) as usize;
            for (i, start) in starts[..count].iter_mut().enumerate() {
                *start = (i as u32 * step) << bounds.sb_shift;
            }
            starts[count] = end;
            count
        };
        self.tile_cols = starts(&mut self.mi_col_starts, self.tile_cols_log2, bounds.sb_cols, mi_cols);
        self.tile_rows = starts(&mut self.mi_row_starts, self.tile_rows_log2, bounds.sb_rows, mi_rows);
    }

    fn code_spacing(
        &mut self,
        bits: &mut impl Bits,
        bounds: &Bounds,
        mi_cols: u32,
        mi_rows: u32,
    ) -> Result<()> {
        let (shift, widest) = (bounds.sb_shift, bounds.max_tile_width);
        let (cols, widest) = code_starts(bits, &mut self.mi_col_starts, bounds.sb_cols, widest, shift)?;
        self.mi_col_starts[cols] = mi_cols;
        self.tile_cols = cols;
        self.tile_cols_log2 = tile_log2(1, cols as u32) as u8;
        let area = bounds.sb_rows * bounds.sb_cols;
        let max_area = if bounds.min_log2 > 0 { area >> (bounds.min_log2 + 1) } else { area };
        let max_height = (max_area / widest).max(1);
        let (rows, _) = code_starts(bits, &mut self.mi_row_starts, bounds.sb_rows, max_height, shift)?;
        self.mi_row_starts[rows] = mi_rows;
        self.tile_rows = rows;
        self.tile_rows_log2 = tile_log2(1, rows as u32) as u8;
        Ok(())
    }
}

/// A logarithm in unary, from `min` to `max`.
fn increments(bits: &mut impl Bits, min: u32, max: u32, value: u8) -> Result<u8> {
    let mut log2 = min;
    while log2 < max && bits.flag(log2 < u32::from(value))? {
        log2 += 1;
    }
    Ok(log2 as u8)
}

/// The sizes of tiles in superblocks; returns how many there are and the largest.
fn code_starts(
    bits: &mut impl Bits,
    starts: &mut [u32; 65],
    superblocks: u32,
    max_size: u32,
    shift: u32,
) -> Result<(usize, u32)> {
    let (mut start, mut largest, mut count) = (0, 0, 0);
    while start < superblocks {
        if count == MAX_TILES as usize {
            return Err(Error::malformed("AV1: more than 64 columns or rows of tiles"));
        }
        starts[count] = start << shift;
        let max = max_size.min(superblocks - start);
        // The last start is the frame's end in blocks, which may lie within a superblock.
        let end = starts[count + 1].div_ceil(1 << shift);
        let size = bits.ns(max, end.saturating_sub(start + 1).min(max - 1))? + 1;
        largest = largest.max(size);
        start += size;
        count += 1;
    }
    Ok((count, largest))
}
