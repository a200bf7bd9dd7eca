//! Writing symbols.

use super::{Symbols, adapt, threshold};
use crate::error::{Error, Kind, Result};

/// Bytes that are written at once at the most.
const WORD: usize = 8;

/// The least by which a buffer grows.
const STEP: usize = 32 << 10;

/// The interval, whose beginning is `low` and whose length is `range`, and the bytes before it.
#[derive(Debug)]
pub struct Encoder {
    data: Vec<u8>,
    /// Bytes past which the data don't grow.
    most: usize,
    /// The interval's beginning: 15 bits at the scale of `range`, above them `bits` that wait to be written, and above
    /// those a carry, of at most two as the interval may be twice as long as the scale.
    low: u64,
    bits: u32,
    range: u32,
    adapts: bool,
    /// Set where there was no room for more.
    fault: Option<Error>,
}

impl Encoder {
    /// Begins a tile's data, behind what is in a buffer that gets at most `most` bytes. `adapts` is false where the header
    /// says `disable_cdf_update`.
    pub const fn new(adapts: bool, data: Vec<u8>, most: usize) -> Self {
        Self { data, most, low: 0, bits: 0, range: 1 << 15, adapts, fault: None }
    }

    /// The bytes in the buffer, a few that are still in work not counted.
    ///
    /// # Errors
    ///
    /// [`Kind::OutputTooLarge`] when there would be more than there may be; [`Kind::OutOfMemory`].
    pub fn len(&mut self) -> Result<usize> {
        self.fault.take().map_or_else(|| Ok(self.data.len()), Err)
    }

    /// `exit_symbol`: ends the data by the one bit and the zeros that have to follow. Returns the buffer.
    ///
    /// # Errors
    ///
    /// Those of [`Encoder::len`].
    pub fn finish(mut self) -> Result<Vec<u8>> {
        // The one multiple of half the scale within the interval whose next bit is one.
        self.low = (self.low + 0x3FFF) & !0x3FFF | 0x4000;
        // That bit, and zeros to the end of a byte.
        let tail = (self.bits + 1).next_multiple_of(8);
        self.low <<= tail - self.bits;
        self.bits = tail;
        self.flush();
        self.len()?;
        Ok(self.data)
    }

    /// Writes the whole bytes that wait.
    #[inline(never)]
    fn flush(&mut self) {
        let bytes = self.bits / 8;
        let rest = self.bits % 8 + 15;
        let ready = self.low >> rest;
        if let Err(error) = make_room(&mut self.data, WORD, self.most) {
            self.fault.get_or_insert(error);
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

/// Makes room for `bytes` more in a buffer of at most `most`, which grows by a quarter.
///
/// # Errors
/// [`Kind::OutputTooLarge`]; [`Kind::OutOfMemory`].
#[inline(always)]
pub fn make_room(data: &mut Vec<u8>, bytes: usize, most: usize) -> Result<()> {
    if data.capacity() - data.len() < bytes { grow(data, bytes, most) } else { Ok(()) }
}

#[cold]
#[inline(never)]
fn grow(data: &mut Vec<u8>, bytes: usize, most: usize) -> Result<()> {
    let Some(room) = most.checked_sub(data.len()).filter(|room| *room >= bytes) else {
        return Err(Error::new(Kind::OutputTooLarge, format!("AV1: more than {most} bytes")));
    };
    data.try_reserve_exact((data.len() / 4).max(STEP).max(bytes).min(room))?;
    Ok(())
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
