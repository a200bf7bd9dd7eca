//! A placeholder of some 25 bytes with colours, shape and alpha: ThumbHash (<https://evanw.github.io/thumbhash/>). Low
//! frequencies of lightness, of two differences of colours, and of alpha, in four bits each.

use std::f64::consts::PI;

use crate::pixel::Size;

/// A component of the picture, as frequencies.
struct Channel {
    mean: f64,
    /// From 0 to 1, of the largest of them.
    waves: Vec<f64>,
    largest: f64,
}

/// The hash of a picture of RGBA, no side of which is longer than 100 pixels.
pub(super) fn thumbhash(size: Size, rgba: &[u8]) -> Vec<u8> {
    let (pixels, has_alpha) = components(rgba);
    let [width, height] = [size.width, size.height].map(f64::from);
    let most = if has_alpha { 5.0 } else { 7.0 };
    // At least one wave, of the longer side all.
    let count = |side: f64| ((most * side / width.max(height)).round() as usize).max(1);
    let (across, down) = (count(width), count(height));
    let channel = |at: usize, across: usize, down: usize| {
        let samples: Vec<f64> = pixels.iter().map(|pixel| pixel[at]).collect();
        transformed(&samples, size.width as usize, (across, down))
    };
    let lightness = channel(0, across.max(3), down.max(3));
    let (yellow, red) = (channel(1, 3, 3), channel(2, 3, 3));
    let alpha = has_alpha.then(|| channel(3, 5, 5));

    let scaled = |value: f64, most: f64| (value * most).round() as u32;
    let signed = |value: f64| (31.5 + 31.5 * value).round() as u32;
    let is_wide = size.width > size.height;
    let first = scaled(lightness.mean, 63.0)
        | signed(yellow.mean) << 6
        | signed(red.mean) << 12
        | scaled(lightness.largest, 31.0) << 18
        | u32::from(has_alpha) << 23;
    let second = (if is_wide { down } else { across }) as u32
        | scaled(yellow.largest, 63.0) << 3
        | scaled(red.largest, 63.0) << 9
        | u32::from(is_wide) << 15;
    let mut hash = [&first.to_le_bytes()[..3], &second.to_le_bytes()[..2]].concat();
    if let Some(alpha) = &alpha {
        hash.push((scaled(alpha.mean, 15.0) | scaled(alpha.largest, 15.0) << 4) as u8);
    }
    let channels = [Some(lightness), Some(yellow), Some(red), alpha];
    let waves: Vec<u8> = channels
        .into_iter()
        .flatten()
        .flat_map(|channel| channel.waves)
        .map(|wave| scaled(wave, 15.0) as u8)
        .collect();
    hash.extend(waves.chunks(2).map(|pair| pair.iter().rev().fold(0, |byte, wave| byte << 4 | wave)));
    hash
}

/// Lightness, yellow to blue, red to green, and alpha of each pixel over the mean colour; and whether there is alpha.
fn components(rgba: &[u8]) -> (Vec<[f64; 4]>, bool) {
    let pixels = || rgba.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2], pixel[3]].map(f64::from));
    let mut sums = [0.0; 4];
    for [r, g, b, a] in pixels() {
        let alpha = a / 255.0;
        let part = [r, g, b].map(|sample| alpha / 255.0 * sample);
        for (sum, part) in sums.iter_mut().zip([part[0], part[1], part[2], alpha]) {
            *sum += part;
        }
    }
    let [.., seen] = sums;
    let mean = if seen > 0.0 { sums.map(|sum| sum / seen) } else { sums };
    let of_pixel = |[r, g, b, a]: [f64; 4]| {
        let alpha = a / 255.0;
        let over = |sample: f64, mean: f64| mean * (1.0 - alpha) + alpha / 255.0 * sample;
        let [r, g, b] = [over(r, mean[0]), over(g, mean[1]), over(b, mean[2])];
        [(r + g + b) / 3.0, (r + g) / 2.0 - b, r - g, alpha]
    };
    (pixels().map(of_pixel).collect(), seen < (rgba.len() / 4) as f64)
}

/// The waves of a channel up to a number across and down, those of a triangle. `libm`'s cosine is the same everywhere.
fn transformed(samples: &[f64], width: usize, (across, down): (usize, usize)) -> Channel {
    let height = samples.len() / width;
    let cosines = |length: usize, count: usize| {
        let scale = PI / length as f64;
        let wave = move |k: usize| (0..length).map(move |at| libm::cos(scale * k as f64 * (at as f64 + 0.5)));
        (0..count).map(|k| wave(k).collect()).collect::<Vec<Vec<f64>>>()
    };
    let (columns, rows) = (cosines(width, across), cosines(height, down));
    let mut channel = Channel { mean: 0.0, waves: Vec::new(), largest: 0.0 };
    for (v, row) in rows.iter().enumerate() {
        for (u, column) in columns.iter().enumerate().take_while(|(u, _)| u * down < across * (down - v)) {
            let mut sum = 0.0;
            for (line, y) in samples.chunks_exact(width).zip(row) {
                // One after the other, as the reference does it: what is nothing is rounded either way.
                line.iter().zip(column).for_each(|(sample, x)| sum += sample * x * y);
            }
            let wave = sum / samples.len() as f64;
            if u == 0 && v == 0 {
                channel.mean = wave;
            } else {
                channel.largest = channel.largest.max(wave.abs());
                channel.waves.push(wave);
            }
        }
    }
    if channel.largest > 0.0 {
        let scale = 0.5 / channel.largest;
        channel.waves.iter_mut().for_each(|wave| *wave = 0.5 + scale * *wave);
    }
    channel
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `thumbhash` 0.1.1 of npm, the author's own, says of the same pixels.
    #[test]
    fn hashes_are_those_of_the_reference() {
        let cases: [(u32, u32, bool, &[u8]); 4] = [
            (64, 48, false, b"\x5f\xe7\x09\x25\x94\x05\x89\x95\x41\x89\x86\x86\x77\x78\x77\x77\x6e\xf1\x7c\xf0\x77"),
            (
                30,
                64,
                true,
                b"\x5e\xd7\x8d\x22\x0e\x0f\x73\x70\x58\x98\x57\x97\x9f\x03\xa8\xe8\x10\x32\x00\x21\x10\x11\x21",
            ),
            (
                100,
                100,
                false,
                b"\xdf\x17\x06\x17\x08\x76\x05\x8a\x77\x26\x8a\x61\xa2\x09\xa6\xba\x78\x78\x64\x8d\x50\x85\x48\x0f",
            ),
            (7, 64, false, b"\x57\x57\x0d\x29\x0c\x76\x80\x58\x88\x89\x86\x69\x88\x8f\x53\xb8\xf7"),
        ];
        for (width, height, has_alpha, expected) in cases {
            let pixel = |(x, y): (u32, u32)| {
                let alpha = if has_alpha { (x * 40 + y * 25).min(255) } else { 255 };
                [x * 5 + y, y * 4 + 30, (x + y) * 3, alpha].map(|sample| sample as u8)
            };
            let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
            let rgba: Vec<u8> = places.flat_map(pixel).collect();
            assert_eq!(thumbhash(Size::new(width, height), &rgba), expected, "{width}x{height}");
        }
    }

    #[test]
    fn any_size_has_one() {
        for (width, height) in [(1, 1), (1, 64), (64, 1), (2, 3)] {
            let rgba = [200, 9, 90, 0].repeat((width * height) as usize);
            assert!(thumbhash(Size::new(width, height), &rgba).len() > 10);
        }
    }
}
