//! Pictures through the encoder and through image-webp's decoder and libwebp's.

use std::io::Cursor;

use super::most_bytes;
use crate::{
    codec::{self, Coding, Format, LosslessEnded, LosslessRows},
    error::{Kind, Result},
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

const LAYOUTS: [Layout; 4] = [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba];

/// Numbers below `most` that look like chance.
fn random() -> impl FnMut(u32) -> u32 {
    let mut state = 1_u32;
    move |most| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state % most
    }
}

fn picture(size: [u32; 2], layout: Layout, mut sample: impl FnMut(u32, u32, u32) -> u32) -> Raster {
    let [width, height] = size;
    let channels = layout.channels();
    let mut data = Vec::new();
    for y in 0..height {
        for x in 0..width {
            data.extend((0..channels).map(|channel| sample(x, y, channel) as u8));
        }
    }
    Raster::new(Size::new(width, height), layout, data).unwrap()
}

/// A picture as red, green, blue and alpha.
fn rgba(raster: &Raster) -> Vec<u8> {
    let pixels = raster.data().chunks_exact(raster.layout().channels() as usize);
    let pixel = |pixel: &[u8]| match *pixel {
        [grey] => [grey, grey, grey, 255],
        [grey, alpha] => [grey, grey, grey, alpha],
        [red, green, blue] => [red, green, blue, 255],
        _ => [pixel[0], pixel[1], pixel[2], pixel[3]],
    };
    pixels.flat_map(pixel).collect()
}

/// Codes a picture as a file, and again by rows, decodes both, and gives their lengths.
fn check(raster: &Raster, effort: u8) -> [usize; 2] {
    let coding = Coding::new(Format::WebP).with_effort(effort).with_lossless(true);
    let file = codec::encode(Picture::Raster(raster.clone()), &coding, &Metadata::default()).unwrap();
    let by_rows = encode_rows(raster, &coding, false).unwrap();
    let name = format!("{:?} {:?} at {effort}", raster.size(), raster.layout());
    for (file, way) in [(&file, "whole"), (&by_rows, "by rows")] {
        check_pixels(raster, file, &format!("{name}, {way}"));
    }
    [file, by_rows].map(|file| file.len())
}

fn check_pixels(raster: &Raster, file: &[u8], name: &str) {
    let mut source = raster.clone();
    source.clear_hidden();
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(file)).unwrap();
    let mut decoded = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut decoded).unwrap();
    let layout = if decoder.has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let decoded = Raster::new(raster.size(), layout, decoded).unwrap();
    assert!(rgba(&decoded) == rgba(&source), "{name}");
}

/// Gives rows, two by two, as often as they are wanted.
fn encode_rows(raster: &Raster, coding: &Coding, reduces: bool) -> Result<Vec<u8>> {
    let mut coder = LosslessRows::new(raster.size(), coding, raster.layout(), reduces)?;
    let stride = raster.layout().row_bytes(raster.size())?;
    loop {
        for rows in raster.data().chunks(2 * stride) {
            if coder.is_settled() {
                break;
            }
            coder.push_rows(rows)?;
        }
        match coder.end(&Metadata::default())? {
            LosslessEnded::Again(again) => coder = again,
            LosslessEnded::File(file) => return Ok(file),
        }
    }
}

/// Larger than what is held of a picture that comes by rows.
#[test]
fn files_by_rows_are_as_long() {
    let mut random = random();
    let size = [720, 640];
    let glyph = |x: u32, y: u32| (x % 12 + y % 16 * 12 + x / 12 % 9 * 400).wrapping_mul(2_654_435_761) >> 24;
    for layout in [Layout::Gray, Layout::Rgb, Layout::Rgba] {
        let pictures = [
            // A photo, text of few colours, a screen with a photo in it.
            picture(size, layout, |x, y, c| x / 4 + y / 3 + c * 40 + random(12)),
            picture(size, layout, |x, y, _| if glyph(x, y) > 170 && y % 20 < 16 { 20 } else { 255 }),
            picture(size, layout, |x, y, c| {
                if (x / 200 + y / 150) % 2 == 0 {
                    x / 3 + y + c + random(6)
                } else {
                    x / 40 * 30 + y / 50 * 9
                }
            }),
        ];
        for (at, raster) in pictures.iter().enumerate() {
            let [whole, by_rows] = check(raster, 4);
            let difference = by_rows.abs_diff(whole);
            println!("{at} {layout:?}: {whole} bytes, {by_rows} by rows");
            assert!(difference * 100 <= whole + 6400, "{at} {layout:?}: {whole} bytes, {by_rows} by rows");
        }
    }
}

/// So many tokens aren't kept.
#[test]
fn rows_come_once_more_for_many_tokens() {
    let mut random = random();
    check(&picture([1000, 900], Layout::Rgb, |_, _, _| random(256)), 1);
}

#[test]
fn rows_of_samples_that_say_nothing_are_as_short_as_without() {
    let size = [300, 200];
    let grey = picture(size, Layout::Gray, |x, y, _| x * y / 90 + y % 7);
    let wide = picture(size, Layout::Rgba, |x, y, c| if c == 3 { 255 } else { x * y / 90 + y % 7 });
    let coding = Coding::new(Format::WebP).with_lossless(true);
    let [grey, wide] = [grey, wide].map(|raster| {
        let file = encode_rows(&raster, &coding, true).unwrap();
        check_pixels(&raster, &file, "grey");
        file.len()
    });
    assert!(wide * 100 <= grey * 101, "{wide} bytes, {grey} of grey");
}

#[test]
fn rows_that_are_missing_are_noticed() {
    let raster = picture([40, 30], Layout::Rgb, |x, y, c| x * y + c);
    let coding = Coding::new(Format::WebP).with_lossless(true);
    for passes in 0..3 {
        let mut coder = LosslessRows::new(raster.size(), &coding, raster.layout(), true).unwrap();
        for _ in 0..passes {
            coder.push_rows(raster.data()).unwrap();
            let Ok(LosslessEnded::Again(again)) = coder.end(&Metadata::default()) else { return };
            coder = again;
        }
        coder.push_rows(&raster.data()[..29 * 40 * 3]).unwrap();
        let failed = coder.end(&Metadata::default()).map(|_| ()).map_err(|error| error.kind());
        assert_eq!(failed, Err(Kind::Internal), "after {passes}");
    }
}

#[test]
fn pictures_of_all_sizes_come_back() {
    let mut random = random();
    for layout in LAYOUTS {
        for side in 1..=70 {
            let size = [side, 1 + random(70)];
            let effort = random(7) as u8;
            check(&picture(size, layout, |x, y, c| x * 3 + y * y / 5 + c * 40 + random(3)), effort);
            check(&picture([size[1], side], layout, |x, y, _| (x / 5 + y / 3) * 20), effort);
        }
        check(&picture([16_383, 1], layout, |x, _, c| x * x / 300 + c), 4);
        check(&picture([1, 16_383], layout, |_, y, c| y * y / 300 + c), 4);
    }
}

#[test]
fn pictures_of_all_kinds_come_back() {
    let mut random = random();
    for layout in LAYOUTS {
        for effort in 0..=6 {
            for colors in [1, 2, 3, 4, 5, 16, 17, 255, 256, 257, 1000] {
                let palette: Vec<u32> = (0..colors).map(|at| at * 7919 + (at % 3) * 100_000_000).collect();
                let mut chosen = 0;
                let size = [61, 1 + colors.div_ceil(61) * 2];
                check(
                    &picture(size, layout, |x, y, channel| {
                        if channel == 0 {
                            let at = y * 61 + x;
                            chosen = if at < colors { at } else { random(colors) };
                        }
                        palette[chosen as usize] >> (8 * channel) & 0xFF
                    }),
                    effort,
                );
            }
            check(&picture([131, 99], layout, |_, _, _| random(256)), effort);
            check(&picture([131, 99], layout, |_, _, _| random(2) * 255), effort);
            check(&picture([140, 90], layout, |_, _, _| 7), effort);
            check(&picture([140, 90], layout, |x, y, c| x + y * c), effort);
            // Transparent in part, and of many tiles.
            check(
                &picture([300, 260], layout, |x, y, c| {
                    let is_photo = (x / 60 + y / 50) % 2 == 0;
                    if is_photo { x * y / 50 + c * 9 + random(9) } else { (x / 40) * 30 * (c + y / 90) }
                }),
                effort,
            );
        }
    }
}

fn encode(raster: Raster, effort: u8, max_bytes: u64, gives_up: bool) -> Result<Vec<u8>> {
    let coding = Coding {
        gives_up,
        ..Coding::new(Format::WebP).with_effort(effort).with_lossless(true).with_max_bytes(max_bytes)
    };
    super::encode(raster, &coding, super::AROUND)
}

#[test]
fn a_file_that_may_not_be_so_long_is_none() {
    let mut random = random();
    for layout in LAYOUTS {
        let raster = picture([90, 70], layout, |x, _, c| x + c + random(20));
        let length = encode(raster.clone(), 4, u64::MAX, false).unwrap().len() as u64;
        for gives_up in [false, true] {
            assert_eq!(encode(raster.clone(), 4, length, gives_up).unwrap().len() as u64, length);
            let refused = encode(raster.clone(), 4, length - 1, gives_up);
            assert_eq!(refused.map_err(|error| error.kind()), Err(Kind::OutputTooLarge));
            let coding = Coding { gives_up, ..Coding::new(Format::WebP).with_lossless(true) };
            let length = encode_rows(&raster, &coding, false).unwrap().len() as u64;
            assert!(encode_rows(&raster, &coding.with_max_bytes(length), false).is_ok());
            let refused = encode_rows(&raster, &coding.with_max_bytes(length - 40), false);
            assert_eq!(refused.map_err(|error| error.kind()), Err(Kind::OutputTooLarge));
        }
    }
}

#[test]
fn noise_has_room() {
    let mut random = random();
    for layout in LAYOUTS {
        for size in [[1, 1], [3, 2], [64, 64], [300, 200]] {
            for most in [2, 3, 20, 256] {
                let raster = picture(size, layout, |_, _, _| random(most) * (255 / (most - 1)));
                let room = most_bytes(raster.size(), layout.channels().into());
                assert!(encode(raster, 4, u64::MAX, false).unwrap().len() as u64 <= room);
            }
        }
    }
}
