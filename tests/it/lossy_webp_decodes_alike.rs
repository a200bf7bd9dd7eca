//! Lossy WebP files of ours are read alike by libwebp's decoder and by image-webp, to the pixel. That both see what
//! the encoder reconstructs is held by the encoder's own tests.

#![allow(unsafe_code, reason = "libwebp is C")]

use std::{io::Cursor, ptr};

use image_webp::WebPDecoder;
use slimpix::{
    codec::{self, Coding, Format},
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

use crate::pictures::raster;

pub fn by_libwebp(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let (mut width, mut height) = (0, 0);
    // SAFETY: the buffer is given with its length; the result is copied and freed.
    unsafe {
        let pixels = libwebp_sys::WebPDecodeRGBA(file.as_ptr(), file.len(), &mut width, &mut height);
        assert!(!pixels.is_null());
        let copy = std::slice::from_raw_parts(pixels, width as usize * height as usize * 4).to_vec();
        libwebp_sys::WebPFree(pixels.cast());
        (width as u32, height as u32, copy)
    }
}

/// As browsers decode: while the file is still coming.
pub fn by_libwebp_in_parts(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let (mut width, mut height, mut stride, mut last) = (0, 0, 0, 0);
    let (first, second) = file.split_at(file.len() / 2);
    // SAFETY: both parts are given with their lengths; the decoder owns the pixels, which are copied before it ends.
    unsafe {
        let decoder = libwebp_sys::WebPINewRGB(libwebp_sys::WEBP_CSP_MODE::MODE_RGBA, ptr::null_mut(), 0, 0);
        libwebp_sys::WebPIAppend(decoder, first.as_ptr(), first.len());
        let status = libwebp_sys::WebPIAppend(decoder, second.as_ptr(), second.len());
        assert_eq!(status, libwebp_sys::VP8StatusCode::VP8_STATUS_OK);
        let pixels = libwebp_sys::WebPIDecGetRGB(decoder, &mut last, &mut width, &mut height, &mut stride);
        assert!(!pixels.is_null() && last == height && stride == width * 4);
        let copy = std::slice::from_raw_parts(pixels, width as usize * height as usize * 4).to_vec();
        libwebp_sys::WebPIDelete(decoder);
        (width as u32, height as u32, copy)
    }
}

pub fn by_image_webp(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).unwrap();
    let (width, height) = decoder.dimensions();
    let mut data = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut data).unwrap();
    if !decoder.has_alpha() {
        data = data.chunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
    }
    (width, height, data)
}

fn file(raster: Raster, coding: &Coding) -> Vec<u8> {
    codec::encode(Picture::Raster(raster), coding, &Metadata::default()).unwrap()
}

fn assert_alike(size: (u32, u32), layout: Layout, coding: Coding) {
    let file = file(raster(size.0, size.1, layout), &coding);
    let ours = by_image_webp(&file);
    assert!(ours == by_libwebp(&file), "{size:?} {layout:?} {coding:?}");
    assert!(ours == by_libwebp_in_parts(&file), "{size:?} {layout:?} {coding:?}");
    assert_eq!((ours.0, ours.1), size);
}

/// Each with another quality, effort and layout.
#[test]
fn both_decoders_see_the_same_pixels_at_every_size() {
    let layouts = [Layout::Rgb, Layout::Rgba, Layout::Gray, Layout::GrayAlpha];
    for (step, (width, height)) in (1..=65).flat_map(|y| (1..=65).map(move |x| (x, y))).enumerate() {
        let (quality, effort) = (step * 37 % 101, step * 5 % 7);
        let coding = Coding::new(Format::WebP)
            .with_quality(quality as u8)
            .with_effort(effort as u8)
            .with_full_chroma(step % 3 == 0);
        assert_alike((width, height), layouts[step / 7 % 4], coding);
    }
}

#[test]
fn both_decoders_see_the_same_pixels_of_the_longest_sides() {
    for (size, layout) in [((16_383, 2), Layout::Rgb), ((3, 16_383), Layout::Rgba)] {
        assert_alike(size, layout, Coding::new(Format::WebP).with_quality(70));
    }
}

/// In pictures of one macroblock or a few the modes are as short as they can be.
#[test]
fn the_smallest_files_decode_as_they_come() {
    for (width, height) in [(1, 1), (16, 16), (17, 16), (16, 33), (33, 17), (40, 40)] {
        for quality in 0..=100 {
            let flat = vec![quality; width as usize * height as usize * 3];
            let flat = Raster::new(Size::new(width, height), Layout::Rgb, flat).unwrap();
            let file = file(flat, &Coding::new(Format::WebP).with_quality(quality).with_effort(0));
            assert!(by_libwebp_in_parts(&file) == by_image_webp(&file), "{width}x{height} quality {quality}");
        }
    }
}

/// Planes that each of the four filters of `ALPH` suits best, at every quality of alpha. Small ones need no filter:
/// they are coded as pictures, with all of VP8L's transforms.
#[test]
fn alpha_is_filtered_and_has_the_levels_of_its_quality() {
    let shapes: [fn(u32, u32) -> u32; 4] = [
        |x, y| mix(x + 64 * y) % 2 * 255,
        |x, y| mix(y) + x * mix(y + 7),
        |x, y| mix(x) + (y + mix(x + 99) % 8) / 8 * 20,
        |x, y| mix(x) % 64 + mix(y) % 64 + x * y / 32,
    ];
    let (mut filters, mut reduced) = (Vec::new(), 0);
    for shape in shapes {
        for (width, height) in [(1, 1), (1, 9), (9, 1), (61, 64), (2048, 1025)] {
            let alphas = (0..width * height).map(|at| shape(at % width, at / width) as u8);
            let data: Vec<u8> = alphas.flat_map(|alpha| [200, 90, 30, alpha]).collect();
            let raster = Raster::new(Size::new(width, height), Layout::Rgba, data).unwrap();
            let is_large = height > 1000;
            for (quality, levels) in [(0, 2), (50, 12), (70, 16), (90, 176), (100, 256)] {
                if is_large && quality < 100 {
                    continue;
                }
                let coding =
                    Coding::new(Format::WebP).with_quality(60).with_effort(0).with_alpha_quality(quality);
                let file = file(raster.clone(), &coding);
                let decoded = by_image_webp(&file);
                assert!(decoded == by_libwebp(&file), "{width}x{height} quality {quality}");
                let alpha = |data: &[u8]| data.iter().skip(3).step_by(4).copied().collect::<Vec<u8>>();
                let (before, after) = (alpha(raster.data()), alpha(&decoded.2));
                let distinct = after.iter().collect::<std::collections::BTreeSet<_>>().len();
                // All levels stay where that is smaller.
                assert!(
                    distinct <= levels || before == after,
                    "{width}x{height} quality {quality}: {distinct} levels"
                );
                assert!(quality < 100 || before == after, "{width}x{height}");
                reduced += u32::from(before != after);
                assert_eq!(
                    (before.iter().min(), before.iter().max()),
                    (after.iter().min(), after.iter().max())
                );
                if let Some(at) = file.windows(4).position(|name| name == b"ALPH") {
                    let filter = file[at + 8] >> 2 & 3;
                    assert!(is_large || filter == 0, "{width}x{height} filter {filter}");
                    filters.push(filter);
                }
            }
        }
    }
    assert!((0..4).all(|filter| filters.contains(&filter)), "{filters:?}");
    assert!(reduced > 0);
}

/// Eight bits that look like noise.
fn mix(value: u32) -> u32 {
    let mut mixed = value.wrapping_mul(2_654_435_761);
    mixed = (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519);
    (mixed ^ mixed >> 13) & 255
}
