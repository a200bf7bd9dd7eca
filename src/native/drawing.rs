//! SVG is drawn in a process of its own: this program again, whose memory and processor time the kernel bounds by
//! what was stated. A drawing that was misjudged ends there, and nobody else's conversion with it.
//!
//! The two speak by pipes: a line of JSON and the file go in; a byte that says what came, and that, come out.

use std::{
    ffi::OsString,
    io::{self, BufRead, Write},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    sync::OnceLock,
};

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::{
    codec::{self, Format},
    convert::{self, Kept, Made, Outcome, Params},
    error::{Error, Kind, Result},
    limits::Limits,
    native::machine,
    pixel::Size,
};

mod words;

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
        let _ = writeln!(stdin, "{}", words::written(params, limits)).and_then(|()| stdin.write_all(bytes));
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
    let outcome = words::asked(&line).and_then(|(params, limits)| {
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
    if let Some(taken) = machine::address_space() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_what_a_conversion_here_gives() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='6'><rect width='5' height='6'/></svg>";
        let bad = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='6'><script/></svg>";
        let (params, limits) = (Params::default(), Limits::default());
        let came = |file: &[u8]| {
            let mut asked = words::written(&params, &limits).to_string().into_bytes();
            asked.push(b'\n');
            let (params, limits) =
                words::asked(str::from_utf8(&asked).expect("text")).expect("what was written");
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
