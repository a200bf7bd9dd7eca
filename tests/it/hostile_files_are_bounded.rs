//! Whatever a file holds, reading it ends in a picture or in a clean error: without a panic, in bounded time, and
//! never with more memory than the limits allow.
//!
//! Fed with the corpus' hostile folder, the fuzzers' finds in its archives, what its generator makes, and small
//! sound pictures cut short or made to lie about their size.

use std::{
    env, fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use slimpix::{
    codec::{Format, Looked, decode, probe, sniff},
    error::{Error, ErrorKind},
    limits::Limits,
};

use crate::{corpus::Corpus, support::heap::peak_of};

/// What one file may take, with room for a busy machine: none takes a tenth of it alone.
const MAX_TIME: Duration = Duration::from_secs(60);
const MAX_MEMORY: u64 = 256 << 20;

fn limits() -> Limits {
    Limits::default().with_max_memory(MAX_MEMORY)
}

/// Reads a file in every way; `Err` is a broken promise, the inner result what came of it.
fn read(bytes: &[u8]) -> Result<Result<(), Error>, String> {
    let limits = limits();
    let begun = Instant::now();
    let (peak, outcome) = peak_of(|| {
        catch_unwind(|| {
            let _ = sniff(bytes);
            let _ = Looked::at_beginning(&bytes[..bytes.len().min(16 << 10)], Some(bytes.len() as u64));
            let _ = probe(bytes);
            decode(bytes, &limits).map(|_| ())
        })
    });
    let Ok(outcome) = outcome else { return Err("a panic".to_owned()) };
    if let Err(error) = &outcome
        && error.kind() == ErrorKind::Internal
    {
        return Err(format!("an error of our own: {error}"));
    }
    if peak + bytes.len() as u64 > limits.max_memory {
        return Err(format!("{} MiB of memory", peak >> 20));
    }
    if begun.elapsed() > MAX_TIME {
        return Err(format!("{} seconds", begun.elapsed().as_secs()));
    }
    Ok(outcome)
}

/// Counts of files and of those that were shown, and the broken promises.
#[derive(Default)]
struct Report {
    files: usize,
    shown: usize,
    failures: Vec<String>,
}

impl Report {
    fn read(&mut self, name: &str, bytes: &[u8]) -> Option<Result<(), Error>> {
        self.files += 1;
        match read(bytes) {
            Ok(outcome) => {
                self.shown += usize::from(outcome.is_ok());
                Some(outcome)
            }
            Err(failure) => {
                self.failures.push(format!("{name}: {failure}"));
                None
            }
        }
    }

    fn finish(self, what: &str) {
        println!("{what}: {} files, {} of them shown", self.files, self.shown);
        assert!(self.files > 0, "{what}: nothing was read");
        assert!(self.failures.is_empty(), "{what}:\n{}", self.failures.join("\n"));
    }
}

#[test]
fn files_that_broke_other_decoders() {
    let corpus = Corpus::find();
    let mut report = Report::default();
    for row in corpus.rows.iter().filter(|row| row.path.starts_with("hostile/")) {
        let bytes = corpus.read(row);
        if row.format != "tar" {
            report.read(&row.path, &bytes);
            continue;
        }
        for (name, member) in tar_members(&bytes) {
            report.read(&format!("{} {name}", row.path), member);
        }
    }
    if report.files == 0 {
        println!("no hostile files at {}", corpus.root.display());
        return;
    }
    report.finish("hostile files");
}

#[test]
fn bombs_lies_and_bit_flips() {
    let corpus = Corpus::find();
    let folder = Folder(env::temp_dir().join(format!("slimpix-hostile-{}", std::process::id())));
    let generator = corpus.root.join("gen/make_hostile.py");
    let made = Command::new("python3").arg(&generator).arg("--out").arg(&folder.0).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("python3 did not run {}: its files are not tried", generator.display());
        return;
    }
    let mut report = Report::default();
    let list = fs::read_to_string(folder.0.join("hostile.tsv")).unwrap();
    for line in list.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let bytes = fs::read(folder.0.join(fields[0])).unwrap();
        let outcome = report.read(fields[0], &bytes);
        let is_decoded = sniff(&bytes).is_some_and(Format::can_decode);
        if fields[2] == "error" && is_decoded && matches!(outcome, Some(Ok(()))) {
            report.failures.push(format!("{}: shown, but must be refused", fields[0]));
        }
        if fields[2] == "ok" && is_decoded && !matches!(outcome, Some(Ok(()))) {
            report.failures.push(format!("{}: legal, but refused: {outcome:?}", fields[0]));
        }
    }
    report.finish("generated files");
}

#[test]
fn sound_pictures_cut_short() {
    let mut report = Report::default();
    for path in small_pictures() {
        let bytes = fs::read(&path).unwrap();
        // Every byte of the headers, then some of the rest.
        let step = (bytes.len() / 60).max(1);
        let cuts = (0..bytes.len().min(64)).chain((64..bytes.len()).step_by(step));
        for cut in cuts {
            let name = format!("{} cut at {cut}", path.display());
            let outcome = report.read(&name, &bytes[..cut]);
            // Half a picture is none. (The first frame of an animation may be whole.)
            let is_animation = sniff(&bytes) == Some(Format::Gif);
            if cut <= bytes.len() / 2 && !is_animation && matches!(outcome, Some(Ok(()))) {
                report.failures.push(format!("{name}: shown"));
            }
        }
    }
    report.finish("cut pictures");
}

#[test]
fn sound_pictures_with_any_byte_changed() {
    let mut report = Report::default();
    for path in small_pictures() {
        let bytes = fs::read(&path).unwrap();
        let step = (bytes.len() / 200).max(1);
        for at in (0..bytes.len().min(64)).chain((64..bytes.len()).step_by(step)) {
            for change in [0xff, 0x80, 0x01] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                report.read(&format!("{} with byte {at} ^ {change:#x}", path.display()), &changed);
            }
        }
    }
    report.finish("changed pictures");
}

#[test]
fn a_picture_larger_than_the_limits_is_refused_from_its_header() {
    for path in small_pictures() {
        let bytes = fs::read(&path).unwrap();
        let size = probe(&bytes).unwrap().size;
        let small = Limits::default().with_max_pixels(size.pixels() - 1);
        let narrow = Limits::default().with_max_side(size.width.max(size.height) - 1);
        let poor = Limits::default().with_max_memory(1000);
        let short = Limits::default().with_max_input_bytes(bytes.len() as u64 - 1);
        for limits in [small, narrow, poor, short] {
            let (peak, outcome) = peak_of(|| decode(&bytes, &limits).map(|_| ()));
            assert_eq!(
                outcome.map_err(|error| error.kind()),
                Err(ErrorKind::LimitExceeded),
                "{}",
                path.display()
            );
            // A header may be read, a picture may not be made room for.
            assert!(peak < 64 << 10, "{}: {peak} bytes", path.display());
        }
    }
}

fn small_pictures() -> Vec<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let folders = ["pictures", "tiff"].map(|folder| fs::read_dir(data.join(folder)).unwrap());
    let mut paths: Vec<PathBuf> = folders.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 8);
    paths
}

/// The files of a plain USTAR archive: a header of 512 bytes with the name and an octal length, then the data,
/// padded to 512.
fn tar_members(archive: &[u8]) -> Vec<(String, &[u8])> {
    let mut members = Vec::new();
    let mut at = 0;
    while let Some(header) = archive.get(at..at + 512) {
        let text = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&header[range]).trim_matches(['\0', ' ']).to_owned()
        };
        let Ok(length) = usize::from_str_radix(&text(124..136), 8) else { break };
        at += 512;
        if matches!(header[156], b'0' | 0) {
            members.push((text(0..100), &archive[at..at + length]));
        }
        at += length.next_multiple_of(512);
    }
    members
}

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
