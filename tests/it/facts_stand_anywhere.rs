//! What is to be known of a picture is found wherever it stands in the file, piece by piece, without reading the rest.

use std::fs;

use slimpix::{
    codec::{self, Format, Looked},
    pixel::{Orientation, Size},
};
use tempfile::TempDir;

use crate::{
    corpus::Corpus,
    support::{pictures, program, server::Place},
};

const WEBP: (&str, &str) = ("accept", "image/webp");

/// Looks at a file piece by piece; gives also how many bytes were asked for, and in how many pieces.
fn look(file: &[u8], length: Option<u64>) -> (Looked, usize, usize) {
    let (mut bytes, mut pieces) = (0, 0);
    let looked = Looked::with(length, |need| {
        let start = (need.offset as usize).min(file.len());
        let end = (start + need.length).min(file.len());
        (bytes, pieces) = (bytes + end - start, pieces + 1);
        Ok(&file[start..end])
    });
    (looked.unwrap(), bytes, pieces)
}

/// A JPEG with segments behind its start marker.
fn with_segments(jpeg: &[u8], segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = jpeg[..2].to_vec();
    for (marker, payload) in segments {
        file.extend([0xff, *marker]);
        file.extend((payload.len() as u16 + 2).to_be_bytes());
        file.extend_from_slice(payload);
    }
    file.extend_from_slice(&jpeg[2..]);
    file
}

/// EXIF of one entry, at `at` in the block: turned by 90 degrees.
fn exif(at: u32) -> Vec<u8> {
    let mut block = [b"II*\0".as_slice(), &at.to_le_bytes()].concat();
    block.resize(at as usize, 0);
    block.extend([1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
    block
}

/// A chunk of a PNG. Its checksum is zero: nobody but a strict reader of ancillary chunks looks at it.
fn png_chunk(name: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut crc = !0_u32;
    for byte in name.iter().chain(payload) {
        crc ^= u32::from(*byte);
        (0..8).for_each(|_| crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 });
    }
    [&(payload.len() as u32).to_be_bytes(), name.as_slice(), payload, &(!crc).to_be_bytes()].concat()
}

/// A JPEG whose frame stands behind half a megabyte of what cameras and editors write.
fn photo_of_the_press() -> Vec<u8> {
    let padding = |name: &[u8], length: usize| [name, &vec![7; length]].concat();
    let mut segments = vec![(0xe1, [b"Exif\0\0".as_slice(), &exif(40_000)].concat())];
    for _ in 0..5 {
        segments.push((0xe1, padding(b"http://ns.adobe.com/xmp/extension/\0", 65_000)));
        segments.push((0xed, padding(b"Photoshop 3.0\0", 50_000)));
    }
    with_segments(&pictures::jpeg(320, 200, 1), &segments)
}

/// A TIFF whose directory follows its pixels, as most have it.
fn tiff(width: u32, height: u32) -> Vec<u8> {
    let pixels: Vec<u8> = (0..width * height * 3).map(|at| (at / 7) as u8).collect();
    let directory = 8 + pixels.len() as u32 + 6;
    let mut file = [b"II*\0".as_slice(), &directory.to_le_bytes(), &pixels, &[8, 0, 8, 0, 8, 0]].concat();
    let entries: [(u16, u16, u32, u32); 9] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, directory - 6),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 8),
        (277, 3, 1, 3),
        (278, 4, 1, height),
        (279, 4, 1, pixels.len() as u32),
    ];
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend(
            [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()]
                .concat(),
        );
    }
    file.extend([0; 4]);
    file
}

#[test]
fn piece_by_piece_is_as_all_at_once() {
    let corpus = Corpus::find();
    let mut seen = 0;
    for row in &corpus.rows {
        let bytes = corpus.read(row);
        let whole = Looked::at(&bytes);
        for length in [Some(bytes.len() as u64), None] {
            let (looked, ..) = look(&bytes, length);
            assert_eq!(looked.format, whole.format, "{}", row.path);
            assert_eq!(looked.probe.as_ref().ok(), whole.probe.as_ref().ok(), "{}", row.path);
        }
        seen += 1;
    }
    assert!(seen > 5);
}

#[test]
fn what_does_not_matter_is_not_read() {
    let photo = photo_of_the_press();
    assert!(photo.len() > 600_000);
    let (looked, bytes, _) = look(&photo, None);
    let probe = looked.probe.unwrap();
    assert_eq!((probe.size, probe.orientation), (Size::new(320, 200), Orientation::Rotate90));
    assert!(bytes < 60_000, "{bytes} bytes of {}", photo.len());

    let tiff = tiff(400, 300);
    let (looked, bytes, pieces) = look(&tiff, Some(tiff.len() as u64));
    assert_eq!(looked.probe.unwrap().size, Size::new(400, 300));
    assert!(bytes < 20_000 && pieces < 6, "{bytes} bytes in {pieces} pieces");
}

#[test]
fn the_orientation_may_follow_the_pixels() {
    let png = pictures::png(300, 200, 1);
    let end = png.len() - 12;
    let turned = [&png[..end], &png_chunk(b"eXIf", &exif(8)), &png[end..]].concat();
    let (looked, ..) = look(&turned, Some(turned.len() as u64));
    assert_eq!(looked.probe.unwrap().orientation, Orientation::Rotate90);

    // Pixels in many chunks: each is passed over by its length.
    let filler: Vec<u8> = (0..300).flat_map(|_| png_chunk(b"IDAT", &[0; 8192])).collect();
    let long = [&png[..end], &filler, &png_chunk(b"eXIf", &exif(70_000)), &png[end..]].concat();
    let (looked, bytes, pieces) = look(&long, None);
    assert_eq!(looked.probe.unwrap().orientation, Orientation::Rotate90);
    assert!(bytes < long.len() / 8 && pieces < 320, "{bytes} bytes in {pieces} pieces");
}

#[test]
fn a_header_without_an_end_is_an_error() {
    let endless = with_segments(&[0xff, 0xd8], &vec![(0xed, vec![0; 4]); 3 << 20]);
    let far = with_segments(&[0xff, 0xd8], &vec![(0xed, vec![0; 600]); 70_000]);
    for file in [endless, far] {
        let error = look(&file, Some(u64::MAX >> 1)).0.probe.unwrap_err();
        assert!(error.to_string().contains("has no end"), "{error}");
        let error = look(&file, None).0.probe.unwrap_err();
        assert!(error.to_string().contains("no end") || error.to_string().contains("no frame"), "{error}");
    }
}

#[test]
fn a_lying_length_does_no_harm() {
    for file in [pictures::jpeg(64, 48, 1), tiff(40, 30), pictures::gif(30, 20, 2), pictures::png(50, 40, 3)]
    {
        for length in [0, 1, 20, file.len() as u64 / 2, 10 * file.len() as u64, u64::MAX] {
            let _ = look(&file, Some(length));
        }
        for end in 0..file.len().min(700) {
            let _ = look(&file[..end], None);
            let looked = Looked::at_beginning(&file[..end], Some(file.len() as u64));
            assert!(looked.probe.is_err() || looked.format == codec::sniff(&file), "{end}");
        }
    }
}

#[test]
fn files_of_all_hosts_are_converted() {
    let files = [("press.jpg", photo_of_the_press()), ("late.png", tiff(400, 300))];
    let folder = TempDir::new().unwrap();
    for (name, bytes) in &files {
        fs::write(folder.path().join(name), bytes).unwrap();
        let ran = program::run(folder.path(), &["convert", name]);
        assert!(ran.code == 0, "{name}: {}", ran.stderr);
        let made = fs::read(folder.path().join(name).with_extension("webp")).unwrap();
        assert_eq!(codec::sniff(&made), Some(Format::WebP));
        // The same from standard input.
        let ran = program::run_with_input(folder.path(), &["probe", "-", "--json"], bytes);
        assert!(ran.code == 0, "{name}: {}", ran.stderr);
    }
    let place = Place::new(&files);
    let server = place.serve(&["--resize"]);
    for (name, _) in &files {
        let reply = server.get(&format!("/{name}?width=100"), WEBP);
        assert!(reply.is_webp(), "{name}: {}", reply.text());
        let Size { width, height } = codec::probe(&reply.body).unwrap().size;
        assert!(width.max(height) <= 200, "{width}x{height}");
    }
}
