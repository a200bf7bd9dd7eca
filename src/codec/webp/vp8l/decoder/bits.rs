//! Reads bits in the order of VP8L: the first is the lowest of its byte (RFC 9649 section 3.2).

use crate::error::{Error, Result};

/// Bits that are pending after [`BitReader::fill`].
pub const FILLED: u32 = 56;

/// Reads the bits of a stream. Past its end there are zeros, which [`BitReader::check`] finds out.
#[derive(Clone)]
pub struct BitReader<'a> {
    /// What is not yet pending.
    bytes: &'a [u8],
    /// The next bits, the first one lowest.
    pending: u64,
    count: u32,
    /// Of the pending bits and those that were read: the zeros past the end.
    made_up: u64,
}

impl<'a> BitReader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, pending: 0, count: 0, made_up: 0 }
    }

    /// Makes at least [`FILLED`] bits pending.
    #[inline(always)]
    pub fn fill(&mut self) {
        match self.bytes.first_chunk() {
            Some(eight) => {
                let taken = (63 - self.count) / 8;
                self.pending |= u64::from_le_bytes(*eight) << self.count;
                self.bytes = &self.bytes[taken as usize..];
                self.count += 8 * taken;
            }
            None => self.fill_at_the_end(),
        }
    }

    #[cold]
    fn fill_at_the_end(&mut self) {
        while self.count < FILLED {
            match self.bytes.split_first() {
                Some((&byte, rest)) => {
                    self.pending |= u64::from(byte) << self.count;
                    self.bytes = rest;
                }
                None => self.made_up += 8,
            }
            self.count += 8;
        }
    }

    /// How many bits are pending.
    #[inline(always)]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The pending bits.
    #[inline(always)]
    pub const fn peek(&self) -> u64 {
        self.pending
    }

    /// Passes over bits, which must be pending.
    #[inline(always)]
    pub const fn skip(&mut self, count: u32) {
        self.pending >>= count;
        self.count -= count;
    }

    /// Reads up to 31 bits, which must be pending, as a number.
    #[inline(always)]
    pub const fn take(&mut self, count: u32) -> u32 {
        let value = self.pending as u32 & ((1 << count) - 1);
        self.skip(count);
        value
    }

    /// Reads up to 31 bits as a number.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn read(&mut self, count: u32) -> Result<u32> {
        self.fill();
        let value = self.take(count);
        self.check()?;
        Ok(value)
    }

    /// Reads a bit.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn flag(&mut self) -> Result<bool> {
        Ok(self.read(1)? == 1)
    }

    /// Checks that all bits that were read are in the stream.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed).
    pub fn check(&self) -> Result<()> {
        if self.made_up > self.count.into() {
            return Err(Error::malformed("the lossless WebP ends early"));
        }
        Ok(())
    }
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
        bits.fill();
        assert_eq!(bits.peek(), 0);
        assert!(bits.check().is_ok());
        assert!(bits.read(1).is_err());
    }
}
