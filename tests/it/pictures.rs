//! Pictures made on the spot for the tests, the same each time.

use slimpix::{
    codec::{self, Coding, Format},
    convert::{Outcome, Params, convert},
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

/// Something between a photo and a drawing: ramps, flat patches, noise, and soft alpha where there is alpha.
pub fn raster(width: u32, height: u32, layout: Layout) -> Raster {
    let mut noise = 1_u32;
    let mut data = Vec::new();
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let patch = if (x / 9 + y / 7) % 3 == 0 { 70 } else { 0 };
        let color = [x * 3 + patch + (noise >> 29), y * 4 + patch, (x + y) * 2 + (noise >> 28)];
        let alpha = (x * 40 + y * 25).min(255);
        match layout {
            Layout::Gray => data.push(color[0] as u8),
            Layout::GrayAlpha => data.extend([color[0] as u8, alpha as u8]),
            Layout::Rgb => data.extend(color.map(|sample| sample as u8)),
            Layout::Rgba => data.extend([color[0], color[1], color[2], alpha].map(|sample| sample as u8)),
        }
    }
    Raster::new(Size::new(width, height), layout, data).unwrap()
}

/// The same as a PNG.
pub fn png(width: u32, height: u32, layout: Layout) -> Vec<u8> {
    encode(raster(width, height, layout), &coding(Format::Png, 0, true))
}

pub fn encode(raster: Raster, coding: &Coding) -> Vec<u8> {
    codec::encode(Picture::Raster(raster), coding, &Metadata::default()).unwrap()
}

pub fn coding(format: Format, quality: u8, lossless: bool) -> Coding {
    Coding::new(format).with_quality(quality).with_effort(2).with_lossless(lossless)
}

/// What becomes of a picture.
pub fn converted(source: &[u8], params: &Params) -> Vec<u8> {
    match convert(source, params, &Limits::default()) {
        Ok(Outcome::Made(made)) => made.bytes,
        other => panic!("{other:?}"),
    }
}

/// A file's pixels.
pub fn pixels(file: &[u8]) -> Raster {
    codec::decode(file, &Limits::default()).unwrap().picture.into_raster().unwrap()
}

/// A pixel, as RGBA.
pub fn pixel(raster: &Raster, x: u32, y: u32) -> [u8; 4] {
    let channels = raster.layout().channels() as usize;
    let at = (y as usize * raster.size().width as usize + x as usize) * channels;
    match raster.data()[at..at + channels] {
        [v] => [v, v, v, 255],
        [v, a] => [v, v, v, a],
        [r, g, b] => [r, g, b, 255],
        [r, g, b, a] => [r, g, b, a],
        _ => panic!("no pixel"),
    }
}
