//! The predictor transform (RFC 9649 section 3.5.1), undone row by row.
//!
//! Most predictions need the pixel at left, and so the bytes of one pixel are all that can be worked on at once. They
//! are in one register: as they are, or with 16 bits for each where a prediction passes 8.

use super::tiles::Tiled;
use crate::{error::Result, limits::try_filled};

const OPAQUE_BLACK: u32 = 0xFF00_0000;

/// The mode of each tile, and the row above.
pub struct Predictor {
    modes: Tiled<u8>,
    /// With one pixel more: right of the last one is the first one of the row below.
    above: Vec<u32>,
}

impl Predictor {
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(modes: Tiled<u8>, width: usize) -> Result<Self> {
        Ok(Self { modes, above: try_filled(width + 1, 0)? })
    }

    /// Adds to each pixel of a row what it is predicted to be.
    #[inline(always)]
    pub fn undo(&mut self, y: usize, row: &mut [u32]) {
        let Self { modes, above } = self;
        let width = above.len() - 1;
        let row = &mut row[..width];
        if y == 0 {
            let mut left = OPAQUE_BLACK;
            for argb in &mut *row {
                left = add(left, *argb);
                *argb = left;
            }
        } else {
            row[0] = add(row[0], above[0]);
            above[width] = row[0];
            for (tile, &mode) in modes.row(y).iter().enumerate() {
                let start = (tile << modes.bits).max(1).min(width);
                let end = ((tile + 1) << modes.bits).min(width);
                undo_tile(mode, &mut row[start - 1..end], &above[start - 1..=end]);
            }
        }
        above[..width].copy_from_slice(row);
    }
}

/// Undoes a tile's row, in front of which stands the pixel at left. The row above begins with the one above that, and
/// has one more at right.
#[inline(always)]
fn undo_tile(mode: u8, row: &mut [u32], above: &[u32]) {
    let count = row.len() - 1;
    let (before, row) = row.split_at_mut(1);
    let (above_left, above_right) = (&above[..count], &above[2..][..count]);
    let above = &above[1..][..count];
    // Each by what is around it; what a mode doesn't need costs nothing.
    macro_rules! by {
        (|$left:ident, $above:ident, $above_left:ident, $above_right:ident| $predicted:expr) => {{
            let mut $left = before[0];
            for i in 0..count {
                let ($above, $above_left, $above_right) = (above[i], above_left[i], above_right[i]);
                $left = add(row[i], $predicted);
                row[i] = $left;
            }
        }};
    }
    match mode {
        1 => by!(|l, _t, _tl, _tr| l),
        2 => row.iter_mut().zip(above).for_each(|(argb, t)| *argb = add(*argb, *t)),
        3 => row.iter_mut().zip(above_right).for_each(|(argb, tr)| *argb = add(*argb, *tr)),
        4 => row.iter_mut().zip(above_left).for_each(|(argb, tl)| *argb = add(*argb, *tl)),
        5 => by!(|l, t, _tl, tr| mean(mean(l, tr), t)),
        6 => by!(|l, _t, tl, _tr| mean(l, tl)),
        7 => by!(|l, t, _tl, _tr| mean(l, t)),
        8 => {
            let around = above_left.iter().zip(above);
            row.iter_mut().zip(around).for_each(|(argb, (tl, t))| *argb = add(*argb, mean(*tl, *t)));
        }
        9 => {
            let around = above.iter().zip(above_right);
            row.iter_mut().zip(around).for_each(|(argb, (t, tr))| *argb = add(*argb, mean(*t, *tr)));
        }
        10 => by!(|l, t, tl, tr| mean(mean(l, tl), mean(t, tr))),
        11 => undo_wide(before[0], row, above, above_left, select),
        12 => undo_wide(before[0], row, above, above_left, |l, t, tl| clamped(l + t + BIAS - tl)),
        13 => undo_wide(before[0], row, above, above_left, |l, t, tl| {
            let mean = (l + t) >> 1 & LOW_BYTES;
            // Halves are rounded towards zero: up where the difference is negative.
            let difference = mean + BIAS - tl;
            let is_negative = !(difference >> 8) & ONES;
            let half = (difference + is_negative) >> 1 & (ONES * 0x1FF);
            clamped(mean + half + BIAS / 2)
        }),
        // Modes 14 and 15 are as 0.
        _ => row.iter_mut().for_each(|argb| *argb = add(*argb, OPAQUE_BLACK)),
    }
}

/// By a prediction for which each sample has 16 bits.
#[inline(always)]
fn undo_wide(
    left: u32,
    row: &mut [u32],
    above: &[u32],
    above_left: &[u32],
    predict: impl Fn(u64, u64, u64) -> u64,
) {
    let mut left = wide(left);
    for ((argb, above), above_left) in row.iter_mut().zip(above).zip(above_left) {
        left = (wide(*argb) + predict(left, wide(*above), wide(*above_left))) & LOW_BYTES;
        *argb = narrow(left);
    }
}

/// One in each of the 16 bits that a sample has.
const ONES: u64 = 0x0001_0001_0001_0001;
const LOW_BYTES: u64 = ONES * 0xFF;

/// Added to samples that could be negative.
const BIAS: u64 = ONES * 0x100;

/// With 16 bits for each sample: blue, red, green, alpha, the first one lowest.
#[inline(always)]
const fn wide(argb: u32) -> u64 {
    (argb as u64 & 0x00FF_00FF) | (argb as u64 & 0xFF00_FF00) << 24
}

#[inline(always)]
const fn narrow(wide: u64) -> u32 {
    wide as u32 | (wide >> 24) as u32
}

/// Samples from -256 to 511, each more by [`BIAS`], as the nearest from 0 to 255.
#[inline(always)]
const fn clamped(biased: u64) -> u64 {
    // A bit that is set in a sample becomes eight.
    let is_low = biased >> 8 & ONES;
    let is_high = biased >> 9 & ONES;
    biased & ((is_low << 8) - is_low) | ((is_high << 8) - is_high)
}

/// Adds two pixels, each sample for itself.
#[inline(always)]
pub const fn add(a: u32, b: u32) -> u32 {
    let even = (a & 0x00FF_00FF) + (b & 0x00FF_00FF);
    let odd = (a & 0xFF00_FF00).wrapping_add(b & 0xFF00_FF00);
    even & 0x00FF_00FF | odd & 0xFF00_FF00
}

/// The mean of each sample, rounded down.
#[inline(always)]
const fn mean(a: u32, b: u32) -> u32 {
    (a & b) + ((a ^ b) >> 1 & 0x7F7F_7F7F)
}

/// The left pixel or the one above, whichever is nearer to left plus above less above left.
#[inline(always)]
const fn select(left: u64, above: u64, above_left: u64) -> u64 {
    if distance(above, above_left) < distance(left, above_left) { left } else { above }
}

/// The sum of all samples' differences, and the same number more for all pixels.
#[inline(always)]
const fn distance(a: u64, b: u64) -> u64 {
    let difference = a + BIAS - b;
    let is_negative = !(difference >> 8) & ONES;
    // Nine bits turned round make one less than the negative.
    let absolute = (difference ^ ((is_negative << 9) - is_negative)) + is_negative;
    absolute.wrapping_mul(ONES) >> 48
}
