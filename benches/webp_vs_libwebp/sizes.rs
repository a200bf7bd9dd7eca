//! Size at equal score.

use std::path::Path;

use fast_ssim2::{PixelDescriptor, PixelSlice, Ssimulacra2Reference};
use slimpix::pixel::{Raster, Size};

use crate::{
    Options,
    corpus::{Class, colors, composite, crop, name_of},
    encode, libwebp, mean,
};

/// The qualities that are tried.
pub const LADDER: [u8; 11] = [20, 30, 40, 50, 60, 70, 78, 86, 92, 96, 100];
const SCORES: [f64; 4] = [60.0, 70.0, 80.0, 90.0];

/// Those of the ladder whose scores are compared: where neither end is near.
const USUAL: std::ops::Range<usize> = 3..9;

/// Prints a line for each picture, for each class, and for all.
pub fn print(classes: &[Class], options: &Options) {
    println!("\nsize at scores of {SCORES:?}, mean, worst; score at the same quality");
    let mut all = Vec::new();
    for class in classes {
        let mut results = Vec::new();
        for file in &class.files {
            let result = measure(file, options);
            print_line(&result.name.clone(), std::slice::from_ref(&result));
            results.push(result);
        }
        print_line(&format!("{}: mean", class.name), &results);
        all.append(&mut results);
    }
    print_line("all: mean", &all);
}

/// A picture's ratios.
struct Ratios {
    name: String,
    sizes: [Option<f64>; 4],
    /// Our score less theirs, by quality.
    scores: Vec<f64>,
}

fn print_line(name: &str, pictures: &[Ratios]) {
    let at =
        |score: usize| -> Vec<f64> { pictures.iter().filter_map(|picture| picture.sizes[score]).collect() };
    let sizes = [0, 1, 2, 3].map(|score| format!("{:.3}", mean(&at(score)))).join(" ");
    let every: Vec<f64> = (0..4).flat_map(at).collect();
    let scores: Vec<f64> = pictures.iter().flat_map(|picture| picture.scores.iter().copied()).collect();
    let score = scores.iter().sum::<f64>() / scores.len() as f64;
    print!("{name:48} {sizes}  {:.3}", mean(&every));
    let largest = |picture: &Ratios| picture.sizes.iter().flatten().copied().fold(0.0, f64::max);
    match pictures.iter().max_by(|a, b| largest(a).total_cmp(&largest(b))) {
        Some(worst) if pictures.len() > 1 => {
            let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
            let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let own = |picture: &Ratios| picture.scores.iter().sum::<f64>() / picture.scores.len() as f64;
            let means: Vec<f64> = pictures.iter().map(own).collect();
            let lowest = means.iter().copied().fold(f64::INFINITY, f64::min);
            let highest = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            println!(
                "  {:.3} {}; {score:+.1} ({lowest:+.1} to {highest:+.1}, {least:+.1} to {most:+.1})",
                largest(worst),
                worst.name
            );
        }
        Some(worst) => println!("  {:.3}; {score:+.1}", largest(worst)),
        None => println!(),
    }
}

fn measure(path: &Path, options: &Options) -> Ratios {
    let source = crop(&colors(path), options.side);
    let ours = ladder(&source, |quality| encode(source.clone(), quality, options.effort, 1));
    let theirs = ladder(&source, |quality| libwebp::encode(&source, quality, options.method));
    Ratios {
        name: name_of(path),
        sizes: SCORES.map(|score| Some((size_at(&ours, score)? - size_at(&theirs, score)?).exp())),
        scores: USUAL.map(|step| ours[step].0 - theirs[step].0).collect(),
    }
}

/// Score and logarithm of the size for each quality. What is not opaque is seen on black and on white.
fn ladder(source: &Raster, encode: impl Fn(u8) -> Vec<u8>) -> Vec<(f64, f64)> {
    let has_alpha = source.layout().has_alpha();
    let grounds: &[u8] = if has_alpha { &[0, 255] } else { &[255] };
    let reference =
        |&ground: &u8| (ground, Ssimulacra2Reference::new(&slice_of(&composite(source, ground))).unwrap());
    let references: Vec<_> = grounds.iter().map(reference).collect();
    let step = |&quality: &u8| {
        let (file, size) = (encode(quality), source.size());
        let decoded =
            if has_alpha { libwebp::decode_alpha(&file, size) } else { libwebp::decode(&file, size) };
        let score = |(ground, reference): &(u8, Ssimulacra2Reference)| {
            reference.compare(&slice_of(&composite(&decoded, *ground))).unwrap()
        };
        let sum: f64 = references.iter().map(score).sum();
        (sum / references.len() as f64, (file.len() as f64).ln())
    };
    LADDER.iter().map(step).collect()
}

/// The logarithm of the size at a score between two steps.
fn size_at(steps: &[(f64, f64)], score: f64) -> Option<f64> {
    let pair = steps.windows(2).find(|pair| pair[0].0 <= score && score <= pair[1].0)?;
    let (low, high) = (pair[0], pair[1]);
    Some(low.1 + (high.1 - low.1) * (score - low.0) / (high.0 - low.0).max(1e-9))
}

fn slice_of(raster: &Raster) -> PixelSlice<'_> {
    let Size { width, height } = raster.size();
    PixelSlice::new(raster.data(), width, height, width as usize * 3, PixelDescriptor::RGB8_SRGB).unwrap()
}
