//! Text in SVG is drawn with the fonts that are named, and with no others: where letters are missing, the SVG is sent.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use slimpix::{
    ErrorKind,
    codec::{self, Format},
    convert::{Outcome, Params, Resize, convert, plan},
    limits::{FontData, Limits},
    pixel::Picture,
};

use crate::support::{font::font, heap::peak_of, http, program::run, server::Place};

/// A square from the line up, and a narrower, lower rectangle.
const SQUARE: &[(i16, i16)] = &[(100, 0), (900, 0), (900, 800), (100, 800)];
const NARROW: &[(i16, i16)] = &[(100, 0), (500, 0), (500, 700), (100, 700)];

/// Writes a font of the letters A, B, a space, and a Q of so many corners as ornate letters have.
fn write_font(folder: &Path) -> PathBuf {
    let corner = |at: i16| (100 + 16 * at, if at % 2 == 0 { 0 } else { 700 });
    let ornate: Vec<(i16, i16)> = (0..48).map(corner).chain([(900, 800), (100, 800)]).collect();
    let file = folder.join("squares.ttf");
    let letters: [(char, &[(i16, i16)]); 4] =
        [(' ', &[(0, 0), (0, 0), (0, 0)]), ('A', SQUARE), ('B', NARROW), ('Q', &ornate)];
    fs::write(&file, font("Squares", &letters)).unwrap();
    file
}

fn with_font(folder: &Path) -> Limits {
    Limits::default().with_font_files([write_font(folder)])
}

fn svg(inside: &str) -> Vec<u8> {
    format!("<svg xmlns='http://www.w3.org/2000/svg' width='300' height='100'>{inside}</svg>").into_bytes()
}

fn drawn(file: &[u8], limits: &Limits) -> Result<Vec<[u8; 4]>, ErrorKind> {
    let params = Params::default().with_format(Format::Png).with_resize(Resize::to_width(300));
    let Outcome::Made(made) = convert(file, &params, limits).map_err(|error| error.kind())? else {
        panic!("kept")
    };
    let Picture::Raster(raster) = codec::decode(&made.bytes, limits).unwrap().picture else {
        panic!("planes")
    };
    assert_eq!((raster.size().width, raster.size().height), (300, 100));
    let channels = raster.layout().channels() as usize;
    let pixels = raster.data().chunks_exact(channels);
    Ok(pixels
        .map(|pixel| match *pixel {
            [gray, alpha] => [gray, gray, gray, alpha],
            [red, green, blue, alpha] => [red, green, blue, alpha],
            _ => panic!("no alpha"),
        })
        .collect())
}

#[test]
fn letters_stand_where_they_belong() {
    let place = tempfile::tempdir().unwrap();
    let limits = with_font(place.path());
    for (text, second) in [
        ("<text x='10' y='90' font-family='Nowhere, squares, serif' font-size='100'>AB</text>", 110),
        (
            "<style>.t{font:100px Squares}</style><text class='t' y='90' x='10'>A<tspan dx='50'>B</tspan></text>",
            160,
        ),
        ("<g font-family='Squares' font-size='100'><text x='10 170' y='90' fill='#000'>AB</text></g>", 170),
    ] {
        let pixels = drawn(&svg(text), &limits).unwrap();
        let at = |x: usize, y: usize| pixels[y * 300 + x];
        let is_ink = |x: usize, y: usize| match at(x, y) {
            [0, 0, 0, 255] => true,
            [_, _, _, 0] => false,
            other => panic!("{other:?} at {x},{y} of {text}"),
        };
        // The A is a square of 80, and the B 40 wide and 70 high.
        for (x, y, ink) in [(21, 11, true), (98, 88, true), (18, 50, false), (102, 50, false), (60, 8, false)]
        {
            assert_eq!(is_ink(x, y), ink, "A at {x},{y}: {text}");
        }
        for (x, y, ink) in [(11, 21, true), (48, 88, true), (8, 50, false), (52, 50, false), (30, 18, false)]
        {
            assert_eq!(is_ink(second + x, y), ink, "B at {x},{y}: {text}");
        }
    }
}

#[test]
fn fonts_in_memory_draw_what_those_in_files_draw() {
    let place = tempfile::tempdir().unwrap();
    let text = svg("<text x='10' y='90' font-family='Squares' font-size='100'>AB</text>");
    let in_memory = |bytes: Vec<u8>| Limits::default().with_font_data([FontData::new(bytes)]);
    let font = fs::read(write_font(place.path())).unwrap();
    assert_eq!(drawn(&text, &in_memory(font)).unwrap(), drawn(&text, &with_font(place.path())).unwrap());
    assert_eq!(drawn(&text, &in_memory(b"no font".to_vec())), Err(ErrorKind::Unsupported));
}

#[test]
fn where_letters_are_missing_the_svg_stays_one() {
    let place = tempfile::tempdir().unwrap();
    let limits = with_font(place.path());
    for text in [
        "<text y='90' font-family='Nowhere'>A</text>",
        "<text y='90' font-family='sans-serif'>A</text>",
        "<text y='90'>A</text>",
        "<text y='90' font-family='Squares'>A C</text>",
        "<text y='90' font-family='Squares' font-weight='bold'>A</text>",
        "<text y='90' font-family='Squares' font-style='italic'>A</text>",
        "<text y='90' font-family='Squares' style='text-transform:uppercase'>A</text>",
        "<text y='90' font-family='Squares'>A<tspan font-family='Nowhere'>A</tspan></text>",
    ] {
        assert_eq!(drawn(&svg(text), &limits).map(drop), Err(ErrorKind::Unsupported), "{text}");
    }
    let sound = svg("<text y='90' font-family='Squares'>A B</text>");
    assert!(drawn(&sound, &limits).is_ok());
    assert_eq!(drawn(&sound, &Limits::default()).map(drop), Err(ErrorKind::Unsupported));
    let broken = place.path().join("broken.ttf");
    fs::write(&broken, &fs::read(write_font(place.path())).unwrap()[..200]).unwrap();
    let limits = Limits::default().with_font_files([broken]);
    assert_eq!(drawn(&sound, &limits).map(drop), Err(ErrorKind::Unsupported));
}

#[test]
fn text_takes_no_more_than_is_stated_and_not_long() {
    let place = tempfile::tempdir().unwrap();
    let limits = with_font(place.path());
    let places: String = (0..400).map(|at| format!("{} ", at % 290)).collect();
    let pieces = "<tspan fill='red'>QA</tspan>".repeat(120);
    for (inside, is_drawn) in [
        (format!("<text y='20' font-size='9'>{}</text>", "QB A".repeat(250)), true),
        (format!("<text y='20' x='{places}' font-size='9'>{}</text>", "QA".repeat(200)), true),
        (format!("<text y='20' font-size='9' stroke='red'>{}</text>", "Q".repeat(30)), true),
        (format!("<text y='20' font-size='9' text-decoration='underline'>{pieces}</text>"), true),
        (format!("<text y='20' font-size='9'>{}</text>", "QA".repeat(5000)), false),
        (format!("<text y='20' font-size='9'>{}</text>", pieces.repeat(8)), false),
        (
            format!("<g id='a'><text y='9'>{}</text></g>{}", "Q".repeat(99), "<use href='#a'/>".repeat(99)),
            false,
        ),
    ] {
        let file = svg(&format!("<g font-family='Squares'>{inside}</g>"));
        let params = Params::default().with_effort(1).with_resize(Resize::to_width(600));
        let stated = plan(&codec::probe(&file).unwrap(), &params).unwrap().peak_bytes;
        let start = Instant::now();
        let (peak, outcome) = peak_of(|| convert(&file, &params, &limits));
        let what = &inside[..60];
        println!("{what}: {peak} bytes of {stated}, {:?}", start.elapsed());
        assert!(peak <= stated, "{what}: {peak} bytes, {stated} stated");
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        match outcome {
            Ok(_) => assert!(is_drawn, "{what}"),
            Err(error) => assert!(!is_drawn && error.kind() == ErrorKind::LimitExceeded, "{what}: {error}"),
        }
    }
}

#[test]
fn the_server_draws_text_with_its_fonts_and_says_which_it_has() {
    let place = Place::new(&[
        ("text.svg", svg("<text y='90' font-family='Squares' font-size='80'>AB</text>")),
        ("other.svg", svg("<text y='90' font-family='Nowhere' font-size='80'>AB</text>")),
    ]);
    let fonts = place.path().join("fonts/deep");
    fs::create_dir_all(&fonts).unwrap();
    write_font(&fonts);
    let kind = |server: &crate::support::server::Server, path: &str| {
        let reply = http::get(server.address, path, &[("accept", "image/webp,image/svg+xml,*/*")]);
        assert_eq!(reply.status, 200);
        reply.header("content-type").to_owned()
    };
    let server = place.serve(&["--resize", "--fonts", "none"]);
    assert_eq!(kind(&server, "/text.svg?width=160"), "image/svg+xml");
    drop(server);
    let server = place.serve(&["--resize", "--fonts", "fonts"]);
    assert_eq!(kind(&server, "/text.svg?width=240"), "image/webp");
    assert_eq!(kind(&server, "/other.svg?width=240"), "image/svg+xml");
    drop(server);
    fs::write(place.path().join("config.json"), r#"{"FONTS": "fonts"}"#).unwrap();
    let told = run(place.path(), &["doctor", "config.json"]).text().to_owned();
    assert!(told.contains("Fonts for text in SVG: 1 faces of 1 families."), "{told}");
    fs::write(place.path().join("config.json"), r#"{"FONTS": "none"}"#).unwrap();
    let told = run(place.path(), &["doctor", "config.json"]).text().to_owned();
    assert!(told.contains("There are no fonts"), "{told}");
}
