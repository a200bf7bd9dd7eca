//! Histograms of symbols: they make the prefix codes, and give lengths before anything is written.

use super::{
    super::{
        NUM_DISTANCE_CODES, NUM_GREEN, NUM_LITERALS,
        entropy::{exact_log2, exact_symbol_cost},
        lz77::{Lz77Prefix, MAX_LENGTH, distance_code, match_length},
        prefix_code::PrefixCode,
    },
    match_finder::{SampleCosts, SampleToken},
};
use crate::{error::Result, limits::try_filled};

/// How many parts of the samples have a histogram of their own.
pub const PARTS: usize = 32;

/// Histograms of the tokens of samples, part by part.
pub struct PartHistograms {
    width: usize,
    samples: usize,
    /// The sample that the next token begins with.
    at: usize,
    parts: Vec<Histogram>,
}

#[derive(Clone)]
struct Histogram {
    green: [u32; NUM_GREEN],
    distance: [u32; NUM_DISTANCE_CODES],
    /// Extra bits of lengths and distances.
    extra_bits: u64,
}

impl Histogram {
    const NONE: Self = Self { green: [0; NUM_GREEN], distance: [0; NUM_DISTANCE_CODES], extra_bits: 0 };
}

impl PartHistograms {
    /// Empty histograms.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new() -> Result<Self> {
        Ok(Self { width: 0, samples: 0, at: 0, parts: try_filled(PARTS, Histogram::NONE)? })
    }

    /// Begins anew, for a number of samples in rows of `width`.
    pub fn begin(&mut self, samples: usize, width: usize) {
        (self.width, self.samples, self.at) = (width, samples, 0);
        self.parts.fill(Histogram::NONE);
    }

    /// Counts the next token.
    #[inline(always)]
    pub fn add(&mut self, token: SampleToken) {
        let part = &mut self.parts[(self.at as u64 * PARTS as u64 / self.samples as u64) as usize];
        match token {
            SampleToken::Literal(sample) => {
                part.green[usize::from(sample)] += 1;
                self.at += 1;
            }
            SampleToken::Copy { length, distance } => {
                self.at += length;
                let length = Lz77Prefix::new(length);
                let distance = Lz77Prefix::new(distance_code(distance, self.width));
                part.green[NUM_LITERALS + length.symbol] += 1;
                part.distance[distance.symbol] += 1;
                part.extra_bits += u64::from(length.extra_bit_count + distance.extra_bit_count);
            }
        }
    }

    /// The histograms of green and of distances over all parts.
    pub fn totals(&self) -> ([u32; NUM_GREEN], [u32; NUM_DISTANCE_CODES]) {
        let (mut green, mut distance) = ([0; NUM_GREEN], [0; NUM_DISTANCE_CODES]);
        for part in &self.parts {
            green.iter_mut().zip(part.green).for_each(|(sum, count)| *sum += count);
            distance.iter_mut().zip(part.distance).for_each(|(sum, count)| *sum += count);
        }
        (green, distance)
    }

    /// The bits of each part, coded by such codes.
    pub fn bits(&self, green: &PrefixCode, distance: &PrefixCode) -> [u64; PARTS] {
        let mut bits = [0; PARTS];
        for (bits, part) in bits.iter_mut().zip(&self.parts) {
            *bits = green.bits(&part.green) + distance.bits(&part.distance) + part.extra_bits;
        }
        bits
    }

    /// What symbols cost if they are as frequent as those that were counted. For those that did not occur it is a
    /// guess.
    pub fn costs(&self) -> SampleCosts {
        let (green, distance) = self.totals();
        let mut costs = SampleCosts::ZERO;
        let (all, far) = (green.iter().sum(), distance.iter().sum());
        let greens = costs.literals.iter_mut().chain(&mut costs.lengths);
        greens.zip(green).for_each(|(cost, count)| *cost = exact_symbol_cost(count, all, 11.0));
        let distances = costs.distances.iter_mut();
        distances.zip(distance).for_each(|(cost, count)| *cost = exact_symbol_cost(count, far, 6.0));
        costs
    }
}

/// A histogram of samples and runs alone, for estimates.
pub struct RunHistogram {
    counts: [u32; NUM_GREEN],
    /// Extra bits of lengths and distances.
    extra_bits: u64,
}

impl RunHistogram {
    /// An empty histogram.
    pub const fn new() -> Self {
        Self { counts: [0; NUM_GREEN], extra_bits: 0 }
    }

    /// Adds samples.
    pub fn add(&mut self, mut samples: &[u8]) {
        while let Some((&sample, rest)) = samples.split_first() {
            self.counts[usize::from(sample)] += 1;
            samples = rest;
            if rest.first() == Some(&sample) {
                let run = 1 + match_length(rest, &rest[1..]).min(MAX_LENGTH - 1);
                let length = Lz77Prefix::new(run);
                self.counts[NUM_LITERALS + length.symbol] += 1;
                self.extra_bits += u64::from(length.extra_bit_count);
                samples = &rest[run..];
            }
        }
    }

    /// The bits that the best code takes.
    pub fn bits(&self) -> u64 {
        let total = exact_log2(self.counts.iter().sum::<u32>().max(1));
        let bits = |&count: &u32| f64::from(count) * (total - exact_log2(count));
        self.extra_bits + self.counts.iter().filter(|&&count| count > 0).map(bits).sum::<f64>() as u64
    }
}
