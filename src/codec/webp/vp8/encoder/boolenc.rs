//! The boolean entropy encoder (RFC 6386, section 7).
//!
//! Keeps the low end of the interval in 64 bits and writes bytes four at a time; a carry that comes late is added to
//! the bytes already written.

use super::super::tables::Prob;
use crate::{
    codec::file_capacity::STEP,
    error::{Error, Kind, Result},
};

/// More than a macroblock can take: 400 levels of 19 branches, each of less than 8 bits. A buffer has so much room
/// behind its end whenever [`make_room`] has been asked.
pub const SLACK: usize = 8 << 10;

/// Makes room for a macroblock in a buffer of at most `most` bytes: it grows by a quarter.
///
/// # Errors
/// [`Kind::OutputTooLarge`] when there is more already; [`Kind::OutOfMemory`].
#[inline(always)]
pub fn make_room(out: &mut Vec<u8>, most: usize) -> Result<()> {
    if out.len() > most || out.capacity() - out.len() < SLACK { grow(out, most) } else { Ok(()) }
}

#[cold]
#[inline(never)]
fn grow(out: &mut Vec<u8>, most: usize) -> Result<()> {
    if out.len() > most {
        return Err(Error::new(Kind::OutputTooLarge, format!("more than {most} bytes")));
    }
    let wanted = (out.len() / 4).max(STEP).min(most - out.len()) + SLACK;
    out.try_reserve_exact(wanted)?;
    Ok(())
}

/// Writes bits with their probabilities into a growing buffer.
pub struct BoolEncoder {
    /// The interval.
    pub state: State,
    /// The bytes that are done.
    pub out: Vec<u8>,
}

/// The interval. Apart from the buffer, so that a loop that writes many bits can keep it in registers.
#[derive(Clone, Copy)]
pub struct State {
    /// Width of the interval, 128 to 255 between calls.
    range: u32,
    /// Low end: 8 bits of the window, `pending` bits above them, and one for the carry.
    low: u64,
    pending: u32,
}

impl State {
    /// Writes a bit that is zero with a probability of `prob / 256`; `prob` is not zero.
    #[inline(always)]
    pub fn put(&mut self, out: &mut Vec<u8>, bit: bool, prob: Prob) {
        let split = 1 + (((self.range - 1) * u32::from(prob)) >> 8);
        // Both arms are computed, so that the choice needs no branch: bits are hard to foresee.
        self.low += if bit { u64::from(split) } else { 0 };
        self.range = if bit { self.range - split } else { split };
        let shift = self.range.leading_zeros() - 24;
        self.range <<= shift;
        self.low <<= shift;
        self.pending += shift;
        if self.pending >= 40 {
            self.low = flush_word(out, self.low, self.pending);
            self.pending -= 32;
        }
    }
}

impl BoolEncoder {
    /// An encoder that writes behind what is in a buffer. [`make_room`] must be asked for what is written.
    pub const fn new(out: Vec<u8>) -> Self {
        Self { state: State { range: 255, low: 0, pending: 0 }, out }
    }

    /// Writes a bit that is zero with a probability of `prob / 256`; `prob` is not zero.
    #[inline(always)]
    pub fn put(&mut self, bit: bool, prob: Prob) {
        self.state.put(&mut self.out, bit, prob);
    }

    /// Writes a bit with a probability of one half.
    pub fn put_flag(&mut self, bit: bool) {
        self.put(bit, 128);
    }

    /// Writes the low `bits` bits of a value, most significant first.
    pub fn put_bits(&mut self, value: u32, bits: u32) {
        for place in (0..bits).rev() {
            self.put_flag(value >> place & 1 == 1);
        }
    }

    /// Writes a value as its absolute value and its sign.
    pub fn put_signed(&mut self, value: i32, bits: u32) {
        self.put_bits(value.unsigned_abs(), bits);
        self.put_flag(value < 0);
    }

    /// Ends the stream.
    pub fn finish(mut self) -> Vec<u8> {
        // The decoder's window is 8 bits wide: with these, and the padding, it never reads past the end.
        let bits = self.state.pending + 8;
        let bytes = bits.div_ceil(8);
        append(&mut self.out, self.state.low << (bytes * 8 - bits), bytes);
        self.out
    }
}

/// Writes four bytes; returns what is left of the low end.
#[cold]
#[inline(never)]
fn flush_word(out: &mut Vec<u8>, low: u64, pending: u32) -> u64 {
    let keep = pending - 32 + 8;
    append(out, low >> keep, 4);
    low & ((1 << keep) - 1)
}

/// Appends the low `bytes` bytes of `low`; the bit above them is the carry.
fn append(out: &mut Vec<u8>, low: u64, bytes: u32) {
    if low >> (bytes * 8) & 1 == 1 {
        for byte in out.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
    let word = low.to_be_bytes();
    out.extend_from_slice(&word[8 - bytes as usize..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The decoder of RFC 6386, section 7.3, one bit at a time.
    struct Decoder<'a> {
        input: &'a [u8],
        range: u32,
        value: u32,
        bits: u32,
    }

    impl<'a> Decoder<'a> {
        fn new(input: &'a [u8]) -> Self {
            let value = u32::from(input[0]) << 8 | u32::from(*input.get(1).unwrap_or(&0));
            Self { input: input.get(2..).unwrap_or(&[]), range: 255, value, bits: 0 }
        }

        fn bit(&mut self, prob: Prob) -> bool {
            let split = 1 + (((self.range - 1) * u32::from(prob)) >> 8);
            let bit = self.value >= split << 8;
            if bit {
                self.range -= split;
                self.value -= split << 8;
            } else {
                self.range = split;
            }
            while self.range < 128 {
                self.value <<= 1;
                self.range <<= 1;
                self.bits += 1;
                if self.bits == 8 {
                    self.bits = 0;
                    if let Some((&byte, rest)) = self.input.split_first() {
                        self.value |= u32::from(byte);
                        self.input = rest;
                    }
                }
            }
            bit
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut seed = 1_u32;
        let mut next = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 16
        };
        for length in [0, 1, 7, 100, 5_000] {
            // Long runs of likely bits make the carries that travel far.
            let bits: Vec<(bool, Prob)> = (0..length)
                .map(|_| {
                    let prob = if next() % 3 == 0 { 255 } else { (1 + next() % 255) as Prob };
                    (next() % 256 >= u32::from(prob) || next() % 97 == 0, prob)
                })
                .collect();
            let mut encoder = BoolEncoder::new(Vec::new());
            for &(bit, prob) in &bits {
                encoder.put(bit, prob);
            }
            let bytes = encoder.finish();
            let mut decoder = Decoder::new(&bytes);
            for (place, &(bit, prob)) in bits.iter().enumerate() {
                assert_eq!(decoder.bit(prob), bit, "bit {place} of {length}");
            }
        }
    }
}
