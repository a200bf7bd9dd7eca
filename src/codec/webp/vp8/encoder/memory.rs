//! What the encoder holds, in bytes, stated from the size and quality alone.

use super::{MacroblockEdge, analysis::lookahead_strips, boolenc::SLACK};
use crate::{
    codec::file_capacity::{FileCapacity, SMALL},
    pixel::{Layout, Size, Subsampling},
};

/// Tables, statistics, and lists with one entry for some rows.
const TABLES: u64 = 40 << 10;

/// What each further thread has of its own.
const THREAD: u64 = 24 << 10;

/// Headers with all their probabilities, however small the picture.
const HEADERS: u64 = 4 << 10;

/// The most bytes that a macroblock's modes take while they wait, and what a row of them takes beside.
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

/// The most bytes that a frame may have: somewhat more than noise of full contrast takes, and far more than any
/// picture. Such noise has 0.3 to 1.4 bytes a pixel at qualities from 0 to 100.
pub fn most_bytes(size: Size, quality: u8) -> u64 {
    padded(size) * densest(quality) / 64 + HEADERS
}

/// The size of the buffer of a frame of which the caller wants at most `bound` bytes.
pub fn frame_capacity(size: Size, quality: u8, bound: u64) -> FileCapacity {
    FileCapacity::new(most_bytes(size, quality), bound)
}

/// The most bytes that such a buffer holds.
pub fn frame_bytes(size: Size, quality: u8, bound: u64) -> u64 {
    frame_capacity(size, quality, bound).bytes(SLACK)
}

/// A length that a picture's frame never passes, only noise does: half of the most, twice what busy photos have.
pub fn likely_bytes(size: Size, quality: u8) -> u64 {
    let most = most_bytes(size, quality);
    (most / 2).max(SMALL).min(most)
}

/// Bytes of noise, in 1/64 a pixel.
fn densest(quality: u8) -> u64 {
    let quality = u64::from(quality);
    40 + quality * 2 / 5 + quality.saturating_sub(80) * 5 / 4
}

/// The size of the token buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBufferSize {
    /// Bytes after which the token probabilities are fixed.
    pub limit: u64,
    /// Bytes that are taken with the first row: the limit, and the row that passes it.
    pub capacity: u64,
}

impl TokenBufferSize {
    /// The limit is a quarter of what noise takes, more than photos have. `NOTES.md` has what it costs.
    pub fn new(size: Size, quality: u8) -> Self {
        let stride = u64::from(size.width.next_multiple_of(16));
        let (row, rows) = (row_bytes(stride, quality), u64::from(size.height.div_ceil(16)));
        let limit = (most_bytes(size, quality) / 4).min(4 << 20);
        Self { limit, capacity: (limit + row).min(row * rows) }
    }
}

/// The most bytes that one thread holds beside the frame's buffer.
pub fn heap_bytes(size: Size, incoming: Incoming, quality: u8, is_sharp: bool) -> u64 {
    let is_sharp = is_sharp && incoming.is_rgb();
    let stride = u64::from(size.width.next_multiple_of(16));
    let (columns, rows) = (stride / 16, u64::from(size.height.div_ceil(16)));
    // Some strips wait until the quantisers are chosen.
    let strips = lookahead_strips(size) as u64 * strip_bytes(size, incoming) + planes_bytes(stride, is_sharp);
    // A packed row grows by a quarter and is held twice while it does; one more waits to be written.
    let row = row_bytes(stride, quality);
    let token_buffer = TokenBufferSize::new(size, quality).capacity + 9 * row / 4 + rows * (56 + 2 * columns);
    // Edges above and below: as they are sent, and as they arrive.
    let edges = 4 * columns * size_of::<MacroblockEdge>() as u64;
    strips + token_buffer + edges + rows * (MODES * columns + MODES_ROW) + TABLES
}

/// The most bytes that further threads hold: each codes a row, and up to eight packed rows wait.
pub fn thread_bytes(size: Size, incoming: Incoming, quality: u8, threads: usize, is_sharp: bool) -> u64 {
    let threads = threads.clamp(1, super::MAX_BATCH) as u64;
    if threads == 1 {
        return 0;
    }
    let stride = u64::from(size.width.next_multiple_of(16));
    let is_sharp = is_sharp && incoming.is_rgb();
    let strips = 7 * strip_bytes(size, incoming);
    // A batch is written while the next one is coded.
    let packed_rows = (2 * 7 + 2 * threads) * row_bytes(stride, quality);
    let edges = 7 * 4 * stride / 16 * size_of::<MacroblockEdge>() as u64;
    strips + packed_rows + edges + (threads - 1) * (planes_bytes(stride, is_sharp) + THREAD)
}

/// A strip of rows as they come.
fn strip_bytes(size: Size, incoming: Incoming) -> u64 {
    (16 * u64::from(size.width) + 8) * incoming.halves() / 2
}

/// A row of macroblocks in VP8's colours. Sharp chroma takes the chroma of a strip once more, and three lines.
const fn planes_bytes(stride: u64, is_sharp: bool) -> u64 {
    24 * stride + if is_sharp { 10 * stride } else { 0 }
}

/// The most bytes of a packed row: that of noise is up to twice as long as its code.
fn row_bytes(stride: u64, quality: u8) -> u64 {
    16 * stride * densest(quality) / 32 + 2048
}

fn padded(size: Size) -> u64 {
    u64::from(size.width.next_multiple_of(16)) * u64::from(size.height.next_multiple_of(16))
}
