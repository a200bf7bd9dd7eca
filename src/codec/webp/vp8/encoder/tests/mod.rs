//! What the encoder reconstructs is what a decoder sees, pixel for pixel.
//!
//! An observer gathers the macroblocks, the loop filter is run over them, chroma is scaled up and turned into RGB
//! as the WebP decoders do it: the result must be what `image-webp` makes of the file. That libwebp
//! makes the same of it is held in `tests/it`.

mod loop_filter;

use std::{io::Cursor, sync::Mutex};

use image_webp::WebPDecoder;

use self::loop_filter::{Plane, Strength};
use super::{
    super::{macroblock::Position, yuv},
    Config, Encoder, Observer, Pixels,
    memory::{TokenBufferSize, most_bytes},
    tuning::Tuning,
};
use crate::{
    error::Kind,
    pixel::{Layout, Size, Subsampling},
    simd::{Level, levels},
};

/// Gathers macroblocks from any thread.
struct Watcher(Mutex<Frame>);

impl Observer for Watcher {
    fn macroblock(&self, place: Position, pixels: &Pixels, inner: bool, segment: u8) {
        self.0.lock().unwrap().add(place, pixels, inner, segment);
    }
}

/// The frame as it is reconstructed.
struct Frame {
    stride: usize,
    y: Vec<u8>,
    uv: [Vec<u8>; 2],
    macroblocks: Vec<(usize, usize, bool, u8)>,
}

impl Frame {
    fn new(size: Size) -> Self {
        let stride = size.width.next_multiple_of(16) as usize;
        let area = stride * size.height.next_multiple_of(16) as usize;
        Self { stride, y: vec![0; area], uv: [0, 1].map(|_| vec![0; area / 4]), macroblocks: Vec::new() }
    }

    fn add(&mut self, place: Position, pixels: &Pixels, inner: bool, segment: u8) {
        let Position { column, row } = place;
        for (y, line) in pixels.y.iter().enumerate() {
            let start = (row * 16 + y) * self.stride + column * 16;
            self.y[start..start + 16].copy_from_slice(line);
        }
        for (plane, lines) in self.uv.iter_mut().zip(&pixels.uv) {
            for (y, line) in lines.iter().enumerate() {
                let start = (row * 8 + y) * self.stride / 2 + column * 8;
                plane[start..start + 8].copy_from_slice(line);
            }
        }
        self.macroblocks.push((column, row, inner, segment));
    }

    fn filter(&mut self, levels: [u8; 4], sharpness: u8) {
        // Threads add them in any order; the filter goes by rows.
        self.macroblocks.sort_unstable_by_key(|&(column, row, ..)| (row, column));
        for &(column, row, inner, segment) in &self.macroblocks {
            let strength = Strength::new(levels[usize::from(segment)], sharpness);
            let edges = [column > 0, row > 0];
            let mut plane = Plane { samples: &mut self.y, stride: self.stride };
            plane.macroblock((row * self.stride + column) * 16, 16, edges, inner, strength);
            for samples in &mut self.uv {
                let mut plane = Plane { samples, stride: self.stride / 2 };
                plane.macroblock((row * self.stride / 2 + column) * 8, 8, edges, inner, strength);
            }
        }
    }

    /// A chroma sample for a pixel: a weighted mean of the four nearest, rounded twice as libwebp does.
    fn chroma(&self, plane: usize, size: Size, x: usize, y: usize) -> i32 {
        let (right, bottom) = ((size.width as usize - 1) / 2, (size.height as usize - 1) / 2);
        let beside = |place: usize, last: usize| {
            let other = if place % 2 == 1 { place / 2 + 1 } else { (place / 2).saturating_sub(1) };
            other.min(last)
        };
        let (near_x, near_y) = (x / 2, y / 2);
        let (far_x, far_y) = (beside(x, right), beside(y, bottom));
        let at = |x: usize, y: usize| i32::from(self.uv[plane][y * self.stride / 2 + x]);
        let [near, side, other, far] =
            [at(near_x, near_y), at(far_x, near_y), at(near_x, far_y), at(far_x, far_y)];
        if far_x == near_x {
            return (3 * near + other + 2) >> 2;
        }
        let diagonal = (near + side + other + far + 8 + 2 * (side + other)) >> 3;
        (near + diagonal) >> 1
    }

    fn to_rgb(&self, size: Size) -> Vec<u8> {
        let mut out = Vec::new();
        for y in 0..size.height as usize {
            for x in 0..size.width as usize {
                let luma = (i32::from(self.y[y * self.stride + x]) * yuv::Y_TO_RGB) >> 8;
                let (u, v) = (self.chroma(0, size, x, y), self.chroma(1, size, x, y));
                let r = luma + ((v * yuv::V_TO_R) >> 8) + yuv::R_OFFSET;
                let g = luma - ((u * yuv::U_TO_G) >> 8) - ((v * yuv::V_TO_G) >> 8) + yuv::G_OFFSET;
                let b = luma + ((u * yuv::U_TO_B) >> 8) + yuv::B_OFFSET;
                out.extend([r, g, b].map(|value| (value >> 6).clamp(0, 255) as u8));
            }
        }
        out
    }
}

/// The simplest file around a `VP8 ` chunk.
fn file(payload: &[u8]) -> Vec<u8> {
    let mut out = b"RIFF".to_vec();
    let padded = payload.len().next_multiple_of(2);
    out.extend((12 + padded as u32).to_le_bytes());
    out.extend(b"WEBPVP8 ");
    out.extend((payload.len() as u32).to_le_bytes());
    out.extend(payload);
    out.resize(20 + padded, 0);
    out
}

fn decode(payload: &[u8], size: Size) -> Vec<u8> {
    let mut decoder = WebPDecoder::new(Cursor::new(file(payload))).unwrap();
    assert_eq!(decoder.dimensions(), (size.width, size.height));
    let mut data = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut data).unwrap();
    data
}

pub struct Random(pub u32);

impl Random {
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % limit
    }
}

/// Noise, ramps, checks, or ramps with noise.
pub fn picture(random: &mut Random, size: Size) -> Vec<u8> {
    let kind = random.below(4);
    let (a, b, c) = (random.below(9), random.below(9), random.below(255));
    let mut data = Vec::new();
    for (y, x) in (0..size.height).flat_map(|y| (0..size.width).map(move |x| (y, x))) {
        data.extend([0, 1, 2].map(|channel| match kind {
            0 => random.below(256) as u8,
            1 => (x * a + y * b + c * channel) as u8,
            2 => (x / (a + 1) + y / (b + 1)) as u8 % 2 * 255,
            _ => ((x * a / 2 + y * b / 2) as u8).wrapping_add(random.below(16) as u8),
        }));
    }
    data
}

fn encode(size: Size, config: Config, level: Level, rgb: &[u8]) -> (Vec<u8>, Frame) {
    let watcher = Watcher(Mutex::new(Frame::new(size)));
    let mut encoder = Encoder::observed(size, config, &Tuning::default(), level, watcher).unwrap();
    encoder.push_rows(Layout::Rgb, rgb).unwrap();
    let filter = encoder.filter();
    let (payload, watcher) = encoder.finish_observed().unwrap();
    let mut frame = watcher.0.into_inner().unwrap();
    frame.filter(filter.levels, filter.sharpness);
    (payload, frame)
}

fn assert_alike(size: Size, config: Config, rgb: &[u8]) {
    let (payload, frame) = encode(size, config, Level::new(), rgb);
    let expected = frame.to_rgb(size);
    let differs = decode(&payload, size).iter().zip(&expected).position(|(a, b)| a != b);
    assert_eq!(differs, None, "{size:?} {config:?}");
}

#[test]
fn every_size_quality_and_effort_decodes_as_reconstructed() {
    let mut random = Random(1);
    for width in 1..=65 {
        for height in 1..=65 {
            let (quality, effort) = (random.below(101) as u8, random.below(7) as u8);
            let (sharp, threads) = (random.below(2) == 1, 1 + random.below(3) as usize);
            let picture = picture(&mut random, Size::new(width, height));
            assert_alike(Size::new(width, height), Config { quality, effort, sharp, threads }, &picture);
        }
    }
}

#[test]
fn the_longest_sides_decode_as_reconstructed() {
    let mut random = Random(2);
    for size in [Size::new(16_383, 3), Size::new(5, 16_383)] {
        let picture = picture(&mut random, size);
        assert_alike(size, Config { quality: 60, effort: 4, sharp: false, threads: 1 }, &picture);
    }
}

#[test]
fn all_levels_of_simd_give_the_same_bytes() {
    let mut random = Random(3);
    for effort in 0..=6 {
        let size = Size::new(50 + random.below(30), 70);
        let picture = picture(&mut random, size);
        let config = Config { quality: 30 + 10 * effort, effort, sharp: false, threads: 1 };
        let files: Vec<_> =
            levels().into_iter().map(|level| encode(size, config, level, &picture).0).collect();
        assert!(files.iter().all(|file| *file == files[0]), "effort {effort}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    // Large enough for batches of several rows.
    let size = Size::new(1_100, 930);
    let rgb = picture(&mut Random(5), size);
    for effort in [0, 2, 5] {
        let bytes =
            |threads| encode(size, Config { quality: 60, effort, sharp: false, threads }, Level::new(), &rgb);
        let (one, frame) = bytes(1);
        assert_eq!(decode(&one, size), frame.to_rgb(size), "effort {effort}");
        for threads in [2, 3, 16] {
            assert!(bytes(threads).0 == one, "effort {effort}, {threads} threads");
        }
    }
}

/// Noise of full contrast.
fn noise(size: Size) -> Vec<u8> {
    let mut random = Random(6);
    (0..3 * size.pixels()).map(|_| random.below(2) as u8 * 255).collect()
}

#[test]
fn a_long_picture_is_written_before_it_is_whole() {
    // Its tokens are longer than those that wait.
    let size = Size::new(800, 1_300);
    let rgb = noise(size);
    let bytes =
        |threads| encode(size, Config { quality: 80, effort: 0, sharp: false, threads }, Level::new(), &rgb);
    let (one, frame) = bytes(1);
    assert!(one.len() > TokenBufferSize::new(size, 80).limit as usize * 5 / 4, "{} bytes", one.len());
    assert!(decode(&one, size) == frame.to_rgb(size));
    for threads in [2, 5] {
        assert!(bytes(threads).0 == one, "{threads} threads");
    }
}

#[test]
fn what_is_too_long_is_given_up_before_its_end() {
    let size = Size::new(800, 1_300);
    let rgb = noise(size);
    let config = Config { quality: 70, effort: 0, sharp: false, threads: 1 };
    let push = |encoder: &mut Encoder| {
        rgb.chunks(3 * 800 * 16).try_fold(0, |rows, portion| {
            encoder.push_rows(Layout::Rgb, portion).map_err(|error| (rows, error.kind()))?;
            Ok(rows + 16)
        })
    };
    let mut whole = Encoder::new(size, config).unwrap();
    push(&mut whole).unwrap();
    let whole = whole.finish().unwrap();
    let mut exact = Encoder::within(size, config, whole.len() as u64).unwrap();
    push(&mut exact).unwrap();
    assert!(exact.finish().unwrap() == whole);
    let mut short = Encoder::within(size, config, whole.len() as u64 - 1).unwrap();
    push(&mut short).unwrap();
    assert_eq!(short.finish().unwrap_err().kind(), Kind::OutputTooLarge);
    // Half of the room is used up after half of the picture.
    let mut half = Encoder::within(size, config, whole.len() as u64 / 2).unwrap();
    let (rows, kind) = push(&mut half).unwrap_err();
    assert_eq!(kind, Kind::OutputTooLarge);
    assert!((600..800).contains(&rows), "{rows}");
}

#[test]
fn nothing_is_longer_than_the_room_for_it() {
    let mut random = Random(7);
    let size = Size::new(96, 96);
    let chroma = 96 * 96 / 4;
    let mut bits = |length| -> Vec<u8> { (0..length).map(|_| random.below(2) as u8 * 255).collect() };
    let planes = [bits(96 * 96), bits(chroma), bits(chroma)];
    for quality in [0, 10, 30, 50, 70, 80, 90, 95, 100] {
        for effort in [0, 4] {
            let mut encoder =
                Encoder::new(size, Config { quality, effort, sharp: false, threads: 1 }).unwrap();
            encoder.push_planes(Subsampling::Yuv420, [&planes[0], &planes[1], &planes[2]]).unwrap();
            let length = encoder.finish().unwrap().len() as u64;
            // With the headers' allowance left out, since it is what a small picture needs most.
            let most = most_bytes(size, quality) - 4096;
            assert!(length <= most && most <= 2 * length + 3000, "quality {quality}: {length} of {most}");
        }
    }
}

#[test]
fn rows_may_come_in_any_portions() {
    let size = Size::new(37, 50);
    let rgb = picture(&mut Random(4), size);
    let config = Config { quality: 70, effort: 3, sharp: false, threads: 1 };
    let whole = encode(size, config, Level::new(), &rgb).0;
    for rows in [1, 3, 16, 49] {
        let mut encoder = Encoder::new(size, config).unwrap();
        for portion in rgb.chunks(37 * 3 * rows) {
            encoder.push_rows(Layout::Rgb, portion).unwrap();
        }
        assert_eq!(encoder.finish().unwrap(), whole, "{rows} rows at once");
    }
}

#[test]
fn planes_of_any_subsampling_keep_their_colours() {
    // A colour whose planes are flat comes back within the quantiser's reach.
    let size = Size::new(35, 21);
    for subsampling in [Subsampling::Yuv444, Subsampling::Yuv422, Subsampling::Yuv420, Subsampling::Yuv440] {
        let chroma = subsampling.chroma_size(size).pixels() as usize;
        let (y, cb, cr) = (vec![120; 35 * 21], vec![90; chroma], vec![200; chroma]);
        let mut encoder =
            Encoder::new(size, Config { quality: 95, effort: 4, sharp: false, threads: 1 }).unwrap();
        encoder.push_planes(subsampling, [&y, &cb, &cr]).unwrap();
        let decoded = decode(&encoder.finish().unwrap(), size);
        // JFIF's conversion of 120, 90, 200.
        for pixel in decoded.chunks_exact(3) {
            let near = pixel.iter().zip([221, 82, 53]).all(|(&a, b)| i32::from(a).abs_diff(b) <= 4);
            assert!(near, "{subsampling:?}: {pixel:?}");
        }
    }
}

#[test]
fn wrong_sizes_and_rows_are_errors() {
    let config = Config { quality: 75, effort: 4, sharp: false, threads: 1 };
    for (width, height) in [(0, 1), (1, 0), (16_384, 1), (1, 16_384)] {
        let error = Encoder::new(Size::new(width, height), config).err().map(|error| error.kind());
        assert_eq!(error, Some(Kind::LimitExceeded), "{width}x{height}");
    }
    let new = || Encoder::new(Size::new(20, 20), config).unwrap();
    let mut encoder = new();
    assert_eq!(encoder.push_rows(Layout::Gray, &[0; 19]).unwrap_err().kind(), Kind::Internal);
    assert_eq!(encoder.push_rows(Layout::Gray, &[0; 20 * 21]).unwrap_err().kind(), Kind::Internal);
    let mut encoder = new();
    encoder.push_rows(Layout::Gray, &[0; 20 * 19]).unwrap();
    assert_eq!(encoder.finish().unwrap_err().kind(), Kind::Internal);
}
