//! JPEGs of unusual sampling factors, and damaged ones, show what browsers show of them. `tests/data/shown` has small
//! ones of each kind with the picture beside them that libjpeg-turbo 2.1.5 and Chromium 156 agree on to the bit.

use std::{collections::BTreeMap, fs, path::PathBuf};

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use slimpix::{
    codec::Format,
    convert::{Mode, Params},
    pixel::{Layout, Orientation, Raster, Size},
};

use crate::pictures::{coding, converted, encode, pixels, raster};

/// The files, with their pictures' rows of RGB.
fn shown() -> BTreeMap<String, (Vec<u8>, Raster)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/shown");
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let jpegs = files.filter(|path| path.extension().is_some_and(|extension| extension == "jpg"));
    let both = |path: PathBuf| {
        let picture = decoded(&fs::read(path.with_extension("png")).unwrap());
        (path.file_stem().unwrap().to_string_lossy().into_owned(), (fs::read(path).unwrap(), picture))
    };
    jpegs.map(both).collect()
}

/// A picture as rows of RGB.
fn decoded(bytes: &[u8]) -> Raster {
    let raster = pixels(bytes);
    match raster.layout() {
        Layout::Rgb => raster,
        Layout::Gray => {
            let rgb = raster.data().iter().flat_map(|&gray| [gray; 3]).collect();
            Raster::new(raster.size(), Layout::Rgb, rgb).unwrap()
        }
        layout => panic!("{layout:?}"),
    }
}

fn difference(a: &Raster, b: &Raster) -> u8 {
    assert_eq!(a.size(), b.size());
    a.data().iter().zip(b.data()).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

fn to_png() -> Params {
    Params::default().with_format(Format::Png)
}

#[test]
fn every_sampling_and_damage_shows_what_browsers_show() {
    let shown = shown();
    assert_eq!(shown.len(), 19);
    for (name, (bytes, expected)) in &shown {
        // Chromium rounds products of inks its own way.
        let most = if name.ends_with("ycck") { 1 } else { 0 };
        assert!(difference(&decoded(bytes), expected) <= most, "{name}");
        assert!(difference(&decoded(&converted(bytes, &to_png())), expected) <= most, "{name} as PNG");
    }
}

/// The file with an EXIF block that says how it must be turned.
fn with_orientation(bytes: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    [&bytes[..2], &exif, &bytes[2..]].concat()
}

fn turned(raster: &Raster, orientation: Orientation) -> Raster {
    let (flips_x, flips_y) = orientation.flips();
    let Size { width, height } = raster.size();
    let size = orientation.oriented(raster.size());
    let mut data = Vec::new();
    for (v, u) in (0..size.height).flat_map(|v| (0..size.width).map(move |u| (v, u))) {
        let (x, y) = if orientation.is_transposing() { (v, u) } else { (u, v) };
        let x = if flips_x { width - 1 - x } else { x };
        let y = if flips_y { height - 1 - y } else { y };
        let at = 3 * (y * width + x) as usize;
        data.extend_from_slice(&raster.data()[at..at + 3]);
    }
    Raster::new(size, Layout::Rgb, data).unwrap()
}

/// Sides are odd, so that mirrored chroma would move by a pixel.
#[test]
fn turned_chroma_stays_in_its_place() {
    for (name, (bytes, expected)) in &shown() {
        for orientation in 1..=8 {
            let expected = turned(expected, Orientation::from_exif(orientation.into()));
            let png = converted(&with_orientation(bytes, orientation), &to_png());
            // What lies between two samples of chroma is rounded the other way.
            let off = difference(&decoded(&png), &expected);
            assert!(off <= 3, "{name}, {orientation}: off by {off}");
        }
    }
}

/// A photo with odd sides, which goes by rows into a lossy WebP, and has edges between colours.
#[test]
fn turned_chroma_stays_in_its_place_by_rows() {
    for (sampling, sides) in [
        (SamplingFactor::F_2_2, (121, 95)),
        (SamplingFactor::F_2_1, (95, 121)),
        (SamplingFactor::F_1_2, (64, 95)),
    ] {
        let picture = raster(sides.0.into(), sides.1.into(), Layout::Rgb);
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 95);
        encoder.set_sampling_factor(sampling);
        encoder.encode(picture.data(), sides.0, sides.1, ColorType::Rgb).unwrap();
        let to_webp = Params::default().with_mode(Mode::Lossy).with_quality(100).with_effort(2);
        let mean = |a: &Raster, b: &Raster| {
            let sum: u64 = a.data().iter().zip(b.data()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            sum as f64 / a.data().len() as f64
        };
        for orientation in 2..=8 {
            let expected = turned(&decoded(&bytes), Orientation::from_exif(orientation.into()));
            // Chroma is halved anew, where its samples lie after turning: as of any picture that looks so.
            let usual = encode(expected.clone(), &coding(Format::Png, 0, true));
            let usual = mean(&decoded(&converted(&usual, &to_webp)), &expected);
            let webp = decoded(&converted(&with_orientation(&bytes, orientation), &to_webp));
            let off = mean(&webp, &expected);
            // A pixel beside their place colours alone are off by 1.6 to 2.6 times as much.
            assert!(off <= usual * 1.35, "{sampling:?}, {orientation}: {off:.2}, usually {usual:.2}");
        }
    }
}

/// 4:2:0 in the colours of Display P3.
#[test]
fn a_profile_costs_no_chroma_where_nothing_else_is_lost() {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    encoder.add_icc_profile(&profile).unwrap();
    encoder.encode(raster(65, 49, Layout::Rgb).data(), 65, 49, ColorType::Rgb).unwrap();
    let srgb = moxcms::ColorProfile::new_srgb();
    let options = moxcms::TransformOptions {
        rendering_intent: moxcms::RenderingIntent::RelativeColorimetric,
        ..Default::default()
    };
    let transform = moxcms::ColorProfile::new_display_p3()
        .create_transform_8bit(moxcms::Layout::Rgb, &srgb, moxcms::Layout::Rgb, options)
        .unwrap();
    let stored = decoded(&bytes);
    let mut expected = vec![0; stored.data().len()];
    transform.transform(stored.data(), &mut expected).unwrap();
    let expected = Raster::new(stored.size(), Layout::Rgb, expected).unwrap();
    assert!(difference(&expected, &stored) > 20);
    let lossless = Params::default().with_mode(Mode::Lossless);
    for params in [to_png(), lossless] {
        let off = difference(&decoded(&converted(&bytes, &params)), &expected);
        assert!(off <= 1, "{:?}: off by {off}", params.format);
    }
}
