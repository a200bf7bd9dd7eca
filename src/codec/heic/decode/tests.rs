//! Pictures of four fields, red, green, blue and sand, in every way in which phones store them.

use std::fs;

use super::{decode, decode_rows};
use crate::{
    codec::{
        heic::probe,
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
    fs::read(format!("{}/tests/data/heic/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
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
    assert_eq!(
        (probe.icc, probe.described),
        (decoded.metadata.icc.is_some(), decoded.metadata.colors.is_some())
    );
    let channels = layout.channels() as usize;
    let places = [(10, 10), (size.0 - 10, 10), (10, size.1 - 10), (size.0 - 10, size.1 - 10)];
    for ((x, y), field) in places.into_iter().zip(fields) {
        let at = (y * size.0 + x) as usize * channels;
        let pixel = &raster.data()[at..at + channels];
        let off = pixel.iter().zip(field).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(pixel.len() == field.len() && off <= Some(2), "{name} at {x}, {y}: {pixel:?}, not {field:?}");
    }
}

#[test]
fn grids_profiles_depths_alpha_and_parts_come_out_right() {
    let upright = Orientation::Upright;
    check("grid-turned-p3.heic", (90, 60), Orientation::Rotate90, [&RED, &GREEN, &BLUE, &SAND]);
    check("wide-422.heic", (96, 64), upright, [&RED, &GREEN, &BLUE, &SAND]);
    check("gray.heic", (96, 64), upright, [&[100], &[113], &[65], &[222]]);
    let with = |[r, g, b]: [u8; 3], alpha: u8| [r, g, b, alpha];
    let fields = [with(RED, 255), with(GREEN, 0), with(BLUE, 128), with(SAND, 128)];
    let [red, green, blue, sand] = &fields;
    check("alpha-10bit-part.heic", (80, 50), Orientation::MirrorHorizontal, [red, green, blue, sand]);
    check("premultiplied.heic", (96, 64), upright, [red, &[0; 4], blue, sand]);
}

#[test]
fn what_is_said_beside_the_pixels_is_kept() {
    let decoded = decode(&file("grid-turned-p3.heic"), &Limits::default()).unwrap();
    assert_eq!(decoded.metadata.icc.unwrap()[36..40], *b"acsp");
    // Its orientation is not heeded: the container's is.
    assert!(decoded.metadata.exif.unwrap().starts_with(b"MM\0*\0\0\0\x08\0\x01\x01\x12"));
}

#[test]
fn other_codings_are_named() {
    let refused = decode(&file("avc.heif"), &Limits::default()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unsupported);
    assert!(refused.to_string().contains("AVC"), "{refused}");
    assert_eq!(probe(View::whole(&file("avc.heif"))).unwrap().size, Size::new(96, 64));
}

/// A tile that is used ten thousand times takes no time: there are more bytes to decode than the file has.
#[test]
fn tiles_that_are_decoded_again_and_again_are_refused() {
    let mut bytes = file("grid-turned-p3.heic");
    let reference = bytes.windows(4).position(|name| name == b"dimg").unwrap();
    // All two tiles become the first; then also the file is too short for what they say.
    let (first, second) = (reference + 8, reference + 10);
    bytes.copy_within(first..first + 2, second);
    assert!(decode(&bytes, &Limits::default()).is_ok());
    let iloc = bytes.windows(4).position(|name| name == b"iloc").unwrap();
    // Version, sizes, count; item, reference, one piece, offset, length.
    let length = iloc + 12 + 6 + 4;
    bytes[length..length + 4].copy_from_slice(&1500_u32.to_be_bytes());
    let refused = decode(&bytes, &Limits::default()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Malformed, "{refused}");
}

#[test]
fn limits_are_those_of_the_tiles_too() {
    let bytes = file("grid-turned-p3.heic");
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
    assert!(!decode_rows(&file("gray.heic"), &Limits::default(), &mut Unwilling).unwrap());
}
