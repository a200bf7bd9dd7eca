//! Photos and PNGs go by rows, and what of a picture must be held takes few bytes a pixel; all of it as stated.
//! Counted: every byte that the converting thread allocates beside the source file.

use std::io::Write;

use slimpix::{
    codec::{self, Format},
    convert::{Mode, Outcome, Params, Resize, convert, convert_each, plan, together_bytes},
    limits::Limits,
    pixel::{Layout, Raster, Size},
};

use crate::{
    memory_is_stated::{CLOSE, is_close},
    pictures::{coding, encode},
    support::{heap::peak_of, pictures::Sky},
};

/// The heap that a baseline 4:2:0 photo takes beside its file, in megabytes of a million bytes at the most.
#[test]
fn a_photo_is_converted_by_rows() {
    for (size, width, most) in
        [((4032, 3024), None, 7), ((4032, 3024), Some(800), 2), ((11_500, 8_600), Some(1600), 4)]
    {
        let mut file = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut file, 85);
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
        encoder.encode_image(Sky(size.0, size.1)).unwrap();
        let params = Params::default().with_effort(0).with_resize(width.map(Resize::to_width));
        // As the server asks for it: no longer than the source, or than is likely.
        let mut limits = Limits::default().with_max_output_bytes(file.len() as u64);
        let plan = plan(&codec::probe(&file).unwrap(), &params).unwrap().within(&limits);
        limits.max_output_bytes = plan.likely_file_bytes().unwrap_or(limits.max_output_bytes);
        let stated = plan.within(&limits).peak_bytes;
        let (peak, outcome) = peak_of(|| convert(&file, &params, &limits));
        assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
        println!("{size:?} to {width:?}: {peak} bytes, {stated} stated, {} read", file.len());
        assert!(peak <= most * 1_000_000, "{size:?} to {width:?}: {peak} bytes");
        assert!(is_close(peak, stated, CLOSE), "{size:?} to {width:?}: {peak} bytes, {stated} stated");
    }
}

/// Black and white at random, of which nothing can be predicted: the longest file that there is.
fn checks(width: u32, height: u32) -> Vec<u8> {
    noise(width, height, |state| if state.is_multiple_of(2) { 0 } else { 255 })
}

/// Samples at random.
fn noise(width: u32, height: u32, sample: fn(u64) -> u8) -> Vec<u8> {
    let mut state = 1_u64;
    let samples = (0..width * height * 3).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        sample(state)
    });
    let raster = Raster::new(Size::new(width, height), Layout::Rgb, samples.collect()).unwrap();
    encode(raster, &coding(Format::Png, 0, true))
}

/// What the AV1 encoder holds depends on the content; tiles bound it. The larger pictures are cut into some.
#[test]
fn noise_as_avif_stays_within_its_statement() {
    for ((width, height), qualities, effort) in [
        ((200, 136), [30, 60, 80, 92, 96, 100].as_slice(), 0),
        ((200, 136), &[80, 100], 6),
        ((600, 520), &[80, 100], 0),
    ] {
        let file = checks(width, height);
        for &quality in qualities {
            let params = Params::default()
                .with_format(Format::Avif)
                .with_mode(Mode::Lossy)
                .with_quality(quality)
                .with_effort(effort);
            let stated = plan(&codec::probe(&file).unwrap(), &params).unwrap().peak_bytes;
            let (peak, outcome) = peak_of(|| convert(&file, &params, &Limits::default()));
            assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
            let case = format!("{width}x{height}, quality {quality}, effort {effort}");
            println!("{case}: {peak} of {stated}");
            assert!(peak <= stated, "{case}: {peak} bytes, {stated} stated");
        }
    }
}

/// Bytes a pixel that a photo takes as AVIF, the whole of it included, at the most.
#[test]
fn a_photo_as_avif_takes_few_bytes_a_pixel() {
    let size = (3200, 2400);
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 85);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder.encode_image(Sky(size.0, size.1)).unwrap();
    let params = Params::default().with_format(Format::Avif).with_quality(60).with_effort(0);
    let stated = plan(&codec::probe(&file).unwrap(), &params).unwrap().peak_bytes;
    let (peak, outcome) = peak_of(|| convert(&file, &params, &Limits::default()));
    assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
    let a_pixel = |bytes: u64| bytes as f64 / (f64::from(size.0) * f64::from(size.1));
    println!("{:.2} bytes a pixel, {:.2} stated", a_pixel(peak), a_pixel(stated));
    assert!(peak <= stated);
    assert!(a_pixel(peak) < 15.0);
    assert!(a_pixel(stated) < 18.0);
}

/// A PNG of any size, made row by row: grainy as a photo, and half seen through where there is alpha.
fn grainy_png(width: u32, height: u32, color: png::ColorType) -> Vec<u8> {
    png_of(width, height, color, |x, y| {
        let grain = (x * x + y * 7 + x * y / 5) % 23;
        let alpha = if (x / 300 + y / 200) % 2 == 0 { 255 } else { 20 + x % 100 };
        [(x / 16 + y / 12) % 200 + grain, 90 + x / 40 + grain, 150 - y / 40, alpha]
    })
}

/// A PNG made row by row, of the low bytes of what `pixel` gives.
fn png_of(width: u32, height: u32, color: png::ColorType, pixel: impl Fn(u32, u32) -> [u32; 4]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().unwrap();
    let mut rows = writer.stream_writer().unwrap();
    for y in 0..height {
        let row =
            (0..width).flat_map(|x| pixel(x, y).map(|sample| sample as u8).into_iter().take(color.samples()));
        rows.write_all(&row.collect::<Vec<u8>>()).unwrap();
    }
    rows.finish().unwrap();
    writer.finish().unwrap();
    file
}

/// The same of PNGs.
#[test]
fn a_png_is_converted_by_rows() {
    for (color, mode, width, most) in [
        (png::ColorType::Rgb, Mode::Auto, None, 12),
        (png::ColorType::Rgb, Mode::Lossy, None, 12),
        (png::ColorType::Rgb, Mode::Auto, Some(800), 3),
        (png::ColorType::Rgb, Mode::Lossy, Some(800), 3),
        // The plane of alpha is held.
        (png::ColorType::Rgba, Mode::Auto, None, 32),
        (png::ColorType::Rgba, Mode::Auto, Some(800), 4),
        (png::ColorType::Rgba, Mode::Lossy, Some(800), 6),
    ] {
        let file = grainy_png(4032, 3024, color);
        let params =
            Params::default().with_mode(mode).with_effort(0).with_resize(width.map(Resize::to_width));
        let plan = plan(&codec::probe(&file).unwrap(), &params).unwrap();
        let limits = Limits::default().with_max_output_bytes(plan.likely_file_bytes().unwrap());
        let plan = plan.within(&limits);
        let (peak, outcome) = peak_of(|| convert(&file, &params, &limits));
        let Ok(Outcome::Made(made)) = outcome else { panic!("{outcome:?}") };
        println!(
            "{color:?} {mode:?} to {width:?}: {peak} bytes, {} stated, {} made",
            plan.photo_bytes,
            made.bytes.len()
        );
        assert!(peak <= most * 1_000_000, "{color:?} {mode:?} to {width:?}: {peak} bytes");
        // What is small and may be a graphic is held as a whole, and coded twice if it is one.
        let is_open = color == png::ColorType::Rgba || !plan.streams;
        let hundredths = if is_open { 300 } else { CLOSE };
        assert!(
            is_close(peak, plan.photo_bytes, hundredths),
            "{color:?} {mode:?} to {width:?}: {peak} bytes, {} stated",
            plan.photo_bytes
        );
    }
}

/// A photo of 12 megapixels as JPEG or PNG: what is held beside the file, or beside the room for one, in megabytes of a
/// million bytes at the most.
#[test]
fn jpeg_and_png_are_written_by_rows() {
    let size = (4032, 3024);
    let mut photo = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut photo, 85);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder.encode_image(Sky(size.0, size.1)).unwrap();
    let png = grainy_png(size.0.into(), size.1.into(), png::ColorType::Rgb);
    for (source, file) in [("JPEG", &photo), ("PNG", &png)] {
        for (format, quality, most) in [(Format::Jpeg, 80, 9), (Format::Jpeg, 92, 12), (Format::Png, 80, 2)] {
            let params = Params::default().with_format(format).with_quality(quality).with_effort(0);
            let plan = plan(&codec::probe(file).unwrap(), &params).unwrap();
            let limits = Limits::default().with_max_output_bytes(plan.likely_file_bytes().unwrap());
            let plan = plan.within(&limits);
            assert!(plan.streams);
            let (peak, outcome) = peak_of(|| convert(file, &params, &limits));
            let Ok(Outcome::Made(made)) = outcome else { panic!("{outcome:?}") };
            let (length, stated) = (made.bytes.len() as u64, plan.photo_bytes);
            println!("{source} to {format} at {quality}: {peak} bytes, {stated} stated, {length} made");
            let room = if format == Format::Png { limits.max_output_bytes } else { length };
            assert!(peak - room <= most * 1_000_000, "{source} to {format}: {peak} bytes, {length} made");
            // A longer file might be made, and of more symbols.
            let content = if format == Format::Png { 0 } else { 2 * limits.max_output_bytes };
            assert!(
                peak <= stated && stated <= peak * CLOSE / 100 + content + (512 << 10),
                "{source} to {format}: {peak} bytes, {stated} stated"
            );
        }
    }
}

/// A screen of any size, made row by row: flat areas, steps, what repeats as letters do, and a part of grain.
fn screen_png(width: u32, height: u32, color: png::ColorType) -> Vec<u8> {
    png_of(width, height, color, |x, y| {
        let is_grainy = x / 500 == 2 && y / 400 % 3 == 1;
        let grain = if is_grainy { (x * x + y * 7 + x * y / 5) % 23 } else { 0 };
        let is_text = !is_grainy && (x / 90 + y / 60) % 3 == 0;
        let ink = if ((x % 90 * 7) ^ (y % 60 * 13)) % 5 == 0 { 20 } else { 240 };
        let [red, green, blue] = match is_text {
            true => [ink; 3],
            false => [x / 90 * 17 + grain, y / 60 * 29 + grain, (x / 90 + y / 60) * 5],
        };
        [red, green, blue, 255 - y / 200 % 2 * 90]
    })
}

/// Lossless WebP of large pictures: what is held beside the file, and stated beside the room for one, in megabytes of a
/// million bytes at the most, whatever the size. Where the lossy file is made as well there is room for both.
#[test]
fn lossless_webp_is_written_by_rows() {
    let noise = noise(2400, 2000, |state| (state >> 32) as u8 % 12);
    let grainy = grainy_png(2200, 1500, png::ColorType::Rgb);
    let [opaque, clear] =
        [png::ColorType::Rgb, png::ColorType::Rgba].map(|color| screen_png(4032, 3024, color));
    for (file, mode, most, most_stated, name) in [
        // Too many tokens to be kept.
        (&noise, Mode::Lossless, 3, 8, "noise"),
        (&grainy, Mode::Lossless, 7, 8, "grainy"),
        (&opaque, Mode::Lossless, 7, 8, "screen"),
        (&clear, Mode::Lossless, 8, 8, "screen with alpha"),
        (&opaque, Mode::Auto, 11, 8, "screen that may be lossless"),
    ] {
        let params = Params::default().with_mode(mode).with_effort(2);
        let plan = plan(&codec::probe(file).unwrap(), &params).unwrap();
        assert!(plan.streams, "{name}");
        let limits = Limits::default().with_max_output_bytes(plan.likely_file_bytes().unwrap());
        let plan = plan.within(&limits);
        let (peak, outcome) = peak_of(|| convert(file, &params, &limits));
        let Ok(Outcome::Made(made)) = outcome else { panic!("{name}: {outcome:?}") };
        assert!(made.lossless, "{name}");
        let [source, result] = [file, &made.bytes].map(|file| {
            codec::decode(file, &Limits::default()).unwrap().picture.into_raster().unwrap().reduced().unwrap()
        });
        assert!(source == result, "{name}");
        let (length, stated) = (made.bytes.len() as u64, plan.peak_bytes);
        let room = if mode == Mode::Auto { 2 } else { 1 } * limits.max_output_bytes;
        println!("{name}: {peak} bytes, {stated} stated, {length} made in the room of {room}");
        assert!(peak - length <= most * 1_000_000, "{name}: {peak} bytes, {length} made");
        assert!(peak <= stated, "{name}: {peak} bytes, {stated} stated");
        assert!(stated <= room + most_stated * 1_000_000, "{name}: {stated} stated, of a room of {room}");
    }
}

/// Large screens of one decoding, of which each is decoded once more to be made without loss.
#[test]
fn screens_of_one_decoding_take_no_more_than_is_stated() {
    let file = screen_png(2000, 1500, png::ColorType::Rgb);
    let probe = codec::probe(&file).unwrap();
    let wanted = [1, 2].map(|effort| Params::default().with_effort(effort));
    let plans = wanted.each_ref().map(|params| plan(&probe, params).unwrap());
    let stated = together_bytes(&plans).unwrap();
    let (peak, made) = peak_of(|| convert_each(&file, &wanted, &Limits::default()));
    assert!(made.iter().all(|made| matches!(made, Ok(Outcome::Made(made)) if made.lossless)));
    println!("{peak} of {stated}");
    assert!(peak <= stated, "{peak} bytes, {stated} stated");
    assert!(stated < plans.iter().map(|plan| plan.peak_bytes).sum(), "{stated} stated");
}

/// Lossless WebP, with all that it takes at high efforts.
#[test]
fn large_lossless_pictures_are_stated_closely() {
    for (file, name) in [
        (grainy_png(1_300, 1_000, png::ColorType::Rgba), "grainy"),
        (crate::pictures::png(1_300, 1_000, Layout::Rgba), "drawn"),
        (checks(700, 600), "noise"),
    ] {
        for effort in [0, 2, 4, 6] {
            let params = Params::default().with_mode(Mode::Lossless).with_effort(effort);
            let stated = plan(&codec::probe(&file).unwrap(), &params).unwrap().peak_bytes;
            let (peak, outcome) = peak_of(|| convert(&file, &params, &Limits::default()));
            assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
            println!("{name} at {effort}: {peak} bytes, {stated} stated");
            // Noise has no copies, for whose tables there is room.
            let slack = if name == "noise" { 800 << 10 } else { 0 };
            let is_close = stated - slack <= peak * CLOSE / 100 + (512 << 10);
            assert!(peak <= stated && is_close, "{name} at {effort}");
        }
    }
}

/// A line of pixels has as many tiles as a picture many times as large.
#[test]
fn lines_of_pixels_stay_within_their_statement() {
    for (width, height) in [(1, 13_000), (1, 16_383), (3, 16_383), (16_383, 1)] {
        for layout in [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba] {
            let file = crate::pictures::png(width, height, layout);
            let params = Params::default().with_mode(Mode::Lossless).with_effort(4);
            let stated = plan(&codec::probe(&file).unwrap(), &params).unwrap().peak_bytes;
            let (peak, outcome) = peak_of(|| convert(&file, &params, &Limits::default()));
            assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
            println!("{width}x{height} {layout:?}: {peak} bytes, {stated} stated");
            assert!(peak <= stated, "{width}x{height} {layout:?}: {peak} bytes, {stated} stated");
        }
    }
}
