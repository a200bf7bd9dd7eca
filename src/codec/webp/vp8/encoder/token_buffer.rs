//! Coded macroblocks packed in a row's token buffer (libwebp's `VP8TBuffer`) until they can be written.
//!
//! Probabilities stand in the frame's header but are known only later, so modes and levels wait here, in a fixed code
//! that takes about as much as the final file.

use super::super::macroblock::{BlockMode, IntraMode, Luma, Macroblock, NonzeroFlags, Y2};
use crate::error::Result;

/// A packed row of macroblocks.
pub struct PackedRow {
    /// Segments and modes.
    pub modes: PackedBits,
    /// Levels.
    pub levels: PackedBits,
    /// For each macroblock which blocks along its upper edge, in the row above, have nonzero levels.
    pub top_flags: Vec<u16>,
}

impl PackedRow {
    /// An empty row, with room for the flags of `columns` macroblocks.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(columns: usize) -> Result<Self> {
        let mut top_flags = Vec::new();
        top_flags.try_reserve_exact(columns)?;
        Ok(Self { modes: PackedBits::new(), levels: PackedBits::new(), top_flags })
    }

    /// Appends a macroblock; `top_flags` are those of the one above.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn write(&mut self, mb: &Macroblock, top_flags: NonzeroFlags) -> Result<()> {
        self.top_flags.push(top_flags.packed());
        self.modes.reserve(6)?;
        self.modes.put(u64::from(mb.segment), 2);
        match &mb.luma {
            Luma::I16x16(mode) => self.modes.put((*mode as u64) << 1, 3),
            Luma::I4x4(modes) => {
                let packed = modes.iter().rev().fold(0, |word, &mode| word << 4 | u64::from(mode));
                self.modes.put(1, 1);
                self.modes.put(packed & 0xffff_ffff, 32);
                self.modes.put(packed >> 32, 32);
            }
        }
        self.modes.put(mb.uv as u64, 2);
        let nonzero = mb.nonzero_blocks();
        self.modes.put(u64::from(nonzero != 0), 1);
        self.write_levels(mb, nonzero)
    }

    /// Appends levels: at most 400 of 17 bits, which with what stands before them are less than 256 words.
    fn write_levels(&mut self, mb: &Macroblock, nonzero: u64) -> Result<()> {
        let levels = &mut self.levels;
        levels.reserve(256)?;
        levels.put(u64::from(mb.has_y2()) | u64::from(nonzero != 0) << 1, 2);
        if nonzero == 0 {
            return Ok(());
        }
        levels.put(nonzero, 25);
        // In the order of the bitstream: the luma DCs come first.
        let mut rest = (nonzero << 1 | nonzero >> Y2) & ((1 << 25) - 1);
        while rest != 0 {
            let block = (rest.trailing_zeros() as usize + Y2) % 25;
            rest &= rest - 1;
            let eob = usize::from(mb.eobs[block]);
            levels.put(eob as u64 - 1, 4);
            for &level in &mb.levels[block][mb.first(block)..eob] {
                levels.put_level(level);
            }
        }
        debug_assert!(mb.has_y2() || mb.eobs[Y2] == 0);
        Ok(())
    }

    /// Ends the row.
    pub fn finish(&mut self) {
        self.modes.finish();
        self.levels.finish();
    }
}

/// Packed bits, in words of 32.
pub struct PackedBits {
    words: Vec<u32>,
    word: u64,
    used: u32,
}

impl PackedBits {
    const fn new() -> Self {
        Self { words: Vec::new(), word: 0, used: 0 }
    }

    /// All words, once they are finished.
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    fn reserve(&mut self, words: usize) -> Result<()> {
        if self.words.capacity() - self.words.len() < words {
            self.words.try_reserve_exact(words.max(self.words.len() / 4))?;
        }
        Ok(())
    }

    fn finish(&mut self) {
        if self.used > 0 {
            self.words.push(self.word as u32);
        }
        self.words.shrink_to_fit();
    }

    /// Appends a level. From its first bit on the code is 0 for zero; 1, 0, sign for one; else 1, 1, sign and the level
    /// less two in three bits, or seven and the level in eleven bits.
    #[inline(always)]
    fn put_level(&mut self, level: i16) {
        let size = u64::from(level.unsigned_abs());
        let sign = u64::from(level < 0);
        match size {
            0 => self.put(0, 1),
            1 => self.put(1 | sign << 2, 3),
            2..=8 => self.put(3 | sign << 2 | (size - 2) << 3, 6),
            _ => self.put(3 | sign << 2 | 7 << 3 | size << 6, 17),
        }
    }

    /// Appends at most 32 bits, for which [`Self::reserve`] has made room.
    #[inline(always)]
    fn put(&mut self, value: u64, bits: u32) {
        self.word |= value << self.used;
        self.used += bits;
        if self.used >= 32 {
            self.words.push(self.word as u32);
            self.word >>= 32;
            self.used -= 32;
        }
    }
}

/// The modes of a macroblock, as the first partition needs them.
pub struct MacroblockModes {
    /// 0 to 3.
    pub segment: u8,
    /// Luma modes.
    pub luma: Luma,
    /// Chroma mode.
    pub uv: IntraMode,
    /// True without levels.
    pub is_empty: bool,
}

/// Reads what was packed.
pub struct PackedReader<'a> {
    words: std::slice::Iter<'a, u32>,
    word: u64,
    left: u32,
}

impl<'a> PackedReader<'a> {
    /// Reads from the start.
    pub fn new(words: &'a [u32]) -> Self {
        Self { words: words.iter(), word: 0, left: 0 }
    }

    /// Reads the next macroblock's modes. There must be one.
    pub fn modes(&mut self) -> MacroblockModes {
        let segment = self.take(2) as u8;
        let luma = if self.take(1) == 1 {
            let packed = self.take(32) | self.take(32) << 32;
            Luma::I4x4(std::array::from_fn(|block| (packed >> (4 * block) & 15) as BlockMode))
        } else {
            Luma::I16x16(self.take_mode())
        };
        MacroblockModes { segment, luma, uv: self.take_mode(), is_empty: self.take(1) == 0 }
    }

    /// Begins the next macroblock's levels: whether there is a Y2 block, and a bit for each block with nonzero levels.
    #[inline(always)]
    pub fn nonzero_blocks(&mut self) -> (bool, u64) {
        let head = self.take(2);
        (head & 1 == 1, if head & 2 == 0 { 0 } else { self.take(25) })
    }

    /// One past the next block's last nonzero level.
    #[inline(always)]
    pub fn eob(&mut self) -> usize {
        self.take(4) as usize + 1
    }

    /// The next level.
    #[inline(always)]
    pub fn level(&mut self) -> i16 {
        self.fill();
        // No bit of it is behind the 17th.
        let word = self.word;
        let (size, bits) = match word & 3 {
            0 | 2 => (0, 1),
            1 => (1, 3),
            _ => match word >> 3 & 7 {
                7 => (word >> 6 & 0x7ff, 17),
                size => (size + 2, 6),
            },
        };
        let negative = size != 0 && word >> 2 & 1 == 1;
        self.word >>= bits;
        self.left -= bits;
        if negative { -(size as i16) } else { size as i16 }
    }

    /// Takes a mode of two bits.
    fn take_mode(&mut self) -> IntraMode {
        IntraMode::ALL[self.take(2) as usize & 3]
    }

    /// Sees to it that there are 32 bits.
    #[inline(always)]
    fn fill(&mut self) {
        if self.left < 32 {
            let next = self.words.next().copied().unwrap_or(0);
            self.word |= u64::from(next) << self.left;
            self.left += 32;
        }
    }

    /// Takes at most 32 bits.
    #[inline(always)]
    fn take(&mut self, bits: u32) -> u64 {
        self.fill();
        let value = self.word & ((1 << bits) - 1);
        self.word >>= bits;
        self.left -= bits;
        value
    }
}
