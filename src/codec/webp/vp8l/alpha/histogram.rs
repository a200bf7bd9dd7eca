//! Counts of symbols, from which codes are made and lengths are known before anything is written.

use super::{
    super::{
        DISTANCES, GREENS,
        entropy::{exact_log2, exact_sixteenths},
        lz77::{LONGEST, Prefixed, common, distance_code},
        prefix_code::Code,
    },
    match_finder::{Costs, Token},
};
use crate::{error::Result, limits::try_filled};

/// Parts of the samples that are counted by themselves.
pub const PARTS: usize = 32;

/// The symbols of samples that are cut into tokens, part by part.
pub struct Tally {
    width: usize,
    samples: usize,
    /// The sample that the next token begins with.
    at: usize,
    parts: Vec<Part>,
}

#[derive(Clone)]
struct Part {
    green: [u32; GREENS],
    distance: [u32; DISTANCES],
    /// Bits beside the symbols.
    more: u64,
}

impl Part {
    const NONE: Self = Self { green: [0; GREENS], distance: [0; DISTANCES], more: 0 };
}

impl Tally {
    /// Of nothing yet.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new() -> Result<Self> {
        Ok(Self { width: 0, samples: 0, at: 0, parts: try_filled(PARTS, Part::NONE)? })
    }

    /// Begins anew, with so many samples in rows of `width`.
    pub fn begin(&mut self, samples: usize, width: usize) {
        (self.width, self.samples, self.at) = (width, samples, 0);
        self.parts.fill(Part::NONE);
    }

    /// Counts the next token.
    #[inline(always)]
    pub fn add(&mut self, token: Token) {
        let part = &mut self.parts[(self.at as u64 * PARTS as u64 / self.samples as u64) as usize];
        match token {
            Token::Literal(sample) => {
                part.green[usize::from(sample)] += 1;
                self.at += 1;
            }
            Token::Copy { length, distance } => {
                self.at += length;
                let length = Prefixed::new(length);
                let distance = Prefixed::new(distance_code(distance, self.width));
                part.green[256 + length.symbol] += 1;
                part.distance[distance.symbol] += 1;
                part.more += u64::from(length.bits + distance.bits);
            }
        }
    }

    /// Of all parts together.
    pub fn sums(&self) -> ([u32; GREENS], [u32; DISTANCES]) {
        let (mut green, mut distance) = ([0; GREENS], [0; DISTANCES]);
        for part in &self.parts {
            green.iter_mut().zip(part.green).for_each(|(sum, count)| *sum += count);
            distance.iter_mut().zip(part.distance).for_each(|(sum, count)| *sum += count);
        }
        (green, distance)
    }

    /// The bits of each part.
    pub fn bits(&self, green: &Code, distance: &Code) -> [u64; PARTS] {
        let mut bits = [0; PARTS];
        for (bits, part) in bits.iter_mut().zip(&self.parts) {
            *bits = green.bits(&part.green) + distance.bits(&part.distance) + part.more;
        }
        bits
    }

    /// What symbols take if they are as frequent as those that were counted. What did not occur is a guess.
    pub fn costs(&self) -> Costs {
        let (green, distance) = self.sums();
        let mut costs = Costs::NONE;
        let (all, far) = (green.iter().sum(), distance.iter().sum());
        let greens = costs.literals.iter_mut().chain(&mut costs.lengths);
        greens.zip(green).for_each(|(cost, count)| *cost = exact_sixteenths(count, all, 11.0));
        let distances = costs.distances.iter_mut();
        distances.zip(distance).for_each(|(cost, count)| *cost = exact_sixteenths(count, far, 6.0));
        costs
    }
}

/// The symbols of samples and runs alone, for estimates.
pub struct RunCounts {
    counts: [u32; GREENS],
    /// Bits beside the symbols.
    more: u64,
}

impl RunCounts {
    /// Of nothing yet.
    pub const fn new() -> Self {
        Self { counts: [0; GREENS], more: 0 }
    }

    /// Adds samples.
    pub fn add(&mut self, mut samples: &[u8]) {
        while let Some((&sample, rest)) = samples.split_first() {
            self.counts[usize::from(sample)] += 1;
            samples = rest;
            if rest.first() == Some(&sample) {
                let run = 1 + common(rest, &rest[1..]).min(LONGEST - 1);
                let length = Prefixed::new(run);
                self.counts[256 + length.symbol] += 1;
                self.more += u64::from(length.bits);
                samples = &rest[run..];
            }
        }
    }

    /// The bits that the best code takes.
    pub fn bits(&self) -> u64 {
        let total = exact_log2(self.counts.iter().sum::<u32>().max(1));
        let bits = |&count: &u32| f64::from(count) * (total - exact_log2(count));
        self.more + self.counts.iter().filter(|&&count| count > 0).map(bits).sum::<f64>() as u64
    }
}
