//! Threads decode a JPEG ahead of its coding, side by side where its lines of blocks begin at restart markers: the
//! bytes are those of one thread, and what they hold is stated.

use std::{env, process::Command};

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use slimpix::{
    codec,
    convert::{Mode, Outcome, Params, Resize, convert, plan},
    limits::Limits,
    pixel::Layout,
};

use crate::{pictures::raster, support::heap::peak_of_all_threads};

const WIDTH: u16 = 1_600;
const HEIGHT: u16 = 1_200;

/// A photo of one scan, upright or to be turned by a quarter, with a restart marker after so many units.
fn photo(sampling: SamplingFactor, restarts: u16, is_turned: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    encoder.set_sampling_factor(sampling);
    encoder.set_restart_interval(restarts);
    if is_turned {
        let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        encoder.add_app_segment(1, exif.to_vec()).unwrap();
    }
    let pixels = raster(WIDTH.into(), HEIGHT.into(), Layout::Rgb).into_data();
    encoder.encode(&pixels, WIDTH, HEIGHT, ColorType::Rgb).unwrap();
    file
}

fn params(width: Option<u32>) -> Params {
    Params::default().with_mode(Mode::Lossy).with_effort(0).with_resize(width.map(Resize::to_width))
}

fn limits(threads: usize) -> Limits {
    Limits::default().with_threads(threads)
}

fn stated(bytes: &[u8], width: Option<u32>, threads: usize) -> u64 {
    plan(&codec::probe(bytes).unwrap(), &params(width)).unwrap().within(&limits(threads)).peak_bytes
}

/// The same test, run by itself in a process of its own, counts what all threads hold.
#[test]
fn bytes_are_the_same_and_what_threads_hold_is_stated() {
    const ALONE: &str = "SLIMPIX_TEST_ALONE";
    if env::var_os(ALONE).is_none() {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "restart_markers::bytes_are_the_same_and_what_threads_hold_is_stated"])
            .arg("--nocapture")
            .env(ALONE, "1")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&child.stdout);
        println!("{told}");
        let is_done = child.status.success() && told.contains("turned, 8 threads");
        assert!(is_done, "{}", String::from_utf8_lossy(&child.stderr));
        return;
    }
    // No marker, one each line, each four lines, and each eighth of one.
    for (name, bytes) in [
        ("none", photo(SamplingFactor::F_2_2, 0, false)),
        ("each line", photo(SamplingFactor::F_2_2, 100, false)),
        ("each four lines", photo(SamplingFactor::F_2_2, 400, false)),
        ("full chroma", photo(SamplingFactor::F_1_1, 25, false)),
        ("turned", photo(SamplingFactor::F_2_2, 100, true)),
    ] {
        for width in [None, Some(1_100), Some(300)] {
            let mut one = None;
            for threads in [1, 2, 3, 8] {
                let (peak, outcome) =
                    peak_of_all_threads(|| convert(&bytes, &params(width), &limits(threads)));
                let Ok(Outcome::Made(made)) = outcome else { panic!("{outcome:?}") };
                let stated = stated(&bytes, width, threads);
                println!("{name}, {threads} threads, {width:?}: {peak} bytes, {stated} stated");
                assert!(
                    peak <= stated,
                    "{name}, {threads} threads, {width:?}: {peak} bytes, {stated} stated"
                );
                assert!(made.bytes == *one.get_or_insert_with(|| made.bytes.clone()), "{name}, {threads}");
            }
        }
    }
}

#[test]
fn only_what_is_decoded_ahead_pays_for_it() {
    let further = |bytes: &[u8], width| {
        let plan = plan(&codec::probe(bytes).unwrap(), &params(width)).unwrap();
        (plan.decodes_ahead(), stated(bytes, width, 2) - stated(bytes, width, 1))
    };
    let mut progressive = Vec::new();
    let mut encoder = Encoder::new(&mut progressive, 90);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_progressive(true);
    let pixels = raster(WIDTH.into(), HEIGHT.into(), Layout::Rgb).into_data();
    encoder.encode(&pixels, WIDTH, HEIGHT, ColorType::Rgb).unwrap();
    for (width, eighths) in [(None, 8), (Some(300), 3)] {
        let (is_ahead, coding) = further(&progressive, width);
        assert!(!is_ahead);
        for restarts in [0, 100, 1_000] {
            let (is_ahead, both) = further(&photo(SamplingFactor::F_2_2, restarts, false), width);
            assert!(is_ahead);
            // Of four lines of units, or a quarter of a megabyte of them, and what a thread has in work.
            let line = 3 * u64::from(WIDTH) * eighths * eighths / 8;
            let rows = (4 * line).max(256 << 10);
            assert!((4 * line..rows + (80 << 10)).contains(&(both - coding)), "{}", both - coding);
        }
    }
}
