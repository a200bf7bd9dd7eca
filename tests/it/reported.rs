//! Every file in which public reports found some tool at fault is converted to what browsers show of it, or, of
//! formats that they don't show, to what libvips gives.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use slimpix::{
    codec::{Format, decode},
    convert::{Outcome, Params, convert},
    limits::Limits,
};

use crate::corpus::rgba;

/// The most that samples may differ in the mean, and but for one in 200; and that alpha may differ.
const MEAN: f64 = 2.5;
const MOST: u8 = 24;
const RARE: usize = 200;
const ALPHA: u8 = 3;

/// Files of which the tool that made the expected picture shows something else than what they hold, with why. Each is
/// held to the expected picture of another file of the same photo, or to a part of its own.
const OTHERWISE: [(&str, &str, Held); 3] = [
    ("tiff-int16.tif", "tiff-int16.tif", Held::Colours),
    // Y, Cb and Cr are shown as red, green and blue.
    ("tiff-ycbcr-raw.tif", "tiff-ycbcr-22.tif", Held::All),
    // Of red, green, blue and two more samples red is shown as grey.
    ("tx-rgb-2extra.tif", "tiff-rgba-unspec.tif", Held::All),
];

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    All,
    /// Alpha, which the file hasn't, is 127 everywhere in the expected picture.
    Colours,
}

/// The files lie in the corpus, a few of them with the tests.
fn folder() -> PathBuf {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus =
        env::var_os("SLIMPIX_CORPUS").map_or_else(|| project.join("../shared/corpus"), PathBuf::from);
    let whole = corpus.join("reported");
    if whole.is_dir() { whole } else { project.join("tests/data/reported") }
}

/// How a converted picture differs from the expected one; `None` if it doesn't.
fn fault(source: &[u8], expected: &[u8], held: Held) -> Option<String> {
    let limits = Limits::default();
    let params = Params::default().with_format(Format::Png);
    let made = match convert(source, &params, &limits) {
        Ok(Outcome::Made(made)) => made.bytes,
        Ok(other) => return Some(format!("{other:?}")),
        Err(error) => return Some(error.to_string()),
    };
    let [made, expected] = [&made[..], expected].map(|png| rgba(&decode(png, &limits).unwrap().picture));
    if made.size() != expected.size() {
        return Some(format!("{:?}, not {:?}", made.size(), expected.size()));
    }
    let (mut sum, mut far, mut samples, mut alpha) = (0_u64, 0, 0, 0);
    let pairs = made.data().as_chunks::<4>().0.iter().zip(expected.data().as_chunks::<4>().0);
    for (a, b) in pairs {
        if held == Held::All {
            alpha = alpha.max(a[3].abs_diff(b[3]));
        }
        for channel in 0..3 {
            // Colour counts as far as it is seen.
            let opacity = |pixel: &[u8; 4]| if held == Held::All { pixel[3].into() } else { 255 };
            let seen = |pixel: &[u8; 4]| (u32::from(pixel[channel]) * opacity(pixel) / 255) as u8;
            let difference = seen(a).abs_diff(seen(b));
            (sum, samples) = (sum + u64::from(difference), samples + 1);
            far += usize::from(difference > MOST);
        }
    }
    let mean = sum as f64 / samples as f64;
    let is_alike = mean <= MEAN && far * RARE <= samples && alpha <= ALPHA;
    (!is_alike).then(|| format!("mean {mean:.2}, {far} of {samples} past {MOST}, alpha {alpha}"))
}

#[test]
fn pictures_of_reports_come_out_right() {
    let folder = folder();
    let list = fs::read_to_string(folder.join("reported.tsv")).unwrap();
    let (mut faults, mut count) = (Vec::new(), 0);
    for row in list.lines().skip(1) {
        let fields: Vec<&str> = row.split('\t').collect();
        let name = fields[0];
        let source = fs::read(folder.join(name)).unwrap();
        let otherwise = OTHERWISE.iter().find(|(file, ..)| *file == name);
        let (shown, held) = otherwise.map_or((name, Held::All), |(_, shown, held)| (shown, *held));
        let expected = fs::read(folder.join(format!("{shown}.expected.png"))).unwrap();
        count += 1;
        if let Some(fault) = fault(&source, &expected, held) {
            faults.push(format!("{name} ({}, {}): {fault}", fields[1], fields[2]));
        }
    }
    println!("{count} files, {} at fault", faults.len());
    assert!(count >= 5);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
