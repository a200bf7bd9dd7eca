//! A caller's own pixels become files: whole or by rows to the same bytes, in little memory, and what doesn't fit
//! together is refused with a reason.

use slimpix::{
    Layout, Limits, Size, avif, codec,
    error::ErrorKind,
    pixel::{Metadata, Picture},
    probe,
    webp::{Encoder, RowEncoder},
};

use crate::{pictures::raster, support::heap::peak_of};

const LAYOUTS: [Layout; 4] = [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba];

#[test]
fn rows_give_the_file_of_the_whole_picture() {
    let (width, height) = (61, 47);
    for layout in LAYOUTS {
        let picture = raster(width, height, layout);
        for encoder in [
            Encoder::new(80),
            Encoder::new(95).with_effort(6).with_threads(2),
            Encoder::new(60).with_alpha_quality(50).with_sharp_yuv(true),
            Encoder::lossless().with_effort(2),
        ] {
            let whole = encoder.encode(picture.data(), width, height).unwrap();
            for rows_at_once in [1, 5, 47] {
                let mut rows = encoder.rows(width, height, layout).unwrap();
                let bytes = rows_at_once * (width * layout.channels()) as usize;
                for some in picture.data().chunks(bytes) {
                    rows.push_rows(some).unwrap();
                }
                assert_eq!(rows.rows_left(), 0);
                assert!(rows.finish().unwrap() == whole, "{encoder:?} {layout:?}, {rows_at_once} at once");
            }
            assert_eq!(probe(&whole).unwrap().size, Size::new(width, height));
        }
        for encoder in [
            avif::Encoder::new(50).with_effort(1),
            avif::Encoder::new(70).with_full_chroma(true).with_graphic(true).with_threads(2),
        ] {
            let whole = encoder.encode(picture.data(), width, height).unwrap();
            for rows_at_once in [1, 5] {
                let bytes = rows_at_once * (width * layout.channels()) as usize;
                let mut rows = encoder.rows(width, height, layout).unwrap();
                picture.data().chunks(bytes).for_each(|some| rows.push_rows(some).unwrap());
                assert!(rows.finish().unwrap() == whole, "{encoder:?} {layout:?}, {rows_at_once} at once");
            }
        }
        let lossless = Encoder::lossless().encode(picture.data(), width, height).unwrap();
        let Picture::Raster(decoded) = codec::decode(&lossless, &Limits::default()).unwrap().picture else {
            panic!("no raster")
        };
        let channels = layout.channels() as usize;
        let shown = |pixels: &[u8], channels: usize| -> Vec<[u8; 4]> {
            let pixel = |p: &[u8]| match *p {
                [v] => [v, v, v, 255],
                [v, a] => [v, v, v, a],
                [r, g, b] => [r, g, b, 255],
                ref p => [p[0], p[1], p[2], p[3]],
            };
            let hidden = |p: [u8; 4]| if p[3] == 0 { [0; 4] } else { p };
            pixels.chunks(channels).map(|p| hidden(pixel(p))).collect()
        };
        let decoded = shown(decoded.data(), decoded.layout().channels() as usize);
        assert!(decoded == shown(picture.data(), channels), "{layout:?}");
    }
}

#[test]
fn avif_of_every_layout_is_made() {
    for layout in LAYOUTS {
        let picture = raster(40, 30, layout);
        let file = avif::Encoder::new(50).with_effort(0).encode(picture.data(), 40, 30).unwrap();
        let probe = probe(&file).unwrap();
        assert_eq!((probe.format, probe.size), (codec::Format::Avif, Size::new(40, 30)));
        assert_eq!(probe.alpha, layout.has_alpha(), "{layout:?}");
    }
}

/// A page of lines and letters, as a screen is.
#[test]
fn an_avif_of_what_is_drawn_is_smaller_if_that_is_said() {
    let drawn = |x: u32, y: u32| {
        if (x / 3 * 7 + y / 5 * 3 + x * y / 40).is_multiple_of(4) { [20, 40, 120] } else { [250, 250, 245] }
    };
    let pixels: Vec<u8> = (0..200 * 160).flat_map(|at| drawn(at % 200, at / 200)).collect();
    let photo = avif::Encoder::new(70).with_effort(2).with_full_chroma(true);
    let length = |encoder: &avif::Encoder| encoder.encode(&pixels, 200, 160).unwrap().len();
    let (drawn, as_photo) = (length(&photo.clone().with_graphic(true)), length(&photo));
    assert!(drawn * 10 < as_photo * 8, "{drawn} bytes, {as_photo} as a photo");
}

#[test]
fn metadata_is_carried() {
    let exif = b"MM\0\x2a\0\0\0\x08\0\0\0\0\0\0".to_vec();
    let metadata = Metadata::default().with_exif(exif.clone());
    for encoder in [Encoder::new(70), Encoder::lossless()] {
        let file = encoder.with_metadata(metadata.clone()).encode(&[9; 16 * 16 * 3], 16, 16).unwrap();
        assert_eq!(codec::decode(&file, &Limits::default()).unwrap().metadata.exif, Some(exif.clone()));
    }
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let kind = |encoder: &Encoder, bytes: usize, width, height| {
        encoder.encode(&vec![0; bytes], width, height).unwrap_err().kind()
    };
    for encoder in [Encoder::new(80), Encoder::lossless()] {
        for (bytes, width, height) in [
            (0, 0, 0),
            (0, 4, 4),
            (12, 0, 4),
            (12, 4, 0),
            (47, 4, 4),
            (49, 4, 4),
            (80, 4, 4),
            (48, u32::MAX, u32::MAX),
        ] {
            assert_eq!(
                kind(&encoder, bytes, width, height),
                ErrorKind::Parameter,
                "{bytes} {width}x{height}"
            );
        }
        assert_eq!(kind(&encoder, 16_384 * 3, 16_384, 1), ErrorKind::LimitExceeded);
        assert_eq!(kind(&encoder.clone().with_effort(7), 48, 4, 4), ErrorKind::Parameter);
        assert_eq!(kind(&encoder.clone().with_alpha_quality(101), 48, 4, 4), ErrorKind::Parameter);
        assert_eq!(kind(&encoder.with_max_bytes(20), 48, 4, 4), ErrorKind::OutputTooLarge);
    }
    assert_eq!(kind(&Encoder::new(101), 48, 4, 4), ErrorKind::Parameter);
    let error = avif::Encoder::new(80).encode(&[0; 47], 4, 4).unwrap_err();
    assert_eq!(error.to_string(), "47 bytes are not 4x4 pixels of 1 to 4 bytes");
    assert_eq!(avif::Encoder::new(101).encode(&[0; 48], 4, 4).unwrap_err().kind(), ErrorKind::Parameter);
}

#[test]
fn rows_that_are_broken_too_many_or_missing_are_refused() {
    let begun = |encoder: &Encoder| -> RowEncoder { encoder.rows(4, 4, Layout::Rgb).unwrap() };
    for encoder in [Encoder::new(80), Encoder::lossless()] {
        for wrong in [1, 11, 13, 60] {
            let mut rows = begun(&encoder);
            rows.push_rows(&[0; 12]).unwrap();
            assert_eq!(rows.push_rows(&vec![0; wrong]).unwrap_err().kind(), ErrorKind::Parameter, "{wrong}");
            // It has taken nothing, and the picture can go on.
            rows.push_rows(&[0; 36]).unwrap();
            assert_eq!(rows.push_rows(&[0; 12]).unwrap_err().kind(), ErrorKind::Parameter);
            assert!(rows.finish().unwrap().starts_with(b"RIFF"));
        }
        let mut rows = begun(&encoder);
        rows.push_rows(&[0; 24]).unwrap();
        assert_eq!(rows.rows_left(), 2);
        let error = rows.finish().unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Parameter, "2 of 4 rows are missing")
        );
        assert_eq!(encoder.rows(0, 4, Layout::Rgb).unwrap_err().kind(), ErrorKind::Parameter);
        assert_eq!(encoder.rows(16_384, 4, Layout::Rgb).unwrap_err().kind(), ErrorKind::LimitExceeded);
    }
}

/// Gives rows of a photo that come out of nothing to an encoder: the most bytes that are held, and the file.
fn by_rows(begin: impl FnOnce() -> RowEncoder, (width, height): (u32, u32)) -> (u64, Vec<u8>) {
    let mut noise = 1_u32;
    let mut row = vec![0; width as usize * 3];
    peak_of(|| {
        let mut rows = begin();
        for y in 0..height {
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let light = 40 + (x as u32 / 24 + y / 16) % 180 + (noise >> 28);
                pixel.copy_from_slice(&[light as u8, (light * 3 / 4) as u8, (light / 2) as u8]);
            }
            rows.push_rows(&row).unwrap();
        }
        rows.finish().unwrap()
    })
}

/// A photo of 12 megapixels takes 8 MB, its file included.
#[test]
fn twelve_megapixels_by_rows_take_little() {
    let encoder = Encoder::new(80).with_effort(0);
    let (peak, file) = by_rows(|| encoder.rows(4032, 3024, Layout::Rgb).unwrap(), (4032, 3024));
    println!("{peak} bytes, {} made", file.len());
    assert!(peak <= 8_000_000, "{peak} bytes");
    assert!(file.len() > 50_000, "{} bytes: there is nothing to see", file.len());
}

/// The taller AVIF takes no more than the other, but for its file.
#[test]
fn a_taller_avif_by_rows_takes_no_more() {
    let encoder = avif::Encoder::new(60).with_effort(0);
    let [(low, small), (high, large)] = [256, 1024]
        .map(|height| by_rows(|| encoder.rows(2000, height, Layout::Rgb).unwrap(), (2000, height)));
    println!("{low} and {high} bytes, {} and {} made", small.len(), large.len());
    assert!(high - large.len() as u64 <= 5_000_000, "{high} bytes");
    assert!(high <= low + 3 * (large.len() - small.len()) as u64, "{high} bytes, {low} of a quarter");
}
