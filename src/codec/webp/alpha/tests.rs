//! What is gathered, filtered and reduced.

use super::*;

#[test]
fn only_what_is_not_opaque_is_held() {
    let mut alpha = Alpha::new(Size::new(2, 3), 0);
    alpha.push(Layout::GrayAlpha, &[9, 255, 9, 255, 9, 255, 9, 255]).unwrap();
    assert_eq!(alpha.buffer.capacity(), 0);
    alpha.push(Layout::GrayAlpha, &[9, 7, 9, 255]).unwrap();
    assert_eq!(alpha.buffer, [255, 255, 255, 255, 7, 255]);
    let mut opaque = Alpha::new(Size::new(1, 1), 0);
    opaque.push(Layout::Rgba, &[1, 2, 3, 255]).unwrap();
    assert!(opaque.encode(100, 4).unwrap().is_none());
}

#[test]
fn only_what_is_large_is_filtered_and_coded_in_place() {
    for (height, filter) in [(1024, 0), (1025, Filter::Vertical as u8)] {
        let mut alpha = Alpha::new(Size::new(2048, height), 0);
        let row: Vec<u8> = (0..2048).flat_map(|x| [0, mix(x) as u8]).collect();
        (0..height).for_each(|_| alpha.push(Layout::GrayAlpha, &row).unwrap());
        let coded = alpha.encode(100, 0).unwrap().unwrap();
        assert_eq!(coded[0], 1 | filter << 2, "{height}");
        assert!(coded.len() < 16 << 10, "{height}: {}", coded.len());
    }
}

#[test]
fn levels_are_as_many_as_the_quality_says() {
    let ramp: Vec<u8> = (0..=255).flat_map(|value: u8| [value; 3]).collect();
    for (quality, expected) in [(0, 2), (34, 8), (70, 16), (71, 24), (99, 248)] {
        let values = reduction(&ramp, levels(quality)).unwrap();
        let mut distinct = values.to_vec();
        distinct.dedup();
        assert_eq!(distinct.len(), expected, "quality {quality}");
        assert_eq!((values[0], values[255]), (0, 255));
        let most = (0..=255_u8).zip(values).map(|(a, b)| a.abs_diff(b)).max();
        assert!(most <= Some((255 / (expected - 1) / 2 + 2) as u8), "quality {quality}: {most:?}");
    }
    assert!(reduction(&[0, 80, 255], 3).is_none());
}

#[test]
fn few_levels_are_taken_where_they_are_smaller() {
    let size = Size::new(64, 64);
    let encoded = |sample: fn(usize) -> usize, quality| {
        let mut alpha = Alpha::new(size, 0);
        let rows: Vec<u8> = (0..64 * 64).flat_map(|at| [0, sample(at) as u8]).collect();
        alpha.push(Layout::GrayAlpha, &rows).unwrap();
        alpha.encode(quality, 4).unwrap().unwrap()
    };
    let noise = |at: usize| mix(at);
    assert!(encoded(noise, 50).len() * 3 < encoded(noise, 100).len() * 2);
    assert_eq!(encoded(noise, 50)[0] >> 4, 1);
    let ramp = |at: usize| at % 64 * 4;
    assert_eq!(encoded(ramp, 90), encoded(ramp, 100));
}

#[test]
fn the_filter_fits_the_plane() {
    type Sample = fn(usize, usize) -> usize;
    let plane = |sample: Sample| (0..64 * 64).map(|at| sample(at % 64, at / 64) as u8).collect::<Vec<u8>>();
    let cases: [(Filter, Sample); 4] = [
        (Filter::None, |x, y| mix(x + 64 * y) % 2 * 255),
        (Filter::Horizontal, |x, y| mix(y) + x * mix(y + 7)),
        (Filter::Vertical, |x, y| mix(x) + (y + mix(x + 99) % 8) / 8 * 20),
        (Filter::Gradient, |x, y| mix(x) % 64 + mix(y) % 64 + x * y / 32),
    ];
    let all = array::from_fn(|value| value as u8);
    for (filter, sample) in cases {
        assert_eq!(Filter::choose(&plane(sample), 64, &all).unwrap().0, filter);
    }
}

/// Eight bits that look like noise.
fn mix(value: usize) -> usize {
    let mut mixed = (value as u32).wrapping_mul(2_654_435_761);
    mixed = (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519);
    (mixed ^ mixed >> 13) as usize & 255
}
