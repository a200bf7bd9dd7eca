//! Tiles with codes of their own (RFC 9649 section 3.7.2.2): those that are alike share them.
//!
//! Symbols are counted for each tile, coarsely, and tiles are gathered into groups: by turns each goes to the group whose
//! symbols are most like its own, and groups are counted anew.

use super::{
    super::{DISTANCES, GREENS, entropy::sixteenths, lz77::Prefixed},
    histogram::Counts,
    tiles::Tiles,
    token::Token,
};
use crate::{error::Result, limits::try_filled, pixel::Size};

/// The most groups to begin with, and bytes of the counts of tiles.
const MOST: usize = 32;
const TILES_BYTES: usize = 512 << 10;

/// How often tiles change their groups.
const ROUNDS: usize = 5;

/// Classes of a sample of a pixel with several.
const CLASSES: usize = 32;
const COPIES: usize = GREENS - 256 + DISTANCES;

/// Coarse symbols of pixels of so many samples.
const fn kinds(channels: usize) -> usize {
    COPIES + if channels == 1 { 256 } else { CLASSES * channels }
}

/// The most tiles that are counted.
pub const fn most_tiles(channels: usize) -> usize {
    TILES_BYTES / 2 / kinds(channels)
}

/// The most bytes that they take, of tiles whose sides are at least 16 pixels, but at the edges.
pub fn held_bytes(size: Size) -> u64 {
    let tiles = u64::from(size.width.div_ceil(16)) * u64::from(size.height.div_ceil(16));
    (tiles * 3 * kinds(1) as u64).min(TILES_BYTES as u64)
}

/// Coarse counts of all tiles.
pub struct TileCounts {
    tiles: Tiles,
    /// Samples of a pixel.
    channels: usize,
    kinds: usize,
    counts: Vec<u16>,
}

/// The group of each tile.
#[derive(Clone)]
pub struct Groups {
    pub tiles: Tiles,
    pub of_tiles: Vec<u8>,
    pub count: usize,
}

/// Small differences one by one, larger ones together, by sign.
static CLASS: [u8; 256] = {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let size = (at as u8 as i8).unsigned_abs() as u32;
        let class = if size < 8 { size } else { 2 * (size.ilog2() + 1) + ((size >> (size.ilog2() - 1)) & 1) };
        let class = if class > 15 { 15 } else { class };
        classes[at] = if at < 128 { class as u8 } else { 16 + class as u8 };
        at += 1;
    }
    classes
};

impl TileCounts {
    /// Of nothing.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(tiles: Tiles, channels: usize) -> Result<Self> {
        let kinds = kinds(channels);
        Ok(Self { tiles, channels, kinds, counts: try_filled(tiles.count() * kinds, 0)? })
    }

    /// Counts a token of a tile.
    #[inline]
    pub fn add(&mut self, tile: usize, token: Token) {
        let counts = &mut self.counts[tile * self.kinds..(tile + 1) * self.kinds];
        let mut count = |at: usize| counts[at] = counts[at].saturating_add(1);
        match token {
            Token::Literal(argb) => {
                let [alpha, red, green, blue] = argb.to_be_bytes();
                if self.channels == 1 {
                    return count(COPIES + usize::from(green));
                }
                let samples = match self.channels {
                    2 => [green, alpha, 0, 0],
                    _ => [green, red, blue, alpha],
                };
                for (channel, sample) in samples.into_iter().take(self.channels).enumerate() {
                    count(COPIES + CLASSES * channel + usize::from(CLASS[usize::from(sample)]));
                }
            }
            Token::Cached(_) => {}
            Token::Copy { length, code } => {
                count(Prefixed::new(length.into()).symbol);
                count(GREENS - 256 + Prefixed::new(code as usize).symbol);
            }
        }
    }

    /// Gathers tiles into groups.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn groups(&self, most: usize) -> Result<Groups> {
        let tiles = self.tiles;
        let count = MOST.min(most).min(tiles.count());
        let mut of_tiles = try_filled(tiles.count(), 0_u8)?;
        if count < 2 {
            return Ok(Groups { tiles, of_tiles, count: 1 });
        }
        // By what they take in the codes of all.
        let mut prices = try_filled(count * self.kinds, 0_u16)?;
        self.price(&of_tiles, &mut prices);
        let mut order = try_filled(tiles.count(), (0, 0))?;
        for (tile, place) in order.iter_mut().enumerate() {
            *place = (self.cost(tile, &prices[..self.kinds]), tile);
        }
        order.sort_unstable();
        for (at, (_, tile)) in order.iter().enumerate() {
            of_tiles[*tile] = (at * count / tiles.count()) as u8;
        }
        drop(order);
        for _ in 0..ROUNDS {
            self.price(&of_tiles, &mut prices);
            for (tile, group) in of_tiles.iter_mut().enumerate() {
                let costs = prices.chunks_exact(self.kinds).map(|prices| self.cost(tile, prices));
                *group = costs.zip(0..).min().map_or(0, |(_, group)| group);
            }
        }
        Ok(Groups { tiles, of_tiles, count })
    }

    fn cost(&self, tile: usize, prices: &[u16]) -> u64 {
        let counts = &self.counts[tile * self.kinds..(tile + 1) * self.kinds];
        // No more than 2^18 pixels of five symbols of 12 bits.
        u64::from(
            counts
                .iter()
                .zip(prices)
                .map(|(&count, &price)| u32::from(count) * u32::from(price))
                .sum::<u32>(),
        )
    }

    /// What symbols take in each group.
    fn price(&self, of_tiles: &[u8], prices: &mut [u16]) {
        for (group, prices) in prices.chunks_exact_mut(self.kinds).enumerate() {
            // As if each had been there once: a group without tiles is good for none.
            let mut counts = [1_u32; COPIES + 256];
            for (tile, _) in of_tiles.iter().enumerate().filter(|(_, own)| usize::from(**own) == group) {
                let own = &self.counts[tile * self.kinds..(tile + 1) * self.kinds];
                counts.iter_mut().zip(own).for_each(|(sum, count)| *sum += 4 * u32::from(*count));
            }
            let (greens, rest) = (if self.channels == 1 { 256 } else { CLASSES }, GREENS - 256);
            // Lengths are of the same code as green.
            let mut green = [0; GREENS];
            green[..rest].copy_from_slice(&counts[..rest]);
            green[rest..rest + greens].copy_from_slice(&counts[COPIES..COPIES + greens]);
            let mut bits = sixteenths(&green[..rest + greens], 12);
            prices.iter_mut().take(rest).zip(bits.by_ref()).for_each(|(price, bits)| *price = bits);
            prices[COPIES..].iter_mut().zip(bits).for_each(|(price, bits)| *price = bits);
            let distances = sixteenths(&counts[rest..COPIES], 12);
            prices[rest..COPIES].iter_mut().zip(distances).for_each(|(price, bits)| *price = bits);
            for channel in 1..self.channels {
                let at = COPIES + CLASSES * channel..COPIES + CLASSES * (channel + 1);
                let bits = sixteenths(&counts[at.clone()], 12);
                prices[at].iter_mut().zip(bits).for_each(|(price, bits)| *price = bits);
            }
        }
    }
}

impl Groups {
    /// One for all.
    pub fn single() -> Self {
        Self { tiles: Tiles { bits: 0, across: 0, down: 0 }, of_tiles: Vec::new(), count: 1 }
    }

    /// The group of what lies there.
    #[inline(always)]
    pub fn at(&self, place: &Place) -> usize {
        if self.count > 1 { self.of_tiles[place.tile(self.tiles)].into() } else { 0 }
    }

    /// Joins groups as long as fewer codes save more than they cost. Counted is one of so many parts of all.
    pub fn join(&mut self, counts: &mut Vec<Counts>, parts: u64) -> Result<()> {
        let mut own: Vec<u64> = counts.iter().map(|counts| counts.estimate(parts)).collect();
        let mut saved = try_filled(self.count * self.count, None)?;
        let mut live: Vec<usize> = (0..self.count).collect();
        loop {
            let mut best = (0, 0, 0);
            for (at, &a) in live.iter().enumerate() {
                for &b in &live[at + 1..] {
                    let saved = *saved[a * self.count + b].get_or_insert_with(|| {
                        let mut both = counts[a].clone();
                        both.add_all(&counts[b]);
                        (own[a] + own[b]) as i64 - both.estimate(parts) as i64
                    });
                    if saved > best.0 {
                        best = (saved, a, b);
                    }
                }
            }
            let (gain, a, b) = best;
            if gain <= 0 {
                break;
            }
            let other = counts[b].clone();
            counts[a].add_all(&other);
            own[a] = counts[a].estimate(parts);
            self.of_tiles
                .iter_mut()
                .filter(|group| usize::from(**group) == b)
                .for_each(|group| *group = a as u8);
            live.retain(|&group| group != b);
            for &group in &live {
                saved[group.min(a) * self.count + group.max(a)] = None;
            }
        }
        for (new, &old) in live.iter().enumerate() {
            counts.swap(new, old);
            self.of_tiles
                .iter_mut()
                .filter(|group| usize::from(**group) == old)
                .for_each(|group| *group = new as u8);
        }
        counts.truncate(live.len());
        self.count = live.len();
        Ok(())
    }
}

/// Where the pixels of tokens lie, as they come.
pub struct Place {
    width: usize,
    x: usize,
    y: usize,
}

impl Place {
    /// The first pixel of rows of `width`, from the row `y` on.
    pub const fn new(width: usize, y: usize) -> Self {
        Self { width, x: 0, y }
    }

    /// The tile.
    #[inline(always)]
    pub const fn tile(&self, tiles: Tiles) -> usize {
        (self.y >> tiles.bits) * tiles.across + (self.x >> tiles.bits)
    }

    /// Goes on by a token.
    #[inline(always)]
    pub const fn pass(&mut self, pixels: usize) {
        self.x += pixels;
        while self.x >= self.width {
            self.x -= self.width;
            self.y += 1;
        }
    }
}
