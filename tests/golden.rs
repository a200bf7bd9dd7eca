//! The same bytes everywhere: each picture of `tests/data/golden` through each set of options gives the file whose
//! SHA-256 stands in `tests/data/golden.tsv`. wasm in Node, in a browser and in the Worker is held to the same list.
//!
//! A line is `picture <TAB> options <TAB> SHA-256 in hex`; the options are words `key=value` with the keys and values
//! of the JavaScript `convert()`. `SLIMPIX_GOLDEN=write` writes the list anew, for a change of output that is meant.
//!
//! A program of its own, that needs no host: it also runs where the engine alone is built, without AVIF and HEIC then.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::PathBuf};

use sha2::{Digest, Sha256};
use slimpix::{
    codec::Format,
    convert::{
        Fit, Mode, Outcome, Params, Resize, convert, parse_blur, parse_color, parse_sharpen, parse_turn,
    },
    limits::Limits,
};

const PICTURES: [&str; 14] = [
    "photo-420.jpg",
    "turned-p3.jpg",
    "logo-rgba.png",
    "chart-palette.png",
    "ramp-grey16.png",
    "small.bmp",
    "photo.webp",
    "still.gif",
    "moving.gif",
    "hdr-pq.png",
    "inks-profile.jpg",
    "phone.heic",
    "photo.avif",
    "drawing.svg",
];

const OPTIONS: [&str; 12] = [
    "format=webp",
    "format=webp lossless=true",
    "format=webp lossless=false quality=92 effort=6",
    "format=webp width=40",
    "format=webp width=31 height=31 fit=cover keepMetadata=true",
    "format=avif effort=2",
    "format=avif quality=60 effort=4 width=50 height=20 fit=fill",
    "format=jpeg quality=75",
    "format=png keepMetadata=true",
    "format=webp lossless=false width=40 height=40 fit=pad background=1e90ff",
    "format=webp lossless=false width=30 rotate=90 flip=h",
    "format=webp lossless=false width=40 blur=1.5 sharpen=0.8",
];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[test]
fn every_picture_gives_the_bytes_of_the_list() {
    let mut made = String::new();
    for picture in PICTURES.into_iter().filter(|picture| can_be_read(picture)) {
        let source = fs::read(path("golden").join(picture)).unwrap();
        let is_made =
            |options: &&str| can_be_made(options) && (!picture.starts_with("moving") || moves(options));
        for options in OPTIONS.into_iter().filter(is_made) {
            let hash = sha256(&convert_with(&source, options));
            writeln!(made, "{picture}\t{options}\t{hash}").unwrap();
        }
    }
    let list = path("golden.tsv");
    if env::var_os("SLIMPIX_GOLDEN").is_some_and(|value| value == "write") {
        let has_all = Format::Avif.can_encode() && Format::Svg.can_decode();
        assert!(has_all, "the list has AVIFs and drawings: write it with the features `avif` and `svg`");
        fs::write(&list, &made).unwrap();
    }
    let stated = fs::read_to_string(&list).unwrap();
    let stated =
        stated.lines().filter(|row| can_be_read(row) && can_be_made(row.split('\t').nth(1).unwrap()));
    let (made, stated): (BTreeSet<_>, BTreeSet<_>) = (made.lines().collect(), stated.collect());
    let changed: Vec<_> = made.difference(&stated).collect();
    let gone: Vec<_> = stated.difference(&made).collect();
    assert!(
        changed.is_empty() && gone.is_empty(),
        "made, not in the list:\n{changed:#?}\nin the list, not made:\n{gone:#?}"
    );
}

/// True if the picture with which a row begins is of a format that this build reads.
fn can_be_read(row: &str) -> bool {
    let name = row.split('\t').next().unwrap_or_default();
    Format::from_extension(name.rsplit('.').next().unwrap_or_default()).is_some_and(Format::can_decode)
}

/// True if what is made of an animation is one.
fn moves(options: &str) -> bool {
    params(options).format == Format::WebP
}

fn can_be_made(options: &str) -> bool {
    params(options).format.can_encode()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn convert_with(source: &[u8], options: &str) -> Vec<u8> {
    match convert(source, &params(options), &Limits::default()) {
        Ok(Outcome::Made(made)) => made.bytes,
        other => panic!("{options}: {other:?}"),
    }
}

/// Parameters from words `key=value`.
fn params(options: &str) -> Params {
    let mut params = Params::default();
    let mut resize = Resize::default();
    for (key, value) in options.split(' ').map(|word| word.split_once('=').unwrap()) {
        match key {
            "format" => {
                params.format = [Format::WebP, Format::Avif, Format::Jpeg, Format::Png]
                    .into_iter()
                    .find(|format| format.media_type().strip_prefix("image/") == Some(value))
                    .unwrap()
            }
            "quality" => params.quality = value.parse().unwrap(),
            "effort" => params.effort = value.parse().unwrap(),
            "lossless" => params.mode = if value == "true" { Mode::Lossless } else { Mode::Lossy },
            "background" => params.background = Some(parse_color(value).unwrap()),
            "rotate" => params.turn = parse_turn(Some(value), None).unwrap(),
            "flip" => params.turn = params.turn.then(parse_turn(None, Some(value)).unwrap()),
            "blur" => params.blur = parse_blur(value).unwrap(),
            "sharpen" => params.sharpen = parse_sharpen(value).unwrap(),
            "keepMetadata" => params.keep_metadata = value == "true",
            "width" => resize.width = Some(value.parse().unwrap()),
            "height" => resize.height = Some(value.parse().unwrap()),
            "fit" => {
                resize.fit =
                    Fit::NAMES.iter().find_map(|(name, fit)| (*name == value).then_some(*fit)).unwrap()
            }
            _ => panic!("{key}"),
        }
    }
    let is_resized = resize.width.is_some() || resize.height.is_some();
    params.with_resize(is_resized.then_some(resize))
}

#[test]
fn the_options_are_read() {
    let params = params("format=avif quality=60 width=50 height=20 fit=fill");
    assert_eq!((params.format, params.quality), (Format::Avif, 60));
    assert_eq!(params.resize.map(|resize| (resize.width, resize.fit)), Some((Some(50), Fit::Fill)));
}
