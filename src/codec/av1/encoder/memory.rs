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
};
use crate::codec::{
    av1::{
        header::{FrameHeader, SequenceHeader},
        syntax::{ColorMaps, Frame, TileState},
    },
    file_capacity::FileCapacity,
};

/// What an encoder of up to 8192 columns may take beside its file.
const MOST: usize = 3_000_000;

/// Rows above a strip that blocks of a screen are copied from: as many as there are above the last, and as there is room
/// for; none of other pictures.
pub(super) fn held_rows(config: &Config) -> usize {
    if !config.is_screen {
        return 0;
    }
    let headers = headers(config, true);
    let above_last = (config.height as usize - 1) / SUPERBLOCK * SUPERBLOCK;
    let mut rows = (16..=above_last.clamp(SUPERBLOCK, 256)).rev().step_by(8);
    rows.find(|held| bytes_beside_data(config, &headers, *held, 1) <= MOST).unwrap_or(0)
}

/// The most bytes that an encoder of such a picture takes on the heap: the buffer of its data, what waits of the picture,
/// the lines above the superblocks, and what the search works in.
#[must_use]
pub fn heap_bytes(config: &Config, capacity: FileCapacity, threads: usize) -> usize {
    let held = held_rows(config);
    let headers = headers(config, held > 0);
    // A list that grows.
    let pieces = if headers.1.tile_info.tile_cols > 1 {
        3 * size_of::<Piece>() * (capacity.max as usize / PIECE + 64)
    } else {
        0
    };
    (bytes_beside_data(config, &headers, held, threads) + pieces)
        .saturating_add(capacity.bytes(SLACK) as usize)
}

fn headers(config: &Config, copies: bool) -> (SequenceHeader, FrameHeader) {
    let sequence = sequence_header(config, copies);
    let frame = frame_header(config, &sequence, copies);
    (sequence, frame)
}

fn bytes_beside_data(
    config: &Config,
    (sequence, header): &(SequenceHeader, FrameHeader),
    held: usize,
    threads: usize,
) -> usize {
    let frame = Frame::new(sequence, header);
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
    Strip::bytes(config, header, held) + tiles + maps + searches
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the picture, and a screen's rows above are held down to widths that are far from any screen's.
    #[test]
    fn three_megabytes_beside_the_data() {
        for sampling in [Sampling::Monochrome, Sampling::Yuv420, Sampling::Yuv444] {
            for (width, is_screen) in [(1, true), (1920, true), (3840, true), (8192, true), (8192, false)] {
                let color = (1, 13, 6, true);
                let config =
                    Config { width, height: 4320, sampling, base_q_idx: 100, effort: 4, is_screen, color };
                let capacity = FileCapacity { initial: 0, max: 0 };
                let bytes = heap_bytes(&config, capacity, 1);
                assert!(bytes <= 3_100_000, "{width} {sampling:?} {is_screen}: {bytes}");
                let least = if is_screen { [16, 0][usize::from(width > 4096)] } else { 0 };
                assert!(held_rows(&config) >= least, "{width} {sampling:?}");
            }
        }
    }
}
