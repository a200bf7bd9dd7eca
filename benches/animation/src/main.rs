//! What `run` needs: an animated WebP by slimpix, and how near one is to its source as libwebp's decoder composes it.
//!
//! ```text
//! animation-bench encode lossy|lossless|mixed QUALITY EFFORT IN OUT
//! animation-bench score SOURCE WEBP      the mean SSIMULACRA2 of all frames on white, the worst one, and if all pixels
//!                                        and times are the source's
//! ```

use std::{env, fs, mem, process::ExitCode, ptr, slice};

use fast_ssim2::{PixelDescriptor, PixelSlice, compute_ssimulacra2};
use slimpix::{Animation, Limits, Mode, Outcome, Params, convert};

type Error = Box<dyn std::error::Error>;

/// RGBA, and when it ends to be shown, in milliseconds.
type Frame = (Vec<u8>, u32);

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["encode", mode, quality, effort, from, to] => encode(mode, quality, effort, from, to),
        ["score", source, webp] => score(source, webp),
        _ => Err("see the head of src/main.rs".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("animation-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn encode(mode: &str, quality: &str, effort: &str, from: &str, to: &str) -> Result<(), Error> {
    let mode = match mode {
        "lossy" => Mode::Lossy,
        "lossless" => Mode::Lossless,
        _ => Mode::Auto,
    };
    let params = Params::default().with_mode(mode).with_quality(quality.parse()?).with_effort(effort.parse()?);
    // A WebP may be longer than its GIF here: bytes are what is measured.
    let limits = Limits::default().with_max_output_bytes(1 << 30);
    match convert(&fs::read(from)?, &params, &limits)? {
        Outcome::Made(made) => Ok(fs::write(to, made.bytes)?),
        Outcome::Kept(why) => Err(format!("{from} is kept: {why:?}").into()),
    }
}

fn score(source: &str, webp: &str) -> Result<(), Error> {
    let source = fs::read(source)?;
    let mut animation = Animation::new(&source, &Limits::default())?;
    let (width, height) = (animation.size().width, animation.size().height);
    let shown = decoded(&fs::read(webp)?)?;
    let (mut scores, mut is_same, mut time, mut at) = (Vec::new(), true, 0, 0);
    while let Some(delay) = animation.next_frame()? {
        while shown.get(at).is_some_and(|(_, end)| *end <= time) {
            at += 1;
        }
        let frame = &shown.get(at).ok_or("the WebP is shorter")?.0;
        time += delay;
        let source = transparent_is_zero(animation.pixels());
        if source == *frame {
            scores.push(100.0);
            continue;
        }
        is_same = false;
        let (source, frame) = (on_white(&source), on_white(frame));
        let pixels = |pixels| {
            PixelSlice::new(pixels, width, height, 3 * width as usize, PixelDescriptor::RGB8_SRGB)
                .expect("as many pixels as the size says")
        };
        scores.push(compute_ssimulacra2(&pixels(&source), &pixels(&frame))?);
    }
    is_same &= shown.last().is_some_and(|(_, end)| *end == time);
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    println!("{mean}\t{}\t{is_same}", scores.iter().copied().fold(100.0, f64::min));
    Ok(())
}

fn transparent_is_zero(pixels: &[u8]) -> Vec<u8> {
    let pixels = pixels.as_chunks::<4>().0.iter();
    pixels.flat_map(|pixel| if pixel[3] == 0 { [0; 4] } else { *pixel }).collect()
}

fn on_white(pixels: &[u8]) -> Vec<u8> {
    let over = |color: u8, alpha: u8| {
        let (color, alpha) = (u32::from(color), u32::from(alpha));
        ((color * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    pixels.as_chunks::<4>().0.iter().flat_map(|[r, g, b, a]| [*r, *g, *b].map(|color| over(color, *a))).collect()
}

/// All frames of a WebP as libwebp composes them.
fn decoded(file: &[u8]) -> Result<Vec<Frame>, Error> {
    let mut frames = Vec::new();
    // SAFETY: the file outlives the decoder, which owns the pixels that are copied before the next frame.
    unsafe {
        let data = libwebp_sys::WebPData { bytes: file.as_ptr(), size: file.len() };
        let mut options = mem::zeroed();
        libwebp_sys::WebPAnimDecoderOptionsInit(&mut options);
        options.color_mode = libwebp_sys::WEBP_CSP_MODE::MODE_RGBA;
        let decoder = libwebp_sys::WebPAnimDecoderNew(&data, &options);
        if decoder.is_null() {
            return Err("libwebp refuses the file".into());
        }
        let mut info = mem::zeroed::<libwebp_sys::WebPAnimInfo>();
        libwebp_sys::WebPAnimDecoderGetInfo(decoder, &mut info);
        let bytes = 4 * info.canvas_width as usize * info.canvas_height as usize;
        while libwebp_sys::WebPAnimDecoderHasMoreFrames(decoder) != 0 {
            let (mut pixels, mut time) = (ptr::null_mut(), 0);
            if libwebp_sys::WebPAnimDecoderGetNext(decoder, &mut pixels, &mut time) == 0 {
                return Err("libwebp refuses a frame".into());
            }
            frames.push((transparent_is_zero(slice::from_raw_parts(pixels, bytes)), time as u32));
        }
        libwebp_sys::WebPAnimDecoderDelete(decoder);
    }
    Ok(frames)
}
