//! A picture file becomes a smaller one: `cargo run --example convert_file -- photo.jpg small.webp 800`

use std::{env, error::Error, fs};

use slimpix::{Kept, Limits, Outcome, Params, Resize, convert, plan, probe};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [input, output, width @ ..] = args.as_slice() else {
        return Err("convert_file INPUT OUTPUT [WIDTH]".into());
    };
    let bytes = fs::read(input)?;
    let mut params = Params::default().with_quality(75);
    if let [width] = width {
        params = params.with_resize(Resize::to_width(width.parse()?));
    }
    // A result that is no smaller is of no use, and a stranger's file may not take more than this.
    let limits = Limits::default().with_max_memory(64 << 20).with_max_output_bytes(bytes.len() as u64 - 1);

    let plan = plan(&probe(&bytes)?, &params)?.within(&limits);
    println!("{:?} to {:?}, in at most {} bytes of memory", plan.source, plan.output, plan.peak_bytes);
    match convert(&bytes, &params, &limits)? {
        Outcome::Made(made) => {
            println!("{} bytes become {}", bytes.len(), made.bytes.len());
            fs::write(output, made.bytes)?;
        }
        Outcome::Kept(Kept::Animated) => println!("it moves, and stays as it is"),
        Outcome::Kept(reason) => println!("it stays as it is: {reason:?}"),
    }
    Ok(())
}
