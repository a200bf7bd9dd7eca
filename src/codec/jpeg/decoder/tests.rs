//! Samples against an exact transform and against another decoder, at all levels, scales, samplings and sizes;
//! files of several scans against files of one; and damage.

use std::{f64::consts::PI, mem};

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_jpeg::{
    JpegDecoder, RawImcuRowStatus,
    zune_core::{bytestream::ZCursor, options::DecoderOptions},
};

use super::{
    super::header::Header,
    idct::{Idct, Samples},
    layout::{CoefficientLayout, LANES, ZIGZAG},
    *,
};
use crate::{
    error::Kind,
    simd::{Simd, levels},
};

mod damage;
mod oriented;
mod parallel;

/// Written by libjpeg: ten scans, corrections among them.
const PROGRESSIVE: &[u8] = include_bytes!("../../../../tests/data/pictures/prog-420.jpg");
const INK: &[u8] = include_bytes!("../../../../tests/data/pictures/cmyk-adobe.jpg");

const SAMPLINGS: [SamplingFactor; 7] = [
    SamplingFactor::F_1_1,
    SamplingFactor::F_2_1,
    SamplingFactor::F_1_2,
    SamplingFactor::F_2_2,
    SamplingFactor::F_4_1,
    SamplingFactor::F_4_2,
    SamplingFactor::F_1_4,
];

type Picture = Vec<(Size, Vec<u8>)>;

/// All planes of a file.
fn planes(bytes: &[u8], scale_num: u32, level: Level) -> Result<Picture> {
    oriented_planes(bytes, scale_num, Orientation::Upright, level)
}

/// All planes of a file, oriented by the decoder.
fn oriented_planes(bytes: &[u8], scale_num: u32, orientation: Orientation, level: Level) -> Result<Picture> {
    let header = Header::read(bytes)?;
    let mut decoder = Decoder::with_level(&header, scale_num, orientation, level)?;
    let mut planes: Picture = decoder.plane_sizes().map(|size| (size, Vec::new())).collect();
    while let Some(rows) = decoder.next_rows()? {
        for (plane, rows) in planes.iter_mut().zip(rows) {
            plane.1.extend_from_slice(rows);
        }
    }
    assert!(planes.iter().all(|(size, samples)| samples.len() as u64 == size.pixels()));
    Ok(planes)
}

/// The planes as zune-jpeg decodes them.
fn oracle(bytes: &[u8], sizes: &Picture) -> Picture {
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), DecoderOptions::new_fast());
    decoder.decode_headers().unwrap();
    let mut planes: Picture =
        sizes.iter().map(|(size, _)| (*size, vec![0; size.pixels() as usize])).collect();
    let strides: Vec<usize> = planes.iter().map(|(size, _)| size.width as usize).collect();
    let mut rest: Vec<&mut [u8]> = planes.iter_mut().map(|(_, samples)| samples.as_mut_slice()).collect();
    let mut session = decoder.raw_output();
    while let RawImcuRowStatus::RowReady { rows_written } =
        session.decode_next_imcu_row(&mut rest, &strides).unwrap()
    {
        for ((plane, rows), stride) in rest.iter_mut().zip(rows_written).zip(&strides) {
            *plane = &mut mem::take(plane)[rows * stride..];
        }
    }
    planes
}

fn difference(a: &Picture, b: &Picture) -> u8 {
    let samples = a.iter().zip(b).flat_map(|(a, b)| a.1.iter().zip(&b.1));
    samples.map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// Numbers that look random, 0 to 2^24.
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 8
    }
}

/// How a test file is written.
#[derive(Clone, Copy)]
struct Form {
    sampling: SamplingFactor,
    quality: u8,
    scans: Option<u8>,
    restarts: u16,
}

const PLAIN: Form = Form { sampling: SamplingFactor::F_2_2, quality: 90, scans: None, restarts: 0 };

fn file(width: u16, height: u16, kind: Form) -> Vec<u8> {
    let mut noise = Noise(u32::from(width) * 77 + u32::from(height));
    let mut pixels = Vec::new();
    for (y, x) in (0..u32::from(height)).flat_map(|y| (0..u32::from(width)).map(move |x| (y, x))) {
        let grain = noise.next() >> 19;
        pixels.extend([(x * 7 + y) ^ grain, (x * y / 5) ^ grain, 255 - (x + 3 * y) % 200].map(|v| v as u8));
    }
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, kind.quality);
    encoder.set_sampling_factor(kind.sampling);
    encoder.set_restart_interval(kind.restarts);
    if let Some(scans) = kind.scans {
        encoder.set_progressive(true);
        encoder.set_progressive_scans(scans);
    }
    encoder.encode(&pixels, width, height, ColorType::Rgb).unwrap();
    bytes
}

/// The samples that coefficients in raster order stand for, at any size, without rounding.
fn exact(coefficients: &[f64; 64], scale_num: usize) -> Vec<f64> {
    let basis = |frequency: usize, place: usize| {
        let angle = PI * frequency as f64 * (2 * place + 1) as f64 / (2 * scale_num) as f64;
        if frequency == 0 { 1.0 } else { 2_f64.sqrt() * angle.cos() }
    };
    let sample = |place: usize| {
        let (y, x) = (place / scale_num, place % scale_num);
        let products = (0..scale_num * scale_num).map(|place| {
            let (v, u) = (place / scale_num, place % scale_num);
            coefficients[v * 8 + u] * basis(v, y) * basis(u, x)
        });
        (128.0 + products.sum::<f64>() / 8.0).clamp(0.0, 255.0)
    };
    (0..scale_num * scale_num).map(sample).collect()
}

#[test]
fn transforms_are_exact_to_a_step_at_every_size_and_the_same_at_every_level() {
    let mut noise = Noise(3);
    let steps: [u16; 64] = std::array::from_fn(|place| 1 + (place % 8 + place / 8) as u16 * 2);
    for scale_num in 1..=8 {
        let (layout, idct) = (CoefficientLayout::new(scale_num), Idct::new(&steps, scale_num));
        for (round, last) in [63, 63, 63, 40, 9, 9, 5, 0].into_iter().cycle().take(64).enumerate() {
            let mut blocks = [[0.0; 64]; LANES];
            let mut group = [0; GROUP];
            for (lane, block) in blocks.iter_mut().enumerate() {
                for k in 0..=last {
                    let place = usize::from(ZIGZAG[k]);
                    // As in a picture: the finer the smaller. Some are loud, so that samples are clamped.
                    let range = (if round % 3 == 0 { 900 } else { 260 }) / (k as i32 + 1) + 2;
                    let level = (noise.next() as i32 % (2 * range) - range) / i32::from(steps[place]);
                    block[place] = f64::from(level * i32::from(steps[place]));
                    if layout.kept >> k & 1 == 1 {
                        group[usize::from(layout.offsets[k]) + layout.lane(lane)] = level as i16;
                    }
                }
            }
            let run = |level: Level| {
                let mut samples: Samples = [[0; 8 * LANES]; 8];
                dispatch!(level, simd => simd.vectorize(
                    #[inline(always)]
                    || idct.transform(simd, &group, last as u32, &mut samples),
                ));
                samples
            };
            let samples = run(Level::new());
            for (lane, block) in blocks.iter().enumerate() {
                for (place, exact) in exact(block, scale_num).into_iter().enumerate() {
                    let sample = f64::from(samples[place / scale_num][lane * scale_num + place % scale_num]);
                    assert!(
                        (sample - exact).abs() < 1.0,
                        "{scale_num}, round {round}, lane {lane}, {place}: {sample} {exact}"
                    );
                }
            }
            assert!(levels().into_iter().all(|level| run(level) == samples), "{scale_num}, round {round}");
        }
    }
}

#[test]
fn every_sampling_and_size_agrees_with_another_decoder() {
    let sides = [1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65];
    for sampling in SAMPLINGS {
        for (index, width) in sides.into_iter().enumerate() {
            for height in [sides[(index * 5 + 3) % sides.len()], width, 40] {
                let bytes = file(width, height, Form { sampling, ..PLAIN });
                let ours = planes(&bytes, 8, Level::new()).unwrap();
                let off = difference(&ours, &oracle(&bytes, &ours));
                assert!(off <= 1, "{width}x{height} {sampling:?}: off by {off}");
            }
        }
    }
    // More MCUs than are worked on at once.
    for (width, quality) in [(255, 30), (256, 60), (257, 100), (530, 80)] {
        let bytes = file(width, 35, Form { quality, ..PLAIN });
        let ours = planes(&bytes, 8, Level::new()).unwrap();
        let off = difference(&ours, &oracle(&bytes, &ours));
        assert!(off <= 1, "{width}: off by {off}");
    }
    for bytes in [PROGRESSIVE, INK] {
        let ours = planes(bytes, 8, Level::new()).unwrap();
        assert!(difference(&ours, &oracle(bytes, &ours)) <= 1);
    }
}

#[test]
fn scans_and_restarts_change_no_sample_at_any_scale() {
    for sampling in SAMPLINGS {
        for (width, height) in [(1, 1), (65, 33), (290, 49)] {
            let plain = file(width, height, Form { sampling, ..PLAIN });
            for scale_num in 1..=8 {
                let expected = planes(&plain, scale_num, Level::new()).unwrap();
                for (scans, restarts) in [(None, 1), (None, 3), (Some(3), 0), (Some(10), 0), (Some(5), 2)] {
                    let bytes = file(width, height, Form { sampling, scans, restarts, ..PLAIN });
                    let same = planes(&bytes, scale_num, Level::new()).unwrap() == expected;
                    assert!(same, "{width}x{height} {sampling:?} {scans:?} {restarts} {scale_num}/8");
                }
            }
        }
    }
}

#[test]
fn every_level_gives_the_same_samples() {
    for bytes in [&*file(300, 70, PLAIN), PROGRESSIVE, INK] {
        for scale_num in 1..=8 {
            let expected = planes(bytes, scale_num, Level::new()).unwrap();
            for level in levels() {
                assert_eq!(difference(&planes(bytes, scale_num, level).unwrap(), &expected), 0);
            }
        }
    }
}

#[test]
fn a_scale_holds_the_same_coefficients_as_full_size() {
    let header = Header::read(PROGRESSIVE).unwrap();
    let read = |scale_num: usize| {
        let geometry = Geometry::new(&header.frame, scale_num);
        let mut tables = Tables::default();
        tables.read_to(&header.segments.tables, 0, header.segments.tables.len()).unwrap();
        let scan_index = ScanIndex::new(header.scans, &geometry, true).unwrap();
        let needed = scan_index.scans.iter().filter(|entry| entry.is_needed).count();
        let buffers = dispatch!(Level::new(), simd => {
            multi_scan::read(simd, header.scans, &mut tables, &geometry, &scan_index)
        });
        (geometry.layout, buffers.unwrap(), needed, scan_index.scans.len())
    };
    let (full_layout, full, needed, all) = read(8);
    assert_eq!((needed, all), (10, 10));
    // The first scan of the DC coefficients and their refinement.
    assert_eq!(read(1).2, 2);
    for scale_num in 1..8 {
        let (layout, scaled, ..) = read(scale_num);
        for (full, scaled) in full.iter().zip(&scaled) {
            let blocks = scaled.coefficients.len() / layout.group();
            for (group, lane) in (0..blocks).flat_map(|group| (0..LANES).map(move |lane| (group, lane))) {
                for k in (0..64).filter(|k| layout.kept >> k & 1 == 1) {
                    let at = |layout: &CoefficientLayout| {
                        group * layout.group() + usize::from(layout.offsets[k]) + layout.lane(lane)
                    };
                    let [kept, all] = [scaled.coefficients[at(&layout)], full.coefficients[at(&full_layout)]];
                    assert_eq!(kept, all, "{scale_num}: group {group}, lane {lane}, {k}");
                }
            }
        }
    }
}

#[test]
fn a_smaller_scale_shows_the_same_picture() {
    // Smooth, so that the mean of a square of samples is what any way of making smaller gives.
    let (width, height) = (120, 88);
    let pixels: Vec<u8> = (0..width * height)
        .map(|at| {
            (128.0 + 100.0 * (f64::from(at % width) / 23.0).sin() * (f64::from(at / width) / 17.0).cos())
                as u8
        })
        .collect();
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 95).encode(&pixels, width as u16, height as u16, ColorType::Luma).unwrap();
    let full = &planes(&bytes, 8, Level::new()).unwrap()[0].1;
    for scale_num in [1, 2, 4] {
        let (size, scaled) = &planes(&bytes, scale_num, Level::new()).unwrap()[0];
        let square = 8 / scale_num as usize;
        assert_eq!((size.width as usize, size.height as usize), (120 / square, 88 / square));
        for (at, &sample) in scaled.iter().enumerate() {
            let (x, y) = (at % size.width as usize * square, at / size.width as usize * square);
            let places = (0..square * square).map(|i| full[(y + i / square) * 120 + x + i % square]);
            let mean = places.map(u32::from).sum::<u32>() / (square * square) as u32;
            assert!(mean.abs_diff(sample.into()) <= 4, "{scale_num}/8 at {x},{y}: {sample} {mean}");
        }
    }
}

#[test]
fn sizes_round_up_at_every_scale() {
    for (width, height) in [(1, 1), (17, 9), (65, 64)] {
        let bytes = file(width, height, PLAIN);
        for scale_num in 1..=8 {
            let planes = planes(&bytes, scale_num, Level::new()).unwrap();
            let luma = [width, height].map(|length| (u32::from(length) * scale_num).div_ceil(8));
            assert_eq!(planes[0].0, Size::new(luma[0], luma[1]));
            assert_eq!(planes[1].0, Size::new(luma[0].div_ceil(2), luma[1].div_ceil(2)));
        }
    }
}

#[test]
fn a_missing_end_marker_is_no_damage_but_a_missing_scan_is() {
    for bytes in [&*file(65, 49, PLAIN), PROGRESSIVE] {
        let whole = planes(bytes, 8, Level::new()).unwrap();
        let end = bytes.len() - bytes.iter().rev().position(|&byte| byte == 0xd9).unwrap() - 2;
        assert_eq!(planes(&bytes[..end], 8, Level::new()).unwrap(), whole);
        for scale_num in [8, 4, 2, 1] {
            for cut in [end / 3, end / 2, end * 3 / 4] {
                let kind = planes(&bytes[..cut], scale_num, Level::new()).map_err(|error| error.kind());
                assert_eq!(kind, Err(Kind::Malformed), "{scale_num}/8 cut at {cut}");
            }
        }
    }
    // Before a scan's header nothing of the scan can be missed, but the coefficients lack a bit.
    let last = PROGRESSIVE.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    for scale_num in [8, 1] {
        let kind = planes(&PROGRESSIVE[..last], scale_num, Level::new()).map_err(|error| error.kind());
        assert_eq!(kind, Err(Kind::Malformed));
    }
}

#[test]
fn damage_never_panics_nor_changes_a_size() {
    let mut noise = Noise(11);
    let files = [
        file(65, 49, PLAIN),
        file(40, 33, Form { restarts: 2, ..PLAIN }),
        file(50, 20, Form { scans: Some(10), ..PLAIN }),
        PROGRESSIVE[..PROGRESSIVE.len() / 2].to_vec(),
        PROGRESSIVE.to_vec(),
    ];
    let limits = Limits { max_pixels: 1 << 20, ..Limits::default() };
    for round in 0..1500 {
        let mut bytes = files[round % files.len()].clone();
        for _ in 0..1 + round % 4 {
            let at = noise.next() as usize % bytes.len();
            bytes[at] = noise.next() as u8;
        }
        let Ok(header) = Header::read(&bytes) else { continue };
        if header.frame.size.width == 0 {
            continue;
        }
        let orientation = Orientation::from_exif(1 + round as u32 / 8 % 8);
        let Ok(mut decoder) = Decoder::new(&header, 1 + round as u32 % 8, orientation, &limits) else {
            continue;
        };
        let sizes: Vec<Size> = decoder.plane_sizes().collect();
        let mut samples = vec![0; sizes.len()];
        let outcome = loop {
            match decoder.next_rows() {
                Ok(Some(rows)) => {
                    samples.iter_mut().zip(rows).for_each(|(sum, rows)| *sum += rows.len() as u64)
                }
                outcome => break outcome.map(|_| ()),
            }
        };
        if outcome.is_ok() {
            assert!(sizes.iter().zip(samples).all(|(size, sum)| size.pixels() == sum));
        }
    }
}
