//! Files are read back by a decoder of others, and by our own.

use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::*;
use crate::{
    codec::{Coding, Format, encode, jpeg},
    error::Kind,
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Planes, Raster, Size, Subsampling},
};

const SUBSAMPLINGS: [Subsampling; 4] =
    [Subsampling::Yuv444, Subsampling::Yuv422, Subsampling::Yuv420, Subsampling::Yuv440];

/// Soft waves with some grain.
fn plane(size: Size, seed: u32) -> Vec<u8> {
    let sample = |at: u32| {
        let (x, y) = (at % size.width, at / size.width);
        let grain = at.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 29;
        (x * seed / 3 + y * 2) % 160 / 2 + 40 + grain
    };
    (0..size.pixels() as u32).map(|at| sample(at) as u8).collect()
}

fn planes(size: Size, subsampling: Subsampling) -> Planes {
    let chroma = subsampling.chroma_size(size);
    Planes::new(size, subsampling, [plane(size, 3), plane(chroma, 5), plane(chroma, 7)]).unwrap()
}

fn coded(picture: Picture, quality: u8) -> Vec<u8> {
    let coding = Coding::new(Format::Jpeg).with_quality(quality).with_full_chroma(true);
    encode(picture, &coding, &Metadata::default()).unwrap()
}

fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}

/// Sizes of both kinds of files, with blocks and MCUs that aren't whole.
#[test]
fn planes_come_back_at_every_subsampling() {
    for (width, height) in [(1, 1), (8, 8), (17, 9), (40, 33), (121, 99), (130, 95), (16, 700)] {
        for subsampling in SUBSAMPLINGS {
            let planes = planes(Size::new(width, height), subsampling);
            let file = coded(Picture::Planes(planes.clone()), 98);
            let Picture::Planes(back) = jpeg::decode(&file, &Limits::default()).unwrap().picture else {
                panic!("{subsampling:?} is no planes");
            };
            for (a, b) in planes.planes().iter().zip(back.planes()) {
                assert!(mean_difference(a, b) < 1.5, "{width}x{height} {subsampling:?}");
            }
        }
    }
}

#[test]
fn another_decoder_sees_the_same() {
    for (width, height) in [(40, 33), (130, 95)] {
        for layout in [Layout::Gray, Layout::Rgb] {
            let size = Size::new(width, height);
            let raster = match layout {
                Layout::Gray => Raster::new(size, layout, plane(size, 3)).unwrap(),
                _ => planes(size, Subsampling::Yuv444).to_rgb().unwrap(),
            };
            let file = coded(Picture::Raster(raster.clone()), 95);
            let color = if layout == Layout::Gray { ColorSpace::Luma } else { ColorSpace::RGB };
            let options = DecoderOptions::default().jpeg_set_out_colorspace(color);
            let theirs = JpegDecoder::new_with_options(ZCursor::new(&file), options).decode().unwrap();
            assert!(mean_difference(&theirs, raster.data()) < 3.0, "{size:?} {layout:?}");
        }
    }
}

/// Noise has more symbols than are held: what follows is coded by the codes of what came before.
#[test]
fn too_many_symbols_are_coded_early() {
    let size = Size::new(640, 480);
    let mut state = 1_u32;
    let mut noise = |length: u64| -> Vec<u8> {
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 31 == 1 { 255 } else { 0 }
        };
        (0..length).map(next).collect()
    };
    let samples = [size.pixels(); 3].map(&mut noise);
    let planes = Planes::new(size, Subsampling::Yuv444, samples).unwrap();
    let file = coded(Picture::Planes(planes.clone()), 100);
    let Picture::Planes(back) = jpeg::decode(&file, &Limits::default()).unwrap().picture else {
        panic!("no planes");
    };
    for (a, b) in planes.planes().iter().zip(back.planes()) {
        assert!(mean_difference(a, b) < 1.0);
    }
    assert!(file.len() as u64 > symbol_bytes(size, 100) / 2);
    assert!(file.len() as u64 <= jpeg::memory::most_bytes(size, Some(Subsampling::Yuv444), 100));
    let bounded = |max_bytes| {
        let coding = Coding { max_bytes, full_chroma: true, quality: 100, ..Coding::new(Format::Jpeg) };
        encode(Picture::Planes(planes.clone()), &coding, &Metadata::default()).map_err(|error| error.kind())
    };
    assert_eq!(bounded(file.len() as u64), Ok(file.clone()));
    assert_eq!(bounded(file.len() as u64 - 1), Err(Kind::OutputTooLarge));
    assert_eq!(bounded(9_000), Err(Kind::OutputTooLarge));
}

#[test]
fn colours_that_are_none_are_left_out() {
    let size = Size::new(200, 100);
    let gray = plane(size, 9);
    let rgb: Vec<u8> = gray.iter().flat_map(|sample| [*sample; 3]).collect();
    let files = [(Layout::Gray, gray), (Layout::Rgb, rgb)].map(|(layout, data)| {
        let raster = Raster::new(size, layout, data).unwrap();
        coded(Picture::Raster(raster), 80)
    });
    assert_eq!(files[0], files[1]);
}

#[test]
fn what_is_transparent_is_shown_over_white() {
    let size = Size::new(64, 64);
    let data = [200, 0, 0, 0].repeat(32 * 64).into_iter().chain([0, 0, 0, 255].repeat(32 * 64));
    let raster = Raster::new(size, Layout::Rgba, data.collect()).unwrap();
    let file = coded(Picture::Raster(raster), 90);
    let shown = jpeg::decode(&file, &Limits::default()).unwrap().picture.into_raster().unwrap();
    let (above, below) = shown.data().split_at(shown.data().len() / 2);
    assert!(above.iter().all(|sample| *sample > 250) && below.iter().all(|sample| *sample < 5));
}

/// However rows come, the file is the same; and their number has to be right.
#[test]
fn rows_may_come_in_any_number() {
    let size = Size::new(150, 101);
    let coding = Coding::new(Format::Jpeg);
    for subsampling in SUBSAMPLINGS {
        let picture = planes(size, subsampling);
        let whole = encode(Picture::Planes(picture.clone()), &coding, &Metadata::default()).unwrap();
        let mut writer = RowWriter::new(size, &coding).unwrap();
        let chroma_width = subsampling.chroma_size(size).width as usize;
        let down = subsampling.factors().1 as usize;
        let [y, cb, cr] = picture.planes();
        let mut at = 0;
        for rows in [2, 30, 6, 14, 49] {
            assert!(at + rows <= 101);
            let (luma, chroma) = (at * 150..(at + rows) * 150, at / down..(at + rows).div_ceil(down));
            let chroma = chroma.start * chroma_width..chroma.end * chroma_width;
            writer.push_planes(subsampling, [&y[luma], &cb[chroma.clone()], &cr[chroma]]).unwrap();
            at += rows;
        }
        assert_eq!(writer.finish(&Metadata::default()).unwrap(), whole, "{subsampling:?}");
    }
    let mut writer = RowWriter::new(size, &coding).unwrap();
    writer.push_rows(Layout::Gray, &[9; 150 * 100]).unwrap();
    assert_eq!(writer.finish(&Metadata::default()).unwrap_err().kind(), Kind::Internal);
    let mut writer = RowWriter::new(size, &coding).unwrap();
    assert_eq!(writer.push_rows(Layout::Gray, &[9; 150 * 102]).unwrap_err().kind(), Kind::Internal);
}
