//! What a picture is like: which transforms, which colour cache and which groups of codes it should have.

use super::{
    super::GREENS,
    color_cache::Cache,
    histogram::{Costs, Counts},
    meta_prefix::{Groups, Place, TileCounts},
    palette::Palette,
    pixels::{Pixels, difference, less_green, mean},
    tiles::Tiles,
    token::Token,
};
use crate::error::Result;

/// Sizes of the colour cache that are tried, in bits.
const CACHES: [u32; 5] = [0, 3, 6, 8, 10];

/// About so many pixels are looked at to choose transforms.
const LOOKED_AT: usize = 1 << 19;

/// What a picture is coded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Indices of its palette.
    Palette,
    /// Samples: red and blue less green or not, as they are or predicted; and of 16 pixels how many are like neither
    /// the one to the left nor the one above.
    Samples { less_green: bool, predicted: bool, busy: u64 },
}

/// The symbols of pixels of which neither the one to the left nor the one above is the same, and places of a small cache.
struct Sketch {
    counts: Counts,
    cache: Cache,
}

impl Sketch {
    fn new(bits: u32) -> Result<Self> {
        Ok(Self { counts: Counts::new(bits)?, cache: Cache::new(bits)? })
    }

    fn add(&mut self, argb: u32) {
        let place = self.cache.find(argb);
        self.counts.add(place.map_or(Token::Literal(argb), |place| Token::Cached(place as u16)));
        self.cache.insert(argb);
    }
}

/// Chooses transforms by what the entropy would be.
pub fn kind<const C: usize>(source: Pixels<C>, palette: Option<&Palette>) -> Result<Kind> {
    // Of samples that are grey the palette has no fewer symbols, of others it has one for three.
    if palette.is_some_and(|palette| palette.packing() > 0 || C >= 3) {
        return Ok(Kind::Palette);
    }
    let bits = if C >= 3 { 8 } else { 0 };
    // As they are and predicted, each without green and with it.
    let mut sketches = [Sketch::new(bits)?, Sketch::new(bits)?, Sketch::new(bits)?, Sketch::new(bits)?];
    let (width, height) = (source.width, source.height());
    let step = source.count().div_ceil(LOOKED_AT);
    let (mut seen, mut others) = (0, 0);
    // Some rows together, so that the cache sees what is near.
    for y in (1..height).filter(|y| (y / 8) % step == 0) {
        seen += width as u64;
        for at in y * width + 1..(y + 1) * width {
            let (here, left, above) = (source.argb(at), source.argb(at - 1), source.argb(at - width));
            if here == left || here == above {
                continue;
            }
            others += 1;
            let residue = difference(here, mean(left, above));
            sketches[0].add(here);
            sketches[1].add(residue);
            if C >= 3 {
                sketches[2].add(less_green(here));
                sketches[3].add(less_green(residue));
            }
        }
    }
    let [plain, predicted, less, both] = sketches.map(|sketch| sketch.counts.estimate(1));
    // A mode for each tile.
    let modes = source.count().min(LOOKED_AT) as u64 / 256 * 2;
    let (predicted, both) = (predicted + modes, both + modes);
    let busy = 16 * others / seen.max(1);
    if C < 3 {
        let is_flat = palette.is_some() && plain <= predicted;
        return Ok(if is_flat {
            Kind::Palette
        } else {
            Kind::Samples { less_green: true, predicted: predicted < plain, busy }
        });
    }
    let least = plain.min(predicted).min(less).min(both);
    let less_green = least == less || least == both;
    Ok(Kind::Samples { less_green, predicted: least == predicted || least == both, busy })
}

/// What tokens take as pixels that are not like their neighbours say.
pub fn first_costs<const C: usize>(pixels: Pixels<C>) -> Result<Costs> {
    let mut counts = Counts::new(0)?;
    let (width, step) = (pixels.width, pixels.count().div_ceil(LOOKED_AT));
    for y in (0..pixels.height()).step_by(step) {
        for at in (y * width).max(1)..(y + 1) * width {
            let here = pixels.argb(at);
            if here != pixels.argb(at - 1) && (at < width || here != pixels.argb(at - width)) {
                counts.add(Token::Literal(here));
            }
        }
    }
    // Some copies, of which nothing is known yet.
    let literals: u32 = counts.green.iter().sum();
    counts.green[256..GREENS].fill(literals / 64 + 1);
    counts.distance.fill(1);
    Ok(counts.costs())
}

/// Counts the tokens of a picture without a cache, and what each cache would make of them.
pub struct Survey<'a, const C: usize> {
    pixels: Pixels<'a, C>,
    copies: Counts,
    caches: Vec<(u32, Cache, Counts)>,
    tiles: Option<TileCounts>,
    of: Tiles,
    place: Place,
}

impl<'a, const C: usize> Survey<'a, C> {
    /// Of nothing yet; with at most so many groups.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(pixels: Pixels<'a, C>, of: Tiles, most_groups: usize) -> Result<Self> {
        let caches = if C == 1 { &CACHES[..1] } else { &CACHES };
        let caches = caches.iter().map(|&bits| Ok((bits, Cache::new(bits)?, Counts::new(bits)?)));
        let tiles = if most_groups > 1 { Some(TileCounts::new(of, C)?) } else { None };
        let caches = caches.collect::<Result<_>>()?;
        Ok(Self { pixels, copies: Counts::new(0)?, caches, tiles, of, place: Place::new(pixels.width, 0) })
    }

    /// Counts the token that begins at a pixel.
    pub fn add(&mut self, at: usize, token: Token) {
        if let Some(tiles) = &mut self.tiles {
            tiles.add(self.place.tile(self.of), token);
            self.place.pass(token.pixels());
        }
        if let Token::Literal(argb) = token {
            for (_, cache, counts) in &mut self.caches {
                let place = cache.find(argb);
                counts.add(place.map_or(token, |place| Token::Cached(place as u16)));
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

    /// About what all tokens take in bits, by one code for all.
    pub fn estimate(&self) -> u64 {
        let copies = self.copies.estimate(1);
        self.caches.iter().map(|(.., counts)| counts.estimate(1) + copies).min().unwrap_or(copies)
    }

    /// What tokens take without a cache and with the best one, each with the bits of it, the better first; and the groups.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn finish(mut self, most_groups: usize) -> Result<(Vec<(u32, Costs)>, Groups)> {
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
        let groups = match &self.tiles {
            Some(tiles) => tiles.groups(most_groups)?,
            None => Groups::single(),
        };
        Ok((best, groups))
    }
}
