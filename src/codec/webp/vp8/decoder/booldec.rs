//! The boolean entropy decoder (RFC 6386, section 7), with a window of 64 bits.

use super::super::tables::Prob;

/// Reads bits with their probabilities from a partition.
///
/// No partition begins with eight ones: what is read from one that does has no meaning. Behind the partition one more
/// byte is read, a zero, since some encoders leave it out. To need yet more means to have read something else than what
/// was written: see [`BoolReader::is_past_end`].
#[derive(Clone, Copy)]
pub struct BoolReader<'a> {
    /// The bytes that are not in the window yet.
    input: &'a [u8],
    /// The value (section 7.3): eight bits that are compared, with `bits` more below them; fewer while `bits` is
    /// negative.
    window: u64,
    /// Width of the interval, 128 to 255 between calls.
    range: u32,
    bits: i32,
    /// Bytes that were read from behind the end.
    missing: u32,
}

impl<'a> BoolReader<'a> {
    pub const fn new(input: &'a [u8]) -> Self {
        Self { input, window: 0, range: 255, bits: -8, missing: 0 }
    }

    /// True once a bit has been asked for that isn't there.
    pub const fn is_past_end(&self) -> bool {
        self.missing > 1
    }

    /// A bit that is zero with a probability of `prob / 256`.
    #[inline(always)]
    pub fn bit(&mut self, prob: Prob) -> bool {
        if self.bits < 0 {
            self.fill();
        }
        let split = 1 + (((self.range - 1) * u32::from(prob)) >> 8);
        let place = u64::from(split) << self.bits;
        let bit = self.window >= place;
        if bit {
            self.range -= split;
            self.window -= place;
        } else {
            self.range = split;
        }
        let shift = self.range.leading_zeros() - 24;
        self.range <<= shift;
        self.bits -= shift as i32;
        bit
    }

    /// Fills the window by seven bytes, or by one towards the end.
    #[inline(always)]
    fn fill(&mut self) {
        if let Some((word, _)) = self.input.split_first_chunk::<8>() {
            self.window = self.window << 56 | u64::from_be_bytes(*word) >> 8;
            self.bits += 56;
            self.input = &self.input[7..];
        } else {
            self.fill_byte();
        }
    }

    #[cold]
    fn fill_byte(&mut self) {
        let byte = match self.input.split_first() {
            Some((&byte, rest)) => {
                self.input = rest;
                byte
            }
            None => {
                self.missing = self.missing.saturating_add(1);
                0
            }
        };
        self.window = self.window << 8 | u64::from(byte);
        self.bits += 8;
    }

    /// A bit with a probability of one half.
    #[inline(always)]
    pub fn flag(&mut self) -> bool {
        self.bit(128)
    }

    /// A number of up to eight bits, most significant first.
    pub fn number(&mut self, bits: u32) -> u8 {
        (0..bits).fold(0, |value, _| value << 1 | u8::from(self.flag()))
    }

    /// An optional number: a flag, and if it is set an absolute value of `bits` bits and a sign; else zero.
    pub fn optional(&mut self, bits: u32) -> i16 {
        if !self.flag() {
            return 0;
        }
        let size = i16::from(self.number(bits));
        if self.flag() { -size } else { size }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::encoder::boolenc::BoolEncoder, *};

    /// Bits and probabilities that look like chance.
    fn chance(length: usize) -> Vec<(bool, Prob)> {
        let mut seed = 1_u32;
        let mut next = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 16
        };
        let one = |_| {
            let prob = if next() % 3 == 0 { 255 } else { (1 + next() % 255) as Prob };
            (next() % 256 >= u32::from(prob) || next() % 97 == 0, prob)
        };
        (0..length).map(one).collect()
    }

    #[test]
    fn what_was_written_is_read_and_no_more() {
        for length in [0, 1, 7, 100, 5_000] {
            let bits = chance(length);
            let mut encoder = BoolEncoder::new(Vec::new());
            bits.iter().for_each(|&(bit, prob)| encoder.put(bit, prob));
            let bytes = encoder.finish();
            let mut reader = BoolReader::new(&bytes);
            for (place, &(bit, prob)) in bits.iter().enumerate() {
                assert_eq!(reader.bit(prob), bit, "bit {place} of {length}");
            }
            assert!(!reader.is_past_end());
            for _ in 0..24 {
                reader.flag();
            }
            assert!(reader.is_past_end());
        }
    }

    /// Zeros of even chances take a bit each but the first, and eight stand in the window: those of the byte behind the
    /// end. Then there is one too many.
    #[test]
    fn the_end_is_where_the_bytes_end() {
        for length in 0..30 {
            let bytes = vec![0; length];
            let mut reader = BoolReader::new(&bytes);
            for _ in 0..8 * length + 2 {
                assert!(!reader.is_past_end());
                reader.bit(128);
            }
            assert!(!reader.is_past_end(), "{length}");
            reader.bit(128);
            assert!(reader.is_past_end(), "{length}");
        }
    }
}
