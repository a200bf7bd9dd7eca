//! The tiles of a frame, decoded a row of superblocks at a time over the whole width.

use super::block::{Superblock, Tile, Work};
use crate::{
    codec::av1::{
        filter::map::FilterMap,
        header::{FrameHeader, Picture, SequenceHeader},
        symbols::Decoder,
        syntax::{Frame, TileArea, TileState},
        window::Window,
    },
    error::{Error, Result},
    simd::Level,
};

/// See the module.
pub struct Tiles<'a> {
    picture: Picture<'a>,
    frame: Frame,
    /// Those of the row of tiles in work, from left to right.
    columns: Vec<Tile<'a>>,
    work: Box<Work>,
    /// The row of superblocks that comes next, in units of four luma samples.
    mi_row: usize,
    tile_row: usize,
}

impl<'a> Tiles<'a> {
    /// # Errors
    ///
    /// There is no memory.
    pub fn new(level: Level, picture: Picture<'a>) -> Result<Self> {
        let frame = Frame::new(&picture.sequence, &picture.frame);
        let mut columns = Vec::new();
        columns.try_reserve_exact(picture.frame.tile_info.tile_cols)?;
        let work = Box::new(Work::new(level, &picture.sequence, &frame)?);
        Ok(Self { picture, frame, columns, work, mi_row: 0, tile_row: 0 })
    }

    /// The most bytes that the tiles of such a frame take, apart from the windows and the map.
    pub fn heap_bytes(sequence: &SequenceHeader, header: &FrameHeader) -> usize {
        let frame = Frame::new(sequence, header);
        let starts = &header.tile_info.mi_col_starts[..=header.tile_info.tile_cols];
        let tiles = starts
            .windows(2)
            .map(|pair| size_of::<Tile>() + TileState::heap_bytes(&frame, (pair[1] - pair[0]) as usize));
        size_of::<Work>() + Work::heap_bytes(&frame) + tiles.sum::<usize>()
    }

    /// Columns and rows of samples that windows have to have room for in a plane: those of whole superblocks.
    #[cfg(test)]
    pub fn plane_size(&self, plane: usize) -> (usize, usize) {
        let (sub_x, sub_y) = self.frame.subsampling(plane);
        let side = self.frame.superblock.width4();
        let whole = |mi: usize, shift: usize| (mi.next_multiple_of(side) * 4) >> shift;
        (whole(self.frame.mi_cols, sub_x), whole(self.frame.mi_rows, sub_y))
    }

    /// The row of superblocks that [`Tiles::next_row`] will decode, in units of four luma samples, if there is one.
    pub fn mi_row(&self) -> Option<usize> {
        (self.mi_row < self.frame.mi_rows).then_some(self.mi_row)
    }

    /// Rows of four luma samples that are decoded.
    pub fn decoded_mi_rows(&self) -> usize {
        self.mi_row.min(self.frame.mi_rows)
    }

    /// Decodes the next row of superblocks: `planes` hold its rows (where blocks are copied, all rows from the first
    /// on), `map` has been advanced to it.
    ///
    /// # Errors
    ///
    /// The data is damaged, or there is no memory.
    pub fn next_row(&mut self, planes: &mut [Window], map: &mut FilterMap) -> Result<()> {
        let info = &self.picture.frame.tile_info;
        if self.mi_row == info.mi_row_starts[self.tile_row] as usize {
            self.begin_tiles()?;
        }
        let info = &self.picture.frame.tile_info;
        let side = self.frame.superblock.width4();
        self.work.begin_superblock_row(self.mi_row);
        for tile in &mut self.columns {
            tile.state.begin_superblock_row(self.mi_row);
            for mi_col in (tile.state.area.mi_col_start..tile.state.area.mi_col_end).step_by(side) {
                let place = (self.mi_row, mi_col);
                Superblock { tile, work: &mut self.work, picture: &self.picture, planes, map }
                    .decode(place)?;
            }
            if tile.symbols.is_past_end() {
                return Err(Error::malformed("the data of a tile ends early"));
            }
        }
        self.work.keep_last_lines(planes, self.mi_row, &self.frame);
        self.mi_row += side;
        if self.mi_row >= info.mi_row_starts[self.tile_row + 1] as usize {
            self.tile_row += 1;
        }
        Ok(())
    }

    /// Begins a row of tiles.
    fn begin_tiles(&mut self) -> Result<()> {
        let info = &self.picture.frame.tile_info;
        self.columns.clear();
        for column in 0..info.tile_cols {
            let area = TileArea {
                mi_row_start: info.mi_row_starts[self.tile_row] as usize,
                mi_row_end: info.mi_row_starts[self.tile_row + 1] as usize,
                mi_col_start: info.mi_col_starts[column] as usize,
                mi_col_end: info.mi_col_starts[column + 1] as usize,
            };
            let data = self.picture.tiles.get(self.tile_row * info.tile_cols + column);
            let data = data.ok_or_else(|| Error::malformed("a tile is missing"))?;
            self.columns.push(Tile {
                state: TileState::new(&self.frame, area)?,
                symbols: Decoder::new(data, !self.frame.disable_cdf_update),
            });
        }
        Ok(())
    }
}
