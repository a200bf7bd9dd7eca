//! Our lossy WebP against libwebp's: size at equal SSIMULACRA2, CPU and wall time, and memory.
//!
//! ```text
//! cargo bench --bench webp_vs_libwebp [-- effort=4 method=4 class=photo side=1024
//! only=size,cpu,wall,heap,decode,lossless]
//! ```
//!
//! Ours at an effort against libwebp at a method, on one class of the corpus or on all. Pictures come from `quality/`
//! of the corpus (`SLIMPIX_CORPUS`, else `../shared/corpus`). Both encoders get the same RGB, of transparent pictures
//! on white. Below 1 is better for us, everywhere.
//!
//! - `size`: the middle of each picture, a square of at most `side`; both files go through libwebp's decoder; sizes are
//!   interpolated over a ladder of qualities at the scores 60, 70, 80 and 90. A picture that doesn't reach a score
//!   isn't counted there. Pictures with alpha keep it, and are seen on black and on white. Also how far the scores of
//!   the same quality are apart: in the mean, in the means of pictures, and at each quality.
//! - `cpu`: whole pictures, one thread, both by turns, the least of three; at usual qualities, and over the ladder.
//! - `wall`: the 12-megapixel photo by two threads of ours and the one of libwebp, both by turns.
//! - `heap`: the most that ours holds while it codes that photo, beside the pixels it was given and the file.
//! - `decode`: CPU of decoding libwebp's files to RGB, against libwebp and against `image-webp`.
//! - `lossless`: bytes and CPU of lossless files, whole pictures with their alpha, against libwebp at quality 75 and
//!   against `image-webp`'s encoder, by turns, the least of three.
#![allow(unsafe_code, reason = "libwebp is C, and allocations are counted")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on stops there")]

mod corpus;
mod decode;
mod heap;
mod libwebp;
mod lossless;
mod sizes;
mod speed;

use std::env;

use slimpix::{
    codec::{self, Coding, Format},
    pixel::{Metadata, Picture, Raster},
};

/// What is measured of whom.
struct Options {
    effort: u8,
    method: i32,
    class: Option<String>,
    side: u32,
    only: Option<String>,
}

impl Options {
    fn from_arguments() -> Self {
        let mut options = Self { effort: 4, method: 4, class: None, side: 1024, only: None };
        for argument in env::args().skip(1) {
            match argument.split_once('=') {
                Some(("effort", value)) => options.effort = value.parse().unwrap(),
                Some(("method", value)) => options.method = value.parse().unwrap(),
                Some(("class", value)) => options.class = Some(value.to_owned()),
                Some(("side", value)) => options.side = value.parse().unwrap(),
                Some(("only", value)) => options.only = Some(value.to_owned()),
                // What cargo adds.
                _ => assert!(argument.starts_with("--"), "unknown: {argument}"),
            }
        }
        options
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.split(',').any(|one| one == part))
    }
}

fn main() {
    let options = Options::from_arguments();
    let Some(classes) = corpus::classes(options.class.as_deref()) else {
        println!("no corpus at {}: nothing is measured", corpus::folder().display());
        return;
    };
    println!("effort {} against libwebp's method {}", options.effort, options.method);
    if options.wants("size") {
        sizes::print(&classes, &options);
    }
    if options.wants("cpu") {
        speed::print_cpu(&classes, &options);
    }
    if options.wants("wall") {
        speed::print_wall(&options);
    }
    if options.wants("heap") {
        heap::print(&options);
    }
    if options.wants("decode") {
        decode::print(&classes);
    }
    if options.wants("lossless") {
        lossless::print(&classes, &options);
    }
}

/// Ours.
fn encode(source: Raster, quality: u8, effort: u8, threads: usize) -> Vec<u8> {
    let coding = Coding::new(Format::WebP).with_quality(quality).with_effort(effort).with_threads(threads);
    codec::encode(Picture::Raster(source), &coding, &Metadata::default()).unwrap()
}

/// The geometric mean; not a number where there are none.
fn mean(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}
