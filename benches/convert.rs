//! Decode, resize, encode and the whole conversion of one photo, in pixels of the source a second.
//!
//! `cargo bench --bench convert` runs all, `cargo bench --bench convert encode` those with `encode` in the name. The photo is
//! made on the spot, 1024 × 768, so that numbers of different machines are of the same picture.

use divan::{Bencher, counter::ItemsCount};
use slimpix::{
    codec::{self, Coding, Format},
    convert::{Mode, Outcome, Params, Resize, convert},
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Planes, Raster, Size, Subsampling},
};

const SIZE: Size = Size::new(1024, 768);

fn pixels() -> ItemsCount {
    ItemsCount::new(SIZE.pixels())
}

fn main() {
    divan::main();
}

/// Waves of several lengths with a little noise: as hard to code as a photo of middling detail.
fn photo() -> Raster {
    let mut noise = 7_u32;
    let mut data = Vec::new();
    for (y, x) in (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (y, x))) {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (fx, fy) = (f64::from(x), f64::from(y));
        let grain = f64::from(noise >> 28) - 8.0;
        let wave =
            |long: f64, short: f64| 128.0 + 70.0 * (fx / long + fy / short).sin() + 30.0 * (fx / 7.0).cos();
        data.extend([(61.0, 43.0), (37.0, 91.0), (113.0, 29.0)].map(|(a, b)| (wave(a, b) + grain) as u8));
    }
    Raster::new(SIZE, Layout::Rgb, data).unwrap_or_else(|error| panic!("{error}"))
}

fn planes() -> Planes {
    photo().to_planes(Subsampling::Yuv420).unwrap_or_else(|error| panic!("{error}"))
}

fn file(format: Format) -> Vec<u8> {
    let coding = Coding::new(format).with_quality(88).with_effort(1);
    codec::encode(Picture::Planes(planes()), &coding, &Metadata::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

#[divan::bench(args = [Format::Jpeg, Format::Png, Format::WebP])]
fn decode(bencher: Bencher, format: Format) {
    let file = file(format);
    bencher.counter(pixels()).bench(|| codec::decode(&file, &Limits::default()));
}

/// Format, effort, lossless.
#[divan::bench(args = [
    (Format::WebP, 4, false), (Format::WebP, 4, true), (Format::Jpeg, 4, false), (Format::Png, 4, true),
    (Format::Avif, 0, false), (Format::Avif, 4, false),
], sample_count = 5)]
fn encode(bencher: Bencher, (format, effort, lossless): (Format, u8, bool)) {
    let coding = Coding::new(format).with_effort(effort).with_lossless(lossless);
    bencher
        .counter(pixels())
        .with_inputs(|| Picture::Planes(planes()))
        .bench_values(|picture| codec::encode(picture, &coding, &Metadata::default()));
}

/// The resizer, with the decoding of a JPEG before it and the fastest JPEG after it.
#[divan::bench(args = [100, 400, 800])]
fn resize(bencher: Bencher, width: u32) {
    run(bencher, &file(Format::Jpeg), Format::Jpeg, Some(width));
}

/// A JPEG, as a server would convert it.
#[divan::bench(args = [(Format::WebP, None), (Format::WebP, Some(400)), (Format::Avif, Some(400))], sample_count = 5)]
fn whole(bencher: Bencher, (format, width): (Format, Option<u32>)) {
    run(bencher, &file(Format::Jpeg), format, width);
}

fn run(bencher: Bencher, source: &[u8], format: Format, width: Option<u32>) {
    let params = Params::default()
        .with_format(format)
        .with_mode(Mode::Lossy)
        .with_effort(2)
        .with_resize(width.map(Resize::to_width));
    bencher.counter(pixels()).bench(|| match convert(source, &params, &Limits::default()) {
        Ok(Outcome::Made(made)) => made.bytes.len(),
        other => panic!("{other:?}"),
    });
}
