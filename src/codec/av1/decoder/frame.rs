//! A frame from its tiles' bytes to final rows: tiles, filters, and the rows that stand between them.

use super::tiles::Tiles;
use crate::codec::av1::filter::chain::{Chain, Rows, rows_above};
use crate::codec::av1::filter::map::FilterMap;
use crate::codec::av1::header::{FrameHeader, Picture, SequenceHeader};
use crate::codec::av1::window::Window;
use crate::error::Result;
use crate::simd::Level;

/// Decodes a picture row by row.
pub struct Decoder<'a> {
    tiles: Tiles<'a>,
    /// Reconstructed rows, then deblocked ones: those of a row of superblocks, and a few above; all of the picture where
    /// blocks are copied within it.
    current: Vec<Window>,
    map: FilterMap,
    chain: Chain,
    /// Luma rows decoded so far.
    reconstructed: usize,
    copies: bool,
}

/// The stride and the rows of a plane's window.
fn window(sequence: &SequenceHeader, frame: &FrameHeader, plane: usize) -> (usize, usize) {
    let (sub_x, sub_y) = sequence.subsampling(plane);
    let side = if sequence.use_128x128_superblock { 128 } else { 64 };
    let whole = |mi: u32, sub: u8| (mi as usize * 4).next_multiple_of(side) >> sub;
    let rows = if frame.allow_intrabc {
        whole(frame.mi_rows, sub_y)
    } else {
        whole(frame.mi_rows, sub_y).min((side >> sub_y) + rows_above(sub_y))
    };
    (whole(frame.mi_cols, sub_x), rows)
}

impl<'a> Decoder<'a> {
    /// Begins a picture.
    ///
    /// # Errors
    /// There is no memory.
    pub fn new(level: Level, picture: Picture<'a>) -> Result<Self> {
        let (sequence, frame) = (&picture.sequence, &picture.frame);
        let mut current = Vec::new();
        current.try_reserve_exact(3)?;
        for plane in 0..sequence.num_planes() {
            let (stride, rows) = window(sequence, frame, plane);
            current.push(Window::new(stride, rows)?);
        }
        Ok(Self {
            current,
            map: FilterMap::new(sequence, frame)?,
            chain: Chain::new(level, sequence, frame)?,
            reconstructed: 0,
            copies: frame.allow_intrabc,
            tiles: Tiles::new(level, picture)?,
        })
    }

    /// The most bytes that decoding such a picture holds, besides the coded data.
    #[must_use]
    pub fn heap_bytes(sequence: &SequenceHeader, frame: &FrameHeader) -> usize {
        let windows = (0..sequence.num_planes()).map(|plane| {
            let (stride, rows) = window(sequence, frame, plane);
            Window::bytes(stride, rows)
        });
        let tiles = frame.tile_info.tile_cols * frame.tile_info.tile_rows * size_of::<&[u8]>();
        windows.sum::<usize>()
            + tiles
            + size_of::<Self>()
            + FilterMap::bytes(sequence, frame)
            + Chain::bytes(sequence, frame)
            + Tiles::heap_bytes(sequence, frame)
    }

    /// The next rows, from top to bottom; `None` behind the last.
    ///
    /// # Errors
    /// The data is damaged, or there is no memory.
    pub fn next_rows(&mut self) -> Result<Option<Rows<'_>>> {
        while !self.chain.is_ready(self.reconstructed) {
            let Some(mi_row) = self.tiles.mi_row() else { return Ok(None) };
            self.map.advance(mi_row);
            if !self.copies {
                for (plane, window) in self.current.iter_mut().enumerate() {
                    let sub_y = self.chain.subsampling(plane).1;
                    window.advance(((mi_row * 4) >> sub_y).saturating_sub(rows_above(sub_y)));
                }
            }
            self.tiles.next_row(&mut self.current, &mut self.map)?;
            let end = self.tiles.decoded_mi_rows();
            self.chain.deblock(&mut self.current, &self.map, (mi_row, end));
            self.reconstructed = end * 4;
        }
        Ok(self.chain.next_rows(&self.current, &self.map, self.reconstructed))
    }
}
