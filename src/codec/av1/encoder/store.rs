//! The data of a picture's tiles, in the one buffer that becomes the file. Tiles that are coded beside each other stand in
//! it in pieces, as they come, and are brought together when their row ends.

use crate::{
    codec::{
        av1::header::tile_size,
        file_capacity::{FileCapacity, STEP},
    },
    error::{Error, Kind, Result},
};

/// Room behind a full buffer: a word of the symbol coder, sizes of tiles, the OBUs' headers, and a container's boxes.
pub(super) const SLACK: usize = 4 << 10;

pub(super) struct Store {
    data: Vec<u8>,
    max: usize,
    /// Where the row of tiles in work begins.
    start: usize,
    /// Whose bytes stand from there on.
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy)]
pub(super) struct Piece {
    column: usize,
    length: usize,
}

impl Store {
    /// # Errors
    /// [`Kind::OutOfMemory`].
    pub(super) fn new(capacity: FileCapacity) -> Result<Self> {
        let [initial, max] =
            [capacity.initial, capacity.max].map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX / 2));
        let mut data = Vec::new();
        data.try_reserve_exact(initial + SLACK)?;
        Ok(Self { data, max, start: 0, pieces: Vec::new() })
    }

    /// Begins a row of tiles. Every tile but the picture's last one stands behind its size.
    ///
    /// # Errors
    /// Those of [`Store::push`].
    pub(super) fn begin_row(&mut self, columns: usize, is_last: bool) -> Result<()> {
        self.start = self.data.len();
        self.pieces.clear();
        (0..columns - usize::from(is_last)).try_for_each(|column| self.push(column, &tile_size(1)))
    }

    /// Takes the next bytes of a column's tile.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`] when there are more than there may be; [`Kind::OutOfMemory`].
    pub(super) fn push(&mut self, column: usize, bytes: &[u8]) -> Result<()> {
        let length = self.data.len() + bytes.len();
        if length > self.max {
            return Err(Error::new(Kind::OutputTooLarge, format!("AV1: more than {} bytes", self.max)));
        }
        if length > self.data.capacity() {
            let room = (self.data.len() / 4).max(STEP).max(bytes.len()).min(self.max - self.data.len());
            self.data.try_reserve_exact(room + SLACK)?;
        }
        self.data.extend_from_slice(bytes);
        match self.pieces.last_mut() {
            Some(piece) if piece.column == column => piece.length += bytes.len(),
            _ => {
                self.pieces.try_reserve(1)?;
                self.pieces.push(Piece { column, length: bytes.len() });
            }
        }
        Ok(())
    }

    /// Ends the row of tiles.
    pub(super) fn finish_row(&mut self, columns: usize, is_last: bool) {
        let mut rest = &mut self.data[self.start..];
        for column in 0..columns {
            let length = gather(rest, &self.pieces, column);
            let (tile, others) = rest.split_at_mut(length);
            let size = tile_size(1).len();
            if !is_last || column + 1 < columns {
                tile[..size].copy_from_slice(&tile_size(length - size));
            }
            rest = others;
            self.pieces.retain(|piece| piece.column != column);
        }
    }

    pub(super) fn into_data(self) -> Vec<u8> {
        self.data
    }
}

/// Brings the pieces of a column to the front, each kind in its order, and returns their bytes.
fn gather(data: &mut [u8], pieces: &[Piece], column: usize) -> usize {
    match pieces {
        [] => 0,
        [piece] => usize::from(piece.column == column) * piece.length,
        _ => {
            let (first, second) = pieces.split_at(pieces.len() / 2);
            let middle = first.iter().map(|piece| piece.length).sum();
            let (left, right) = data.split_at_mut(middle);
            let (left, right) = (gather(left, first, column), gather(right, second, column));
            data[left..middle + right].rotate_left(middle - left);
            left + right
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_brought_together() {
        let mut store = Store::new(FileCapacity::new(1000, u64::MAX)).unwrap();
        for (columns, is_last) in [(3, false), (3, true)] {
            store.begin_row(columns, is_last).unwrap();
            for at in 0..15_u8 {
                store.push(usize::from(at * 7 / 2 % 3), &vec![at; usize::from(at % 4)]).unwrap();
            }
            store.finish_row(columns, is_last);
        }
        let column = |column: u8| {
            (0..15).filter(move |at| at * 7 / 2 % 3 == column).flat_map(|at| vec![at; usize::from(at % 4)])
        };
        let mut expected = Vec::new();
        for of in [0, 1, 2, 0, 1, 2] {
            let tile: Vec<u8> = column(of).collect();
            if expected.len() < 2 * column(0).chain(column(1)).count() + 16 {
                expected.extend(tile_size(tile.len()));
            }
            expected.extend(tile);
        }
        assert_eq!(store.into_data(), expected);
    }

    #[test]
    fn the_bound_holds() {
        let mut store = Store::new(FileCapacity::new(1000, 100)).unwrap();
        store.begin_row(1, true).unwrap();
        store.push(0, &[1; 100]).unwrap();
        assert_eq!(store.push(0, &[1]).unwrap_err().kind(), Kind::OutputTooLarge);
        assert_eq!(store.into_data().len(), 100);
    }
}
