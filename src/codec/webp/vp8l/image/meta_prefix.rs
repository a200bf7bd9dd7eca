//! Meta prefix codes (RFC 9649 section 3.7.2.2): which tiles share a prefix code group.
//!
//! Each tile has a coarse histogram, and tiles are clustered by k-means: by turns each tile goes to the group in which
//! its symbols cost the least, and the costs of groups are counted anew.

use super::{
    super::{NUM_DISTANCE_CODES, NUM_GREEN, NUM_LENGTH_CODES, entropy::symbol_costs, lz77::Lz77Prefix},
    histogram::Histogram,
    tiles::Tiles,
    token::PixelToken,
};
use crate::{error::Result, limits::try_filled, pixel::Size};

/// The most groups to begin with.
const MAX_GROUPS: usize = 32;

/// The most bytes of the histograms of tiles.
const MAX_BYTES: usize = 512 << 10;

/// How often tiles are assigned anew.
const ROUNDS: usize = 5;

/// Coarse symbols of a sample, where a pixel has several samples.
const SAMPLE_CLASSES: usize = 32;

/// Symbols of lengths and distances.
const COPY_SYMBOLS: usize = NUM_LENGTH_CODES + NUM_DISTANCE_CODES;

/// How many coarse symbols there are for pixels of `channels` samples.
const fn symbols(channels: usize) -> usize {
    COPY_SYMBOLS + if channels == 1 { 256 } else { SAMPLE_CLASSES * channels }
}

/// The most tiles that have histograms.
pub const fn most_tiles(channels: usize) -> usize {
    MAX_BYTES / 2 / symbols(channels)
}

/// The most bytes that the histograms of tiles take. Tiles have sides of at least 16 pixels.
pub fn heap_bytes(size: Size) -> u64 {
    let tiles = u64::from(size.width.div_ceil(16)) * u64::from(size.height.div_ceil(16));
    (tiles * 3 * symbols(1) as u64).min(MAX_BYTES as u64)
}

/// Coarse histograms of all tiles.
pub struct TileHistograms {
    tiles: Tiles,
    /// Samples of a pixel.
    channels: usize,
    symbols: usize,
    counts: Vec<u16>,
}

/// The entropy image: the meta prefix code of each tile, which is the number of its prefix code group.
#[derive(Clone)]
pub struct EntropyImage {
    pub tiles: Tiles,
    pub meta_codes: Vec<u8>,
    /// How many groups there are.
    pub count: usize,
}

/// The class of a sample as a difference: small ones have their own, larger ones share them, by sign.
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

impl TileHistograms {
    /// Empty histograms.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(tiles: Tiles, channels: usize) -> Result<Self> {
        let symbols = symbols(channels);
        Ok(Self { tiles, channels, symbols, counts: try_filled(tiles.count() * symbols, 0)? })
    }

    /// Counts a token of a tile.
    #[inline]
    pub fn add(&mut self, tile: usize, token: PixelToken) {
        let counts = &mut self.counts[tile * self.symbols..(tile + 1) * self.symbols];
        let mut count = |at: usize| counts[at] = counts[at].saturating_add(1);
        match token {
            PixelToken::Literal(argb) => {
                let [alpha, red, green, blue] = argb.to_be_bytes();
                if self.channels == 1 {
                    return count(COPY_SYMBOLS + usize::from(green));
                }
                let samples = match self.channels {
                    2 => [green, alpha, 0, 0],
                    _ => [green, red, blue, alpha],
                };
                for (channel, sample) in samples.into_iter().take(self.channels).enumerate() {
                    count(COPY_SYMBOLS + SAMPLE_CLASSES * channel + usize::from(CLASS[usize::from(sample)]));
                }
            }
            PixelToken::Cached(_) => {}
            PixelToken::Copy { length, code } => {
                count(Lz77Prefix::new(length.into()).symbol);
                count(NUM_LENGTH_CODES + Lz77Prefix::new(code as usize).symbol);
            }
        }
    }

    /// Assigns tiles to at most `most` groups.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn group_tiles(&self, most: usize) -> Result<EntropyImage> {
        let tiles = self.tiles;
        let count = MAX_GROUPS.min(most).min(tiles.count());
        let mut meta_codes = try_filled(tiles.count(), 0_u8)?;
        if count < 2 {
            return Ok(EntropyImage { tiles, meta_codes, count: 1 });
        }
        // To begin with, tiles are ordered by what they cost in one group of all.
        let mut costs = try_filled(count * self.symbols, 0_u16)?;
        self.set_group_costs(&meta_codes, &mut costs);
        let mut order = try_filled(tiles.count(), (0, 0))?;
        for (tile, place) in order.iter_mut().enumerate() {
            *place = (self.cost(tile, &costs[..self.symbols]), tile);
        }
        order.sort_unstable();
        for (at, (_, tile)) in order.iter().enumerate() {
            meta_codes[*tile] = (at * count / tiles.count()) as u8;
        }
        drop(order);
        for _ in 0..ROUNDS {
            self.set_group_costs(&meta_codes, &mut costs);
            for (tile, group) in meta_codes.iter_mut().enumerate() {
                let of_groups = costs.chunks_exact(self.symbols).map(|costs| self.cost(tile, costs));
                *group = of_groups.zip(0..).min().map_or(0, |(_, group)| group);
            }
        }
        Ok(EntropyImage { tiles, meta_codes, count })
    }

    fn cost(&self, tile: usize, costs: &[u16]) -> u64 {
        let counts = &self.counts[tile * self.symbols..(tile + 1) * self.symbols];
        // No more than 2^18 pixels of five symbols of 12 bits.
        u64::from(
            counts.iter().zip(costs).map(|(&count, &cost)| u32::from(count) * u32::from(cost)).sum::<u32>(),
        )
    }

    /// Counts what symbols cost in each group.
    fn set_group_costs(&self, meta_codes: &[u8], costs: &mut [u16]) {
        for (group, costs) in costs.chunks_exact_mut(self.symbols).enumerate() {
            // Each symbol counts as seen once: so a group without tiles attracts none.
            let mut counts = [1_u32; COPY_SYMBOLS + 256];
            for (tile, _) in meta_codes.iter().enumerate().filter(|(_, own)| usize::from(**own) == group) {
                let own = &self.counts[tile * self.symbols..(tile + 1) * self.symbols];
                counts.iter_mut().zip(own).for_each(|(sum, count)| *sum += 4 * u32::from(*count));
            }
            let (greens, rest) = (if self.channels == 1 { 256 } else { SAMPLE_CLASSES }, NUM_LENGTH_CODES);
            // Lengths share the prefix code of green.
            let mut green = [0; NUM_GREEN];
            green[..rest].copy_from_slice(&counts[..rest]);
            green[rest..rest + greens].copy_from_slice(&counts[COPY_SYMBOLS..COPY_SYMBOLS + greens]);
            let mut bits = symbol_costs(&green[..rest + greens], 12);
            costs.iter_mut().take(rest).zip(bits.by_ref()).for_each(|(cost, bits)| *cost = bits);
            costs[COPY_SYMBOLS..].iter_mut().zip(bits).for_each(|(cost, bits)| *cost = bits);
            let distances = symbol_costs(&counts[rest..COPY_SYMBOLS], 12);
            costs[rest..COPY_SYMBOLS].iter_mut().zip(distances).for_each(|(cost, bits)| *cost = bits);
            for channel in 1..self.channels {
                let at =
                    COPY_SYMBOLS + SAMPLE_CLASSES * channel..COPY_SYMBOLS + SAMPLE_CLASSES * (channel + 1);
                let bits = symbol_costs(&counts[at.clone()], 12);
                costs[at].iter_mut().zip(bits).for_each(|(cost, bits)| *cost = bits);
            }
        }
    }
}

impl EntropyImage {
    /// One group for all tiles.
    pub fn single() -> Self {
        Self { tiles: Tiles { bits: 0, across: 0, down: 0 }, meta_codes: Vec::new(), count: 1 }
    }

    /// The group of the tile at a position.
    #[inline(always)]
    pub fn at(&self, place: &Position) -> usize {
        if self.count > 1 { self.meta_codes[place.tile(self.tiles)].into() } else { 0 }
    }

    /// Merges groups as long as fewer prefix codes save more than they cost. The histograms are of one of `parts` of
    /// the picture.
    pub fn merge(&mut self, histograms: &mut Vec<Histogram>, parts: u64) -> Result<()> {
        let mut own: Vec<u64> = histograms.iter().map(|histogram| histogram.estimate(parts)).collect();
        let mut saved = try_filled(self.count * self.count, None)?;
        let mut live: Vec<usize> = (0..self.count).collect();
        loop {
            let mut best = (0, 0, 0);
            for (at, &a) in live.iter().enumerate() {
                for &b in &live[at + 1..] {
                    let saved = *saved[a * self.count + b].get_or_insert_with(|| {
                        let mut both = histograms[a].clone();
                        both.add_all(&histograms[b]);
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
            let other = histograms[b].clone();
            histograms[a].add_all(&other);
            own[a] = histograms[a].estimate(parts);
            self.meta_codes
                .iter_mut()
                .filter(|group| usize::from(**group) == b)
                .for_each(|group| *group = a as u8);
            live.retain(|&group| group != b);
            for &group in &live {
                saved[group.min(a) * self.count + group.max(a)] = None;
            }
        }
        for (new, &old) in live.iter().enumerate() {
            histograms.swap(new, old);
            self.meta_codes
                .iter_mut()
                .filter(|group| usize::from(**group) == old)
                .for_each(|group| *group = new as u8);
        }
        histograms.truncate(live.len());
        self.count = live.len();
        Ok(())
    }
}

/// The position of tokens in rows of pixels, one after the other.
pub struct Position {
    width: usize,
    x: usize,
    y: usize,
}

impl Position {
    /// The position of the first pixel of row `y`, in rows of `width`.
    pub const fn new(width: usize, y: usize) -> Self {
        Self { width, x: 0, y }
    }

    /// The tile of the position.
    #[inline(always)]
    pub const fn tile(&self, tiles: Tiles) -> usize {
        (self.y >> tiles.bits) * tiles.across + (self.x >> tiles.bits)
    }

    /// Advances by a token of `pixels` pixels.
    #[inline(always)]
    pub const fn advance(&mut self, pixels: usize) {
        self.x += pixels;
        while self.x >= self.width {
            self.x -= self.width;
            self.y += 1;
        }
    }
}
