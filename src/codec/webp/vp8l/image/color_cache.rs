//! The colour cache (RFC 9649 section 3.6.2.3): the last pixel of each hash.

use crate::{error::Result, limits::try_filled};

/// Pixels that are told by their hash.
pub struct Cache {
    bits: u32,
    pixels: Vec<u32>,
}

impl Cache {
    /// One of so many bits; of none it holds nothing.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(bits: u32) -> Result<Self> {
        Ok(Self { bits, pixels: try_filled(if bits == 0 { 0 } else { 1 << bits }, 0)? })
    }

    /// True for one of no bits.
    pub const fn is_none(&self) -> bool {
        self.bits == 0
    }

    /// Where a pixel is if it is held.
    #[inline(always)]
    pub fn find(&self, argb: u32) -> Option<usize> {
        if self.bits == 0 {
            return None;
        }
        let at = self.index(argb);
        (self.pixels[at] == argb).then_some(at)
    }

    /// Puts a pixel in its place.
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
