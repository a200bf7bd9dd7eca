//! Copies of earlier samples, and how they are found.
//!
//! Copies are looked for where they pay most: at the sample before, which makes runs, in the row above, and where the
//! same four samples stood last, up to [`WINDOW`] behind.

use super::super::lz77::{LONGEST, Prefixed, common, distance_code};
use crate::{error::Result, limits::try_filled};

/// How far back a copy may reach, in samples.
pub const WINDOW: usize = 1 << 15;

/// Where to look: a slot for each hash of [`HASHED`] samples, and how many places that have the same hash are tried.
const SLOTS: usize = 1 << 13;
const HASHED: usize = 4;
const TRIED: usize = 4;

/// A copy so long is taken without looking whether the next sample begins a better one.
const LONG: usize = 32;

/// Of a long copy only so many samples at its end are remembered.
const REMEMBERED: usize = 64;

/// What the next samples are coded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    Literal(u8),
    Copy { length: usize, distance: usize },
}

/// What things take, in 1/16 bits.
pub struct Costs {
    pub literals: [u16; 256],
    pub lengths: [u16; 24],
    pub distances: [u16; 40],
}

impl Costs {
    pub const NONE: Self = Self { literals: [0; 256], lengths: [0; 24], distances: [0; 40] };

    fn of_copy(&self, length: usize, code: usize) -> u32 {
        let (length, code) = (Prefixed::new(length), Prefixed::new(code));
        let symbols = u32::from(self.lengths[length.symbol]) + u32::from(self.distances[code.symbol]);
        symbols + 16 * (length.bits + code.bits)
    }
}

/// Cuts samples into tokens, one at a time. The same samples and costs give the same tokens.
pub struct Finder<'a> {
    /// Without them nothing but runs is looked for, and all are taken.
    costs: Option<&'a Costs>,
    width: usize,
    /// The first sample of the next token.
    at: usize,
    /// What is known to be found there.
    found: Option<Found>,
    /// Samples that are remembered, or never will be.
    seen: usize,
    /// For each hash the last sample, from 1, and for each sample how far before it is the one with the same hash.
    last: Vec<u32>,
    before: Vec<u16>,
}

#[derive(Clone, Copy, Default)]
struct Found {
    /// What the copy saves, in 1/16 bits; zero where there is none.
    gain: u32,
    length: usize,
    distance: usize,
}

impl<'a> Finder<'a> {
    /// Finds copies that are worth it by such costs, in rows of `width`; without costs all runs and nothing else.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(width: usize, costs: Option<&'a Costs>) -> Result<Self> {
        let (slots, window) = if costs.is_some() { (SLOTS, WINDOW) } else { (0, 0) };
        let (last, before) = (try_filled(slots, 0)?, try_filled(window, 0)?);
        Ok(Self { costs, width, at: 0, found: None, seen: 0, last, before })
    }

    /// The next token; `None` at the end. No sample is looked at that lies more than [`WINDOW`] before the token.
    pub fn next(&mut self, samples: &[u8]) -> Option<Token> {
        let sample = *samples.get(self.at)?;
        let Some(costs) = self.costs else { return Some(self.next_run(samples, sample)) };
        let found = self.found.take().unwrap_or_else(|| self.find(samples, costs));
        if found.gain == 0 {
            self.at += 1;
            return Some(Token::Literal(sample));
        }
        if found.length < LONG && self.at + 1 < samples.len() {
            self.at += 1;
            let next = self.find(samples, costs);
            if next.gain > found.gain {
                self.found = Some(next);
                return Some(Token::Literal(sample));
            }
            self.at -= 1;
        }
        self.at += found.length;
        Some(Token::Copy { length: found.length, distance: found.distance })
    }

    /// A run of the sample before, or the sample.
    fn next_run(&mut self, samples: &[u8], sample: u8) -> Token {
        let run = match self.at.checked_sub(1) {
            Some(before) if samples[before] == sample => common(&samples[self.at..], &samples[before..]),
            _ => 0,
        };
        self.at += run.max(1);
        if run == 0 { Token::Literal(sample) } else { Token::Copy { length: run, distance: 1 } }
    }

    /// The copy that saves the most.
    fn find(&mut self, samples: &[u8], costs: &Costs) -> Found {
        self.remember(samples);
        let (at, mut best) = (self.at, Found::default());
        self.try_copy(samples, costs, 1, &mut best);
        if self.width > 1 {
            self.try_copy(samples, costs, self.width, &mut best);
        }
        let Some(hash) = hash(samples, at) else { return best };
        let mut place = self.last[hash] as usize;
        for _ in 0..TRIED {
            if place == 0 || at + 1 - place > WINDOW || best.length == LONGEST {
                break;
            }
            self.try_copy(samples, costs, at + 1 - place, &mut best);
            let before = usize::from(self.before[(place - 1) % WINDOW]);
            place = if before == 0 { 0 } else { place.saturating_sub(before) };
        }
        best
    }

    fn try_copy(&self, samples: &[u8], costs: &Costs, distance: usize, best: &mut Found) {
        if distance > self.at.min(WINDOW) {
            return;
        }
        let (here, there) = (&samples[self.at..], &samples[self.at - distance..]);
        if here[0] != there[0] || best.length > 0 && here.get(best.length) != there.get(best.length) {
            return;
        }
        let length = common(here, there);
        if length <= best.length {
            return;
        }
        let literals = here[..length].iter().map(|&sample| u32::from(costs.literals[usize::from(sample)]));
        let literals: u32 = literals.sum();
        let cost = costs.of_copy(length, distance_code(distance, self.width));
        let gain = literals.saturating_sub(cost);
        if gain > best.gain {
            *best = Found { gain, length, distance };
        }
    }

    /// Remembers samples up to the token.
    fn remember(&mut self, samples: &[u8]) {
        if self.at - self.seen > REMEMBERED {
            self.seen = self.at - REMEMBERED;
        }
        for at in self.seen..self.at {
            let Some(hash) = hash(samples, at) else { break };
            let before = at + 1 - self.last[hash] as usize;
            self.before[at % WINDOW] = if before < WINDOW { before as u16 } else { 0 };
            self.last[hash] = at as u32 + 1;
        }
        self.seen = self.seen.max(self.at);
    }
}

fn hash(samples: &[u8], at: usize) -> Option<usize> {
    let four = samples[at..].first_chunk::<HASHED>()?;
    let mixed = u32::from_le_bytes(*four).wrapping_mul(0x9E37_79B1);
    Some((mixed >> (32 - SLOTS.ilog2())) as usize)
}
