//! From PNG to WebP as a whole process, against libwebp's `cwebp`: CPU time, and whether the smaller file was taken.
//!
//! `cargo bench --bench png_to_webp [-- class=photo effort=4 method=4 rounds=3 file.png …]`. Needs `cwebp` (its version is
//! printed), and pictures: those that are named, else the PNGs of `quality/` of the corpus (`SLIMPIX_CORPUS`, else
//! `../shared/corpus`). Both programs read the same file and write a lossy WebP of quality 80, ours a lossless one where
//! that is smaller; by turns, user and system time of the whole process, the least of all rounds. Below 1 is better for us.
//!
//! The last column is the length of what was taken to the smaller of both files made in full: 1 where nothing smaller was
//! missed. Where the lossy one was taken it is that itself: the chroma of a graphic is made with more care than what
//! stands under "lossy", which other pictures would be.
#![allow(unsafe_code, reason = "the time that children have taken is asked of libc")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on stops there")]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use slimpix::{
    convert::{Mode, Outcome, Params, convert},
    limits::Limits,
};

struct Options {
    class: Option<String>,
    effort: u8,
    method: u8,
    rounds: usize,
    files: Vec<PathBuf>,
}

impl Options {
    fn from_arguments() -> Self {
        let mut options = Self { class: None, effort: 4, method: 4, rounds: 3, files: Vec::new() };
        for argument in env::args().skip(1).filter(|argument| argument != "--bench") {
            match argument.split_once('=') {
                Some(("class", value)) => options.class = Some(value.to_owned()),
                Some(("effort", value)) => options.effort = value.parse().unwrap(),
                Some(("method", value)) => options.method = value.parse().unwrap(),
                Some(("rounds", value)) => options.rounds = value.parse().unwrap(),
                _ => options.files.push(argument.into()),
            }
        }
        options
    }

    /// The pictures, by class.
    fn pictures(&self) -> Vec<PathBuf> {
        if !self.files.is_empty() {
            return self.files.clone();
        }
        let corpus = env::var_os("SLIMPIX_CORPUS").map_or_else(|| "../shared/corpus".into(), PathBuf::from);
        let Ok(classes) = fs::read_dir(corpus.join("quality")) else { return Vec::new() };
        let mut pictures: Vec<PathBuf> = classes
            .flat_map(|class| fs::read_dir(class.unwrap().path()).unwrap())
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "png"))
            .filter(|path| self.class.as_ref().is_none_or(|class| *class == class_of(path)))
            .collect();
        pictures.sort();
        pictures
    }
}

fn main() {
    let options = Options::from_arguments();
    let version = Command::new("cwebp").arg("-version").output();
    let pictures = options.pictures();
    let (Ok(version), false) = (version, pictures.is_empty()) else {
        println!("no cwebp, or no pictures");
        return;
    };
    let version = String::from_utf8_lossy(&version.stdout).lines().next().unwrap_or_default().to_owned();
    println!("effort {} against cwebp {version} -m {}: ms, ratio, bytes", options.effort, options.method);
    let mut classes: BTreeMap<String, Vec<[f64; 2]>> = BTreeMap::new();
    for path in pictures {
        let ratios = compare(&path, &options);
        classes.entry(class_of(&path)).or_default().push(ratios);
    }
    println!();
    for (class, ratios) in classes {
        let [cpu, bytes] = [0, 1].map(|of| ratios.iter().map(move |ratios| ratios[of]));
        let mean = |all: &mut dyn Iterator<Item = f64>| all.sum::<f64>() / ratios.len() as f64;
        let most = |all: &mut dyn Iterator<Item = f64>| all.fold(0.0, f64::max);
        println!(
            "{class:12} CPU {:.3}, at most {:.2}; bytes {:.4}, at most {:.3}",
            mean(&mut cpu.clone()),
            most(&mut cpu.clone()),
            mean(&mut bytes.clone()),
            most(&mut bytes.clone())
        );
    }
}

fn class_of(path: &Path) -> String {
    let folder = path.parent().and_then(Path::file_name);
    folder.map_or_else(String::new, |folder| folder.to_string_lossy().into_owned())
}

/// The ratios of CPU time and of bytes.
fn compare(path: &Path, options: &Options) -> [f64; 2] {
    let folder = tempfile::tempdir().unwrap();
    let [own, other] = ["own.webp", "other.webp"].map(|name| folder.path().join(name));
    let mut least = [f64::INFINITY; 2];
    for _ in 0..options.rounds {
        let mut ours = Command::new(env!("CARGO_BIN_EXE_slimpix"));
        ours.arg("convert").arg(path).arg("-o").arg(&own);
        ours.args(["--quality", "80", "--effort", &options.effort.to_string()]);
        let mut theirs = Command::new("cwebp");
        theirs
            .args(["-quiet", "-q", "80", "-m", &options.method.to_string()])
            .arg(path)
            .arg("-o")
            .arg(&other);
        for (command, least) in [ours, theirs].iter_mut().zip(&mut least) {
            let before = children_seconds();
            let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            assert!(status.success(), "{command:?}");
            *least = least.min(children_seconds() - before);
        }
        [&own, &other].into_iter().for_each(|made| fs::remove_file(made).unwrap());
    }
    let source = fs::read(path).unwrap();
    let [auto, lossless, lossy] = [Mode::Auto, Mode::Lossless, Mode::Lossy].map(|mode| {
        let params = Params::default().with_mode(mode).with_effort(options.effort).with_quality(80);
        let Outcome::Made(made) = convert(&source, &params, &Limits::default()).unwrap() else {
            panic!("{path:?} is kept")
        };
        (made.bytes.len(), made.lossless)
    });
    let other = if auto.1 { lossy.0 } else { lossless.0 };
    let ratios = [least[0] / least[1], auto.0 as f64 / auto.0.min(other) as f64];
    println!(
        "{:48} {:6.0} {:6.0}  {:.2}  {:8} {:8} lossless {:8} lossy {}  {:.3}",
        path.file_name().unwrap_or_default().to_string_lossy(),
        least[0] * 1e3,
        least[1] * 1e3,
        ratios[0],
        auto.0,
        lossless.0,
        lossy.0,
        if auto.1 { "lossless" } else { "lossy" },
        ratios[1]
    );
    ratios
}

/// User and system time of all children that have ended.
fn children_seconds() -> f64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: on success, which is checked, all of the structure has been written.
    let usage = unsafe {
        assert_eq!(libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()), 0);
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
