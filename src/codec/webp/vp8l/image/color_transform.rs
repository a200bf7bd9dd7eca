//! The colour transform (RFC 9649 section 3.5.2): of each tile red and blue are told from green, and blue from red too.

use super::{super::entropy::sixteenths, tiles::Tiles};
use crate::error::Result;

/// What a factor must save in a tile, in 1/16 bits, beside a part of what it takes.
const CHANGE: u64 = 8 * 16;
const PART: u64 = 40;

/// Factors that are tried around the best, in 1/32.
const STEPS: [i8; 4] = [16, 8, 4, 2];

/// Of a tile's red, green and blue: how often residues are how large. Small ones are more frequent.
struct Prices {
    bits: [u16; 256],
}

impl Prices {
    fn new() -> Self {
        let size = |at: usize| 1 + u32::from((at as u8 as i8).unsigned_abs());
        let counts: [u32; 256] = std::array::from_fn(|at| 1 + 4000 / (size(at) * size(at)));
        let mut bits = [0; 256];
        bits.iter_mut().zip(sixteenths(&counts, 15)).for_each(|(bits, new)| *bits = new);
        Self { bits }
    }

    fn of(&self, pixels: &[[u8; 3]], residue: impl Fn(&[u8; 3]) -> u8) -> u64 {
        pixels.iter().map(|pixel| u64::from(self.bits[usize::from(residue(pixel))])).sum()
    }

    /// Takes on what residues of a tile have been.
    fn update(&mut self, counts: &[u32; 256]) {
        let size = |at: usize| 1 + u32::from((at as u8 as i8).unsigned_abs());
        let counts: [u32; 256] = std::array::from_fn(|at| 1 + 4000 / (size(at) * size(at)) + 16 * counts[at]);
        self.bits.iter_mut().zip(sixteenths(&counts, 15)).for_each(|(bits, new)| *bits = new);
    }
}

/// The change of a sample by another's.
#[inline(always)]
const fn delta(factor: i8, other: u8) -> u8 {
    ((factor as i32 * other as i8 as i32) >> 5) as u8
}

/// The pixels of a tile of `C` samples, of each `step`th row.
fn pixels<const C: usize>(
    samples: &[u8],
    width: usize,
    tiles: Tiles,
    tile: usize,
    step: usize,
) -> impl Iterator<Item = &[u8]> {
    let (x, y) = ((tile % tiles.across) << tiles.bits, (tile / tiles.across) << tiles.bits);
    let rows = samples.chunks_exact(width * C).skip(y).take(1 << tiles.bits).step_by(step);
    rows.flat_map(move |row| row[x * C..(x + (1 << tiles.bits)).min(width) * C].chunks_exact(C))
}

/// Searches the best factor: by what the tile takes with it.
fn search(mut price: impl FnMut(i8) -> u64) -> i8 {
    let none = price(0);
    let mut best = (none, 0_i8);
    for step in STEPS {
        let around = best.1;
        for factor in [around.saturating_sub(step), around.saturating_add(step)] {
            best = best.min((price(factor), factor));
        }
    }
    if best.0 + CHANGE + none / PART < none { best.1 } else { 0 }
}

/// Puts red and blue less what green and red tell in their places, and gives the factors of each tile as a picture of red,
/// green and blue: of blue by red, of blue by green, of red by green. Each `step`th row is looked at.
///
/// # Errors
/// `OutOfMemory`.
pub fn apply<const C: usize>(samples: &mut [u8], width: usize, tiles: Tiles, step: usize) -> Result<Vec<u8>> {
    let mut factors = Vec::new();
    factors.try_reserve_exact(3 * tiles.count())?;
    // Red, blue.
    let mut prices = [Prices::new(), Prices::new()];
    let mut seen = Vec::new();
    seen.try_reserve_exact(1 << (2 * tiles.bits))?;
    for tile in 0..tiles.count() {
        seen.clear();
        seen.extend(
            pixels::<C>(samples, width, tiles, tile, step).map(|pixel| [pixel[0], pixel[1], pixel[2]]),
        );
        let red_by_green =
            search(|factor| prices[0].of(&seen, |[red, green, _]| red.wrapping_sub(delta(factor, *green))));
        let blue_by_green =
            search(|factor| prices[1].of(&seen, |[_, green, blue]| blue.wrapping_sub(delta(factor, *green))));
        let blue = |[red, green, blue]: &[u8; 3], factor| {
            blue.wrapping_sub(delta(blue_by_green, *green)).wrapping_sub(delta(factor, *red))
        };
        let blue_by_red = search(|factor| prices[1].of(&seen, |pixel| blue(pixel, factor)));
        let mut counts = [[0; 256]; 2];
        for pixel in &seen {
            counts[0][usize::from(pixel[0].wrapping_sub(delta(red_by_green, pixel[1])))] += 1;
            counts[1][usize::from(blue(pixel, blue_by_red))] += 1;
        }
        prices.iter_mut().zip(&counts).for_each(|(prices, counts)| prices.update(counts));
        factors.extend([blue_by_red as u8, blue_by_green as u8, red_by_green as u8]);
    }
    for (y, row) in samples.chunks_exact_mut(width * C).enumerate() {
        let factors = factors[(y >> tiles.bits) * tiles.across * 3..].chunks_exact(3);
        for (tile, factors) in row.chunks_mut(C << tiles.bits).zip(factors) {
            for pixel in tile.chunks_exact_mut(C) {
                let [red, green, _] = [pixel[0], pixel[1], pixel[2]];
                let less = delta(factors[1] as i8, green).wrapping_add(delta(factors[0] as i8, red));
                pixel[2] = pixel[2].wrapping_sub(less);
                pixel[0] = red.wrapping_sub(delta(factors[2] as i8, green));
            }
        }
    }
    Ok(factors)
}
