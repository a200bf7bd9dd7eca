//! Analysis of a picture: which transforms, which colour cache and which prefix code groups it should have.

use super::{
    super::{NUM_GREEN, NUM_LITERALS, color_cache::ColorCache},
    histogram::{Histogram, PixelCosts},
    meta_prefix::{EntropyImage, Position, TileHistograms},
    palette::Palette,
    pixels::{Pixels, difference, less_green, mean},
    tiles::Tiles,
    token::PixelToken,
};
use crate::error::Result;

/// Bits of the colour caches that are tried.
const CACHE_BITS: [u32; 5] = [0, 3, 6, 8, 10];

/// About how many pixels are analysed to choose transforms.
pub const SAMPLED_PIXELS: usize = 1 << 19;

/// The transforms that a picture goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transforms {
    /// Colour indexing.
    Palette,
    /// Subtraction of green or not, prediction or not; and of 16 pixels how many are like neither the one to the left
    /// nor the one above.
    Samples { less_green: bool, predicted: bool, busy: u64 },
}

/// A histogram of busy pixels, which are like neither the one to the left nor the one above, with a small colour cache.
struct LiteralStatistics {
    counts: Histogram,
    cache: ColorCache,
}

impl LiteralStatistics {
    fn new(bits: u32) -> Result<Self> {
        Ok(Self { counts: Histogram::new(bits)?, cache: ColorCache::new(bits)? })
    }

    fn add(&mut self, argb: u32) {
        let place = self.cache.find(argb);
        self.counts.add(place.map_or(PixelToken::Literal(argb), |place| PixelToken::Cached(place as u16)));
        self.cache.insert(argb);
    }
}

/// What is left of busy pixels by the transforms that there are, as a picture's rows come.
pub struct TransformStatistics {
    /// Plain and predicted pixels, then both less green.
    literals: [LiteralStatistics; 4],
    has_color: bool,
    /// Eight rows of `8 * step` are looked at, so that the colour cache sees what is near.
    step: usize,
    count: usize,
    pixels: u64,
    busy_pixels: u64,
}

impl TransformStatistics {
    /// Empty statistics of so many pixels.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(count: usize, has_color: bool) -> Result<Self> {
        let bits = if has_color { 8 } else { 0 };
        let new = || LiteralStatistics::new(bits);
        Ok(Self {
            literals: [new()?, new()?, new()?, new()?],
            has_color,
            step: count.div_ceil(SAMPLED_PIXELS),
            count,
            pixels: 0,
            busy_pixels: 0,
        })
    }

    /// True if a row, from 1, is looked at.
    pub const fn wants(&self, y: usize) -> bool {
        (y / 8).is_multiple_of(self.step)
    }

    /// Looks at the second of two rows.
    pub fn add_row<const C: usize>(&mut self, rows: Pixels<C>) {
        let (width, literals) = (rows.width, &mut self.literals);
        self.pixels += width as u64;
        for at in width + 1..2 * width {
            let (here, left, above) = (rows.argb(at), rows.argb(at - 1), rows.argb(at - width));
            if here == left || here == above {
                continue;
            }
            self.busy_pixels += 1;
            let residue = difference(here, mean(left, above));
            literals[0].add(here);
            literals[1].add(residue);
            if C >= 3 {
                literals[2].add(less_green(here));
                literals[3].add(less_green(residue));
            }
        }
    }

    /// Of 16 pixels how many are like neither the one to the left nor the one above.
    pub fn busy(&self) -> u64 {
        16 * self.busy_pixels / self.pixels.max(1)
    }

    /// Chooses the transforms that leave the least, for pixels with colours or without.
    pub fn choose(&self, has_color: bool, palette: Option<&Palette>) -> Transforms {
        // Grey samples have no fewer symbols by a palette, other pixels have one instead of three.
        if palette.is_some_and(|palette| palette.width_bits() > 0 || has_color) {
            return Transforms::Palette;
        }
        let [plain, predicted, less, both] =
            self.literals.each_ref().map(|literals| literals.counts.estimate(1));
        // The predictor of each tile.
        let modes = self.count.min(SAMPLED_PIXELS) as u64 / 256 * 2;
        let (predicted, both) = (predicted + modes, both + modes);
        let busy = self.busy();
        if !has_color {
            // Greys that came as colours are nothing less green but themselves.
            let (plain, predicted) = if self.has_color { (less, both) } else { (plain, predicted) };
            let is_flat = palette.is_some() && plain <= predicted;
            return if is_flat {
                Transforms::Palette
            } else {
                Transforms::Samples { less_green: true, predicted: predicted < plain, busy }
            };
        }
        let least = plain.min(predicted).min(less).min(both);
        let less_green = least == less || least == both;
        Transforms::Samples { less_green, predicted: least == predicted || least == both, busy }
    }
}

/// Chooses transforms by the entropy that they leave.
pub fn choose_transforms<const C: usize>(source: Pixels<C>, palette: Option<&Palette>) -> Result<Transforms> {
    let mut statistics = TransformStatistics::new(source.count(), C >= 3)?;
    let (width, height) = (source.width, source.height());
    if palette.is_none_or(|palette| palette.width_bits() == 0 && C < 3) {
        for y in 1..height {
            if statistics.wants(y) {
                let samples = &source.samples[(y - 1) * width * C..(y + 1) * width * C];
                statistics.add_row(Pixels::<C> { samples, ..source });
            }
        }
    }
    Ok(statistics.choose(C >= 3, palette))
}

/// Costs of tokens before anything is parsed, by the pixels that are not like their neighbours, of rows with about
/// `most` pixels.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub fn first_costs<const C: usize>(pixels: Pixels<C>, most: usize) -> Result<PixelCosts> {
    let mut counts = FirstCounts::new()?;
    counts.add(pixels, most);
    Ok(counts.costs())
}

/// Counts of those pixels.
pub struct FirstCounts(Histogram);

impl FirstCounts {
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new() -> Result<Self> {
        Ok(Self(Histogram::new(0)?))
    }

    /// Counts those of rows with about `most` pixels.
    pub fn add<const C: usize>(&mut self, pixels: Pixels<C>, most: usize) {
        let (width, step) = (pixels.width, pixels.count().div_ceil(most).max(1));
        for y in (0..pixels.height()).step_by(step) {
            for at in (y * width).max(1)..(y + 1) * width {
                let here = pixels.argb(at);
                if here != pixels.argb(at - 1) && (at < width || here != pixels.argb(at - width)) {
                    self.0.add(PixelToken::Literal(here));
                }
            }
        }
    }

    /// What tokens cost by all of them.
    pub fn costs(&mut self) -> PixelCosts {
        let Self(counts) = self;
        // A few copies, though none are known yet.
        let literals: u32 = counts.green[..NUM_LITERALS].iter().sum();
        counts.green[NUM_LITERALS..NUM_GREEN].fill(literals / 64 + 1);
        counts.distance.fill(1);
        counts.costs()
    }
}

/// Statistics of the first pass: histograms of the tokens without a colour cache and with each one, and of tiles.
pub struct TokenStatistics {
    copies: Histogram,
    caches: Vec<(u32, ColorCache, Histogram)>,
    tile_histograms: Option<TileHistograms>,
    tiles: Tiles,
    place: Position,
}

impl TokenStatistics {
    /// Empty statistics of pixels of `channels` samples in rows of `width`, for at most `most_groups` prefix code groups.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(channels: usize, width: usize, tiles: Tiles, most_groups: usize) -> Result<Self> {
        let caches = if channels == 1 { &CACHE_BITS[..1] } else { &CACHE_BITS };
        let caches = caches.iter().map(|&bits| Ok((bits, ColorCache::new(bits)?, Histogram::new(bits)?)));
        let tile_histograms =
            if most_groups > 1 { Some(TileHistograms::new(tiles, channels)?) } else { None };
        let caches = caches.collect::<Result<_>>()?;
        Ok(Self {
            copies: Histogram::new(0)?,
            caches,
            tile_histograms,
            tiles,
            place: Position::new(width, 0),
        })
    }

    /// Counts the token that begins at a pixel.
    pub fn add<const C: usize>(&mut self, pixels: Pixels<C>, at: usize, token: PixelToken) {
        if let Some(histograms) = &mut self.tile_histograms {
            histograms.add(self.place.tile(self.tiles), token);
            self.place.advance(token.pixels());
        }
        if let PixelToken::Literal(argb) = token {
            for (_, cache, counts) in &mut self.caches {
                let place = cache.find(argb);
                counts.add(place.map_or(token, |place| PixelToken::Cached(place as u16)));
                cache.insert(argb);
            }
            return;
        }
        self.copies.add(token);
        if self.caches.len() > 1 {
            let mut last = None;
            for at in at..at + token.pixels() {
                let argb = pixels.argb(at);
                if last != Some(argb) {
                    self.caches.iter_mut().for_each(|(_, cache, _)| cache.insert(argb));
                    last = Some(argb);
                }
            }
        }
    }

    /// About how many bits all tokens take, with one prefix code group.
    pub fn estimate(&self) -> u64 {
        let copies = self.copies.estimate(1);
        self.caches.iter().map(|(.., counts)| counts.estimate(1) + copies).min().unwrap_or(copies)
    }

    /// Costs of tokens without a colour cache and with the best one, each with its bits, the better first; and the
    /// entropy image.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn finish(mut self, most_groups: usize) -> Result<(Vec<(u32, PixelCosts)>, EntropyImage)> {
        for (_, _, counts) in &mut self.caches {
            counts.add_all(&self.copies);
        }
        let mut caches: Vec<_> =
            self.caches.iter().map(|(bits, _, counts)| (counts.estimate(1), *bits, counts)).collect();
        caches.sort_by_key(|(estimate, bits, _)| (*estimate, *bits));
        let cached = caches.iter().position(|(_, bits, _)| *bits > 0);
        let (mut at, mut best) = (0, Vec::new());
        caches.retain(|(_, bits, _)| {
            at += 1;
            *bits == 0 || Some(at - 1) == cached
        });
        best.extend(caches.iter().map(|(_, bits, counts)| (*bits, counts.costs())));
        let entropy_image = match &self.tile_histograms {
            Some(histograms) => histograms.group_tiles(most_groups)?,
            None => EntropyImage::single(),
        };
        Ok((best, entropy_image))
    }
}
