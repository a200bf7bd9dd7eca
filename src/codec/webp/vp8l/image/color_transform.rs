//! The colour transform (RFC 9649 section 3.5.2): in each tile red and blue are predicted by green, and blue by red
//! too.

use super::{super::entropy::symbol_costs, tiles::Tiles};
use crate::error::Result;

/// What a multiplier must save in a tile: some 1/16 bits, and a fraction of what the tile costs.
const MIN_SAVING: u64 = 8 * 16;
const MIN_SAVING_PART: u64 = 40;

/// Steps by which multipliers are tried around the best one, in 1/32.
const STEPS: [i8; 4] = [16, 8, 4, 2];

/// Costs of residuals, in 1/16 bits. To begin with, small ones are cheap.
struct ResidualCosts {
    bits: [u16; 256],
}

impl ResidualCosts {
    fn new() -> Self {
        let size = |at: usize| 1 + u32::from((at as u8 as i8).unsigned_abs());
        let counts: [u32; 256] = std::array::from_fn(|at| 1 + 4000 / (size(at) * size(at)));
        let mut bits = [0; 256];
        bits.iter_mut().zip(symbol_costs(&counts, 15)).for_each(|(bits, new)| *bits = new);
        Self { bits }
    }

    fn of(&self, pixels: &[[u8; 3]], residual: impl Fn(&[u8; 3]) -> u8) -> u64 {
        pixels.iter().map(|pixel| u64::from(self.bits[usize::from(residual(pixel))])).sum()
    }

    /// Updates the costs by the residuals of a tile.
    fn update(&mut self, counts: &[u32; 256]) {
        let size = |at: usize| 1 + u32::from((at as u8 as i8).unsigned_abs());
        let counts: [u32; 256] = std::array::from_fn(|at| 1 + 4000 / (size(at) * size(at)) + 16 * counts[at]);
        self.bits.iter_mut().zip(symbol_costs(&counts, 15)).for_each(|(bits, new)| *bits = new);
    }
}

/// `ColorTransformDelta` of the RFC: what a sample is predicted to be by another.
#[inline(always)]
const fn color_transform_delta(multiplier: i8, other: u8) -> u8 {
    ((multiplier as i32 * other as i8 as i32) >> 5) as u8
}

/// The pixels of a tile, of each `step`th row. The samples are those of its row of tiles.
fn pixels<const C: usize>(
    samples: &[u8],
    width: usize,
    tiles: Tiles,
    tx: usize,
    step: usize,
) -> impl Iterator<Item = &[u8]> {
    let x = tx << tiles.bits;
    let rows = samples.chunks_exact(width * C).step_by(step);
    rows.flat_map(move |row| row[x * C..(x + (1 << tiles.bits)).min(width) * C].chunks_exact(C))
}

/// Searches the multiplier with which a tile costs the least.
fn search_multiplier(mut cost: impl FnMut(i8) -> u64) -> i8 {
    let none = cost(0);
    let mut best = (none, 0_i8);
    for step in STEPS {
        let around = best.1;
        for multiplier in [around.saturating_sub(step), around.saturating_add(step)] {
            best = best.min((cost(multiplier), multiplier));
        }
    }
    if best.0 + MIN_SAVING + none / MIN_SAVING_PART < none { best.1 } else { 0 }
}

/// Transforms samples in place. Returns the multipliers of each tile as a picture whose red, green and blue are
/// `red_to_blue`, `green_to_blue` and `green_to_red`. Multipliers are chosen by each `step`th row.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub fn apply<const C: usize>(samples: &mut [u8], width: usize, tiles: Tiles, step: usize) -> Result<Vec<u8>> {
    let mut chooser = MultiplierChooser::new(tiles, step)?;
    let tile_row = (width * C) << tiles.bits;
    for rows in samples.chunks(tile_row) {
        chooser.choose::<C>(rows, width);
    }
    for (ty, rows) in samples.chunks_mut(tile_row).enumerate() {
        apply_to::<C>(rows, width, tiles, &chooser.multipliers[ty * tiles.across * 3..]);
    }
    Ok(chooser.multipliers)
}

/// Chooses multipliers as rows come.
pub struct MultiplierChooser {
    tiles: Tiles,
    step: usize,
    /// Of red and of blue.
    costs: [ResidualCosts; 2],
    tile_pixels: Vec<[u8; 3]>,
    /// Those of all tiles until now, see [`apply`].
    pub multipliers: Vec<u8>,
}

impl MultiplierChooser {
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(tiles: Tiles, step: usize) -> Result<Self> {
        let (mut multipliers, mut tile_pixels) = (Vec::new(), Vec::new());
        multipliers.try_reserve_exact(3 * tiles.count())?;
        tile_pixels.try_reserve_exact(1 << (2 * tiles.bits))?;
        let costs = [ResidualCosts::new(), ResidualCosts::new()];
        Ok(Self { tiles, step, costs, tile_pixels, multipliers })
    }

    /// Chooses the multipliers of the next row of tiles, by its samples.
    pub fn choose<const C: usize>(&mut self, samples: &[u8], width: usize) {
        let Self { tiles, step, costs, tile_pixels, multipliers } = self;
        for tx in 0..tiles.across {
            tile_pixels.clear();
            tile_pixels.extend(
                pixels::<C>(samples, width, *tiles, tx, *step).map(|pixel| [pixel[0], pixel[1], pixel[2]]),
            );
            let green_to_red = search_multiplier(|multiplier| {
                costs[0].of(tile_pixels, |[red, green, _]| {
                    red.wrapping_sub(color_transform_delta(multiplier, *green))
                })
            });
            let green_to_blue = search_multiplier(|multiplier| {
                costs[1].of(tile_pixels, |[_, green, blue]| {
                    blue.wrapping_sub(color_transform_delta(multiplier, *green))
                })
            });
            let blue = |[red, green, blue]: &[u8; 3], multiplier| {
                blue.wrapping_sub(color_transform_delta(green_to_blue, *green))
                    .wrapping_sub(color_transform_delta(multiplier, *red))
            };
            let red_to_blue =
                search_multiplier(|multiplier| costs[1].of(tile_pixels, |pixel| blue(pixel, multiplier)));
            let mut counts = [[0; 256]; 2];
            for pixel in &*tile_pixels {
                counts[0]
                    [usize::from(pixel[0].wrapping_sub(color_transform_delta(green_to_red, pixel[1])))] += 1;
                counts[1][usize::from(blue(pixel, red_to_blue))] += 1;
            }
            costs.iter_mut().zip(&counts).for_each(|(costs, counts)| costs.update(counts));
            multipliers.extend([red_to_blue as u8, green_to_blue as u8, green_to_red as u8]);
        }
    }
}

/// Transforms the samples of a row of tiles, whose multipliers these are.
pub fn apply_to<const C: usize>(samples: &mut [u8], width: usize, tiles: Tiles, multipliers: &[u8]) {
    for row in samples.chunks_exact_mut(width * C) {
        for (tile, multipliers) in row.chunks_mut(C << tiles.bits).zip(multipliers.chunks_exact(3)) {
            for pixel in tile.chunks_exact_mut(C) {
                let [red, green, _] = [pixel[0], pixel[1], pixel[2]];
                let less = color_transform_delta(multipliers[1] as i8, green)
                    .wrapping_add(color_transform_delta(multipliers[0] as i8, red));
                pixel[2] = pixel[2].wrapping_sub(less);
                pixel[0] = red.wrapping_sub(color_transform_delta(multipliers[2] as i8, green));
            }
        }
    }
}
