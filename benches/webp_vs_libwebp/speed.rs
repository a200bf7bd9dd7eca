//! CPU time of one thread, and wall time of two.

use std::{fs, hint::black_box, time::Instant};

use slimpix::pixel::Raster;

use crate::{
    Options,
    corpus::{Class, large_photo, rgb},
    encode, libwebp, mean,
    sizes::LADDER,
};

const USUAL: [u8; 3] = [75, 80, 85];
const ROUNDS: usize = 3;

/// Prints the ratios of CPU time of each class, and of all.
pub fn print_cpu(classes: &[Class], options: &Options) {
    println!("\nCPU at the qualities {USUAL:?}, and at {LADDER:?}; ours in ms a megapixel at the first");
    let (mut usual, mut ladder, mut cost) = (Vec::new(), Vec::new(), Vec::new());
    for class in classes {
        let start = usual.len();
        for file in &class.files {
            let source = rgb(file);
            let (ours, theirs) = seconds(&source, &USUAL, ROUNDS, options);
            usual.push(ours / theirs);
            cost.push(ours / USUAL.len() as f64 / source.size().pixels() as f64 * 1e9);
            // Once is enough for so many qualities.
            let (ours, theirs) = seconds(&source, &LADDER, 1, options);
            ladder.push(ours / theirs);
        }
        print_means(&class.name, &usual[start..], &ladder[start..], &cost[start..]);
    }
    print_means("all", &usual, &ladder, &cost);
}

fn print_means(name: &str, usual: &[f64], ladder: &[f64], cost: &[f64]) {
    println!("{name:48} {:.3} {:.3}  {:.1}", mean(usual), mean(ladder), mean(cost));
}

/// CPU seconds for a picture at all qualities, ours and libwebp's.
fn seconds(source: &Raster, qualities: &[u8], rounds: usize, options: &Options) -> (f64, f64) {
    let (mut ours, mut theirs) = (0.0, 0.0);
    for &quality in qualities {
        let mut least = [f64::INFINITY; 2];
        for _ in 0..rounds {
            let own = source.clone();
            let start = cpu_seconds();
            black_box(encode(own, quality, options.effort, 1));
            let middle = cpu_seconds();
            black_box(libwebp::encode(source, quality, options.method));
            let times = [middle - start, cpu_seconds() - middle];
            least = [least[0].min(times[0]), least[1].min(times[1])];
        }
        ours += least[0];
        theirs += least[1];
    }
    (ours, theirs)
}

/// Prints the ratios of wall time of the large photo, by two threads of ours and by one.
pub fn print_wall(options: &Options) {
    let source = large_photo();
    println!("\nwall time of 12 megapixels at quality 80 against libwebp's one thread");
    let mut least = [f64::INFINITY; 3];
    for _ in 0..5 {
        for (who, least) in least.iter_mut().enumerate() {
            let own = source.clone();
            let start = Instant::now();
            match who {
                0 => black_box(libwebp::encode(&own, 80, options.method)),
                threads => black_box(encode(own, 80, options.effort, threads)),
            };
            *least = least.min(start.elapsed().as_secs_f64());
        }
    }
    for threads in [1, 2] {
        println!(
            "{:48} {:.3}  {:.0} ms of {:.0}",
            format!("{threads} of ours"),
            least[threads] / least[0],
            least[threads] * 1e3,
            least[0] * 1e3
        );
    }
}

/// CPU time of this thread in seconds. Not a number where Linux doesn't tell it.
pub fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = stat.split(' ').next().and_then(|word| word.parse::<f64>().ok());
    nanoseconds.map_or(f64::NAN, |nanoseconds| nanoseconds / 1e9)
}
