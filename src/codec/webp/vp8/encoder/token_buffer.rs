//! The coded macroblocks, kept small until they can be written.
//!
//! Probabilities stand in the frame's header but are known only later, so modes and levels wait here, packed in a
//! fixed code of about the size of the final file: a tape for each row of macroblocks.

use super::super::macroblock::{Edge, Luma, Macroblock, Y2};
use crate::error::Result;

/// A row of macroblocks.
pub struct RowTape {
    /// Segments and modes.
    pub modes: Bits,
    /// Levels.
    pub levels: Bits,
    /// Which blocks along the lower edge of the row above have levels, packed, by column.
    pub above: Vec<u16>,
}

impl RowTape {
    /// For a row of so many macroblocks.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(columns: usize) -> Result<Self> {
        let mut above = Vec::new();
        above.try_reserve_exact(columns)?;
        Ok(Self { modes: Bits::new(), levels: Bits::new(), above })
    }

    /// Appends a macroblock, below `above`.
    ///
    /// # Errors
    /// `OutOfMemory` when there is no room.
    pub fn write(&mut self, mb: &Macroblock, above: Edge) -> Result<()> {
        self.above.push(above.packed());
        self.modes.reserve(6)?;
        self.modes.put(u64::from(mb.segment), 2);
        match &mb.luma {
            Luma::Whole(mode) => self.modes.put(u64::from(*mode) << 1, 3),
            Luma::Blocks(modes) => {
                let packed = modes.iter().rev().fold(0, |word, &mode| word << 4 | u64::from(mode));
                self.modes.put(1, 1);
                self.modes.put(packed & 0xffff_ffff, 32);
                self.modes.put(packed >> 32, 32);
            }
        }
        self.modes.put(u64::from(mb.uv), 2);
        let coded = mb.coded();
        self.modes.put(u64::from(coded != 0), 1);
        self.write_levels(mb, coded)
    }

    /// 400 levels of 17 bits and what stands before them are less than 256 words.
    fn write_levels(&mut self, mb: &Macroblock, coded: u64) -> Result<()> {
        let levels = &mut self.levels;
        levels.reserve(256)?;
        levels.put(u64::from(mb.has_y2()) | u64::from(coded != 0) << 1, 2);
        if coded == 0 {
            return Ok(());
        }
        levels.put(coded, 25);
        // In the order of the bitstream: the luma DCs come first.
        let mut rest = (coded << 1 | coded >> Y2) & ((1 << 25) - 1);
        while rest != 0 {
            let block = (rest.trailing_zeros() as usize + Y2) % 25;
            rest &= rest - 1;
            let end = usize::from(mb.ends[block]);
            levels.put(end as u64 - 1, 4);
            for &level in &mb.levels[block][mb.first(block)..end] {
                levels.put_level(level);
            }
        }
        debug_assert!(mb.has_y2() || mb.ends[Y2] == 0);
        Ok(())
    }

    /// Ends the row.
    pub fn finish(&mut self) {
        self.modes.finish();
        self.levels.finish();
    }
}

/// Bits in words.
pub struct Bits {
    words: Vec<u32>,
    word: u64,
    used: u32,
}

impl Bits {
    const fn new() -> Self {
        Self { words: Vec::new(), word: 0, used: 0 }
    }

    /// All of them, once they are finished.
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

    /// 0: zero; 10s: one; 11s then the level less two: three bits, or seven and eleven bits.
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

    /// Appends at most 32 bits; there is room.
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

/// Modes of a macroblock, as the first partition needs them.
pub struct Modes {
    /// 0 to 3.
    pub segment: u8,
    /// Luma modes.
    pub luma: Luma,
    /// Chroma mode.
    pub uv: u8,
    /// True without levels.
    pub is_empty: bool,
}

/// Reads a tape.
pub struct Reader<'a> {
    words: std::slice::Iter<'a, u32>,
    word: u64,
    left: u32,
}

impl<'a> Reader<'a> {
    /// Reads from the start.
    pub fn new(words: &'a [u32]) -> Self {
        Self { words: words.iter(), word: 0, left: 0 }
    }

    /// Reads the next macroblock's modes. There must be one.
    pub fn modes(&mut self) -> Modes {
        let segment = self.take(2) as u8;
        let luma = if self.take(1) == 1 {
            let packed = self.take(32) | self.take(32) << 32;
            Luma::Blocks(std::array::from_fn(|block| (packed >> (4 * block) & 15) as u8))
        } else {
            Luma::Whole(self.take(2) as u8)
        };
        Modes { segment, luma, uv: self.take(2) as u8, is_empty: self.take(1) == 0 }
    }

    /// Begins the next macroblock's levels: whether the luma DCs are in a block of their own, and which blocks have
    /// levels.
    #[inline(always)]
    pub fn coded_blocks(&mut self) -> (bool, u64) {
        let head = self.take(2);
        (head & 1 == 1, if head & 2 == 0 { 0 } else { self.take(25) })
    }

    /// One past a block's last level that is not zero.
    #[inline(always)]
    pub fn end(&mut self) -> usize {
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

    /// Makes sure of 32 bits.
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
