//! A GIF, an APNG or an animated WebP: it is played or refused, within what the limits allow; without loss the WebP that
//! is made of it shows the same for as long, as often.
//!
//! The first byte of the data chooses limits and how it is converted, the rest is the file.

use slimpix::{
    Animation, codec,
    convert::{Mode, Outcome, Params, convert, plan},
    error::{ErrorKind, Result},
    limits::Limits,
};

use super::heap::peak_of;

/// What is shown, for how many milliseconds, where what stays the same is one; and how often.
type Played = (Vec<(Vec<u8>, u32)>, u32);

const MOST_FRAMES: u32 = 40;

pub fn target(data: &[u8]) {
    let Some((&choice, file)) = data.split_first() else { return };
    let memory = [1 << 20, 256 << 20][usize::from(choice & 1)];
    let limits = Limits::default()
        .with_max_pixels(1 << 13)
        .with_max_memory(memory)
        .with_max_frames(MOST_FRAMES, 1 << 18);
    let source = play(file, &limits);
    let mode = [Mode::Lossless, Mode::Auto, Mode::Lossy][usize::from(choice >> 1) % 3];
    let params = Params::default().with_mode(mode).with_effort(choice >> 4 & 1);
    let Ok(probe) = codec::probe(file) else { return };
    if probe.animated != Some(true) {
        return;
    }
    let (peak, outcome) = peak_of(|| convert(file, &params, &limits));
    let made = match outcome {
        Ok(Outcome::Made(made)) => made,
        Ok(Outcome::Kept(_)) => return,
        Err(error) => {
            assert_ne!(error.kind(), ErrorKind::Internal, "{error}");
            return;
        }
    };
    let stated = plan(&probe, &params).expect("it was made").within(&limits).peak_bytes;
    assert!(peak <= stated, "{peak} bytes, {stated} stated");
    let (source, plays) = source.expect("what is converted is played");
    let (shown, made_plays) = play(&made.bytes, &Limits::default()).expect("what was made is played");
    assert_eq!(made_plays, plays.min(65_535));
    if mode == Mode::Lossless {
        assert!(shown == source, "other pixels or times");
    }
    let time = |shown: &[(Vec<u8>, u32)]| shown.iter().map(|(_, time)| u64::from(*time)).sum::<u64>();
    assert_eq!(time(&shown), time(&source));
}

fn play(file: &[u8], limits: &Limits) -> Result<Played> {
    let mut animation = Animation::new(file, limits)?;
    let (pixels, mut frames, mut shown) = (animation.size().pixels() as usize, 0, Vec::new());
    loop {
        let delay = match animation.next_frame() {
            Ok(Some(delay)) => delay,
            Ok(None) => break,
            Err(error) => {
                assert_ne!(error.kind(), ErrorKind::Internal, "{error}");
                return Err(error);
            }
        };
        frames += 1;
        assert!(frames <= limits.max_frames && delay > 10, "frame {frames} of {delay} ms");
        assert_eq!(animation.pixels().len(), 4 * pixels);
        match shown.last_mut() {
            Some((last, time)) if last == animation.pixels() => *time += delay,
            _ => shown.push((animation.pixels().to_vec(), delay)),
        }
    }
    Ok((shown, animation.plays()))
}

pub fn seeds() -> Vec<Vec<u8>> {
    let gifs: [&[u8]; 2] = [
        include_bytes!("../../data/golden/moving.gif"),
        include_bytes!("../../data/pictures/mixed-disposal.gif"),
    ];
    let mut files: Vec<Vec<u8>> = gifs.map(<[u8]>::to_vec).to_vec();
    for (gif, mode) in [(gifs[0], Mode::Auto), (gifs[0], Mode::Lossy), (gifs[1], Mode::Lossless)] {
        match convert(gif, &Params::default().with_mode(mode), &Limits::default()) {
            Ok(Outcome::Made(made)) => files.push(made.bytes),
            other => panic!("{other:?}"),
        }
    }
    files.push(apng());
    (0..)
        .zip(&files)
        .flat_map(|(at, file)| [[&[1 + 2 * at], &file[..]].concat(), [&[1], &file[..]].concat()])
        .collect()
}

/// Two frames over a fallback that is none: the second one blended, and disposed of by what was there before.
fn apng() -> Vec<u8> {
    // Deflate of one stored block: filter bytes and RGBA of so many rows.
    let stored = |width: usize, height: usize, pixel: [u8; 4]| {
        let rows = [&[0], &pixel.repeat(width)[..]].concat().repeat(height);
        let (a, b) = rows.iter().fold((1_u32, 0_u32), |(a, b), byte| {
            let a = (a + u32::from(*byte)) % 65_521;
            (a, (b + a) % 65_521)
        });
        let length = (rows.len() as u16).to_le_bytes();
        let inverse = (!(rows.len() as u16)).to_le_bytes();
        [&[0x78, 1, 1], &length[..], &inverse[..], &rows, &(b << 16 | a).to_be_bytes()[..]].concat()
    };
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], payload: &[u8]| {
        file.extend((payload.len() as u32).to_be_bytes());
        let body = [&name[..], payload].concat();
        file.extend(&body);
        file.extend(crc(&body).to_be_bytes());
    };
    let frame = |number: u32, width: u32, height: u32, left: u32, top: u32, dispose: u8, blend: u8| {
        let mut control: Vec<u8> =
            [number, width, height, left, top].iter().flat_map(|value| value.to_be_bytes()).collect();
        control.extend([0, 7, 0, 100, dispose, blend]);
        control
    };
    chunk(b"IHDR", &[0, 0, 0, 9, 0, 0, 0, 7, 8, 6, 0, 0, 0]);
    chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 3]);
    chunk(b"IDAT", &stored(9, 7, [9, 9, 9, 255]));
    chunk(b"fcTL", &frame(0, 9, 7, 0, 0, 0, 0));
    chunk(b"fdAT", &[&[0, 0, 0, 1], &stored(9, 7, [200, 40, 40, 255])[..]].concat());
    chunk(b"fcTL", &frame(2, 4, 3, 3, 2, 2, 1));
    chunk(b"fdAT", &[&[0, 0, 0, 3], &stored(4, 3, [30, 90, 220, 128])[..]].concat());
    chunk(b"IEND", &[]);
    file
}

/// PNG's check of a chunk.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}
