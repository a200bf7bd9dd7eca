//! Cuts a picture into tokens: pixels, places of the colour cache, and copies (RFC 9649 section 3.6.2).
//!
//! Within a block of pixels the tokens are those that take the least by given costs: at each pixel it is known what all
//! before it takes, and each token that may begin there leads to a later one. The colour cache depends on nothing but
//! the pixels. The same picture and costs give the same tokens, so they can be counted first and written later.

use super::{
    cache::Cache,
    copies::{LONGEST, common_within, distance_code},
    counts::Costs,
    pixels::Pixels,
};
use crate::{error::Result, limits::try_filled};

/// The most pixels that a copy may reach back.
const WINDOW: usize = 1 << 17;

/// Bits of a hash beside a distance: where they differ pixels need not be looked at.
const CHECK: u32 = !(WINDOW as u32 - 1);

/// The most slots for hashes.
const SLOTS: usize = 1 << 16;

/// Pixels of a block, which may end later, with a long copy.
const BLOCK: usize = 4096;

/// Lengths of a copy that are looked at together.
const LANES: usize = 8;

/// Of a long copy only so many pixels at its end are remembered.
const REMEMBERED: usize = 64;

/// What the next pixels are coded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// A pixel, as ARGB.
    Literal(u32),
    /// A pixel that is in the colour cache.
    Cached(u16),
    /// So many pixels from before.
    Copy { length: u16, code: u32 },
}

impl Token {
    /// How many pixels it stands for.
    pub fn pixels(self) -> usize {
        if let Self::Copy { length, .. } = self { length.into() } else { 1 }
    }
}

/// How hard copies are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// Places of the same hash that are tried; with none there are only copies of what is near.
    pub tried: usize,
    /// A copy so long is taken without looking further.
    pub long: usize,
}

/// The best way to a pixel: by a copy or, of length 1 without a distance, a literal, which may be in the cache.
#[derive(Clone, Copy, Default)]
struct Step {
    length: u16,
    /// Where a literal is in the cache, from 1.
    place: u16,
    /// The distance code of a copy, or zero.
    code: u32,
}

/// Cuts pixels of `C` samples.
pub struct Parser<'a, const C: usize> {
    pixels: Pixels<'a, C>,
    costs: &'a Costs,
    search: Search,
    cache: Cache,
    places: Places,
    /// The next block's first pixel.
    at: usize,
    steps: Vec<Step>,
    /// What the ways take.
    sums: Vec<u32>,
}

/// Bytes that a parser holds beside the colour cache.
pub fn held_bytes(pixels: u64, search: Search) -> u64 {
    let places = if search.tried > 0 { slots(pixels as usize) + window(pixels as usize) } else { 0 };
    4 * places as u64 + ((BLOCK + LONGEST + 1) * (size_of::<Step>() + size_of::<u32>())) as u64
}

impl<'a, const C: usize> Parser<'a, C> {
    /// Cuts by such costs, with a colour cache of so many bits.
    ///
    /// # Errors
    /// `Memory`.
    pub fn new(pixels: Pixels<'a, C>, costs: &'a Costs, search: Search, cache_bits: u32) -> Result<Self> {
        let places = Places::new(if search.tried > 0 { pixels.count() } else { 0 })?;
        let block = BLOCK.min(pixels.count()) + LONGEST + 1;
        let (steps, sums) = (try_filled(block, Step::default())?, try_filled(block, 0)?);
        Ok(Self { pixels, costs, search, cache: Cache::new(cache_bits)?, places, at: 0, steps, sums })
    }

    /// Gives all tokens in order, each with the pixel that it begins at.
    pub fn each(mut self, mut take: impl FnMut(usize, Token)) {
        while self.at < self.pixels.count() {
            let start = self.at;
            let end = self.find_steps();
            // The way back is turned round in place: each step then says how to go on from where it begins.
            let (mut to, mut step) = (end, self.steps[end]);
            while to > 0 {
                let from = to - usize::from(step.length);
                std::mem::swap(&mut step, &mut self.steps[from]);
                to = from;
            }
            let mut from = 0;
            while from < end {
                let step = self.steps[from];
                let token = match step {
                    Step { code: 0, place: 0, .. } => Token::Literal(self.pixels.argb(start + from)),
                    Step { code: 0, place, .. } => Token::Cached(place - 1),
                    Step { length, code, .. } => Token::Copy { length, code },
                };
                take(start + from, token);
                from += usize::from(step.length);
            }
            self.at = start + end;
        }
    }

    /// Finds the best way through the next block, and how long that is.
    fn find_steps(&mut self) -> usize {
        let start = self.at;
        let mut end = BLOCK.min(self.pixels.count() - start);
        self.sums[1..=end].fill(u32::MAX);
        self.sums[0] = 0;
        let mut from = 0;
        while from < end {
            let at = start + from;
            self.step_literal(from, at);
            let longest = self.step_copies(from, at, &mut end);
            self.places.remember(&self.pixels, at);
            if longest < self.search.long {
                from += 1;
                continue;
            }
            let until = at + longest;
            self.cache_all(at + 1, until);
            for at in (at + 1).max(until - REMEMBERED.min(longest))..until {
                self.places.remember(&self.pixels, at);
            }
            from += longest;
        }
        end
    }

    fn cache_all(&mut self, from: usize, until: usize) {
        if self.cache.is_none() {
            return;
        }
        for at in from..until {
            self.cache.insert(self.pixels.argb(at));
        }
    }

    #[inline(always)]
    fn step_literal(&mut self, from: usize, at: usize) {
        let argb = self.pixels.argb(at);
        let place = self.cache.find(argb);
        let cost = match place {
            Some(place) => self.costs.cached[place].into(),
            None => self.costs.literal::<C>(argb),
        };
        self.cache.insert(argb);
        let cost = self.sums[from] + cost;
        if cost < self.sums[from + 1] {
            self.sums[from + 1] = cost;
            self.steps[from + 1] =
                Step { length: 1, place: place.map_or(0, |place| place as u16 + 1), code: 0 };
        }
    }

    /// Tries copies that begin at a pixel: of the pixel before, of those above, and where the same pixels stood. Gives the
    /// longest length; a long copy may pass the block's end, which it moves.
    #[inline(always)]
    fn step_copies(&mut self, from: usize, at: usize, end: &mut usize) -> usize {
        let width = self.pixels.width;
        let mut longest = 0;
        for distance in [1, width, width + 1, width - 1] {
            if distance > 0 && distance <= at {
                self.step_copy(from, at, distance, &mut longest, end);
            }
        }
        if self.search.tried == 0 {
            return longest;
        }
        let Some(hash) = hash(&self.pixels, at) else { return longest };
        let (mut place, check) = (self.places.last(hash), hash as u32 & CHECK);
        for _ in 0..self.search.tried {
            if place == 0 || longest >= self.search.long {
                break;
            }
            let distance = at + 1 - place;
            if distance >= self.places.window {
                break;
            }
            let before = self.places.backs[(place - 1) & (self.places.window - 1)];
            if before & CHECK == check {
                self.step_copy(from, at, distance, &mut longest, end);
            }
            let back = (before & !CHECK) as usize;
            place = if back == 0 { 0 } else { place.saturating_sub(back) };
        }
        longest
    }

    #[inline(always)]
    fn step_copy(&mut self, from: usize, at: usize, distance: usize, longest: &mut usize, end: &mut usize) {
        let samples = self.pixels.samples;
        let (here, there) = (&samples[at * C..], &samples[(at - distance) * C..]);
        let last = *longest * C;
        if here.len() < last + C || here[last..last + C] != there[last..last + C] {
            return;
        }
        let length = common_within(here, there, LONGEST * C) / C;
        if length <= *longest {
            return;
        }
        let cost = self.sums[from] + self.costs.distance(distance_code(distance, self.pixels.width));
        self.relax(from, [*longest + 1, length], cost, distance, end);
        *longest = length;
    }

    /// Takes the copies of such lengths where they are the best way to where they end.
    #[inline(always)]
    fn relax(&mut self, from: usize, lengths: [usize; 2], cost: u32, distance: usize, end: &mut usize) {
        let [least, most] = lengths;
        // So there are at most half as many copies as pixels.
        let mut least = least.max(2);
        if most >= self.search.long {
            // Only the whole of it.
            least = most;
            if from + most > *end {
                self.sums[*end + 1..=from + most].fill(u32::MAX);
                *end = from + most;
            }
        }
        let most = most.min(*end - from);
        if least > most {
            return;
        }
        let code = distance_code(distance, self.pixels.width) as u32;
        let costs = &self.costs.lengths[least..=most];
        let steps = &mut self.steps[from + least..=from + most];
        let sums = &mut self.sums[from + least..=from + most];
        let mut take = |at: usize, more: u16, sum: &mut u32| {
            let cost = cost + u32::from(more);
            if cost < *sum {
                *sum = cost;
                steps[at] = Step { length: (least + at) as u16, place: 0, code };
            }
        };
        let (costs, last_costs) = costs.as_chunks::<LANES>();
        let (sums, last_sums) = sums.as_chunks_mut::<LANES>();
        for (part, (costs, sums)) in costs.iter().zip(sums).enumerate() {
            // Mostly a copy that began before is no worse, of all.
            let is_better = costs.iter().zip(&*sums).map(|(&more, &sum)| cost + u32::from(more) < sum);
            if is_better.fold(false, |any, is_better| any | is_better) {
                let pairs = costs.iter().zip(sums).enumerate();
                pairs.for_each(|(lane, (&more, sum))| take(LANES * part + lane, more, sum));
            }
        }
        let done = LANES * costs.len();
        let pairs = last_costs.iter().zip(last_sums).enumerate();
        pairs.for_each(|(lane, (&more, sum))| take(done + lane, more, sum));
    }
}

/// Where pixels stood: for each hash the last, and for each of a window the one before with the same hash.
struct Places {
    window: usize,
    shift: u32,
    /// Pixels from 1, or zero.
    heads: Vec<u32>,
    /// Pixels back, or zero, and bits of the own hash.
    backs: Vec<u32>,
}

/// A power of two, no more than there are pixels: few copies reach back over more than half of a picture.
fn window(pixels: usize) -> usize {
    (1 << pixels.max(1).ilog2()).min(WINDOW)
}

fn slots(pixels: usize) -> usize {
    (window(pixels) / 2).clamp(16, SLOTS)
}

impl Places {
    fn new(pixels: usize) -> Result<Self> {
        let (slots, window) = if pixels == 0 { (1, 0) } else { (slots(pixels), window(pixels)) };
        let (heads, backs) = (try_filled(slots, 0)?, try_filled(window, 0)?);
        Ok(Self { window, shift: (64 - slots.ilog2()).min(63), heads, backs })
    }

    /// The last place, from 1, whose first pixels may be the same; zero if there is none.
    #[inline(always)]
    fn last(&self, hash: u64) -> usize {
        self.heads[(hash >> self.shift) as usize] as usize
    }

    #[inline(always)]
    fn remember<const C: usize>(&mut self, pixels: &Pixels<C>, at: usize) {
        if self.backs.is_empty() {
            return;
        }
        let Some(hash) = hash(pixels, at) else { return };
        let head = &mut self.heads[(hash >> self.shift) as usize];
        let back = if *head == 0 { 0 } else { at as u32 + 1 - *head };
        let back = if back < self.window as u32 { back } else { 0 };
        self.backs[at & (self.window - 1)] = back | (hash as u32 & CHECK);
        *head = at as u32 + 1;
    }
}

/// Of two pixels, or of four bytes where these are more.
#[inline(always)]
fn hash<const C: usize>(pixels: &Pixels<C>, at: usize) -> Option<u64> {
    let samples = &pixels.samples[at * C..];
    let mixed = match C {
        1 | 2 => u64::from(u32::from_le_bytes(*samples.first_chunk::<4>()?)),
        3 => u64::from_le_bytes(*samples.first_chunk::<8>()?) << 16,
        _ => u64::from_le_bytes(*samples.first_chunk::<8>()?),
    };
    let mixed = mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Some(mixed ^ mixed >> 32)
}
