//! Which colour cache a picture should have, which histograms of a pass without it can't tell.

use super::{
    effort::Effort,
    histogram::{Histogram, PixelCosts},
    meta_prefix::{EntropyImage, Position},
    parse,
    pixels::Pixels,
};
use crate::{error::Result, limits::try_filled};

/// Pixels that colour caches are tried on.
pub const TRIED_PIXELS: usize = 1 << 16;

/// The first of the rows that colour caches are tried on, which are in the middle of the picture, and how many they are.
pub fn tried_rows(width: usize, height: usize) -> (usize, usize) {
    let rows = (TRIED_PIXELS / width).clamp(1, height);
    ((height - rows) / 2, rows)
}

/// Tries colour caches on a part of a picture, of which are given the first row and how many such parts there are: with
/// prefix code groups another one may be best than without.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub fn best_cache<const C: usize>(
    part: Pixels<C>,
    [first, parts]: [usize; 2],
    effort: Effort,
    mut caches: Vec<(u32, PixelCosts)>,
    entropy_image: &EntropyImage,
) -> Result<(u32, PixelCosts)> {
    let parts = parts as u64;
    let mut best = (u64::MAX, 0);
    for (at, (bits, costs)) in caches.iter().enumerate().filter(|_| effort.max_groups > 1 && C > 1) {
        let mut entropy_image = entropy_image.clone();
        let mut histograms = try_filled(entropy_image.count, Histogram::new(*bits)?)?;
        let mut place = Position::new(part.width, first);
        parse::each(part, costs, effort.first_pass(), *bits, |_, token| {
            histograms[entropy_image.at(&place)].add(token);
            place.advance(token.pixels());
        })?;
        entropy_image.merge(&mut histograms, parts)?;
        best = best.min((histograms.iter().map(|histogram| histogram.estimate(parts)).sum(), at));
    }
    Ok(caches.swap_remove(best.1))
}
