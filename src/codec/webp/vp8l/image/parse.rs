//! Cuts a picture into tokens: pixels, places of the colour cache, and copies (RFC 9649 section 3.6.2).
//!
//! Within a block of pixels the tokens are those that take the least by given costs: at each pixel it is known what all
//! before it takes, and each token that may begin there leads to a later one. The colour cache depends on nothing but
//! the pixels. The same picture and costs give the same tokens, so they can be counted first and written later.

use super::{
    super::lz77::{LONGEST, distance_code},
    color_cache::Cache,
    histogram::Costs,
    match_finder::{self, BLOCK, Matches, NEAR, Search},
    pixels::Pixels,
    token::Token,
};
use crate::{error::Result, limits::try_filled};

/// Lengths of a copy that are looked at together.
const LANES: usize = 8;

/// So many pixels say what those of a copy take as literals.
const ENOUGH: usize = 16;

/// The best way to a pixel: by a copy or, of length 1 without a distance, a literal, which may be in the cache.
#[derive(Clone, Copy, Default)]
struct Step {
    length: u16,
    /// Where a literal is in the cache, from 1.
    place: u16,
    /// The distance code of a copy, or zero.
    code: u32,
}

/// A copy, and what it saves in 1/16 bits.
#[derive(Clone, Copy, Default)]
struct Copy {
    gain: u32,
    length: usize,
    code: u32,
}

/// Cuts pixels of `C` samples.
pub struct Parser<'a, const C: usize> {
    pixels: Pixels<'a, C>,
    costs: &'a Costs,
    long: usize,
    cache: Cache,
    matches: Matches,
    /// Distance codes of copies from near, and what they take.
    near: [(u32, u32); NEAR],
    /// The next block's first pixel.
    at: usize,
    steps: Vec<Step>,
    /// What the ways take.
    sums: Vec<u32>,
}

/// Bytes that a parser holds beside the colour cache.
pub fn held_bytes(pixels: u64, search: Search) -> u64 {
    let steps = (BLOCK + LONGEST + 1) * (size_of::<Step>() + size_of::<u32>());
    match_finder::held_bytes(pixels, search) + steps as u64
}

impl<'a, const C: usize> Parser<'a, C> {
    /// Cuts by such costs, with a colour cache of so many bits.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(pixels: Pixels<'a, C>, costs: &'a Costs, search: Search, cache_bits: u32) -> Result<Self> {
        let matches = Matches::new(pixels.count(), pixels.width, search)?;
        let near = matches.distances.map(|distance| {
            let code = distance_code(distance.max(1), pixels.width);
            (code as u32, costs.distance(code))
        });
        let block = BLOCK.min(pixels.count()) + LONGEST + 1;
        let (steps, sums) = (try_filled(block, Step::default())?, try_filled(block, 0)?);
        let cache = Cache::new(cache_bits)?;
        Ok(Self { pixels, costs, long: search.long, cache, matches, near, at: 0, steps, sums })
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

    /// The same with little work and without the cache: at each pixel the copy is taken that saves the most there, unless
    /// the next pixel begins a better one.
    pub fn each_greedily(mut self, mut take: impl FnMut(usize, Token)) {
        let mut next = None;
        while self.at < self.pixels.count() {
            let copy = next.take().unwrap_or_else(|| self.best_copy(self.at));
            if copy.gain > 0 && copy.length < ENOUGH && self.at + 1 < self.pixels.count() {
                next = Some(self.best_copy(self.at + 1)).filter(|next| next.gain > copy.gain);
            }
            if copy.gain == 0 || next.is_some() {
                take(self.at, Token::Literal(self.pixels.argb(self.at)));
                self.at += 1;
            } else {
                take(self.at, Token::Copy { length: copy.length as u16, code: copy.code });
                self.at += copy.length;
            }
        }
    }

    fn best_copy(&mut self, at: usize) -> Copy {
        let (near, far) = self.matches.alone(&self.pixels, at);
        let code = distance_code(far.distance.max(1) as usize, self.pixels.width);
        let far = (far.length, (code as u32, self.costs.distance(code)));
        let (mut best, mut longest, mut counted, mut literals) = (Copy::default(), 1, 0, 0);
        for (length, (code, cost)) in near.into_iter().zip(self.near).chain([far]) {
            let length = usize::from(length);
            if length <= longest {
                continue;
            }
            longest = length;
            let until = at + length.min(ENOUGH);
            literals +=
                (at + counted..until).map(|at| self.costs.literal::<C>(self.pixels.argb(at))).sum::<u32>();
            counted = until - at;
            let all = literals * length as u32 / counted as u32;
            let gain = all.saturating_sub(cost + u32::from(self.costs.lengths[length]));
            if gain > best.gain {
                best = Copy { gain, length, code };
            }
        }
        best
    }

    /// Finds the best way through the next block, and how long that is.
    fn find_steps(&mut self) -> usize {
        let start = self.at;
        let block = BLOCK.min(self.pixels.count() - start);
        self.matches.find(&self.pixels, start..start + block);
        let (mut from, mut end) = (0, block);
        self.sums[1..=end].fill(u32::MAX);
        self.sums[0] = 0;
        while from < block {
            self.step_literal(from, start + from);
            let longest = self.step_copies(from, &mut end);
            if longest < self.long {
                from += 1;
            } else {
                self.cache_all(start + from + 1, start + from + longest);
                from += longest;
            }
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

    /// Takes the copies that begin at a pixel, from near and from afar. Gives the longest length; a long copy may pass the
    /// block's end, which it moves.
    #[inline(always)]
    fn step_copies(&mut self, from: usize, end: &mut usize) -> usize {
        let (near, far) = self.matches.at(from);
        let mut longest = 0;
        for (length, code) in near.into_iter().zip(self.near) {
            let length = usize::from(length);
            if length > longest {
                self.relax(from, [longest + 1, length], code, end);
                longest = length;
            }
        }
        let length = usize::from(far.length);
        // Within the longest copies from near nothing is sought.
        if length > longest && longest < self.long {
            let code = distance_code(far.distance as usize, self.pixels.width);
            self.relax(from, [longest + 1, length], (code as u32, self.costs.distance(code)), end);
            longest = length;
        }
        longest
    }

    /// Takes the copies of such lengths where they are the best way to where they end.
    #[inline(always)]
    fn relax(&mut self, from: usize, lengths: [usize; 2], code: (u32, u32), end: &mut usize) {
        let [least, most] = lengths;
        // So there are at most half as many copies as pixels.
        let mut least = least.max(2);
        if most >= self.long {
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
        let (code, cost) = (code.0, self.sums[from] + code.1);
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
