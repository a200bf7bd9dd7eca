//! The ADST of 4 to 16 points, inverse and its transpose, and the identity transforms, in eight lanes (sections 7.13.2.4
//! to 7.13.2.9 and 7.13.2.11 to 7.13.2.15 of the AV1 specification).

use super::lanes::{Range, hadamard, rotate, round2, sums, unrotate};
use crate::simd::{Simd, i32x8};

/// `SINPI_1_9` to `SINPI_4_9`.
const SINPI: [i32; 4] = [1321, 2482, 3344, 3803];

/// Transforms 4, 8 or 16 points in place.
#[inline(always)]
pub(super) fn inverse<S: Simd, const N: usize>(t: &mut [i32x8<S>; N], range: Range<S>) {
    match N {
        4 => inverse4(t),
        8 => inverse8(t, range),
        _ => inverse16(t, range),
    }
}

#[inline(always)]
fn inverse4<S: Simd>(t: &mut [i32x8<S>]) {
    let [x0, x1, x2, x3] = [t[0], t[1], t[2], t[3]];
    let first = x0 * SINPI[0] + x2 * SINPI[3] + x3 * SINPI[1];
    let second = x0 * SINPI[1] - x2 * SINPI[0] - x3 * SINPI[3];
    let third = x1 * SINPI[2];
    t[0] = round2(first + third, 12);
    t[1] = round2(second + third, 12);
    t[2] = round2((x0 - x2 + x3) * SINPI[2], 12);
    t[3] = round2(first + second - third, 12);
}

#[inline(always)]
fn inverse8<S: Simd>(t: &mut [i32x8<S>], range: Range<S>) {
    permute_input::<S, 8>(t);
    for i in 0..4 {
        rotate(t, 2 * i, 2 * i + 1, 60 - 16 * i as i32, true);
    }
    for i in 0..4 {
        hadamard(t, i, 4 + i, false, range);
    }
    for i in 0..2 {
        rotate(t, 4 + 3 * i, 5 + i, 48 - 32 * i as i32, true);
    }
    for i in 0..2 {
        for j in 0..2 {
            hadamard(t, 4 * j + i, 2 + 4 * j + i, false, range);
        }
    }
    for i in 0..2 {
        rotate(t, 2 + 4 * i, 3 + 4 * i, 32, true);
    }
    permute_output::<S, 8>(t);
}

#[inline(always)]
fn inverse16<S: Simd>(t: &mut [i32x8<S>], range: Range<S>) {
    permute_input::<S, 16>(t);
    for i in 0..8 {
        rotate(t, 2 * i, 2 * i + 1, 62 - 8 * i as i32, true);
    }
    for i in 0..8 {
        hadamard(t, i, 8 + i, false, range);
    }
    for i in 0..2 {
        rotate(t, 8 + 2 * i, 9 + 2 * i, 56 - 32 * i as i32, true);
        rotate(t, 13 + 2 * i, 12 + 2 * i, 8 + 32 * i as i32, true);
    }
    for i in 0..4 {
        for j in 0..2 {
            hadamard(t, 8 * j + i, 4 + 8 * j + i, false, range);
        }
    }
    for i in 0..2 {
        for j in 0..2 {
            rotate(t, 4 + 8 * j + 3 * i, 5 + 8 * j + i, 48 - 32 * i as i32, true);
        }
    }
    for i in 0..2 {
        for j in 0..4 {
            hadamard(t, 4 * j + i, 2 + 4 * j + i, false, range);
        }
    }
    for i in 0..4 {
        rotate(t, 2 + 4 * i, 3 + 4 * i, 32, true);
    }
    permute_output::<S, 16>(t);
}

/// The inverse ADST input array permutation process.
#[inline(always)]
fn permute_input<S: Simd, const N: usize>(t: &mut [i32x8<S>]) {
    let Some(copy) = t.first_chunk::<N>().copied() else { return };
    for i in 0..N {
        t[i] = copy[if i & 1 == 1 { i - 1 } else { N - 1 - i }];
    }
}

/// The inverse ADST output array permutation process.
#[inline(always)]
fn permute_output<S: Simd, const N: usize>(t: &mut [i32x8<S>]) {
    let Some(copy) = t.first_chunk::<N>().copied() else { return };
    for i in 0..N {
        let value = copy[output_place::<N>(i)];
        t[i] = if i & 1 == 1 { -value } else { value };
    }
}

/// Where the permutation of outputs takes the value at `i` from.
#[inline(always)]
fn output_place<const N: usize>(i: usize) -> usize {
    let bit = |n: usize| i >> n & 1;
    let (a, b, c, d) = (bit(3), bit(2) ^ bit(3), bit(1) ^ bit(2), bit(0) ^ bit(1));
    (d << 3 | c << 2 | b << 1 | a) >> (4 - N.trailing_zeros())
}

/// The inverse identity transform process of 4 to 32 points.
#[inline(always)]
pub(super) fn identity<S: Simd, const N: usize>(t: &mut [i32x8<S>; N]) {
    for value in t {
        *value = match N {
            // In parts, so that products of 20 bits and the factor stay in 32: 5793 = 4096 + 1697, 11586 = 2 * 5793.
            4 => *value + round2(*value * 1697, 12),
            8 => *value + *value,
            16 => *value + *value + round2(*value * 3394, 12),
            _ => *value << 2,
        };
    }
}

/// The forward transform of 4, 8 or 16 points in place. Like the inverse it scales by sqrt( N / 2 ).
#[inline(always)]
pub(super) fn forward<S: Simd, const N: usize>(t: &mut [i32x8<S>; N]) {
    match N {
        4 => forward4(t),
        8 => forward8(t),
        _ => forward16(t),
    }
}

#[inline(always)]
fn forward4<S: Simd>(t: &mut [i32x8<S>]) {
    let [x0, x1, x2, x3] = [t[0], t[1], t[2], t[3]];
    t[0] = round2(x0 * SINPI[0] + x1 * SINPI[1] + x2 * SINPI[2] + x3 * SINPI[3], 12);
    t[1] = round2((x0 + x1 - x3) * SINPI[2], 12);
    t[2] = round2(x0 * SINPI[3] - x1 * SINPI[0] - x2 * SINPI[2] + x3 * SINPI[1], 12);
    t[3] = round2(x0 * SINPI[1] - x1 * SINPI[3] + x2 * SINPI[2] - x3 * SINPI[0], 12);
}

#[inline(always)]
fn forward8<S: Simd>(t: &mut [i32x8<S>]) {
    unpermute_output::<S, 8>(t);
    for i in 0..2 {
        unrotate(t, 2 + 4 * i, 3 + 4 * i, 32, true);
    }
    for i in 0..2 {
        for j in 0..2 {
            sums(t, 4 * j + i, 2 + 4 * j + i, false);
        }
    }
    for i in 0..2 {
        unrotate(t, 4 + 3 * i, 5 + i, 48 - 32 * i as i32, true);
    }
    for i in 0..4 {
        sums(t, i, 4 + i, false);
    }
    for i in 0..4 {
        unrotate(t, 2 * i, 2 * i + 1, 60 - 16 * i as i32, true);
    }
    unpermute_input::<S, 8>(t);
}

#[inline(always)]
fn forward16<S: Simd>(t: &mut [i32x8<S>]) {
    unpermute_output::<S, 16>(t);
    for i in 0..4 {
        unrotate(t, 2 + 4 * i, 3 + 4 * i, 32, true);
    }
    for i in 0..2 {
        for j in 0..4 {
            sums(t, 4 * j + i, 2 + 4 * j + i, false);
        }
    }
    for i in 0..2 {
        for j in 0..2 {
            unrotate(t, 4 + 8 * j + 3 * i, 5 + 8 * j + i, 48 - 32 * i as i32, true);
        }
    }
    for i in 0..4 {
        for j in 0..2 {
            sums(t, 8 * j + i, 4 + 8 * j + i, false);
        }
    }
    for i in 0..2 {
        unrotate(t, 8 + 2 * i, 9 + 2 * i, 56 - 32 * i as i32, true);
        unrotate(t, 13 + 2 * i, 12 + 2 * i, 8 + 32 * i as i32, true);
    }
    for i in 0..8 {
        sums(t, i, 8 + i, false);
    }
    for i in 0..8 {
        unrotate(t, 2 * i, 2 * i + 1, 62 - 8 * i as i32, true);
    }
    unpermute_input::<S, 16>(t);
}

/// The transpose of [`permute_input`].
#[inline(always)]
fn unpermute_input<S: Simd, const N: usize>(t: &mut [i32x8<S>]) {
    let Some(copy) = t.first_chunk::<N>().copied() else { return };
    for i in 0..N {
        t[if i & 1 == 1 { i - 1 } else { N - 1 - i }] = copy[i];
    }
}

/// The transpose of [`permute_output`].
#[inline(always)]
fn unpermute_output<S: Simd, const N: usize>(t: &mut [i32x8<S>]) {
    let Some(copy) = t.first_chunk::<N>().copied() else { return };
    for i in 0..N {
        t[output_place::<N>(i)] = if i & 1 == 1 { -copy[i] } else { copy[i] };
    }
}
