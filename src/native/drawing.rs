//! SVG is drawn in a process of its own: this program again, whose memory and processor time the kernel bounds by
//! what was stated. A drawing that was misjudged ends there, and nobody else's conversion with it.
//!
//! The two speak by pipes: a line of JSON and the file go in; a byte that says what came, and that, come out.

use std::{
    ffi::OsString,
    io::{self, BufRead, Read, Write},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    sync::OnceLock,
};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde_json::{Value as Json, json};

use crate::{
    codec::{self, Format},
    convert::{
        self, Filter, Fit, Interest, Kept, Made, Mark, Mode, Outcome, Params, Placement, Resize, Trim,
        Watermark,
    },
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Layout, Raster, Size},
};

/// The first argument of a program that draws. No file is called so.
const ARGUMENT: &str = "--draw-one-svg";

/// Bytes of address space beside what is stated: a stack, and what an allocator reserves.
const MARGIN: u64 = 48 << 20;

/// Seconds of processor time for any drawing, and for each million of pixels, which are coded, too.
const SECONDS: u64 = 5;
const SECONDS_A_MEGAPIXEL: u64 = 5;

/// What the first byte of an answer says.
const MADE: u8 = b'M';
const KEPT: u8 = b'K';
const FAILED: u8 = b'F';

/// The program to start; not set where the library's caller has another one.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Does a drawing's work, if that is what the arguments say; else remembers how the program is started.
pub(super) fn run(args: &[OsString]) -> Option<ExitCode> {
    if args.get(1).is_some_and(|argument| argument == ARGUMENT) {
        let answered = answer(&mut io::stdin().lock(), &mut io::stdout().lock());
        return Some(if answered.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    // On Linux it is the same program even after another has taken its place on disk.
    let own = PathBuf::from("/proc/self/exe");
    let program = if own.exists() { Ok(own) } else { std::env::current_exe() };
    if let Ok(program) = program {
        let _ = PROGRAM.set(program);
    }
    None
}

/// Converts a picture: an SVG in a process of its own, any other here.
///
/// # Errors
/// Those of [`convert::convert`]; [`Kind::LimitExceeded`] when a drawing took more memory or time than it was given.
pub(super) fn convert(bytes: &[u8], params: &Params, limits: &Limits) -> Result<Outcome> {
    let is_drawn = params.format != Format::Svg && codec::sniff(bytes) == Some(Format::Svg);
    match PROGRAM.get().filter(|_| is_drawn) {
        Some(program) => elsewhere(program, bytes, params, limits),
        None => convert::convert(bytes, params, limits),
    }
}

fn elsewhere(program: &PathBuf, bytes: &[u8], params: &Params, limits: &Limits) -> Result<Outcome> {
    let failed = |source| Error::with_source(Kind::Io, "a drawing's process can't be started", source);
    let mut child = Command::new(program)
        .arg(ARGUMENT)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ended early says why.
        let _ = writeln!(stdin, "{}", written(params, limits)).and_then(|()| stdin.write_all(bytes));
    }
    let output = child.wait_with_output().map_err(failed)?;
    match output.stdout.split_first() {
        Some((&said, rest)) if output.status.success() => read(said, rest, bytes, params),
        _ => Err(Error::limit("drawing the SVG took more memory or time than it was given")),
    }
}

/// Reads an answer.
fn read(said: u8, rest: &[u8], bytes: &[u8], params: &Params) -> Result<Outcome> {
    let torn = || Error::new(Kind::Internal, "a drawing's process answers nonsense");
    match said {
        MADE => {
            let ([width, height, lossless], file) = numbers(rest).ok_or_else(torn)?;
            Ok(Outcome::Made(Made {
                bytes: file.to_vec(),
                format: params.format,
                size: Size::new(width, height),
                lossless: lossless == 1,
                source: codec::probe(bytes)?,
            }))
        }
        KEPT => match rest {
            b"larger" => Ok(Outcome::Kept(Kept::Larger)),
            b"animated" => Ok(Outcome::Kept(Kept::Animated)),
            _ => Err(torn()),
        },
        FAILED => {
            let text = String::from_utf8_lossy(rest);
            let (word, message) = text.split_once('\n').ok_or_else(torn)?;
            let kinds = [
                Kind::Malformed,
                Kind::Unsupported,
                Kind::LimitExceeded,
                Kind::OutOfMemory,
                Kind::Parameter,
                Kind::OutputTooLarge,
            ];
            let kind = kinds.into_iter().find(|kind| kind.as_str() == word).unwrap_or(Kind::Internal);
            Err(Error::new(kind, message))
        }
        _ => Err(torn()),
    }
}

fn numbers(bytes: &[u8]) -> Option<([u32; 3], &[u8])> {
    let (numbers, rest) = bytes.split_at_checked(12)?;
    let (numbers, _) = numbers.as_chunks::<4>();
    let numbers: Vec<u32> = numbers.iter().map(|number| u32::from_be_bytes(*number)).collect();
    Some((numbers.try_into().ok()?, rest))
}

/// In the process of a drawing: reads what is wanted, bounds itself, draws and answers.
fn answer(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<()> {
    let (mut line, mut bytes) = (String::new(), Vec::new());
    input.read_line(&mut line)?;
    input.read_to_end(&mut bytes)?;
    let outcome = asked(&line).and_then(|(params, limits)| {
        bound(&bytes, &params, &limits)?;
        convert::convert(&bytes, &params, &limits)
    });
    say(outcome, output)
}

fn say(outcome: Result<Outcome>, output: &mut impl Write) -> io::Result<()> {
    match outcome {
        Ok(Outcome::Made(made)) => {
            output.write_all(&[MADE])?;
            for number in [made.size.width, made.size.height, made.lossless.into()] {
                output.write_all(&number.to_be_bytes())?;
            }
            output.write_all(&made.bytes)?;
        }
        Ok(Outcome::Kept(Kept::Larger)) => output.write_all(&[&[KEPT], b"larger".as_slice()].concat())?,
        Ok(Outcome::Kept(Kept::Animated)) => output.write_all(&[&[KEPT], b"animated".as_slice()].concat())?,
        Err(error) => {
            output.write_all(&[FAILED])?;
            write!(output, "{}\n{error}", error.kind())?;
        }
    }
    output.flush()
}

/// From here on the kernel refuses memory beyond what is stated, and ends what takes too long.
fn bound(bytes: &[u8], params: &Params, limits: &Limits) -> Result<()> {
    let plan = convert::plan(&codec::probe(bytes)?, params)?.within(limits);
    let stated = plan.peak_bytes.max(plan.photo_bytes);
    if let Some(taken) = address_space() {
        limit(Resource::As, taken.saturating_add(stated).saturating_add(MARGIN))?;
    }
    // To find its border it is drawn once more.
    let times = if params.trim.is_some() { 2 } else { 1 };
    let megapixels = plan.output.pixels().div_ceil(1 << 20);
    limit(Resource::Cpu, times * (SECONDS + SECONDS_A_MEGAPIXEL * megapixels))?;
    limit(Resource::Core, 0)
}

fn limit(resource: Resource, most: u64) -> Result<()> {
    let failed = |source| Error::with_source(Kind::Io, "the kernel sets no limit", source);
    setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).map_err(failed)
}

/// Bytes of address space that this process has taken, where the system tells.
fn address_space() -> Option<u64> {
    let mut text = String::new();
    std::fs::File::open("/proc/self/statm").ok()?.read_to_string(&mut text).ok()?;
    let pages: u64 = text.split(' ').next()?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// The word of a value.
fn name<T: PartialEq>(names: &'static [(&'static str, T)], value: &T) -> Option<&'static str> {
    names.iter().find(|(_, known)| known == value).map(|(name, _)| *name)
}

/// The value of a word.
fn named<T: Copy>(names: &[(&str, T)], word: &Json) -> Result<T> {
    names
        .iter()
        .find(|(name, _)| Some(*name) == word.as_str())
        .map(|(_, value)| *value)
        .ok_or_else(unreadable)
}

fn unreadable() -> Error {
    Error::new(Kind::Parameter, "what is wanted of a drawing can't be read")
}

/// What is wanted of a drawing, on one line.
fn written(params: &Params, limits: &Limits) -> Json {
    // All of them by name: whether a new one belongs here has to be said. One thread draws, and no drawing moves.
    let Params {
        format,
        quality,
        alpha_quality,
        effort,
        mode,
        resize,
        turn,
        trim,
        background,
        blur,
        sharpen,
        watermark,
        still: _,
        keep_metadata,
        target_size,
    } = params;
    let Limits {
        max_input_bytes,
        max_pixels,
        max_side,
        max_memory,
        max_output_bytes,
        max_frames: _,
        max_frame_pixels: _,
        threads: _,
        font_files,
        // Only the Worker has fonts in memory.
        font_data: _,
        pause: _,
    } = limits;
    let resize = resize.map(|Resize { width, height, fit, enlarge, interest, filter, linear }| {
        json!({
            "width": width, "height": height, "fit": name(Fit::NAMES, &fit), "enlarge": enlarge,
            "interest": interest.name(), "filter": name(Filter::NAMES, &filter), "linear": linear,
        })
    });
    let files: Vec<&str> = font_files.iter().filter_map(|file| file.to_str()).collect();
    json!({
        "format": format.name(), "quality": quality, "alpha_quality": alpha_quality, "effort": effort,
        "mode": name(Mode::NAMES, mode), "resize": resize, "keep_metadata": keep_metadata, "target_size": target_size,
        "turn": turn, "trim": trim.map(Trim::name), "background": background, "blur": blur, "sharpen": sharpen,
        "watermark": watermark.as_ref().map(written_mark),
        "max_input_bytes": max_input_bytes, "max_pixels": max_pixels, "max_side": max_side,
        "max_memory": max_memory, "max_output_bytes": max_output_bytes, "font_files": files,
    })
}

fn written_mark(watermark: &Watermark) -> Json {
    let pixels = watermark.mark.pixels();
    let Size { width, height } = pixels.size();
    let layout = LAYOUTS.iter().position(|layout| *layout == pixels.layout());
    json!({
        "width": width, "height": height, "layout": layout, "place": watermark.placement.name(),
        "pixels": BASE64.encode(pixels.data()),
    })
}

const LAYOUTS: [Layout; 4] = [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba];

fn asked_mark(json: &Json) -> Option<Watermark> {
    let side = |json: &Json| u32::try_from(json.as_u64()?).ok();
    let size = Size::new(side(&json["width"])?, side(&json["height"])?);
    let layout = *LAYOUTS.get(json["layout"].as_u64()? as usize)?;
    let pixels = BASE64.decode(json["pixels"].as_str()?).ok()?;
    let mark = Mark::new(Raster::new(size, layout, pixels).ok()?);
    Some(Watermark::new(mark, Placement::parse(json["place"].as_str()?).ok()?))
}

fn asked(line: &str) -> Result<(Params, Limits)> {
    let json: Json = serde_json::from_str(line).map_err(|_| unreadable())?;
    let number = |json: &Json| json.as_u64().ok_or_else(unreadable);
    let byte = |json: &Json| number(json).and_then(|number| u8::try_from(number).map_err(|_| unreadable()));
    let small = |json: &Json| number(json).and_then(|number| u16::try_from(number).map_err(|_| unreadable()));
    let side = |json: &Json| json.as_u64().and_then(|side| u32::try_from(side).ok());
    let is_on = |json: &Json| json.as_bool().ok_or_else(unreadable);
    let resize = match &json["resize"] {
        Json::Null => None,
        it => Some(Resize {
            width: side(&it["width"]),
            height: side(&it["height"]),
            fit: named(Fit::NAMES, &it["fit"])?,
            enlarge: is_on(&it["enlarge"])?,
            interest: it["interest"]
                .as_str()
                .and_then(|text| Interest::parse(text).ok())
                .ok_or_else(unreadable)?,
            filter: named(Filter::NAMES, &it["filter"])?,
            linear: is_on(&it["linear"])?,
        }),
    };
    let params = Params {
        format: json["format"].as_str().and_then(Format::from_name).ok_or_else(unreadable)?,
        quality: byte(&json["quality"])?,
        alpha_quality: byte(&json["alpha_quality"])?,
        effort: byte(&json["effort"])?,
        mode: named(Mode::NAMES, &json["mode"])?,
        resize,
        turn: serde_json::from_value(json["turn"].clone()).map_err(|_| unreadable())?,
        trim: match &json["trim"] {
            Json::Null => None,
            it => Some(it.as_str().and_then(|text| Trim::parse(text).ok()).ok_or_else(unreadable)?),
        },
        background: serde_json::from_value(json["background"].clone()).map_err(|_| unreadable())?,
        blur: small(&json["blur"])?,
        sharpen: small(&json["sharpen"])?,
        watermark: match &json["watermark"] {
            Json::Null => None,
            it => Some(asked_mark(it).ok_or_else(unreadable)?),
        },
        still: false,
        keep_metadata: is_on(&json["keep_metadata"])?,
        target_size: json["target_size"].as_u64(),
    };
    let limits = Limits {
        max_input_bytes: number(&json["max_input_bytes"])?,
        max_pixels: number(&json["max_pixels"])?,
        max_side: side(&json["max_side"]).ok_or_else(unreadable)?,
        max_memory: number(&json["max_memory"])?,
        max_output_bytes: number(&json["max_output_bytes"])?,
        font_files: json["font_files"]
            .as_array()
            .ok_or_else(unreadable)?
            .iter()
            .filter_map(|file| file.as_str().map(PathBuf::from))
            .collect(),
        threads: 1,
        ..Limits::default()
    };
    Ok((params, limits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::Focus;

    #[test]
    fn what_is_wanted_comes_across_as_it_is() {
        let resize = Resize::new(30, 40).with_fit(Fit::Cover).with_interest(Interest::High).with_linear(true);
        let around = resize.with_interest(Interest::Around(Focus::new(7, 100)));
        for resize in [None, Some(resize), Some(around), Some(Resize::to_width(7).with_filter(Filter::Area))]
        {
            let params = Params::default()
                .with_format(Format::Png)
                .with_quality(33)
                .with_mode(Mode::Lossless)
                .with_resize(resize)
                .with_trim(Trim::default().with_threshold(3).with_color([7, 8, 9]))
                .with_background([1, 2, 255])
                .with_blur(1000)
                .with_sharpen(3)
                .with_watermark(Watermark::new(
                    Mark::new(
                        Raster::new(Size::new(2, 1), Layout::GrayAlpha, vec![1, 2, 3, 255]).expect("pixels"),
                    ),
                    Placement::parse("0.25:top:3:-7:0.1").expect("a placement"),
                ))
                .with_turn(crate::pixel::Orientation::Transverse)
                .with_target_size(99);
            let fonts = ["/fonts/a.ttf", "/fonts/b \"c\".otf"].map(PathBuf::from);
            let limits = Limits::default().with_max_output_bytes(77).with_font_files(fonts);
            let line = written(&params, &limits).to_string();
            assert_eq!(asked(&line).expect("what was written"), (params, limits));
        }
        assert!(asked("{}").is_err());
    }

    #[test]
    fn an_answer_is_what_a_conversion_here_gives() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='6'><rect width='5' height='6'/></svg>";
        let bad = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='6'><script/></svg>";
        let (params, limits) = (Params::default(), Limits::default());
        let came = |file: &[u8]| {
            let mut asked = written(&params, &limits).to_string().into_bytes();
            asked.push(b'\n');
            let (params, limits) =
                super::asked(str::from_utf8(&asked).expect("text")).expect("what was written");
            let mut output = Vec::new();
            let outcome = convert::convert(file, &params, &limits);
            say(outcome, &mut output).expect("memory");
            let (said, rest) = output.split_first().expect("an answer");
            read(*said, rest, file, &params)
        };
        let Ok(Outcome::Made(made)) = came(svg) else { panic!("not made") };
        let Ok(Outcome::Made(here)) = convert::convert(svg, &params, &limits) else { panic!("not made") };
        assert_eq!((made.bytes, made.size, made.lossless), (here.bytes, here.size, here.lossless));
        assert_eq!(came(bad).map(drop).map_err(|error| error.kind()), Err(Kind::Unsupported));
    }
}
