//! What is counted of streams, and that all that is coded here is read to its end.

use super::{
    super::bits::{BitWriter, HeaderBits},
    *,
};
use crate::{
    codec::{self, Coding, Format},
    error::Kind,
    pixel::{Layout, Metadata, Picture, Raster},
};

/// The stream of a picture without loss.
fn coded(
    width: u32,
    height: u32,
    layout: Layout,
    effort: u8,
    sample: impl Fn(u32, u32, u32) -> u32,
) -> Vec<u8> {
    let channels = layout.channels();
    let samples = (0..width * height * channels).map(|at| {
        let (pixel, channel) = (at / channels, at % channels);
        sample(pixel % width, pixel / width, channel) as u8
    });
    let raster = Raster::new(Size::new(width, height), layout, samples.collect()).unwrap();
    let coding = Coding::new(Format::WebP).with_lossless(true).with_effort(effort);
    let file = codec::encode(Picture::Raster(raster), &coding, &Metadata::default()).unwrap();
    assert_eq!(&file[12..16], b"VP8L");
    file[20..].to_vec()
}

#[test]
fn streams_are_read_up_to_their_pixels() {
    let noise = |x: u32, y: u32, c: u32| (x * 7919 + y * 104_729 + c * 31).wrapping_mul(2_654_435_761) >> 24;
    for (width, height) in [(1, 1), (5, 300), (200, 160), (331, 257)] {
        for effort in 0..=6 {
            for layout in [Layout::Rgb, Layout::Rgba] {
                let size = Size::new(width, height);
                let streams = [
                    coded(width, height, layout, effort, |x, y, c| {
                        x * 3 + y * y / 5 + c * 40 + noise(x, y, c) % 5
                    }),
                    coded(width, height, layout, effort, |x, y, _| (x / 5 + y / 3) % 7 * 20),
                    coded(width, height, layout, effort, noise),
                ];
                for stream in streams {
                    // With much room any codes fit and are not read; with what they take they are.
                    let most = check_tables(&stream, Framing::Headed, size, u64::MAX).unwrap();
                    let (mut low, mut high) = (0, most);
                    while low < high {
                        let room = u64::midpoint(low, high);
                        match check_tables(&stream, Framing::Headed, size, room) {
                            Ok(peak) => {
                                assert!(peak <= room);
                                high = room;
                            }
                            Err(error) => {
                                assert_eq!(error.kind(), Kind::LimitExceeded, "{error}");
                                low = room + 1;
                            }
                        }
                    }
                    let room = 3 * size.pixels() + (136 << 10);
                    assert!(high <= room, "{width}x{height} at {effort}: {high} bytes");
                    // After its header something must come.
                    assert_eq!(
                        check_tables(&stream[..5], Framing::Headed, size, room).unwrap_err().kind(),
                        Kind::Malformed
                    );
                }
            }
        }
    }
}

/// Codes of one symbol.
fn put_singles(header: &mut HeaderBits, symbols: [u32; 5]) {
    for symbol in symbols {
        header.put(0b101 | symbol << 3, 11);
    }
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
    let mut stream = vec![0; header.bits().div_ceil(8) as usize + 8];
    let mut writer = BitWriter::new(0);
    header.write(&mut writer, &mut stream);
    let end = writer.finish(&mut stream);
    stream.truncate(end);
    let size = Size::new(64, 40);
    let predictor = 4 * 16 * 10;
    let codes = 2 * 8 * 5 + 512 * 280 * 3 / 2 + 2 * 4 + 2 * 32;
    let room = predictor + codes;
    assert_eq!(check_tables(&stream, Framing::Bare, size, room).unwrap(), room);
    let kind = |stream: &[u8], room| check_tables(stream, Framing::Bare, size, room).unwrap_err().kind();
    assert_eq!(kind(&stream, room - 1), Kind::LimitExceeded);
    assert_eq!(kind(&stream[..end - 1], room), Kind::Malformed);
    // Behind a header it is the same.
    let headed = [&[0x2f, 63, 0xc0, 9, 0][..], &stream].concat();
    assert_eq!(check_tables(&headed, Framing::Headed, size, room).unwrap(), room);
}
