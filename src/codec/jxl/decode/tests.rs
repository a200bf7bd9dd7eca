//! Pictures of four fields, red, green, blue and sand, written by libjxl.

use std::fs;

use super::decode;
use crate::{
    codec::{jxl::Walk, probing::Walk as _, view::View},
    error::Kind,
    limits::Limits,
    pixel::{Orientation, Picture, Size, Transfer},
};

const RED: [u8; 3] = [200, 60, 40];
const GREEN: [u8; 3] = [40, 160, 60];
const BLUE: [u8; 3] = [30, 60, 180];
const SAND: [u8; 3] = [230, 220, 210];

fn file(name: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/data/jxl/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn check(name: &str, most: u8, depth: u8, is_linear: bool, fields: [&[u8]; 4]) {
    let bytes = file(name);
    let probe = Walk::default().probe(View::whole(&bytes)).unwrap();
    let decoded = decode(&bytes, &Limits::default()).unwrap();
    let Picture::Raster(raster) = decoded.picture else { panic!("{name}: no raster") };
    let layout = raster.layout();
    assert_eq!(
        (probe.size, raster.size(), probe.depth),
        (Size::new(96, 64), Size::new(96, 64), depth),
        "{name}"
    );
    assert_eq!((probe.alpha, probe.color), (layout.has_alpha(), layout.channels() > 2), "{name}");
    assert_eq!(
        (probe.orientation, probe.described, probe.icc),
        (Orientation::Upright, is_linear, false),
        "{name}"
    );
    let transfer = decoded.metadata.colors.map(|space| space.transfer);
    assert_eq!(transfer, is_linear.then_some(Transfer::Gamma(100_000)), "{name}");
    let channels = layout.channels() as usize;
    for ((x, y), field) in [(10, 10), (86, 10), (10, 54), (86, 54)].into_iter().zip(fields) {
        let pixel = &raster.data()[(y * 96 + x) * channels..][..channels];
        let off = pixel.iter().zip(field).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(pixel.len() == field.len() && off <= Some(most), "{name} at {x}, {y}: {pixel:?}");
    }
}

#[test]
fn pictures_of_every_kind_come_out_right() {
    check("lossless.jxl", 0, 8, false, [&RED, &GREEN, &BLUE, &SAND]);
    check("lossy.jxl", 3, 8, false, [&RED, &GREEN, &BLUE, &SAND]);
    check("gray16.jxl", 0, 16, true, [&[100], &[113], &[65], &[222]]);
    // By the curve of BT.709, which Chromium shows as it stands.
    check("curve-709.jxl", 0, 8, false, [&RED, &GREEN, &BLUE, &SAND]);
    let with = |[r, g, b]: [u8; 3], alpha: u8| [r, g, b, alpha];
    let fields = [with(RED, 255), with(GREEN, 0), with(BLUE, 128), with(SAND, 128)];
    check("alpha.jxl", 0, 8, false, fields.each_ref().map(|field| field.as_slice()));
}

#[test]
fn frames_are_found_behind_a_profile_and_whatever_order_their_parts_have() {
    for (name, size) in [("profile.jxl", 64), ("permuted.jxl", 600)] {
        let bytes = file(name);
        let decoded = decode(&bytes, &Limits::default()).unwrap();
        assert_eq!(decoded.picture.size(), Size::new(size, size), "{name}");
        let mut walk = Walk::default();
        walk.probe(View::whole(&bytes)).unwrap();
        assert!(walk.is_done, "{name}");
        // Of the beginning alone is stated what is possible.
        let whole = walk.probe(View::whole(&bytes)).unwrap().demands.part_bytes;
        let beginning = Walk::default().probe(View::beginning(&bytes[..60], None)).unwrap();
        assert!(beginning.demands.part_bytes >= whole, "{name}");
    }
}

#[test]
fn what_is_cut_or_too_large_is_refused() {
    let bytes = file("lossy.jxl");
    for end in [20, bytes.len() / 2, bytes.len() - 1] {
        let refused = decode(&bytes[..end], &Limits::default()).unwrap_err();
        assert_eq!(refused.kind(), Kind::Malformed, "{end}: {refused}");
    }
    for limits in [Limits::default().with_max_pixels(6_143), Limits::default().with_max_memory(64 << 10)] {
        assert_eq!(decode(&bytes, &limits).unwrap_err().kind(), Kind::LimitExceeded);
    }
}
