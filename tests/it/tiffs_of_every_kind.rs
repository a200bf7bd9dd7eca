//! A TIFF comes out as it was drawn, however its samples are stored and packed. All files of `tests/data/tiff` hold
//! the same drawings, whose pixels are computed here.

use std::{fs, path::Path};

use slimpix::{
    codec::{Format, decode},
    convert::{Mode, Outcome, Params, convert},
    error::ErrorKind,
    limits::Limits,
};

use crate::corpus::rgba;

const WIDTH: u32 = 41;
const HEIGHT: u32 = 30;

/// The pixel of a place.
type Drawing = fn(u32, u32) -> [u32; 4];

/// What a file shows, by the beginning of its name, and how far a sample may be off: JPEG and shared chroma lose
/// some, Lab of 8 bits has coarse steps.
fn drawing(name: &str) -> (Drawing, u8) {
    match name {
        _ if name.starts_with("fax") => (black_and_white, 0),
        "palette-alpha.tif" => (|x, _| [6 * x, 255 - 6 * x, 7, 255 - 4 * x], 0),
        "palette8.tif" | "palette-unspecified.tif" => (|x, _| [6 * x, 255 - 6 * x, 7, 255], 0),
        // Below nothing is nothing.
        "signed16.tif" => {
            (|x, _| [((768 * x).saturating_sub(1000) * 255 + 32_767) / 65_535; 3].alpha(255), 0)
        }
        "cmyk-alpha.tif" | "rgb-premultiplied16.tif" | "rgba-webp-tiles.tif" => {
            (|x, y| colors(x, y).alpha(255 - 4 * x), 0)
        }
        "rgb-webp-lossy.tif" => (|x, y| colors(x, y).alpha(255), 20),
        "lab8.tif" => (|x, y| colors(x, y).alpha(255), 17),
        "ycbcr-420-video.tif" | "rgb-jpeg-strips.tif" => (|x, y| colors(x, y).alpha(255), 8),
        _ if name.contains("jpeg") => (|x, y| colors(x, y).alpha(255), 1),
        _ => (|x, y| colors(x, y).alpha(255), 0),
    }
}

const fn colors(x: u32, y: u32) -> [u32; 3] {
    [6 * x, 8 * y, 255 - 3 * x - 4 * y]
}

const fn black_and_white(x: u32, y: u32) -> [u32; 4] {
    let level = if (x * x + 31 * y) / (9 * y + 5) % 3 == 1 { 0 } else { 255 };
    [level, level, level, 255]
}

trait Opaque {
    fn alpha(self, alpha: u32) -> [u32; 4];
}

impl Opaque for [u32; 3] {
    fn alpha(self, alpha: u32) -> [u32; 4] {
        [self[0], self[1], self[2], alpha]
    }
}

fn files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiff");
    let read = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())
    };
    fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap().path())).collect()
}

/// The pixels after a conversion that loses nothing.
fn converted(file: &[u8]) -> Result<Vec<u8>, String> {
    let params = Params::default().with_format(Format::Png).with_mode(Mode::Lossless).with_effort(0);
    let outcome = convert(file, &params, &Limits::default()).map_err(|error| error.to_string())?;
    let Outcome::Made(made) = outcome else { return Err(format!("{outcome:?}")) };
    Ok(rgba(&decode(&made.bytes, &Limits::default()).unwrap().picture).into_data())
}

fn furthest(pixels: &[u8], wanted: Drawing) -> u8 {
    let wanted = (0..HEIGHT).flat_map(|y| (0..WIDTH).flat_map(move |x| wanted(x, y)));
    let off = pixels.iter().zip(wanted).map(|(sample, wanted)| sample.abs_diff(wanted as u8));
    off.max().unwrap()
}

#[test]
fn every_file_shows_its_drawing() {
    let mut failures = Vec::new();
    let files = files();
    assert!(files.len() >= 20);
    for (name, file) in &files {
        let (wanted, most) = drawing(name);
        match converted(file) {
            Ok(pixels) if pixels.len() != (WIDTH * HEIGHT * 4) as usize => {
                failures.push(format!("{name}: {} bytes", pixels.len()));
            }
            Ok(pixels) if furthest(&pixels, wanted) > most => {
                failures.push(format!("{name}: off by {}", furthest(&pixels, wanted)));
            }
            Ok(_) => {}
            Err(failure) => failures.push(format!("{name}: {failure}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn lengths_that_are_missing_are_done_without() {
    for (name, mut file) in files() {
        // The tag of the lengths becomes one that nobody knows. Where a fax ends is told by nothing else.
        let is_little = file.starts_with(b"II");
        let [wanted, unknown] = [[279_u16, 325], [65_279, 65_325]]
            .map(|tags| tags.map(|tag| if is_little { tag.to_le_bytes() } else { tag.to_be_bytes() }));
        let is_long = file[2..4].contains(&43);
        let at = |at: usize| {
            let bytes: [u8; 4] = file[at..at + 4].try_into().unwrap();
            if is_little { u32::from_le_bytes(bytes) as usize } else { u32::from_be_bytes(bytes) as usize }
        };
        let (start, step) = if is_long { (at(8) + 8, 20) } else { (at(4) + 2, 12) };
        let mut found = false;
        for entry in (start..start + 20 * step).step_by(step).take_while(|&entry| entry + 2 <= file.len()) {
            if let Some(which) = wanted.iter().position(|tag| file[entry..entry + 2] == *tag) {
                file[entry..entry + 2].copy_from_slice(&unknown[which]);
                found = true;
                break;
            }
        }
        let (wanted, most) = drawing(&name);
        let pixels = converted(&file).unwrap();
        assert!(
            found || name.starts_with("rgb12") || name.starts_with("ycbcr") || name.contains("lab"),
            "{name}"
        );
        assert!(furthest(&pixels, wanted) <= most, "{name}");
    }
}

#[test]
fn what_is_refused_is_named() {
    let file = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiff/rgb12.tif")).unwrap();
    let directory = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize + 2;
    for (tag, value, name) in [
        (259_u16, 34_661_u16, "a TIFF compressed with JBIG"),
        (259, 34_712, "a TIFF compressed with JPEG 2000"),
        (259, 34_887, "a TIFF compressed with LERC"),
        (259, 6, "a TIFF compressed with JPEG in the way of TIFF 6.0, by its tables alone"),
        (262, 32_803, "a TIFF of a camera's raw samples"),
        (262, 10, "a TIFF of ITU L*a*b* colours"),
        (277, 200, "a TIFF of 200 samples a pixel"),
    ] {
        let mut file = file.clone();
        let entries = (directory..).step_by(12);
        let entry = entries.take(10).find(|&at| file[at..at + 2] == tag.to_le_bytes()).unwrap();
        file[entry + 8..entry + 10].copy_from_slice(&value.to_le_bytes());
        let error = decode(&file, &Limits::default()).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Unsupported, name));
    }
}

/// A TIFF of one strip or tile, in one block of Zstandard, of entries of tags, types, counts and values.
fn of_zstandard(entries: &[(u16, u16, u32, u32)], part: &[u8]) -> Vec<u8> {
    let directory = 10 + 12 * (entries.len() as u32 + 1) + 4;
    let size = part.len() as u32;
    let frame =
        [&[0x28, 0xb5, 0x2f, 0xfd, 0xa0][..], &size.to_le_bytes(), &(size << 3 | 1).to_le_bytes()[..3], part]
            .concat();
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((entries.len() as u16 + 1).to_le_bytes());
    for &(tag, kind, count, value) in [(259, 3, 1, 50_000)].iter().chain(entries) {
        // Where the frame stands, and bits that are 8 for all of three samples.
        let value = match tag {
            273 | 324 => directory + 6,
            258 if count == 3 => directory,
            _ => value,
        };
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0, 0, 0, 0, 8, 0, 8, 0, 8, 0]);
    file.extend(frame);
    file
}

#[test]
fn parts_that_reach_past_the_picture_are_read() {
    let pixels = |entries: &[_], part: &[u8]| {
        let decoded = decode(&of_zstandard(entries, part), &Limits::default());
        rgba(&decoded.unwrap().picture).into_data()
    };
    // A tile of 16x16 for a picture of 3x2.
    let gray =
        [(256, 4, 1, 3), (257, 4, 1, 2), (262, 3, 1, 1), (322, 4, 1, 16), (323, 4, 1, 16), (324, 4, 1, 0)];
    let part: Vec<u8> = (0..=255).collect();
    let wanted: Vec<u8> =
        [0, 1, 2, 16, 17, 18].iter().flat_map(|&level| [level, level, level, 255]).collect();
    let gray = [&gray[..], &[(258, 3, 1, 8)]].concat();
    assert_eq!(pixels(&gray, &part), wanted);
    // A data unit of 2x2 for a picture of one pixel.
    let shared = [
        (256, 4, 1, 1),
        (257, 4, 1, 1),
        (258, 3, 3, 0),
        (262, 3, 1, 6),
        (273, 4, 1, 0),
        (277, 3, 1, 3),
        (530, 3, 2, 2 << 16 | 2),
    ];
    assert_eq!(pixels(&shared, &[100, 1, 2, 3, 128, 128]), [100, 100, 100, 255]);
}
