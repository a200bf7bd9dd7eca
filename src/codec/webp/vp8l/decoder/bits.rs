//! Reads bits in the order of VP8L: the first is the lowest of its byte (RFC 9649 section 3.2).

use crate::error::{Error, Result};

/// Reads the bits of a stream.
pub struct BitReader<'a> {
    /// What is not yet pending.
    bytes: &'a [u8],
    /// The next bits, the first one lowest.
    pending: u64,
    count: u32,
}

impl<'a> BitReader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, pending: 0, count: 0 }
    }

    /// Makes at least 56 bits pending, or all that are left.
    #[inline(always)]
    fn fill(&mut self) {
        if let Some(eight) = self.bytes.first_chunk() {
            let taken = (63 - self.count) / 8;
            self.pending |= u64::from_le_bytes(*eight) << self.count;
            self.bytes = &self.bytes[taken as usize..];
            self.count += 8 * taken;
            return;
        }
        while self.count < 56
            && let Some((&byte, rest)) = self.bytes.split_first()
        {
            self.pending |= u64::from(byte) << self.count;
            self.bytes = rest;
            self.count += 8;
        }
    }

    /// The next bits, at least 32, with zeros past the end of the stream.
    #[inline(always)]
    pub fn peek(&mut self) -> u32 {
        if self.count < 32 {
            self.fill();
        }
        self.pending as u32
    }

    /// Passes over up to 32 bits, which have been peeked at.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) past the end of the stream.
    #[inline(always)]
    pub fn skip(&mut self, count: u32) -> Result<()> {
        self.count = self.count.checked_sub(count).ok_or_else(ends_early)?;
        self.pending >>= count;
        Ok(())
    }

    /// Reads up to 31 bits as a number.
    ///
    /// # Errors
    /// As [`skip`](Self::skip).
    #[inline(always)]
    pub fn read(&mut self, count: u32) -> Result<u32> {
        let value = self.peek() & ((1 << count) - 1);
        self.skip(count)?;
        Ok(value)
    }

    /// Reads a bit.
    ///
    /// # Errors
    /// As [`skip`](Self::skip).
    pub fn flag(&mut self) -> Result<bool> {
        Ok(self.read(1)? == 1)
    }
}

#[cold]
fn ends_early() -> Error {
    Error::malformed("the lossless WebP ends early")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_lowest_first_and_end_where_the_stream_does() {
        let mut bits = BitReader::new(&[0x9C, 0x41, 0xE1]);
        let read: Vec<u32> = [3, 2, 6, 10, 3].iter().map(|&count| bits.read(count).unwrap()).collect();
        assert_eq!(read, [4, 3, 12, 40, 7]);
        assert!(bits.flag().is_err());
        let mut bits = BitReader::new(&[0x55; 40]);
        (0..160).for_each(|_| assert_eq!(bits.read(2).unwrap(), 1));
        assert_eq!(bits.peek(), 0);
        assert!(bits.skip(1).is_err());
    }
}
