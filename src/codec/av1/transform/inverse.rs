//! The inverse transform in two dimensions, added to the prediction (sections 7.12.3, steps 2 and 3, and 7.13.3 of the
//! AV1 specification).

use super::{
    Kind, adst, dct,
    lanes::{Range, round2},
};
use crate::{
    codec::av1::sizes::{TxSize, TxType},
    simd::{Level, Simd, SimdBase, dispatch, i32x8},
};

/// Rows or columns that are transformed together.
const LANES: usize = 8;
/// `Transform_Row_Shift`.
const ROW_SHIFT: [u8; 19] = [0, 1, 2, 2, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2];

/// What the transforms of a tile work in.
#[derive(Clone)]
pub struct Inverse {
    level: Level,
    bit_depth: u8,
    /// What the row transforms leave, rows of 64.
    between: [i32; 64 * 64],
}

impl Inverse {
    /// For samples of so many bits.
    #[must_use]
    pub const fn new(level: Level, bit_depth: u8) -> Self {
        Self { level, bit_depth, between: [0; 64 * 64] }
    }

    /// Transforms the block of `size` and adds it to its prediction in `out`, clipped to the bit depth.
    ///
    /// - `coefficients`: `Dequant`, row-major over `size.adjusted()`.
    /// - `(columns, rows)`: those beyond have coefficients of 0 alone; at least 1 each.
    pub fn add(
        &mut self,
        size: TxSize,
        tx_type: TxType,
        coefficients: &[i32],
        (columns, rows): (usize, usize),
        out: &mut [u16],
        stride: usize,
    ) {
        let Self { level, bit_depth, between } = self;
        if tx_type == TxType::DctDct && columns <= 1 && rows <= 1 {
            let level = *level;
            let dc = dc(size, coefficients[0], *bit_depth);
            return dispatch!(level, simd => simd.vectorize(
                #[inline(always)]
                || add_constant(size, dc, *bit_depth, out, stride)
            ));
        }
        dispatch!(*level, simd => {
            let block = Block { size, tx_type, bit_depth: *bit_depth, rows, stride };
            block.add(simd, coefficients, between, out);
        });
    }
}

/// The residual of a block with DC alone: the same everywhere.
fn dc(size: TxSize, coefficient: i32, bit_depth: u8) -> i32 {
    let round2 = |value: i32, bits: u8| if bits == 0 { value } else { (value + (1 << (bits - 1))) >> bits };
    let clamp = |value: i32, bits: u8| value.clamp(-(1 << (bits - 1)), (1 << (bits - 1)) - 1);
    let mut value = coefficient;
    if size.width_log2().abs_diff(size.height_log2()) == 1 {
        value = round2(value.wrapping_mul(2896), 12);
    }
    value = clamp(round2(value.wrapping_mul(2896), 12), bit_depth + 8);
    let between = clamp(round2(value, ROW_SHIFT[size as usize]), (bit_depth + 6).max(16));
    round2(clamp(round2(between.wrapping_mul(2896), 12), (bit_depth + 6).max(16)), 4)
}

#[inline(always)]
fn add_constant(size: TxSize, residual: i32, bit_depth: u8, out: &mut [u16], stride: usize) {
    let highest = (1 << bit_depth) - 1;
    for row in out.chunks_mut(stride).take(size.height()) {
        for sample in &mut row[..size.width()] {
            *sample = (i32::from(*sample) + residual).clamp(0, highest) as u16;
        }
    }
}

/// What is transformed.
#[derive(Clone, Copy)]
struct Block {
    size: TxSize,
    tx_type: TxType,
    bit_depth: u8,
    /// Rows with coefficients.
    rows: usize,
    stride: usize,
}

impl Block {
    #[inline(always)]
    fn add<S: Simd>(self, simd: S, coefficients: &[i32], between: &mut [i32; 64 * 64], out: &mut [u16]) {
        let (columns, rows) = Kind::of(self.tx_type);
        match self.size.width() {
            4 => self.rows::<S, 4>(simd, rows, coefficients, between),
            8 => self.rows::<S, 8>(simd, rows, coefficients, between),
            16 => self.rows::<S, 16>(simd, rows, coefficients, between),
            32 => self.rows::<S, 32>(simd, rows, coefficients, between),
            _ => self.rows::<S, 64>(simd, rows, coefficients, between),
        }
        match self.size.height() {
            4 => self.columns::<S, 4>(simd, columns, between, out),
            8 => self.columns::<S, 8>(simd, columns, between, out),
            16 => self.columns::<S, 16>(simd, columns, between, out),
            32 => self.columns::<S, 32>(simd, columns, between, out),
            _ => self.columns::<S, 64>(simd, columns, between, out),
        }
    }

    /// The row transforms, eight rows at a time, of `N` samples each.
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(
        self,
        simd: S,
        kind: Kind,
        coefficients: &[i32],
        between: &mut [i32; 64 * 64],
    ) {
        simd.vectorize(
            #[inline(always)]
            || {
                let range = Range::new(simd, u32::from(self.bit_depth) + 8);
                let next_range = Range::new(simd, (u32::from(self.bit_depth) + 6).max(16));
                let is_rectangular = self.size.width_log2().abs_diff(self.size.height_log2()) == 1;
                let width = N.min(32);
                let shift = u32::from(ROW_SHIFT[self.size as usize]);
                for first in (0..self.rows).step_by(LANES) {
                    let mut t = [simd.splat_i32x8(0); N];
                    let coefficients = &coefficients[first * width..];
                    for (j, value) in t[..width].iter_mut().enumerate() {
                        let mut column = [0; LANES];
                        for (lane, row) in column.iter_mut().zip(coefficients.chunks_exact(width)) {
                            *lane = row[j];
                        }
                        *value = i32x8::load_array(simd, column);
                        if is_rectangular {
                            *value = round2(*value * 2896, 12);
                        }
                    }
                    transform(kind, &mut t, range);
                    let mut lanes = [[0; LANES]; N];
                    for (value, lanes) in t.iter().zip(&mut lanes) {
                        *lanes = next_range.clamp(round2(*value, shift)).to_array();
                    }
                    for (lane, row) in between[first * 64..].chunks_exact_mut(64).take(LANES).enumerate() {
                        for (value, lanes) in row[..N].iter_mut().zip(&lanes) {
                            *value = lanes[lane];
                        }
                        if kind == Kind::FlipAdst {
                            row[..N].reverse();
                        }
                    }
                }
            },
        );
    }

    /// The column transforms, eight columns at a time, of `N` samples each, and the addition.
    #[inline(always)]
    fn columns<S: Simd, const N: usize>(
        self,
        simd: S,
        kind: Kind,
        between: &[i32; 64 * 64],
        out: &mut [u16],
    ) {
        simd.vectorize(
            #[inline(always)]
            || {
                let range = Range::new(simd, (u32::from(self.bit_depth) + 6).max(16));
                let highest = (1 << self.bit_depth) - 1;
                let width = self.size.width();
                for first in (0..width).step_by(LANES) {
                    let count = LANES.min(width - first);
                    let mut t = [simd.splat_i32x8(0); N];
                    for (value, row) in t.iter_mut().zip(between.chunks_exact(64)).take(self.rows) {
                        *value = i32x8::from_slice(simd, &row[first..first + LANES]);
                    }
                    transform(kind, &mut t, range);
                    for (i, row) in out.chunks_mut(self.stride).take(N).enumerate() {
                        let value = t[if kind == Kind::FlipAdst { N - 1 - i } else { i }];
                        let residuals = round2(value, 4).to_array();
                        for (sample, residual) in row[first..first + count].iter_mut().zip(residuals) {
                            *sample = i32::from(*sample).wrapping_add(residual).clamp(0, highest) as u16;
                        }
                    }
                }
            },
        );
    }
}

/// A transform of one dimension in place.
#[inline(always)]
fn transform<S: Simd, const N: usize>(kind: Kind, t: &mut [i32x8<S>; N], range: Range<S>) {
    match kind {
        Kind::Dct => dct::inverse(t, range),
        Kind::Adst | Kind::FlipAdst if N <= 16 => adst::inverse(t, range),
        // There are no others of more than 16 points, and of 64 points the DCT alone.
        Kind::Adst | Kind::FlipAdst | Kind::Identity if N <= 32 => adst::identity(t),
        _ => {}
    }
}

/// The inverse Walsh-Hadamard transform of a lossless block of 4x4 (section 7.13.2.10), added to its prediction.
pub fn add_lossless(coefficients: &[i32; 16], bit_depth: u8, out: &mut [u16], stride: usize) {
    let mut block = *coefficients;
    for row in block.as_chunks_mut::<4>().0 {
        *row = walsh(row.map(|value| value >> 2));
    }
    let highest = (1 << bit_depth) - 1;
    for x in 0..4 {
        let column = walsh([block[x], block[4 + x], block[8 + x], block[12 + x]]);
        for (row, residual) in out.chunks_mut(stride).zip(column) {
            row[x] = i32::from(row[x]).wrapping_add(residual).clamp(0, highest) as u16;
        }
    }
}

/// The inverse Walsh-Hadamard transform process, after its shift.
fn walsh([a, c, d, b]: [i32; 4]) -> [i32; 4] {
    let a = a.wrapping_add(c);
    let d = d.wrapping_sub(b);
    let e = a.wrapping_sub(d) >> 1;
    let b = e.wrapping_sub(b);
    let c = e.wrapping_sub(c);
    [a.wrapping_sub(b), b, c, d.wrapping_add(c)]
}
