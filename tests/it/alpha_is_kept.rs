//! The alpha of a lossy WebP comes back as it was, from libwebp's decoder and from image-webp, whatever the plane:
//! every size, the longest sides, runs past the longest that the format has, one value, two, few, all, noise.

use slimpix::{
    codec::Format,
    pixel::{Layout, Raster, Size},
};

use crate::{
    lossy_webp_decodes_alike::{by_image_webp, by_libwebp, by_libwebp_in_parts},
    pictures::{coding, encode},
};

/// Numbers that look random, the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as u32
    }

    fn below(&mut self, end: u32) -> u32 {
        self.next() % end
    }
}

/// Encodes it beside black and checks what both decoders see; gives `ALPH`'s payload.
fn check(width: u32, height: u32, alpha: &[u8], what: &str) -> Vec<u8> {
    let data = alpha.iter().flat_map(|&alpha| [0, alpha]).collect();
    let raster = Raster::new(Size::new(width, height), Layout::GrayAlpha, data).unwrap();
    let file = encode(raster, &coding(Format::WebP, 0, false));
    let seen = by_image_webp(&file);
    assert_eq!((seen.0, seen.1), (width, height));
    assert!(seen.2.iter().skip(3).step_by(4).eq(alpha), "{what} {width}x{height}");
    assert!(seen == by_libwebp(&file), "{what} {width}x{height}");
    assert!(seen == by_libwebp_in_parts(&file), "{what} {width}x{height}");
    let Some(at) = file.windows(4).position(|name| name == b"ALPH") else {
        assert!(alpha.iter().all(|&alpha| alpha == 255), "{what} {width}x{height}");
        return Vec::new();
    };
    let length = u32::from_le_bytes(file[at + 4..at + 8].try_into().unwrap()) as usize;
    // Never longer than the samples as they are.
    assert!(length <= alpha.len() + 1, "{what} {width}x{height}: {length} bytes");
    file[at + 8..at + 8 + length].to_vec()
}

/// A plane of some kind, of which there are [`KINDS`].
fn plane(kind: usize, width: u32, height: u32, random: &mut Random) -> Vec<u8> {
    let (few, step) = (1 + random.below(20), 1 + random.below(9));
    let pattern: Vec<u8> = (0..1 + random.below(300)).map(|_| random.next() as u8).collect();
    let value = random.next() as u8;
    let samples = (0..width * height).map(|at| {
        let (x, y) = (at % width, at / width);
        let sample = match kind {
            0 => value.into(),
            1 => random.below(2) * 255,
            2 => random.below(few) * 12,
            3 => random.next(),
            4 => x * step + y,
            5 => pattern[at as usize % pattern.len()].into(),
            6 => pattern[(x + y / 3) as usize % pattern.len()].into(),
            7 => u32::from((x / 5 + y / 4) % 2 == 0) * 255,
            8 => {
                if random.below(40) == 0 {
                    random.next()
                } else {
                    0
                }
            }
            _ => random.next().trailing_zeros() * 9,
        };
        sample as u8
    });
    samples.collect()
}

const KINDS: usize = 10;

#[test]
fn every_size() {
    let mut random = Random(7);
    for (step, (width, height)) in (1..=65).flat_map(|y| (1..=65).map(move |x| (x, y))).enumerate() {
        let kind = (step + step / 65) % KINDS;
        check(width, height, &plane(kind, width, height, &mut random), &format!("kind {kind}"));
    }
}

#[test]
fn every_kind_of_larger_ones() {
    let mut random = Random(1);
    for (width, height) in [(16_383, 1), (1, 16_383), (16_383, 5), (301, 257), (7, 2_000), (640, 400)] {
        for kind in 0..KINDS {
            check(width, height, &plane(kind, width, height, &mut random), &format!("kind {kind}"));
        }
    }
}

/// A run that ends before, at and after the longest, and copies of as much from further up.
#[test]
fn runs_and_copies_past_the_longest() {
    let mut random = Random(3);
    for run in [4_094, 4_095, 4_096, 4_097, 4_098, 8_191, 8_192, 8_193, 8_194, 20_000] {
        for (width, height) in [(16_383, 5), (300, 200)] {
            let once: Vec<u8> = (0..run).map(|_| random.next() as u8).collect();
            let mut alpha = [vec![9; run], vec![1, 2, 3], once.clone(), vec![0; run], once].concat();
            alpha.resize((width * height) as usize, 7);
            check(width, height, &alpha, "a run");
        }
    }
}

/// What can't be made smaller is stored as it is.
#[test]
fn noise_is_stored_as_it_is() {
    let mut random = Random(5);
    let noise: Vec<u8> = (0..400 * 300).map(|_| random.next() as u8).collect();
    let payload = check(400, 300, &noise, "noise");
    assert_eq!((payload[0] & 3, payload.len()), (0, noise.len() + 1));
}

/// All kinds of samples first, few of them later: the code of the first is longer than they are themselves.
#[test]
fn code_that_runs_ahead_of_its_samples() {
    let mut random = Random(11);
    for share in [2, 3, 5, 20] {
        for few in [1, 2, 3, 8] {
            let (width, height) = (500, 400);
            let first = width * height / share;
            let samples = (0..width * height)
                .map(|at| if at < first { random.next() as u8 } else { (random.below(few) * 3) as u8 });
            let alpha: Vec<u8> = samples.collect();
            check(width, height, &alpha, &format!("1 of {share}, then of {few} kinds"));
        }
    }
}
