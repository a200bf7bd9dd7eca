//! Pictures of four fields, red, green, blue and sand, in the ways in which AVIF stores them.

use std::fs;

use super::{decode, decode_rows, probe};
use crate::{
    codec::{
        rows::{Head, Rows, Sink},
        view::View,
    },
    error::{Kind, Result},
    limits::Limits,
    pixel::{Orientation, Picture, Size},
};

const RED: [u8; 3] = [200, 60, 40];
const GREEN: [u8; 3] = [40, 160, 60];
const BLUE: [u8; 3] = [30, 60, 180];
const SAND: [u8; 3] = [230, 220, 210];

fn file(name: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/data/avif/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Checks a pixel in each quarter, and that the probe and the decoder agree.
fn check(name: &str, size: (u32, u32), orientation: Orientation, fields: [&[u8]; 4]) {
    let bytes = file(name);
    let probe = probe(View::whole(&bytes)).unwrap();
    let decoded = decode(&bytes, &Limits::default()).unwrap();
    let Picture::Raster(raster) = decoded.picture else { panic!("{name}: no raster") };
    let layout = raster.layout();
    assert_eq!((probe.size, raster.size()), (Size::new(size.0, size.1), Size::new(size.0, size.1)), "{name}");
    assert_eq!((probe.orientation, decoded.orientation), (orientation, orientation), "{name}");
    assert_eq!((probe.alpha, probe.color), (layout.has_alpha(), layout.channels() > 2), "{name}");
    assert_eq!(probe.described, decoded.metadata.colors.is_some(), "{name}");
    let channels = layout.channels() as usize;
    let places = [(10, 10), (size.0 - 10, 10), (10, size.1 - 10), (size.0 - 10, size.1 - 10)];
    for ((x, y), field) in places.into_iter().zip(fields) {
        let at = (y * size.0 + x) as usize * channels;
        let pixel = &raster.data()[at..at + channels];
        let off = pixel.iter().zip(field).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(pixel.len() == field.len() && off <= Some(3), "{name} at {x}, {y}: {pixel:?}, not {field:?}");
    }
}

#[test]
fn grids_depths_alpha_and_parts_come_out_right() {
    let upright = Orientation::Upright;
    // Its items stand in pieces.
    check("grid-turned-p3.avif", (90, 60), Orientation::Rotate90, [&RED, &GREEN, &BLUE, &SAND]);
    check("wide-422.avif", (96, 64), upright, [&RED, &GREEN, &BLUE, &SAND]);
    check("gray.avif", (96, 64), upright, [&[100], &[113], &[65], &[222]]);
    let with = |[r, g, b]: [u8; 3], alpha: u8| [r, g, b, alpha];
    let fields = [with(RED, 255), with(GREEN, 0), with(BLUE, 128), with(SAND, 128)];
    let [red, green, blue, sand] = &fields;
    check("alpha-part.avif", (80, 50), Orientation::MirrorHorizontal, [red, green, blue, sand]);
    // Each tile of its grid has alpha of its own.
    check("tiles-alpha.avif", (96, 64), upright, [red, green, blue, sand]);
    check("premultiplied.avif", (96, 64), upright, [red, &[0; 4], blue, sand]);
}

/// Browsers leave a part aside that stands over the picture.
#[test]
fn a_part_that_is_not_in_the_picture_is_the_whole() {
    let mut bytes = file("alpha-part.avif");
    let aperture = bytes.windows(4).position(|name| name == b"clap").unwrap();
    bytes[aperture + 4..aperture + 8].copy_from_slice(&500_u32.to_be_bytes());
    let Picture::Raster(raster) = decode(&bytes, &Limits::default()).unwrap().picture else {
        panic!("no raster")
    };
    assert_eq!(raster.size(), Size::new(96, 64));
}

#[test]
fn other_codings_are_named() {
    let mut bytes = file("wide-422.avif");
    let kind = bytes.windows(4).position(|name| name == b"av01").unwrap();
    bytes[kind..kind + 4].copy_from_slice(b"vvc1");
    let configuration = bytes.windows(4).position(|name| name == b"av1C").unwrap();
    bytes[configuration..configuration + 4].copy_from_slice(b"vvcC");
    let refused = decode(&bytes, &Limits::default()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unsupported);
    assert!(refused.to_string().contains("VVC"), "{refused}");
}

/// Wherever a file is cut, it is refused, or shown as far as the picture needs it.
#[test]
fn cut_files_are_refused() {
    let bytes = file("alpha-part.avif");
    for length in (0..bytes.len()).step_by(7) {
        if let Err(error) = decode(&bytes[..length], &Limits::default()) {
            assert!(matches!(error.kind(), Kind::Malformed | Kind::Unsupported), "{length}: {error}");
        }
    }
    assert!(decode(&bytes[..bytes.len() / 2], &Limits::default()).is_err());
}

#[test]
fn limits_are_those_of_the_tiles_too() {
    let bytes = file("grid-turned-p3.avif");
    let limits = Limits::default().with_max_pixels(5_000);
    assert_eq!(decode(&bytes, &limits).unwrap_err().kind(), Kind::LimitExceeded);
    let limits = Limits::default().with_max_memory(100 << 10);
    assert_eq!(decode(&bytes, &limits).unwrap_err().kind(), Kind::LimitExceeded);
}

/// Asks for no rows.
struct Unwilling;

impl Sink for Unwilling {
    fn begin(&mut self, _head: Head) -> Result<Option<u32>> {
        Ok(None)
    }

    fn take(&mut self, _rows: Rows<'_>) -> Result<()> {
        panic!("a row that nobody asked for")
    }
}

#[test]
fn no_rows_come_that_are_not_wanted() {
    assert!(!decode_rows(&file("gray.avif"), &Limits::default(), &mut Unwilling).unwrap());
}
