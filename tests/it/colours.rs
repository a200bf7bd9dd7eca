//! What comes out of a conversion has the colours that browsers show of what goes in, however the file describes
//! them, and whichever way its rows go.

use std::collections::HashMap;

use slimpix::{
    codec::{self, Format, decode},
    convert::{Mode, Outcome, Params, convert},
    limits::Limits,
    pixel::Layout,
};

use crate::{
    corpus::{Corpus, rgba},
    pictures,
};

/// What Chromium shows, see the file's first line.
const SHOWN: &str = include_str!("../data/browser_colours.tsv");

/// How far a sample may be from what a browser shows: in the darkest ones 16 bits are rounded there downwards.
const NEAR: u8 = 4;

/// Column, row and colour.
type Shown = (usize, usize, [u8; 3]);

fn shown() -> HashMap<&'static str, Vec<Shown>> {
    let point = |point: &str| {
        let fields: Vec<&str> = point.split(',').collect();
        let sample = |at: usize| u8::from_str_radix(&fields[2][2 * at..2 * at + 2], 16).unwrap();
        (fields[0].parse().unwrap(), fields[1].parse().unwrap(), [0, 1, 2].map(sample))
    };
    let rows = SHOWN.lines().skip(1).map(|line| {
        let mut fields = line.split('\t');
        let path = fields.next().unwrap();
        (path.rsplit('/').next().unwrap(), fields.map(point).collect())
    });
    rows.collect()
}

fn png_of(bytes: &[u8]) -> Vec<u8> {
    let params = Params::default().with_format(Format::Png).with_mode(Mode::Lossless).with_effort(0);
    let Ok(Outcome::Made(made)) = convert(bytes, &params, &Limits::default()) else {
        panic!("not converted")
    };
    made.bytes
}

#[test]
fn described_colours_are_those_that_a_browser_shows() {
    let shown = shown();
    let (mut checked, mut failures) = (0, Vec::new());
    let corpus = Corpus::find();
    for row in &corpus.rows {
        let Some(points) = shown.get(row.path.rsplit('/').next().unwrap()) else { continue };
        checked += 1;
        let pixels = rgba(&decode(&png_of(&corpus.read(row)), &Limits::default()).unwrap().picture);
        for (x, y, wanted) in points {
            let at = 4 * (y * pixels.size().width as usize + x);
            let found = &pixels.data()[at..at + 3];
            if found.iter().zip(wanted).any(|(a, b)| a.abs_diff(*b) > NEAR) {
                failures.push(format!("{} at {x},{y}: {found:?}, not {wanted:?}", row.path));
            }
        }
    }
    println!("{checked} pictures");
    assert!(checked > 0);
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// A PNG of linear light.
pub fn linear_png(width: u32, height: u32, layout: Layout) -> Vec<u8> {
    let mut png = pictures::png(width, height, layout);
    // Behind the signature and IHDR.
    png.splice(33..33, *b"\0\0\0\x04gAMA\x00\x01\x86\xa0\x31\xe8\x96\x5f");
    png
}

#[test]
fn rows_on_their_way_have_the_colours_of_the_whole_picture() {
    for layout in [Layout::Gray, Layout::Rgb, Layout::Rgba] {
        let linear = linear_png(70, 50, layout);
        assert!(codec::probe(&linear).unwrap().described, "{layout:?}");
        let whole = png_of(&linear);
        assert!(!codec::probe(&whole).unwrap().described, "{layout:?}");
        let lossy = Params::default().with_format(Format::WebP).with_mode(Mode::Lossy).with_effort(1);
        let file = |source: &[u8]| match convert(source, &lossy, &Limits::default()) {
            Ok(Outcome::Made(made)) => made.bytes,
            other => panic!("{layout:?}: {other:?}"),
        };
        assert!(file(&linear) == file(&whole), "{layout:?}");
        assert!(file(&linear) != file(&pictures::png(70, 50, layout)), "{layout:?}");
    }
}

/// A description that was applied is not written, and what is written is sRGB.
#[test]
fn what_was_applied_is_not_kept() {
    let params = Params::default()
        .with_format(Format::Png)
        .with_mode(Mode::Lossless)
        .with_effort(0)
        .with_keep_metadata(true);
    let linear = linear_png(20, 20, Layout::Rgb);
    let Ok(Outcome::Made(made)) = convert(&linear, &params, &Limits::default()) else {
        panic!("not converted")
    };
    assert_eq!(made.bytes, png_of(&linear));
}
