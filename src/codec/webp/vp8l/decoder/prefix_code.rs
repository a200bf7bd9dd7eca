//! Reads prefix codes (RFC 9649 section 3.7.2.1), and symbols by them.
//!
//! Symbols are looked up by the next [`TABLE_BITS`] bits, or by fewer where no code is so long. An entry has the
//! symbol, and in its four lowest bits the code's length. Where longer codes begin so, it has the place of a second
//! table behind the first, and the length of the longest of them, which is more than [`TABLE_BITS`].

use super::{super::prefix_code::CODE_LENGTH_ORDER, MAX_ALPHABET, bits::BitReader};
use crate::error::{Error, Result};

/// The longest code, in bits.
const MAX_LENGTH: usize = 15;

/// Bits by which symbols are looked up at first.
const TABLE_BITS: usize = 9;

/// How many symbols have each length.
type LengthCounts = [u16; MAX_LENGTH + 1];

/// What a prefix code is told by.
#[derive(Clone, Copy)]
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

    /// Bits by which symbols are looked up at first.
    fn table_bits(&self) -> usize {
        match self {
            Self::Single(_) => 0,
            Self::Pair(..) => 1,
            Self::Canonical(counts) => longest(counts).min(TABLE_BITS),
        }
    }

    /// How many entries the tables have.
    pub fn entries(&self) -> usize {
        let first = 1 << self.table_bits();
        match self {
            Self::Canonical(counts) if longest(counts) > TABLE_BITS => {
                let mut second = 0;
                second_tables(counts, |bits| second += 1 << bits);
                first + second
            }
            _ => first,
        }
    }
}

fn longest(counts: &LengthCounts) -> usize {
    counts.iter().rposition(|&count| count > 0).unwrap_or(0)
}

/// Tells of each of the second tables, in order, by how many bits it is looked up. Codes are in the order of their
/// lengths, and so a table's last code is its longest.
fn second_tables(counts: &LengthCounts, mut tell: impl FnMut(usize)) {
    let part = |length: usize| 1_u32 << (MAX_LENGTH - length);
    let mut left = part(TABLE_BITS);
    for (length, &count) in counts.iter().enumerate().skip(TABLE_BITS + 1) {
        for _ in 0..count {
            left -= part(length);
            if left == 0 {
                tell(length - TABLE_BITS);
                left = part(TABLE_BITS);
            }
        }
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

    /// Reads a code of an alphabet of so many symbols, and adds its tables to others.
    ///
    /// # Errors
    /// As [`read_shape`](Self::read_shape), and [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn read(
        &mut self,
        bits: &mut BitReader<'_>,
        alphabet: usize,
        tables: &mut Vec<u16>,
    ) -> Result<PrefixCode> {
        let shape = self.read_shape(bits, alphabet)?;
        let start = tables.len();
        let entries = shape.entries();
        tables.try_reserve_exact(entries)?;
        tables.resize(start + entries, 0);
        fill(&shape, &self.lengths[..alphabet], &mut tables[start..]);
        let single = if let Shape::Single(symbol) = shape { Some(symbol) } else { None };
        Ok(PrefixCode { start: start as u32, mask: (1 << shape.table_bits()) - 1, single })
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
        // Twice the same symbol is one.
        let is_single = !is_pair || first == second;
        Ok(if is_single { Shape::Single(first as u16) } else { Shape::Pair(first as u16, second as u16) })
    }
}

/// Reads the code lengths of a normal code.
fn read_lengths(bits: &mut BitReader<'_>, lengths: &mut [u8]) -> Result<()> {
    let mut of_lengths = [0; CODE_LENGTH_ORDER.len()];
    let count = 4 + bits.read(4)? as usize;
    for &symbol in CODE_LENGTH_ORDER.get(..count).ok_or_else(broken)? {
        of_lengths[symbol] = bits.read(3)? as u8;
    }
    // Their own lengths are no more than seven bits.
    let mut table = [0; 1 << 7];
    let shape = Shape::of(&of_lengths)?;
    fill(&shape, &of_lengths, &mut table[..shape.entries()]);
    let code = PrefixCode { start: 0, mask: (1 << shape.table_bits()) - 1, single: None };
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
        bits.fill();
        let symbol = code.of(&table).symbol(bits);
        let (length, run) = match symbol {
            16 => (last, 3 + bits.take(2)),
            17 => (0, 3 + bits.take(3)),
            18 => (0, 11 + bits.take(7)),
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
    bits.check()
}

/// Fills the tables of a code: symbols have its codes in the order of their lengths.
fn fill(shape: &Shape, lengths: &[u8], tables: &mut [u16]) {
    let counts = match *shape {
        Shape::Single(symbol) => return tables.fill(symbol << 4),
        Shape::Pair(zero, one) => return tables.copy_from_slice(&[zero << 4 | 1, one << 4 | 1]),
        Shape::Canonical(counts) => counts,
    };
    let table_bits = shape.table_bits();
    let mut codes = [0_u32; MAX_LENGTH + 2];
    for (length, &count) in counts.iter().enumerate() {
        codes[length + 1] = (codes[length] + u32::from(count)) << 1;
    }
    let first_codes = codes;
    let longest = longest(&counts);
    let (first, second) = tables.split_at_mut(1 << table_bits);
    // The second tables: where each stands, and where its codes begin in the first one.
    if longest > table_bits {
        let mut at = 0;
        let mut code = first_codes[table_bits + 1] >> 1;
        second_tables(&counts, |bits| {
            let entry = (code << (32 - table_bits)).reverse_bits() as usize;
            first[entry] = at << 4 | (table_bits + bits) as u16;
            at += 1 << bits;
            code += 1;
        });
    }
    for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
        let (code, bits) = (codes[usize::from(length)], u32::from(length));
        codes[usize::from(length)] += 1;
        // As it comes, the first bit lowest.
        let code = (code << (32 - bits)).reverse_bits() as usize;
        let entry = (symbol as u16) << 4 | u16::from(length);
        let bits = bits as usize;
        if bits <= table_bits {
            first[code..].iter_mut().step_by(1 << bits).for_each(|place| *place = entry);
            continue;
        }
        let link = first[code & ((1 << table_bits) - 1)];
        let (start, size) = (usize::from(link >> 4), 1 << (usize::from(link & 15) - table_bits));
        let table = &mut second[start..start + size];
        table[code >> table_bits..]
            .iter_mut()
            .step_by(1 << (bits - table_bits))
            .for_each(|place| *place = entry);
    }
}

/// A prefix code, by where its tables stand among those of others.
#[derive(Debug, Clone, Copy)]
pub struct PrefixCode {
    start: u32,
    /// Of the bits by which symbols are looked up at first.
    mask: u16,
    /// The symbol of a code that has only one.
    pub single: Option<u16>,
}

impl PrefixCode {
    /// With the tables in which it stands.
    #[inline(always)]
    pub fn of(self, tables: &[u16]) -> Lookup<'_> {
        Lookup { tables: &tables[self.start as usize..], mask: self.mask }
    }
}

/// A prefix code that symbols are decoded by.
#[derive(Clone, Copy)]
pub struct Lookup<'a> {
    tables: &'a [u16],
    mask: u16,
}

impl Lookup<'_> {
    /// Reads a symbol, of whose code all bits must be pending.
    #[inline(always)]
    pub fn symbol(self, bits: &mut BitReader<'_>) -> u16 {
        let next = bits.peek();
        let mut entry = self.tables[(next as u16 & self.mask) as usize];
        let length = usize::from(entry & 15);
        if length > TABLE_BITS {
            let at = (1 << TABLE_BITS) + usize::from(entry >> 4);
            let within = (next >> TABLE_BITS) as usize & ((1 << (length - TABLE_BITS)) - 1);
            entry = self.tables[at + within];
        }
        bits.skip((entry & 15).into());
        entry >> 4
    }
}

#[cold]
fn broken() -> Error {
    Error::malformed("a prefix code of the lossless WebP is broken")
}
