//! The coded macroblocks, kept small until the whole picture is seen.
//!
//! Token probabilities stand in the frame's header but are known only at the end, so modes and levels wait here,
//! packed in a fixed code of about the size of the final file, in chunks that never move.

use super::macroblock::{Luma, Macroblock, Y2};
use crate::error::Result;

/// Words of a chunk: 64 KiB.
const CHUNK: usize = 8 << 10;

/// A queue of macroblocks: written once, then read once.
pub struct Tape {
    chunks: Vec<Vec<u64>>,
    word: u64,
    used: u32,
}

impl Tape {
    /// An empty tape.
    pub const fn new() -> Self {
        Self { chunks: Vec::new(), word: 0, used: 0 }
    }

    /// Appends a macroblock.
    ///
    /// # Errors
    /// `Memory` when there is no room.
    pub fn write(&mut self, mb: &Macroblock) -> Result<()> {
        self.reserve()?;
        self.put(u64::from(mb.segment), 2);
        match &mb.luma {
            Luma::Whole(mode) => self.put(u64::from(*mode) << 1, 3),
            Luma::Blocks(modes) => {
                let packed = modes.iter().rev().fold(0, |word, &mode| word << 4 | u64::from(mode));
                self.put(1, 1);
                self.put(packed & 0xffff_ffff, 32);
                self.put(packed >> 32, 32);
            }
        }
        self.put(u64::from(mb.uv), 2);
        let coded = (0..25).fold(0_u64, |mask, block| mask | u64::from(mb.ends[block] != 0) << block);
        self.put(u64::from(coded != 0), 1);
        if coded == 0 {
            return Ok(());
        }
        self.put(coded, 25);
        for block in (0..25).filter(|block| coded >> block & 1 == 1) {
            let end = usize::from(mb.ends[block]);
            self.put(end as u64 - 1, 4);
            for &level in &mb.levels[block][mb.first(block)..end] {
                self.put_level(level);
            }
        }
        Ok(())
    }

    /// Rewinds the tape for reading.
    pub fn into_reader(mut self) -> Reader {
        self.flush_word();
        let mut chunks = self.chunks.into_iter();
        let chunk = chunks.next().unwrap_or_default().into_iter();
        Reader { chunks, chunk, word: 0, left: 0 }
    }

    /// 0: zero; 10s: one; 11s then the level less two: three bits, or seven and eleven bits.
    #[inline]
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

    /// Appends at most 32 bits.
    #[inline]
    fn put(&mut self, value: u64, bits: u32) {
        self.word |= value << self.used;
        self.used += bits;
        if self.used >= 64 {
            self.used -= 64;
            let rest = if self.used == 0 { 0 } else { value >> (bits - self.used) };
            self.push(self.word);
            self.word = rest;
        }
    }

    fn flush_word(&mut self) {
        if self.used > 0 {
            self.push(self.word);
        }
    }

    fn push(&mut self, word: u64) {
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(word);
        }
    }

    /// Makes sure that the last chunk holds a whole macroblock: 400 levels of 17 bits and the modes are less
    /// than 128 words.
    fn reserve(&mut self) -> Result<()> {
        if self.chunks.last().is_none_or(|chunk| chunk.len() + 128 > CHUNK) {
            let mut chunk = Vec::new();
            chunk.try_reserve_exact(CHUNK)?;
            self.chunks.try_reserve(1)?;
            self.chunks.push(chunk);
        }
        Ok(())
    }
}

/// Reads a tape; each chunk is freed when it is done.
pub struct Reader {
    chunks: std::vec::IntoIter<Vec<u64>>,
    chunk: std::vec::IntoIter<u64>,
    word: u64,
    left: u32,
}

impl Reader {
    /// Reads the next macroblock. There must be one.
    pub fn read(&mut self, mb: &mut Macroblock) {
        mb.segment = self.take(2) as u8;
        mb.luma = if self.take(1) == 1 {
            let packed = self.take(32) | self.take(32) << 32;
            Luma::Blocks(std::array::from_fn(|block| (packed >> (4 * block) & 15) as u8))
        } else {
            Luma::Whole(self.take(2) as u8)
        };
        mb.uv = self.take(2) as u8;
        mb.ends = [0; 25];
        if self.take(1) == 0 {
            return;
        }
        let coded = self.take(25);
        for block in (0..25).filter(|block| coded >> block & 1 == 1) {
            let end = self.take(4) as usize + 1;
            mb.ends[block] = end as u8;
            for place in mb.first(block)..end {
                mb.levels[block][place] = self.take_level();
            }
        }
        debug_assert!(mb.has_y2() || mb.ends[Y2] == 0);
    }

    #[inline]
    fn take_level(&mut self) -> i16 {
        if self.take(1) == 0 {
            return 0;
        }
        let more = self.take(1) == 1;
        let negative = self.take(1) == 1;
        let size = if !more {
            1
        } else {
            match self.take(3) {
                7 => self.take(11) as i16,
                size => size as i16 + 2,
            }
        };
        if negative { -size } else { size }
    }

    /// Takes at most 32 bits.
    #[inline]
    fn take(&mut self, bits: u32) -> u64 {
        let mut value = self.word;
        if bits > self.left {
            let next = self.next_word();
            value |= next << self.left;
            self.word = next >> (bits - self.left);
            self.left += 64 - bits;
        } else {
            self.word >>= bits;
            self.left -= bits;
        }
        value & ((1 << bits) - 1)
    }

    fn next_word(&mut self) -> u64 {
        if let Some(word) = self.chunk.next() {
            return word;
        }
        self.chunk = self.chunks.next().unwrap_or_default().into_iter();
        self.chunk.next().unwrap_or(0)
    }
}
