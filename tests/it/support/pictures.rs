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

/// A baseline 4:2:0 photo of 12 megapixels as cameras write it, about 4 MB long.
pub fn photo() -> Vec<u8> {
    sky(4032, 3024)
}

/// The same of any size.
pub fn sky(width: u16, height: u16) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 90);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder.encode_image(Sky(width, height)).unwrap();
    file
}

/// The same JPEG with a comment: another file, of the same picture.
pub fn with_comment(jpeg: &[u8], comment: &str) -> Vec<u8> {
    let len = u16::try_from(comment.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xfe], &len, comment.as_bytes(), &jpeg[2..]].concat()
}

/// Something like a landscape with grain, made row by row.
pub struct Sky(pub u16, pub u16);

impl jpeg_encoder::ImageBuffer for Sky {
    fn get_jpeg_color_type(&self) -> jpeg_encoder::JpegColorType {
        jpeg_encoder::JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.0
    }

    fn height(&self) -> u16 {
        self.1
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        for x in 0..self.0 {
            let (x, y) = (u32::from(x), u32::from(y));
            let grain =
                (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)).wrapping_mul(747_796_405);
            let samples = [40 + (x / 24 + y / 16) % 180 + (grain >> 28), 90 + x / 200, 150 - y / 200];
            buffers.iter_mut().zip(samples).for_each(|(buffer, sample)| buffer.push(sample as u8));
        }
    }
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
