//! The arithmetic coder of tile data (section 8.2 of the AV1 specification), in both directions behind one trait.
//!
//! The syntax of blocks is described once, in [`syntax`](super::syntax), over [`Symbols`]: each of its functions takes
//! the value to be coded and returns the value that was coded. A [`Decoder`] ignores what it is given and returns what
//! it reads; an [`Encoder`] writes what it is given and returns it.
//!
//! Distributions are held inverted, 32768 minus the specification's, so that no subtraction is left to the coder: an
//! array of `N + 1` values for `N` symbols falls from below 32768 to 0 and ends with the count of symbols seen.

mod decoder;
mod encoder;

pub use self::{decoder::Decoder, encoder::Encoder};

/// `EC_MIN_PROB`: the least range that a symbol has, whatever its distribution says.
const MIN_PROBABILITY: u32 = 4;

/// One direction of coding. `L` is the number of symbols and one.
pub trait Symbols {
    /// Whether values come from the caller.
    const WRITES: bool;

    /// Codes a symbol by an adaptive distribution, and adapts it.
    fn symbol<const L: usize>(&mut self, cdf: &mut [u16; L], value: usize) -> usize;

    /// Codes a yes or no of which the second has a probability of `inverse` / 32768, without adapting.
    fn fixed(&mut self, inverse: u16, value: bool) -> bool;

    /// Codes a yes or no by an adaptive distribution.
    #[inline(always)]
    fn flag(&mut self, cdf: &mut [u16; 3], value: bool) -> bool {
        self.symbol(cdf, usize::from(value)) != 0
    }

    /// `L(n)`: a number of at most 31 bits, the highest first, each as probable as not.
    #[inline]
    fn literal(&mut self, bits: u32, value: u32) -> u32 {
        let mut coded = 0;
        for bit in (0..bits).rev() {
            coded = coded << 1 | u32::from(self.fixed(1 << 14, value >> bit & 1 != 0));
        }
        coded
    }

    /// `NS(n)`: a number below `n`, which is at least 1.
    fn non_symmetric(&mut self, n: u32, value: u32) -> u32 {
        let bits = n.ilog2() + 1;
        let short = (1 << bits) - n;
        // Numbers below `short` take a bit less.
        let head = if value < short { value } else { (value + short) >> 1 };
        let head = self.literal(bits - 1, head);
        if head < short {
            return head;
        }
        (head << 1) - short + self.literal(1, (value + short) & 1)
    }
}

/// The range above the symbols behind one whose inverted distribution is `inverse`, of which `behind` are left.
#[inline(always)]
fn threshold(range: u32, inverse: u16, behind: usize) -> u32 {
    (((range >> 8) * u32::from(inverse >> 6)) >> 1) + MIN_PROBABILITY * behind as u32
}

/// Adapts a distribution to a symbol seen.
#[inline(always)]
pub fn adapt<const L: usize>(cdf: &mut [u16; L], symbol: usize) {
    let count = cdf[L - 1];
    let rate = 3 + u16::from(count > 15) + u16::from(count > 31) + if L > 4 { 2 } else { 1 };
    for (index, value) in cdf[..L - 2].iter_mut().enumerate() {
        if index < symbol {
            *value += (32768 - *value) >> rate;
        } else {
            *value -= *value >> rate;
        }
    }
    cdf[L - 1] = count + u16::from(count < 32);
}

/// The probability of a symbol, of 32768, by an inverted distribution.
#[inline]
pub fn probability<const L: usize>(cdf: &[u16; L], symbol: usize) -> u16 {
    let before = if symbol == 0 { 32768 } else { cdf[symbol - 1] };
    before - cdf[symbol]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mixture of all kinds of elements, by a generator of numbers.
    fn code<S: Symbols>(symbols: &mut S, seed: u32, count: usize) -> Vec<u32> {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let mut two = [16384, 0, 0];
        let mut four = [30000, 200, 100, 0, 0];
        let mut sixteen: [u16; 17] =
            std::array::from_fn(|i| if i > 14 { 0 } else { 32000 - i as u16 * 2000 });
        let mut coded = Vec::new();
        for _ in 0..count {
            let wanted = next();
            coded.push(match next() % 6 {
                0 => u32::from(symbols.flag(&mut two, wanted % 16 == 0)),
                1 => symbols.symbol(&mut four, (wanted % 9 / 2).min(3) as usize) as u32,
                2 => symbols.symbol(&mut sixteen, (wanted % 16) as usize) as u32,
                3 => symbols.literal(1 + wanted % 20, wanted >> 3 & ((1 << (1 + wanted % 20)) - 1)),
                4 => symbols.non_symmetric(1 + wanted % 77, wanted / 77 % (1 + wanted % 77)),
                _ => u32::from(symbols.fixed((wanted % 32000) as u16 + 100, wanted % 3 == 0)),
            });
        }
        coded
    }

    #[test]
    fn what_is_written_is_read() {
        for (seed, count) in [(1, 0), (2, 1), (3, 2), (4, 17), (5, 1000), (6, 50_000)] {
            for adapts in [true, false] {
                let mut encoder = Encoder::new(adapts);
                let written = code(&mut encoder, seed, count);
                let data = encoder.finish().unwrap();
                let mut decoder = Decoder::new(&data, adapts);
                let read = code(&mut decoder, seed, count);
                let differs = read.iter().zip(&written).position(|(read, written)| read != written);
                assert_eq!((differs, read.len()), (None, count), "{seed} {adapts}");
                assert!(!decoder.is_past_end());
            }
        }
    }

    #[test]
    fn carries_pass_through_bytes() {
        // Symbols of the least probability put the interval at its very end, so that bytes of 255 wait for a carry.
        let mut encoder = Encoder::new(false);
        let mut data = Vec::new();
        for i in 0..3000 {
            encoder.fixed(if i % 100 == 99 { 16384 } else { 64 }, i % 100 == 99);
            encoder.fixed(32700, true);
            encoder
                .hand_over(1, |bytes| {
                    data.extend_from_slice(bytes);
                    Ok(())
                })
                .unwrap();
        }
        assert!(!data.is_empty());
        data.extend(encoder.finish().unwrap());
        let mut decoder = Decoder::new(&data, false);
        for i in 0..3000 {
            assert_eq!(decoder.fixed(if i % 100 == 99 { 16384 } else { 64 }, false), i % 100 == 99);
            assert!(decoder.fixed(32700, false));
        }
    }

    #[test]
    fn distributions_adapt_as_specified() {
        // Section 8.2.6, worked by hand: rate 3 + 2 for four symbols, all counts below 16.
        let mut cdf = [24576, 16384, 8192, 0, 0];
        adapt(&mut cdf, 1);
        assert_eq!(cdf, [24576 + 256, 16384 - 512, 8192 - 256, 0, 1]);
        assert_eq!(probability(&cdf, 0), 32768 - 24832);
        assert_eq!(probability(&cdf, 3), 7936);
        let mut three = [20000, 16384, 0, 0];
        adapt(&mut three, 2);
        assert_eq!(three, [20000 + (12768 >> 4), 16384 + 1024, 0, 1]);
        let mut two = [16384, 0, 32];
        adapt(&mut two, 0);
        assert_eq!(two, [16384 - (16384 >> 6), 0, 32]);
    }
}
