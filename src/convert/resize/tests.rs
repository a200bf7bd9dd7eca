//! The resizer against the same filters in plain double precision, and its levels of SIMD against each other.

use super::*;
use crate::{
    convert::resize::{filter::Axis, light::amount},
    simd,
};

const FILTERS: [Filter; 4] = [Filter::Lanczos3, Filter::Mitchell, Filter::Area, Filter::Nearest];

fn noise(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    // Half of the samples are at the ends of their range.
    (0..length).map(|_| if next() & 1 == 0 { next() } else { (next() & 1) * 255 }).collect()
}

fn source(job: &Job, seed: u32) -> Vec<u8> {
    noise((job.from.pixels() * u64::from(job.layout.channels())) as usize, seed)
}

/// Scales with rows given `rows` at a time.
fn scaled(job: Job, level: simd::Level, data: &[u8], rows: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut scaler = Scaler::at_level(job, level).unwrap();
    for rows in data.chunks((job.from.width * job.layout.channels()) as usize * rows) {
        let mut sink = |rows: &[u8]| {
            out.extend_from_slice(rows);
            Ok(())
        };
        scaler.push(rows, &mut sink).unwrap();
    }
    assert!(scaler.is_done());
    out
}

/// What stands for a sample of colour: itself, or its light as a share of 255.
fn value(job: &Job, sample: u8) -> f64 {
    if job.linear { amount(sample.into()) / 64.0 } else { sample.into() }
}

/// The sample that a value stands for.
fn sample(job: &Job, value: f64) -> f64 {
    if !job.linear {
        return value;
    }
    let light = value / 255.0;
    let sample = if light <= 0.0031308 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    sample * 255.0
}

/// Scales in floating point, with colour weighed with alpha: what the kernels are compared with.
fn exact(job: &Job, data: &[u8]) -> Vec<f64> {
    let channels = job.layout.channels() as usize;
    let [left, top, width, height] = job.part;
    let across = Axis {
        length: job.from.width,
        first: 0,
        end: job.from.width,
        start: left,
        part: width,
        output: job.to.width,
    };
    let down = Axis {
        length: job.from.height,
        first: 0,
        end: job.from.height,
        start: top,
        part: height,
        output: job.to.height,
    };
    let sample = |x: usize, y: usize, channel: usize| {
        let pixel = &data[(y * job.from.width as usize + x) * channels..][..channels];
        let alpha = if job.layout.has_alpha() { f64::from(pixel[channels - 1]) } else { 255.0 };
        if job.layout.has_alpha() && channel == channels - 1 {
            alpha
        } else {
            value(job, pixel[channel]) * alpha / 255.0
        }
    };
    let (mut rows, mut columns, mut out) = (Vec::new(), Vec::new(), Vec::new());
    for y in 0..job.to.height {
        let vertical = down.weights(job.filter, y, &mut rows);
        for x in 0..job.to.width {
            let horizontal = across.weights(job.filter, x, &mut columns);
            for channel in 0..channels {
                let mut sum = 0.0;
                for (y, down) in vertical.clone().zip(&rows) {
                    for (x, across) in horizontal.clone().zip(&columns) {
                        sum += sample(x, y, channel) * down * across;
                    }
                }
                out.push(sum);
            }
        }
    }
    out
}

/// The largest error of a result; where there is alpha, of what is seen of colour.
fn error(job: &Job, data: &[u8], result: &[u8]) -> f64 {
    let channels = job.layout.channels() as usize;
    let mut worst = 0.0_f64;
    for (exact, result) in exact(job, data).chunks(channels).zip(result.chunks(channels)) {
        for channel in 0..channels {
            let got = f64::from(result[channel]);
            let is_weighed = job.layout.has_alpha() && channel < channels - 1;
            let error = if is_weighed {
                // Past the ends of its range alpha still divides colour.
                let alpha = exact[channels - 1].max(1e-9);
                let color = sample(job, (exact[channel] * 255.0 / alpha).clamp(0.0, 255.0));
                (color - got) * alpha.min(255.0) / 255.0
            } else if job.layout.has_alpha() {
                exact[channel].clamp(0.0, 255.0) - got
            } else {
                sample(job, exact[channel].clamp(0.0, 255.0)) - got
            };
            worst = worst.max(error.abs());
        }
    }
    worst
}

fn jobs() -> Vec<Job> {
    let sizes = [
        ((1, 1), (1, 1)),
        ((1, 1), (7, 5)),
        ((2, 3), (1, 1)),
        ((5, 1), (3, 9)),
        ((16, 16), (16, 16)),
        ((37, 29), (12, 31)),
        ((64, 48), (33, 17)),
        ((33, 65), (100, 131)),
        ((200, 90), (7, 5)),
        ((301, 7), (3, 7)),
    ];
    let mut jobs = Vec::new();
    for (index, (from, to)) in sizes.into_iter().enumerate() {
        for filter in FILTERS {
            let layouts = [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba];
            let (from, to) = (Size::new(from.0, from.1), Size::new(to.0, to.1));
            let (width, height) = (f64::from(from.width), f64::from(from.height));
            let whole = [0.0, 0.0, width, height];
            let middle = [width * 0.3, height * 0.21, width * 0.55, height * 0.613];
            for linear in [false, true] {
                jobs.push(Job {
                    from,
                    part: whole,
                    within: None,
                    to,
                    layout: layouts[index % 4],
                    filter,
                    linear,
                });
                jobs.push(Job { from, part: whole, within: None, to, layout: Layout::Gray, filter, linear });
                jobs.push(Job {
                    from,
                    part: middle,
                    within: None,
                    to,
                    layout: layouts[(index + 2) % 4],
                    filter,
                    linear,
                });
            }
        }
    }
    jobs
}

#[test]
fn no_sample_is_off_by_more_than_one() {
    let mut worst = [0.0_f64; 2];
    for (seed, job) in (1..).zip(jobs()) {
        let data = source(&job, seed);
        let error = error(&job, &data, &scaled(job, simd::Level::new(), &data, 1));
        assert!(error <= 1.0, "{job:?}: {error}");
        let worst = &mut worst[usize::from(job.linear)];
        *worst = worst.max(error);
    }
    println!("off by {:.3} at the most, where light is scaled by {:.3}", worst[0], worst[1]);
}

#[test]
fn every_level_and_every_height_of_strips_gives_the_same() {
    for (seed, job) in (1..).zip(jobs()) {
        let data = source(&job, seed);
        let expected = scaled(job, simd::Level::new(), &data, 1);
        for level in simd::levels() {
            for rows in [3, 8, 16, 1000] {
                assert_eq!(scaled(job, level, &data, rows), expected, "{job:?} {rows} rows");
            }
        }
    }
}

#[test]
fn what_is_flat_stays_so_and_what_is_not_scaled_too() {
    for (filter, linear) in FILTERS.into_iter().flat_map(|filter| [(filter, false), (filter, true)]) {
        for (from, to) in [(5, 3), (3, 11), (200, 3)] {
            let (from, to) = (Size::new(from, from + 1), Size::new(to, to + 2));
            let part = [0.0, 0.0, f64::from(from.width), f64::from(from.height)];
            for value in [0, 1, 77, 255] {
                let job = Job { from, part, within: None, to, layout: Layout::Rgb, filter, linear };
                let flat = vec![value; from.pixels() as usize * 3];
                let out = scaled(job, simd::Level::new(), &flat, 1);
                assert!(out.iter().all(|&sample| sample == value), "{job:?} {value}");
            }
        }
        let size = Size::new(19, 13);
        let part = [0.0, 0.0, 19.0, 13.0];
        let job = Job { from: size, part, within: None, to: size, layout: Layout::Gray, filter, linear };
        let data = source(&job, 5);
        if filter != Filter::Mitchell {
            assert_eq!(scaled(job, simd::Level::new(), &data, 2), data, "{filter:?}");
        }
    }
}

#[test]
fn what_is_beside_a_part_that_alone_counts_does_not_bleed_into_it() {
    let (from, part) = (Size::new(40, 31), Size::new(21, 13));
    for (index, (filter, linear)) in
        FILTERS.into_iter().flat_map(|filter| [(filter, false), (filter, true)]).enumerate()
    {
        let layout = [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba][index % 4];
        for to in [Size::new(7, 5), part, Size::new(33, 2)] {
            let all = [7.0, 11.0, 21.0, 13.0];
            let job = Job { from, part: all, within: Some(all), to, layout, filter, linear };
            let data = source(&job, 3);
            let channels = layout.channels() as usize;
            let rows = data.chunks_exact(40 * channels).skip(11).take(13);
            let cut: Vec<u8> = rows.flat_map(|row| &row[7 * channels..28 * channels]).copied().collect();
            let own = [0.0, 0.0, 21.0, 13.0];
            let alone = Job { from: part, part: own, within: None, ..job };
            let (cut, whole) =
                (scaled(alone, simd::Level::new(), &cut, 2), scaled(job, simd::Level::new(), &data, 2));
            let is_same = cut.iter().zip(&whole).all(|(one, other)| one.abs_diff(*other) <= 1);
            assert!(is_same && cut.len() == whole.len(), "{job:?}");
        }
    }
}

#[test]
fn colour_that_is_not_seen_does_not_bleed() {
    let from = Size::new(8, 8);
    let data: Vec<u8> =
        (0..64).flat_map(|i| if i % 8 < 4 { [255, 0, 0, 0] } else { [0, 90, 0, 255] }).collect();
    let to = Size::new(3, 3);
    for linear in [false, true] {
        let part = [0.0, 0.0, 8.0, 8.0];
        let job =
            Job { from, part, within: None, to, layout: Layout::Rgba, filter: Filter::Lanczos3, linear };
        for pixel in scaled(job, simd::Level::new(), &data, 1).chunks(4).filter(|pixel| pixel[3] > 8) {
            assert!(pixel[0] == 0 && pixel[1].abs_diff(90) <= 2, "{pixel:?}");
        }
    }
}

#[test]
fn a_grid_of_black_and_white_keeps_its_light() {
    let data: Vec<u8> = (0..256_u32).map(|at| if (at / 16 + at) % 2 == 0 { 255 } else { 0 }).collect();
    for (linear, mean) in [(false, 128), (true, 188)] {
        let (from, to, part) = (Size::new(16, 16), Size::new(4, 4), [0.0, 0.0, 16.0, 16.0]);
        let job = Job { from, part, within: None, to, layout: Layout::Gray, filter: Filter::Area, linear };
        let out = scaled(job, simd::Level::new(), &data, 1);
        assert!(out.iter().all(|&sample| sample.abs_diff(mean) <= 1), "{out:?}");
    }
}
