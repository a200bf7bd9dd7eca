//! A log of a picture's copies, as long as they are not too many: with it the picture need not be parsed again to be
//! written.

use super::{super::color_cache::ColorCache, pixels::Pixels, token::PixelToken};
use crate::{error::Result, limits::try_filled};

/// The most copies that are logged, of eight bytes each.
const MAX_COPIES: usize = 1 << 16;

/// Copies in order; all else are literals.
pub struct TokenLog {
    copies: Vec<LoggedCopy>,
    used: usize,
    /// Literals since the last copy.
    literals: u16,
    is_incomplete: bool,
}

/// A copy, or if its length is zero only the literals before it.
#[derive(Clone, Copy, Default)]
struct LoggedCopy {
    /// Literals before it.
    literals: u16,
    length: u16,
    code: u32,
}

/// The most bytes of a log for a number of pixels.
pub const fn heap_bytes(pixels: u64) -> u64 {
    8 * capacity(pixels as usize) as u64
}

/// False if all copies of a number of pixels have room in a log.
pub const fn may_be_incomplete(pixels: u64) -> bool {
    pixels / 2 + 16 > MAX_COPIES as u64
}

/// How many copies have room in a log for a number of pixels: each copy has at least two.
const fn capacity(pixels: usize) -> usize {
    let capacity = pixels / 2 + 16;
    if capacity < MAX_COPIES { capacity } else { MAX_COPIES }
}

impl TokenLog {
    /// An empty log for a number of pixels.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(pixels: usize) -> Result<Self> {
        Ok(Self {
            copies: try_filled(capacity(pixels), LoggedCopy::default())?,
            used: 0,
            literals: 0,
            is_incomplete: false,
        })
    }

    /// Logs a token.
    #[inline(always)]
    pub fn add(&mut self, token: PixelToken) {
        match token {
            PixelToken::Copy { length, code } => self.push(length, code),
            _ if self.literals == u16::MAX => {
                self.push(0, 0);
                self.literals = 1;
            }
            _ => self.literals += 1,
        }
    }

    fn push(&mut self, length: u16, code: u32) {
        let Some(copy) = self.copies.get_mut(self.used) else {
            self.is_incomplete = true;
            return;
        };
        *copy = LoggedCopy { literals: self.literals, length, code };
        self.literals = 0;
        self.used += 1;
    }

    /// True if not all copies had room.
    pub const fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// Gives all tokens in order to `take`, each with the pixel that it begins at.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn for_each<const C: usize>(
        &self,
        pixels: Pixels<C>,
        cache_bits: u32,
        mut take: impl FnMut(usize, PixelToken),
    ) -> Result<()> {
        let (mut cache, mut at) = (ColorCache::new(cache_bits)?, 0);
        let last = LoggedCopy { literals: self.literals, length: 0, code: 0 };
        for copy in self.copies[..self.used].iter().chain([&last]) {
            for at in at..at + usize::from(copy.literals) {
                let argb = pixels.argb(at);
                let place = cache.find(argb);
                take(at, place.map_or(PixelToken::Literal(argb), |place| PixelToken::Cached(place as u16)));
                cache.insert(argb);
            }
            at += usize::from(copy.literals);
            if copy.length > 0 {
                take(at, PixelToken::Copy { length: copy.length, code: copy.code });
                if !cache.is_none() {
                    (at..at + usize::from(copy.length)).for_each(|at| cache.insert(pixels.argb(at)));
                }
                at += usize::from(copy.length);
            }
        }
        Ok(())
    }
}
