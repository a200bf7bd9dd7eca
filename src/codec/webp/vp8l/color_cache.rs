//! The colour cache (RFC 9649 section 3.6.2.3): the last pixel of each hash.

use crate::{error::Result, limits::try_filled};

/// The colour cache of a number of bits.
pub struct ColorCache {
    bits: u32,
    pixels: Vec<u32>,
}

impl ColorCache {
    /// An empty cache of a number of bits. One of no bits never holds anything.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(bits: u32) -> Result<Self> {
        Ok(Self { bits, pixels: try_filled(if bits == 0 { 0 } else { 1 << bits }, 0)? })
    }

    /// True for a cache of no bits.
    pub const fn is_none(&self) -> bool {
        self.bits == 0
    }

    /// The index of a pixel, if the cache holds it.
    #[inline(always)]
    pub fn find(&self, argb: u32) -> Option<usize> {
        if self.bits == 0 {
            return None;
        }
        let at = self.index(argb);
        (self.pixels[at] == argb).then_some(at)
    }

    /// The pixel at an index below the cache's size.
    #[inline(always)]
    pub fn get(&self, index: usize) -> u32 {
        self.pixels[index]
    }

    /// Inserts a pixel.
    #[inline(always)]
    pub fn insert(&mut self, argb: u32) {
        if self.bits > 0 {
            let at = self.index(argb);
            self.pixels[at] = argb;
        }
    }

    fn index(&self, argb: u32) -> usize {
        (argb.wrapping_mul(0x1E35_A7BD) >> (32 - self.bits)) as usize
    }
}
