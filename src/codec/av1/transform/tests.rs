//! The transforms against the specification's text, one value at a time, and against the cosine.

#![allow(clippy::precedence, reason = "as the specification writes it")]

use super::{
    Forward, Inverse, Kind, add_lossless,
    lanes::{brev, cos128, sin128},
};
use crate::{
    codec::av1::sizes::{ALL_TX_SIZES, TxSize, TxType},
    simd::levels,
};

pub(super) const TYPES: [TxType; 16] = [
    TxType::DctDct,
    TxType::AdstDct,
    TxType::DctAdst,
    TxType::AdstAdst,
    TxType::FlipAdstDct,
    TxType::DctFlipAdst,
    TxType::FlipAdstFlipAdst,
    TxType::AdstFlipAdst,
    TxType::FlipAdstAdst,
    TxType::Idtx,
    TxType::VDct,
    TxType::HDct,
    TxType::VAdst,
    TxType::HAdst,
    TxType::VFlipAdst,
    TxType::HFlipAdst,
];

/// The types that a size can have.
pub(super) fn types(size: TxSize) -> impl Iterator<Item = TxType> {
    let side = size.width().max(size.height());
    TYPES.into_iter().filter(move |&tx_type| match side {
        64 => tx_type == TxType::DctDct,
        32 => matches!(tx_type, TxType::DctDct | TxType::Idtx),
        _ => true,
    })
}

/// A small generator of numbers.
pub(super) struct Random(pub u64);

impl Random {
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) * u64::from(end) >> 31) as u32
    }
}

/// The array T of the specification.
struct T(Vec<i32>, u32);

impl T {
    fn b(&mut self, a: usize, b: usize, angle: i32, flip: bool) {
        let (ta, tb) = (self.0[a], self.0[b]);
        let x = ta.wrapping_mul(cos128(angle)).wrapping_sub(tb.wrapping_mul(sin128(angle)));
        let y = ta.wrapping_mul(sin128(angle)).wrapping_add(tb.wrapping_mul(cos128(angle)));
        self.0[a] = x.wrapping_add(2048) >> 12;
        self.0[b] = y.wrapping_add(2048) >> 12;
        if flip {
            self.0.swap(a, b);
        }
    }

    fn h(&mut self, a: usize, b: usize, flip: bool) {
        let (a, b) = if flip { (b, a) } else { (a, b) };
        let (x, y) = (self.0[a], self.0[b]);
        let limit = 1 << (self.1 - 1);
        self.0[a] = x.wrapping_add(y).clamp(-limit, limit - 1);
        self.0[b] = x.wrapping_sub(y).clamp(-limit, limit - 1);
    }

    /// By halves: of even inputs a DCT of half the size, of odd ones the rest (what the steps of the text amount to).
    fn dct(&mut self, n: u32) {
        let copy = self.0.clone();
        for i in 0..1 << n {
            self.0[i] = copy[brev(n, i)];
        }
        if n == 6 {
            (0..16).for_each(|i| self.b(32 + i, 63 - i, 63 - 4 * brev(4, i) as i32, false));
        }
        if n >= 5 {
            (0..8).for_each(|i| self.b(16 + i, 31 - i, 6 + ((brev(3, 7 - i) as i32) << 3), false));
        }
        if n == 6 {
            (0..16).for_each(|i| self.h(32 + i * 2, 33 + i * 2, i & 1 == 1));
        }
        if n >= 4 {
            (0..4).for_each(|i| self.b(8 + i, 15 - i, 12 + ((brev(2, 3 - i) as i32) << 4), false));
        }
        if n >= 5 {
            (0..8).for_each(|i| self.h(16 + 2 * i, 17 + 2 * i, i & 1 == 1));
        }
        if n == 6 {
            for (i, j) in pairs(4, 2) {
                let angle = 60 - 16 * brev(2, i) as i32 + 64 * j as i32;
                self.b(62 - i * 4 - j, 33 + i * 4 + j, angle, true);
            }
        }
        if n >= 3 {
            (0..2).for_each(|i| self.b(4 + i, 7 - i, 56 - 32 * i as i32, false));
        }
        if n >= 4 {
            (0..4).for_each(|i| self.h(8 + 2 * i, 9 + 2 * i, i & 1 == 1));
        }
        if n >= 5 {
            for (i, j) in pairs(2, 2) {
                let angle = 24 + ((j as i32) << 6) + ((1 - i as i32) << 5);
                self.b(30 - 4 * i - j, 17 + 4 * i + j, angle, true);
            }
        }
        if n == 6 {
            pairs(8, 2).for_each(|(i, j)| self.h(32 + i * 4 + j, 35 + i * 4 - j, i & 1 == 1));
        }
        (0..2).for_each(|i| self.b(2 * i, 2 * i + 1, 32 + 16 * i as i32, 1 - i == 1));
        if n >= 3 {
            (0..2).for_each(|i| self.h(4 + 2 * i, 5 + 2 * i, i == 1));
        }
        if n >= 4 {
            (0..2).for_each(|i| self.b(14 - i, 9 + i, 48 + 64 * i as i32, true));
        }
        if n >= 5 {
            pairs(4, 2).for_each(|(i, j)| self.h(16 + 4 * i + j, 19 + 4 * i - j, i & 1 == 1));
        }
        if n == 6 {
            for (i, j) in pairs(2, 4) {
                let angle = 56 - i as i32 * 32 + (j as i32 >> 1) * 64;
                self.b(61 - i * 8 - j, 34 + i * 8 + j, angle, true);
            }
        }
        (0..2).for_each(|i| self.h(i, 3 - i, false));
        if n >= 3 {
            self.b(6, 5, 32, true);
        }
        if n >= 4 {
            pairs(2, 2).for_each(|(i, j)| self.h(8 + 4 * i + j, 11 + 4 * i - j, i == 1));
        }
        if n >= 5 {
            (0..4).for_each(|i| self.b(29 - i, 18 + i, 48 + (i as i32 >> 1) * 64, true));
        }
        if n == 6 {
            pairs(4, 4).for_each(|(i, j)| self.h(32 + 8 * i + j, 39 + 8 * i - j, i & 1 == 1));
        }
        if n >= 3 {
            (0..4).for_each(|i| self.h(i, 7 - i, false));
        }
        if n >= 4 {
            (0..2).for_each(|i| self.b(13 - i, 10 + i, 32, true));
        }
        if n >= 5 {
            pairs(2, 4).for_each(|(i, j)| self.h(16 + i * 8 + j, 23 + i * 8 - j, i == 1));
        }
        if n == 6 {
            (0..8).for_each(|i| self.b(59 - i, 36 + i, if i < 4 { 48 } else { 112 }, true));
        }
        if n >= 4 {
            (0..8).for_each(|i| self.h(i, 15 - i, false));
        }
        if n >= 5 {
            (0..4).for_each(|i| self.b(27 - i, 20 + i, 32, true));
        }
        if n == 6 {
            for i in 0..8 {
                self.h(32 + i, 47 - i, false);
                self.h(48 + i, 63 - i, true);
            }
        }
        if n >= 5 {
            (0..16).for_each(|i| self.h(i, 31 - i, false));
        }
        if n == 6 {
            (0..8).for_each(|i| self.b(55 - i, 40 + i, 32, true));
            (0..32).for_each(|i| self.h(i, 63 - i, false));
        }
    }

    fn adst4(&mut self) {
        let t: Vec<i64> = self.0.iter().map(|&value| value.into()).collect();
        let sinpi = [1321, 2482, 3344, 3803];
        let mut s = [
            sinpi[0] * t[0],
            sinpi[1] * t[0],
            sinpi[2] * t[1],
            sinpi[3] * t[2],
            sinpi[0] * t[2],
            sinpi[1] * t[3],
            sinpi[3] * t[3],
        ];
        let b7 = t[0] - t[2] + t[3];
        s[0] += s[3];
        s[1] -= s[4];
        s[3] = s[2];
        s[2] = sinpi[2] * b7;
        s[0] += s[5];
        s[1] -= s[6];
        let x = [s[0] + s[3], s[1] + s[3], s[2], s[0] + s[1] - s[3]];
        for (t, x) in self.0.iter_mut().zip(x) {
            *t = (x as i32).wrapping_add(2048) >> 12;
        }
    }

    fn adst(&mut self, n: u32) {
        if n == 2 {
            return self.adst4();
        }
        let n0 = 1 << n;
        let copy = self.0.clone();
        for i in 0..n0 {
            self.0[i] = copy[if i & 1 == 1 { i - 1 } else { n0 - i - 1 }];
        }
        if n == 3 {
            (0..4).for_each(|i| self.b(2 * i, 2 * i + 1, 60 - 16 * i as i32, true));
            (0..4).for_each(|i| self.h(i, 4 + i, false));
            (0..2).for_each(|i| self.b(4 + 3 * i, 5 + i, 48 - 32 * i as i32, true));
            pairs(2, 2).for_each(|(i, j)| self.h(4 * j + i, 2 + 4 * j + i, false));
            (0..2).for_each(|i| self.b(2 + 4 * i, 3 + 4 * i, 32, true));
        } else {
            (0..8).for_each(|i| self.b(2 * i, 2 * i + 1, 62 - 8 * i as i32, true));
            (0..8).for_each(|i| self.h(i, 8 + i, false));
            for i in 0..2 {
                self.b(8 + 2 * i, 9 + 2 * i, 56 - 32 * i as i32, true);
                self.b(13 + 2 * i, 12 + 2 * i, 8 + 32 * i as i32, true);
            }
            pairs(4, 2).for_each(|(i, j)| self.h(8 * j + i, 4 + 8 * j + i, false));
            pairs(2, 2).for_each(|(i, j)| self.b(4 + 8 * j + 3 * i, 5 + 8 * j + i, 48 - 32 * i as i32, true));
            pairs(2, 4).for_each(|(i, j)| self.h(4 * j + i, 2 + 4 * j + i, false));
            (0..4).for_each(|i| self.b(2 + 4 * i, 3 + 4 * i, 32, true));
        }
        let copy = self.0.clone();
        for i in 0..n0 {
            let a = i >> 3 & 1;
            let b = (i >> 2 & 1) ^ (i >> 3 & 1);
            let c = (i >> 1 & 1) ^ (i >> 2 & 1);
            let d = (i & 1) ^ (i >> 1 & 1);
            let idx = (d << 3 | c << 2 | b << 1 | a) >> (4 - n);
            self.0[i] = if i & 1 == 1 { -copy[idx] } else { copy[idx] };
        }
    }

    fn identity(&mut self, n: u32) {
        for value in &mut self.0 {
            let wide = i64::from(*value);
            *value = match n {
                2 => (wide * 5793 + 2048) >> 12,
                3 => wide * 2,
                4 => (wide * 11586 + 2048) >> 12,
                _ => wide * 4,
            } as i32;
        }
    }

    fn transform(&mut self, kind: Kind) {
        let n = self.0.len().trailing_zeros();
        match kind {
            Kind::Dct => self.dct(n),
            Kind::Adst | Kind::FlipAdst => self.adst(n),
            Kind::Identity => self.identity(n),
        }
    }
}

fn pairs(i: usize, j: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..i).flat_map(move |i| (0..j).map(move |j| (i, j)))
}

fn round2(value: i32, bits: u32) -> i32 {
    if bits == 0 { value } else { (value + (1 << (bits - 1))) >> bits }
}

/// `Residual`, with the flips that the reconstruction process does.
fn residual(size: TxSize, tx_type: TxType, bit_depth: u32, coefficients: &[i32]) -> Vec<i32> {
    const ROW_SHIFT: [u32; 19] = [0, 1, 2, 2, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2];
    let (w, h) = (size.width(), size.height());
    let (columns, rows) = Kind::of(tx_type);
    let column_range = (bit_depth + 6).max(16);
    let limit = 1 << (column_range - 1);
    let mut residual = vec![0; w * h];
    for i in 0..h {
        let mut t = T(vec![0; w], bit_depth + 8);
        for j in 0..w {
            if i < 32 && j < 32 {
                t.0[j] = coefficients[i * w.min(32) + j];
            }
            if w.trailing_zeros().abs_diff(h.trailing_zeros()) == 1 {
                t.0[j] = round2(t.0[j] * 2896, 12);
            }
        }
        t.transform(rows);
        for j in 0..w {
            residual[i * w + j] = round2(t.0[j], ROW_SHIFT[size as usize]).clamp(-limit, limit - 1);
        }
    }
    for j in 0..w {
        let mut t = T((0..h).map(|i| residual[i * w + j]).collect(), column_range);
        t.transform(columns);
        for i in 0..h {
            residual[i * w + j] = round2(t.0[i], 4);
        }
    }
    let mut flipped = residual.clone();
    for (i, j) in pairs(h, w) {
        let xx = if rows == Kind::FlipAdst { w - j - 1 } else { j };
        let yy = if columns == Kind::FlipAdst { h - i - 1 } else { i };
        flipped[yy * w + xx] = residual[i * w + j];
    }
    flipped
}

#[test]
fn inverses_are_as_the_text_says_at_every_level() {
    for level in levels() {
        let mut random = Random(1);
        for (size, bit_depth) in
            ALL_TX_SIZES.into_iter().flat_map(|size| [8, 10, 12].map(|depth| (size, depth)))
        {
            for (tx_type, round) in types(size).flat_map(|tx_type| (0..6).map(move |round| (tx_type, round)))
            {
                let (w, h) = (size.width().min(32), size.height().min(32));
                let (columns, rows) = match round {
                    0 => (1, 1),
                    1 => (w, h),
                    _ => (1 + random.below(w as u32) as usize, 1 + random.below(h as u32) as usize),
                };
                // Up to the largest that dequantisation leaves, with few of them in the last rounds.
                let limit = 1u32 << (7 + bit_depth).min(if round == 1 { 9 } else { 6 + 3 * round });
                let mut coefficients = vec![0; w * h];
                for (y, x) in pairs(rows, columns) {
                    if round < 3 || random.below(8) == 0 {
                        coefficients[y * w + x] = random.below(2 * limit) as i32 - limit as i32;
                    }
                }
                let stride = size.width() + 3;
                let mut out: Vec<u16> =
                    (0..stride * size.height() + 9).map(|_| random.below(1 << bit_depth) as u16).collect();
                let mut expected = out.clone();
                let residual = residual(size, tx_type, bit_depth, &coefficients);
                for (y, x) in pairs(size.height(), size.width()) {
                    let sample = &mut expected[y * stride + x];
                    *sample = (i32::from(*sample) + residual[y * size.width() + x])
                        .clamp(0, (1 << bit_depth) - 1) as u16;
                }
                Inverse::new(level, bit_depth as u8).add(
                    size,
                    tx_type,
                    &coefficients,
                    (columns, rows),
                    &mut out,
                    stride,
                );
                assert!(
                    out == expected,
                    "{size:?} {tx_type:?} {bit_depth} bits, {columns} x {rows}, {level:?}"
                );
            }
        }
    }
}

#[test]
fn inverse_dcts_are_cosines() {
    for (size, scale) in [
        (TxSize::Tx4x4, 1.0),
        (TxSize::Tx8x8, 1.0),
        (TxSize::Tx16x16, 1.0),
        (TxSize::Tx32x32, 2.0),
        (TxSize::Tx64x64, 4.0),
    ] {
        let n = size.width();
        let mut coefficients = vec![0; n.min(32) * n.min(32)];
        coefficients[0] = 300;
        coefficients[n.min(32) * 2 + 1] = -700;
        coefficients[3] = 411;
        let mut out = vec![512; n * n];
        Inverse::new(levels()[0], 10).add(size, TxType::DctDct, &coefficients, (4, 3), &mut out, n);
        let basis = |k: usize, x: usize| {
            let norm = if k == 0 { 1.0 } else { 2f64.sqrt() } / (n as f64).sqrt();
            norm * (std::f64::consts::PI * (2 * x + 1) as f64 * k as f64 / (2 * n) as f64).cos()
        };
        for (y, x) in pairs(n, n) {
            let sum = 300.0 * basis(0, x) * basis(0, y) - 700.0 * basis(1, x) * basis(2, y)
                + 411.0 * basis(3, x) * basis(0, y);
            let residual = f64::from(out[y * n + x]) - 512.0;
            assert!(
                (residual - sum * scale / 8.0).abs() < 1.2,
                "{size:?} at {x}, {y}: {residual}, {}",
                sum * scale / 8.0
            );
        }
    }
}

#[test]
fn the_inverse_undoes_the_forward_transform() {
    let mut random = Random(7);
    let all = levels();
    for size in ALL_TX_SIZES {
        for (n, tx_type) in types(size).enumerate() {
            for amplitude in [255, 1023] {
                let (w, h) = (size.width(), size.height());
                let stride = w + 2;
                // Smooth enough for what a transform of 64 points leaves out.
                let mut residuals = vec![0i16; stride * h];
                let [a, b, c] = [(); 3].map(|()| random.below(amplitude) as i32 - amplitude as i32 / 2);
                for (y, x) in pairs(h, w) {
                    let slope = a + b * x as i32 / w as i32 + c * y as i32 / h as i32;
                    let noise =
                        if w.max(h) < 64 { random.below(2 * amplitude) as i32 - amplitude as i32 } else { 0 };
                    residuals[y * stride + x] =
                        (slope + noise).clamp(-(amplitude as i32), amplitude as i32) as i16;
                }
                let adjusted = size.adjusted();
                let mut coefficients = vec![0; adjusted.width() * adjusted.height()];
                Forward::new(all[n % all.len()]).transform(
                    size,
                    tx_type,
                    &residuals,
                    stride,
                    &mut coefficients,
                );
                let mut out = vec![2048; w * h];
                let extent = (adjusted.width(), adjusted.height());
                Inverse::new(all[0], 12).add(size, tx_type, &coefficients, extent, &mut out, w);
                let mut squares = 0;
                for (y, x) in pairs(h, w) {
                    let error = i32::from(out[y * w + x]) - 2048 - i32::from(residuals[y * stride + x]);
                    assert!(
                        error.abs() <= 3 + amplitude as i32 / 100,
                        "{size:?} {tx_type:?} {amplitude}: {error}"
                    );
                    squares += error * error;
                }
                // Errors are of rounding alone, of coefficients and of the factors.
                assert!(squares <= (w * h) as i32 * 3 / 4, "{size:?} {tx_type:?} {amplitude}: {squares}");
            }
        }
    }
}

#[test]
fn all_levels_transform_alike_up_to_the_largest_residuals() {
    let mut random = Random(9);
    for (size, round) in ALL_TX_SIZES.into_iter().flat_map(|size| (0..3).map(move |round| (size, round))) {
        for tx_type in types(size) {
            let residuals: Vec<i16> = (0..size.width() * size.height())
                .map(|_| match round {
                    0 => 1023,
                    1 => {
                        if random.below(2) == 0 {
                            1023
                        } else {
                            -1023
                        }
                    }
                    _ => random.below(2047) as i16 - 1023,
                })
                .collect();
            let count = size.adjusted().width() * size.adjusted().height();
            let outs = levels().into_iter().map(|level| {
                let mut out = vec![0; count];
                Forward::new(level).transform(size, tx_type, &residuals, size.width(), &mut out);
                out
            });
            let outs: Vec<_> = outs.collect();
            assert!(outs.iter().all(|out| *out == outs[0]), "{size:?} {tx_type:?}");
            // A flat block is all DC, without a sum that has passed its bits.
            if round == 0 && tx_type == TxType::DctDct {
                let scale = 8.0 / f64::from(1 << crate::codec::av1::quantizer::denominator_log2(size));
                let expected = 1023.0 * scale * ((size.width() * size.height()) as f64).sqrt();
                assert!(
                    (f64::from(outs[0][0]) - expected).abs() < expected / 2000.0,
                    "{size:?} {}",
                    outs[0][0]
                );
            }
        }
    }
}

#[test]
fn a_lossless_block_comes_back() {
    let mut random = Random(5);
    for _ in 0..200 {
        let residuals = [0; 16].map(|_: i16| random.below(511) as i16 - 255);
        let block = forward_lossless(&residuals);
        let mut out = vec![300; 5 * 4];
        add_lossless(&block, 10, &mut out, 5);
        for (y, x) in pairs(4, 4) {
            assert_eq!(i32::from(out[y * 5 + x]) - 300, i32::from(residuals[4 * y + x]));
        }
    }
}

/// The Walsh-Hadamard transform that `add_lossless` inverts exactly, of residuals of up to 12 bits.
fn forward_lossless(residuals: &[i16; 16]) -> [i32; 16] {
    let at = |x: usize, y: usize| i32::from(residuals[4 * y + x]);
    let mut block = [0; 16];
    for x in 0..4 {
        let column = walsh([at(x, 0), at(x, 1), at(x, 2), at(x, 3)]);
        for (y, value) in column.into_iter().enumerate() {
            block[4 * y + x] = value;
        }
    }
    for row in block.as_chunks_mut::<4>().0 {
        *row = walsh(*row).map(|value| value << 2);
    }
    block
}

/// The steps of the inverse, undone from the last to the first.
const fn walsh([a, b, c, d]: [i32; 4]) -> [i32; 4] {
    let (a, d) = (a + b, d - c);
    let e = (a - d) >> 1;
    let (b, c) = (e - b, e - c);
    [a - c, c, d + b, b]
}
