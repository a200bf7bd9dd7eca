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
    convert::{Mode, Params, convert, plan},
    error::{Error, ErrorKind},
    limits::Limits,
    pixel::Layout,
};

use crate::{
    corpus::Corpus,
    pictures::{coding, encode, raster},
    support::heap::peak_of,
};

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
        // A legal SVG of which a raster would show something else is sent as it is.
        let stays = fields[1] == "svg"
            && matches!(&outcome, Some(Err(error)) if error.kind() == ErrorKind::Unsupported);
        if fields[2] == "ok" && is_decoded && !stays && !matches!(outcome, Some(Ok(()))) {
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

/// Bits of a VP8L stream, the first one lowest.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        self.0.extend((0..count).map(|at| value >> at & 1 == 1));
    }

    /// A prefix code of one symbol.
    fn put_single(&mut self, symbol: u32) {
        self.put(0b101, 3);
        self.put(symbol, 8);
    }

    /// A prefix code of symbols 0 to 10 with 1 to 10 bits, in as few bits as it can be written: its table has 4 KiB.
    fn put_long(&mut self) {
        // Of the lengths 1 to 6 code lengths have three bits, of 7 to 10 four: the last of the order is 10.
        self.put(0, 1);
        self.put(10, 4);
        for length in [0, 0, 0, 3, 3, 3, 3, 3, 0, 3, 4, 4, 4, 4] {
            self.put(length, 3);
        }
        self.put(1, 1);
        self.put(1, 3);
        self.put(9, 4);
        for length in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10_u32] {
            let (code, count) = if length <= 6 { (length - 1, 3) } else { (0b1100 + length - 7, 4) };
            self.put(code.reverse_bits() >> (32 - count), count);
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        self.0.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, &bit| sum << 1 | u8::from(bit))).collect()
    }
}

/// A VP8L stream of a square with so many groups of prefix codes, the last of which all pixels use.
fn many_groups(side: u32, groups: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2f, 8);
    bits.put(side - 1, 14);
    bits.put(side - 1, 14);
    bits.put(0, 4);
    // No transform, no colour cache; an entropy image of tiles of 4x4 without a cache.
    bits.put(0b000_0100, 7);
    [(groups - 1) & 255, (groups - 1) >> 8, 0, 0, 0].iter().for_each(|&symbol| bits.put_single(symbol));
    (0..5 * groups).for_each(|_| bits.put_long());
    // Black pixels of four bits.
    bits.put(0, 7);
    let mut bytes = bits.into_bytes();
    bytes.resize(bytes.len() + (side * side / 2) as usize, 0);
    bytes
}

fn webp(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = b"WEBP".to_vec();
    for (name, payload) in chunks {
        file.extend_from_slice(*name);
        file.extend((payload.len() as u32).to_le_bytes());
        file.extend_from_slice(payload);
        file.resize(file.len().next_multiple_of(2), 0);
    }
    [b"RIFF", &(file.len() as u32).to_le_bytes()[..], &file].concat()
}

/// The extended header of a square.
fn extended(flags: u8, side: u32) -> Vec<u8> {
    let [low, high, ..] = (side - 1).to_le_bytes();
    vec![flags, 0, 0, 0, low, high, 0, low, high, 0]
}

const SIDE: u32 = 256;

/// A lossy picture's chunk.
fn lossy_frame() -> Vec<u8> {
    let file = encode(raster(SIDE, SIDE, Layout::Rgb), &coding(Format::WebP, 50, false));
    let length = u32::from_le_bytes(file[16..20].try_into().unwrap()) as usize;
    file[20..20 + length].to_vec()
}

/// A VP8L stream says itself how many prefix codes it has, whose tables take more than its pixels.
#[test]
fn prefix_codes_take_no_more_than_is_stated() {
    let lossy = lossy_frame();
    let (mut made, mut refused) = (0, 0);
    for groups in [1, 2, 5, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 24, 33, 200, 4_096, 65_536] {
        let stream = many_groups(SIDE, groups);
        let alpha = [&[1], &stream[5..]].concat();
        let mut with_alpha = stream.clone();
        with_alpha[4] |= 0x10;
        let files = [
            webp(&[(b"VP8L", &stream)]),
            webp(&[(b"VP8L", &with_alpha)]),
            webp(&[(b"VP8X", &extended(0, SIDE)), (b"VP8L", &stream)]),
            webp(&[(b"VP8X", &extended(0x10, SIDE)), (b"ALPH", &alpha), (b"VP8 ", &lossy)]),
        ];
        for (kind, file) in files.iter().enumerate() {
            let params = Params::default().with_mode(Mode::Lossy).with_effort(0);
            let stated = plan(&probe(file).unwrap(), &params).unwrap().peak_bytes;
            let begun = Instant::now();
            let (peak, outcome) = peak_of(|| convert(file, &params, &Limits::default()));
            assert!(peak <= stated, "{groups} groups, file {kind}: {peak} bytes, {stated} stated");
            match outcome {
                Ok(_) => made += 1,
                Err(error) => {
                    assert_eq!(
                        error.kind(),
                        ErrorKind::LimitExceeded,
                        "{groups} groups, file {kind}: {error}"
                    );
                    assert!(groups > 10, "{groups} groups, file {kind}: {error}");
                    assert!(begun.elapsed() < Duration::from_secs(5), "{groups} groups, file {kind}");
                    refused += 1;
                }
            }
            // What is more than some groups takes more than a picture of this size may.
            assert!(groups < 200 || outcome_is_refused(file), "{groups} groups, file {kind}");
        }
    }
    println!("{made} made, {refused} refused");
}

/// A frame beside a picture that doesn't move, whose image must not be taken for the picture's.
#[test]
fn a_frame_is_no_part_of_a_picture_that_does_not_move() {
    let stream = many_groups(SIDE, 4_096);
    let [low, high, ..] = (SIDE - 1).to_le_bytes();
    let place = [&[0; 6][..], &[low, high, 0, low, high, 0, 0, 0, 0, 0]].concat();
    let inner = [&b"VP8L"[..], &(stream.len() as u32).to_le_bytes(), &stream].concat();
    let stray = [place, inner].concat();
    let opaque = vec![255; (SIDE * SIDE) as usize];
    let alpha = [&[0], &opaque[..]].concat();
    let file = webp(&[
        (b"VP8X", &extended(0x10, SIDE)),
        (b"ALPH", &alpha),
        (b"VP8 ", &lossy_frame()),
        (b"ANMF", &stray),
    ]);
    let (peak, outcome) = peak_of(|| decode(&file, &Limits::default()).map(|_| ()));
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(peak < 1 << 20, "{peak} bytes");
}

fn outcome_is_refused(file: &[u8]) -> bool {
    decode(file, &Limits::default()).is_err_and(|error| error.kind() == ErrorKind::LimitExceeded)
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
