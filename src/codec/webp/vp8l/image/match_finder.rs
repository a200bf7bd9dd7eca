//! The copies that may begin at each pixel of a block: from near, and the longest from where the same pixels stood.
//!
//! Copies from near are followed from pixel to pixel. A copy from afar is at most one longer than the longest that begins
//! at the next pixel, so these are found from the block's last pixel to its first, by going on to the left with that of
//! the next pixel. Only where that ends are places of the same hash tried.

use std::ops::Range;

use super::{
    super::lz77::{LONGEST, common_within},
    pixels::Pixels,
};
use crate::{error::Result, limits::try_filled};

/// The most pixels that a copy may reach back.
const WINDOW: usize = 1 << 17;

/// Bits of a hash beside a distance: where they differ pixels need not be looked at.
const CHECK: u32 = !(WINDOW as u32 - 1);

/// The most slots for hashes.
const SLOTS: usize = 1 << 16;

/// The most pixels of a block.
pub const BLOCK: usize = 2048;

/// Pixels at which longer copies from near begin are not remembered, and nothing is sought for them.
const REMEMBERED: usize = 64;

/// How many copies from near there are.
pub const NEAR: usize = 4;

/// How hard copies are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// Places of the same hash that are tried; with none there are only copies of what is near.
    pub tried: usize,
    /// A copy so long is taken without looking further.
    pub long: usize,
}

/// A copy from afar, of no length if there is none.
#[derive(Clone, Copy, Default)]
pub struct Found {
    pub distance: u32,
    pub length: u16,
}

/// Finds copies, block by block.
pub struct Matches {
    /// How far back copies from near are, or zero.
    pub distances: [usize; NEAR],
    /// Where those that were found last end.
    ends: [usize; NEAR],
    near: Vec<[u16; NEAR]>,
    far: Vec<Found>,
    /// Pixels before are remembered, or never will be.
    seen: usize,
    /// Parts of the block that are not within long copies.
    parts: Vec<Range<usize>>,
    /// Without places if nothing is sought.
    places: Places,
    search: Search,
}

/// Bytes that are held to find copies.
pub fn held_bytes(pixels: u64, search: Search) -> u64 {
    let pixels = pixels as usize;
    let places = if search.tried > 0 { slots(pixels) + window(pixels) } else { 0 };
    let block = BLOCK * (size_of::<[u16; NEAR]>() + size_of::<Found>());
    (4 * places + block + most_parts(search) * size_of::<Range<usize>>()) as u64
}

/// Each but the last ends with a long copy.
const fn most_parts(search: Search) -> usize {
    BLOCK / search.long + 2
}

impl Matches {
    /// For so many pixels in rows of `width`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(pixels: usize, width: usize, search: Search) -> Result<Self> {
        let block = BLOCK.min(pixels);
        let mut parts = Vec::new();
        parts.try_reserve_exact(most_parts(search))?;
        Ok(Self {
            distances: [1, width, width + 1, width - 1],
            ends: [0; NEAR],
            seen: 0,
            near: try_filled(block, [0; NEAR])?,
            far: try_filled(block, Found::default())?,
            parts,
            places: Places::new(if search.tried > 0 { pixels } else { 0 })?,
            search,
        })
    }

    /// The lengths of copies from near, and the copy from afar, at a pixel of the block.
    #[inline(always)]
    pub fn at(&self, pixel: usize) -> ([u16; NEAR], Found) {
        (self.near[pixel], self.far[pixel])
    }

    /// Finds the copies that begin in a block.
    pub fn find<const C: usize>(&mut self, pixels: &Pixels<C>, block: Range<usize>) {
        self.find_near(pixels, block.clone());
        if self.search.tried > 0 {
            self.find_far(pixels, block.start);
        }
    }

    /// The same at one pixel behind those that were asked for before, whose copies are found alone.
    #[inline(always)]
    pub fn alone<const C: usize>(&mut self, pixels: &Pixels<C>, at: usize) -> ([u16; NEAR], Found) {
        let near = self.near(pixels, at);
        let longest = longest(near);
        self.remember_end(pixels, self.seen.max(at.saturating_sub(REMEMBERED))..at + 1);
        if self.search.tried == 0 || longest > REMEMBERED as u16 {
            return (near, Found::default());
        }
        (near, self.places.find(pixels, at, longest.into(), self.search))
    }

    #[inline(always)]
    fn near<const C: usize>(&mut self, pixels: &Pixels<C>, at: usize) -> [u16; NEAR] {
        let mut near = [0; NEAR];
        for ((near, end), distance) in near.iter_mut().zip(&mut self.ends).zip(self.distances) {
            if *end <= at {
                *end = at + length(pixels, at, distance, LONGEST);
            }
            *near = (*end - at) as u16;
        }
        near
    }

    fn find_near<const C: usize>(&mut self, pixels: &Pixels<C>, block: Range<usize>) {
        self.parts.clear();
        let (mut at, mut first) = (block.start, block.start);
        while at < block.end {
            let near = self.near(pixels, at);
            self.near[at - block.start] = near;
            if at > first {
                self.remember(pixels, at - 1, near[0]);
            }
            let longest = usize::from(longest(near));
            if longest < self.search.long {
                at += 1;
                continue;
            }
            self.parts.push(first..at);
            self.pass(at - block.start, near, longest);
            self.remember_end(pixels, at..at + 1);
            at += longest;
            first = at;
            self.remember_end(pixels, at - REMEMBERED.min(longest)..at);
        }
        if first < block.end {
            self.parts.push(first..block.end);
            self.remember_end(pixels, block.end - 1..block.end);
        }
    }

    /// Notes of the pixels within a long copy from near nothing but that.
    fn pass(&mut self, first: usize, near: [u16; NEAR], longest: usize) {
        let until = (first + longest).min(self.near.len());
        let only = near.map(|length| if usize::from(length) == longest { u16::MAX } else { 0 });
        for (passed, near) in (0..longest as u16).zip(&mut self.near[first..until]) {
            *near = only.map(|mask| mask & (longest as u16 - passed));
        }
        self.far[first..until].fill(Found::default());
    }

    /// Remembers pixels of which it is not known how many that are the same follow.
    fn remember_end<const C: usize>(&mut self, pixels: &Pixels<C>, end: Range<usize>) {
        if self.search.tried == 0 {
            return;
        }
        for at in end {
            let run = length(pixels, at + 1, 1, REMEMBERED) as u16;
            self.remember(pixels, at, run);
        }
    }

    /// Remembers a pixel, which so many that are the same follow.
    #[inline(always)]
    fn remember<const C: usize>(&mut self, pixels: &Pixels<C>, at: usize, run: u16) {
        if at >= self.seen && self.search.tried > 0 {
            self.places.remember(at, hash(pixels, at, 1 + run.min(REMEMBERED as u16)));
            self.seen = at + 1;
        }
    }

    fn find_far<const C: usize>(&mut self, pixels: &Pixels<C>, start: usize) {
        for part in &self.parts {
            let mut next = Found::default();
            for at in part.clone().rev() {
                let longest = longest(self.near[at - start]);
                let distance = next.distance as usize;
                next = if longest > REMEMBERED as u16 {
                    Found::default()
                } else if next.length > 0 && distance <= at && same(pixels, at, distance) {
                    Found { length: (next.length + 1).min(LONGEST as u16), ..next }
                } else {
                    self.places.find(pixels, at, longest.into(), self.search)
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

/// How many pixels are those so far back, up to so many.
#[inline(always)]
fn length<const C: usize>(pixels: &Pixels<C>, at: usize, distance: usize, most: usize) -> usize {
    if distance == 0 || distance > at || at >= pixels.count() || !same(pixels, at, distance) {
        return 0;
    }
    common_within(&pixels.samples[at * C..], &pixels.samples[(at - distance) * C..], most * C) / C
}

#[inline(always)]
fn same<const C: usize>(pixels: &Pixels<C>, at: usize, distance: usize) -> bool {
    let (here, there) = (at * C, (at - distance) * C);
    pixels.samples[here..here + C] == pixels.samples[there..there + C]
}

/// Where pixels stood: for each hash the last, and for each of a window the one before with the same hash.
struct Places {
    window: usize,
    /// Copies are from less far.
    far: usize,
    shift: u32,
    /// Pixels from 1, or zero.
    heads: Vec<u32>,
    /// Pixels back, or zero, and bits of the own hash.
    backs: Vec<u32>,
}

/// A power of two, no more than there are pixels: few copies reach back over more than half of a picture. Of few
/// pixels all.
fn window(pixels: usize) -> usize {
    if pixels < 4 * BLOCK { pixels.next_power_of_two() } else { (1 << pixels.ilog2()).min(WINDOW) }
}

fn slots(pixels: usize) -> usize {
    (window(pixels) / 2).clamp(16, SLOTS)
}

impl Places {
    fn new(pixels: usize) -> Result<Self> {
        let (slots, window) = if pixels == 0 { (1, 0) } else { (slots(pixels), window(pixels)) };
        // A block is remembered as a whole.
        let far = if window >= pixels { window } else { window - BLOCK };
        let (heads, backs) = (try_filled(slots, 0)?, try_filled(window, 0)?);
        Ok(Self { window, far, shift: (64 - slots.ilog2()).min(63), heads, backs })
    }

    #[inline(always)]
    fn remember(&mut self, at: usize, hash: Option<u64>) {
        let back = &mut self.backs[at & (self.window - 1)];
        *back = 0;
        let Some(hash) = hash else { return };
        let head = &mut self.heads[(hash >> self.shift) as usize];
        let distance = if *head == 0 { 0 } else { at as u32 + 1 - *head };
        *back = hash as u32 & CHECK | if distance < self.far as u32 { distance } else { 0 };
        *head = at as u32 + 1;
    }

    /// The longest copy that is longer than `longest`.
    #[inline(always)]
    fn find<const C: usize>(
        &self,
        pixels: &Pixels<C>,
        at: usize,
        mut longest: usize,
        search: Search,
    ) -> Found {
        let mut found = Found::default();
        let own = self.backs[at & (self.window - 1)];
        let (mut entry, mut distance) = (own, 0);
        let here = &pixels.samples[at * C..];
        for _ in 0..search.tried {
            let back = (entry & !CHECK) as usize;
            distance += back;
            if back == 0 || distance >= self.far || distance > at {
                break;
            }
            entry = self.backs[(at - distance) & (self.window - 1)];
            if (entry ^ own) & CHECK != 0 {
                continue;
            }
            let there = &pixels.samples[(at - distance) * C..];
            let last = longest * C;
            if here.len() < last + C || here[last..last + C] != there[last..last + C] {
                continue;
            }
            let length = common_within(here, there, LONGEST * C) / C;
            if length > longest {
                longest = length;
                found = Found { distance: distance as u32, length: length as u16 };
                if length >= search.long {
                    break;
                }
            }
        }
        found
    }
}

/// Of two pixels, or of four bytes where these are more; of pixels that are the same how many they are.
#[inline(always)]
fn hash<const C: usize>(pixels: &Pixels<C>, at: usize, run: u16) -> Option<u64> {
    let samples = &pixels.samples[at * C..];
    let mixed = match C {
        1 | 2 => u64::from(u32::from_le_bytes(*samples.first_chunk::<4>()?)),
        3 => u64::from_le_bytes(*samples.first_chunk::<8>()?) << 16,
        _ => u64::from_le_bytes(*samples.first_chunk::<8>()?),
    };
    let run = if usize::from(run) * C >= 4 && run > 1 { u64::from(run) } else { 0 };
    let mixed = mixed.wrapping_add(run << 40).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Some(mixed ^ mixed >> 32)
}
