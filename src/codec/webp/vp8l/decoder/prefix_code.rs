//! Reads prefix codes (RFC 9649 section 3.7.2.1), and symbols by them.

use super::{super::prefix_code::CODE_LENGTH_ORDER, MAX_ALPHABET, bits::BitReader};
use crate::{
    error::{Error, Result},
    limits::try_filled,
};

/// The longest code, in bits.
const MAX_LENGTH: usize = 15;

/// Bits by which symbols are looked up; longer codes are read on bit by bit.
const TABLE_BITS: u32 = 8;

/// In the table: a longer code begins so.
const LONGER: u16 = u16::MAX;

/// How many symbols have each length.
pub type LengthCounts = [u16; MAX_LENGTH + 1];

/// What a prefix code is told by.
pub enum Shape {
    /// One symbol, which takes no bits.
    Single(u16),
    /// Two symbols of one bit, that of a zero first.
    Pair(u16, u16),
    /// Code lengths.
    Canonical(LengthCounts),
}

impl Shape {
    /// The shape of a code of such lengths. One symbol takes no bits, several must use up all codes.
    fn of(lengths: &[u8]) -> Result<Self> {
        let mut counts = LengthCounts::default();
        lengths.iter().for_each(|&length| counts[usize::from(length)] += 1);
        counts[0] = 0;
        let used: u32 = counts.iter().map(|&count| u32::from(count)).sum();
        if used == 1 {
            let symbol = lengths.iter().position(|&length| length > 0);
            return Ok(Self::Single(symbol.unwrap_or_default() as u16));
        }
        let taken: u32 =
            counts.iter().enumerate().map(|(length, &count)| u32::from(count) << (MAX_LENGTH - length)).sum();
        if taken == 1 << MAX_LENGTH { Ok(Self::Canonical(counts)) } else { Err(broken()) }
    }
}

/// Reads prefix codes one after another, in the same memory.
pub struct CodeReader {
    lengths: [u8; MAX_ALPHABET],
}

impl CodeReader {
    pub const fn new() -> Self {
        Self { lengths: [0; MAX_ALPHABET] }
    }

    /// Reads a code to decode symbols with.
    ///
    /// # Errors
    /// As [`read_shape`](Self::read_shape), and [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn read(&mut self, bits: &mut BitReader<'_>, alphabet: usize) -> Result<(Shape, PrefixCode)> {
        let shape = self.read_shape(bits, alphabet)?;
        let code = PrefixCode::new(&shape, &self.lengths[..alphabet])?;
        Ok((shape, code))
    }

    /// Reads a code of an alphabet of so many symbols.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for what is no code.
    pub fn read_shape(&mut self, bits: &mut BitReader<'_>, alphabet: usize) -> Result<Shape> {
        if !bits.flag()? {
            let lengths = &mut self.lengths[..alphabet];
            read_lengths(bits, lengths)?;
            return Shape::of(lengths);
        }
        let is_pair = bits.flag()?;
        let is_long = bits.flag()?;
        let first = bits.read(if is_long { 8 } else { 1 })?;
        let second = if is_pair { bits.read(8)? } else { 0 };
        if first.max(second) as usize >= alphabet {
            return Err(broken());
        }
        Ok(if is_pair { Shape::Pair(first as u16, second as u16) } else { Shape::Single(first as u16) })
    }
}

/// Reads the code lengths of a normal code.
fn read_lengths(bits: &mut BitReader<'_>, lengths: &mut [u8]) -> Result<()> {
    let mut of_lengths = [0; CODE_LENGTH_ORDER.len()];
    let count = 4 + bits.read(4)? as usize;
    for &symbol in CODE_LENGTH_ORDER.get(..count).ok_or_else(broken)? {
        of_lengths[symbol] = bits.read(3)? as u8;
    }
    let code = PrefixCode::new(&Shape::of(&of_lengths)?, &of_lengths)?;
    let mut tokens = lengths.len();
    if bits.flag()? {
        let count = 2 + 2 * bits.read(3)?;
        tokens = 2 + bits.read(count)? as usize;
        if tokens > lengths.len() {
            return Err(broken());
        }
    }
    lengths.fill(0);
    let (mut at, mut last) = (0, 8);
    while at < lengths.len() && tokens > 0 {
        tokens -= 1;
        let symbol = code.symbol(bits)?;
        let (length, run) = match symbol {
            16 => (last, 3 + bits.read(2)?),
            17 => (0, 3 + bits.read(3)?),
            18 => (0, 11 + bits.read(7)?),
            _ => {
                lengths[at] = symbol as u8;
                last = if symbol == 0 { last } else { symbol as u8 };
                at += 1;
                continue;
            }
        };
        let end = at + run as usize;
        lengths.get_mut(at..end).ok_or_else(broken)?.fill(length);
        at = end;
    }
    Ok(())
}

/// A prefix code that symbols are decoded by.
pub struct PrefixCode {
    /// By the next bits: the symbol, and in the four lowest bits how many it takes; or [`LONGER`].
    table: [u16; 1 << TABLE_BITS],
    counts: LengthCounts,
    /// Symbols by length, and those of one length in order.
    symbols: Vec<u16>,
}

impl PrefixCode {
    fn new(shape: &Shape, lengths: &[u8]) -> Result<Self> {
        let mut code =
            Self { table: [LONGER; 1 << TABLE_BITS], counts: LengthCounts::default(), symbols: Vec::new() };
        match *shape {
            Shape::Single(symbol) => code.table.fill(symbol << 4),
            Shape::Pair(zero, one) => code
                .table
                .iter_mut()
                .enumerate()
                .for_each(|(bits, entry)| *entry = if bits & 1 == 0 { zero } else { one } << 4 | 1),
            Shape::Canonical(counts) => {
                code.counts = counts;
                code.fill(lengths)?;
            }
        }
        Ok(code)
    }

    /// Gives the symbols their canonical codes.
    fn fill(&mut self, lengths: &[u8]) -> Result<()> {
        let (mut places, mut codes) = ([0_usize; MAX_LENGTH + 2], [0_u32; MAX_LENGTH + 2]);
        for (length, &count) in self.counts.iter().enumerate() {
            places[length + 1] = places[length] + usize::from(count);
            codes[length + 1] = (codes[length] + u32::from(count)) << 1;
        }
        self.symbols = try_filled(places[MAX_LENGTH + 1], 0)?;
        for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            let (length, bits) = (usize::from(length), u32::from(length));
            self.symbols[places[length]] = symbol as u16;
            places[length] += 1;
            if bits <= TABLE_BITS {
                let first = (codes[length] << (32 - bits)).reverse_bits() as usize;
                self.table.iter_mut().skip(first).step_by(1 << bits).for_each(|entry| {
                    *entry = (symbol as u16) << 4 | u16::from(length as u8);
                });
            }
            codes[length] += 1;
        }
        Ok(())
    }

    /// The symbol of a code that has only one.
    pub const fn single(&self) -> Option<u16> {
        let entry = self.table[0];
        if entry != LONGER && entry & 15 == 0 { Some(entry >> 4) } else { None }
    }

    /// Reads a symbol.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) past the end of the stream.
    #[inline(always)]
    pub fn symbol(&self, bits: &mut BitReader<'_>) -> Result<u16> {
        let next = bits.peek();
        let entry = self.table[(next & ((1 << TABLE_BITS) - 1)) as usize];
        if entry == LONGER {
            return self.long_symbol(next, bits);
        }
        bits.skip((entry & 15).into())?;
        Ok(entry >> 4)
    }

    fn long_symbol(&self, next: u32, bits: &mut BitReader<'_>) -> Result<u16> {
        let (mut code, mut first, mut place) = (0, 0, 0);
        for (length, &count) in (0_u32..).zip(&self.counts).skip(1) {
            let count = u32::from(count);
            code = code << 1 | next >> (length - 1) & 1;
            if code < first + count {
                bits.skip(length)?;
                return self.symbols.get((place + code - first) as usize).copied().ok_or_else(broken);
            }
            place += count;
            first = (first + count) << 1;
        }
        Err(broken())
    }
}

#[cold]
fn broken() -> Error {
    Error::malformed("a prefix code of the lossless WebP is broken")
}
