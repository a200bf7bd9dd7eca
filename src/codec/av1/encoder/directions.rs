//! Along which directions the samples of a block vary least: by the gradients of its source (their structure tensor),
//! before anything is predicted. So few directions are predicted, and none of the best is missed.

use super::kernels::{SIDE, Samples};
use crate::{
    codec::av1::{sizes::PredictionMode, tables::prediction::MODE_TO_ANGLE, transform::cos128},
    simd::{Level, Simd, dispatch},
};

/// Sums over 8 x 8 of what their gradients (x, y) say of directions: x² + y² is the same for all.
#[derive(Clone, Copy, Debug, Default)]
struct Gradients {
    /// x² - y².
    across: i32,
    /// 2xy.
    slanted: i32,
}

/// Those of a superblock's 8 x 8.
pub(super) struct Directions([Gradients; 64]);

/// The modes along directions.
const MODES: [PredictionMode; 8] = [
    PredictionMode::V,
    PredictionMode::H,
    PredictionMode::D45,
    PredictionMode::D135,
    PredictionMode::D113,
    PredictionMode::D157,
    PredictionMode::D203,
    PredictionMode::D67,
];

impl Directions {
    pub(super) const fn new() -> Self {
        Self([Gradients { across: 0, slanted: 0 }; 64])
    }

    /// Measures a superblock.
    pub(super) fn measure(&mut self, level: Level, source: &Samples) {
        dispatch!(level, simd => simd.vectorize(
            #[inline(always)]
            || {
                for (index, gradients) in self.0.iter_mut().enumerate() {
                    *gradients = measure(source, index % 8 * 8, index / 8 * 8);
                }
            }
        ));
    }

    /// Those of the block at (x, y).
    pub(super) fn of(&self, x: usize, y: usize, log2: usize) -> Directed {
        let count = 1usize << (log2.max(3) - 3);
        let mut sums = Directed { across: 0, slanted: 0 };
        for row in self.0.chunks_exact(8).skip(y / 8).take(count) {
            for part in &row[x / 8..x / 8 + count] {
                sums.across += i64::from(part.across);
                sums.slanted += i64::from(part.slanted);
            }
        }
        sums
    }
}

/// The same over a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directed {
    across: i64,
    slanted: i64,
}

impl Directed {
    /// The modes along directions, those first along which it varies least.
    pub(super) fn modes(&self) -> [PredictionMode; 8] {
        let mut modes = MODES.map(|mode| (self.along(MODE_TO_ANGLE[mode as usize].into()), mode));
        modes.sort_by_key(|&(along, _)| along);
        modes.map(|(_, mode)| mode)
    }

    /// The `AngleDeltaY` of a mode along which it varies least.
    pub(super) fn angle(&self, mode: PredictionMode) -> i8 {
        let nominal = i32::from(MODE_TO_ANGLE[mode as usize]);
        let along = |&angle: &i8| self.along(nominal + 3 * i32::from(angle));
        [0, -1, 1, -2, 2, -3, 3].into_iter().min_by_key(along).unwrap_or(0)
    }

    /// The energy of the gradients along an angle in degrees less that across it.
    fn along(&self, angle: i32) -> i64 {
        // Twice the angle as a part of 256 of the circle.
        let double = (angle * 64 + 22) / 45;
        self.across * i64::from(cos128(double)) - self.slanted * i64::from(cos128(double - 64))
    }
}

/// The gradients of 8 x 8 by Sobel's filters; of those at the superblock's edges there are none.
#[inline(always)]
fn measure(source: &Samples, x: usize, y: usize) -> Gradients {
    let mut sums = Gradients::default();
    let left = x.clamp(1, SIDE - 9) - 1;
    for row in y.max(1)..(y + 8).min(SIDE - 1) {
        let mut lines = [[0i32; 10]; 3];
        for (index, line) in lines.iter_mut().enumerate() {
            let samples = &source[(row + index - 1) * SIDE + left..][..10];
            for (value, &sample) in line.iter_mut().zip(samples) {
                *value = i32::from(sample);
            }
        }
        let [above, here, below] = lines;
        for lane in 0..8 {
            let column = |at: usize| above[at] + 2 * here[at] + below[at];
            let line = |line: &[i32; 10]| line[lane] + 2 * line[lane + 1] + line[lane + 2];
            let (x, y) = (column(lane + 2) - column(lane), line(&below) - line(&above));
            sums.across += x * x - y * y;
            sums.slanted += 2 * x * y;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stripes along an angle are told as that angle's mode and delta.
    #[test]
    fn stripes_have_their_angle() {
        for mode in MODES {
            for delta in -3..=3 {
                let angle =
                    f64::from(i32::from(MODE_TO_ANGLE[mode as usize]) + 3 * i32::from(delta)).to_radians();
                let mut source = [0; SIDE * SIDE];
                for (index, sample) in source.iter_mut().enumerate() {
                    let (x, y) = ((index % SIDE) as f64, (index / SIDE) as f64);
                    *sample =
                        (128.0 + 100.0 * ((x * angle.sin() + y * angle.cos()) / 2.5).sin()).round() as u16;
                }
                for level in crate::simd::levels() {
                    let mut directions = Directions::new();
                    directions.measure(level, &source);
                    for (x, y, log2) in [(0, 0, 6), (32, 0, 5), (16, 48, 4)] {
                        let found = directions.of(x, y, log2);
                        let first = found.modes()[0];
                        assert_eq!((first, found.angle(first)), (mode, delta), "{log2}");
                    }
                }
            }
        }
    }
}
