//! Small pictures, made with fixed seeds by encoders that are not ours.

/// Pixels of a smooth scene with some noise: compresses like a photo. RGB, row by row.
pub fn scene(width: u32, height: u32, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let mut pixels = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let noise = (state % 13) as f32;
            let wave = ((x + seed * 7) as f32 / 17.0).sin() * 40.0 + (y as f32 / 23.0).cos() * 50.0;
            let level = 120.0 + wave + noise;
            pixels.extend([level as u8, (level * 0.8) as u8, (255.0 - level) as u8]);
        }
    }
    pixels
}

/// A JPEG photo.
pub fn jpeg(width: u32, height: u32, seed: u32) -> Vec<u8> {
    let mut file = Vec::new();
    jpeg_encoder::Encoder::new(&mut file, 92)
        .encode(&scene(width, height, seed), width as u16, height as u16, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    file
}

/// A PNG of the same scene.
pub fn png(width: u32, height: u32, seed: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&scene(width, height, seed)).unwrap();
    writer.finish().unwrap();
    file
}

/// A GIF of `frames` frames.
pub fn gif(width: u16, height: u16, frames: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let palette = [0, 0, 0, 255, 255, 255];
    let mut encoder = gif::Encoder::new(&mut file, width, height, &palette).unwrap();
    encoder.set_repeat(gif::Repeat::Infinite).unwrap();
    for frame in 0..frames {
        let pixels =
            (0..usize::from(width) * usize::from(height)).map(|i| (i as u8 ^ frame) & 1).collect::<Vec<_>>();
        encoder.write_frame(&gif::Frame::from_indexed_pixels(width, height, pixels, None)).unwrap();
    }
    drop(encoder);
    file
}
