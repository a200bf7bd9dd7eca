//! The DCT of 4 to 64 points in eight lanes: the inverse (sections 7.13.2.2 and 7.13.2.3 of the AV1 specification), its
//! steps named by their numbers there, and its transpose, the same steps from the last to the first.

use super::lanes::{Range, brev, hadamard, rotate, sums, unrotate};
use crate::simd::{Simd, i32x8};

/// Transforms `N` = 2^n points in place.
#[inline(always)]
pub(super) fn inverse<S: Simd, const N: usize>(t: &mut [i32x8<S>; N], range: Range<S>) {
    let n = N.trailing_zeros();
    let copy = *t;
    // 1
    for (i, value) in t.iter_mut().enumerate() {
        *value = copy[brev(n, i)];
    }
    if n == 6 {
        first_of_64(t, range);
    }
    if n >= 5 {
        first_of_32(t, range);
    }
    let t = t.as_mut_slice();
    if n >= 4 {
        // 5, 9, 14, 19, 23
        for i in 0..4 {
            rotate(t, 8 + i, 15 - i, 12 + ((brev(2, 3 - i) as i32) << 4), false);
        }
        for i in 0..4 {
            hadamard(t, 8 + 2 * i, 9 + 2 * i, i & 1 == 1, range);
        }
        for i in 0..2 {
            rotate(t, 14 - i, 9 + i, 48 + 64 * i as i32, true);
        }
        for i in 0..2 {
            for j in 0..2 {
                hadamard(t, 8 + 4 * i + j, 11 + 4 * i - j, i == 1, range);
            }
        }
        for i in 0..2 {
            rotate(t, 13 - i, 10 + i, 32, true);
        }
    }
    if n >= 3 {
        // 8, 13, 18
        for i in 0..2 {
            rotate(t, 4 + i, 7 - i, 56 - 32 * i as i32, false);
        }
        for i in 0..2 {
            hadamard(t, 4 + 2 * i, 5 + 2 * i, i == 1, range);
        }
        rotate(t, 6, 5, 32, true);
    }
    // 12, 17
    for i in 0..2 {
        rotate(t, 2 * i, 2 * i + 1, 32 + 16 * i as i32, i == 0);
    }
    for i in 0..2 {
        hadamard(t, i, 3 - i, false, range);
    }
    // 22, 26, 29, 31
    let mut half = 4;
    while half < N {
        for i in 0..half {
            hadamard(t, i, 2 * half - 1 - i, false, range);
        }
        half *= 2;
    }
}

/// The steps of 64 points alone, but the last: 2, 4, 7, 11, 16, 21, 25, 28, 30.
#[inline(always)]
fn first_of_64<S: Simd>(t: &mut [i32x8<S>], range: Range<S>) {
    for i in 0..16 {
        rotate(t, 32 + i, 63 - i, 63 - 4 * brev(4, i) as i32, false);
    }
    for i in 0..16 {
        hadamard(t, 32 + i * 2, 33 + i * 2, i & 1 == 1, range);
    }
    for i in 0..4 {
        for j in 0..2 {
            rotate(t, 62 - i * 4 - j, 33 + i * 4 + j, 60 - 16 * brev(2, i) as i32 + 64 * j as i32, true);
        }
    }
    for i in 0..8 {
        for j in 0..2 {
            hadamard(t, 32 + i * 4 + j, 35 + i * 4 - j, i & 1 == 1, range);
        }
    }
    for i in 0..2 {
        for j in 0..4 {
            rotate(t, 61 - i * 8 - j, 34 + i * 8 + j, 56 - i as i32 * 32 + (j as i32 >> 1) * 64, true);
        }
    }
    for i in 0..4 {
        for j in 0..4 {
            hadamard(t, 32 + 8 * i + j, 39 + 8 * i - j, i & 1 == 1, range);
        }
    }
    for i in 0..8 {
        rotate(t, 59 - i, 36 + i, if i < 4 { 48 } else { 112 }, true);
    }
    for i in 0..8 {
        hadamard(t, 32 + i, 47 - i, false, range);
        hadamard(t, 48 + i, 63 - i, true, range);
    }
    for i in 0..8 {
        rotate(t, 55 - i, 40 + i, 32, true);
    }
}

/// The steps of 32 points and more, but the last: 3, 6, 10, 15, 20, 24, 27.
#[inline(always)]
fn first_of_32<S: Simd>(t: &mut [i32x8<S>], range: Range<S>) {
    for i in 0..8 {
        rotate(t, 16 + i, 31 - i, 6 + ((brev(3, 7 - i) as i32) << 3), false);
    }
    for i in 0..8 {
        hadamard(t, 16 + 2 * i, 17 + 2 * i, i & 1 == 1, range);
    }
    for i in 0..2 {
        for j in 0..2 {
            let angle = 24 + ((j as i32) << 6) + ((1 - i as i32) << 5);
            rotate(t, 30 - 4 * i - j, 17 + 4 * i + j, angle, true);
        }
    }
    for i in 0..4 {
        for j in 0..2 {
            hadamard(t, 16 + 4 * i + j, 19 + 4 * i - j, i & 1 == 1, range);
        }
    }
    for i in 0..4 {
        rotate(t, 29 - i, 18 + i, 48 + (i as i32 >> 1) * 64, true);
    }
    for i in 0..2 {
        for j in 0..4 {
            hadamard(t, 16 + i * 8 + j, 23 + i * 8 - j, i == 1, range);
        }
    }
    for i in 0..4 {
        rotate(t, 27 - i, 20 + i, 32, true);
    }
}

/// The forward transform of `N` = 2^n points in place. Like the inverse it scales by sqrt( N / 2 ).
#[inline(always)]
pub(super) fn forward<S: Simd, const N: usize>(t: &mut [i32x8<S>; N]) {
    let n = N.trailing_zeros();
    let mut half = N / 2;
    while half >= 4 {
        for i in 0..half {
            sums(t, i, 2 * half - 1 - i, false);
        }
        half /= 2;
    }
    for i in 0..2 {
        sums(t, i, 3 - i, false);
    }
    for i in 0..2 {
        unrotate(t, 2 * i, 2 * i + 1, 32 + 16 * i as i32, i == 0);
    }
    if n >= 3 {
        unrotate(t, 6, 5, 32, true);
        for i in 0..2 {
            sums(t, 4 + 2 * i, 5 + 2 * i, i == 1);
        }
        for i in 0..2 {
            unrotate(t, 4 + i, 7 - i, 56 - 32 * i as i32, false);
        }
    }
    if n >= 4 {
        for i in 0..2 {
            unrotate(t, 13 - i, 10 + i, 32, true);
        }
        for i in 0..2 {
            for j in 0..2 {
                sums(t, 8 + 4 * i + j, 11 + 4 * i - j, i == 1);
            }
        }
        for i in 0..2 {
            unrotate(t, 14 - i, 9 + i, 48 + 64 * i as i32, true);
        }
        for i in 0..4 {
            sums(t, 8 + 2 * i, 9 + 2 * i, i & 1 == 1);
        }
        for i in 0..4 {
            unrotate(t, 8 + i, 15 - i, 12 + ((brev(2, 3 - i) as i32) << 4), false);
        }
    }
    if n >= 5 {
        last_of_32(t);
    }
    if n == 6 {
        last_of_64(t);
    }
    let copy = *t;
    for (i, value) in t.iter_mut().enumerate() {
        *value = copy[brev(n, i)];
    }
}

/// The transpose of [`first_of_32`].
#[inline(always)]
fn last_of_32<S: Simd>(t: &mut [i32x8<S>]) {
    for i in 0..4 {
        unrotate(t, 27 - i, 20 + i, 32, true);
    }
    for i in 0..2 {
        for j in 0..4 {
            sums(t, 16 + i * 8 + j, 23 + i * 8 - j, i == 1);
        }
    }
    for i in 0..4 {
        unrotate(t, 29 - i, 18 + i, 48 + (i as i32 >> 1) * 64, true);
    }
    for i in 0..4 {
        for j in 0..2 {
            sums(t, 16 + 4 * i + j, 19 + 4 * i - j, i & 1 == 1);
        }
    }
    for i in 0..2 {
        for j in 0..2 {
            let angle = 24 + ((j as i32) << 6) + ((1 - i as i32) << 5);
            unrotate(t, 30 - 4 * i - j, 17 + 4 * i + j, angle, true);
        }
    }
    for i in 0..8 {
        sums(t, 16 + 2 * i, 17 + 2 * i, i & 1 == 1);
    }
    for i in 0..8 {
        unrotate(t, 16 + i, 31 - i, 6 + ((brev(3, 7 - i) as i32) << 3), false);
    }
}

/// The transpose of [`first_of_64`].
#[inline(always)]
fn last_of_64<S: Simd>(t: &mut [i32x8<S>]) {
    for i in 0..8 {
        unrotate(t, 55 - i, 40 + i, 32, true);
    }
    for i in 0..8 {
        sums(t, 32 + i, 47 - i, false);
        sums(t, 48 + i, 63 - i, true);
    }
    for i in 0..8 {
        unrotate(t, 59 - i, 36 + i, if i < 4 { 48 } else { 112 }, true);
    }
    for i in 0..4 {
        for j in 0..4 {
            sums(t, 32 + 8 * i + j, 39 + 8 * i - j, i & 1 == 1);
        }
    }
    for i in 0..2 {
        for j in 0..4 {
            unrotate(t, 61 - i * 8 - j, 34 + i * 8 + j, 56 - i as i32 * 32 + (j as i32 >> 1) * 64, true);
        }
    }
    for i in 0..8 {
        for j in 0..2 {
            sums(t, 32 + i * 4 + j, 35 + i * 4 - j, i & 1 == 1);
        }
    }
    for i in 0..4 {
        for j in 0..2 {
            unrotate(t, 62 - i * 4 - j, 33 + i * 4 + j, 60 - 16 * brev(2, i) as i32 + 64 * j as i32, true);
        }
    }
    for i in 0..16 {
        sums(t, 32 + i * 2, 33 + i * 2, i & 1 == 1);
    }
    for i in 0..16 {
        unrotate(t, 32 + i, 63 - i, 63 - 4 * brev(4, i) as i32, false);
    }
}
