//! Writing symbols.

use super::{Symbols, adapt, threshold};
use crate::error::Result;

/// The interval, whose beginning is `low` and whose length is `range`, and the bytes before it.
#[derive(Debug)]
pub struct Encoder {
    data: Vec<u8>,
    /// The interval's beginning: 15 bits at the scale of `range`, above them `bits` that wait to be written, and above
    /// those a carry, of at most two as the interval may be twice as long as the scale.
    low: u64,
    bits: u32,
    range: u32,
    adapts: bool,
    /// Set where memory ran out.
    failed: Option<std::collections::TryReserveError>,
}

impl Encoder {
    /// Begins a tile's data. `adapts` is false where the header says `disable_cdf_update`.
    pub const fn new(adapts: bool) -> Self {
        Self { data: Vec::new(), low: 0, bits: 0, range: 1 << 15, adapts, failed: None }
    }

    /// Hands over what is written and stays as it is, if that is `least` bytes or more.
    ///
    /// # Errors
    ///
    /// There was no memory; those of `take`.
    pub fn hand_over(&mut self, least: usize, take: impl FnOnce(&[u8]) -> Result<()>) -> Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error.into());
        }
        if self.data.len() <= least {
            return Ok(());
        }
        // Carries add two to the last byte at the most, so one to those before it, where it ends at the first that isn't 255.
        let end = self.data.len() - 1;
        let settled = self.data[..end].iter().rposition(|&byte| byte != 0xFF).unwrap_or(0);
        if settled >= least {
            take(&self.data[..settled])?;
            self.data.drain(..settled);
        }
        Ok(())
    }

    /// `exit_symbol`: ends the data by the one bit and the zeros that have to follow. Returns what was not handed over.
    ///
    /// # Errors
    ///
    /// There was no memory.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        // The one multiple of half the scale within the interval whose next bit is one.
        self.low = (self.low + 0x3FFF) & !0x3FFF | 0x4000;
        // That bit, and zeros to the end of a byte.
        let tail = (self.bits + 1).next_multiple_of(8);
        self.low <<= tail - self.bits;
        self.bits = tail;
        self.flush();
        match self.failed {
            Some(error) => Err(error.into()),
            None => Ok(self.data),
        }
    }

    /// Writes the whole bytes that wait.
    #[inline(never)]
    fn flush(&mut self) {
        let bytes = self.bits / 8;
        let rest = self.bits % 8 + 15;
        let ready = self.low >> rest;
        if let Err(error) = self.data.try_reserve(8) {
            self.failed = Some(error);
            self.data.clear();
        } else {
            let mut carry = (ready >> (8 * bytes)) as u8;
            for byte in self.data.iter_mut().rev() {
                if carry == 0 {
                    break;
                }
                let (sum, overflows) = byte.overflowing_add(carry);
                *byte = sum;
                carry = u8::from(overflows);
            }
            self.data.extend_from_slice(&(ready << (64 - 8 * bytes)).to_be_bytes()[..bytes as usize]);
        }
        self.low &= (1 << rest) - 1;
        self.bits %= 8;
    }

    #[inline(always)]
    fn put(&mut self, low: u32, high: u32) {
        let range = high - low;
        let shift = range.leading_zeros() - 16;
        self.low = (self.low + u64::from(self.range - high)) << shift;
        self.range = range << shift;
        self.bits += shift;
        if self.bits > 32 {
            self.flush();
        }
    }
}

impl Symbols for Encoder {
    const WRITES: bool = true;

    #[inline(always)]
    fn symbol<const L: usize>(&mut self, cdf: &mut [u16; L], value: usize) -> usize {
        let high = if value == 0 { self.range } else { threshold(self.range, cdf[value - 1], L - 1 - value) };
        let low = if value == L - 2 { 0 } else { threshold(self.range, cdf[value], L - 2 - value) };
        self.put(low, high);
        if self.adapts {
            adapt(cdf, value);
        }
        value
    }

    #[inline(always)]
    fn fixed(&mut self, inverse: u16, value: bool) -> bool {
        let middle = threshold(self.range, inverse, 1);
        if value {
            self.put(0, middle)
        } else {
            self.put(middle, self.range)
        }
        value
    }
}
