//! Decodes the small pictures that a larger one needs, of one prefix code group (RFC 9649 section 3.6: the
//! "entropy-coded image").

use super::{
    super::{
        NUM_GREEN, NUM_LITERALS,
        color_cache::ColorCache,
        lz77::{self, Lz77Prefix},
    },
    bits::BitReader,
    prefix_code::PrefixCode,
};
use crate::error::{Error, Result};

/// The five prefix codes of a group, in their order in the stream.
pub struct PrefixCodeGroup {
    pub green: PrefixCode,
    pub red: PrefixCode,
    pub blue: PrefixCode,
    pub alpha: PrefixCode,
    pub distance: PrefixCode,
}

impl PrefixCodeGroup {
    /// Reads what is with a pixel's green.
    #[inline(always)]
    fn rest(&self, bits: &mut BitReader<'_>) -> Result<u32> {
        let [red, blue, alpha] = [self.red.symbol(bits)?, self.blue.symbol(bits)?, self.alpha.symbol(bits)?];
        Ok(u32::from(alpha) << 24 | u32::from(red) << 16 | u32::from(blue))
    }

    /// What is with every pixel's green, where it is always the same, as modes of prediction have it.
    fn constant_rest(&self) -> Option<u32> {
        let [red, blue, alpha] = [self.red.single()?, self.blue.single()?, self.alpha.single()?];
        Some(u32::from(alpha) << 24 | u32::from(red) << 16 | u32::from(blue))
    }
}

/// Decodes the pixels, as ARGB.
///
/// # Errors
/// [`Kind::Malformed`](crate::error::Kind::Malformed) for a stream that ends early or copies from or to where no
/// pixel is, [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub fn decode(
    bits: &mut BitReader<'_>,
    width: usize,
    height: usize,
    group: &PrefixCodeGroup,
    mut cache: ColorCache,
) -> Result<Vec<u32>> {
    let count = width * height;
    let rest = group.constant_rest();
    let mut pixels = Vec::new();
    pixels.try_reserve_exact(count)?;
    while pixels.len() < count {
        let symbol = usize::from(group.green.symbol(bits)?);
        if symbol < NUM_LITERALS {
            let rest = if let Some(rest) = rest { rest } else { group.rest(bits)? };
            let argb = rest | (symbol as u32) << 8;
            cache.insert(argb);
            pixels.push(argb);
        } else if symbol < NUM_GREEN {
            let length = read_value(symbol - NUM_LITERALS, bits)?;
            let code = read_value(group.distance.symbol(bits)?.into(), bits)?;
            let distance = lz77::distance(code, width);
            let from = pixels.len().checked_sub(distance).ok_or_else(misplaced)?;
            if length > count - pixels.len() {
                return Err(misplaced());
            }
            for at in from..from + length {
                let argb = pixels[at];
                // `image-webp` inserts neither what repeats the last pixel nor, below, what comes from the cache. That
                // is another picture than the RFC's only where a pixel is taken that was never inserted; what is told
                // here must be true of what it reads.
                if distance > 1 {
                    cache.insert(argb);
                }
                pixels.push(argb);
            }
        } else {
            pixels.push(cache.get(symbol - NUM_GREEN));
        }
    }
    Ok(pixels)
}

/// Reads the extra bits of a length or a distance code, and makes it of them.
fn read_value(symbol: usize, bits: &mut BitReader<'_>) -> Result<usize> {
    let (first, extra_bit_count) = Lz77Prefix::first(symbol);
    Ok(first + bits.read(extra_bit_count)? as usize)
}

fn misplaced() -> Error {
    Error::malformed("the lossless WebP copies pixels that are not there")
}
