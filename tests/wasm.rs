//! The engine as wasm, through the functions that a page calls. The same file runs in Node and in Chromium:
//! `cargo test --target wasm32-unknown-unknown --no-default-features --features avif,heic,jxl,browser --test wasm`,
//! the latter with `WASM_BINDGEN_USE_BROWSER=1` and `CHROMEDRIVER` set.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::expect_used, reason = "a test that cannot go on stops there")]

use js_sys::{JSON, Object, Reflect, Uint8Array};
use sha2::{Digest, Sha256};
use slimpix::{
    browser::{convert, probe},
    codec::{Format, sniff},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

const KINDS: [&str; 5] = ["malformed", "unsupported", "limit", "memory", "parameter"];
const WIDTH: u32 = 97;
const HEIGHT: u32 = 61;

#[wasm_bindgen_test]
fn is_built_with_simd() {
    let has_simd = cfg!(target_feature = "simd128");
    assert!(has_simd, "RUSTFLAGS replaced the flags of .cargo/config.toml");
}

#[wasm_bindgen_test]
fn a_probe_is_a_plain_object() {
    let probe = probe(bytes(&picture()), JsValue::UNDEFINED).expect("a sound picture");
    assert_eq!(text(&probe, "format"), "png");
    assert_eq!((number(&probe, "width"), number(&probe, "height")), (WIDTH, HEIGHT));
    assert_eq!(number(&probe, "depth"), 8);
    assert_eq!(get(&probe, "alpha"), JsValue::TRUE);
    assert_eq!(get(&probe, "animated"), JsValue::FALSE);
    assert_eq!(get(&probe, "convertible"), JsValue::TRUE);
}

#[wasm_bindgen_test]
fn every_target_is_made() {
    let targets =
        [("webp", Format::WebP), ("avif", Format::Avif), ("jpeg", Format::Jpeg), ("png", Format::Png)];
    for (name, format) in targets {
        let made = converted(&format!(r#"{{"format": "{name}", "effort": 2}}"#));
        assert_eq!(sniff(&file(&made)), Some(format));
        assert_eq!(text(&made, "format"), name);
        assert_eq!(text(&made, "mediaType"), format.media_type());
        assert_eq!((number(&made, "width"), number(&made, "height")), (WIDTH, HEIGHT));
        assert!(number(&made, "peakBytes") > WIDTH * HEIGHT);
    }
}

#[wasm_bindgen_test]
fn no_options_are_the_defaults() {
    let plain = convert(bytes(&picture()), JsValue::UNDEFINED).expect("the defaults");
    let named = converted(r#"{"format": "webp", "quality": 80, "effort": 4, "width": null}"#);
    assert_eq!(file(&plain), file(&named));
}

#[wasm_bindgen_test]
fn options_do_what_they_say() {
    // All of it is border, and stays.
    assert_eq!(number(&converted(r#"{"trim": 255}"#), "width"), WIDTH);
    let wide = converted(r#"{"width": 40}"#);
    assert_eq!((number(&wide, "width"), number(&wide, "height")), (40, 25));
    let square = converted(r#"{"width": 30, "height": 30, "fit": "cover"}"#);
    assert_eq!((number(&square, "width"), number(&square, "height")), (30, 30));
    let larger = converted(r#"{"width": 194, "enlarge": true}"#);
    assert_eq!((number(&larger, "width"), number(&larger, "height")), (194, 122));
    let as_it_is = converted(r#"{"width": 194}"#);
    assert_eq!(number(&as_it_is, "width"), WIDTH);
    assert_eq!(get(&converted(r#"{"lossless": true}"#), "lossless"), JsValue::TRUE);
    let coarse = file(&converted(r#"{"format": "jpeg", "quality": 20}"#));
    let fine = file(&converted(r#"{"format": "jpeg", "quality": 95}"#));
    assert!(coarse.len() < fine.len());
    let most = coarse.len().midpoint(fine.len());
    let fitted = file(&converted(&format!(r#"{{"format": "jpeg", "quality": 95, "targetSize": {most}}}"#)));
    assert!(fitted.len() <= most && fitted.len() > coarse.len());
}

/// Each takes another way through the engine than the default does.
#[wasm_bindgen_test]
fn every_option_of_the_engine_is_there() {
    let plain = |options: &str| file(&converted(options));
    let lossy = plain(r#"{"lossless": false}"#);
    assert_ne!(lossy, plain(r#"{"lossless": false, "alphaQuality": 10}"#));
    let small = plain(r#"{"format": "png", "width": 40}"#);
    assert_eq!(small, plain(r#"{"format": "png", "width": 40, "filter": "lanczos3", "linear": false}"#));
    let mut seen = vec![small];
    for more in
        [r#""filter": "mitchell""#, r#""filter": "area""#, r#""filter": "nearest""#, r#""linear": true"#]
    {
        let made = plain(&format!(r#"{{"format": "png", "width": 40, {more}}}"#));
        assert!(!seen.contains(&made), "{more} changes nothing");
        seen.push(made);
    }
    let crop = |interest: &str| {
        plain(&format!(
            r#"{{"format": "png", "width": 30, "height": 60, "fit": "cover", "interest": "{interest}"}}"#
        ))
    };
    let [low, centre, high] = ["low", "centre", "high"].map(crop);
    assert!(low != centre && centre != high && low != high);
    assert!(!crop("entropy").is_empty());
}

#[wasm_bindgen_test]
fn limits_hold() {
    let cases = [
        r#"{"maxInputBytes": 100}"#,
        r#"{"maxPixels": 5916}"#,
        r#"{"maxSide": 96}"#,
        r#"{"maxMemory": 10000}"#,
    ];
    for limits in cases {
        let asked = options(&format!(r#"{{"limits": {limits}}}"#));
        let error = convert(bytes(&picture()), asked).expect_err(limits);
        assert_eq!(kind(&error), "limit", "{limits}");
    }
    let asked = options(r#"{"limits": {"maxPixels": 5916}}"#);
    assert_eq!(kind(&probe(bytes(&picture()), asked).expect_err("97 by 61 is 5917")), "limit");
    let asked = options(r#"{"limits": {"maxPixels": 5917, "maxSide": 97}}"#);
    assert!(probe(bytes(&picture()), asked).is_ok());
    let kept = converted(r#"{"limits": {"maxOutputBytes": 20}}"#);
    assert_eq!((text(&kept, "kept"), file(&kept)), ("larger".to_owned(), picture()));
}

#[wasm_bindgen_test]
fn what_can_not_be_short_enough_says_so() {
    for format in ["webp", "avif", "jpeg", "png"] {
        let asked = options(&format!(r#"{{"format": "{format}", "effort": 0, "targetSize": 20}}"#));
        let error = convert(bytes(&picture()), asked).expect_err(format);
        assert_eq!(kind(&error), "larger", "{format}");
    }
}

#[wasm_bindgen_test]
fn a_moving_picture_is_kept_where_a_format_does_not_move() {
    let moving = moving_picture();
    let kept = convert(bytes(&moving), options(r#"{"format": "jpeg"}"#)).expect("no error");
    assert_eq!(text(&kept, "kept"), "animated");
    assert_eq!(text(&kept, "format"), "png");
    assert_eq!(file(&kept), moving);
}

#[wasm_bindgen_test]
fn a_png_keeps_every_pixel() {
    let made = file(&converted(r#"{"format": "png"}"#));
    let mut reader = png::Decoder::new(std::io::Cursor::new(made)).read_info().expect("a PNG");
    let mut samples = vec![0; reader.output_buffer_size().expect("a small picture")];
    reader.next_frame(&mut samples).expect("a whole PNG");
    assert_eq!(samples, samples_of_picture());
}

/// `tests/golden.rs` says how the list is made and read, and holds the native build to it.
#[wasm_bindgen_test]
fn the_bytes_are_those_of_the_golden_list() {
    let mut rows = 0;
    for row in include_str!("data/golden.tsv").lines() {
        let [name, words, stated] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        if name.ends_with(".svg") && !Format::Svg.can_decode() {
            continue;
        }
        let made = convert(bytes(golden_picture(name)), options_of_words(words)).expect(row);
        assert_eq!(sha256(&file(&made)), stated, "{name} {words}");
        rows += 1;
    }
    assert!(rows >= 8, "the list has {rows} rows");
}

/// Options from words `key=value`.
fn options_of_words(words: &str) -> JsValue {
    let options = Object::new();
    for word in words.split(' ') {
        let (key, value) = word.split_once('=').expect(word);
        // A number or a truth as JSON has it, or else a word.
        let value = JSON::parse(value).unwrap_or_else(|_| value.into());
        Reflect::set(&options, &key.into(), &value).expect(word);
    }
    options.into()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The golden pictures are compiled in: a browser has no files.
fn golden_picture(name: &str) -> &'static [u8] {
    macro_rules! pictures {
        ($($name:literal),*) => {
            match name {
                $($name => include_bytes!(concat!("data/golden/", $name)),)*
                _ => panic!("{name} is not compiled in: add it here"),
            }
        };
    }
    pictures!(
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
        "drawing.svg"
    )
}

#[wasm_bindgen_test]
fn wrong_options_are_named() {
    let cases = [
        (r#"{"quality": 101}"#, "quality must be a whole number from 0 to 100"),
        (r#"{"quality": 80.5}"#, "quality"),
        (r#"{"quality": "80"}"#, "quality"),
        (r#"{"alphaQuality": 101}"#, "alphaQuality must be a whole number from 0 to 100"),
        (r#"{"effort": 7}"#, "effort must be a whole number from 0 to 6"),
        (r#"{"width": 0}"#, "width must be a whole number from 1 to 65535"),
        (r#"{"height": -1}"#, "height"),
        (r#"{"height": 1e300}"#, "height"),
        (r#"{"targetSize": 0}"#, "targetSize"),
        (r#"{"format": "gif"}"#, "format must be one of webp, avif, jpeg, png"),
        (r#"{"fit": "crop"}"#, "fit must be one of contain, cover, fill, scale-down"),
        (r#"{"interest": "middle"}"#, "interest must be one of centre, entropy, low, high"),
        (r#"{"interest": "0.5x1.5"}"#, "or two shares from 0 to 1"),
        (r#"{"trim": 256}"#, "trim must be a threshold from 0 to 255"),
        (r#"{"trim": "10:white"}"#, "trim must be a threshold from 0 to 255"),
        (r#"{"trim": true}"#, "trim must be a threshold from 0 to 255"),
        (r#"{"filter": "bicubic"}"#, "filter must be one of lanczos3, mitchell, area, nearest"),
        (r#"{"linear": "yes"}"#, "linear must be true or false"),
        (r#"{"lossless": 1}"#, "lossless must be true or false"),
        (r#"{"limits": 5}"#, "limits must be an object"),
        (r#"{"limits": {"maxPixel": 5}}"#, "maxPixels"),
        (r#"{"limits": {"maxMemory": 0.5}}"#, "maxMemory must be a whole number from 1"),
        (r#"{"qualty": 80}"#, "\"qualty\", but format, quality"),
        (r#""webp""#, "the options must be an object"),
    ];
    for (given, named) in cases {
        let error = convert(bytes(&picture()), options(given)).expect_err(given);
        assert_eq!(kind(&error), "parameter", "{given}");
        let message = text(error.unchecked_ref(), "message");
        assert!(message.contains(named), "{given}: {message}");
    }
    let avif = convert(bytes(&picture()), options(r#"{"format": "avif", "lossless": true}"#));
    assert_eq!(kind(&avif.expect_err("AVIF is lossy here")), "parameter");
}

#[wasm_bindgen_test]
fn what_is_no_picture_is_an_error() {
    for junk in [&b""[..], b"hello", b"<html></html>", &[0; 4096]] {
        assert_eq!(kind(&probe(bytes(junk), JsValue::UNDEFINED).expect_err("no picture")), "unsupported");
        let error = convert(bytes(junk), JsValue::UNDEFINED).expect_err("no picture");
        assert_eq!(kind(&error), "unsupported");
        assert_eq!(text(error.unchecked_ref(), "name"), "SlimpixError");
        assert!(error.is_instance_of::<js_sys::Error>());
    }
}

#[wasm_bindgen_test]
fn a_lying_size_is_refused_before_it_is_allocated() {
    let mut lying = picture();
    lying[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let checksum = png_crc(&lying[12..29]);
    lying[29..33].copy_from_slice(&checksum.to_be_bytes());
    let error = convert(bytes(&lying), JsValue::UNDEFINED).expect_err("60,000 pixels square");
    assert_eq!(kind(&error), "limit");
}

#[wasm_bindgen_test]
fn hostile_bytes_never_trap() {
    let sound = picture();
    for len in (0..sound.len()).step_by(sound.len() / 97) {
        tolerates(&sound[..len]);
    }
    let mut random = 7u32;
    let mut next = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize
    };
    for _ in 0..200 {
        let mut broken = sound.clone();
        let at = next() % broken.len();
        broken[at] ^= 1 << (next() % 8);
        tolerates(&broken);
    }
}

/// A result or an error with a kind that blames the picture; a trap would end the test.
fn tolerates(hostile: &[u8]) {
    if let Err(error) = convert(bytes(hostile), options(r#"{"format": "png"}"#)) {
        let kind = kind(&error);
        assert!(KINDS.contains(&kind.as_str()), "{kind}");
    }
}

/// A small RGBA PNG with gradients, an edge and soft transparency.
fn picture() -> Vec<u8> {
    let mut made = Vec::new();
    let mut encoder = png::Encoder::new(&mut made, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&samples_of_picture()).expect("all rows");
    writer.finish().expect("an end");
    made
}

/// The same picture twice, as an APNG.
fn moving_picture() -> Vec<u8> {
    let mut made = Vec::new();
    let mut encoder = png::Encoder::new(&mut made, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_animated(2, 0).expect("two frames");
    let mut writer = encoder.write_header().expect("a header");
    for _ in 0..2 {
        writer.write_image_data(&samples_of_picture()).expect("all rows");
    }
    writer.finish().expect("an end");
    made
}

fn samples_of_picture() -> Vec<u8> {
    let pixel = |x: u32, y: u32| {
        let edge = if x + y > 80 { 90 } else { 0 };
        [x * 2 + edge / 2, y * 3, edge + (x * y) % 32, 255 - (x / 4) * 8].map(|sample| sample as u8)
    };
    (0..HEIGHT).flat_map(|y| (0..WIDTH).flat_map(move |x| pixel(x, y))).collect()
}

/// The checksum of a PNG chunk's type and data.
fn png_crc(data: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !data.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| step(crc)))
}

fn converted(json: &str) -> Object {
    convert(bytes(&picture()), options(json)).expect(json)
}

fn bytes(file: &[u8]) -> Uint8Array {
    Uint8Array::from(file)
}

fn options(json: &str) -> JsValue {
    JSON::parse(json).expect("JSON")
}

fn file(converted: &Object) -> Vec<u8> {
    get(converted, "bytes").unchecked_into::<Uint8Array>().to_vec()
}

fn kind(error: &JsValue) -> String {
    text(error.unchecked_ref(), "kind")
}

fn text(object: &Object, key: &str) -> String {
    get(object, key).as_string().expect(key)
}

fn number(object: &Object, key: &str) -> u32 {
    get(object, key).as_f64().expect(key) as u32
}

fn get(object: &Object, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).expect(key)
}
