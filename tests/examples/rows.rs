//! A picture goes through code of your own, row by row, and is never whole in memory:
//! `cargo run --example rows -- photo.jpg night.webp`

use std::{env, error::Error, fs};

use slimpix::{Decoder, Limits, webp};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [input, output] = args.as_slice() else { return Err("rows INPUT OUTPUT".into()) };
    let bytes = fs::read(input)?;

    let decoder = Decoder::new(&bytes, &Limits::default())?;
    let (size, layout) = (decoder.size(), decoder.layout());
    let mut encoder = webp::Encoder::new(80).rows(size.width, size.height, layout)?;
    let mut night = Vec::new();
    decoder.rows(|row| {
        night.clear();
        for pixel in row.chunks_exact(layout.channels() as usize) {
            let [red, green, blue] = [pixel[0] / 3, pixel[1] / 3, pixel[2] / 2];
            night.extend([red, green, blue]);
            // Alpha, where there is any.
            night.extend(&pixel[3..]);
        }
        encoder.push_rows(&night)
    })?;
    fs::write(output, encoder.finish()?)?;
    println!("{}x{} pixels went by", size.width, size.height);
    Ok(())
}
