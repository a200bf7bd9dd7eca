//! How a picture's transforms are written (RFC 9649 section 3.5), and into what tiles they cut it.

use super::{
    palette::Palette,
    pixels::{OPAQUE, Pixels},
    stream::write_subimage,
    tiles::Tiles,
};
use crate::{codec::webp::vp8l::bits::HeaderBits, error::Result};

/// The most tiles of a transform.
const MOST_TILES: usize = 1 << 14;

/// Ends the list of transforms.
const NO_MORE_TRANSFORMS: u32 = 0;

#[derive(Debug, Clone, Copy)]
enum TransformType {
    Predictor,
    Color,
    SubtractGreen,
    ColorIndexing,
}

impl TransformType {
    /// Says that there is a transform, of this type.
    fn put(self, header: &mut HeaderBits) {
        header.put(1 | (self as u32) << 1, 3);
    }

    /// The same of a transform that has tiles, and what it does in each: `C` samples.
    fn put_tiles<const C: usize>(self, tiles: Tiles, samples: &[u8], header: &mut HeaderBits) -> Result<()> {
        self.put(header);
        header.put(tiles.bits - 2, 3);
        write_subimage(Pixels::<C>::new(samples, tiles.across, OPAQUE), header)
    }
}

/// The tiles of the predictor and of the colour transform, which are no smaller.
pub fn tiles(width: usize, height: usize) -> [Tiles; 2] {
    [4, 5].map(|least| Tiles::new(width, height, least, MOST_TILES))
}

pub fn put_palette(palette: &Palette, header: &mut HeaderBits) -> Result<()> {
    TransformType::ColorIndexing.put(header);
    header.put(palette.len() as u32 - 1, 8);
    write_subimage(Pixels::<4>::new(&palette.differences(), palette.len(), 0), header)
}

pub fn put_subtract_green(header: &mut HeaderBits) {
    TransformType::SubtractGreen.put(header);
}

/// Writes the predictor of each tile.
pub fn put_modes(tiles: Tiles, modes: &[u8], header: &mut HeaderBits) -> Result<()> {
    TransformType::Predictor.put_tiles::<1>(tiles, modes, header)
}

/// Writes the three multipliers of each tile, if there is one that does anything.
pub fn put_multipliers(tiles: Tiles, multipliers: &[u8], header: &mut HeaderBits) -> Result<()> {
    if multipliers.iter().all(|multiplier| *multiplier == 0) {
        return Ok(());
    }
    TransformType::Color.put_tiles::<3>(tiles, multipliers, header)
}

pub fn put_end(header: &mut HeaderBits) {
    header.put(NO_MORE_TRANSFORMS, 1);
}
