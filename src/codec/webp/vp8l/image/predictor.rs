//! The predictor transform (RFC 9649 section 3.5.1): each tile has a mode that predicts its pixels by those to the left
//! and above, and residuals take their place.

use std::ops::Range;

use super::{super::entropy::symbol_costs, pixels::Pixels, tiles::Tiles};
use crate::{error::Result, limits::try_filled};

/// Modes in the order in which they are tried; among equals the first is taken.
const PREDICTOR_ORDER: [u8; 14] = [11, 12, 2, 1, 7, 13, 5, 10, 8, 9, 4, 6, 3, 0];

/// What a mode must save against that of the tile before, in 1/16 bits.
const MODE_CHANGE_COST: u32 = 4 * 16;

/// The residuals of samples from `start` on by a mode. All of their neighbours must be there.
fn residuals<const C: usize>(mode: u8, data: &[u8], start: usize, stride: usize, out: &mut [u8]) {
    let of = |start: usize| &data[start..start + out.len()];
    let here = of(start);
    let [left, top] = [of(start - C), of(start - stride)];
    let [left_top, right_top] = [of(start - stride - C), of(start - stride + C)];
    macro_rules! by {
        (|$l:ident, $t:ident, $lt:ident, $rt:ident| $predicted:expr) => {{
            let n = out.len();
            let (here, left, top) = (&here[..n], &left[..n], &top[..n]);
            let (left_top, right_top) = (&left_top[..n], &right_top[..n]);
            for i in 0..n {
                let ($l, $t, $lt, $rt) = (left[i], top[i], left_top[i], right_top[i]);
                out[i] = here[i].wrapping_sub($predicted);
            }
        }};
    }
    match mode {
        0 => {
            for (i, (out, &sample)) in out.iter_mut().zip(here).enumerate() {
                let is_alpha = C.is_multiple_of(2) && i % C == C - 1;
                *out = sample.wrapping_sub(if is_alpha { 255 } else { 0 });
            }
        }
        1 => by!(|l, _t, _lt, _rt| l),
        2 => by!(|_l, t, _lt, _rt| t),
        3 => by!(|_l, _t, _lt, rt| rt),
        4 => by!(|_l, _t, lt, _rt| lt),
        5 => by!(|l, t, _lt, rt| mean(mean(l, rt), t)),
        6 => by!(|l, _t, lt, _rt| mean(l, lt)),
        7 => by!(|l, t, _lt, _rt| mean(l, t)),
        8 => by!(|_l, t, lt, _rt| mean(lt, t)),
        9 => by!(|_l, t, _lt, rt| mean(t, rt)),
        10 => by!(|l, t, lt, rt| mean(mean(l, lt), mean(t, rt))),
        11 => select::<C>(here, [left, top, left_top], out),
        12 => by!(|l, t, lt, _rt| (i16::from(l) + i16::from(t) - i16::from(lt)).clamp(0, 255) as u8),
        _ => by!(|l, t, lt, _rt| {
            let (mean, before) = (i16::from(mean(l, t)), i16::from(lt));
            (mean + (mean - before) / 2).clamp(0, 255) as u8
        }),
    }
}

#[inline(always)]
const fn mean(a: u8, b: u8) -> u8 {
    (a & b) + ((a ^ b) >> 1)
}

/// The RFC's `Select`: predicts by the left or the upper pixel, whichever is nearer to left plus above less the corner.
fn select<const C: usize>(here: &[u8], around: [&[u8]; 3], out: &mut [u8]) {
    let [left, top, left_top] = around;
    let around = left.chunks_exact(C).zip(top.chunks_exact(C)).zip(left_top.chunks_exact(C));
    for ((out, here), ((left, top), left_top)) in
        out.chunks_exact_mut(C).zip(here.chunks_exact(C)).zip(around)
    {
        let mut nearer = 0;
        for i in 0..C {
            nearer += i32::from(top[i].abs_diff(left_top[i])) - i32::from(left[i].abs_diff(left_top[i]));
        }
        let predicted = if nearer < 0 { left } else { top };
        for i in 0..C {
            out[i] = here[i].wrapping_sub(predicted[i]);
        }
    }
}

/// Costs of residuals, in 1/16 bits, by those of the tiles before.
struct ResidualCosts<const C: usize> {
    counts: [[u32; 256]; C],
    bits: [[u16; 256]; C],
}

impl<const C: usize> ResidualCosts<C> {
    fn new() -> Self {
        // To begin with, small ones are cheap.
        let counts =
            std::array::from_fn(|at| 1 + 400 / (1 + u32::from((at as u8 as i8).unsigned_abs())).pow(2));
        let mut costs = Self { counts: [counts; C], bits: [[0; 256]; C] };
        costs.update();
        costs
    }

    fn update(&mut self) {
        for (bits, counts) in self.bits.iter_mut().zip(&self.counts) {
            bits.iter_mut().zip(symbol_costs(counts, 15)).for_each(|(bits, new)| *bits = new);
        }
    }

    fn of(&self, residuals: &[u8]) -> u32 {
        let pixel = |pixel: &[u8; C]| -> u32 {
            self.bits.iter().zip(pixel).map(|(bits, &residual)| u32::from(bits[usize::from(residual)])).sum()
        };
        residuals.as_chunks().0.iter().map(pixel).sum()
    }

    /// Counts pixels whose residual is zero.
    fn count_zeros(&mut self, pixels: u32) {
        self.counts.iter_mut().for_each(|counts| counts[0] += pixels);
    }

    fn count(&mut self, residuals: &[u8]) {
        for pixel in residuals.as_chunks::<C>().0 {
            for (counts, &residual) in self.counts.iter_mut().zip(pixel) {
                counts[usize::from(residual)] += 1;
            }
        }
    }
}

/// The rows of a tile that are looked at.
struct TileRows<'a, const C: usize> {
    samples: &'a [u8],
    stride: usize,
    /// The first sample of the first row; each `step`th row is looked at; how many rows there are, and samples in each.
    start: usize,
    step: usize,
    rows: usize,
    length: usize,
}

impl<const C: usize> TileRows<'_, C> {
    /// Where the rows that are looked at begin.
    fn starts(&self) -> impl Iterator<Item = usize> {
        (0..self.rows).step_by(self.step).map(|row| self.start + row * self.stride)
    }

    /// What the residuals by a mode cost, added to `cost`; if that is more than `most`, some number above it.
    fn cost(&self, mode: u8, costs: &ResidualCosts<C>, mut cost: u32, most: u32, out: &mut [u8]) -> u32 {
        for start in self.starts() {
            residuals::<C>(mode, self.samples, start, self.stride, out);
            cost += costs.of(out);
            if cost > most {
                break;
            }
        }
        cost
    }

    /// True if all pixels are the same, and those around them by which they are predicted.
    fn is_flat(&self) -> bool {
        // A pixel more at the left, and at the right, where the last row has no part in it.
        let row = |row: usize| {
            let start = self.start + row * self.stride - self.stride - C;
            &self.samples[start..start + self.length + if row == self.rows { C } else { 2 * C }]
        };
        let first = row(0);
        first[C..] == first[..first.len() - C] && (1..=self.rows).all(|at| first.starts_with(row(at)))
    }

    /// The mode whose residuals cost the least. That of the tile before is often the best, and others are then soon seen
    /// to be worse.
    fn best_mode(&self, before: Option<u8>, costs: &ResidualCosts<C>, out: &mut [u8]) -> u8 {
        let others = PREDICTOR_ORDER.into_iter().filter(|mode| before != Some(*mode));
        let mut best = (u32::MAX, 0);
        for mode in before.into_iter().chain(others) {
            let change = if before == Some(mode) { 0 } else { MODE_CHANGE_COST };
            best = best.min((self.cost(mode, costs, change, best.0, out), mode));
        }
        best.1
    }

    /// The mode of a flat tile behind one with another mode than 0: that mode, unless 0 costs less.
    fn flat_mode(&self, before: Option<u8>, costs: &ResidualCosts<C>) -> Option<u8> {
        let mode = before.filter(|mode| *mode > 0 && self.is_flat())?;
        let mut pixel = [0; C];
        residuals::<C>(0, self.samples, self.start, self.stride, &mut pixel);
        let pixels = (self.length / C * self.rows.div_ceil(self.step)) as u32;
        (pixels * costs.of(&[0; C]) <= MODE_CHANGE_COST + pixels * costs.of(&pixel)).then_some(mode)
    }
}

/// Chooses a mode for each tile by each `step`th row.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub fn choose_modes<const C: usize>(pixels: Pixels<C>, tiles: Tiles, step: usize) -> Result<Vec<u8>> {
    let mut chooser = ModeChooser::<C>::new(tiles, step)?;
    for _ in 0..tiles.down {
        chooser.choose(pixels.samples, 0, pixels.width);
    }
    Ok(chooser.modes)
}

/// Chooses modes as rows come.
pub struct ModeChooser<const C: usize> {
    tiles: Tiles,
    step: usize,
    costs: ResidualCosts<C>,
    /// The modes of all tiles.
    pub modes: Vec<u8>,
    /// The row of tiles that is next.
    next: usize,
}

impl<const C: usize> ModeChooser<C> {
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(tiles: Tiles, step: usize) -> Result<Self> {
        let modes = try_filled(tiles.count(), PREDICTOR_ORDER[0])?;
        Ok(Self { tiles, step, costs: ResidualCosts::new(), modes, next: 0 })
    }

    /// Chooses the modes of the next row of tiles. Of the samples, which begin with row `first` of the picture, its rows
    /// must be there, and the one above.
    pub fn choose(&mut self, samples: &[u8], first: usize, width: usize) {
        let Self { tiles, step, costs, modes, next } = self;
        let (side, stride) = (1 << tiles.bits, width * C);
        let height = first + samples.len() / stride;
        let rows = (*next * side).max(1)..((*next + 1) * side).min(height);
        let modes = &mut modes[*next * tiles.across..(*next + 1) * tiles.across];
        let mut out = [0; 512 * 4];
        for tx in 0..tiles.across {
            let from = (tx * side).max(1);
            let length = (((tx + 1) * side).min(width) - from.min(width)) * C;
            if length == 0 || rows.is_empty() {
                continue;
            }
            let start = (rows.start - first) * stride + from * C;
            let tile = TileRows::<C> { samples, stride, start, step: *step, rows: rows.len(), length };
            let before = if tx > 0 { Some(modes[tx - 1]) } else { None };
            if let Some(mode) = tile.flat_mode(before, costs) {
                modes[tx] = mode;
                costs.count_zeros((length / C * rows.len().div_ceil(*step)) as u32);
                continue;
            }
            let out = &mut out[..length];
            modes[tx] = tile.best_mode(before, costs, out);
            for start in tile.starts() {
                residuals::<C>(modes[tx], samples, start, stride, out);
                costs.count(out);
            }
        }
        costs.update();
        *next += 1;
    }
}

/// Replaces samples by residuals, from the last row up: the rows above are still needed.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub fn apply<const C: usize>(samples: &mut [u8], width: usize, tiles: Tiles, modes: &[u8]) -> Result<()> {
    let rows = 0..samples.len() / (width * C);
    apply_to::<C>(samples, 0, rows, width, tiles, modes)
}

/// The same of some rows. The samples begin with row `first` of the picture; the row above is among them.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub fn apply_to<const C: usize>(
    samples: &mut [u8],
    first: usize,
    rows: Range<usize>,
    width: usize,
    tiles: Tiles,
    modes: &[u8],
) -> Result<()> {
    let stride = width * C;
    let mut out = try_filled(stride, 0)?;
    for y in rows.rev() {
        let start = (y - first) * stride;
        if y == 0 {
            out[C..].copy_from_slice(&samples[C..stride]);
            let left = samples[..stride - C].iter();
            out[C..].iter_mut().zip(left).for_each(|(out, left)| *out = out.wrapping_sub(*left));
            out[..C].copy_from_slice(&samples[..C]);
            if C.is_multiple_of(2) {
                out[C - 1] = out[C - 1].wrapping_sub(255);
            }
        } else {
            for i in 0..C {
                out[i] = samples[start + i].wrapping_sub(samples[start - stride + i]);
            }
            let modes = &modes[(y >> tiles.bits) * tiles.across..];
            for (tx, &mode) in modes[..tiles.across].iter().enumerate() {
                let from = (tx << tiles.bits).max(1).min(width) * C;
                let until = ((tx + 1) << tiles.bits).min(width) * C;
                residuals::<C>(mode, samples, start + from, stride, &mut out[from..until]);
            }
        }
        samples[start..start + stride].copy_from_slice(&out);
    }
    Ok(())
}
