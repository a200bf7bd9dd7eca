//! Tables of finite state entropy (RFC 8878, 4.1): each state stands for a symbol, and says how many bits lead to which
//! next state.

use super::{
    bits::{Backward, Forward},
    damaged,
};
use crate::error::Result;

/// More symbols than any table has.
const SYMBOLS: usize = 64;

/// How often each symbol comes, of `1 << log` times; -1 for one that is rarer than that.
pub(super) struct Distribution {
    counts: [i16; SYMBOLS],
    symbols: usize,
    log: u32,
}

impl Distribution {
    pub(super) fn new(counts: &[i8], log: u32) -> Self {
        let mut distribution = Self { counts: [0; SYMBOLS], symbols: counts.len(), log };
        for (to, &from) in distribution.counts.iter_mut().zip(counts) {
            *to = from.into();
        }
        distribution
    }

    /// Reads a description (RFC 8878, 4.1.1) of up to `symbols` and up to `1 << max_log` times. Tells its length, too.
    pub(super) fn read(bytes: &[u8], symbols: usize, max_log: u32) -> Result<(Self, usize)> {
        let mut bits = Forward::new(bytes);
        let log = bits.take(4) + 5;
        if log > max_log {
            return Err(damaged("has a table that is too long"));
        }
        let mut distribution = Self { counts: [0; SYMBOLS], symbols: 0, log };
        let mut left = 1 << log;
        while left > 0 {
            if distribution.symbols >= symbols {
                return Err(damaged("has a table of too many symbols"));
            }
            let count = number(&mut bits, left + 1) as i16 - 1;
            left -= u32::from(count.unsigned_abs());
            distribution.counts[distribution.symbols] = count;
            distribution.symbols += 1;
            // After one that never comes, further ones that don't.
            let mut is_more = count == 0;
            while is_more && distribution.symbols <= symbols {
                let more = bits.take(2);
                distribution.symbols += more as usize;
                is_more = more == 3;
            }
        }
        let length = bits.bytes_taken().ok_or_else(|| damaged("has a table that is cut short"))?;
        Ok((distribution, length))
    }
}

/// A number up to `most`. Of the lowest numbers each has one bit less.
fn number(bits: &mut Forward<'_>, most: u32) -> u32 {
    let length = most.ilog2() + 1;
    let short = (1 << length) - 1 - most;
    let low = bits.peek(length - 1);
    if low < short {
        return bits.take(length - 1);
    }
    let number = bits.take(length);
    if number < 1 << (length - 1) { number } else { number - short }
}

/// What a state stands for, and what follows.
#[derive(Clone, Copy)]
pub(super) struct State {
    /// The symbol, or the least value that its code stands for.
    pub(super) value: u32,
    /// How many bits are added to the value.
    pub(super) extra: u8,
    /// How many bits lead on, added to the next state.
    bits: u8,
    next: u16,
}

/// A table of up to `STATES` states, a power of two.
pub(super) struct Table<const STATES: usize> {
    states: [State; STATES],
    /// The bits that choose the first state.
    log: u32,
}

impl<const STATES: usize> Table<STATES> {
    /// A table of one state.
    pub(super) const fn of_one(value: u32, extra: u8) -> Self {
        Self { states: [State { value, extra, bits: 0, next: 0 }; STATES], log: 0 }
    }

    /// Fills the table by a distribution of at most so many times as there are states. `meaning` tells what a symbol
    /// stands for: a value, and the bits that are added to it.
    pub(super) fn set(&mut self, distribution: &Distribution, meaning: impl Fn(u32) -> (u32, u8)) {
        let Distribution { counts, symbols, log } = distribution;
        let states = &mut self.states[..1 << log];
        self.log = *log;
        let symbols = counts[..*symbols].iter().zip(0_u32..);
        // Those that are rare stand at the end; the others are spread over the rest.
        let mut rare = states.len();
        for (_, symbol) in symbols.clone().filter(|&(&count, _)| count < 0) {
            rare -= 1;
            states[rare].value = symbol;
        }
        let (step, mask) = ((states.len() >> 1) + (states.len() >> 3) + 3, states.len() - 1);
        let mut at = 0;
        for (&count, symbol) in symbols {
            for _ in 0..count {
                states[at].value = symbol;
                at = (at + step) & mask;
                while at >= rare {
                    at = (at + step) & mask;
                }
            }
        }
        let mut seen = counts.map(|count| count.unsigned_abs());
        for state in states {
            let symbol = state.value;
            let times = &mut seen[symbol as usize % SYMBOLS];
            let bits = log - times.max(&mut 1).ilog2();
            let next = (u32::from(*times) << bits) - (1 << log);
            *times += 1;
            let (value, extra) = meaning(symbol);
            *state = State { value, extra, bits: bits as u8, next: next as u16 };
        }
    }

    /// Takes the number of the first state.
    pub(super) const fn first(&self, bits: &mut Backward<'_>) -> usize {
        bits.take(self.log)
    }

    #[inline(always)]
    pub(super) const fn state(&self, number: usize) -> State {
        self.states[number & (STATES - 1)]
    }
}

impl State {
    /// Takes the number of the state that follows.
    #[inline(always)]
    pub(super) const fn next(self, bits: &mut Backward<'_>) -> usize {
        self.next as usize + bits.take(self.bits as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_read_by_the_bits_it_needs() {
        // Of 32 times, so that the first number is one of 33: five bits for the 30 lowest, six for the others.
        let mut bits: Vec<u32> = Vec::new();
        let mut put = |value: u32, count: u32| bits.extend((0..count).map(|at| value >> at & 1));
        put(0, 4); // A table of 32.
        put(17, 5); // 16 times, of up to 33: below 30 with five bits.
        put(0, 4); // Rare, of up to 17: below 14 with four bits.
        put(1, 4); // Never, of up to 16: below 15 with four bits.
        put(2, 2); // And two more that never come.
        put(16 + 15, 5); // 15 times: the last of up to 16.
        let bytes: Vec<u8> = bits
            .chunks(8)
            .map(|bits| bits.iter().zip(0..).map(|(bit, at)| (bit << at) as u8).sum())
            .collect();
        let (distribution, length) = Distribution::read(&bytes, 6, 5).unwrap();
        assert_eq!(distribution.counts[..distribution.symbols], [16, -1, 0, 0, 0, 15]);
        assert_eq!(length, 3);
        assert!(Distribution::read(&bytes, 5, 5).is_err());
        assert!(Distribution::read(&bytes, 6, 4).is_err());
        assert!(Distribution::read(&bytes[..2], 6, 5).is_err());
    }

    #[test]
    fn states_are_spread_as_in_appendix_a() {
        // Of RFC 8878, appendix A: the table of offsets.
        let counts =
            [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];
        let mut table = Table::<32>::of_one(0, 0);
        table.set(&Distribution::new(&counts, 5), |symbol| (symbol, 0));
        let states = table.states.map(|state| (state.value, state.bits, state.next));
        assert_eq!(states[..6], [(0, 5, 0), (6, 4, 0), (9, 5, 0), (15, 5, 0), (21, 5, 0), (3, 5, 0)]);
        assert_eq!(states[26..], [(16, 5, 0), (28, 5, 0), (27, 5, 0), (26, 5, 0), (25, 5, 0), (24, 5, 0)]);
        assert_eq!([states[15], states[24], states[7]], [(7, 4, 16), (6, 4, 16), (12, 5, 0)]);
    }
}
