//! The heap that a PNG with alpha takes on its way to a lossy WebP beside its file: what one without takes, and a
//! buffer of what the longest file could have. `memory_is_stated` counts all else.

use std::io::Write;

use slimpix::{
    codec,
    convert::{Mode, Outcome, Params, convert, plan},
    limits::Limits,
};

use crate::support::heap::peak_of;

/// What a pixel's alpha is, by its column and row.
type Shape = fn(u32, u32) -> u32;

/// A PNG of some photo, made row by row, with alpha of a shape or without.
fn png(width: u32, height: u32, alpha: Option<Shape>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(if alpha.is_some() { png::ColorType::Rgba } else { png::ColorType::Rgb });
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().unwrap();
    let mut rows = writer.stream_writer().unwrap();
    for y in 0..height {
        let mut row = Vec::new();
        for x in 0..width {
            let grain = (x * x + y * 7 + x * y / 5) % 23;
            let color = [(x / 16 + y / 12) % 200 + grain, 90 + x / 40 + grain, 150 - y / 40];
            row.extend(color.map(|sample| sample as u8));
            row.extend(alpha.map(|alpha| alpha(x, y) as u8));
        }
        rows.write_all(&row).unwrap();
    }
    rows.finish().unwrap();
    writer.finish().unwrap();
    file
}

/// Sixteen bits that look like noise.
fn mix(x: u32, y: u32) -> u32 {
    let mixed = (x + y * 40_503).wrapping_mul(2_654_435_761);
    (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519) >> 16
}

/// What a conversion took and what its plan stated, with room for a file of so many bytes; `None` where it has more.
fn measured(file: &[u8], most: u64) -> Option<(u64, u64)> {
    let params = Params::default().with_mode(Mode::Lossy).with_effort(0);
    let limits = Limits::default().with_max_output_bytes(most);
    let stated = plan(&codec::probe(file).unwrap(), &params).unwrap().within(&limits).peak_bytes;
    let (peak, outcome) = peak_of(|| convert(file, &params, &limits));
    let Outcome::Made(made) = outcome.unwrap() else { return None };
    println!("{peak} bytes, {stated} stated, {} read, {} made", file.len(), made.bytes.len());
    Some((peak, stated))
}

#[test]
fn a_png_with_alpha_takes_little_more_than_one_without() {
    let (width, height) = (4032, 3024);
    let shapes: [(&str, Shape); 4] = [
        ("half seen through", |x, y| if (x / 300 + y / 200) % 2 == 0 { 255 } else { 20 + x % 100 }),
        ("a disc", |x, y| u32::from(x.abs_diff(2000).pow(2) + y.abs_diff(1500).pow(2) < 1_400 * 1_400) * 255),
        ("soft noise", |x, y| 100 + (x / 40 + y / 30) % 90 + mix(x, y) % 12),
        ("noise", mix),
    ];
    let opaque = png(width, height, None);
    let likely = plan(&codec::probe(&opaque).unwrap(), &Params::default()).unwrap().likely_file_bytes();
    for (at, (name, shape)) in shapes.into_iter().enumerate() {
        println!("{name}:");
        let file = png(width, height, Some(shape));
        // As the server asks for it: first as long as is likely, and what has more, as noise does, as long as the
        // source.
        let is_noise = at >= 2;
        let (most, most_bytes) = match measured(&file, likely.unwrap()) {
            Some(_) => (likely.unwrap(), 32_000_000),
            None => (file.len() as u64, 46_000_000),
        };
        assert_eq!(most == file.len() as u64, is_noise, "{name}");
        let (peak, stated) = measured(&file, most).unwrap();
        assert!(peak <= most_bytes, "{name}: {peak} bytes");
        assert!(peak <= stated, "{name}: {peak} bytes, {stated} stated");
        // What alpha takes by itself is stated as it is.
        let (without, stated_without) = measured(&opaque, most).unwrap();
        let (own, own_stated) = (peak - without, stated - stated_without);
        assert!(
            own_stated <= own * 6 / 5 + (512 << 10),
            "{name}: {own} bytes for alpha, {own_stated} stated"
        );
    }
}
