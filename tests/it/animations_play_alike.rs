//! Animations are read as browsers play them, and what is made of them plays alike: libwebp's own player shows the same
//! pixels for the same time, as often.

#![allow(unsafe_code, reason = "libwebp is C")]

use std::mem;

use gif::{DisposalMethod, Encoder, Frame, Repeat};
use slimpix::{
    Animation, Limits, Mode, Outcome, Params, Resize, Size,
    codec::{self, Format},
    convert, plan,
};

use crate::{
    corpus::{Corpus, Row, sha256},
    support::heap::peak_of,
};

/// What is shown, for how many milliseconds; what stays the same is one.
type Shown = Vec<(Vec<u8>, u32)>;

fn joined(frames: impl Iterator<Item = (Vec<u8>, u32)>) -> Shown {
    let mut all: Shown = Vec::new();
    for (mut pixels, delay) in frames {
        for pixel in pixels.as_chunks_mut::<4>().0.iter_mut().filter(|pixel| pixel[3] == 0) {
            *pixel = [0; 4];
        }
        match all.last_mut() {
            Some((last, time)) if *last == pixels => *time += delay,
            _ => all.push((pixels, delay)),
        }
    }
    all
}

/// By our own reader.
fn played(file: &[u8]) -> (Shown, u32) {
    let mut animation = Animation::new(file, &Limits::default()).unwrap();
    let mut frames = Vec::new();
    while let Some(delay) = animation.next_frame().unwrap() {
        frames.push((animation.pixels().to_vec(), delay));
    }
    (joined(frames.into_iter()), animation.plays())
}

/// By libwebp.
fn played_by_libwebp(file: &[u8]) -> (Shown, u32) {
    let mut frames = Vec::new();
    // SAFETY: the file outlives the decoder, which owns the pixels that are copied before the next frame.
    let plays = unsafe {
        let data = libwebp_sys::WebPData { bytes: file.as_ptr(), size: file.len() };
        let mut options = mem::zeroed();
        assert_ne!(libwebp_sys::WebPAnimDecoderOptionsInit(&mut options), 0);
        options.color_mode = libwebp_sys::WEBP_CSP_MODE::MODE_RGBA;
        let decoder = libwebp_sys::WebPAnimDecoderNew(&data, &options);
        assert!(!decoder.is_null(), "libwebp refuses the file");
        let mut info = mem::zeroed::<libwebp_sys::WebPAnimInfo>();
        assert_ne!(libwebp_sys::WebPAnimDecoderGetInfo(decoder, &mut info), 0);
        let bytes = 4 * info.canvas_width as usize * info.canvas_height as usize;
        let mut before = 0;
        while libwebp_sys::WebPAnimDecoderHasMoreFrames(decoder) != 0 {
            let (mut pixels, mut time) = (std::ptr::null_mut(), 0);
            assert_ne!(libwebp_sys::WebPAnimDecoderGetNext(decoder, &mut pixels, &mut time), 0);
            frames.push((std::slice::from_raw_parts(pixels, bytes).to_vec(), (time - before) as u32));
            before = time;
        }
        libwebp_sys::WebPAnimDecoderDelete(decoder);
        info.loop_count
    };
    (joined(frames.into_iter()), plays)
}

fn made(file: &[u8], params: &Params) -> Vec<u8> {
    match convert(file, params, &Limits::default()).unwrap() {
        Outcome::Made(made) => made.bytes,
        Outcome::Kept(kept) => panic!("{kept:?}"),
    }
}

fn moving(corpus: &Corpus) -> impl Iterator<Item = (&Row, Vec<u8>)> {
    let rows = corpus.rows.iter().filter(|row| !row.anim.is_empty());
    rows.map(|row| (row, corpus.read(row)))
}

/// Rows whose pixels the manifest's decoder, Pillow, has otherwise than browsers, and why.
const OTHERWISE: [(&str, &str); 8] = [
    ("dispose_bgnd_rgba.gif", "the background that a GIF names is shown nowhere"),
    ("gif-anim-disp2-trans.gif", "as above"),
    ("large-gif-anim-combine.gif", "the colour of fully transparent pixels"),
    ("anim-lossy.webp", "as above"),
    ("test_extents.gif", "no canvas grows with a later frame"),
    ("animated-red-blue.apng", "what was there before a frame comes back"),
    ("muybridge.apng", "transparent pixels leave what is there"),
    ("fcTL-blend-source-transparent.png", "the fallback is no frame"),
];

#[test]
fn frames_delays_and_plays_are_those_of_the_manifest() {
    let corpus = Corpus::find();
    let mut failures = Vec::new();
    for (row, file) in moving(&corpus) {
        let field = |name: &str| row.anim.split(';').find_map(|part| part.strip_prefix(name)).unwrap_or("");
        let delays = field("dur=").split(',').map(|delay| delay.parse::<u32>().unwrap());
        let delays: Vec<u32> = delays.map(|delay| if delay <= 10 { 100 } else { delay }).collect();
        let mut animation = Animation::new(&file, &Limits::default()).unwrap();
        let (mut own, mut pixels) = (Vec::new(), Vec::new());
        while let Some(delay) = animation.next_frame().unwrap() {
            own.push(delay);
            pixels.extend_from_slice(animation.pixels());
        }
        // The manifest has what the file says: of a GIF how often it is repeated.
        let said: Option<u32> = field("loop=").parse().ok();
        let plays = match said {
            None => 1,
            Some(said) if row.format == "gif" && said > 0 => said + 1,
            Some(said) => said,
        };
        let is_otherwise = OTHERWISE.iter().any(|(name, _)| row.path.ends_with(name));
        // The manifest has the first delays of a long list.
        if (!own.starts_with(&delays) || animation.plays() != plays) && !row.path.contains("fcTL-blend") {
            failures.push(format!("{}: {own:?}, {} plays", row.path, animation.plays()));
        }
        if (sha256(&pixels) == field("sha=")) == is_otherwise {
            failures.push(format!("{}: other pixels", row.path));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_is_made_without_loss_plays_as_its_source_does() {
    let corpus = Corpus::find();
    let files = moving(&corpus).map(|(row, file)| (row.path.clone(), file));
    let params = Params::default().with_mode(Mode::Lossless).with_effort(1);
    for (name, file) in files.chain(drawn()) {
        let ours = made(&file, &params);
        let (shown, plays) = played(&file);
        let expected = (shown, plays.min(65_535));
        assert!(played_by_libwebp(&ours) == expected, "{name}: libwebp plays something else");
        assert!(played(&ours) == expected, "{name}: we play something else");
    }
}

/// A frame: left, top, width, disposal, delay in hundredths, and indices; 0 is transparent.
type Drawn = (u16, u16, u16, DisposalMethod, u16, Vec<u8>);

/// A GIF of frames.
fn gif_of(size: (u16, u16), repeat: Option<Repeat>, frames: &[Drawn]) -> Vec<u8> {
    let mut file = Vec::new();
    let palette = [9, 9, 9, 250, 30, 30, 40, 220, 60, 50, 60, 240];
    let mut encoder = Encoder::new(&mut file, size.0, size.1, &palette).unwrap();
    if let Some(repeat) = repeat {
        encoder.set_repeat(repeat).unwrap();
    }
    for (left, top, width, dispose, delay, indices) in frames {
        let height = (indices.len() / usize::from(*width)) as u16;
        let frame = Frame {
            left: *left,
            top: *top,
            dispose: *dispose,
            delay: *delay,
            ..Frame::from_indexed_pixels(*width, height, indices.clone(), Some(0))
        };
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    file
}

/// GIFs with what is rare: off the corner, disposal of all kinds, frames that change nothing, and none that is seen.
fn drawn() -> Vec<(String, Vec<u8>)> {
    use DisposalMethod::{Any, Background, Keep, Previous};
    let disposals = [Any, Keep, Background, Previous];
    let mut all = Vec::new();
    for (seed, repeat) in [
        (1, None),
        (2, Some(Repeat::Finite(1))),
        (3, Some(Repeat::Infinite)),
        (4, Some(Repeat::Finite(65_535))),
    ] {
        let mut state = seed * 77_u32;
        let mut next = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        let mut frames = Vec::new();
        for _ in 0..40 {
            let (left, top) = (next(40) as u16, next(30) as u16);
            let (width, height) = (1 + next(30), 1 + next(24));
            let flat = next(4) as u8;
            let indices =
                (0..width * height).map(|_| if next(5) == 0 { next(4) as u8 } else { flat }).collect();
            frames.push((left, top, width as u16, disposals[next(4) as usize], next(9) as u16, indices));
        }
        all.push((format!("drawn {seed}"), gif_of((51, 37), repeat, &frames)));
    }
    let nothing = |delay| (3, 5, 2, Keep, delay, vec![0; 4]);
    let dot = (7, 9, 1, Keep, 3, vec![1]);
    all.push(("nothing at first".to_owned(), gif_of((20, 20), None, &[nothing(7), nothing(1), dot.clone()])));
    all.push(("nothing at all".to_owned(), gif_of((20, 20), None, &[nothing(7), nothing(0)])));
    // Longer than one frame can be shown.
    let long: Vec<_> = (0..30).map(|_| nothing(65_535)).collect();
    all.push(("a long time".to_owned(), gif_of((20, 20), None, &[&[dot][..], &long].concat())));
    all
}

#[test]
fn a_gif_says_how_often_it_is_repeated_and_a_webp_how_often_it_plays() {
    let frames = [(0, 0, 1, DisposalMethod::Keep, 5, vec![1]), (0, 0, 1, DisposalMethod::Keep, 5, vec![2])];
    for (repeat, plays) in [
        (None, 1),
        (Some(Repeat::Infinite), 0),
        (Some(Repeat::Finite(1)), 2),
        (Some(Repeat::Finite(7)), 8),
        (Some(Repeat::Finite(65_535)), 65_535),
    ] {
        let ours = made(&gif_of((2, 2), repeat, &frames), &Params::default());
        assert_eq!(played_by_libwebp(&ours).1, plays, "{repeat:?}");
        assert_eq!(played(&ours).1, plays);
    }
}

#[test]
fn lossy_and_mixed_frames_stay_near_what_they_show_to_the_end() {
    let size = (120, 90);
    // Smooth colours and a shape that goes over them: what it leaves behind must be what was there.
    let frames: Vec<_> = (0..30_u16)
        .map(|t| {
            let pixel = |at: u16| {
                let (x, y) = (at % 120, at / 120);
                if x.abs_diff(4 * t) < 12 && y.abs_diff(40) < 12 { 1 } else { 2 + ((x + y) / 60 % 2) as u8 }
            };
            (0, 0, 120, DisposalMethod::Keep, 4, (0..120 * 90).map(pixel).collect())
        })
        .collect();
    let file = gif_of(size, None, &frames);
    let (expected, _) = played(&file);
    for mode in [Mode::Lossy, Mode::Auto] {
        let ours = made(&file, &Params::default().with_mode(mode));
        assert!(ours.len() < file.len() * 3, "{mode:?}: {} of {}", ours.len(), file.len());
        let (shown, _) = played_by_libwebp(&ours);
        assert_eq!(shown.len(), expected.len());
        for ((ours, our_time), (theirs, time)) in shown.iter().zip(&expected) {
            assert_eq!(our_time, time);
            let sum: u64 = ours.iter().zip(theirs).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            assert!(sum < 5 * ours.len() as u64, "{mode:?}: {}", sum as f64 / ours.len() as f64);
        }
    }
}

#[test]
fn animations_are_scaled_and_cropped_frame_by_frame() {
    let file = &drawn()[2].1;
    for (params, size) in [
        (Params::default().with_resize(Resize::to_width(25)), Size::new(25, 18)),
        (Params::default().with_resize(Resize::new(30, 30).with_fit(slimpix::Fit::Cover)), Size::new(30, 30)),
    ] {
        let ours = made(file, &params.with_mode(Mode::Lossless));
        let probe = codec::probe(&ours).unwrap();
        assert_eq!((probe.size, probe.animated), (size, Some(true)));
        let (shown, plays) = played_by_libwebp(&ours);
        let time = |shown: &Shown| shown.iter().map(|(_, time)| time).sum::<u32>();
        let (expected, expected_plays) = played(file);
        assert_eq!((time(&shown), plays), (time(&expected), expected_plays));
    }
    let still = made(file, &Params::default().with_still(true).with_mode(Mode::Lossless));
    assert_eq!(codec::probe(&still).unwrap().animated, Some(false));
    let kept = convert(file, &Params::default().with_format(Format::Jpeg), &Limits::default());
    assert!(matches!(kept, Ok(Outcome::Kept(slimpix::Kept::Animated))));
}

#[test]
fn an_animation_holds_what_is_stated_however_long_it_is() {
    let noise = |seed: u32, at: u32| ((seed * 977 + at).wrapping_mul(2_654_435_761) >> 24) as u8 % 4;
    for (side, count) in [(90, 3), (90, 60), (400, 4)] {
        let frames: Vec<_> = (0..count)
            .map(|seed| {
                // What was there before is needed of another area each time.
                let left = [0, side / 2, side / 3][seed as usize % 3];
                let indices = (0..(side - left) * side).map(|at| noise(seed, at)).collect();
                (left as u16, 0, (side - left) as u16, DisposalMethod::Previous, 5, indices)
            })
            .collect();
        let file = gif_of((side as u16, side as u16), None, &frames);
        for mode in [Mode::Auto, Mode::Lossy, Mode::Lossless] {
            for width in [None, Some(60)] {
                let params = Params::default().with_mode(mode).with_resize(width.map(Resize::to_width));
                let limits = Limits::default().with_max_output_bytes(file.len() as u64);
                let stated = plan(&codec::probe(&file).unwrap(), &params).unwrap().within(&limits).peak_bytes;
                let (peak, outcome) = peak_of(|| convert(&file, &params, &limits));
                println!(
                    "{side} {count} {mode:?} {width:?}: {peak} of {stated}, {:?}",
                    outcome.as_ref().map(|_| ())
                );
                assert!(peak <= stated, "{side} {count} {mode:?} {width:?}: {peak} of {stated}");
                // Of a large canvas not all of what was there before may be kept.
                assert!(side > 90 || outcome.is_ok(), "{outcome:?}");
                let files = limits.max_output_bytes * 9 / 4 + file.len() as u64;
                let pixels = u64::from(side * side);
                assert!(stated <= files + 10 * pixels + (2 << 20), "{side} {mode:?}: {stated}");
            }
        }
    }
}

#[test]
fn frames_and_their_pixels_are_bounded() {
    let dot = |at: u16| (at % 50, 0, 1, DisposalMethod::Background, 1, vec![1]);
    let file = gif_of((50, 50), None, &(0..200).map(dot).collect::<Vec<_>>());
    let refused = |limits: &Limits| convert(&file, &Params::default(), limits).unwrap_err().kind();
    let most = Limits::default();
    assert_eq!(refused(&most.clone().with_max_frames(199, 1 << 20)), slimpix::ErrorKind::LimitExceeded);
    assert_eq!(refused(&most.with_max_frames(200, 300)), slimpix::ErrorKind::LimitExceeded);
    // What is cut short in a frame is not half an animation.
    for cut in [file.len() / 2, file.len() - 3] {
        assert_eq!(
            convert(&file[..cut], &Params::default(), &Limits::default()).unwrap_err().kind(),
            slimpix::ErrorKind::Malformed,
            "{cut}"
        );
    }
}

/// Browsers show the frame of an APNG that has but one, also where its still picture is another.
#[test]
fn a_lone_frame_beside_the_still_picture_is_shown() {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 2, 1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(1, 0).unwrap();
    encoder.set_sep_def_img(true).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[255, 0, 0, 255, 0, 0]).unwrap();
    writer.write_image_data(&[0, 255, 0, 0, 255, 0]).unwrap();
    writer.finish().unwrap();
    let made = made(&file, &Params::default().with_mode(Mode::Lossless));
    let (shown, _) = played(&made);
    assert_eq!(shown.iter().map(|(pixels, _)| &pixels[..]).collect::<Vec<_>>(), [[0, 255, 0, 255].repeat(2)]);
}
