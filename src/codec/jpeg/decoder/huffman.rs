//! Huffman tables (T.81 C, F.2.2.3), made for looking up a code together with the value behind it.
//!
//! [`LOOK`] bits choose an entry that says all when code and value fit into them, as nearly all do. Longer codes
//! are searched for by length.

use super::bits::Bits;
use crate::error::{Error, Result};

/// Bits that are looked up at once.
pub(super) const LOOK: u32 = 11;
const ENTRIES: usize = 1 << LOOK;

/// What a symbol says: how many places on it leads, and a value or how to get one.
///
/// Bits 0 to 4: how many bits it takes. Bit 7: `value` is the size of a value that follows, or, where the bits
/// taken are 0, nothing is known but that the code is long. Bits 8 to 15: places to go on. Above: the value.
#[derive(Debug, Clone, Copy, Default)]
struct Entry(u32);

/// Places to go on that end a block, more than there are.
pub(super) const END: u32 = 64;

impl Entry {
    const fn new(bits: u32, is_size: bool, places: u32, value: i32) -> Self {
        Self(bits | (is_size as u32) << 7 | places << 8 | (value as u32) << 16)
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
    const fn places(self) -> u32 {
        self.0 >> 8 & 0xff
    }

    #[inline(always)]
    const fn value(self) -> i32 {
        self.0 as i32 >> 16
    }
}

/// How the symbols of a table are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// The size of a difference.
    Dc,
    /// Zeros before a value and the value's size.
    Ac,
}

/// What a decoded symbol says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol {
    /// Places to go on from the last coefficient to this one; [`END`] where the block ends, a difference has 0.
    pub(super) places: u32,
    /// The coefficient or difference; at [`END`] the upper half of the symbol, which in a progressive scan says
    /// how long the run of ended blocks is.
    pub(super) value: i32,
}

/// A table, ready for use.
#[derive(Debug, Clone)]
pub(super) struct Table {
    class: Class,
    entries: Box<[Entry; ENTRIES]>,
    /// Several symbols at once, for coefficients that nobody wants: bits, places, and 0x80 where the block ends.
    steps: Box<[[u8; 2]; ENTRIES]>,
    /// For each length the first code past it, at the top of 16 bits.
    limits: [u32; 17],
    /// For each length what to add to a code to get its symbol's place.
    offsets: [i32; 17],
    symbols: Box<[u8; 256]>,
}

/// The heap that a table takes.
pub(super) const TABLE_BYTES: u64 = (ENTRIES * 6 + 256) as u64;

impl Table {
    /// Makes a table from the numbers of codes of each length, 1 to 16, and their symbols.
    ///
    /// # Errors
    /// `Malformed` when there are more codes than fit.
    pub(super) fn new(class: Class, counts: &[u8; 16], symbols: &[u8]) -> Result<Self> {
        let mut table = Self {
            class,
            entries: Box::new([Entry::new(0, true, 0, 0); ENTRIES]),
            steps: Box::new([[0; 2]; ENTRIES]),
            limits: [0; 17],
            offsets: [0; 17],
            symbols: Box::new([0; 256]),
        };
        for (place, &symbol) in table.symbols.iter_mut().zip(symbols) {
            *place = symbol;
        }
        let (mut code, mut first) = (0_u32, 0_u32);
        for length in 1..=16 {
            let count = u32::from(counts[length as usize - 1]);
            table.offsets[length as usize] = first as i32 - code as i32;
            if code + count > 1 << length || first + count > 256 {
                return Err(Error::malformed("a Huffman table with more codes than there can be"));
            }
            for index in first..first + count {
                table.enter(code, length, index as usize);
                code += 1;
            }
            first += count;
            table.limits[length as usize] = code << (16 - length);
            code <<= 1;
        }
        if class == Class::Ac {
            table.make_steps();
        }
        Ok(table)
    }

    /// Enters a code under all the bits that begin with it.
    fn enter(&mut self, code: u32, length: u32, index: usize) {
        let Some(rest) = LOOK.checked_sub(length) else { return };
        let symbol = self.symbols[index & 255];
        for tail in 0..1 << rest {
            self.entries[(code << rest | tail) as usize] = self.entry(symbol, length, rest, tail);
        }
    }

    /// The entry of a symbol whose code of `length` bits is followed by `rest` bits, the `tail`.
    fn entry(&self, symbol: u8, length: u32, rest: u32, tail: u32) -> Entry {
        let (places, size) = self.meaning(symbol);
        if size == 0 {
            let value = if places == END { i32::from(symbol >> 4) } else { 0 };
            return Entry::new(length, false, places, value);
        }
        if size > rest {
            return Entry::new(length, true, places, size as i32);
        }
        let value = (tail >> (rest - size)) as i32;
        let value = if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value };
        Entry::new(length + size, false, places, value)
    }

    /// The places that a symbol leads on and the size of its value.
    const fn meaning(&self, symbol: u8) -> (u32, u32) {
        let (run, size) = (symbol as u32 >> 4, symbol as u32 & 15);
        match self.class {
            // More than 16 bits there can't be in a difference.
            Class::Dc => (0, if symbol > 16 { 16 } else { symbol as u32 }),
            Class::Ac if size == 0 && run != 15 => (END, 0),
            Class::Ac => (run + 1, size),
        }
    }

    /// Joins symbols while they fit into the bits that are looked up.
    fn make_steps(&mut self) {
        for index in 0..ENTRIES {
            let (mut bits, mut places, mut is_end) = (0, 0, 0);
            loop {
                let entry = self.entries[index << bits & (ENTRIES - 1)];
                let taken = if entry.is_size() { entry.bits() + entry.value() as u32 } else { entry.bits() };
                // A code whose value goes past the bits is known where the code comes first.
                let is_known = entry.bits() > 0 && bits + taken <= if bits == 0 { 31 } else { LOOK };
                if !is_known {
                    break;
                }
                if entry.places() == END {
                    bits += taken;
                    is_end = 0x80;
                    break;
                }
                if places + entry.places() > 63 {
                    break;
                }
                bits += taken;
                places += entry.places();
                if bits > LOOK {
                    break;
                }
            }
            self.steps[index] = [bits as u8, places as u8 | is_end];
        }
    }

    /// Takes a symbol and the value behind it. At least 32 bits must be there.
    #[inline(always)]
    pub(super) fn next(&self, bits: &mut Bits<'_>) -> Symbol {
        let entry = self.entries[bits.peek(LOOK) as usize];
        if !entry.is_size() {
            bits.skip(entry.bits());
            return Symbol { places: entry.places(), value: entry.value() };
        }
        let (places, size) = if entry.bits() > 0 {
            bits.skip(entry.bits());
            (entry.places(), entry.value() as u32)
        } else {
            let Some((length, symbol)) = self.search(bits.peek(16)) else {
                // As libjpeg has it: 17 bits are passed over for a symbol of 0.
                bits.skip(17);
                return Symbol { places: END, value: 0 };
            };
            bits.skip(length);
            let (places, size) = self.meaning(symbol);
            if size == 0 {
                let value = if places == END { i32::from(symbol >> 4) } else { 0 };
                return Symbol { places, value };
            }
            (places, size)
        };
        Symbol { places, value: bits.take_value(size) }
    }

    /// Passes over the rest of a block after the coefficient at `place`: several symbols at once.
    #[inline(always)]
    pub(super) fn skip_block(&self, bits: &mut Bits<'_>, mut place: u32) {
        while place < 63 {
            bits.refill_below_32();
            let [taken, places] = self.steps[bits.peek(LOOK) as usize];
            let to = place + u32::from(places & 0x7f);
            // Only what ends before the last place is surely of this block.
            if taken > 0 && to < 63 {
                bits.skip(u32::from(taken));
                if places & 0x80 != 0 {
                    return;
                }
                place = to;
            } else {
                place += self.next(bits).places;
            }
        }
    }

    /// A code of any length at the top of 16 bits: its length and symbol.
    #[cold]
    #[inline(never)]
    fn search(&self, code: u32) -> Option<(u32, u8)> {
        for length in 1..=16 {
            if code < self.limits[length as usize] {
                let index = (code >> (16 - length)) as i32 + self.offsets[length as usize];
                return Some((length, self.symbols[index as usize & 255]));
            }
        }
        None
    }
}
