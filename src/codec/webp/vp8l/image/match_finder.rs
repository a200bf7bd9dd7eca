//! Finds the matches that may begin at each pixel of a block: those from near, and the longest one from afar.
//!
//! Matches from near are followed from pixel to pixel. A match from afar is at most one longer than the longest that
//! begins at the next pixel, so they are found from the block's last pixel to its first, by extending that of the next
//! pixel to the left. Only where that ends is the hash chain searched.

use std::ops::Range;

use super::{
    super::lz77::{MAX_LENGTH, match_length_within},
    pixels::Pixels,
};
use crate::{error::Result, limits::try_filled};

/// The most pixels that a copy reaches back.
pub const MAX_WINDOW: usize = 1 << 17;

/// Bits of a link that hold a part of the hash, beside the distance: where they differ pixels need not be compared.
const CHECK: u32 = !(MAX_WINDOW as u32 - 1);

/// The most slots of the hash table.
const MAX_SLOTS: usize = 1 << 16;

/// The most pixels of a block.
pub const BLOCK: usize = 2048;

/// Pixels with a longer match from near are not inserted into the hash chains, and nothing from afar is sought for
/// them.
const INSERTED_OF_COPY: usize = 64;

/// How many matches from near there are.
pub const NEAR: usize = 4;

/// How hard copies are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchEffort {
    /// How many pixels of the same hash are tried; with none there are only matches from near.
    pub chain_limit: usize,
    /// A match of such a length is taken without looking further.
    pub good_length: usize,
}

/// A match from afar, of length zero if there is none.
#[derive(Clone, Copy, Default)]
pub struct Match {
    pub distance: u32,
    pub length: u16,
}

/// Finds matches, block by block.
pub struct MatchFinder {
    /// The distances of matches from near, or zero.
    pub distances: [usize; NEAR],
    /// Where the last matches from near end.
    ends: [usize; NEAR],
    near: Vec<[u16; NEAR]>,
    far: Vec<Match>,
    /// Pixels before this one are in the hash chains, or never will be.
    inserted: usize,
    /// Parts of the block between long matches.
    gaps: Vec<Range<usize>>,
    /// Empty if nothing from afar is sought.
    chains: HashChains,
    effort: MatchEffort,
}

/// Bytes that are held to find matches.
pub fn heap_bytes(pixels: u64, effort: MatchEffort) -> u64 {
    let pixels = pixels as usize;
    let chains = if effort.chain_limit > 0 { slots(pixels) + window(pixels) } else { 0 };
    let block = BLOCK * (size_of::<[u16; NEAR]>() + size_of::<Match>());
    (4 * chains + block + max_gaps(effort) * size_of::<Range<usize>>()) as u64
}

/// The most gaps of a block: each but the last ends with a long match.
const fn max_gaps(effort: MatchEffort) -> usize {
    BLOCK / effort.good_length + 2
}

impl MatchFinder {
    /// A finder for a number of pixels in rows of `width`.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(pixels: usize, width: usize, effort: MatchEffort) -> Result<Self> {
        let block = BLOCK.min(pixels);
        let mut gaps = Vec::new();
        gaps.try_reserve_exact(max_gaps(effort))?;
        Ok(Self {
            distances: [1, width, width + 1, width - 1],
            ends: [0; NEAR],
            inserted: 0,
            near: try_filled(block, [0; NEAR])?,
            far: try_filled(block, Match::default())?,
            gaps,
            chains: HashChains::new(if effort.chain_limit > 0 { pixels } else { 0 })?,
            effort,
        })
    }

    /// The lengths of matches from near, and the match from afar, at a pixel of the block.
    #[inline(always)]
    pub fn at(&self, pixel: usize) -> ([u16; NEAR], Match) {
        (self.near[pixel], self.far[pixel])
    }

    /// Finds the matches that begin in a block.
    pub fn find<const C: usize>(&mut self, pixels: &Pixels<C>, block: Range<usize>) {
        self.find_nearby(pixels, block.clone());
        if self.effort.chain_limit > 0 {
            self.find_far(pixels, block.start);
        }
    }

    /// The lengths of matches from near, and the match from afar, at a pixel after all that were asked for before:
    /// without those of its block.
    #[inline(always)]
    pub fn find_at<const C: usize>(&mut self, pixels: &Pixels<C>, at: usize) -> ([u16; NEAR], Match) {
        let near = self.near(pixels, at);
        let longest = longest(near);
        self.insert_end(pixels, self.inserted.max(at.saturating_sub(INSERTED_OF_COPY))..at + 1);
        if self.effort.chain_limit == 0 || longest > INSERTED_OF_COPY as u16 {
            return (near, Match::default());
        }
        (near, self.chains.find(pixels, at, longest.into(), self.effort))
    }

    #[inline(always)]
    fn near<const C: usize>(&mut self, pixels: &Pixels<C>, at: usize) -> [u16; NEAR] {
        let mut near = [0; NEAR];
        for ((near, end), distance) in near.iter_mut().zip(&mut self.ends).zip(self.distances) {
            if *end <= at {
                *end = at + length(pixels, at, distance, MAX_LENGTH);
            }
            *near = (*end - at) as u16;
        }
        near
    }

    fn find_nearby<const C: usize>(&mut self, pixels: &Pixels<C>, block: Range<usize>) {
        self.gaps.clear();
        let (mut at, mut first) = (block.start, block.start);
        while at < block.end {
            let near = self.near(pixels, at);
            self.near[at - block.start] = near;
            if at > first {
                self.insert(pixels, at - 1, near[0]);
            }
            let longest = usize::from(longest(near));
            if longest < self.effort.good_length {
                at += 1;
                continue;
            }
            self.gaps.push(first..at);
            self.pass(at - block.start, near, longest);
            self.insert_end(pixels, at..at + 1);
            at += longest;
            first = at;
            self.insert_end(pixels, at - INSERTED_OF_COPY.min(longest)..at);
        }
        if first < block.end {
            self.gaps.push(first..block.end);
            self.insert_end(pixels, block.end - 1..block.end);
        }
    }

    /// Of pixels within a long match from near keeps only that match.
    fn pass(&mut self, first: usize, near: [u16; NEAR], longest: usize) {
        let until = (first + longest).min(self.near.len());
        let only = near.map(|length| if usize::from(length) == longest { u16::MAX } else { 0 });
        for (passed, near) in (0..longest as u16).zip(&mut self.near[first..until]) {
            *near = only.map(|mask| mask & (longest as u16 - passed));
        }
        self.far[first..until].fill(Match::default());
    }

    /// Inserts pixels into the hash chains, and counts how many equal ones follow them.
    fn insert_end<const C: usize>(&mut self, pixels: &Pixels<C>, end: Range<usize>) {
        if self.effort.chain_limit == 0 {
            return;
        }
        for at in end {
            let run = length(pixels, at + 1, 1, INSERTED_OF_COPY) as u16;
            self.insert(pixels, at, run);
        }
    }

    /// Inserts a pixel, which `run` equal ones follow, into the hash chains.
    #[inline(always)]
    fn insert<const C: usize>(&mut self, pixels: &Pixels<C>, at: usize, run: u16) {
        if at >= self.inserted && self.effort.chain_limit > 0 {
            self.chains.insert(at, hash(pixels, at, 1 + run.min(INSERTED_OF_COPY as u16)));
            self.inserted = at + 1;
        }
    }

    fn find_far<const C: usize>(&mut self, pixels: &Pixels<C>, start: usize) {
        for gap in &self.gaps {
            let mut next = Match::default();
            for at in gap.clone().rev() {
                let longest = longest(self.near[at - start]);
                let distance = next.distance as usize;
                next = if longest > INSERTED_OF_COPY as u16 {
                    Match::default()
                } else if next.length > 0 && distance <= at && same(pixels, at, distance) {
                    Match { length: (next.length + 1).min(MAX_LENGTH as u16), ..next }
                } else {
                    self.chains.find(pixels, at, longest.into(), self.effort)
                };
                self.far[at - start] = next;
            }
        }
    }
}

#[inline(always)]
fn longest(near: [u16; NEAR]) -> u16 {
    near.into_iter().fold(0, u16::max)
}

/// The length of the match at a distance, up to `most`.
#[inline(always)]
fn length<const C: usize>(pixels: &Pixels<C>, at: usize, distance: usize, most: usize) -> usize {
    if distance == 0 || distance > at || at >= pixels.count() || !same(pixels, at, distance) {
        return 0;
    }
    match_length_within(pixels.from(at), pixels.from(at - distance), most * C) / C
}

#[inline(always)]
fn same<const C: usize>(pixels: &Pixels<C>, at: usize, distance: usize) -> bool {
    pixels.from(at)[..C] == pixels.from(at - distance)[..C]
}

/// Where pixels stood: for each hash the last one, and for each pixel of a window the one before with the same hash.
struct HashChains {
    window: usize,
    /// Matches are at smaller distances than this.
    far: usize,
    shift: u32,
    /// Pixels from 1, or zero.
    heads: Vec<u32>,
    /// Pixels back, or zero, and bits of the pixel's own hash.
    links: Vec<u32>,
}

/// The window: a power of two, no more than there are pixels, as few copies reach back over more than half of a
/// picture. A small picture has all of its pixels in it.
fn window(pixels: usize) -> usize {
    if pixels < 4 * BLOCK { pixels.next_power_of_two() } else { (1 << pixels.ilog2()).min(MAX_WINDOW) }
}

fn slots(pixels: usize) -> usize {
    (window(pixels) / 2).clamp(16, MAX_SLOTS)
}

impl HashChains {
    fn new(pixels: usize) -> Result<Self> {
        let (slots, window) = if pixels == 0 { (1, 0) } else { (slots(pixels), window(pixels)) };
        // A block is inserted as a whole.
        let far = if window >= pixels { window } else { window - BLOCK };
        let (heads, links) = (try_filled(slots, 0)?, try_filled(window, 0)?);
        Ok(Self { window, far, shift: (64 - slots.ilog2()).min(63), heads, links })
    }

    #[inline(always)]
    fn insert(&mut self, at: usize, hash: Option<u64>) {
        let link = &mut self.links[at & (self.window - 1)];
        *link = 0;
        let Some(hash) = hash else { return };
        let head = &mut self.heads[(hash >> self.shift) as usize];
        let distance = if *head == 0 { 0 } else { at as u32 + 1 - *head };
        *link = hash as u32 & CHECK | if distance < self.far as u32 { distance } else { 0 };
        *head = at as u32 + 1;
    }

    /// The longest match that is longer than `longest`.
    #[inline(always)]
    fn find<const C: usize>(
        &self,
        pixels: &Pixels<C>,
        at: usize,
        mut longest: usize,
        effort: MatchEffort,
    ) -> Match {
        let mut found = Match::default();
        let own = self.links[at & (self.window - 1)];
        let (mut entry, mut distance) = (own, 0);
        let here = pixels.from(at);
        for _ in 0..effort.chain_limit {
            let link = (entry & !CHECK) as usize;
            distance += link;
            if link == 0 || distance >= self.far || distance > at {
                break;
            }
            entry = self.links[(at - distance) & (self.window - 1)];
            if (entry ^ own) & CHECK != 0 {
                continue;
            }
            let there = pixels.from(at - distance);
            let last = longest * C;
            if here.len() < last + C || here[last..last + C] != there[last..last + C] {
                continue;
            }
            let length = match_length_within(here, there, MAX_LENGTH * C) / C;
            if length > longest {
                longest = length;
                found = Match { distance: distance as u32, length: length as u16 };
                if length >= effort.good_length {
                    break;
                }
            }
        }
        found
    }
}

/// The hash of two pixels, or of four bytes where these are more; a run of equal pixels is hashed with its length.
#[inline(always)]
fn hash<const C: usize>(pixels: &Pixels<C>, at: usize, run: u16) -> Option<u64> {
    let samples = pixels.from(at);
    let mixed = match C {
        1 | 2 => u64::from(u32::from_le_bytes(*samples.first_chunk::<4>()?)),
        3 => u64::from_le_bytes(*samples.first_chunk::<8>()?) << 16,
        _ => u64::from_le_bytes(*samples.first_chunk::<8>()?),
    };
    let run = if usize::from(run) * C >= 4 && run > 1 { u64::from(run) } else { 0 };
    let mixed = mixed.wrapping_add(run << 40).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Some(mixed ^ mixed >> 32)
}
