//! Finds backward references to earlier samples.
//!
//! They are sought where they pay most: at the sample before, which makes runs, in the row above, and where the same
//! four samples stood last, up to [`WINDOW`] back.

use super::super::{
    NUM_DISTANCE_CODES, NUM_LENGTH_CODES, NUM_LITERALS,
    lz77::{Lz77Prefix, MAX_LENGTH, distance_code, match_length},
};
use crate::{error::Result, limits::try_filled};

/// The most samples that a copy reaches back.
pub const WINDOW: usize = 1 << 15;

/// Slots of the hash table.
const HASH_SLOTS: usize = 1 << 13;

/// Samples that are hashed together.
const HASH_BYTES: usize = 4;

/// How many places with the same hash are tried.
const MAX_CHAIN: usize = 4;

/// A copy so long is taken without looking whether the next sample begins a better one.
const GOOD_LENGTH: usize = 32;

/// The most samples of a copy, at its end, that go into the hash chains.
const INSERTED_OF_COPY: usize = 64;

/// What samples are cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleToken {
    Literal(u8),
    Copy { length: usize, distance: usize },
}

/// What symbols cost, in 1/16 bits.
pub struct SampleCosts {
    pub literals: [u16; NUM_LITERALS],
    pub lengths: [u16; NUM_LENGTH_CODES],
    pub distances: [u16; NUM_DISTANCE_CODES],
}

impl SampleCosts {
    pub const ZERO: Self = Self {
        literals: [0; NUM_LITERALS],
        lengths: [0; NUM_LENGTH_CODES],
        distances: [0; NUM_DISTANCE_CODES],
    };

    fn of_copy(&self, length: usize, code: usize) -> u32 {
        let (length, code) = (Lz77Prefix::new(length), Lz77Prefix::new(code));
        let symbols = u32::from(self.lengths[length.symbol]) + u32::from(self.distances[code.symbol]);
        symbols + 16 * (length.extra_bit_count + code.extra_bit_count)
    }
}

/// Cuts samples into tokens, one at a time. The same samples and costs give the same tokens.
pub struct MatchFinder<'a> {
    /// Without costs only runs are sought, and all are taken.
    costs: Option<&'a SampleCosts>,
    width: usize,
    /// The first sample of the next token.
    at: usize,
    /// The match there, if it has been found already.
    pending: Option<Match>,
    /// Samples that are in the hash chains, or never will be.
    inserted: usize,
    /// For each hash the last sample, from 1; and for each sample how far back the one before with the same hash is.
    heads: Vec<u32>,
    links: Vec<u16>,
}

#[derive(Clone, Copy, Default)]
struct Match {
    /// The bits that it saves, in 1/16; zero if there is none.
    gain: u32,
    length: usize,
    distance: usize,
}

impl<'a> MatchFinder<'a> {
    /// Finds copies that pay by such costs, in rows of `width`; without costs all runs and nothing else.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(width: usize, costs: Option<&'a SampleCosts>) -> Result<Self> {
        let (slots, window) = if costs.is_some() { (HASH_SLOTS, WINDOW) } else { (0, 0) };
        let (heads, links) = (try_filled(slots, 0)?, try_filled(window, 0)?);
        Ok(Self { costs, width, at: 0, pending: None, inserted: 0, heads, links })
    }

    /// The next token; `None` at the end. Reads no sample more than [`WINDOW`] before the token.
    pub fn next(&mut self, samples: &[u8]) -> Option<SampleToken> {
        let sample = *samples.get(self.at)?;
        let Some(costs) = self.costs else { return Some(self.next_run(samples, sample)) };
        let found = self.pending.take().unwrap_or_else(|| self.find(samples, costs));
        if found.gain == 0 {
            self.at += 1;
            return Some(SampleToken::Literal(sample));
        }
        if found.length < GOOD_LENGTH && self.at + 1 < samples.len() {
            self.at += 1;
            let next = self.find(samples, costs);
            if next.gain > found.gain {
                self.pending = Some(next);
                return Some(SampleToken::Literal(sample));
            }
            self.at -= 1;
        }
        self.at += found.length;
        Some(SampleToken::Copy { length: found.length, distance: found.distance })
    }

    /// A run of the sample before, or the sample.
    fn next_run(&mut self, samples: &[u8], sample: u8) -> SampleToken {
        let run = match self.at.checked_sub(1) {
            Some(before) if samples[before] == sample => {
                match_length(&samples[self.at..], &samples[before..])
            }
            _ => 0,
        };
        self.at += run.max(1);
        if run == 0 { SampleToken::Literal(sample) } else { SampleToken::Copy { length: run, distance: 1 } }
    }

    /// The match that saves the most.
    fn find(&mut self, samples: &[u8], costs: &SampleCosts) -> Match {
        self.insert(samples);
        let (at, mut best) = (self.at, Match::default());
        self.try_copy(samples, costs, 1, &mut best);
        if self.width > 1 {
            self.try_copy(samples, costs, self.width, &mut best);
        }
        let Some(hash) = hash(samples, at) else { return best };
        let mut place = self.heads[hash] as usize;
        for _ in 0..MAX_CHAIN {
            if place == 0 || at + 1 - place > WINDOW || best.length == MAX_LENGTH {
                break;
            }
            self.try_copy(samples, costs, at + 1 - place, &mut best);
            let back = usize::from(self.links[(place - 1) % WINDOW]);
            place = if back == 0 { 0 } else { place.saturating_sub(back) };
        }
        best
    }

    fn try_copy(&self, samples: &[u8], costs: &SampleCosts, distance: usize, best: &mut Match) {
        if distance > self.at.min(WINDOW) {
            return;
        }
        let (here, there) = (&samples[self.at..], &samples[self.at - distance..]);
        if here[0] != there[0] || best.length > 0 && here.get(best.length) != there.get(best.length) {
            return;
        }
        let length = match_length(here, there);
        if length <= best.length {
            return;
        }
        let literals = here[..length].iter().map(|&sample| u32::from(costs.literals[usize::from(sample)]));
        let literals: u32 = literals.sum();
        let cost = costs.of_copy(length, distance_code(distance, self.width));
        let gain = literals.saturating_sub(cost);
        if gain > best.gain {
            *best = Match { gain, length, distance };
        }
    }

    /// Inserts the samples up to the token into the hash chains.
    fn insert(&mut self, samples: &[u8]) {
        if self.at - self.inserted > INSERTED_OF_COPY {
            self.inserted = self.at - INSERTED_OF_COPY;
        }
        for at in self.inserted..self.at {
            let Some(hash) = hash(samples, at) else { break };
            let back = at + 1 - self.heads[hash] as usize;
            self.links[at % WINDOW] = if back < WINDOW { back as u16 } else { 0 };
            self.heads[hash] = at as u32 + 1;
        }
        self.inserted = self.inserted.max(self.at);
    }
}

fn hash(samples: &[u8], at: usize) -> Option<usize> {
    let four = samples[at..].first_chunk::<HASH_BYTES>()?;
    let mixed = u32::from_le_bytes(*four).wrapping_mul(0x9E37_79B1);
    Some((mixed >> (32 - HASH_SLOTS.ilog2())) as usize)
}
