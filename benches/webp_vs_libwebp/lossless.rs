//! Lossless: bytes and CPU time against libwebp at a method and quality 75, and against image-webp's encoder.

use std::{fs, hint::black_box};

use image_webp::{ColorType, WebPEncoder};
use slimpix::{
    codec::{self, Coding, Format},
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Raster},
};

use crate::{
    Options,
    corpus::{Class, name_of},
    libwebp, mean,
    speed::cpu_seconds,
};

const ROUNDS: usize = 3;

/// Prints the ratios of each picture, of each class, and of all.
pub fn print(classes: &[Class], options: &Options) {
    println!(
        "\nlossless: size and CPU to libwebp's, the same to image-webp's; ours in bytes and ms a megapixel"
    );
    let mut all = Vec::new();
    for class in classes.iter().filter(|class| class.name != "jpeg-original") {
        let start = all.len();
        for path in &class.files {
            let result = measure(path, options);
            print_line(&name_of(path), std::slice::from_ref(&result));
            all.push(result);
        }
        print_line(&format!("{}: mean", class.name), &all[start..]);
        print_sums(&all[start..]);
    }
    print_line("all: mean", &all);
    print_sums(&all);
}

/// Bytes, CPU seconds and pixels of a picture: by us, by libwebp, by image-webp.
struct Result {
    bytes: [f64; 3],
    seconds: [f64; 3],
    pixels: f64,
}

fn print_line(name: &str, results: &[Result]) {
    let ratio = |of: &dyn Fn(&Result) -> f64| mean(&results.iter().map(of).collect::<Vec<_>>());
    println!(
        "{name:48} {:.3} {:.3}  {:.3} {:.3}  {:.0} {:.0}",
        ratio(&|result| result.bytes[0] / result.bytes[1]),
        ratio(&|result| result.seconds[0] / result.seconds[1]),
        ratio(&|result| result.bytes[0] / result.bytes[2]),
        ratio(&|result| result.seconds[0] / result.seconds[2]),
        results.iter().map(|result| result.bytes[0]).sum::<f64>(),
        ratio(&|result| result.seconds[0] / result.pixels * 1e9),
    );
}

/// The ratios of all bytes together.
fn print_sums(results: &[Result]) {
    let sum = |who: usize| results.iter().map(|result| result.bytes[who]).sum::<f64>();
    println!("{:48} {:.3}        {:.3}", "  bytes together", sum(0) / sum(1), sum(0) / sum(2));
}

fn measure(path: &std::path::Path, options: &Options) -> Result {
    let picture = codec::decode(&fs::read(path).unwrap(), &Limits::default()).unwrap().picture;
    let mut source = picture.into_raster().unwrap();
    source.clear_hidden();
    let (mut bytes, mut seconds) = ([0.0; 3], [f64::INFINITY; 3]);
    for _ in 0..ROUNDS {
        for who in 0..3 {
            let own = source.clone();
            let start = cpu_seconds();
            let file = black_box(match who {
                0 => ours(own, options.effort),
                1 => libwebp::encode_lossless(&own, options.method),
                _ => by_image_webp(&own),
            });
            seconds[who] = f64::min(seconds[who], cpu_seconds() - start);
            bytes[who] = file.len() as f64;
        }
    }
    Result { bytes, seconds, pixels: source.size().pixels() as f64 }
}

fn ours(source: Raster, effort: u8) -> Vec<u8> {
    let coding = Coding::new(Format::WebP).with_effort(effort).with_lossless(true);
    codec::encode(Picture::Raster(source), &coding, &Metadata::default()).unwrap()
}

fn by_image_webp(source: &Raster) -> Vec<u8> {
    let color = match source.layout() {
        Layout::Gray => ColorType::L8,
        Layout::GrayAlpha => ColorType::La8,
        Layout::Rgb => ColorType::Rgb8,
        Layout::Rgba => ColorType::Rgba8,
    };
    let mut file = Vec::new();
    let size = source.size();
    WebPEncoder::new(&mut file).encode(source.data(), size.width, size.height, color).unwrap();
    file
}
