//! Own pixels become a WebP: `cargo run --example encode -- sunset.webp`

use std::{env, error::Error, fs};

use slimpix::webp;

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::args().nth(1).unwrap_or_else(|| "sunset.webp".to_owned());
    let (width, height) = (640, 400);
    let pixels = sunset(width, height);

    let photo = webp::Encoder::new(80).with_effort(6).encode(&pixels, width, height)?;
    let exact = webp::Encoder::lossless().encode(&pixels, width, height)?;
    println!("{} bytes of pixels: {} with loss, {} without", pixels.len(), photo.len(), exact.len());
    fs::write(out, photo)?;
    Ok(())
}

/// RGB, row by row.
fn sunset(width: u32, height: u32) -> Vec<u8> {
    let pixel = |x: u32, y: u32| {
        let (dx, dy) = (x.abs_diff(width / 2), y.abs_diff(height * 2 / 3));
        let glow = 255_u32.saturating_sub((dx * dx + dy * dy).isqrt());
        let sky = y * 120 / height;
        [sky + glow * 120 / 255 + 15, sky / 2 + glow / 2, 120 - sky].map(|sample| sample as u8)
    };
    (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect()
}
