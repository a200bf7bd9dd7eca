//! What goes into an encoder comes out of a decoder of other authors: every size, every layout, alpha, metadata.

use std::io::Cursor;

use image_webp::WebPDecoder;
use slimpix::{
    codec::{self, Coding, Format},
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

use crate::{
    corpus::{Corpus, rgba},
    lossy_webp_decodes_alike::{by_image_webp, by_libwebp, by_libwebp_in_parts},
    pictures::{coding, encode, raster},
};

const LAYOUTS: [Layout; 4] = [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba];

/// Odd sizes, and around the sides of macroblocks.
fn sizes() -> impl Iterator<Item = (u32, u32)> {
    let small = (1..=9).flat_map(|width| (1..=9).map(move |height| (width, height)));
    small.chain([(15, 17), (16, 16), (17, 31), (33, 15), (64, 1), (1, 64), (65, 63)])
}

fn decode_webp(file: &[u8]) -> Raster {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).unwrap();
    let (width, height) = decoder.dimensions();
    let layout = if decoder.has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let mut data = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut data).unwrap();
    rgba(&Picture::Raster(Raster::new(Size::new(width, height), layout, data).unwrap()))
}

fn decode(file: &[u8]) -> Raster {
    rgba(&codec::decode(file, &Limits::default()).unwrap().picture)
}

/// What a viewer sees: colour weighted with alpha, and alpha.
fn visible(raster: &Raster) -> Vec<u8> {
    let weigh = |&[r, g, b, a]: &[u8; 4]| {
        let part = |v: u8| ((u32::from(v) * u32::from(a) + 127) / 255) as u8;
        [part(r), part(g), part(b), a]
    };
    raster.data().as_chunks::<4>().0.iter().flat_map(weigh).collect()
}

fn mean_error(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}

#[test]
fn lossless_is_lossless() {
    for (width, height) in sizes() {
        for layout in LAYOUTS {
            let source = raster(width, height, layout);
            let expected = visible(&rgba(&Picture::Raster(source.clone())));
            let webp = decode_webp(&encode(source.clone(), &coding(Format::WebP, 0, true)));
            assert_eq!(visible(&webp), expected, "WebP {width}x{height} {layout:?}");
            let png = decode(&encode(source, &coding(Format::Png, 0, true)));
            assert_eq!(visible(&png), expected, "PNG {width}x{height} {layout:?}");
        }
    }
}

#[test]
fn lossless_webp_is_read_by_a_decoder_of_others() {
    for layout in LAYOUTS {
        let source = raster(33, 15, layout);
        let file = encode(source.clone(), &coding(Format::WebP, 0, true));
        let start = file.windows(4).position(|name| name == b"VP8L").unwrap() + 8;
        let argb = gamut_webp::vp8l::decoder::decode(&file[start..]).unwrap();
        let pixels = argb.1.iter().flat_map(|argb| {
            let [a, r, g, b] = argb.to_be_bytes();
            [r, g, b, a]
        });
        let decoded = Raster::new(source.size(), Layout::Rgba, pixels.collect()).unwrap();
        assert_eq!(visible(&decoded), visible(&rgba(&Picture::Raster(source))), "{layout:?}");
    }
}

/// By libwebp, whole and in parts as browsers decode, and by image-webp; at every effort.
#[test]
fn lossless_webp_is_read_alike_by_all() {
    let corpus = Corpus::find();
    let mut pictures: Vec<Raster> =
        LAYOUTS.into_iter().flat_map(|layout| [raster(1, 1, layout), raster(269, 131, layout)]).collect();
    for row in corpus.rows.iter().filter(|row| row.expected == "ok" && row.format == "png") {
        let bytes = corpus.read(row);
        let size = codec::probe(&bytes).unwrap().size;
        if size.pixels() <= 70_000 {
            let decoded = codec::decode(&bytes, &Limits::default()).unwrap();
            pictures.push(decoded.picture.into_raster().unwrap());
        }
    }
    for (at, source) in pictures.into_iter().enumerate() {
        let expected = visible(&rgba(&Picture::Raster(source.clone())));
        // Each picture at some efforts, all pictures together at all of them.
        for effort in [at as u8 % 7, (at as u8 + 4) % 7] {
            let file =
                encode(source.clone(), &Coding::new(Format::WebP).with_effort(effort).with_lossless(true));
            for (width, height, pixels) in
                [by_libwebp(&file), by_libwebp_in_parts(&file), by_image_webp(&file)]
            {
                let decoded = Raster::new(Size::new(width, height), Layout::Rgba, pixels).unwrap();
                assert_eq!(visible(&decoded), expected, "{at}: {:?} at {effort}", source.size());
            }
        }
    }
}

#[test]
fn lossy_webp_has_the_size_the_look_and_the_alpha() {
    for (width, height) in sizes() {
        for layout in LAYOUTS {
            let source = raster(width, height, layout);
            let expected = rgba(&Picture::Raster(source.clone()));
            let decoded = decode_webp(&encode(source, &coding(Format::WebP, 95, false)));
            assert_eq!(decoded.size(), expected.size());
            let alpha =
                |raster: &Raster| raster.data().iter().skip(3).step_by(4).copied().collect::<Vec<_>>();
            assert_eq!(alpha(&decoded), alpha(&expected), "{width}x{height} {layout:?}");
            let error = mean_error(&visible(&decoded), &visible(&expected));
            assert!(error < 9.0, "{width}x{height} {layout:?}: {error}");
        }
    }
}

#[test]
fn jpeg_has_the_size_and_the_look() {
    for (width, height) in sizes() {
        for layout in [Layout::Gray, Layout::Rgb] {
            let source = raster(width, height, layout);
            let expected = rgba(&Picture::Raster(source.clone()));
            let decoded = decode(&encode(source, &coding(Format::Jpeg, 92, false)));
            assert_eq!(decoded.size(), expected.size());
            let error = mean_error(decoded.data(), expected.data());
            assert!(error < 9.0, "{width}x{height} {layout:?}: {error}");
        }
    }
}

#[test]
fn jpeg_shows_transparent_pixels_over_white() {
    let source = Raster::new(Size::new(8, 8), Layout::Rgba, [0, 0, 0, 0].repeat(64)).unwrap();
    let decoded = decode(&encode(source, &coding(Format::Jpeg, 90, false)));
    assert!(decoded.data().iter().all(|&sample| sample > 250));
}

/// There is no AV1 decoder among our dependencies: here only the container is read.
#[test]
fn avif_states_its_size_and_its_alpha() {
    for (width, height) in [(1, 1), (2, 3), (7, 5), (16, 16), (17, 33), (65, 63)] {
        for layout in LAYOUTS {
            let file = encode(raster(width, height, layout), &coding(Format::Avif, 60, false));
            assert_eq!(codec::sniff(&file), Some(Format::Avif));
            let box_at = |name: &[u8]| file.windows(name.len()).position(|window| window == name);
            let size = box_at(b"ispe").unwrap() + 8;
            let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
            assert_eq!((number(size), number(size + 4)), (width, height));
            let is_transparent = rgba(&Picture::Raster(raster(width, height, layout))).data()[3] < 255;
            assert_eq!(box_at(b"auxC").is_some(), is_transparent, "{width}x{height} {layout:?}");
        }
    }
}

#[test]
fn metadata_comes_back() {
    // The header of a profile, and no tags.
    let mut profile = vec![0; 132];
    profile[36..40].copy_from_slice(b"acsp");
    let metadata = Metadata::default()
        .with_icc(profile)
        .with_exif(b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec())
        .with_xmp(b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>".to_vec());
    let picture = || Picture::Raster(raster(20, 12, Layout::Rgb));
    for lossless in [false, true] {
        let file = codec::encode(picture(), &coding(Format::WebP, 80, lossless), &metadata).unwrap();
        let mut decoder = WebPDecoder::new(Cursor::new(&file)).unwrap();
        assert_eq!(decoder.icc_profile().unwrap(), metadata.icc);
        assert_eq!(decoder.exif_metadata().unwrap(), metadata.exif);
        assert_eq!(decoder.xmp_metadata().unwrap(), metadata.xmp);
    }
    for format in [Format::Jpeg, Format::Png] {
        let file = codec::encode(picture(), &coding(format, 80, format == Format::Png), &metadata).unwrap();
        assert_eq!(codec::decode(&file, &Limits::default()).unwrap().metadata, metadata, "{format:?}");
    }
    let avif = codec::encode(picture(), &coding(Format::Avif, 80, false), &metadata).unwrap();
    for part in [metadata.icc, metadata.exif, metadata.xmp].into_iter().flatten() {
        assert!(avif.windows(part.len()).any(|window| window == part));
    }
}

#[test]
fn a_side_past_the_format_is_refused() {
    let long = Raster::zeroed(Size::new(16_384, 1), Layout::Gray).unwrap();
    for lossless in [false, true] {
        let coding = coding(Format::WebP, 80, lossless);
        let error = codec::encode(Picture::Raster(long.clone()), &coding, &Metadata::default()).unwrap_err();
        assert_eq!(error.kind(), slimpix::error::ErrorKind::LimitExceeded);
    }
}
