//! Histograms of a picture's symbols, what tokens cost by them, and their prefix codes (RFC 9649 section 3.7).

use super::{
    super::{
        NUM_DISTANCE_CODES, NUM_GREEN, NUM_LENGTH_CODES, NUM_LITERALS,
        bits::HeaderBits,
        entropy::{entropy, symbol_costs},
        lz77::{Lz77Prefix, MAX_LENGTH},
        prefix_code::PrefixCode,
    },
    token::PixelToken,
};
use crate::{error::Result, limits::try_filled};

/// Counts of symbols by prefix code.
#[derive(Clone)]
pub struct Histogram {
    /// Green, lengths, and colour cache indices.
    pub green: Vec<u32>,
    /// Red, blue and alpha.
    pub red_blue_alpha: [[u32; 256]; 3],
    pub distance: [u32; NUM_DISTANCE_CODES],
    /// Extra bits of lengths and distances.
    pub extra_bits: u64,
}

impl Histogram {
    /// An empty histogram, with a colour cache of `cache_bits` bits.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(cache_bits: u32) -> Result<Self> {
        let cache_size = if cache_bits == 0 { 0 } else { 1 << cache_bits };
        Ok(Self {
            green: try_filled(NUM_GREEN + cache_size, 0)?,
            red_blue_alpha: [[0; 256]; 3],
            distance: [0; NUM_DISTANCE_CODES],
            extra_bits: 0,
        })
    }

    /// Counts a token.
    #[inline]
    pub fn add(&mut self, token: PixelToken) {
        match token {
            PixelToken::Literal(argb) => {
                let [alpha, red, green, blue] = argb.to_be_bytes();
                self.green[usize::from(green)] += 1;
                self.red_blue_alpha[0][usize::from(red)] += 1;
                self.red_blue_alpha[1][usize::from(blue)] += 1;
                self.red_blue_alpha[2][usize::from(alpha)] += 1;
            }
            PixelToken::Cached(place) => self.green[NUM_GREEN + usize::from(place)] += 1,
            PixelToken::Copy { length, code } => {
                let (length, code) = (Lz77Prefix::new(length.into()), Lz77Prefix::new(code as usize));
                self.green[NUM_LITERALS + length.symbol] += 1;
                self.distance[code.symbol] += 1;
                self.extra_bits += u64::from(length.extra_bit_count + code.extra_bit_count);
            }
        }
    }

    /// Adds another histogram.
    pub fn add_all(&mut self, other: &Self) {
        let add = |(sum, count): (&mut u32, &u32)| *sum += count;
        self.green.iter_mut().zip(&other.green).for_each(add);
        self.red_blue_alpha
            .as_flattened_mut()
            .iter_mut()
            .zip(other.red_blue_alpha.as_flattened())
            .for_each(add);
        self.distance.iter_mut().zip(&other.distance).for_each(add);
        self.extra_bits += other.extra_bits;
    }

    fn parts(&self) -> [&[u32]; 5] {
        let [red, blue, alpha] = &self.red_blue_alpha;
        [&self.green, red, blue, alpha, &self.distance]
    }

    /// About how many bits all symbols take, with a share of what their prefix codes take: one of `parts`.
    pub fn estimate(&self, parts: u64) -> u64 {
        let code_bits =
            |counts: &[u32]| (20 + 5 * counts.iter().filter(|count| **count > 0).count() as u64) / parts;
        self.extra_bits + self.parts().iter().map(|counts| entropy(counts) + code_bits(counts)).sum::<u64>()
    }

    /// What tokens cost if symbols are as frequent as those that were counted.
    pub fn costs(&self) -> PixelCosts {
        let mut costs = PixelCosts::default();
        let mut green = symbol_costs(&self.green, 14);
        costs.literals[0].iter_mut().zip(green.by_ref()).for_each(|(cost, bits)| *cost = bits);
        let lengths: Vec<u16> = green.by_ref().take(NUM_LENGTH_CODES).collect();
        costs.cached = green.collect();
        for (costs, counts) in costs.literals[1..].iter_mut().zip(&self.red_blue_alpha) {
            costs.iter_mut().zip(symbol_costs(counts, 12)).for_each(|(cost, bits)| *cost = bits);
        }
        costs.distances.iter_mut().zip(symbol_costs(&self.distance, 8)).for_each(|(cost, bits)| *cost = bits);
        costs.set_lengths(&lengths);
        costs
    }
}

/// What tokens cost, in 1/16 bits.
pub struct PixelCosts {
    /// Costs of green, red, blue and alpha.
    pub literals: [[u16; 256]; 4],
    pub cached: Vec<u16>,
    /// Costs by length, extra bits included.
    pub lengths: Vec<u16>,
    /// Costs by prefix symbol.
    pub distances: [u16; NUM_DISTANCE_CODES],
}

impl Default for PixelCosts {
    fn default() -> Self {
        let mut costs = Self {
            literals: [[8 * 16; 256]; 4],
            cached: Vec::new(),
            lengths: Vec::new(),
            distances: [5 * 16; NUM_DISTANCE_CODES],
        };
        costs.set_lengths(&[5 * 16; NUM_LENGTH_CODES]);
        costs
    }
}

impl PixelCosts {
    fn set_lengths(&mut self, symbols: &[u16]) {
        let cost = |length| {
            let length = Lz77Prefix::new(length);
            symbols[length.symbol] + 16 * length.extra_bit_count as u16
        };
        self.lengths = std::iter::once(0).chain((1..=MAX_LENGTH).map(cost)).collect();
    }

    /// The cost of a pixel of `C` samples.
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

    /// The cost of a distance code.
    #[inline(always)]
    pub fn distance(&self, code: usize) -> u32 {
        let code = Lz77Prefix::new(code);
        u32::from(self.distances[code.symbol]) + 16 * code.extra_bit_count
    }
}

/// A prefix code group: the five prefix codes of a picture, or of some of its tiles.
pub struct PrefixCodeGroup {
    green: PrefixCode,
    red_blue_alpha: [PrefixCode; 3],
    distance: PrefixCode,
}

impl PrefixCodeGroup {
    /// Makes the best prefix codes of a histogram and writes them; returns also the bits of all tokens that it counted.
    pub fn new(counts: &Histogram, header: &mut HeaderBits) -> (Self, u64) {
        let codes = counts.parts().map(PrefixCode::new);
        let mut bits = counts.extra_bits;
        for (code, counts) in codes.iter().zip(counts.parts()) {
            code.write(counts, header);
            bits += code.bits(counts);
        }
        let [green, red, blue, alpha, distance] = codes;
        (Self { green, red_blue_alpha: [red, blue, alpha], distance }, bits)
    }

    /// Gives the bits of a token, part by part, to `put`.
    #[inline(always)]
    pub fn put(&self, token: PixelToken, mut put: impl FnMut(u32, u32)) {
        match token {
            PixelToken::Literal(argb) => {
                let [alpha, red, green, blue] = argb.to_be_bytes();
                let (mut value, mut count) = self.green.code(green.into());
                let (red, bits) = self.red_blue_alpha[0].code(red.into());
                value |= red << count;
                count += bits;
                put(value, count);
                let (mut value, mut count) = self.red_blue_alpha[1].code(blue.into());
                let (alpha, bits) = self.red_blue_alpha[2].code(alpha.into());
                value |= alpha << count;
                count += bits;
                put(value, count);
            }
            PixelToken::Cached(place) => {
                let (value, count) = self.green.code(NUM_GREEN + usize::from(place));
                put(value, count);
            }
            PixelToken::Copy { length, code } => {
                let (length, code) = (Lz77Prefix::new(length.into()), Lz77Prefix::new(code as usize));
                let (value, bits) = self.green.code(NUM_LITERALS + length.symbol);
                put(value | length.extra_bits << bits, bits + length.extra_bit_count);
                let (value, bits) = self.distance.code(code.symbol);
                // Up to 15 and 18 bits.
                put(value, bits);
                put(code.extra_bits, code.extra_bit_count);
            }
        }
    }
}
