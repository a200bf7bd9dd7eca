//! The filters, and the weights that they give to a row or column of samples.
//!
//! A filter that is narrower than a source sample is stretched when a picture shrinks, so that every sample of the
//! source counts. Weights are fixed-point numbers of 16 bits with as many bits after the point as fit; those of one
//! result add up to one exactly, so a flat area stays as it is. At the borders the samples that are not there are
//! left out, and the rest weighs more.

use std::ops::Range;

use crate::{error::Result, limits::try_filled};

/// How a sample of the result is made of those of the source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Filter {
    /// A sinc in a window of three lobes each way: the sharpest. The default.
    #[default]
    Lanczos3,
    /// A soft cubic (Mitchell and Netravali, B = C = 1/3): no halos at edges.
    Mitchell,
    /// The mean of the area that a sample of the result covers.
    Area,
    /// The sample of the source in the middle: for drawings of large pixels.
    Nearest,
}

impl Filter {
    /// The words by which every host names it.
    pub const NAMES: &[(&str, Self)] = &[
        ("lanczos3", Self::Lanczos3),
        ("mitchell", Self::Mitchell),
        ("area", Self::Area),
        ("nearest", Self::Nearest),
    ];

    /// Reach to either side, in samples of the coarser of source and result. That of `Nearest` is always less than
    /// one sample of the source.
    const fn reach(self) -> f64 {
        match self {
            Self::Lanczos3 => 3.0,
            Self::Mitchell => 2.0,
            Self::Area => 0.5,
            Self::Nearest => 0.0,
        }
    }
}

/// One axis of a resize: `length` samples of which the part from `start` to `start + part` becomes `output` samples. Those
/// before `first` and from `end` on count for nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub length: u32,
    pub first: u32,
    pub end: u32,
    pub start: f64,
    pub part: f64,
    pub output: u32,
}

impl Axis {
    /// Samples of the source for one of the result.
    pub(super) fn step(&self) -> f64 {
        self.part / f64::from(self.output)
    }

    /// The most samples of the source that one of the result can be made of.
    pub(super) fn most_taps(&self, filter: Filter) -> usize {
        let taps = (2.0 * filter.reach() * self.step().max(1.0)).ceil() as usize + 2;
        taps.min(self.length as usize)
    }

    /// The samples around sample `index` of the result that have a weight, and their weights, of the sum of one.
    pub(super) fn weights(&self, filter: Filter, index: u32, weights: &mut Vec<f64>) -> Range<usize> {
        let step = self.step();
        let center = self.start + (f64::from(index) + 0.5) * step;
        let (least, last) = (f64::from(self.first), f64::from(self.end - 1));
        weights.clear();
        if filter == Filter::Nearest {
            weights.push(1.0);
            let at = center.floor().clamp(least, last) as usize;
            return at..at + 1;
        }
        let stretch = if filter == Filter::Area { step } else { step.max(1.0) };
        let reach = filter.reach() * stretch;
        let first = (center - reach).floor().clamp(least, last) as usize;
        let end = ((center + reach).ceil().clamp(least, last + 1.0) as usize).max(first + 1);
        weights.resize(end - first, 0.0);
        let distance = |at: usize| (at as f64 + 0.5 - center) / stretch;
        match filter {
            Filter::Lanczos3 => lanczos3(distance(first), 1.0 / stretch, weights),
            Filter::Mitchell => {
                weights.iter_mut().zip(first..).for_each(|(weight, at)| *weight = mitchell(distance(at)));
            }
            _ => weights.iter_mut().zip(first..).for_each(|(weight, at)| {
                *weight = (at as f64 + 1.0).min(center + reach) - (at as f64).max(center - reach);
            }),
        }
        let mut sum: f64 = weights.iter().sum();
        if sum <= 0.0 {
            // Nothing that counts is in reach: it is what is nearest.
            weights.fill(1.0);
            sum = weights.len() as f64;
        }
        weights.iter_mut().for_each(|weight| *weight /= sum);
        first..end
    }
}

/// Lanczos3 of the distances `first`, `first + step`, … for each of `weights`.
///
/// With `a` = πx / 3 it is sin²a (3 - 4 sin²a) / 3a², as sin 3a = sin a (3 - 4 sin²a). The sine is `libm`'s, since
/// that of the system differs between machines in the last bit, which can tip a sample; from the first it is turned
/// on by the angle of a step.
fn lanczos3(first: f64, step: f64, weights: &mut [f64]) {
    const TO_ANGLE: f64 = std::f64::consts::PI / 3.0;
    let (mut sin, mut cos) = libm::sincos(first * TO_ANGLE);
    let (step_sin, step_cos) = libm::sincos(step * TO_ANGLE);
    for (at, weight) in weights.iter_mut().enumerate() {
        let x = first + at as f64 * step;
        let angle = x * TO_ANGLE;
        let square = sin * sin;
        *weight = match x.abs() {
            ..1e-5 => 1.0,
            3.0.. => 0.0,
            _ => square * (3.0 - 4.0 * square) / (3.0 * angle * angle),
        };
        (sin, cos) = (sin * step_cos + cos * step_sin, cos * step_cos - sin * step_sin);
    }
}

fn mitchell(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        (7.0 / 6.0 * x - 2.0) * x * x + 8.0 / 9.0
    } else if x < 2.0 {
        ((2.0 - 7.0 / 18.0 * x) * x - 10.0 / 3.0) * x + 16.0 / 9.0
    } else {
        0.0
    }
}

/// The weights of all samples of an axis' result, in fixed point.
pub(super) struct Taps {
    /// Bits after the point.
    pub bits: u32,
    /// Weights of each sample: the same number for all.
    count: usize,
    /// The sample of the source to which the first weight belongs, and the one after the last that counts.
    ranges: Vec<(u32, u32)>,
    weights: Vec<i16>,
}

impl Taps {
    /// Bytes that the weights of an axis take.
    pub(super) fn heap_bytes(axis: &Axis, filter: Filter) -> u64 {
        let count = axis.most_taps(filter) as u64;
        u64::from(axis.output) * (2 * count + 12) + 8 * count
    }

    /// Weights for samples of `-most` to `most`: their sums fit in 32 bits, with at most `bits` after the point.
    ///
    /// The first weight of each belongs to an even sample, and there is an even number of them, so that samples
    /// can be taken in pairs; where that is one sample more, it weighs nothing.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
    pub(super) fn new(axis: &Axis, filter: Filter, most: u32, bits: u32) -> Result<Self> {
        let count = (axis.most_taps(filter) + 1).next_multiple_of(2);
        let outputs = axis.output as usize;
        let mut exact = Vec::new();
        exact.try_reserve_exact(count)?;
        let mut taps = Self {
            bits: room(axis, filter, most, &mut exact).min(bits),
            count,
            ranges: try_filled(outputs, (0, 0))?,
            weights: try_filled(outputs * count, 0)?,
        };
        let one = f64::from(1_u32 << taps.bits);
        let outputs = taps.weights.chunks_exact_mut(count).zip(&mut taps.ranges);
        for (index, (fixed, place)) in (0..axis.output).zip(outputs) {
            let range = axis.weights(filter, index, &mut exact);
            let start = range.start & !1;
            *place = (start as u32, range.end as u32);
            let fixed = &mut fixed[range.start - start..];
            let (mut left, mut heaviest) = (1_i32 << taps.bits, 0);
            for (at, weight) in exact.iter().enumerate() {
                fixed[at] = (weight * one).round() as i16;
                left -= i32::from(fixed[at]);
                if fixed[at] > fixed[heaviest] {
                    heaviest = at;
                }
            }
            fixed[heaviest] += left as i16;
        }
        Ok(taps)
    }

    /// The samples of the source, from an even one on, of which sample `index` of the result is made.
    pub(super) fn range(&self, index: usize) -> Range<usize> {
        let (start, end) = self.ranges[index];
        start as usize..end as usize
    }

    /// The weights of these samples, then zeros up to an even number.
    pub(super) fn weights(&self, index: usize) -> &[i16] {
        &self.weights[index * self.count..(index + 1) * self.count]
    }

    /// The samples of the source that are needed at all.
    pub(super) fn needed(&self) -> Range<usize> {
        let start = self.ranges.first().map_or(0, |range| range.0);
        let end = self.ranges.iter().map(|range| range.1).max().unwrap_or(0);
        start as usize..end as usize
    }
}

/// Bits after the point that weights can have, so that each fits in 16 bits, with room for what rounding leaves,
/// and their sum over samples of `most` in 32.
fn room(axis: &Axis, filter: Filter, most: u32, exact: &mut Vec<f64>) -> u32 {
    let (mut heaviest, mut sum) = (0.0_f64, 0.0_f64);
    for index in 0..axis.output {
        axis.weights(filter, index, exact);
        heaviest = exact.iter().fold(heaviest, |most, weight| most.max(weight.abs()));
        sum = sum.max(exact.iter().map(|weight| weight.abs()).sum());
    }
    let spare = axis.most_taps(filter) as f64;
    let fits = |bits: u32| {
        let one = f64::from(1_u32 << bits);
        heaviest * one + spare <= f64::from(i16::MAX)
            && (sum * one + spare) * f64::from(most) < 2_147_000_000.0
    };
    (0..24).rev().find(|&bits| fits(bits)).unwrap_or(0)
}
