//! The copies of a picture that has been cut, as long as they are not too many: it need not be cut again to be written.

use super::{color_cache::Cache, pixels::Pixels, token::Token};
use crate::{error::Result, limits::try_filled};

/// The most copies that are kept, of eight bytes.
const MOST: usize = 1 << 16;

/// Copies in order.
pub struct Record {
    copies: Vec<Copy>,
    used: usize,
    /// Literals since the last copy.
    literals: u16,
    is_full: bool,
}

/// A copy, or of no length only what is before it.
#[derive(Clone, Copy, Default)]
struct Copy {
    /// Pixels before it that are none.
    literals: u16,
    length: u16,
    code: u32,
}

/// The most bytes that are held of so many pixels.
pub const fn held_bytes(pixels: u64) -> u64 {
    8 * room(pixels as usize) as u64
}

/// False if all copies of so many pixels have room.
pub const fn may_be_full(pixels: u64) -> bool {
    pixels / 2 + 16 > MOST as u64
}

/// A copy is of two pixels at the least.
const fn room(pixels: usize) -> usize {
    let room = pixels / 2 + 16;
    if room < MOST { room } else { MOST }
}

impl Record {
    /// Of nothing.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(pixels: usize) -> Result<Self> {
        Ok(Self { copies: try_filled(room(pixels), Copy::default())?, used: 0, literals: 0, is_full: false })
    }

    /// Notes a token.
    #[inline(always)]
    pub fn add(&mut self, token: Token) {
        match token {
            Token::Copy { length, code } => self.push(length, code),
            _ if self.literals == u16::MAX => {
                self.push(0, 0);
                self.literals = 1;
            }
            _ => self.literals += 1,
        }
    }

    fn push(&mut self, length: u16, code: u32) {
        let Some(copy) = self.copies.get_mut(self.used) else {
            self.is_full = true;
            return;
        };
        *copy = Copy { literals: self.literals, length, code };
        self.literals = 0;
        self.used += 1;
    }

    /// True if not all copies are there.
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// Gives all tokens in order, each with the pixel that it begins at.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn each<const C: usize>(
        &self,
        pixels: Pixels<C>,
        cache_bits: u32,
        mut take: impl FnMut(usize, Token),
    ) -> Result<()> {
        let (mut cache, mut at) = (Cache::new(cache_bits)?, 0);
        let last = Copy { literals: self.literals, length: 0, code: 0 };
        for copy in self.copies[..self.used].iter().chain([&last]) {
            for at in at..at + usize::from(copy.literals) {
                let argb = pixels.argb(at);
                let place = cache.find(argb);
                take(at, place.map_or(Token::Literal(argb), |place| Token::Cached(place as u16)));
                cache.insert(argb);
            }
            at += usize::from(copy.literals);
            if copy.length > 0 {
                take(at, Token::Copy { length: copy.length, code: copy.code });
                if !cache.is_none() {
                    (at..at + usize::from(copy.length)).for_each(|at| cache.insert(pixels.argb(at)));
                }
                at += usize::from(copy.length);
            }
        }
        Ok(())
    }
}
