//! Pixels are those of `image-webp`, at every level of SIMD, and what streams make the decoder hold is counted.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::{
    super::bits::{BitWriter, HeaderBits},
    *,
};
use crate::{
    codec::{self, Coding, Format},
    error::Kind,
    pixel::{Layout, Metadata, Picture, Raster},
    simd::levels,
};

/// A file of a picture without loss.
fn coded(size: Size, layout: Layout, effort: u8, sample: impl Fn(u32, u32, u32) -> u32) -> Vec<u8> {
    let channels = layout.channels();
    let samples = (0..size.width * size.height * channels).map(|at| {
        let (pixel, channel) = (at / channels, at % channels);
        sample(pixel % size.width, pixel / size.width, channel) as u8
    });
    let raster = Raster::new(size, layout, samples.collect()).unwrap();
    let coding = Coding::new(Format::WebP).with_lossless(true).with_effort(effort);
    let file = codec::encode(Picture::Raster(raster), &coding, &Metadata::default()).unwrap();
    assert_eq!(&file[12..16], b"VP8L");
    file
}

fn decode(stream: &[u8], framing: Framing, size: Size, level: Level) -> Result<Vec<u32>> {
    let mut decoder = Decoder::within(stream, framing, size, &mut Tables::within(u64::MAX), level)?;
    let mut pixels = Vec::new();
    while let Some(row) = decoder.next_row()? {
        pixels.extend(row);
    }
    Ok(pixels)
}

/// As ARGB, or `None` if the file is refused.
fn by_image_webp(file: &[u8]) -> Option<Vec<u32>> {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).ok()?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut data = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut data).ok()?;
    let alpha = |pixel: &[u8]| pixel.get(3).copied().unwrap_or(255);
    let pixels = data.chunks_exact(channels);
    Some(pixels.map(|pixel| u32::from_be_bytes([alpha(pixel), pixel[0], pixel[1], pixel[2]])).collect())
}

fn assert_alike(file: &[u8], size: Size, what: &str) -> bool {
    let expected = by_image_webp(file);
    for level in levels() {
        let pixels = decode(&file[20..], Framing::Headed, size, level).ok();
        assert_eq!(pixels.is_some(), expected.is_some(), "{what}");
        let differs =
            pixels.iter().flatten().zip(expected.iter().flatten()).position(|(ours, theirs)| ours != theirs);
        assert_eq!(differs, None, "{what}");
    }
    expected.is_some()
}

fn noise(x: u32, y: u32, c: u32) -> u32 {
    (x * 7919 + y * 104_729 + c * 31).wrapping_mul(2_654_435_761) >> 24
}

#[test]
fn pixels_are_those_of_others() {
    let pictures: [fn(u32, u32, u32) -> u32; 5] = [
        |x, y, c| x * 3 + y * y / 5 + c * 40 + noise(x, y, c) % 5,
        |x, y, c| if c == 3 { 255 } else { (x / 5 + y / 3) % 7 * 20 },
        noise,
        |x, y, c| noise(x / 40 + 9, y / 30, c) + (x + y) % 3,
        |x, y, c| if c == 3 { y % 256 } else { noise(x / 2, y / 2, 0) % 3 * 100 },
    ];
    for (width, height) in [(1, 1), (1, 60), (7, 5), (5, 300), (70, 90), (331, 57)] {
        for (number, picture) in pictures.iter().enumerate() {
            for effort in [0, 2, 4, 6] {
                for layout in [Layout::Rgb, Layout::Rgba] {
                    let size = Size::new(width, height);
                    let file = coded(size, layout, effort, picture);
                    let what = format!("picture {number}, {width}x{height} {layout:?} at {effort}");
                    assert!(assert_alike(&file, size, &what));
                    // What ends early or is damaged is refused by both, or has the same pixels.
                    for part in 1..4 {
                        let end = 26 + (file.len() - 26) * part / 4;
                        let mut cut = file[..end].to_vec();
                        cut[16..20].copy_from_slice(&(end as u32 - 20).to_le_bytes());
                        decode(&cut[20..], Framing::Headed, size, Level::new()).unwrap_err();
                        let mut damaged = file.clone();
                        damaged[end - 1] ^= 1 << (part + 3);
                        drop(decode(&damaged[20..], Framing::Headed, size, Level::new()));
                    }
                }
            }
        }
    }
}

/// Copies from as far as they can reach, of a picture that is larger than that.
#[test]
fn a_window_of_a_million_pixels_is_enough() {
    let size = Size::new(1200, 1100);
    // The last rows are those that stand 873 rows, the longest distance but for 976 pixels, higher.
    let row = |y: u32| if y < 873 { y } else { y - 873 };
    let file = coded(size, Layout::Rgb, 4, |x, y, c| noise(x, row(y), c));
    assert!(assert_alike(&file, size, "large"));
    assert!(file.len() < 1200 * 900 * 3 + 100_000, "{}", file.len());
}

/// Codes of one symbol.
fn put_singles(header: &mut HeaderBits, symbols: [u32; 5]) {
    for symbol in symbols {
        header.put(0b101 | symbol << 3, 11);
    }
}

fn stream(header: &HeaderBits) -> Vec<u8> {
    let mut stream = vec![0; header.bits().div_ceil(8) as usize + 8];
    let mut writer = BitWriter::new(0);
    header.write(&mut writer, &mut stream);
    let end = writer.finish(&mut stream);
    stream.truncate(end);
    stream
}

#[test]
fn groups_and_transforms_are_counted() {
    let mut header = HeaderBits::default();
    // A predictor of tiles of 4x4, without a cache, all of one mode.
    header.put(0b000_0001, 7);
    put_singles(&mut header, [11, 0, 0, 255, 0]);
    // No more of them; no cache; an entropy image of tiles of 8x8 that says 300.
    header.put(0b000_1100, 7);
    put_singles(&mut header, [300 & 255, 300 >> 8, 0, 255, 0]);
    (0..300).for_each(|_| put_singles(&mut header, [0, 0, 0, 255, 0]));
    // The last one's green has two symbols.
    header.put(0b111 | 3 << 3, 11);
    header.put(9, 8);
    (0..4).for_each(|_| header.put(0b101, 11));
    let stream = stream(&header);
    let size = Size::new(64, 40);
    let group = size_of::<groups::Group>() as u64;
    // Modes; groups by tile; groups, and their tables.
    let held = 16 * 10 + 2 * 8 * 5 + 301 * group + 2 * (5 * 301 + 1);
    let check = |stream: &[u8], framing, room| {
        let mut room = Tables::within(room);
        Decoder::within(stream, framing, size, &mut room, Level::new()).map(|_| room.peak())
    };
    assert_eq!(check(&stream, Framing::Bare, held).unwrap(), held);
    let kind = |stream: &[u8], room| check(stream, Framing::Bare, room).unwrap_err().kind();
    assert_eq!(kind(&stream, held - 1), Kind::LimitExceeded);
    assert_eq!(kind(&stream[..stream.len() - 1], held), Kind::Malformed);
    // Behind a header it is the same.
    let headed = [&[0x2f, 63, 0xc0, 9, 0][..], &stream].concat();
    assert_eq!(check(&headed, Framing::Headed, held).unwrap(), held);
    // One of another version is none.
    let headed = [&[0x2f, 63, 0xc0, 9, 0x20][..], &stream].concat();
    assert_eq!(check(&headed, Framing::Headed, held).unwrap_err().kind(), Kind::Malformed);
}
