//! What `rav1e` holds for a picture, stated before it starts, and the tiles that bound it.
//!
//! Beside frames of samples and records of blocks, which follow from the size alone, the encoder keeps every symbol
//! of a tile until the tile is done. For a photo that is up to 15 bytes a pixel, for noise at the finest quality it
//! is
//! 384. So a picture is cut into tiles whose symbols surely fit into [`TILE_BYTES`]. The AV1 frame stays one: its
//! quantizers are chosen from the whole picture, it is deblocked across tiles, and every decoder reads it.

use crate::{
    codec::{
        Coding, Probe,
        cost::{Buffering, Decoding, Encoding, Input},
        heif,
    },
    pixel::{Size, Subsampling},
};

/// The most that the symbols of a tile may take. A million pixels of 4:2:0 at usual qualities.
const TILE_BYTES: u64 = 24 << 20;

/// What a coder of any size takes: its probabilities, and scratch of superblocks.
const OVERHEAD: u64 = 1792 << 10;

/// The side of a superblock, of which tiles are made.
const SUPERBLOCK: u32 = 64;

/// The most tiles across, and the most down.
const MOST_TILES: u32 = 64;

/// For a block of 4×4 pixels: what was decided for it, and the motion vectors into eight frames that a still picture
/// hasn't.
const BLOCK_BYTES: u64 = 30 + 8 * 8;

/// For a block of 8×8 pixels: its activity, and how much it matters.
const IMPORTANCE_BYTES: u64 = 28;

/// What pixels of noise take at qualities up to `quality`. Measured: there is no worse.
struct Noise {
    quality: u8,
    /// Bytes of symbols a pixel.
    symbols: u64,
    /// Coded bytes, in 1/64 a pixel.
    coded: u64,
}

const fn noise(quality: u8, symbols: u64, coded: u64) -> Noise {
    Noise { quality, symbols, coded }
}

static GRAY: [Noise; 4] = [noise(30, 24, 20), noise(80, 24, 38), noise(96, 48, 64), noise(100, 96, 102)];
static YUV420: [Noise; 4] = [noise(80, 24, 54), noise(92, 48, 67), noise(96, 96, 90), noise(100, 192, 141)];
static YUV444: [Noise; 4] =
    [noise(60, 48, 102), noise(80, 96, 122), noise(96, 192, 198), noise(100, 384, 333)];

/// How a picture is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiles {
    /// Tiles across, a power of two.
    pub columns: u32,
    /// Tiles down, a power of two.
    pub rows: u32,
}

impl Tiles {
    /// The fewest whose symbols fit, for a picture of grey (`None`) or of planes subsampled so.
    pub fn new(size: Size, subsampling: Option<Subsampling>, quality: u8) -> Self {
        let most = TILE_BYTES / worst(subsampling, quality).symbols;
        let mut tiles = Self { columns: 1, rows: 1 };
        loop {
            let tile = tiles.largest(size);
            let (splits_columns, splits_rows) = (tiles.columns < MOST_TILES, tiles.rows < MOST_TILES);
            if tile.pixels() <= most || !(splits_columns || splits_rows) {
                return tiles;
            }
            if splits_columns && (tile.width >= tile.height || !splits_rows) {
                tiles.columns *= 2;
            } else {
                tiles.rows *= 2;
            }
        }
    }

    /// The size of the largest tile.
    fn largest(self, size: Size) -> Size {
        let side =
            |length: u32, parts: u32| (length.div_ceil(SUPERBLOCK).div_ceil(parts) * SUPERBLOCK).min(length);
        Size::new(side(size.width, self.columns), side(size.height, self.rows))
    }
}

/// Bytes a pixel that no file passes.
const MOST_FILE: u64 = 5;

/// States what decoding takes, told from the headers of its pictures.
pub fn decoding(probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    heif::decoding(probe)
}

/// States what encoding takes.
pub fn encoding(input: &Input, coding: &Coding) -> Encoding {
    Encoding {
        rows_bytes: None,
        peak_bytes: peak_bytes(input.size, coding, input.may_be_graphic, input.layout.has_alpha()),
        file_bytes: input.size.pixels().saturating_mul(MOST_FILE).min(coding.max_bytes),
        likely_file_bytes: None,
    }
}

/// The most bytes that encoding a picture takes, all of its parts as samples included. `may_be_graphic` is for one
/// that may turn out to want full chroma.
fn peak_bytes(size: Size, coding: &Coding, may_be_graphic: bool, has_alpha: bool) -> u64 {
    let full_chroma = coding.full_chroma || may_be_graphic;
    let subsampling = if full_chroma { Subsampling::Yuv444 } else { Subsampling::Yuv420 };
    let color = coder_bytes(size, Some(subsampling), coding.quality);
    if !has_alpha {
        return color;
    }
    // The colour waits for alpha, and then alpha's file for that of the colour.
    let waiting = size.pixels() + 2 * subsampling.chroma_size(size).pixels();
    let quality = alpha_quality(coding.quality);
    let file = (size.pixels() * worst(None, quality).coded) >> 6;
    (coder_bytes(size, None, quality) + waiting).max(color + file)
}

/// The quality of an alpha plane: halfway to perfect, as an edge with ringing shows as specks on any background.
pub fn alpha_quality(quality: u8) -> u8 {
    quality.min(100).midpoint(100)
}

fn coder_bytes(size: Size, subsampling: Option<Subsampling>, quality: u8) -> u64 {
    let noise = worst(subsampling, quality);
    let (width, height) =
        (u64::from(size.width).next_multiple_of(8), u64::from(size.height).next_multiple_of(8));
    // Samples have margins on all sides, and rows begin at multiples of 64.
    let plane = |shrink: u64, margin: u64| {
        let stride = (width / shrink + 2 * margin).next_multiple_of(64) + 64;
        stride * (height / shrink + 2 * margin)
    };
    let (full, half) = (plane(1, 88), plane(2, 44));
    let frame = match subsampling {
        None => full,
        Some(Subsampling::Yuv444) => 3 * full,
        Some(_) => full + 2 * half,
    };
    // The picture, what a decoder will see of it, and luma at a half and a quarter.
    let frames = 2 * frame + half + plane(4, 22);
    let records = width * height / 16 * BLOCK_BYTES + width * height / 64 * IMPORTANCE_BYTES;
    let coded = (width * height * noise.coded) >> 6;
    let tile = Tiles::new(size, subsampling, quality).largest(size).pixels();
    // Samples of a tile are copied once, to try filters.
    let half_samples = match subsampling {
        None => 2,
        Some(Subsampling::Yuv444) => 6,
        Some(_) => 3,
    };
    // The superblock in work moves its symbols while they grow, and can take back what they told.
    let superblock = u64::from(SUPERBLOCK * SUPERBLOCK) * noise.symbols * 3 / 2;
    let symbols = tile * noise.symbols + superblock;
    let coding = symbols + tile * half_samples / 2 + ((2 * tile * noise.coded) >> 6) + coded;
    // Afterwards a filtered copy of the frame, and then the tiles put together in a file that grows.
    frames + records + coding.max(frame + coded).max(4 * coded) + OVERHEAD
}

fn worst(subsampling: Option<Subsampling>, quality: u8) -> &'static Noise {
    let table = match subsampling {
        None => &GRAY,
        Some(Subsampling::Yuv444) => &YUV444,
        Some(_) => &YUV420,
    };
    table.iter().find(|noise| quality <= noise.quality).unwrap_or(&table[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_as_few_as_fit() {
        let tiles = |width, height, subsampling, quality| {
            let Tiles { columns, rows } = Tiles::new(Size::new(width, height), subsampling, quality);
            (columns, rows)
        };
        let (half, full) = (Some(Subsampling::Yuv420), Some(Subsampling::Yuv444));
        assert_eq!(tiles(1, 1, full, 100), (1, 1));
        assert_eq!(tiles(1024, 1024, half, 80), (1, 1));
        assert_eq!(tiles(1025, 1024, half, 80), (2, 1));
        assert_eq!(tiles(4032, 3024, half, 60), (4, 4));
        assert_eq!(tiles(512, 512, full, 100), (2, 2));
        assert_eq!(tiles(65_535, 65_535, full, 100), (64, 64));
        assert_eq!(tiles(65_535, 1, None, 100), (1, 1));
    }

    #[test]
    fn no_size_overflows() {
        let coding = Coding::new(crate::codec::Format::Avif).with_quality(100).with_effort(6);
        let largest = Size::new(u32::from(u16::MAX), u32::from(u16::MAX));
        assert!(peak_bytes(largest, &coding, true, true) > 30 * largest.pixels());
    }
}
