//! The forward transform in two dimensions: the inverse's transpose, scaled so that the inverse of what it gives is what
//! it was given.

use super::{Kind, adst, dct, lanes::round2};
use crate::{
    codec::av1::sizes::{TxSize, TxType},
    simd::{Level, Simd, SimdBase, dispatch, i32x8},
};

/// Rows or columns that are transformed together.
const LANES: usize = 8;

/// What an encoder's transforms work in.
#[derive(Clone)]
pub struct Forward {
    level: Level,
    /// What the column transforms leave, rows of 64.
    between: [i32; 64 * 32],
}

impl Forward {
    #[must_use]
    pub const fn new(level: Level) -> Self {
        Self { level, between: [0; 64 * 32] }
    }

    /// Transforms residuals of 8 or 10 bits, -1023 to 1023, rows `stride` apart, to coefficients in the units of
    /// `Dequant`: the orthonormal transform times 8, divided by `dqDenom`. They fill `out`, row-major over
    /// `size.adjusted()`; what a transform of 64 points has beyond 32 isn't coded.
    pub fn transform(
        &mut self,
        size: TxSize,
        tx_type: TxType,
        residuals: &[i16],
        stride: usize,
        out: &mut [i32],
    ) {
        let Self { level, between } = self;
        let block = Block { size, shifts: Shifts::new(size), stride };
        dispatch!(*level, simd => block.transform(simd, tx_type, residuals, between, out));
    }
}

/// How far values are shifted: to the left at first, then to the right after the columns and after the rows.
#[derive(Clone, Copy)]
struct Shifts {
    first: u32,
    between: u32,
    last: u32,
    /// Twice as long as wide, or as wide as long: the rows are scaled by sqrt( 1/2 ).
    is_rectangular: bool,
}

impl Shifts {
    fn new(size: TxSize) -> Self {
        let (width, height) = (size.width_log2(), size.height_log2());
        let is_rectangular = width.abs_diff(height) == 1;
        // As much before the columns as leaves 32 bits room enough.
        let first = [2, 2, 2, 1, 0][height - 2];
        // The transforms' gain, and what it is to be, in bits.
        let gain = (width + height - 2 - usize::from(is_rectangular)) / 2;
        let wanted = 3 - usize::from(crate::codec::av1::quantizer::denominator_log2(size));
        let total = (first as usize + gain - wanted) as u32;
        let between = total.min([0, 1, 2, 3, 3][height - 2]);
        Self { first, between, last: total - between, is_rectangular }
    }
}

/// What is transformed.
#[derive(Clone, Copy)]
struct Block {
    size: TxSize,
    shifts: Shifts,
    stride: usize,
}

impl Block {
    #[inline(always)]
    fn transform<S: Simd>(
        self,
        simd: S,
        tx_type: TxType,
        residuals: &[i16],
        between: &mut [i32; 64 * 32],
        out: &mut [i32],
    ) {
        let (columns, rows) = Kind::of(tx_type);
        match self.size.height() {
            4 => self.columns::<S, 4>(simd, columns, residuals, between),
            8 => self.columns::<S, 8>(simd, columns, residuals, between),
            16 => self.columns::<S, 16>(simd, columns, residuals, between),
            32 => self.columns::<S, 32>(simd, columns, residuals, between),
            _ => self.columns::<S, 64>(simd, columns, residuals, between),
        }
        match self.size.width() {
            4 => self.rows::<S, 4>(simd, rows, between, out),
            8 => self.rows::<S, 8>(simd, rows, between, out),
            16 => self.rows::<S, 16>(simd, rows, between, out),
            32 => self.rows::<S, 32>(simd, rows, between, out),
            _ => self.rows::<S, 64>(simd, rows, between, out),
        }
    }

    /// The column transforms, eight columns at a time.
    #[inline(always)]
    fn columns<S: Simd, const N: usize>(
        self,
        simd: S,
        kind: Kind,
        residuals: &[i16],
        between: &mut [i32; 64 * 32],
    ) {
        simd.vectorize(
            #[inline(always)]
            || {
                let width = self.size.width();
                for first in (0..width).step_by(LANES) {
                    let count = LANES.min(width - first);
                    let mut t = [simd.splat_i32x8(0); N];
                    for (i, row) in residuals.chunks(self.stride).take(N).enumerate() {
                        let mut lanes = [0; LANES];
                        for (lane, &residual) in lanes.iter_mut().zip(&row[first..first + count]) {
                            *lane = i32::from(residual) << self.shifts.first;
                        }
                        t[if kind == Kind::FlipAdst { N - 1 - i } else { i }] =
                            i32x8::load_array(simd, lanes);
                    }
                    transform(kind, &mut t);
                    for (value, row) in t.iter().zip(between.chunks_exact_mut(64)) {
                        round2(*value, self.shifts.between).store_slice(&mut row[first..first + LANES]);
                    }
                }
            },
        );
    }

    /// The row transforms, eight rows at a time.
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(self, simd: S, kind: Kind, between: &[i32; 64 * 32], out: &mut [i32]) {
        simd.vectorize(
            #[inline(always)]
            || {
                let height = self.size.height().min(32);
                let width = N.min(32);
                for first in (0..height).step_by(LANES) {
                    let mut t = [simd.splat_i32x8(0); N];
                    let rows = &between[first * 64..];
                    for j in 0..N {
                        let value = i32x8::from_fn(simd, |lane| rows[lane * 64 + j]);
                        let value = if self.shifts.is_rectangular { round2(value * 2896, 12) } else { value };
                        t[if kind == Kind::FlipAdst { N - 1 - j } else { j }] = value;
                    }
                    transform(kind, &mut t);
                    let mut lanes = [[0; LANES]; 32];
                    for (value, lanes) in t.iter().zip(&mut lanes) {
                        *lanes = round2(*value, self.shifts.last).to_array();
                    }
                    let out = out[first * width..].chunks_exact_mut(width).take(LANES.min(height - first));
                    for (lane, row) in out.enumerate() {
                        for (value, lanes) in row.iter_mut().zip(&lanes) {
                            *value = lanes[lane];
                        }
                    }
                }
            },
        );
    }
}

/// A transform of one dimension in place.
#[inline(always)]
fn transform<S: Simd, const N: usize>(kind: Kind, t: &mut [i32x8<S>; N]) {
    match kind {
        Kind::Dct => dct::forward(t),
        Kind::Adst | Kind::FlipAdst if N <= 16 => adst::forward(t),
        // There are no others of more than 16 points, and of 64 points the DCT alone.
        Kind::Adst | Kind::FlipAdst | Kind::Identity if N <= 32 => adst::identity(t),
        _ => {}
    }
}
