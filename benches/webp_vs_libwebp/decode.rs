//! CPU time of decoding to RGB.

use std::{hint::black_box, io::Cursor};

use image_webp::WebPDecoder;
use slimpix::{
    codec,
    limits::Limits,
    pixel::{Layout, Raster, Size},
};

use crate::{
    corpus::{Class, rgb},
    libwebp, mean,
    speed::cpu_seconds,
};

const QUALITIES: [u8; 3] = [40, 75, 92];
const ROUNDS: usize = 3;
/// What is decoded before the clock is looked at again.
const PIXELS: u64 = 6_000_000;

/// Prints the ratios of each class, and of all.
pub fn print(classes: &[Class]) {
    println!(
        "\nCPU of decoding libwebp's files to RGB: ours against image-webp's and libwebp's at {QUALITIES:?}"
    );
    let mut all = vec![Vec::new(); 2 * QUALITIES.len()];
    for class in classes {
        let mut ratios = vec![Vec::new(); 2 * QUALITIES.len()];
        for path in &class.files {
            let source = rgb(path);
            for (place, &quality) in QUALITIES.iter().enumerate() {
                let [ours, theirs, libwebps] = seconds(&source, quality);
                ratios[2 * place].push(ours / theirs);
                ratios[2 * place + 1].push(ours / libwebps);
            }
        }
        print_means(&class.name, &ratios);
        all.iter_mut().zip(ratios).for_each(|(all, ratios)| all.extend(ratios));
    }
    print_means("all", &all);
}

fn print_means(name: &str, ratios: &[Vec<f64>]) {
    let means: Vec<String> = ratios.iter().map(|ratios| format!("{:.3}", mean(ratios))).collect();
    println!("{name:48} {}", means.join(" "));
}

/// CPU seconds of us, image-webp and libwebp, by turns, the least of some.
fn seconds(source: &Raster, quality: u8) -> [f64; 3] {
    let file = libwebp::encode(source, quality, 4);
    let size = source.size();
    let mut least = [f64::INFINITY; 3];
    for _ in 0..ROUNDS {
        for (who, least) in least.iter_mut().enumerate() {
            let start = cpu_seconds();
            // The clock ticks a few hundred times a second.
            for _ in 0..1 + PIXELS / size.pixels() {
                black_box(match who {
                    0 => codec::decode(&file, &Limits::default()).unwrap().picture.into_raster().unwrap(),
                    1 => by_image_webp(&file, size),
                    _ => libwebp::decode(&file, size),
                });
            }
            *least = least.min(cpu_seconds() - start);
        }
    }
    least
}

fn by_image_webp(file: &[u8], size: Size) -> Raster {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).unwrap();
    let mut data = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut data).unwrap();
    Raster::new(size, Layout::Rgb, data).unwrap()
}
