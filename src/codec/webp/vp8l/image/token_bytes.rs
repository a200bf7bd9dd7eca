//! A picture's tokens in some bytes each, as long as these are not too many: with them its rows need not come once more to
//! be written.

use super::{
    pixels::{argb, samples},
    token::PixelToken,
};
use crate::error::Result;

/// The bytes of a block, and how many blocks there are at the most.
const BLOCK: usize = 64 << 10;
const MOST_BLOCKS: usize = 80;

/// The first byte of a token: its kind, and of a copy whether its length takes two bytes.
const LITERAL: u8 = 0;
const CACHED: u8 = 1;
const COPY: u8 = 2;
const LONG_COPY: u8 = 3;

/// The most bytes of a token.
const LONGEST: usize = 6;

/// The most bytes that are held of so many pixels.
pub fn heap_bytes(pixels: u64) -> u64 {
    let blocks = (pixels * LONGEST as u64).div_ceil((BLOCK - LONGEST) as u64).min(MOST_BLOCKS as u64);
    blocks * BLOCK as u64
}

/// Tokens of pixels of `C` samples, in order.
pub struct TokenBytes<const C: usize> {
    blocks: Vec<Vec<u8>>,
    is_incomplete: bool,
}

impl<const C: usize> TokenBytes<C> {
    /// No tokens.
    pub const fn new() -> Self {
        Self { blocks: Vec::new(), is_incomplete: false }
    }

    /// Makes room for a block's worth of tokens; lets all go if they are too many.
    fn begin_block(&mut self) -> Result<()> {
        if self.blocks.len() == MOST_BLOCKS {
            self.blocks = Vec::new();
            self.is_incomplete = true;
            return Ok(());
        }
        let mut block = Vec::new();
        block.try_reserve_exact(BLOCK)?;
        self.blocks.push(block);
        Ok(())
    }

    /// Adds a token.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    #[inline(always)]
    pub fn add(&mut self, token: PixelToken) -> Result<()> {
        if self.is_incomplete {
            return Ok(());
        }
        if self.blocks.last().is_none_or(|block| block.len() + LONGEST > BLOCK) {
            self.begin_block()?;
        }
        let Some(block) = self.blocks.last_mut() else { return Ok(()) };
        match token {
            PixelToken::Literal(argb) => {
                block.push(LITERAL);
                block.extend_from_slice(&samples::<C>(argb));
            }
            PixelToken::Cached(index) => {
                let [high, low] = index.to_be_bytes();
                block.extend_from_slice(&[CACHED, high, low]);
            }
            PixelToken::Copy { length, code } => {
                // A code has no more bits than a window has, and one.
                let ([long, short], [_, high, middle, low]) = (length.to_be_bytes(), code.to_be_bytes());
                if long == 0 {
                    block.extend_from_slice(&[COPY, short, high, middle, low]);
                } else {
                    block.extend_from_slice(&[LONG_COPY, long, short, high, middle, low]);
                }
            }
        }
        Ok(())
    }

    /// True if not all tokens had room.
    pub const fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// Gives all tokens in order to `take`, and lets them go. What isn't kept of a literal is `rest`.
    ///
    /// # Errors
    /// Those of `take`.
    pub fn try_for_each(self, rest: u32, mut take: impl FnMut(PixelToken) -> Result<()>) -> Result<()> {
        for block in self.blocks {
            let mut bytes = block.as_slice();
            while let Some((token, after)) = first_token::<C>(bytes, rest) {
                take(token)?;
                bytes = after;
            }
        }
        Ok(())
    }
}

/// The first token of a block, and what follows it.
#[inline(always)]
fn first_token<const C: usize>(bytes: &[u8], rest: u32) -> Option<(PixelToken, &[u8])> {
    Some(match *bytes {
        [LITERAL, ref after @ ..] => {
            let (literal, after) = after.split_first_chunk::<C>()?;
            (PixelToken::Literal(rest | argb(literal)), after)
        }
        [CACHED, high, low, ref after @ ..] => (PixelToken::Cached(u16::from_be_bytes([high, low])), after),
        [COPY, short, a, b, c, ref after @ ..] => {
            (PixelToken::Copy { length: short.into(), code: u32::from_be_bytes([0, a, b, c]) }, after)
        }
        [LONG_COPY, long, short, a, b, c, ref after @ ..] => {
            let (length, code) = (u16::from_be_bytes([long, short]), u32::from_be_bytes([0, a, b, c]));
            (PixelToken::Copy { length, code }, after)
        }
        _ => return None,
    })
}
