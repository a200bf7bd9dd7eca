//! The predictions against the specification's text, sample by sample.

#![allow(clippy::precedence, clippy::match_overlapping_arm, reason = "as the specification writes it")]

use super::{Around, Edges, Intra, LumaAc, cfl, intra, palette};
use crate::{
    codec::av1::{
        sizes::{ALL_TX_SIZES, PredictionMode},
        tables::prediction::{
            DR_INTRA_DERIVATIVE, INTRA_EDGE_KERNEL, INTRA_FILTER_TAPS, SM_WEIGHTS_4, SM_WEIGHTS_8,
            SM_WEIGHTS_16, SM_WEIGHTS_32, SM_WEIGHTS_64,
        },
    },
    simd::levels,
};

struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) * u64::from(end) >> 31) as u32
    }
}

/// `AboveRow` or `LeftCol`, from index -16 on.
#[derive(Clone)]
struct Line([i32; 16 + 160]);

impl Line {
    fn at(&self, i: i32) -> i32 {
        self.0[(i + 16) as usize]
    }

    fn set(&mut self, i: i32, value: i32) {
        self.0[(i + 16) as usize] = value;
    }
}

/// The process of section 7.11.2 over a frame.
struct Text<'a> {
    frame: &'a [Vec<u16>],
    x: i32,
    y: i32,
    max_x: i32,
    max_y: i32,
    around: Around,
    w: i32,
    h: i32,
    bit_depth: u8,
}

impl Text<'_> {
    fn sample(&self, x: i32, y: i32) -> i32 {
        self.frame[y as usize][x as usize].into()
    }

    fn lines(&self) -> (Line, Line) {
        let (x, y, w, h) = (self.x, self.y, self.w, self.h);
        let middle = 1 << (self.bit_depth - 1);
        let (mut above, mut left) = (Line([0; 176]), Line([0; 176]));
        for i in 0..w + h {
            above.set(
                i,
                match (self.around.above, self.around.left) {
                    (false, true) => self.sample(x - 1, y),
                    (false, false) => middle - 1,
                    _ => {
                        let limit = self.max_x.min(x + if self.around.above_right { 2 * w } else { w } - 1);
                        self.sample(limit.min(x + i), y - 1)
                    }
                },
            );
            left.set(
                i,
                match (self.around.left, self.around.above) {
                    (false, true) => self.sample(x, y - 1),
                    (false, false) => middle + 1,
                    _ => {
                        let limit = self.max_y.min(y + if self.around.below_left { 2 * h } else { h } - 1);
                        self.sample(x - 1, limit.min(y + i))
                    }
                },
            );
        }
        let corner = match (self.around.above, self.around.left) {
            (true, true) => self.sample(x - 1, y - 1),
            (true, false) => self.sample(x, y - 1),
            (false, true) => self.sample(x - 1, y),
            (false, false) => middle,
        };
        above.set(-1, corner);
        left.set(-1, corner);
        (above, left)
    }

    fn clip(&self, value: i32) -> i32 {
        value.clamp(0, (1 << self.bit_depth) - 1)
    }

    fn predict(&self, mode: Intra) -> Vec<i32> {
        let (above, left) = self.lines();
        let (w, h) = (self.w, self.h);
        if let Intra::Directional { angle, edge_filter } = mode {
            return self.directional(i32::from(angle), edge_filter, above, left);
        }
        if let Intra::Filter(mode) = mode {
            return self.recursive(usize::from(mode), &above, &left);
        }
        let weights = |side: i32| -> &'static [u8] {
            [&SM_WEIGHTS_4 as &[u8], &SM_WEIGHTS_8, &SM_WEIGHTS_16, &SM_WEIGHTS_32, &SM_WEIGHTS_64]
                [side.trailing_zeros() as usize - 2]
        };
        let sum = |line: &Line, count: i32| (0..count).map(|k| line.at(k)).sum::<i32>();
        (0..h)
            .flat_map(|i| (0..w).map(move |j| (i, j)))
            .map(|(i, j)| {
                let (wy, wx) = (i32::from(weights(h)[i as usize]), i32::from(weights(w)[j as usize]));
                match mode {
                    Intra::Dc => match (self.around.left, self.around.above) {
                        (true, true) => (sum(&left, h) + sum(&above, w) + ((w + h) >> 1)) / (w + h),
                        (true, false) => (sum(&left, h) + (h >> 1)) >> h.trailing_zeros(),
                        (false, true) => (sum(&above, w) + (w >> 1)) >> w.trailing_zeros(),
                        (false, false) => 1 << (self.bit_depth - 1),
                    },
                    Intra::Smooth => {
                        let smooth_pred = wy * above.at(j)
                            + (256 - wy) * left.at(h - 1)
                            + wx * left.at(i)
                            + (256 - wx) * above.at(w - 1);
                        (smooth_pred + 256) >> 9
                    }
                    Intra::SmoothV => (wy * above.at(j) + (256 - wy) * left.at(h - 1) + 128) >> 8,
                    Intra::SmoothH => (wx * left.at(i) + (256 - wx) * above.at(w - 1) + 128) >> 8,
                    _ => {
                        let base = above.at(j) + left.at(i) - above.at(-1);
                        let p_left = (base - left.at(i)).abs();
                        let p_top = (base - above.at(j)).abs();
                        let p_top_left = (base - above.at(-1)).abs();
                        if p_left <= p_top && p_left <= p_top_left {
                            left.at(i)
                        } else if p_top <= p_top_left {
                            above.at(j)
                        } else {
                            above.at(-1)
                        }
                    }
                }
            })
            .collect()
    }

    fn recursive(&self, mode: usize, above: &Line, left: &Line) -> Vec<i32> {
        let (w, h) = (self.w, self.h);
        let mut pred = vec![0; (w * h) as usize];
        for (i2, j4) in (0..h >> 1).flat_map(|i2| (0..w >> 2).map(move |j4| (i2, j4))) {
            let p: Vec<i32> = (0..7)
                .map(|i| {
                    let pred = |y: i32, x: i32| pred[(y * w + x) as usize];
                    if i < 5 {
                        match () {
                            () if i2 == 0 => above.at((j4 << 2) + i - 1),
                            () if j4 == 0 && i == 0 => left.at((i2 << 1) - 1),
                            () => pred((i2 << 1) - 1, (j4 << 2) + i - 1),
                        }
                    } else if j4 == 0 {
                        left.at((i2 << 1) + i - 5)
                    } else {
                        pred((i2 << 1) + i - 5, (j4 << 2) - 1)
                    }
                })
                .collect();
            for (i1, j1) in (0..2).flat_map(|i1| (0..4).map(move |j1| (i1, j1))) {
                let taps = INTRA_FILTER_TAPS[mode][((i1 << 2) + j1) as usize];
                let pr: i32 = taps.iter().zip(&p).map(|(&tap, &p)| i32::from(tap) * p).sum();
                let rounded = if pr < 0 { -((-pr + 8) >> 4) } else { (pr + 8) >> 4 };
                pred[(((i2 << 1) + i1) * w + (j4 << 2) + j1) as usize] = self.clip(rounded);
            }
        }
        pred
    }

    fn directional(
        &self,
        p_angle: i32,
        edge_filter: Option<bool>,
        mut above: Line,
        mut left: Line,
    ) -> Vec<i32> {
        let (w, h) = (self.w, self.h);
        let (mut upsample_above, mut upsample_left) = (0, 0);
        if let Some(filter_type) = edge_filter {
            if p_angle != 90 && p_angle != 180 {
                if p_angle > 90 && p_angle < 180 && w + h >= 24 {
                    let corner = (left.at(0) * 5 + above.at(-1) * 6 + above.at(0) * 5 + 8) >> 4;
                    left.set(-1, corner);
                    above.set(-1, corner);
                }
                if self.around.above {
                    let num_px = w.min(self.max_x - self.x + 1) + if p_angle < 90 { h } else { 0 } + 1;
                    edge(&mut above, num_px, strength(w + h, filter_type, (p_angle - 90).abs()));
                }
                if self.around.left {
                    let num_px = h.min(self.max_y - self.y + 1) + if p_angle > 180 { w } else { 0 } + 1;
                    edge(&mut left, num_px, strength(w + h, filter_type, (p_angle - 180).abs()));
                }
            }
            let upsamples = |delta: i32| {
                let d = delta.abs();
                !(d <= 0 || d >= 40) && if filter_type { w + h <= 8 } else { w + h <= 16 }
            };
            if upsamples(p_angle - 90) {
                upsample_above = 1;
                self.upsample(&mut above, w + if p_angle < 90 { h } else { 0 });
            }
            if upsamples(p_angle - 180) {
                upsample_left = 1;
                self.upsample(&mut left, h + if p_angle > 180 { w } else { 0 });
            }
        }
        let derivative = |angle: i32| i32::from(DR_INTRA_DERIVATIVE[angle as usize]);
        let between = |line: &Line, base: i32, shift: i32| {
            (line.at(base) * (32 - shift) + line.at(base + 1) * shift + 16) >> 5
        };
        (0..h)
            .flat_map(|i| (0..w).map(move |j| (i, j)))
            .map(|(i, j)| match p_angle {
                90 => above.at(j),
                180 => left.at(i),
                ..90 => {
                    let idx = (i + 1) * derivative(p_angle);
                    let base = (idx >> (6 - upsample_above)) + (j << upsample_above);
                    let max_base_x = (w + h - 1) << upsample_above;
                    if base < max_base_x {
                        between(&above, base, ((idx << upsample_above) >> 1) & 0x1f)
                    } else {
                        above.at(max_base_x)
                    }
                }
                91..180 => {
                    let idx = (j << 6) - (i + 1) * derivative(180 - p_angle);
                    let base = idx >> (6 - upsample_above);
                    if base >= -(1 << upsample_above) {
                        between(&above, base, ((idx << upsample_above) >> 1) & 0x1f)
                    } else {
                        let idx = (i << 6) - (j + 1) * derivative(p_angle - 90);
                        between(&left, idx >> (6 - upsample_left), ((idx << upsample_left) >> 1) & 0x1f)
                    }
                }
                _ => {
                    let idx = (j + 1) * derivative(270 - p_angle);
                    let base = (idx >> (6 - upsample_left)) + (i << upsample_left);
                    between(&left, base, ((idx << upsample_left) >> 1) & 0x1f)
                }
            })
            .collect()
    }

    fn upsample(&self, buf: &mut Line, num_px: i32) {
        let mut dup = vec![buf.at(-1)];
        dup.extend((-1..num_px).map(|i| buf.at(i)));
        dup.push(buf.at(num_px - 1));
        buf.set(-2, dup[0]);
        for i in 0..num_px {
            let at = i as usize;
            let s = -dup[at] + 9 * dup[at + 1] + 9 * dup[at + 2] - dup[at + 3];
            buf.set(2 * i - 1, self.clip((s + 8) >> 4));
            buf.set(2 * i, dup[at + 2]);
        }
    }
}

fn edge(line: &mut Line, sz: i32, strength: usize) {
    if strength == 0 {
        return;
    }
    let before = line.clone();
    for i in 1..sz {
        let s: i32 = (0..5)
            .map(|j| {
                let k = (i - 2 + j).clamp(0, sz - 1);
                i32::from(INTRA_EDGE_KERNEL[strength - 1][j as usize]) * before.at(k - 1)
            })
            .sum();
        line.set(i - 1, (s + 8) >> 4);
    }
}

/// The strength selection as its text has it.
fn strength(blk_wh: i32, filter_type: bool, d: i32) -> usize {
    let mut strength = 0;
    let mut at = |least: i32, value: usize| {
        if d >= least {
            strength = value;
        }
    };
    if !filter_type {
        match blk_wh {
            ..=8 => at(56, 1),
            ..=12 => at(40, 1),
            ..=16 => at(40, 1),
            ..=24 => {
                at(8, 1);
                at(16, 2);
                at(32, 3);
            }
            ..=32 => {
                at(0, 1);
                at(4, 2);
                at(32, 3);
            }
            _ => at(0, 3),
        }
    } else {
        match blk_wh {
            ..=8 => {
                at(40, 1);
                at(64, 2);
            }
            ..=16 => {
                at(20, 1);
                at(48, 2);
            }
            ..=24 => at(4, 3),
            _ => at(0, 3),
        }
    }
    strength
}

fn modes() -> Vec<Intra> {
    let mut modes = vec![Intra::Dc, Intra::Paeth, Intra::Smooth, Intra::SmoothV, Intra::SmoothH];
    for mode in PredictionMode::ALL.into_iter().filter(|mode| mode.is_directional()) {
        for delta in -3..=3 {
            modes.extend([None, Some(false), Some(true)].map(|filter| Intra::new(mode, delta, filter)));
        }
    }
    modes
}

#[test]
fn predictions_are_as_the_text_says_at_every_level() {
    let mut random = Random(1);
    let (max_x, max_y) = (159, 151);
    for (round, bit_depth) in (0..6).zip([8, 10, 12, 8, 10, 12]) {
        // Steep frames and smooth ones.
        let mut frame = vec![vec![0u16; 160 + 64]; 152 + 64];
        for (y, row) in frame.iter_mut().enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                let noise = random.below(1 << bit_depth) as usize;
                *sample =
                    if round < 3 { noise } else { (3 * x + 2 * y + noise / 16) % (1 << bit_depth) } as u16;
            }
        }
        for size in ALL_TX_SIZES {
            let (w, h) = (size.width(), size.height());
            for bits in 0..16 {
                let (above, left) = (bits & 1 > 0, bits & 2 > 0);
                // Inside, and where the frame ends in the middle of the block.
                let (x, y) = if bits & 12 == 12 { (160 - w.min(12), 152 - h.min(20)) } else { (24, 16) };
                let around = Around {
                    above,
                    left,
                    above_right: above && bits & 4 > 0,
                    below_left: left && bits & 8 > 0,
                    columns: max_x - x + 1,
                    rows: max_y - y + 1,
                };
                let text = Text {
                    frame: &frame,
                    x: x as i32,
                    y: y as i32,
                    max_x: max_x as i32,
                    max_y: max_y as i32,
                    around,
                    w: w as i32,
                    h: h as i32,
                    bit_depth,
                };
                let edges =
                    Edges::new(size, bit_depth, &around, &frame[y - 1][x..], frame[y - 1][x - 1], |i| {
                        assert!(y + i <= max_y);
                        frame[y + i][x - 1]
                    });
                let filters = (0..5).filter(|_| w <= 32 && h <= 32).map(Intra::Filter);
                for (n, mode) in modes().into_iter().chain(filters).enumerate() {
                    let expected = text.predict(mode);
                    let all = levels();
                    let mut out = vec![7; (w + 5) * h];
                    intra(all[n % all.len()], mode, &edges, &mut out, w + 5);
                    let row = |y: usize| out[y * (w + 5)..][..w].iter().map(|&sample| i32::from(sample));
                    assert!(
                        (0..h).flat_map(row).eq(expected.iter().copied()),
                        "{size:?} {mode:?} {bit_depth} bits, {around:?}"
                    );
                    assert!((0..h).all(|y| out[y * (w + 5) + w..][..5].iter().all(|&sample| sample == 7)));
                }
            }
        }
    }
}

#[test]
fn chroma_from_luma_is_as_the_text_says() {
    let mut random = Random(2);
    let stride = 80;
    let luma: Vec<u16> = (0..80 * 70).map(|_| random.below(1 << 12) as u16).collect();
    for (sub_x, sub_y) in [(0, 0), (1, 0), (1, 1)] {
        for size in ALL_TX_SIZES.into_iter().filter(|size| size.width() <= 32 && size.height() <= 32) {
            let (w, h) = (size.width(), size.height());
            for (max_luma_w, max_luma_h) in
                [(w << sub_x, h << sub_y), (8.min(w << sub_x), 4.max((h << sub_y).saturating_sub(8)))]
            {
                let ac =
                    LumaAc::new(&luma, stride, (w, h), (max_luma_w, max_luma_h), (sub_x == 1, sub_y == 1));
                let mut values = vec![0; w * h];
                for i in 0..h {
                    let luma_y = (i << sub_y).min(max_luma_h - (1 << sub_y));
                    for j in 0..w {
                        let luma_x = (j << sub_x).min(max_luma_w - (1 << sub_x));
                        let mut t = 0;
                        for dy in 0..=sub_y {
                            for dx in 0..=sub_x {
                                t += i32::from(luma[(luma_y + dy) * stride + luma_x + dx]);
                            }
                        }
                        values[i * w + j] = t << (3 - sub_x - sub_y);
                    }
                }
                let count = (w * h) as i32;
                let average = (values.iter().sum::<i32>() + count / 2) >> count.trailing_zeros();
                for alpha in [-16, -3, 1, 16] {
                    let mut out = vec![1500; (w + 1) * h];
                    cfl(&mut out, w + 1, &ac, alpha, 12);
                    for i in 0..h {
                        for j in 0..w {
                            let scaled = alpha * (values[i * w + j] - average);
                            let rounded =
                                if scaled < 0 { -((-scaled + 32) >> 6) } else { (scaled + 32) >> 6 };
                            let expected = (1500 + rounded).clamp(0, 4095);
                            assert_eq!(i32::from(out[i * (w + 1) + j]), expected, "{size:?} {alpha}");
                        }
                        assert_eq!(out[i * (w + 1) + w], 1500);
                    }
                }
            }
        }
    }
}

#[test]
fn palettes_look_colours_up() {
    let mut out = vec![0; 6 * 4];
    let map: Vec<u8> = (0..8 * 4).map(|i| (i % 5) as u8).collect();
    palette(&mut out, 6, (4, 4), &[10, 20, 30, 40], &map, 8);
    assert_eq!(out[..6], [10, 20, 30, 40, 0, 0]);
    // The fifth colour isn't there.
    assert_eq!(out[6..10], [40, 10, 10, 20]);
}
