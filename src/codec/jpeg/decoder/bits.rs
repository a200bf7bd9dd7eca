//! The bits of entropy-coded data (T.81 F.2.2.5): stuffed zero bytes taken out, stopping at any marker.
//!
//! Past the end of the data there are zeros, which are counted: a scan that used some of them was cut short.

use crate::error::{Error, Result};

/// Reads the bits of a scan. Small, and passed by value where a call must not force it into memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct BitReader<'a> {
    data: &'a [u8],
    /// The first byte that is not in `buffer`.
    at: usize,
    /// The next bits, from the top. Below the `count` that are valid there may be a part of the byte at `at`.
    buffer: u64,
    count: u32,
    /// Zeros that were appended past the end.
    padding: u32,
}

/// The least number of bits after [`BitReader::refill`].
pub(super) const FILLED: u32 = 57;

impl<'a> BitReader<'a> {
    /// Begins at the first byte of entropy-coded data.
    pub(super) const fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, buffer: 0, count: 0, padding: 0 }
    }

    /// Begins at a [`BitReader::position`] of the data.
    #[inline(always)]
    pub(super) fn at(data: &'a [u8], position: u32) -> Self {
        let mut bits = Self { data, at: position as usize / 8, buffer: 0, count: 0, padding: 0 };
        bits.refill();
        bits.skip(position % 8);
        bits
    }

    /// The position of the next bit, in bits from the beginning of the data. A stuffed byte counts as two.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when it does not fit into 31 bits.
    pub(super) fn position(&self) -> Result<u32> {
        let mut left = self.count.saturating_sub(self.padding) as usize;
        let mut at = self.at;
        while left > 0 {
            let is_stuffed = self.data.get(at.saturating_sub(2)..at) == Some(&[0xff, 0]);
            at = at.saturating_sub(if is_stuffed { 2 } else { 1 });
            if left <= 8 {
                break;
            }
            left -= 8;
        }
        let inside = (8 - left) % 8;
        match u32::try_from(8 * at as u64 + inside as u64) {
            Ok(position) if position <= i32::MAX as u32 => Ok(position),
            _ => Err(Error::limit("a JPEG of more than a quarter of a gigabyte can't be turned")),
        }
    }

    /// Makes sure that the buffer has at least [`FILLED`] bits.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        match self.data.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            Some(bytes) if !has_ff(u64::from_be_bytes(*bytes)) => {
                self.buffer |= u64::from_be_bytes(*bytes) >> self.count;
                let taken = (63 - self.count) >> 3;
                self.at += taken as usize;
                self.count += 8 * taken;
            }
            _ => *self = refill_slowly(*self),
        }
    }

    /// Refills the buffer where it has less than 32 bits.
    #[inline(always)]
    pub(super) fn refill_below_32(&mut self) {
        if self.count < 32 {
            self.refill();
        }
    }

    /// The next `length` bits, 1 to 32, without taking them.
    #[inline(always)]
    pub(super) const fn peek(&self, length: u32) -> u32 {
        (self.buffer >> (64 - length)) as u32
    }

    /// Drops up to 32 bits of those in the buffer.
    #[inline(always)]
    pub(super) fn skip(&mut self, length: u32) {
        self.buffer <<= length;
        self.count = self.count.wrapping_sub(length);
    }

    /// Takes 0 to 16 bits (T.81 F.2.2.4, RECEIVE).
    #[inline(always)]
    pub(super) fn receive(&mut self, length: u32) -> u32 {
        let value = ((self.buffer >> 32) as u32).unbounded_shr(32 - length);
        self.skip(length);
        value
    }

    /// Takes the 0 to 16 bits of a value of a size category (T.81 F.2.2.1, EXTEND).
    #[inline(always)]
    pub(super) fn receive_extend(&mut self, size: u32) -> i32 {
        // All ones when the first bit is zero: the value is negative.
        let negative = !((self.buffer as i64) >> 63) as i32;
        let offset = (1_i32 << size) - 1;
        self.receive(size) as i32 - (offset & negative)
    }

    /// True if bits were taken that are not in the data.
    pub(super) const fn is_past_end(&self) -> bool {
        self.padding > self.count
    }

    /// The next marker, a reader that stands at it and one behind it; `None` when the data end before.
    pub(super) fn next_marker(&self) -> Option<(u8, Self, Self)> {
        let (marker, behind) = find_marker(self.data, self.at)?;
        Some((marker, Self::behind(self.data, behind - 2), Self::behind(self.data, behind)))
    }

    /// Begins at a byte of the data, behind a marker.
    pub(super) const fn behind(data: &'a [u8], at: usize) -> Self {
        Self { data, at, buffer: 0, count: 0, padding: 0 }
    }

    /// This reader as if it had taken bits past the end.
    pub(super) const fn without_data(self) -> Self {
        Self { buffer: 0, count: 0, padding: 1, ..self }
    }
}

/// Finds the next marker in entropy-coded data, from the byte `at` on. Returns it and the place behind it.
fn find_marker(data: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at = pass_data(data, at);
        at += data.get(at..)?.iter().position(|&byte| byte == 0xff)?;
        match data.get(at + 1)? {
            // A stuffed byte belongs to the data.
            0 => at += 2,
            // A fill byte.
            0xff => at += 1,
            &marker => return Some((marker, at + 2)),
        }
    }
}

/// Passes over bytes that surely hold no marker, many at once: no 0xff in them that no zero follows.
fn pass_data(data: &[u8], mut at: usize) -> usize {
    const STEP: usize = 64;
    while let Some(bytes) = data.get(at..).and_then(<[u8]>::first_chunk::<{ STEP + 1 }>) {
        let pairs = bytes[..STEP].iter().zip(&bytes[1..]);
        let found = pairs.fold(0, |found, (&byte, &next)| found | u8::from((byte == 0xff) & (next != 0)));
        if found != 0 {
            break;
        }
        at += STEP;
    }
    at
}

/// True if one of the eight bytes is 0xff.
const fn has_ff(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    (!word).wrapping_sub(ONES) & word & (ONES << 7) != 0
}

#[cold]
#[inline(never)]
fn refill_slowly(mut bits: BitReader<'_>) -> BitReader<'_> {
    while bits.count < FILLED {
        let byte = match (bits.data.get(bits.at), bits.data.get(bits.at + 1)) {
            (Some(0xff), Some(0)) => {
                bits.at += 2;
                0xff
            }
            (Some(&byte), _) if byte != 0xff => {
                bits.at += 1;
                byte
            }
            _ => {
                bits.padding = bits.padding.saturating_add(8);
                0
            }
        };
        bits.buffer |= u64::from(byte) << (56 - bits.count);
        bits.count += 8;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_is_taken_out_and_markers_end_the_data() {
        let data = [0x12, 0xff, 0x00, 0x34, 0xff, 0xd9, 0x77, 1, 2, 3, 4, 5, 6, 7];
        let mut bits = BitReader::new(&data);
        bits.refill();
        assert_eq!([bits.receive(8), bits.receive(4), bits.receive(12)], [0x12, 0xf, 0xf34]);
        assert!(!bits.is_past_end());
        bits.refill();
        assert_eq!(bits.receive(8), 0);
        assert!(bits.is_past_end());
        let (marker, mut at, mut behind) = bits.next_marker().unwrap();
        assert_eq!(marker, 0xd9);
        at.refill();
        assert!(!at.is_past_end() && at.without_data().is_past_end());
        assert_eq!((at.receive(8), at.is_past_end()), (0, true));
        behind.refill();
        assert_eq!((behind.receive(16), behind.is_past_end()), (0x7701, false));
        assert!(behind.next_marker().is_none());
    }

    #[test]
    fn long_runs_read_the_same_in_any_steps() {
        let data: Vec<u8> = (0..250).chain(0..250).collect();
        for step in 1..=16 {
            let mut bits = BitReader::new(&data);
            let mut read = 0;
            while read + step <= 4000 {
                bits.refill_below_32();
                let expected = (0..step).fold(0, |value, i| {
                    let at = (read + i) as usize;
                    value << 1 | u32::from(data[at / 8] >> (7 - at % 8) & 1)
                });
                assert_eq!(bits.receive(step), expected, "{step} at {read}");
                read += step;
            }
        }
    }

    #[test]
    fn reading_goes_on_at_any_position() {
        let mut data: Vec<u8> = (0..=255).collect();
        data.extend([0xff, 0, 0, 0xff, 0, 0xff, 0, 1, 0xff, 0]);
        // 255 without the zero that must follow it ends the data.
        data.remove(255);
        for step in 1..=16 {
            let mut bits = BitReader::new(&data);
            bits.refill();
            while !bits.is_past_end() {
                let mut again = BitReader::at(&data, bits.position().unwrap());
                let mut ahead = bits;
                for _ in 0..5 {
                    again.refill_below_32();
                    ahead.refill_below_32();
                    assert_eq!(again.receive(13), ahead.receive(13));
                    assert_eq!(again.is_past_end(), ahead.is_past_end());
                }
                bits.refill_below_32();
                bits.skip(step);
            }
        }
    }

    #[test]
    fn values_extend_as_the_standard_says() {
        for (data, size, value) in [
            (0x00, 1, -1),
            (0x80, 1, 1),
            (0x00, 2, -3),
            (0x40, 2, -2),
            (0x80, 2, 2),
            (0xc0, 2, 3),
            (0xff, 0, 0),
        ] {
            let data = [data, 0];
            let mut bits = BitReader::new(&data);
            bits.refill();
            assert_eq!(bits.receive_extend(size), value, "{data:?} {size}");
        }
    }
}
