//! Eight values side by side, and the butterflies over them (section 7.13.2.1 of the AV1 specification).
//!
//! Sums wrap: what passes 32 bits is no conforming stream, and any value will do for it.

use crate::simd::{Simd, SimdBase, i32x8};

/// `Cos128_Lookup`: 4096 * cos( i * pi / 128 ).
static COS128: [i32; 65] = [
    4096, 4095, 4091, 4085, 4076, 4065, 4052, 4036, 4017, 3996, 3973, 3948, 3920, 3889, 3857, 3822, 3784,
    3745, 3703, 3659, 3612, 3564, 3513, 3461, 3406, 3349, 3290, 3229, 3166, 3102, 3035, 2967, 2896, 2824,
    2751, 2675, 2598, 2520, 2440, 2359, 2276, 2191, 2106, 2019, 1931, 1842, 1751, 1660, 1567, 1474, 1380,
    1285, 1189, 1092, 995, 897, 799, 700, 601, 501, 401, 301, 201, 101, 0,
];

/// `cos128`.
#[inline(always)]
pub(crate) fn cos128(angle: i32) -> i32 {
    let angle = (angle & 255) as usize;
    match angle {
        0..=64 => COS128[angle],
        65..=128 => -COS128[128 - angle],
        129..=192 => -COS128[angle - 128],
        _ => COS128[256 - angle],
    }
}

/// `sin128`.
#[inline(always)]
pub(super) fn sin128(angle: i32) -> i32 {
    cos128(angle - 64)
}

/// `brev`: the lowest `bits` bits of `value` in reverse.
#[inline(always)]
pub(super) const fn brev(bits: u32, value: usize) -> usize {
    value.reverse_bits() >> (usize::BITS - bits)
}

/// The range that sums are kept in: signed values of so many bits.
#[derive(Clone, Copy)]
pub(super) struct Range<S: Simd> {
    low: i32x8<S>,
    high: i32x8<S>,
}

impl<S: Simd> Range<S> {
    #[inline(always)]
    pub(super) fn new(simd: S, bits: u32) -> Self {
        Self { low: simd.splat_i32x8(-(1 << (bits - 1))), high: simd.splat_i32x8((1 << (bits - 1)) - 1) }
    }

    #[inline(always)]
    pub(super) fn clamp(self, value: i32x8<S>) -> i32x8<S> {
        value.max(self.low).min(self.high)
    }
}

/// `Round2( value, bits )`.
#[inline(always)]
pub(super) fn round2<S: Simd>(value: i32x8<S>, bits: u32) -> i32x8<S> {
    if bits == 0 { value } else { (value + (1 << (bits - 1))) >> bits }
}

/// `B( a, b, angle, flip )`.
#[inline(always)]
pub(super) fn rotate<S: Simd>(t: &mut [i32x8<S>], a: usize, b: usize, angle: i32, flip: bool) {
    let (cos, sin) = (cos128(angle), sin128(angle));
    let x = round2(t[a] * cos - t[b] * sin, 12);
    let y = round2(t[a] * sin + t[b] * cos, 12);
    (t[a], t[b]) = if flip { (y, x) } else { (x, y) };
}

/// `H( a, b, flip )`.
#[inline(always)]
pub(super) fn hadamard<S: Simd>(t: &mut [i32x8<S>], a: usize, b: usize, flip: bool, range: Range<S>) {
    let (a, b) = if flip { (b, a) } else { (a, b) };
    (t[a], t[b]) = (range.clamp(t[a] + t[b]), range.clamp(t[a] - t[b]));
}

/// The transpose of `B( a, b, angle, flip )`.
#[inline(always)]
pub(super) fn unrotate<S: Simd>(t: &mut [i32x8<S>], a: usize, b: usize, angle: i32, flip: bool) {
    if flip {
        t.swap(a, b);
    }
    rotate(t, a, b, -angle, false);
}

/// `H( a, b, flip )` without a range; it is its own transpose.
#[inline(always)]
pub(super) fn sums<S: Simd>(t: &mut [i32x8<S>], a: usize, b: usize, flip: bool) {
    let (a, b) = if flip { (b, a) } else { (a, b) };
    (t[a], t[b]) = (t[a] + t[b], t[a] - t[b]);
}
