//! Bits of a Zstandard block: streams that are read from their end backward (RFC 8878, 4.1), and the description of a
//! distribution, which is read forward (4.1.1).

use super::damaged;
use crate::error::Result;

/// The bits of a stream, from its end backward.
pub(super) struct Backward<'a> {
    bytes: &'a [u8],
    /// How many of the bytes are not in the word yet.
    left: usize,
    /// The next bits, the first of them highest. What lies before the stream is zero.
    word: u64,
    /// How many of the stream's bits the word holds; negative when more were taken than there are.
    count: i32,
}

impl<'a> Backward<'a> {
    /// # Errors
    /// When the last byte holds no bit that marks the end.
    #[inline]
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self> {
        match bytes.last() {
            None | Some(0) => Err(damaged("has a stream without an end")),
            Some(last) => {
                let mut bits = Self { bytes, left: bytes.len(), word: 0, count: 0 };
                bits.refill();
                bits.skip(last.leading_zeros() + 1);
                Ok(bits)
            }
        }
    }

    /// Sees to it that 56 bits can be taken, or as many as there are.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if let Some(&next) = self.bytes[..self.left].last_chunk::<8>() {
            // Bits past the count are what follows already: to add them again changes nothing.
            self.word |= u64::from_le_bytes(next) >> self.count;
            let whole = (63 - self.count) / 8;
            self.left -= whole as usize;
            self.count += 8 * whole;
            return;
        }
        while self.count <= 56 && self.left > 0 {
            self.left -= 1;
            self.word |= u64::from(self.bytes[self.left]) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next bits, up to 32, without taking them.
    #[inline(always)]
    pub(super) const fn peek(&self, count: u32) -> usize {
        ((self.word >> 1) >> (63 - count)) as usize
    }

    /// Takes bits that were seen, up to 32.
    #[inline(always)]
    pub(super) const fn skip(&mut self, count: u32) {
        self.word <<= count;
        self.count -= count as i32;
    }

    /// Takes bits, up to 32; those that aren't there are zeros.
    #[inline(always)]
    pub(super) const fn take(&mut self, count: u32) -> usize {
        let bits = self.peek(count);
        self.skip(count);
        bits
    }

    /// All bits were taken, and no more than that.
    pub(super) const fn is_spent(&self) -> bool {
        self.left == 0 && self.count == 0
    }

    /// More bits were taken than there are.
    pub(super) const fn is_past_end(&self) -> bool {
        self.count < 0
    }
}

/// The bits of some bytes, the lowest first.
pub(super) struct Forward<'a> {
    bytes: &'a [u8],
    /// Bits that were taken.
    taken: usize,
}

impl<'a> Forward<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, taken: 0 }
    }

    /// The next bits, up to 16, without taking them; those that aren't there are zeros.
    pub(super) fn peek(&self, count: u32) -> u32 {
        let byte = |at: usize| u32::from(self.bytes.get(self.taken / 8 + at).copied().unwrap_or(0));
        let word = byte(0) | byte(1) << 8 | byte(2) << 16;
        word >> (self.taken % 8) & ((1 << count) - 1)
    }

    /// Takes bits, up to 16.
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let bits = self.peek(count);
        self.taken += count as usize;
        bits
    }

    /// How many bytes have bits that were taken; none when there are not so many.
    pub(super) fn bytes_taken(&self) -> Option<usize> {
        Some(self.taken.div_ceil(8)).filter(|&count| count <= self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_from_the_end_and_end_with_the_first_byte() {
        // The mark is the third bit of the last byte; after it come 01, then the byte before.
        let bytes: Vec<u8> = (1..=20).chain([0b0000_0101]).collect();
        let mut bits = Backward::new(&bytes).unwrap();
        assert_eq!(bits.take(2), 0b01);
        for byte in (1..=20).rev() {
            bits.refill();
            assert!(!bits.is_spent());
            assert_eq!((bits.take(3), bits.take(0), bits.take(5)), (byte >> 5, 0, byte & 31));
        }
        assert!(bits.is_spent() && !bits.is_past_end());
        bits.refill();
        assert_eq!((bits.take(1), bits.is_past_end(), bits.is_spent()), (0, true, false));
        assert!(Backward::new(&[]).is_err());
        assert!(Backward::new(&[1, 0]).is_err());
    }

    #[test]
    fn bits_come_from_the_lowest_on() {
        let mut bits = Forward::new(&[0b1010_0110, 0xff]);
        assert_eq!((bits.take(3), bits.take(5), bits.bytes_taken()), (0b110, 0b10100, Some(1)));
        assert_eq!((bits.take(9), bits.bytes_taken()), (0xff, None));
    }
}
