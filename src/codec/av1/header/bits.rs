//! Syntax elements of headers (section 4.10), read or written by the same calls: a reader ignores the value it is given
//! and returns what it read, a writer writes the value and returns it.

use crate::error::{Error, Result};

/// The descriptors of section 4.10.
pub(super) trait Bits {
    /// `f(n)`: `n` bits (at most 32), the highest first.
    fn f(&mut self, n: u32, value: u32) -> Result<u32>;

    /// `f(1)`.
    fn flag(&mut self, value: bool) -> Result<bool> {
        Ok(self.f(1, u32::from(value))? != 0)
    }

    /// `f(n)` of at most 8 bits.
    fn byte(&mut self, n: u32, value: u8) -> Result<u8> {
        Ok(self.f(n, u32::from(value))? as u8)
    }

    /// `su(n)`: `n` bits in two's complement.
    fn su(&mut self, n: u32, value: i32) -> Result<i32> {
        let value = self.f(n, value as u32 & ((1 << n) - 1))?;
        Ok(((value << (32 - n)) as i32) >> (32 - n))
    }

    /// `ns(n)`: a value below `n`, which is at least 1.
    fn ns(&mut self, n: u32, value: u32) -> Result<u32> {
        let w = n.ilog2() + 1;
        let m = (1 << w) - n;
        let coded = if value < m { value } else { (value + m) >> 1 };
        let v = self.f(w - 1, coded)?;
        if v < m {
            return Ok(v);
        }
        let extra = self.f(1, value.wrapping_add(m) & 1)?;
        Ok((v << 1) - m + extra)
    }

    /// `uvlc()`.
    fn uvlc(&mut self, value: u32) -> Result<u32> {
        let zeros = (value.saturating_add(1)).ilog2();
        let mut leading_zeros = 0;
        while !self.flag(leading_zeros == zeros)? {
            leading_zeros += 1;
            if leading_zeros >= 32 {
                return Err(Error::malformed("AV1: a number of the header has more than 32 bits"));
            }
        }
        let base = (1 << leading_zeros) - 1;
        Ok(base + self.f(leading_zeros, value.wrapping_sub(base))?)
    }
}

/// Reads from bytes.
pub(super) struct Reader<'a> {
    data: &'a [u8],
    /// In bits.
    position: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, position: 0 }
    }

    /// What follows, from the next whole byte on.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.data.get(self.position.div_ceil(8)..).unwrap_or_default()
    }
}

impl Bits for Reader<'_> {
    fn f(&mut self, n: u32, _value: u32) -> Result<u32> {
        let mut value = 0;
        for _ in 0..n {
            let Some(byte) = self.data.get(self.position / 8) else {
                return Err(Error::malformed("AV1: a header ends too early"));
            };
            value = (value << 1) | u32::from((byte >> (7 - self.position % 8)) & 1);
            self.position += 1;
        }
        Ok(value)
    }
}

/// Writes into bytes.
#[derive(Default)]
pub(super) struct Writer {
    data: Vec<u8>,
    /// Bits free in the last byte.
    free: u32,
}

impl Writer {
    /// The bytes; zero bits fill the last one.
    pub(super) fn finish(self) -> Vec<u8> {
        self.data
    }

    /// `trailing_bits()`: a one, then zeros to a whole byte.
    pub(super) fn trailing_bits(&mut self) -> Result<()> {
        self.f(1, 1).map(drop)
    }
}

impl Bits for Writer {
    fn f(&mut self, n: u32, value: u32) -> Result<u32> {
        if n < 32 && value >> n != 0 {
            return Err(Error::new(crate::error::Kind::Internal, "AV1: a value of the header is too large"));
        }
        for bit in (0..n).rev() {
            if self.free == 0 {
                self.data.try_reserve(1)?;
                self.data.push(0);
                self.free = 8;
            }
            self.free -= 1;
            if let Some(last) = self.data.last_mut() {
                *last |= ((value >> bit & 1) as u8) << self.free;
            }
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for n in 1..40 {
            let mut writer = Writer::default();
            for value in 0..n {
                writer.ns(n, value).unwrap();
                writer.uvlc(value * 97).unwrap();
                writer.su(7, value as i32 - 20).unwrap();
            }
            let data = writer.finish();
            let mut reader = Reader::new(&data);
            for value in 0..n {
                assert_eq!(reader.ns(n, 0).unwrap(), value, "ns({n})");
                assert_eq!(reader.uvlc(0).unwrap(), value * 97);
                assert_eq!(reader.su(7, 0).unwrap(), value as i32 - 20);
            }
            assert!(reader.rest().is_empty());
            assert!(reader.f(8, 0).is_err());
        }
    }

    #[test]
    fn codes_are_those_of_the_specification() {
        // ns(5): 0, 1, 2 take two bits, 3 and 4 three: 00 01 10 110 111; uvlc: 1, 010, 011, 00100.
        let mut writer = Writer::default();
        for value in 0..5 {
            writer.ns(5, value).unwrap();
        }
        for value in 0..4 {
            writer.uvlc(value).unwrap();
        }
        writer.trailing_bits().unwrap();
        assert_eq!(writer.finish(), [0b0001_1011, 0b0111_1010, 0b0110_0100, 0b1000_0000]);
        assert!(Writer::default().f(3, 8).is_err());
    }
}
