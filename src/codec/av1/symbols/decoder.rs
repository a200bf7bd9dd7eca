//! Reading symbols.

use super::{Symbols, adapt, threshold};

/// `SymbolValue` and what follows it, in one word: the highest 16 bits are the value, the rest are bits to come. The
/// data is held inverted, as the value is the distance from the end of the interval.
#[derive(Debug)]
pub struct Decoder<'a> {
    data: &'a [u8],
    window: u64,
    /// Bits in the window below the value. Negative: none are left, and the value lacks some.
    bits: i32,
    range: u32,
    /// Bytes that were read beyond the end.
    padding: u32,
    adapts: bool,
}

impl<'a> Decoder<'a> {
    /// `init_symbol`: reads a tile's data. `adapts` is false where the header says `disable_cdf_update`.
    pub fn new(data: &'a [u8], adapts: bool) -> Self {
        // The highest bit of the value is not in the data.
        let mut decoder = Self { data, window: 0, bits: -15, range: 1 << 15, padding: 0, adapts };
        decoder.refill();
        decoder
    }

    /// Whether more was read than there is, as is never so of sound data.
    pub const fn is_past_end(&self) -> bool {
        self.padding as i32 * 8 > self.bits + 14
    }

    /// Fills the window with whole bytes, and beyond the end of the data with zeros (held inverted).
    #[cold]
    #[inline(never)]
    fn refill(&mut self) {
        let wanted = ((48 - self.bits) / 8).min(7) as usize;
        let mut bytes = [0; 8];
        let taken = wanted.min(self.data.len());
        bytes[..taken].copy_from_slice(&self.data[..taken]);
        self.data = &self.data[taken..];
        self.padding = self.padding.saturating_add((wanted - taken) as u32).min(1 << 20);
        let fresh = !u64::from_be_bytes(bytes) >> (64 - 8 * wanted);
        self.window |= fresh << (48 - self.bits - 8 * wanted as i32);
        self.bits += 8 * wanted as i32;
    }

    /// Finds the symbol whose interval a value is in, and its ends: of up to four symbols, which follow each other
    /// without a pattern, so no branch is taken.
    #[inline(always)]
    fn few<const L: usize>(&self, cdf: &[u16; L], value: u32) -> (usize, u32, u32) {
        let (mut symbol, mut high) = (0, self.range);
        let mut low = threshold(self.range, cdf[0], L - 2);
        let mut end = low;
        for behind in 1..L - 1 {
            let next = if behind < L - 2 { threshold(self.range, cdf[behind], L - 2 - behind) } else { 0 };
            let below = value < end;
            symbol += usize::from(below);
            high = if below { end } else { high };
            low = if below { next } else { low };
            end = next;
        }
        (symbol, low, high)
    }

    /// As `few`, of any number of symbols: the first are the likeliest.
    #[inline(always)]
    fn many<const L: usize>(&self, cdf: &[u16; L], value: u32) -> (usize, u32, u32) {
        let mut high = self.range;
        for symbol in 0..L - 2 {
            let low = threshold(self.range, cdf[symbol], L - 2 - symbol);
            if value >= low {
                return (symbol, low, high);
            }
            high = low;
        }
        (L - 2, 0, high)
    }

    /// Takes the interval from `low` up to `high`, of the inverted value.
    #[inline(always)]
    fn take(&mut self, low: u32, high: u32) {
        let range = high - low;
        let shift = range.leading_zeros() - 16;
        self.window = (self.window - (u64::from(low) << 48)) << shift;
        self.range = range << shift;
        self.bits -= shift as i32;
        if self.bits < 0 {
            self.refill();
        }
    }
}

impl Symbols for Decoder<'_> {
    const WRITES: bool = false;

    #[inline(always)]
    fn symbol<const L: usize>(&mut self, cdf: &mut [u16; L], _value: usize) -> usize {
        let value = (self.window >> 48) as u32;
        let (symbol, low, high) = if L <= 5 { self.few::<L>(cdf, value) } else { self.many::<L>(cdf, value) };
        self.take(low, high);
        if self.adapts {
            adapt(cdf, symbol);
        }
        symbol
    }

    #[inline(always)]
    fn fixed(&mut self, inverse: u16, _value: bool) -> bool {
        let low = threshold(self.range, inverse, 1);
        let second = (self.window >> 48) < u64::from(low);
        if second {
            self.take(0, low);
        } else {
            self.take(low, self.range);
        }
        second
    }
}
