//! What the encoder holds, in bytes, stated from the size and quality alone.

use super::{
    Column,
    analysis::strips,
    boolenc::{SLACK, STEP},
};
use crate::pixel::{Layout, Size, Subsampling};

/// Tables, statistics and lists of no more than some rows; what a thread has of its own.
const TABLES: u64 = 40 << 10;
const THREAD: u64 = 24 << 10;

/// What headers with all their probabilities take, however small the picture.
const HEADERS: u64 = 4 << 10;

/// The most bytes that a macroblock's modes take while they wait, and a row of them.
const MODES: u64 = 9;
const MODES_ROW: u64 = 120;

/// How samples come to the encoder.
#[derive(Debug, Clone, Copy)]
pub enum Incoming {
    /// YCbCr planes.
    Planes(Subsampling),
    /// Interleaved samples.
    Raster(Layout),
}

impl Incoming {
    const fn is_rgb(self) -> bool {
        matches!(self, Self::Raster(layout) if layout.channels() >= 3)
    }

    /// Half bytes a pixel.
    const fn halves(self) -> u64 {
        match self {
            Self::Planes(Subsampling::Yuv420) => 3,
            Self::Planes(Subsampling::Yuv422 | Subsampling::Yuv440) => 4,
            Self::Planes(Subsampling::Yuv444) => 6,
            Self::Raster(layout) => 2 * layout.channels() as u64,
        }
    }
}

/// The most bytes that a frame is allowed to have: somewhat more than noise of full contrast takes, which nothing
/// that is a picture comes near. Such noise has 0.3 to 1.4 bytes a pixel at qualities from 0 to 100.
pub fn most_bytes(size: Size, quality: u8) -> u64 {
    padded(size) * densest(quality) / 64 + HEADERS
}

/// Bytes up to which a buffer is taken at once, even if nobody bounds it.
const SMALL: u64 = 256 << 10;

/// A frame's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that are taken with the first row.
    pub first: u64,
    /// Bytes up to which it grows.
    pub most: u64,
}

impl Room {
    /// That of a frame of which the caller wants at most `bound` bytes. All of that is taken at once, nothing is moved while
    /// it fills, and what is held is what was stated; pages that are not written cost nothing natively. Who sets no bound
    /// gets a buffer that grows: the room of noise would be far too much for a large picture.
    pub fn new(size: Size, quality: u8, bound: u64) -> Self {
        let noise = most_bytes(size, quality);
        let most = noise.min(bound);
        Self { first: if bound < u64::MAX { most } else { most.min(SMALL) }, most }
    }

    /// The most bytes that are held. While a buffer grows by a quarter it is held twice.
    pub const fn bytes(self) -> u64 {
        if self.first == self.most {
            self.most + SLACK as u64
        } else {
            self.most * 9 / 5 + (STEP + 2 * SLACK) as u64
        }
    }
}

/// The length that no picture's frame passes, as opposed to noise: half of the most, twice what busy photos have.
pub fn likely_bytes(size: Size, quality: u8) -> u64 {
    let most = most_bytes(size, quality);
    (most / 2).max(SMALL).min(most)
}

/// What noise takes, in 1/64 bytes a pixel.
fn densest(quality: u8) -> u64 {
    let quality = u64::from(quality);
    40 + quality * 2 / 5 + quality.saturating_sub(80) * 5 / 4
}

/// Bytes of tape after which the token probabilities are fixed: a quarter of what noise takes, more than photos have.
/// `NOTES.md` has what it costs.
pub fn tape_bytes(size: Size, quality: u8) -> u64 {
    (most_bytes(size, quality) / 4).min(4 << 20)
}

/// The same with the row that passes them. All of it is taken with the first row.
pub fn tape_room(size: Size, quality: u8) -> u64 {
    let stride = u64::from(size.width.next_multiple_of(16));
    let (row, rows) = (row_bytes(stride, quality), u64::from(size.height.div_ceil(16)));
    (tape_bytes(size, quality) + row).min(row * rows)
}

/// The most bytes that are held on one thread beside the frame's own room.
pub fn held_bytes(size: Size, incoming: Incoming, quality: u8, is_sharp: bool) -> u64 {
    let is_sharp = is_sharp && incoming.is_rgb();
    let stride = u64::from(size.width.next_multiple_of(16));
    let (columns, rows) = (stride / 16, u64::from(size.height.div_ceil(16)));
    // Some strips wait until it is known how busy they are.
    let strip = (16 * u64::from(size.width) + 8) * incoming.halves() / 2;
    let strips = strips(size) as u64 * strip + planes_bytes(stride, is_sharp);
    // The tape of a row grows by a quarter, for which it is held twice; one more waits to be written.
    let row = row_bytes(stride, quality);
    let tape = tape_room(size, quality) + 9 * row / 4 + rows * (56 + 2 * columns);
    // The edges above and below, on their way and as they arrive.
    let edges = 4 * columns * size_of::<Column>() as u64;
    strips + tape + edges + rows * (MODES * columns + MODES_ROW) + TABLES
}

/// The most bytes that further threads hold: each works on a row, and up to eight rows wait with their tapes.
pub fn thread_bytes(size: Size, incoming: Incoming, quality: u8, threads: usize, is_sharp: bool) -> u64 {
    let threads = threads.clamp(1, super::MOST_ROWS) as u64;
    if threads == 1 {
        return 0;
    }
    let stride = u64::from(size.width.next_multiple_of(16));
    let is_sharp = is_sharp && incoming.is_rgb();
    let strips = 7 * (16 * u64::from(size.width) + 8) * incoming.halves() / 2;
    // Those of a batch are written while the next is made.
    let tapes = (2 * 7 + 2 * threads) * row_bytes(stride, quality);
    let edges = 7 * 4 * stride / 16 * size_of::<Column>() as u64;
    strips + tapes + edges + (threads - 1) * (planes_bytes(stride, is_sharp) + THREAD)
}

/// A row of macroblocks in VP8's colours; making sharp chroma takes a strip's chroma once more, and three lines.
const fn planes_bytes(stride: u64, is_sharp: bool) -> u64 {
    24 * stride + if is_sharp { 10 * stride } else { 0 }
}

/// The most bytes of a row's tape: of noise it is up to twice as long as the code.
fn row_bytes(stride: u64, quality: u8) -> u64 {
    16 * stride * densest(quality) / 32 + 2048
}

fn padded(size: Size) -> u64 {
    u64::from(size.width.next_multiple_of(16)) * u64::from(size.height.next_multiple_of(16))
}
