//! What an encoder holds, from the picture's size alone.

use super::{
    Config, SUPERBLOCK, Sampling, frame_header,
    neighbours::Line,
    search::{LEVELS, Search},
    sequence_header,
    strip::Strip,
    tile::Tile,
};
use crate::codec::av1::syntax::{Frame, TileState};

/// The most bytes that an encoder of such a picture takes on the heap beside the file: what waits of the picture, the
/// lines above the superblocks, and what the search works in. The file's data come to it as they are made, and once
/// more when they are put together.
#[must_use]
pub fn heap_bytes(config: &Config) -> usize {
    let sequence = sequence_header(config);
    let header = frame_header(config, &sequence);
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
        })
        .sum();
    Strip::bytes(config) + tiles + Search::bytes() + LEVELS * 2 + 8192
}
