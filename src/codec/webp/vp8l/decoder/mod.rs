//! A decoder of VP8L streams (RFC 9649 section 3), by rows: of the pixels no more are held than backward references
//! reach, a million.
//!
//! A stream begins with its transforms ([`transforms`], [`predictor`]), whose parameters are small images, and with the
//! [`groups`] of prefix codes ([`prefix_code`]), of which each tile of the picture has one. What these take is counted
//! ([`tables`]). Then come the [`pixels`], of whose rows the transforms are undone. What was tried is in `NOTES.md`.

mod bits;
mod groups;
mod pixels;
mod predictor;
mod prefix_code;
mod tables;
mod tiles;
mod transforms;

#[cfg(test)]
mod tests;

use self::{
    bits::BitReader,
    groups::Groups,
    pixels::{Pixels, window_pixels},
    predictor::Predictor,
    prefix_code::CodeReader,
    tables::Tables,
    tiles::{Tiled, tiles},
    transforms::{ColorIndexing, ColorTransform, Multipliers, Transform},
};
use super::{NUM_GREEN, color_cache::ColorCache};
use crate::{
    error::{Error, Result},
    limits::try_filled,
    pixel::Size,
    simd::Level,
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

/// The most bytes of a stream's transforms, entropy image and prefix codes: any of a picture of some pixels, and as
/// many as large pictures need. A stream with more is refused.
const fn tables_room(size: Size) -> u64 {
    const LARGE: u64 = 4 << 20;
    let pixels = size.pixels();
    (128 << 10) + if pixels < LARGE { pixels } else { LARGE }
}

/// The most bytes that decoding holds beside the file.
pub fn heap_bytes(size: Size) -> u64 {
    // A row, and above it one for the predictor or one that is not yet unpacked.
    let rows = 2 * (u64::from(size.width) + 1);
    4 * (window_pixels(size.pixels()) + rows) + tables_room(size)
}

/// A picture that is being decoded.
pub struct Decoder<'a> {
    bits: BitReader<'a>,
    height: usize,
    transforms: Vec<Transform>,
    pixels: Pixels,
    coded_width: usize,
    /// The next row.
    y: usize,
    row: Vec<u32>,
    level: Level,
}

impl<'a> Decoder<'a> {
    /// Begins to decode a picture of this size.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when its prefix codes and transforms take more than
    /// [`heap_bytes`] has for them, [`Kind::Malformed`](crate::error::Kind::Malformed) for a stream that can't be
    /// decoded, [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(stream: &'a [u8], framing: Framing, size: Size) -> Result<Self> {
        Self::within(stream, framing, size, &mut Tables::within(tables_room(size)), Level::new())
    }

    fn within(
        stream: &'a [u8],
        framing: Framing,
        size: Size,
        room: &mut Tables,
        level: Level,
    ) -> Result<Self> {
        if size.pixels() == 0 {
            return Err(Error::malformed("a side of the lossless WebP is zero"));
        }
        let stream = match framing {
            Framing::Bare => stream,
            Framing::Headed => after_header(stream)?,
        };
        let (width, height) = (size.width as usize, size.height as usize);
        let mut reader = Reader { bits: BitReader::new(stream), codes: CodeReader::new(), room };
        let (transforms, coded_width) = reader.read_transforms(width, height)?;
        let pixels = reader.read_codes(coded_width, height)?;
        let bits = reader.bits;
        Ok(Self { bits, height, transforms, pixels, coded_width, y: 0, row: try_filled(width, 0)?, level })
    }

    /// The next row, as ARGB; `None` behind the last.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for a stream that is damaged or cut short.
    pub fn next_row(&mut self) -> Result<Option<&[u32]>> {
        if self.y == self.height {
            return Ok(None);
        }
        self.pixels.decode_row(&mut self.bits, self.y, &mut self.row[..self.coded_width])?;
        for transform in self.transforms.iter_mut().rev() {
            transform.undo(self.level, self.y, &mut self.row);
        }
        self.y += 1;
        Ok(Some(&self.row))
    }
}

/// What follows the header, whose size has been read by others.
fn after_header(stream: &[u8]) -> Result<&[u8]> {
    match stream.split_first_chunk::<HEADER_BYTES>() {
        Some(([0x2F, .., last], rest)) if last >> 5 == 0 => Ok(rest),
        _ => Err(Error::malformed("the lossless WebP has no header, or that of another version")),
    }
}

/// Reads what stands before the pixels.
struct Reader<'a, 'r> {
    bits: BitReader<'a>,
    codes: CodeReader,
    room: &'r mut Tables,
}

impl Reader<'_, '_> {
    /// Reads the transforms (section 3.5); also returns the width of the coded picture, which a palette makes smaller.
    fn read_transforms(&mut self, mut width: usize, height: usize) -> Result<(Vec<Transform>, usize)> {
        let mut transforms = Vec::with_capacity(4);
        let mut is_seen = [false; 4];
        while self.bits.flag()? {
            let kind = self.bits.read(2)?;
            if std::mem::replace(&mut is_seen[kind as usize], true) {
                return Err(Error::malformed("the lossless WebP has a transform twice"));
            }
            transforms.push(match kind {
                0 => {
                    let modes = self.read_tiled(width, height, |argb| (argb >> 8 & 15) as u8)?;
                    Transform::Predictor(Predictor::new(modes, width)?)
                }
                1 => Transform::Color(ColorTransform(self.read_tiled(width, height, Multipliers::of)?)),
                2 => Transform::SubtractGreen,
                _ => {
                    let count = 1 + self.bits.read(8)? as usize;
                    let mut colors = try_filled(count, 0)?;
                    self.read_subimage(count, 1, |row| colors.copy_from_slice(row))?;
                    let indexing = ColorIndexing::new(&colors, width, self.room)?;
                    width = tiles(width, indexing.pixel_bits);
                    Transform::ColorIndexing(Box::new(indexing))
                }
            });
        }
        Ok((transforms, width))
    }

    /// Reads what stands before the pixels of the coded picture (sections 3.6.2.3 and 3.7.2.2): the size of the colour
    /// cache, the entropy image, and the prefix codes.
    fn read_codes(&mut self, width: usize, height: usize) -> Result<Pixels> {
        let cache_bits = self.read_cache_bits()?;
        let mut count = 1;
        let mut entropy_image = None;
        if self.bits.flag()? {
            let image = self.read_tiled(width, height, |argb| (argb >> 8) as u16)?;
            count += image.values.iter().max().copied().map_or(0, usize::from);
            entropy_image = Some(image);
        }
        let groups = Groups::read(&mut self.bits, &mut self.codes, count, cache_bits, self.room)?;
        Pixels::new(width, height, groups, entropy_image, ColorCache::new(cache_bits)?)
    }

    fn read_cache_bits(&mut self) -> Result<u32> {
        if !self.bits.flag()? {
            return Ok(0);
        }
        let cache_bits = self.bits.read(4)?;
        if !(1..=MAX_CACHE_BITS).contains(&cache_bits) {
            return Err(Error::malformed("the colour cache of the lossless WebP has no such size"));
        }
        self.room.hold(4 << cache_bits)?;
        Ok(cache_bits)
    }

    /// Reads an image that has a pixel for each tile, and takes a value of each.
    fn read_tiled<T>(&mut self, width: usize, height: usize, value: impl Fn(u32) -> T) -> Result<Tiled<T>> {
        let bits = 2 + self.bits.read(3)?;
        let mut tiled = Tiled::new(width, height, bits, self.room)?;
        let rows = tiles(height, bits);
        self.read_subimage(tiled.across, rows, |row| {
            tiled.values.extend(row.iter().map(|argb| value(*argb)));
        })?;
        Ok(tiled)
    }

    /// Reads a small image that the larger one needs, by rows.
    fn read_subimage(&mut self, width: usize, height: usize, row: impl FnMut(&[u32])) -> Result<()> {
        let before = self.room.held();
        let cache_bits = self.read_cache_bits()?;
        self.room.hold_all::<u32>(window_pixels((width * height) as u64) as usize + width)?;
        let groups = Groups::read(&mut self.bits, &mut self.codes, 1, cache_bits, self.room)?;
        let pixels = Pixels::new(width, height, groups, None, ColorCache::new(cache_bits)?)?;
        pixels.decode_all(&mut self.bits, row)?;
        self.room.release(self.room.held() - before);
        Ok(())
    }
}
