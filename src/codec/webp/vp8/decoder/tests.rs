//! Pixels are those of `image-webp`: of frames by our encoder and of bits by chance; files by libwebp are in
//! `tests/it`.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::Decoder;
use crate::{
    codec::webp::vp8::encoder::{
        Config, Encoder,
        tests::{Random, picture},
    },
    error::{Kind, Result},
    pixel::{Layout, Size},
    simd::{Level, levels},
};

/// The pixels of a frame in the simplest file, or `None` if it is refused.
fn by_image_webp(frame: &[u8]) -> Option<Vec<u8>> {
    let mut file = b"RIFF".to_vec();
    file.extend((12 + frame.len() as u32).to_le_bytes());
    file.extend(b"WEBPVP8 ");
    file.extend((frame.len() as u32).to_le_bytes());
    file.extend(frame);
    let mut decoder = WebPDecoder::new(Cursor::new(file)).ok()?;
    let mut data = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut data).ok()?;
    Some(data)
}

fn decode(frame: &[u8], level: Level) -> Result<Vec<u8>> {
    let mut pixels = Vec::new();
    Decoder::with_level(frame, level)?.decode(&mut |row| {
        pixels.extend(row);
        Ok(())
    })?;
    Ok(pixels)
}

/// Both have the same pixels, or none; true if they have some.
fn assert_alike(frame: &[u8], what: &str) -> bool {
    let expected = by_image_webp(frame);
    for level in levels() {
        let pixels = decode(frame, level).ok();
        assert_eq!(pixels.is_some(), expected.is_some(), "{what}");
        let differs =
            pixels.iter().flatten().zip(expected.iter().flatten()).position(|(ours, theirs)| ours != theirs);
        assert_eq!(differs, None, "{what}");
        assert_eq!(pixels.map(|pixels| pixels.len()), expected.as_ref().map(Vec::len), "{what}");
    }
    expected.is_some()
}

/// A frame of noise, ramps, checks, or ramps with noise.
fn encoded(random: &mut Random, size: Size) -> Vec<u8> {
    let data = picture(random, size);
    let config =
        Config { quality: random.below(101) as u8, effort: random.below(7) as u8, sharp: false, threads: 1 };
    let mut encoder = Encoder::within(size, config, u64::MAX).unwrap();
    encoder.push_rows(Layout::Rgb, &data).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn our_frames_of_every_size_decode_alike() {
    let mut random = Random(1);
    for (width, height) in (1..=65).flat_map(|width| (1..=65).map(move |height| (width, height))) {
        // All sizes around whole macroblocks, and some of the others.
        let is_close = |side: u32| matches!(side % 16, 15 | 0..=2);
        if is_close(width) && is_close(height) || random.below(8) == 0 {
            let frame = encoded(&mut random, Size::new(width, height));
            assert!(assert_alike(&frame, &format!("{width}x{height}")));
        }
    }
}

#[test]
fn the_longest_sides_decode_alike() {
    let mut random = Random(2);
    for size in [Size::new(16_383, 3), Size::new(5, 16_383)] {
        assert!(assert_alike(&encoded(&mut random, size), &format!("{size:?}")));
    }
}

/// Bits by chance are a frame all the same, with every feature that there is. Eight ones are not among them, with which
/// no partition begins.
fn chance(random: &mut Random, size: (u32, u32), first: usize, rest: usize) -> Vec<u8> {
    let mut frame = ((first as u32) << 5 | random.below(16) << 1).to_le_bytes()[..3].to_vec();
    frame.extend([0x9d, 0x01, 0x2a]);
    frame.extend([size.0, size.1].into_iter().flat_map(|side| (side as u16).to_le_bytes()));
    let start = frame.len();
    frame.extend((0..first + rest).map(|_| random.below(255) as u8));
    // The colour space is the known one, without which there is no picture.
    frame[start] &= 0x7f;
    frame
}

#[test]
fn bits_by_chance_decode_alike() {
    let mut random = Random(3);
    let mut decoded = 0;
    for number in 0..2_000 {
        let size = (1 + random.below(70), 1 + random.below(50));
        let (first, rest) = (150 + random.below(900) as usize, random.below(20_000) as usize);
        let mut frame = chance(&mut random, size, first, rest);
        // Partitions of a length by chance are mostly too long.
        for length in frame[10 + first..].chunks_exact_mut(3).take(7) {
            let bytes = random.below(rest as u32 / 5 + 1).to_le_bytes();
            length.copy_from_slice(&[0, 1, 2].map(|place: usize| bytes[place].min(254)));
        }
        decoded += u32::from(assert_alike(&frame, &format!("number {number}")));
    }
    assert!(decoded > 400, "{decoded}");
}

#[test]
fn frames_cut_short_or_damaged_are_refused_alike() {
    let mut random = Random(4);
    for _ in 0..20 {
        let size = Size::new(1 + random.below(60), 1 + random.below(60));
        let frame = encoded(&mut random, size);
        for length in
            (0..frame.len()).filter(|length| *length < 40 || length % 7 == 0 || length + 9 > frame.len())
        {
            assert_alike(&frame[..length], &format!("{size:?} cut at {length} of {}", frame.len()));
        }
        for _ in 0..60 {
            let mut damaged = frame.clone();
            for _ in 0..1 + random.below(3) {
                let at = random.below(frame.len() as u32) as usize;
                // Larger pictures are for other tests.
                if !(6..10).contains(&at) {
                    damaged[at] = random.below(255) as u8;
                }
            }
            assert_alike(&damaged, &format!("{size:?} damaged"));
        }
    }
}

#[test]
fn refusals_say_why() {
    let frame = encoded(&mut Random(5), Size::new(40, 30));
    let kind = |frame: &[u8]| decode(frame, Level::new()).unwrap_err().kind();
    let with = |at: usize, value: u8| {
        let mut frame = frame.clone();
        frame[at] = value;
        frame
    };
    assert_eq!(kind(&with(0, frame[0] | 1)), Kind::Unsupported);
    assert_eq!(kind(&with(3, 0)), Kind::Malformed);
    assert_eq!(kind(&with(10, 0xff)), Kind::Malformed);
    assert_eq!(kind(&frame[..frame.len() / 2]), Kind::Malformed);
    for at in [6, 8] {
        assert_eq!(kind(&with(at, 0)), Kind::Malformed);
    }
}

/// What the taker says ends the work.
#[test]
fn the_takers_error_is_given_on() {
    let frame = encoded(&mut Random(6), Size::new(40, 70));
    let mut rows = 0;
    let result = Decoder::new(&frame).unwrap().decode(&mut |row| {
        assert_eq!(row.len(), 120);
        rows += 1;
        if rows == 30 { Err(crate::error::Error::new(Kind::OutputTooLarge, "enough")) } else { Ok(()) }
    });
    assert_eq!((result.unwrap_err().kind(), rows), (Kind::OutputTooLarge, 30));
}
