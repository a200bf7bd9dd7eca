//! Counts of the symbols of a picture, what they take, and the five codes of them (RFC 9649 section 3.7).

use super::{
    super::{
        DISTANCES, GREENS,
        bits::Header,
        entropy::{entropy, sixteenths},
        lz77::{LONGEST, Prefixed},
        prefix_code::Code,
    },
    token::Token,
};
use crate::{error::Result, limits::try_filled};

/// Counts by code.
#[derive(Clone)]
pub struct Counts {
    /// Green, lengths, and places of the colour cache.
    pub green: Vec<u32>,
    /// Red, blue and alpha.
    pub others: [[u32; 256]; 3],
    pub distance: [u32; DISTANCES],
    /// Bits beside the symbols.
    pub more: u64,
}

impl Counts {
    /// Of nothing, with a colour cache of so many bits.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(cache_bits: u32) -> Result<Self> {
        let places = if cache_bits == 0 { 0 } else { 1 << cache_bits };
        Ok(Self {
            green: try_filled(GREENS + places, 0)?,
            others: [[0; 256]; 3],
            distance: [0; DISTANCES],
            more: 0,
        })
    }

    /// Counts a token.
    #[inline]
    pub fn add(&mut self, token: Token) {
        match token {
            Token::Literal(argb) => {
                let [alpha, red, green, blue] = argb.to_be_bytes();
                self.green[usize::from(green)] += 1;
                self.others[0][usize::from(red)] += 1;
                self.others[1][usize::from(blue)] += 1;
                self.others[2][usize::from(alpha)] += 1;
            }
            Token::Cached(place) => self.green[GREENS + usize::from(place)] += 1,
            Token::Copy { length, code } => {
                let (length, code) = (Prefixed::new(length.into()), Prefixed::new(code as usize));
                self.green[256 + length.symbol] += 1;
                self.distance[code.symbol] += 1;
                self.more += u64::from(length.bits + code.bits);
            }
        }
    }

    /// Adds those of another.
    pub fn add_all(&mut self, other: &Self) {
        let add = |(sum, count): (&mut u32, &u32)| *sum += count;
        self.green.iter_mut().zip(&other.green).for_each(add);
        self.others.as_flattened_mut().iter_mut().zip(other.others.as_flattened()).for_each(add);
        self.distance.iter_mut().zip(&other.distance).for_each(add);
        self.more += other.more;
    }

    fn parts(&self) -> [&[u32]; 5] {
        let [red, blue, alpha] = &self.others;
        [&self.green, red, blue, alpha, &self.distance]
    }

    /// About what all takes in bits, with a part of so many of the descriptions of the codes.
    pub fn estimate(&self, parts: u64) -> u64 {
        let described =
            |counts: &[u32]| (20 + 5 * counts.iter().filter(|count| **count > 0).count() as u64) / parts;
        self.more + self.parts().iter().map(|counts| entropy(counts) + described(counts)).sum::<u64>()
    }

    /// What tokens take if they are as frequent as those that were counted.
    pub fn costs(&self) -> Costs {
        let mut costs = Costs::default();
        let mut green = sixteenths(&self.green, 14);
        costs.literals[0].iter_mut().zip(green.by_ref()).for_each(|(cost, bits)| *cost = bits);
        let lengths: Vec<u16> = green.by_ref().take(GREENS - 256).collect();
        costs.cached = green.collect();
        for (costs, counts) in costs.literals[1..].iter_mut().zip(&self.others) {
            costs.iter_mut().zip(sixteenths(counts, 12)).for_each(|(cost, bits)| *cost = bits);
        }
        costs.distances.iter_mut().zip(sixteenths(&self.distance, 8)).for_each(|(cost, bits)| *cost = bits);
        costs.set_lengths(&lengths);
        costs
    }
}

/// What tokens take, in 1/16 bits.
pub struct Costs {
    /// Of green, red, blue and alpha.
    pub literals: [[u16; 256]; 4],
    pub cached: Vec<u16>,
    /// By length, further bits included.
    pub lengths: Vec<u16>,
    /// By symbol.
    pub distances: [u16; DISTANCES],
}

impl Default for Costs {
    fn default() -> Self {
        let mut costs = Self {
            literals: [[8 * 16; 256]; 4],
            cached: Vec::new(),
            lengths: Vec::new(),
            distances: [5 * 16; DISTANCES],
        };
        costs.set_lengths(&[5 * 16; GREENS - 256]);
        costs
    }
}

impl Costs {
    fn set_lengths(&mut self, symbols: &[u16]) {
        let cost = |length| {
            let length = Prefixed::new(length);
            symbols[length.symbol] + 16 * length.bits as u16
        };
        self.lengths = std::iter::once(0).chain((1..=LONGEST).map(cost)).collect();
    }

    /// Of a pixel of `C` samples.
    #[inline(always)]
    pub fn literal<const C: usize>(&self, argb: u32) -> u32 {
        let [alpha, red, green, blue] = argb.to_be_bytes();
        let cost = |channel: usize, sample: u8| u32::from(self.literals[channel][usize::from(sample)]);
        let mut bits = cost(0, green);
        if C >= 3 {
            bits += cost(1, red) + cost(2, blue);
        }
        if C.is_multiple_of(2) {
            bits += cost(3, alpha);
        }
        bits
    }

    /// Of a distance code.
    #[inline(always)]
    pub fn distance(&self, code: usize) -> u32 {
        let code = Prefixed::new(code);
        u32::from(self.distances[code.symbol]) + 16 * code.bits
    }
}

/// The five codes of a picture or of a part.
pub struct Codes {
    green: Code,
    others: [Code; 3],
    distance: Code,
}

impl Codes {
    /// The best ones for such counts, which are told to the decoder, and the bits of all that was counted.
    pub fn new(counts: &Counts, header: &mut Header) -> (Self, u64) {
        let codes = counts.parts().map(Code::new);
        let mut bits = counts.more;
        for (code, counts) in codes.iter().zip(counts.parts()) {
            code.describe(counts, header);
            bits += code.bits(counts);
        }
        let [green, red, blue, alpha, distance] = codes;
        (Self { green, others: [red, blue, alpha], distance }, bits)
    }

    /// Gives the bits of a token, part by part.
    #[inline(always)]
    pub fn put(&self, token: Token, mut put: impl FnMut(u32, u32)) {
        match token {
            Token::Literal(argb) => {
                let [alpha, red, green, blue] = argb.to_be_bytes();
                let (mut value, mut count) = self.green.code(green.into());
                let (red, bits) = self.others[0].code(red.into());
                value |= red << count;
                count += bits;
                put(value, count);
                let (mut value, mut count) = self.others[1].code(blue.into());
                let (alpha, bits) = self.others[2].code(alpha.into());
                value |= alpha << count;
                count += bits;
                put(value, count);
            }
            Token::Cached(place) => {
                let (value, count) = self.green.code(GREENS + usize::from(place));
                put(value, count);
            }
            Token::Copy { length, code } => {
                let (length, code) = (Prefixed::new(length.into()), Prefixed::new(code as usize));
                let (value, bits) = self.green.code(256 + length.symbol);
                put(value | length.more << bits, bits + length.bits);
                let (value, bits) = self.distance.code(code.symbol);
                // Up to 15 and 18 bits.
                put(value, bits);
                put(code.more, code.bits);
            }
        }
    }
}
