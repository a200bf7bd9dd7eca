//! Reads what a VP8L stream holds before its pixels (RFC 9649 section 3): the transforms, the entropy image and the
//! prefix codes. So it is known what `image-webp` would hold for them before it is asked to decode the stream, which
//! says itself how many codes it has.

mod bits;
mod prefix_code;
mod subimage;
mod tables;

#[cfg(test)]
mod tests;

use self::{
    bits::BitReader,
    prefix_code::{CodeReader, PrefixCode},
    subimage::PrefixCodeGroup,
    tables::Tables,
};
use super::{NUM_DISTANCE_CODES, NUM_GREEN, NUM_LITERALS, color_cache::ColorCache};
use crate::{
    error::{Error, Result},
    pixel::Size,
};

/// The most bits of a colour cache (section 3.6.2.3), and the symbols of green with it.
const MAX_CACHE_BITS: u32 = 11;
const MAX_ALPHABET: usize = NUM_GREEN + (1 << MAX_CACHE_BITS);

/// Bytes of the header: a signature, the size, alpha and the version (section 3.4).
const HEADER_BYTES: usize = 5;

/// How a stream states its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// In a header of its own, as in a chunk `VP8L`.
    Headed,
    /// Not at all, as in `ALPH`.
    Bare,
}

/// Checks that what `image-webp` holds beside the pixels, for a stream of a picture of this size, is no more than
/// there is room for; returns a bound of it within that.
///
/// # Errors
/// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when they are more than there is room for,
/// [`Kind::Malformed`](crate::error::Kind::Malformed) for a stream that can't be decoded,
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub fn check_tables(stream: &[u8], framing: Framing, size: Size, room: u64) -> Result<u64> {
    let start = if framing == Framing::Headed { HEADER_BYTES } else { 0 };
    let mut decoder = Decoder {
        bits: BitReader::new(stream.get(start..).unwrap_or_default()),
        codes: CodeReader::new(),
        tables: Tables::within(room),
    };
    let width = decoder.read_transforms(size)?;
    decoder.read_codes(width, size.height)?;
    Ok(decoder.tables.peak())
}

/// A tile's side is two to the power of so many bits; how many tiles make a side.
const fn tiles(side: u32, bits: u32) -> u32 {
    side.div_ceil(1 << bits)
}

/// Reads a stream.
struct Decoder<'a> {
    bits: BitReader<'a>,
    codes: CodeReader,
    tables: Tables,
}

impl Decoder<'_> {
    /// Reads the transforms (section 3.5); returns the width of the coded picture, which a palette makes smaller.
    fn read_transforms(&mut self, size: Size) -> Result<u32> {
        let mut width = size.width;
        let mut is_seen = [false; 4];
        while self.bits.flag()? {
            let kind = self.bits.read(2)?;
            if std::mem::replace(&mut is_seen[kind as usize], true) {
                return Err(Error::malformed("the lossless WebP has a transform twice"));
            }
            match kind {
                // The predictor's and the colour transform's parameters by tile.
                0 | 1 => {
                    let tile_bits = 2 + self.bits.read(3)?;
                    let image = Size::new(tiles(width, tile_bits), tiles(size.height, tile_bits));
                    self.tables.hold(4 * image.pixels())?;
                    self.read_subimage(image)?;
                }
                // Subtract green has none.
                2 => {}
                _ => {
                    let colors = 1 + self.bits.read(8)?;
                    self.tables.hold(4 * u64::from(colors))?;
                    self.read_subimage(Size::new(colors, 1))?;
                    let pixel_bits = match colors {
                        ..=2 => 3,
                        3..=4 => 2,
                        5..=16 => 1,
                        _ => 0,
                    };
                    width = tiles(width, pixel_bits);
                }
            }
        }
        Ok(width)
    }

    /// Reads what stands before the pixels of the coded picture (sections 3.6.2.3 and 3.7.2.2): the size of the colour
    /// cache, the entropy image, and the prefix codes, until any that are left would fit.
    fn read_codes(&mut self, width: u32, height: u32) -> Result<()> {
        let cache_bits = self.read_cache_bits()?;
        let mut groups = 1;
        if self.bits.flag()? {
            let tile_bits = 2 + self.bits.read(3)?;
            let image = Size::new(tiles(width, tile_bits), tiles(height, tile_bits));
            // It is made of pixels, and of meta prefix codes beside them.
            self.tables.hold(6 * image.pixels())?;
            let meta_codes = self.read_subimage(image)?;
            groups = meta_codes.iter().map(|argb| argb >> 8 & 0xFFFF).max().unwrap_or(0) + 1;
            self.tables.release(4 * image.pixels());
        }
        self.tables.hold_groups(groups)?;
        let alphabets = alphabets(cache_bits);
        for read in 0..groups {
            if self.tables.have_room_for(groups - read, cache_bits) {
                return Ok(());
            }
            for alphabet in alphabets {
                let shape = self.codes.read_shape(&mut self.bits, alphabet)?;
                self.tables.hold(tables::code_bytes(&shape))?;
            }
        }
        Ok(())
    }

    fn read_cache_bits(&mut self) -> Result<u32> {
        if !self.bits.flag()? {
            return Ok(0);
        }
        let cache_bits = self.bits.read(4)?;
        if !(1..=MAX_CACHE_BITS).contains(&cache_bits) {
            return Err(Error::malformed("the colour cache of the lossless WebP has no such size"));
        }
        self.tables.hold(4 << cache_bits)?;
        Ok(cache_bits)
    }

    /// Reads a small picture that the larger one needs.
    fn read_subimage(&mut self, size: Size) -> Result<Vec<u32>> {
        let before = self.tables.held();
        let cache_bits = self.read_cache_bits()?;
        self.tables.hold_groups(1)?;
        let [green, red, blue, alpha, distance] = alphabets(cache_bits);
        let group = PrefixCodeGroup {
            green: self.read_code(green)?,
            red: self.read_code(red)?,
            blue: self.read_code(blue)?,
            alpha: self.read_code(alpha)?,
            distance: self.read_code(distance)?,
        };
        let cache = ColorCache::new(cache_bits)?;
        let pixels =
            subimage::decode(&mut self.bits, size.width as usize, size.height as usize, &group, cache)?;
        self.tables.release(self.tables.held() - before);
        Ok(pixels)
    }

    fn read_code(&mut self, alphabet: usize) -> Result<PrefixCode> {
        let (shape, code) = self.codes.read(&mut self.bits, alphabet)?;
        self.tables.hold(tables::code_bytes(&shape))?;
        Ok(code)
    }
}

/// How many symbols the five codes of a group have: green, red, blue, alpha and distance.
const fn alphabets(cache_bits: u32) -> [usize; 5] {
    let cached = if cache_bits == 0 { 0 } else { 1 << cache_bits };
    [NUM_GREEN + cached, NUM_LITERALS, NUM_LITERALS, NUM_LITERALS, NUM_DISTANCE_CODES]
}
