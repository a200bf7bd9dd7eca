//! The whole decoder: what it holds, and what it makes of damaged data.

#![allow(clippy::precedence, reason = "as the specification writes it")]

use super::Decoder;
use crate::codec::av1::encoder::{Config, Encoder, Obus, Sampling, most_bytes};
use crate::codec::av1::header::{
    FrameHeader, Layers, LrParams, Picture, RestorationType, SequenceHeader, TxMode,
};
use crate::codec::file_capacity::FileCapacity;
use crate::error::{ErrorKind, Result};
use crate::simd::{Level, levels};

/// A stream of a picture with all that the encoder uses.
fn stream(width: u32, height: u32) -> Vec<u8> {
    let config = Config {
        width,
        height,
        sampling: Sampling::Yuv420,
        base_q_idx: 140,
        effort: 4,
        is_screen: false,
        color: (1, 13, 6, true),
    };
    let mut encoder = Encoder::new(config, FileCapacity::new(most_bytes(&config), 1 << 40), 1).unwrap();
    let (w, h) = (width as usize, height as usize);
    let plane = |w: usize, h: usize| -> Vec<u8> {
        (0..w * h).map(|i| ((i % w) * 3 ^ (i / w) * 5 ^ (i * i >> 9)) as u8).collect()
    };
    let [y, u, v] = [plane(w, h), plane(w.div_ceil(2), h.div_ceil(2)), plane(w.div_ceil(2), h.div_ceil(2))];
    encoder.push([&y, &u, &v], h).unwrap();
    let Obus { mut head, tiles } = encoder.finish().unwrap();
    head.extend(tiles);
    head
}

/// Decodes to the end: luma samples.
fn decode(level: Level, data: &[u8]) -> Result<Vec<u16>> {
    let picture = Picture::parse(data, Layers::default())?;
    let highest = 1 << picture.sequence.color_config.bit_depth;
    let mut decoder = Decoder::new(level, picture)?;
    let mut samples = Vec::new();
    let mut next = 0;
    while let Some(rows) = decoder.next_rows()? {
        assert_eq!(rows.y, next);
        next += rows.height;
        for plane in 0..3 {
            for y in rows.range(plane) {
                assert!(rows.row(plane, y).iter().all(|sample| *sample < highest));
            }
        }
        rows.range(0).for_each(|y| samples.extend_from_slice(rows.row(0, y)));
    }
    Ok(samples)
}

#[test]
fn every_level_of_simd_gives_the_same() {
    let data = stream(150, 133);
    let first = decode(Level::new(), &data).unwrap();
    assert_eq!(first.len(), 150 * 133);
    assert!(levels().into_iter().all(|level| decode(level, &data).unwrap() == first));
}

#[test]
fn damaged_data_is_an_error_or_a_picture() {
    let data = stream(150, 133);
    let mut state = 1_u32;
    let mut below = |end: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % end
    };
    let (mut errors, mut pictures) = (0, 0);
    for round in 0..400 {
        let mut damaged = data.clone();
        // Headers first, then what is in the tile.
        let end = if round % 2 == 0 { 40 } else { data.len() };
        for _ in 0..1 + below(3) {
            damaged[below(end)] = below(256) as u8;
        }
        // Sizes that take long are not what this is about.
        let small = |picture: &Picture| picture.frame.upscaled_width * picture.frame.frame_height < 1 << 18;
        match Picture::parse(&damaged, Layers::default()) {
            Ok(picture) if !small(&picture) => {}
            _ => match decode(Level::new(), &damaged) {
                Ok(_) => pictures += 1,
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported), "{error}");
                    errors += 1;
                }
            },
        }
    }
    assert!(errors > 20 && pictures > 20, "{errors} errors, {pictures} pictures");
    assert_eq!(decode(Level::new(), &data[..data.len() / 2]).unwrap_err().kind(), ErrorKind::Malformed);
}

/// A frame of 4:2:0 with every filter on.
fn headers(width: u32, height: u32, use_128x128_superblock: bool) -> (SequenceHeader, FrameHeader) {
    let sequence = SequenceHeader {
        max_frame_width_minus_1: width - 1,
        max_frame_height_minus_1: height - 1,
        use_128x128_superblock,
        enable_cdef: true,
        enable_restoration: true,
        ..SequenceHeader::default()
    };
    let mut frame = FrameHeader::for_still(&sequence);
    frame.quantization_params.base_q_idx = 100;
    frame.tx_mode = TxMode::Select;
    frame.loop_filter_params.loop_filter_level = [10; 4];
    frame.cdef_params.cdef_y_pri_strength[0] = 4;
    frame.lr_params = LrParams {
        uses_lr: true,
        frame_restoration_type: [RestorationType::Switchable; 3],
        loop_restoration_size: [64 << u16::from(use_128x128_superblock); 3],
    };
    (sequence, frame)
}

#[test]
fn a_photo_takes_a_few_megabytes() {
    for (use_128x128_superblock, most) in [(false, 4 << 20), (true, 5 << 20)] {
        let (sequence, frame) = headers(4000, 3000, use_128x128_superblock);
        let bytes = Decoder::heap_bytes(&sequence, &frame);
        assert!(bytes < most, "{bytes}");
        // Height takes no more, but for two further tiles beside each other.
        for (height, more) in [(4600, 4 << 10), (6000, 64 << 10)] {
            let (sequence, frame) = headers(4000, height, use_128x128_superblock);
            assert!(Decoder::heap_bytes(&sequence, &frame) < bytes + more);
        }
    }
    // The widest picture of AV1.
    let (sequence, frame) = headers(65536, 65536, true);
    let bytes = Decoder::heap_bytes(&sequence, &frame);
    assert!(bytes < 100 << 20, "{bytes}");
}
