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
const SAMPLED_PIXELS: usize = 1 << 19;

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

/// Chooses transforms by the entropy that they leave.
pub fn choose_transforms<const C: usize>(source: Pixels<C>, palette: Option<&Palette>) -> Result<Transforms> {
    // Grey samples have no fewer symbols by a palette, other pixels have one instead of three.
    if palette.is_some_and(|palette| palette.width_bits() > 0 || C >= 3) {
        return Ok(Transforms::Palette);
    }
    let bits = if C >= 3 { 8 } else { 0 };
    // Plain and predicted pixels, then both less green.
    let mut statistics = [
        LiteralStatistics::new(bits)?,
        LiteralStatistics::new(bits)?,
        LiteralStatistics::new(bits)?,
        LiteralStatistics::new(bits)?,
    ];
    let (width, height) = (source.width, source.height());
    let step = source.count().div_ceil(SAMPLED_PIXELS);
    let (mut pixels, mut busy_pixels) = (0, 0);
    // Eight rows together, so that the colour cache sees what is near.
    for y in (1..height).filter(|y| (y / 8) % step == 0) {
        pixels += width as u64;
        for at in y * width + 1..(y + 1) * width {
            let (here, left, above) = (source.argb(at), source.argb(at - 1), source.argb(at - width));
            if here == left || here == above {
                continue;
            }
            busy_pixels += 1;
            let residue = difference(here, mean(left, above));
            statistics[0].add(here);
            statistics[1].add(residue);
            if C >= 3 {
                statistics[2].add(less_green(here));
                statistics[3].add(less_green(residue));
            }
        }
    }
    let [plain, predicted, less, both] = statistics.map(|literals| literals.counts.estimate(1));
    // The predictor of each tile.
    let modes = source.count().min(SAMPLED_PIXELS) as u64 / 256 * 2;
    let (predicted, both) = (predicted + modes, both + modes);
    let busy = 16 * busy_pixels / pixels.max(1);
    if C < 3 {
        let is_flat = palette.is_some() && plain <= predicted;
        return Ok(if is_flat {
            Transforms::Palette
        } else {
            Transforms::Samples { less_green: true, predicted: predicted < plain, busy }
        });
    }
    let least = plain.min(predicted).min(less).min(both);
    let less_green = least == less || least == both;
    Ok(Transforms::Samples { less_green, predicted: least == predicted || least == both, busy })
}

/// Costs of tokens before anything is parsed, by the pixels that are not like their neighbours.
pub fn first_costs<const C: usize>(pixels: Pixels<C>) -> Result<PixelCosts> {
    let mut counts = Histogram::new(0)?;
    let (width, step) = (pixels.width, pixels.count().div_ceil(SAMPLED_PIXELS));
    for y in (0..pixels.height()).step_by(step) {
        for at in (y * width).max(1)..(y + 1) * width {
            let here = pixels.argb(at);
            if here != pixels.argb(at - 1) && (at < width || here != pixels.argb(at - width)) {
                counts.add(PixelToken::Literal(here));
            }
        }
    }
    // A few copies, though none are known yet.
    let literals: u32 = counts.green.iter().sum();
    counts.green[NUM_LITERALS..NUM_GREEN].fill(literals / 64 + 1);
    counts.distance.fill(1);
    Ok(counts.costs())
}

/// Statistics of the first pass: histograms of the tokens without a colour cache and with each one, and of tiles.
pub struct TokenStatistics<'a, const C: usize> {
    pixels: Pixels<'a, C>,
    copies: Histogram,
    caches: Vec<(u32, ColorCache, Histogram)>,
    tile_histograms: Option<TileHistograms>,
    tiles: Tiles,
    place: Position,
}

impl<'a, const C: usize> TokenStatistics<'a, C> {
    /// Empty statistics, for at most `most_groups` prefix code groups.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(pixels: Pixels<'a, C>, tiles: Tiles, most_groups: usize) -> Result<Self> {
        let caches = if C == 1 { &CACHE_BITS[..1] } else { &CACHE_BITS };
        let caches = caches.iter().map(|&bits| Ok((bits, ColorCache::new(bits)?, Histogram::new(bits)?)));
        let tile_histograms = if most_groups > 1 { Some(TileHistograms::new(tiles, C)?) } else { None };
        let caches = caches.collect::<Result<_>>()?;
        Ok(Self {
            pixels,
            copies: Histogram::new(0)?,
            caches,
            tile_histograms,
            tiles,
            place: Position::new(pixels.width, 0),
        })
    }

    /// Counts the token that begins at a pixel.
    pub fn add(&mut self, at: usize, token: PixelToken) {
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
                let argb = self.pixels.argb(at);
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
