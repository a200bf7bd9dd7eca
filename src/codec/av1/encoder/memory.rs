//! What an encoder holds, and how long its data get, from the picture's size and quantiser alone.

use super::{
    Config, SUPERBLOCK, Sampling,
    copies::Copies,
    frame_header,
    neighbours::Line,
    palette::Palettes,
    search::{COPY_LEVELS, LEVELS, Search},
    sequence_header,
    store::{Piece, SLACK},
    strip::Strip,
    tile::{PIECE, SUPERBLOCK_BYTES, Tile},
    tuning,
};
use crate::codec::{
    av1::syntax::{ColorMaps, Frame, TileState},
    file_capacity::FileCapacity,
};

/// The most bytes that an encoder of such a picture takes on the heap: the buffer of its data, what waits of the picture,
/// the lines above the superblocks, and what the search works in.
#[must_use]
pub fn heap_bytes(config: &Config, capacity: FileCapacity, threads: usize) -> usize {
    let copies = tuning::held_rows(config) > 0;
    let sequence = sequence_header(config, copies);
    let header = frame_header(config, &sequence, copies);
    let frame = Frame::new(&sequence, &header);
    let info = &header.tile_info;
    let tiles: usize = (0..info.tile_cols)
        .map(|column| {
            let columns = (info.mi_col_starts[column + 1] - info.mi_col_starts[column]) as usize;
            let superblocks = columns.div_ceil(SUPERBLOCK / 4);
            let chroma = match config.sampling {
                Sampling::Monochrome => 0,
                Sampling::Yuv420 => SUPERBLOCK,
                Sampling::Yuv444 => 2 * SUPERBLOCK,
            };
            let samples = superblocks * (SUPERBLOCK + chroma) * 2;
            samples
                + superblocks * size_of::<Line>()
                + TileState::heap_bytes(&frame, columns)
                + size_of::<Tile>() * 2
                + 3 * (PIECE + SUPERBLOCK_BYTES)
        })
        .sum();
    let palettes = if config.is_screen { Palettes::bytes() } else { 0 };
    let maps = if config.is_screen { info.tile_cols * size_of::<ColorMaps>() } else { 0 };
    let copies = if header.allow_intrabc { size_of::<Copies>() + 2 * COPY_LEVELS } else { 0 };
    let searches =
        threads.clamp(1, info.tile_cols) * (Search::bytes() + palettes + copies + LEVELS * 2 + 8192);
    // A list that grows.
    let pieces =
        if info.tile_cols > 1 { 3 * size_of::<Piece>() * (capacity.max as usize / PIECE + 64) } else { 0 };
    (Strip::bytes(config, &header) + tiles + maps + searches + pieces)
        .saturating_add(capacity.bytes(SLACK) as usize)
}

/// What noise of full contrast takes, in 1/64 bytes a pixel: the most, with room. Measured at every effort.
struct Noise {
    /// For quantisers from this on.
    base_q_idx: u8,
    monochrome: u64,
    yuv420: u64,
    yuv444: u64,
}

const fn noise(base_q_idx: u8, monochrome: u64, yuv420: u64, yuv444: u64) -> Noise {
    Noise { base_q_idx, monochrome, yuv420, yuv444 }
}

static NOISE: [Noise; 8] = [
    noise(150, 34, 50, 84),
    noise(100, 44, 66, 116),
    noise(75, 48, 74, 130),
    noise(50, 54, 82, 144),
    noise(26, 68, 100, 178),
    noise(13, 80, 118, 216),
    noise(5, 94, 140, 264),
    noise(0, 104, 156, 304),
];

/// The most bytes that the tiles' data have: somewhat more than noise takes, and far more than any picture.
#[must_use]
pub fn most_bytes(config: &Config) -> u64 {
    let noise = NOISE.iter().find(|noise| noise.base_q_idx <= config.base_q_idx).unwrap_or(&NOISE[7]);
    let densest = match config.sampling {
        Sampling::Monochrome => noise.monochrome,
        Sampling::Yuv444 => noise.yuv444,
        Sampling::Yuv420 => noise.yuv420,
    };
    u64::from(config.width) * u64::from(config.height) * densest / 64 + HEADERS
}

/// Headers and the first bytes of tiles, however small the picture.
const HEADERS: u64 = 16 << 10;
