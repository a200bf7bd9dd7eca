//! Photos of 12 megapixels to WebP, beside sharp (libvips, libjpeg-turbo and libwebp): CPU time of the same work, in turns.
//!
//! `NODE_PATH=…/node_modules cargo bench --bench photos_vs_sharp [-- rounds=5 only=800]`. Needs `node` with sharp, and the
//! corpus (`SLIMPIX_CORPUS`, else `../shared/corpus`); where one is missing it says so. Sharp is warm: its process has done
//! the same work before. Both times are of user and system, sharp's of all its threads. The least of all rounds counts.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on stops there")]

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use slimpix::{
    convert::{Outcome, Params, Resize, convert},
    limits::Limits,
};

/// Answers each line `file width` or `file width progressive-copy` with microseconds; a width of 0 is as the source.
const SCRIPT: &str = r#"
const sharp = require("sharp");
const lines = require("readline").createInterface({ input: process.stdin });
(async () => {
  for await (const line of lines) {
    const [file, width, copy] = line.split(" ");
    if (copy) {
      await sharp(file).jpeg({ progressive: true, quality: 90, chromaSubsampling: "4:2:0" }).toFile(copy);
      console.log(0);
      continue;
    }
    const before = process.cpuUsage();
    const resize = Number(width) ? { width: Number(width) } : {};
    await sharp(file).rotate().resize(resize).webp({ quality: 80, effort: 4 }).toBuffer();
    const used = process.cpuUsage(before);
    console.log(used.user + used.system);
  }
})();
"#;

struct Sharp {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Sharp {
    fn start() -> Option<Self> {
        let found = Command::new("node").args(["-e", "require('sharp')"]).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            return None;
        }
        let mut process = Command::new("node")
            .args(["-e", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let (input, output) = (process.stdin.take()?, BufReader::new(process.stdout.take()?));
        Some(Self { process, input, output })
    }

    fn ask(&mut self, line: &str) -> f64 {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer.trim().parse::<f64>().unwrap() / 1000.0
    }
}

impl Drop for Sharp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Milliseconds of CPU that this thread has taken.
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
}

fn ours(file: &Path, width: u32) -> f64 {
    let before = cpu();
    let bytes = fs::read(file).unwrap();
    let params = Params::default().with_resize((width > 0).then(|| Resize::to_width(width)));
    let outcome = convert(&bytes, &params, &Limits::default());
    assert!(matches!(outcome, Ok(Outcome::Made(_))), "{outcome:?}");
    cpu() - before
}

/// The file with an EXIF segment that says a quarter turn.
fn turned(bytes: &[u8]) -> Vec<u8> {
    let exif = b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    [&bytes[..2], exif, &bytes[2..]].concat()
}

fn option(name: &str) -> Option<String> {
    env::args().find_map(|argument| Some(argument.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}

fn main() {
    let corpus =
        env::var_os("SLIMPIX_CORPUS").map_or_else(|| PathBuf::from("../shared/corpus"), PathBuf::from);
    let photo = corpus.join("quality/jpeg-original/012mp-bus.jpg");
    let Ok(bytes) = fs::read(&photo) else {
        println!("no {}: nothing is measured", photo.display());
        return;
    };
    let Some(mut sharp) = Sharp::start() else {
        println!("no node with sharp (set NODE_PATH): nothing is measured");
        return;
    };
    let rounds = option("rounds").map_or(5, |rounds| rounds.parse().unwrap());
    let only = option("only");
    let folder = env::temp_dir().join(format!("slimpix-photos-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name);
    fs::write(file("baseline"), &bytes).unwrap();
    fs::write(file("baseline-turned"), turned(&bytes)).unwrap();
    sharp.ask(&format!("{0}/baseline 0 {0}/progressive", folder.display()));
    fs::write(file("progressive-turned"), turned(&fs::read(file("progressive")).unwrap())).unwrap();
    for width in [800, 0] {
        for name in ["baseline", "progressive", "baseline-turned", "progressive-turned"] {
            if only.as_ref().is_some_and(|only| !format!("{name} {width}").contains(only.as_str())) {
                continue;
            }
            let (mut least, mut least_of_sharp) = (f64::MAX, f64::MAX);
            let request = format!("{} {width}", file(name).display());
            sharp.ask(&request);
            for _ in 0..rounds {
                least = least.min(ours(&file(name), width));
                least_of_sharp = least_of_sharp.min(sharp.ask(&request));
            }
            let ratio = least / least_of_sharp;
            println!("{name} to {width}: {least:.1} ms, sharp {least_of_sharp:.1}, ratio {ratio:.2}");
        }
    }
    fs::remove_dir_all(&folder).unwrap();
}
