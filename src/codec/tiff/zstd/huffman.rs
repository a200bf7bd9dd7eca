//! The Huffman codes of literals (RFC 8878, 4.2): their description by weights, and the streams that use them.

use super::{
    bits::Backward,
    damaged,
    fse::{Distribution, Table},
};
use crate::error::Result;

/// The bits of the longest code.
const MAX_LOG: u32 = 11;
const CODES: usize = 1 << MAX_LOG;
/// The codes that are decoded before the next bits are loaded.
const AT_ONCE: usize = 56 / MAX_LOG as usize;
/// The most weights: the last symbol's follows from the others.
const WEIGHTS: usize = 255;
/// A distribution of weights has so many at most, of up to so many times.
const KINDS_OF_WEIGHT: usize = 13;
const WEIGHT_LOG: u32 = 6;

/// The codes of literals.
pub(super) struct Codes {
    /// A symbol and, above it, its code's length, for each of the next bits that may come.
    codes: [u16; CODES],
    /// The bits of the longest code; 0 when there are no codes yet.
    log: u32,
}

impl Codes {
    pub(super) const fn none() -> Self {
        Self { codes: [0; CODES], log: 0 }
    }

    pub(super) const fn is_none(&self) -> bool {
        self.log == 0
    }

    /// Reads a description (RFC 8878, 4.2.1). Tells its length.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<usize> {
        let cut = || damaged("has Huffman codes that are cut short");
        let (&head, rest) = bytes.split_first().ok_or_else(cut)?;
        let mut weights = [0; WEIGHTS + 1];
        let (count, length) = if head < 128 {
            let packed = rest.get(..head.into()).ok_or_else(cut)?;
            (unpack_weights(packed, &mut weights)?, packed.len())
        } else {
            let count = usize::from(head) - 127;
            let packed = rest.get(..count.div_ceil(2)).ok_or_else(cut)?;
            for (pair, byte) in weights.chunks_exact_mut(2).zip(packed) {
                pair.copy_from_slice(&[byte >> 4, byte & 15]);
            }
            (count, packed.len())
        };
        self.set(&mut weights, count)?;
        Ok(1 + length)
    }

    /// Makes the codes of so many weights, and of the one that is left out.
    fn set(&mut self, weights: &mut [u8; WEIGHTS + 1], count: usize) -> Result<()> {
        let wrong = || damaged("has Huffman codes of wrong weights");
        let stated = &weights[..count];
        if stated.iter().any(|&weight| u32::from(weight) > MAX_LOG) {
            return Err(wrong());
        }
        let sum: u32 = stated.iter().map(|&weight| (1 << weight) >> 1).sum();
        let log = sum.checked_ilog2().ok_or_else(wrong)? + 1;
        let left = (1 << log) - sum;
        if log > MAX_LOG || !left.is_power_of_two() {
            return Err(wrong());
        }
        weights[count] = left.ilog2() as u8 + 1;
        let mut rest = &mut self.codes[..1 << log];
        for weight in 1..=log {
            let length = (log + 1 - weight) as u16;
            for (symbol, _) in (0..).zip(&weights[..=count]).filter(|&(_, &other)| u32::from(other) == weight)
            {
                let (codes, others) = rest.split_at_mut_checked(1 << (weight - 1)).ok_or_else(wrong)?;
                codes.fill(length << 8 | symbol);
                rest = others;
            }
        }
        self.log = log;
        Ok(())
    }

    /// Decodes one stream.
    pub(super) fn decode_one(&self, stream: &[u8], count: usize, out: &mut [u8]) -> Result<()> {
        Stream::new(stream, out, count)?.finish(self)
    }

    /// Decodes four streams (RFC 8878, 4.2.2), of `count` literals together. Of them the first are wanted, as many as
    /// `out` holds.
    pub(super) fn decode_four(&self, streams: &[u8], count: usize, out: &mut [u8]) -> Result<()> {
        let wrong = || damaged("has streams of wrong lengths");
        let (&[a, b, c, d, e, f], streams) = streams.split_first_chunk().ok_or_else(wrong)?;
        let each = count.div_ceil(4);
        let last = count.checked_sub(3 * each).ok_or_else(wrong)?;
        let split = |rest, count| <[u8]>::split_at_checked(rest, count).ok_or_else(wrong);
        let (first, rest) = split(streams, u16::from_le_bytes([a, b]).into())?;
        let (second, rest) = split(rest, u16::from_le_bytes([c, d]).into())?;
        let (third, fourth) = split(rest, u16::from_le_bytes([e, f]).into())?;
        let (out, rest) = out.split_at_mut(each.min(out.len()));
        let first = Stream::new(first, out, each)?;
        let (out, rest) = rest.split_at_mut(each.min(rest.len()));
        let second = Stream::new(second, out, each)?;
        let (out, rest) = rest.split_at_mut(each.min(rest.len()));
        let third = Stream::new(third, out, each)?;
        let mut all = [first, second, third, Stream::new(fourth, rest, last)?];
        // Together, for as long as there are literals of each: one waits for the other's memory.
        let rounds = all.iter().map(|stream| stream.out.len() / AT_ONCE).min().unwrap_or(0);
        for _ in 0..rounds {
            for stream in &mut all {
                stream.step(self);
            }
        }
        all.into_iter().try_for_each(|stream| stream.finish(self))
    }

    #[inline(always)]
    fn next(&self, bits: &mut Backward<'_>) -> u8 {
        let code = self.codes[bits.peek(self.log) & (CODES - 1)];
        bits.skip(u32::from(code >> 8));
        code as u8
    }
}

/// A stream on its way.
struct Stream<'a> {
    bits: Backward<'a>,
    /// Literals that are still wanted.
    out: &'a mut [u8],
    /// All literals of the stream are wanted.
    is_whole: bool,
}

impl<'a> Stream<'a> {
    fn new(stream: &'a [u8], out: &'a mut [u8], count: usize) -> Result<Self> {
        Ok(Self { bits: Backward::new(stream)?, is_whole: out.len() == count, out })
    }

    #[inline(always)]
    fn step(&mut self, codes: &Codes) {
        if let Some((five, rest)) = std::mem::take(&mut self.out).split_first_chunk_mut::<AT_ONCE>() {
            self.bits.refill();
            for literal in five {
                *literal = codes.next(&mut self.bits);
            }
            self.out = rest;
        }
    }

    fn finish(mut self, codes: &Codes) -> Result<()> {
        while self.out.len() >= AT_ONCE {
            self.step(codes);
        }
        self.bits.refill();
        for literal in self.out {
            *literal = codes.next(&mut self.bits);
        }
        match self.is_whole {
            true if self.bits.is_spent() => Ok(()),
            false if !self.bits.is_past_end() => Ok(()),
            _ => Err(damaged("has other literals than it states")),
        }
    }
}

/// Unpacks weights (RFC 8878, 4.2.1.2): two states take turns until there are no more bits. Tells how many there are.
fn unpack_weights(packed: &[u8], weights: &mut [u8; WEIGHTS + 1]) -> Result<usize> {
    let (distribution, length) = Distribution::read(packed, KINDS_OF_WEIGHT, WEIGHT_LOG)?;
    let mut table = Table::<{ 1 << WEIGHT_LOG }>::of_one(0, 0);
    table.set(&distribution, |weight| (weight, 0));
    let mut bits = Backward::new(packed.get(length..).unwrap_or(&[]))?;
    let mut states = [table.first(&mut bits), table.first(&mut bits)];
    for (count, weight) in weights[..WEIGHTS].iter_mut().enumerate() {
        bits.refill();
        if bits.is_past_end() {
            return match count {
                0 => Err(damaged("has no Huffman codes")),
                _ => {
                    // The other state has one more.
                    *weight = table.state(states[count % 2]).value as u8;
                    Ok(count + 1)
                }
            };
        }
        let state = table.state(states[count % 2]);
        *weight = state.value as u8;
        states[count % 2] = state.next(&mut bits);
    }
    Err(damaged("has too many Huffman codes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_from_weights() {
        // RFC 8878, 4.2.1.3: literals 0 to 5 of weights 4, 3, 2, 0, 1 and 1.
        let mut codes = Codes::none();
        assert!(codes.is_none());
        assert_eq!(codes.read(&[127 + 5, 0x43, 0x20, 0x10, 99]).unwrap(), 4);
        assert_eq!(codes.log, 4);
        let code = |symbol: u16, length: u16| length << 8 | symbol;
        assert_eq!(codes.codes[..4], [code(4, 4), code(5, 4), code(2, 3), code(2, 3)]);
        assert!(codes.codes[4..8].iter().all(|&other| other == code(1, 2)));
        assert!(codes.codes[8..16].iter().all(|&other| other == code(0, 1)));
        // Behind the mark 1, 01, 0000 and 0001.
        let stream = [0b0000_0001, 0b0000_1101];
        let mut out = [0; 4];
        codes.decode_one(&stream, 4, &mut out).unwrap();
        assert_eq!(out, [0, 1, 4, 5]);
        // The first three are wanted, then more than there are, then fewer than there are.
        codes.decode_one(&stream, 4, &mut out[..3]).unwrap();
        assert!(codes.decode_one(&stream, 5, &mut [0; 5]).is_err());
        assert!(codes.decode_one(&stream, 3, &mut [0; 3]).is_err());
    }

    #[test]
    fn wrong_weights_are_refused() {
        for wrong in [&[127 + 2, 0x31][..], &[128, 0], &[128, 0xc0], &[], &[129], &[5, 0]] {
            assert!(Codes::none().read(wrong).is_err(), "{wrong:?}");
        }
    }
}
