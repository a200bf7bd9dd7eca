//! Copies of earlier samples (RFC 9649 section 3.6.2.2): how lengths and distances are told, and how they are found.
//!
//! Copies are looked for where they pay most: at the sample before, which makes runs, in the row above, and where the
//! same four samples stood last, up to [`WINDOW`] behind.

use crate::{error::Result, limits::try_filled};

/// How far back a copy may reach, in samples.
pub const WINDOW: usize = 1 << 15;

/// The longest copy.
pub const LONGEST: usize = 4096;

/// Where to look: a slot for each hash of [`HASHED`] samples, and how many places that have the same hash are tried.
const SLOTS: usize = 1 << 13;
const HASHED: usize = 4;
const TRIED: usize = 4;

/// A copy so long is taken without looking whether the next sample begins a better one.
const LONG: usize = 32;

/// Of a long copy only so many samples at its end are remembered.
const REMEMBERED: usize = 64;

/// Rows and columns of the samples nearby, in the order of their distance codes.
#[rustfmt::skip]
const NEARBY: [(i8, u8); 120] = [
    (0, 1), (1, 0), (1, 1), (-1, 1), (0, 2), (2, 0), (1, 2), (-1, 2), (2, 1), (-2, 1), (2, 2), (-2, 2),
    (0, 3), (3, 0), (1, 3), (-1, 3), (3, 1), (-3, 1), (2, 3), (-2, 3), (3, 2), (-3, 2), (0, 4), (4, 0),
    (1, 4), (-1, 4), (4, 1), (-4, 1), (3, 3), (-3, 3), (2, 4), (-2, 4), (4, 2), (-4, 2), (0, 5), (3, 4),
    (-3, 4), (4, 3), (-4, 3), (5, 0), (1, 5), (-1, 5), (5, 1), (-5, 1), (2, 5), (-2, 5), (5, 2), (-5, 2),
    (4, 4), (-4, 4), (3, 5), (-3, 5), (5, 3), (-5, 3), (0, 6), (6, 0), (1, 6), (-1, 6), (6, 1), (-6, 1),
    (2, 6), (-2, 6), (6, 2), (-6, 2), (4, 5), (-4, 5), (5, 4), (-5, 4), (3, 6), (-3, 6), (6, 3), (-6, 3),
    (0, 7), (7, 0), (1, 7), (-1, 7), (5, 5), (-5, 5), (7, 1), (-7, 1), (4, 6), (-4, 6), (6, 4), (-6, 4),
    (2, 7), (-2, 7), (7, 2), (-7, 2), (3, 7), (-3, 7), (7, 3), (-7, 3), (5, 6), (-5, 6), (6, 5), (-6, 5),
    (8, 0), (4, 7), (-4, 7), (7, 4), (-7, 4), (8, 1), (8, 2), (6, 6), (-6, 6), (8, 3), (5, 7), (-5, 7),
    (7, 5), (-7, 5), (8, 4), (6, 7), (-6, 7), (7, 6), (-7, 6), (8, 5), (7, 7), (-7, 7), (8, 6), (8, 7),
];

/// The same the other way: the distance code at `16 * row + 8 - column`.
const NEARBY_CODES: [u8; 128] = {
    let mut codes = [0; 128];
    let mut at = 0;
    while at < NEARBY.len() {
        let (column, row) = NEARBY[at];
        codes[(16 * row as i16 + 8 - column as i16) as usize] = at as u8 + 1;
        at += 1;
    }
    codes
};

/// The code of a distance, from 1: those nearby by where they lie, others as they are.
pub fn distance_code(distance: usize, width: usize) -> usize {
    let (row, column) = (distance / width, distance % width);
    if row < 8 && column <= 8 {
        NEARBY_CODES[16 * row + 8 - column].into()
    } else if row < 7 && column + 8 > width {
        NEARBY_CODES[16 * (row + 1) + 8 + width - column].into()
    } else {
        distance + NEARBY.len()
    }
}

/// A length or a distance code as symbol, further bits, and how many these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefixed {
    pub symbol: usize,
    pub more: u32,
    pub bits: u32,
}

impl Prefixed {
    /// Of a value from 1.
    #[inline(always)]
    pub const fn new(value: usize) -> Self {
        let before = value - 1;
        if before < 4 {
            return Self { symbol: before, more: 0, bits: 0 };
        }
        let bits = before.ilog2() - 1;
        let symbol = 2 * (bits as usize + 1) + (before >> bits & 1);
        Self { symbol, more: (before & ((1 << bits) - 1)) as u32, bits }
    }
}

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
    /// `Memory`.
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

/// How many samples are the same, up to the longest copy.
pub fn common(here: &[u8], there: &[u8]) -> usize {
    common_within(here, there, LONGEST)
}

/// The same up to so many.
#[inline(always)]
pub fn common_within(here: &[u8], there: &[u8], most: usize) -> usize {
    let most = here.len().min(there.len()).min(most);
    let (here, there) = (&here[..most], &there[..most]);
    let (eights, _) = here.as_chunks::<8>();
    let (others, _) = there.as_chunks::<8>();
    let mut same = 0;
    for (a, b) in eights.iter().zip(others) {
        let differs = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differs != 0 {
            return same + differs.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    same + here[same..].iter().zip(&there[same..]).take_while(|(a, b)| a == b).count()
}

fn hash(samples: &[u8], at: usize) -> Option<usize> {
    let four = samples[at..].first_chunk::<HASHED>()?;
    let mixed = u32::from_le_bytes(*four).wrapping_mul(0x9E37_79B1);
    Some((mixed >> (32 - SLOTS.ilog2())) as usize)
}
