//! Cost-optimal parse: cuts a picture into the tokens that cost the least (libwebp's `backward_references_cost`).
//!
//! Within a block of pixels this is a shortest path: each pixel has the least cost of all tokens before it, and each
//! token that may begin there leads to a later pixel. The colour cache depends on nothing but the pixels. The same
//! picture and costs give the same tokens, so they can be counted first and written later.

use super::{
    super::{
        color_cache::ColorCache,
        lz77::{MAX_LENGTH, distance_code},
    },
    histogram::PixelCosts,
    match_finder::{self, BLOCK, MatchEffort, MatchFinder, NEAR},
    pixels::Pixels,
    token::PixelToken,
};
use crate::{error::Result, limits::try_filled};

/// Lengths of a copy that are compared at once.
const LENGTHS_AT_ONCE: usize = 8;

/// The cost of a copy's pixels as literals is taken from this many of them.
const SAMPLED_LITERALS: usize = 16;

/// The last token of the best path to a pixel: a copy or, of length 1 and without a distance, a literal, which may be
/// in the colour cache.
#[derive(Clone, Copy, Default)]
struct Arrival {
    length: u16,
    /// The index of a literal in the colour cache, from 1.
    cache_index: u16,
    /// The distance code of a copy, or zero.
    code: u32,
}

/// A copy, and the bits that it saves, in 1/16.
#[derive(Clone, Copy, Default)]
struct Copy {
    gain: u32,
    length: usize,
    code: u32,
}

/// Pixels that must be known behind one for it to be known which copies begin there and in its block.
pub const AHEAD: usize = BLOCK + 2 * MAX_LENGTH + 128;

/// Cuts pixels of `C` samples by what tokens cost.
#[derive(Clone, Copy)]
struct Source<'a, const C: usize> {
    pixels: Pixels<'a, C>,
    costs: &'a PixelCosts,
}

/// Cuts a picture's pixels one after another, which needn't all be there at once.
pub struct Parser {
    good_length: usize,
    cache: ColorCache,
    matches: MatchFinder,
    /// Distance codes of matches from near, and their costs.
    near: [(u32, u32); NEAR],
    /// The next block's first pixel.
    at: usize,
    arrivals: Vec<Arrival>,
    /// The costs of the best paths.
    path_costs: Vec<u32>,
}

/// Bytes that a parser holds beside the colour cache.
pub fn heap_bytes(pixels: u64, effort: MatchEffort) -> u64 {
    let arrivals = (BLOCK + MAX_LENGTH + 1) * (size_of::<Arrival>() + size_of::<u32>());
    match_finder::heap_bytes(pixels, effort) + arrivals as u64
}

/// Gives all tokens of a whole picture in order to `take`, each with the pixel that it begins at.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub fn each<const C: usize>(
    pixels: Pixels<C>,
    costs: &PixelCosts,
    effort: MatchEffort,
    cache_bits: u32,
    take: impl FnMut(usize, PixelToken),
) -> Result<()> {
    let mut parser = Parser::new(pixels.count(), pixels.width, costs, effort, cache_bits)?;
    parser.for_each(pixels, costs, pixels.count(), take);
    Ok(())
}

impl Parser {
    /// A parser of so many pixels in rows of `width` by such costs, with a colour cache of `cache_bits` bits.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(
        count: usize,
        width: usize,
        costs: &PixelCosts,
        effort: MatchEffort,
        cache_bits: u32,
    ) -> Result<Self> {
        let matches = MatchFinder::new(count, width, effort)?;
        let block = BLOCK.min(count) + MAX_LENGTH + 1;
        let (arrivals, path_costs) = (try_filled(block, Arrival::default())?, try_filled(block, 0)?);
        let cache = ColorCache::new(cache_bits)?;
        let near = [(0, 0); NEAR];
        let mut parser =
            Self { good_length: effort.good_length, cache, matches, near, at: 0, arrivals, path_costs };
        parser.set_costs(width, costs);
        Ok(parser)
    }

    /// From here on tokens cost so much.
    pub fn set_costs(&mut self, width: usize, costs: &PixelCosts) {
        self.near = self.matches.distances.map(|distance| {
            let code = distance_code(distance.max(1), width);
            (code as u32, costs.distance(code))
        });
    }

    /// The first pixel that has no token yet.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Gives the tokens that begin before a pixel in order to `take`, each with the pixel that it begins at, and those of
    /// the blocks that do. At that pixel the picture ends, or [`AHEAD`] of it are there.
    pub fn for_each<const C: usize>(
        &mut self,
        pixels: Pixels<C>,
        costs: &PixelCosts,
        until: usize,
        mut take: impl FnMut(usize, PixelToken),
    ) {
        let source = Source { pixels, costs };
        while self.at < until {
            let start = self.at;
            let end = self.find_path(source);
            // The path is known from its end. Its links are reversed in place, so that each says how to go on from its
            // beginning.
            let (mut to, mut arrival) = (end, self.arrivals[end]);
            while to > 0 {
                let from = to - usize::from(arrival.length);
                std::mem::swap(&mut arrival, &mut self.arrivals[from]);
                to = from;
            }
            let mut from = 0;
            while from < end {
                let arrival = self.arrivals[from];
                let token = match arrival {
                    Arrival { code: 0, cache_index: 0, .. } => PixelToken::Literal(pixels.argb(start + from)),
                    Arrival { code: 0, cache_index, .. } => PixelToken::Cached(cache_index - 1),
                    Arrival { length, code, .. } => PixelToken::Copy { length, code },
                };
                take(start + from, token);
                from += usize::from(arrival.length);
            }
            self.at = start + end;
        }
    }

    /// Gives tokens as [`Self::for_each`], with little work and without the colour cache: at each pixel the copy that
    /// saves the most there, unless the next pixel begins a better one.
    pub fn for_each_greedily<const C: usize>(
        &mut self,
        pixels: Pixels<C>,
        costs: &PixelCosts,
        until: usize,
        mut take: impl FnMut(usize, PixelToken),
    ) {
        let source = Source { pixels, costs };
        let mut next = None;
        while self.at < until || next.is_some() {
            let copy = next.take().unwrap_or_else(|| self.best_copy(source, self.at));
            if copy.gain > 0 && copy.length < SAMPLED_LITERALS && self.at + 1 < pixels.count() {
                next = Some(self.best_copy(source, self.at + 1)).filter(|next| next.gain > copy.gain);
            }
            if copy.gain == 0 || next.is_some() {
                take(self.at, PixelToken::Literal(pixels.argb(self.at)));
                self.at += 1;
            } else {
                take(self.at, PixelToken::Copy { length: copy.length as u16, code: copy.code });
                self.at += copy.length;
            }
        }
    }

    fn best_copy<const C: usize>(&mut self, source: Source<C>, at: usize) -> Copy {
        let Source { pixels, costs } = source;
        let (near, far) = self.matches.find_at(&pixels, at);
        let code = distance_code(far.distance.max(1) as usize, pixels.width);
        let far = (far.length, (code as u32, costs.distance(code)));
        let (mut best, mut longest, mut counted, mut literals) = (Copy::default(), 1, 0, 0);
        for (length, (code, cost)) in near.into_iter().zip(self.near).chain([far]) {
            let length = usize::from(length);
            if length <= longest {
                continue;
            }
            longest = length;
            let until = at + length.min(SAMPLED_LITERALS);
            literals += (at + counted..until).map(|at| costs.literal::<C>(pixels.argb(at))).sum::<u32>();
            counted = until - at;
            let all = literals * length as u32 / counted as u32;
            let gain = all.saturating_sub(cost + u32::from(costs.lengths[length]));
            if gain > best.gain {
                best = Copy { gain, length, code };
            }
        }
        best
    }

    /// Finds the best path through the next block; returns how many pixels it has.
    fn find_path<const C: usize>(&mut self, source: Source<C>) -> usize {
        let start = self.at;
        let block = BLOCK.min(source.pixels.count() - start);
        self.matches.find(&source.pixels, start..start + block);
        let (mut from, mut end) = (0, block);
        self.path_costs[1..=end].fill(u32::MAX);
        self.path_costs[0] = 0;
        while from < block {
            self.relax_literal(source, from, start + from);
            let longest = self.relax_copies(source, from, &mut end);
            if longest < self.good_length {
                from += 1;
            } else {
                self.cache_all(source.pixels, start + from + 1, start + from + longest);
                from += longest;
            }
        }
        end
    }

    fn cache_all<const C: usize>(&mut self, pixels: Pixels<C>, from: usize, until: usize) {
        if self.cache.is_none() {
            return;
        }
        for at in from..until {
            self.cache.insert(pixels.argb(at));
        }
    }

    #[inline(always)]
    fn relax_literal<const C: usize>(&mut self, source: Source<C>, from: usize, at: usize) {
        let Source { pixels, costs } = source;
        let argb = pixels.argb(at);
        let cache_index = self.cache.find(argb);
        let cost = match cache_index {
            Some(index) => costs.cached[index].into(),
            None => costs.literal::<C>(argb),
        };
        self.cache.insert(argb);
        let cost = self.path_costs[from] + cost;
        if cost < self.path_costs[from + 1] {
            self.path_costs[from + 1] = cost;
            self.arrivals[from + 1] =
                Arrival { length: 1, cache_index: cache_index.map_or(0, |index| index as u16 + 1), code: 0 };
        }
    }

    /// Relaxes the copies that begin at a pixel, from near and from afar. Returns the longest length; a long copy may
    /// pass the block's end, which it moves.
    #[inline(always)]
    fn relax_copies<const C: usize>(&mut self, source: Source<C>, from: usize, end: &mut usize) -> usize {
        let Source { pixels, costs } = source;
        let (near, far) = self.matches.at(from);
        let mut longest = 0;
        for (length, code) in near.into_iter().zip(self.near) {
            let length = usize::from(length);
            if length > longest {
                self.relax(&costs.lengths, from, [longest + 1, length], code, end);
                longest = length;
            }
        }
        let length = usize::from(far.length);
        // Within the longest matches from near nothing is sought.
        if length > longest && longest < self.good_length {
            let code = distance_code(far.distance as usize, pixels.width);
            let code = (code as u32, costs.distance(code));
            self.relax(&costs.lengths, from, [longest + 1, length], code, end);
            longest = length;
        }
        longest
    }

    /// Relaxes copies from a least to a greatest length: each is taken where it is the best path to its end.
    #[inline(always)]
    fn relax(&mut self, costs: &[u16], from: usize, lengths: [usize; 2], code: (u32, u32), end: &mut usize) {
        let [least, most] = lengths;
        // So there are at most half as many copies as pixels.
        let mut least = least.max(2);
        if most >= self.good_length {
            // A long copy is only taken as a whole.
            least = most;
            if from + most > *end {
                self.path_costs[*end + 1..=from + most].fill(u32::MAX);
                *end = from + most;
            }
        }
        let most = most.min(*end - from);
        if least > most {
            return;
        }
        let (code, cost) = (code.0, self.path_costs[from] + code.1);
        let costs = &costs[least..=most];
        let arrivals = &mut self.arrivals[from + least..=from + most];
        let path_costs = &mut self.path_costs[from + least..=from + most];
        let mut take = |at: usize, more: u16, sum: &mut u32| {
            let cost = cost + u32::from(more);
            if cost < *sum {
                *sum = cost;
                arrivals[at] = Arrival { length: (least + at) as u16, cache_index: 0, code };
            }
        };
        let (costs, last_costs) = costs.as_chunks::<LENGTHS_AT_ONCE>();
        let (path_costs, last_path_costs) = path_costs.as_chunks_mut::<LENGTHS_AT_ONCE>();
        for (part, (costs, path_costs)) in costs.iter().zip(path_costs).enumerate() {
            // Mostly none is better than a copy that began before.
            let is_better = costs.iter().zip(&*path_costs).map(|(&more, &sum)| cost + u32::from(more) < sum);
            if is_better.fold(false, |any, is_better| any | is_better) {
                let pairs = costs.iter().zip(path_costs).enumerate();
                pairs.for_each(|(lane, (&more, sum))| take(LENGTHS_AT_ONCE * part + lane, more, sum));
            }
        }
        let done = LENGTHS_AT_ONCE * costs.len();
        let pairs = last_costs.iter().zip(last_path_costs).enumerate();
        pairs.for_each(|(lane, (&more, sum))| take(done + lane, more, sum));
    }
}
