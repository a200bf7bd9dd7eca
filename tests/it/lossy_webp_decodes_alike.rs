//! Lossy WebP files of ours are read alike by libwebp's decoder and by image-webp, to the pixel. That both see what
//! the encoder reconstructs is held by the encoder's own tests.

#![allow(unsafe_code, reason = "libwebp is C")]

use std::io::Cursor;

use image_webp::WebPDecoder;
use slimpix::{
    codec::{self, Coding, Format},
    pixel::{Layout, Metadata, Picture, Raster},
};

use crate::pictures::raster;

fn by_libwebp(file: &[u8]) -> (u32, u32, Vec<u8>) {
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

fn by_image_webp(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).unwrap();
    let (width, height) = decoder.dimensions();
    let mut data = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut data).unwrap();
    if !decoder.has_alpha() {
        data = data.chunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
    }
    (width, height, data)
}

fn file(raster: Raster, quality: u8, effort: u8) -> Vec<u8> {
    let coding = Coding::new(Format::WebP, quality, effort, false);
    codec::encode(Picture::Raster(raster), &coding, &Metadata::default()).unwrap()
}

#[test]
fn both_decoders_see_the_same_pixels() {
    for (step, (width, height)) in
        [(1, 1), (2, 3), (16, 16), (17, 15), (40, 65), (65, 33)].into_iter().enumerate()
    {
        for layout in [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba] {
            for effort in 0..=6 {
                let quality =
                    ((step as u32 * 37 + u32::from(effort) * 16 + layout.channels() * 7) % 101) as u8;
                let file = file(raster(width, height, layout), quality, effort);
                let ours = by_image_webp(&file);
                assert!(
                    ours == by_libwebp(&file),
                    "{width}x{height} {layout:?} quality {quality} effort {effort}"
                );
                assert_eq!((ours.0, ours.1), (width, height));
            }
        }
    }
}
