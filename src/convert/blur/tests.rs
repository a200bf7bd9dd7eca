//! Blurs against the Gaussian itself.

use super::*;

fn blurred(sigma: u16, layout: Layout, size: Size, data: &[u8]) -> Vec<u8> {
    let mut blur = Blur::new(sigma, layout, size).unwrap();
    let mut made = Vec::new();
    for row in data.chunks_exact(size.width as usize * layout.channels() as usize) {
        blur.push(row, &mut |row| {
            made.extend_from_slice(row);
            Ok(())
        })
        .unwrap();
    }
    assert_eq!(made.len(), data.len());
    made
}

/// The Gaussian itself, with the same sides.
fn gaussian(sigma: u16, size: Size, data: &[u8]) -> Vec<f64> {
    let sigma = f64::from(sigma) / 10.0;
    let radius = (5.0 * sigma).ceil() as i64;
    let weights: Vec<f64> =
        (-radius..=radius).map(|k| (-((k * k) as f64) / (2.0 * sigma * sigma)).exp()).collect();
    let total: f64 = weights.iter().sum();
    let (width, height) = (i64::from(size.width), i64::from(size.height));
    let pass = |data: &[f64], (dx, dy): (i64, i64)| -> Vec<f64> {
        let at = |x: i64, y: i64| data[(y.clamp(0, height - 1) * width + x.clamp(0, width - 1)) as usize];
        (0..width * height)
            .map(|place| {
                let (x, y) = (place % width, place / width);
                let taps = (-radius..=radius).zip(&weights);
                taps.map(|(k, weight)| weight * at(x + k * dx, y + k * dy)).sum::<f64>() / total
            })
            .collect()
    };
    let data: Vec<f64> = data.iter().map(|sample| f64::from(*sample)).collect();
    pass(&pass(&data, (1, 0)), (0, 1))
}

#[test]
fn it_is_a_gaussian_within_some_hundredths() {
    for (sigma, width, height) in [(6, 40, 30), (8, 33, 50), (20, 61, 40), (55, 60, 90), (200, 140, 130)] {
        let size = Size::new(width, height);
        let is_light = |at: u32| (at % width / 9 + at / width / 7).is_multiple_of(2);
        let data: Vec<u8> = (0..width * height).map(|at| if is_light(at) { 250 } else { 5 }).collect();
        let made = blurred(sigma, Layout::Gray, size, &data);
        let exact = gaussian(sigma, size, &data);
        // At the sides each box goes on with what the one before it made.
        let margin = u32::from(sigma) * 3 / 10;
        let is_inside = |at: usize| {
            let (x, y) = (at as u32 % width, at as u32 / width);
            (margin..width - margin).contains(&x) && (margin..height - margin).contains(&y)
        };
        let differences = made.iter().zip(&exact).map(|(made, exact)| (f64::from(*made) - exact).abs());
        let inside = differences.enumerate().filter(|(at, _)| is_inside(*at));
        let worst = inside.fold(0.0, |worst: f64, (_, difference)| worst.max(difference));
        assert!(worst < 245.0 * 0.03, "{sigma}: {worst}");
    }
}

#[test]
fn flat_areas_stay_and_no_side_is_darker() {
    for sigma in [3, 4, 9, 10, 17, 64, 250, 1000] {
        for (width, height) in [(1, 1), (1, 9), (40, 1), (7, 31)] {
            let size = Size::new(width, height);
            for value in [0, 1, 128, 255] {
                let data = vec![value; size.pixels() as usize];
                assert!(blurred(sigma, Layout::Gray, size, &data) == data, "{sigma} {width}x{height}");
            }
        }
    }
}

#[test]
fn colours_that_are_not_seen_leave_no_trace() {
    let size = Size::new(20, 20);
    let pixel = |at: u32| if at % 20 < 10 { [200, 100, 50, 255] } else { [0, 255, 0, 0] };
    let data: Vec<u8> = (0..400).flat_map(pixel).collect();
    for pixel in blurred(25, Layout::Rgba, size, &data).chunks_exact(4).filter(|pixel| pixel[3] > 20) {
        let is_close = pixel[..3].iter().zip([200, 100, 50]).all(|(is, was)| is.abs_diff(was) < 4);
        assert!(is_close, "{pixel:?}");
    }
}

#[test]
fn sharpening_adds_what_blurring_takes() {
    let size = Size::new(30, 20);
    let data: Vec<u8> = (0..600).flat_map(|at| [if at % 30 < 15 { 80 } else { 160 }, 99]).collect();
    let soft = blurred(10, Layout::GrayAlpha, size, &data);
    let mut sharpen = Sharpen::new(10, Layout::GrayAlpha, size).unwrap();
    let mut made = Vec::new();
    for row in data.chunks_exact(60) {
        sharpen
            .push(row, &mut |row| {
                made.extend_from_slice(row);
                Ok(())
            })
            .unwrap();
    }
    assert_eq!(made.len(), data.len());
    for ((made, own), soft) in made.chunks(2).zip(data.chunks(2)).zip(soft.chunks(2)) {
        let expected = 2 * i32::from(own[0]) - i32::from(soft[0]);
        assert_eq!((i32::from(made[0]), made[1]), (expected, 99));
    }
    // Darker on the dark side of the edge, brighter on the other.
    assert!(made[2 * 14] < 75 && made[2 * 15] > 165, "{} {}", made[28], made[30]);
}
