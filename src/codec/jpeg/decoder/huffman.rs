//! Huffman tables (T.81 C, F.2.2.3) that look up a code together with the value behind it.
//!
//! The next [`LOOKAHEAD`] bits select an entry, which holds the value as well where both fit, as nearly always. Longer
//! codes are found by their length.

use super::bits::BitReader;
use crate::error::{Error, Result};

/// The bits of a table look-up (libjpeg's `HUFF_LOOKAHEAD`).
pub(super) const LOOKAHEAD: u32 = 11;
const ENTRIES: usize = 1 << LOOKAHEAD;

/// What the look-up of a symbol gives: how far to advance in zigzag order, and a value or its size.
///
/// Bits 0 to 4: the bits to take. Bit 7: `value` is the size of a value that follows, or, where there are no bits to
/// take, the code is longer than the look-up. Bits 8 to 15: the advance. Above: the value.
#[derive(Debug, Clone, Copy, Default)]
struct Entry(u32);

/// The advance of EOB and EOBn symbols, which end a block: past all coefficients.
pub(super) const EOB: u32 = 64;

impl Entry {
    const fn new(bits: u32, is_size: bool, advance: u32, value: i32) -> Self {
        Self(bits | (is_size as u32) << 7 | advance << 8 | (value as u32) << 16)
    }

    #[inline(always)]
    const fn bits(self) -> u32 {
        self.0 & 31
    }

    #[inline(always)]
    const fn is_size(self) -> bool {
        self.0 & 0x80 != 0
    }

    #[inline(always)]
    const fn advance(self) -> u32 {
        self.0 >> 8 & 0xff
    }

    #[inline(always)]
    const fn value(self) -> i32 {
        self.0 as i32 >> 16
    }
}

/// The table class (Tc, T.81 B.2.4.2): what a symbol stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// The size category of a DC difference.
    Dc,
    /// A run of zeros and the size category of the coefficient after it.
    Ac,
}

/// A decoded symbol with its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol {
    /// How far this coefficient is from the last one in zigzag order: its run of zeros and 1. [`EOB`] where the block
    /// ends, 0 for a DC difference.
    pub(super) advance: u32,
    /// The coefficient or difference; at [`EOB`] the n of EOBn, the upper half of the symbol (T.81 G.1.2.2).
    pub(super) value: i32,
}

/// A decoding table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    class: Class,
    entries: Box<[Entry; ENTRIES]>,
    /// Several symbols at once, for coefficients that are not kept: the bits to take, and the advance, with 0x80 where
    /// the block ends.
    skips: Box<[[u8; 2]; ENTRIES]>,
    /// For each length the first code that is longer, at the top of 16 bits.
    code_ends: [u32; 17],
    /// For each length what to add to a code to get the index of its symbol (libjpeg's `valoffset`).
    symbol_offsets: [i32; 17],
    symbols: Box<[u8; 256]>,
}

/// The heap that a table takes, in bytes.
pub(super) const TABLE_BYTES: u64 = (ENTRIES * 6 + 256) as u64;

impl Table {
    /// Makes a table from the numbers of codes of each length (BITS), 1 to 16, and their symbols (HUFFVAL).
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when there are more codes than fit.
    pub(super) fn new(class: Class, counts: &[u8; 16], symbols: &[u8]) -> Result<Self> {
        let mut table = Self {
            class,
            entries: Box::new([Entry::new(0, true, 0, 0); ENTRIES]),
            skips: Box::new([[0; 2]; ENTRIES]),
            code_ends: [0; 17],
            symbol_offsets: [0; 17],
            symbols: Box::new([0; 256]),
        };
        for (entry, &symbol) in table.symbols.iter_mut().zip(symbols) {
            *entry = symbol;
        }
        let (mut code, mut first) = (0_u32, 0_u32);
        for length in 1..=16 {
            let count = u32::from(counts[length as usize - 1]);
            table.symbol_offsets[length as usize] = first as i32 - code as i32;
            if code + count > 1 << length || first + count > 256 {
                return Err(Error::malformed("a Huffman table with more codes than there can be"));
            }
            for index in first..first + count {
                table.enter(code, length, index as usize);
                code += 1;
            }
            first += count;
            table.code_ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        if class == Class::Ac {
            table.make_skips();
        }
        Ok(table)
    }

    /// Fills in the entries of all look-ups that begin with a code.
    fn enter(&mut self, code: u32, length: u32, index: usize) {
        let Some(rest) = LOOKAHEAD.checked_sub(length) else { return };
        let symbol = self.symbols[index & 255];
        for tail in 0..1 << rest {
            self.entries[(code << rest | tail) as usize] = self.entry(symbol, length, rest, tail);
        }
    }

    /// The entry of a symbol whose code of `length` bits is followed by `rest` bits, the `tail`.
    fn entry(&self, symbol: u8, length: u32, rest: u32, tail: u32) -> Entry {
        let (advance, size) = self.run_size(symbol);
        if size == 0 {
            let value = if advance == EOB { i32::from(symbol >> 4) } else { 0 };
            return Entry::new(length, false, advance, value);
        }
        if size > rest {
            return Entry::new(length, true, advance, size as i32);
        }
        let value = (tail >> (rest - size)) as i32;
        let value = if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value };
        Entry::new(length + size, false, advance, value)
    }

    /// The advance of a symbol and the size category of its value.
    const fn run_size(&self, symbol: u8) -> (u32, u32) {
        let (run, size) = (symbol as u32 >> 4, symbol as u32 & 15);
        match self.class {
            // A difference has no more than 16 bits.
            Class::Dc => (0, if symbol > 16 { 16 } else { symbol as u32 }),
            Class::Ac if size == 0 && run != 15 => (EOB, 0),
            Class::Ac => (run + 1, size),
        }
    }

    /// Joins symbols while they fit into the bits of a look-up.
    fn make_skips(&mut self) {
        for index in 0..ENTRIES {
            let (mut bits, mut advance, mut eob) = (0, 0, 0);
            loop {
                let entry = self.entries[index << bits & (ENTRIES - 1)];
                let taken = if entry.is_size() { entry.bits() + entry.value() as u32 } else { entry.bits() };
                // The length of a value that goes past the look-up is known where its code comes first.
                let is_known = entry.bits() > 0 && bits + taken <= if bits == 0 { 31 } else { LOOKAHEAD };
                if !is_known {
                    break;
                }
                if entry.advance() == EOB {
                    bits += taken;
                    eob = 0x80;
                    break;
                }
                if advance + entry.advance() > 63 {
                    break;
                }
                bits += taken;
                advance += entry.advance();
                if bits > LOOKAHEAD {
                    break;
                }
            }
            self.skips[index] = [bits as u8, advance as u8 | eob];
        }
    }

    /// Takes a symbol and the value behind it, from at least 32 bits.
    #[inline(always)]
    pub(super) fn next(&self, bits: &mut BitReader<'_>) -> Symbol {
        let entry = self.entries[bits.peek(LOOKAHEAD) as usize];
        if !entry.is_size() {
            bits.skip(entry.bits());
            return Symbol { advance: entry.advance(), value: entry.value() };
        }
        let (advance, size) = if entry.bits() > 0 {
            bits.skip(entry.bits());
            (entry.advance(), entry.value() as u32)
        } else {
            let Some((length, symbol)) = self.decode_long(bits.peek(16)) else {
                // As libjpeg has it: 17 bits are passed over for a symbol of 0.
                bits.skip(17);
                return Symbol { advance: EOB, value: 0 };
            };
            bits.skip(length);
            let (advance, size) = self.run_size(symbol);
            if size == 0 {
                let value = if advance == EOB { i32::from(symbol >> 4) } else { 0 };
                return Symbol { advance, value };
            }
            (advance, size)
        };
        Symbol { advance, value: bits.receive_extend(size) }
    }

    /// Passes over the rest of a block after the coefficient `k`, several symbols at once.
    #[inline(always)]
    pub(super) fn skip_block(&self, bits: &mut BitReader<'_>, mut k: u32) {
        while k < 63 {
            bits.refill_below_32();
            let [taken, advance] = self.skips[bits.peek(LOOKAHEAD) as usize];
            let to = k + u32::from(advance & 0x7f);
            // Only what ends before the last coefficient surely belongs to this block.
            if taken > 0 && to < 63 {
                bits.skip(u32::from(taken));
                if advance & 0x80 != 0 {
                    return;
                }
                k = to;
            } else {
                k += self.next(bits).advance;
            }
        }
    }

    /// Finds a code of any length at the top of 16 bits: its length and symbol (T.81 F.2.2.3, DECODE).
    #[cold]
    #[inline(never)]
    fn decode_long(&self, code: u32) -> Option<(u32, u8)> {
        for length in 1..=16 {
            if code < self.code_ends[length as usize] {
                let index = (code >> (16 - length)) as i32 + self.symbol_offsets[length as usize];
                return Some((length, self.symbols[index as usize & 255]));
            }
        }
        None
    }
}
