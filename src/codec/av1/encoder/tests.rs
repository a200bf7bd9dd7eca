//! What is written is read by this project's decoder to just the samples that the search reconstructed.

use super::*;
use crate::codec::av1::{
    decoder::Tiles,
    filter::map::FilterMap,
    header::{Layers, Picture},
    window::Window,
};

/// A picture of edges, slopes, texture and noise; planes, and their columns.
fn picture(width: usize, height: usize, sampling: Sampling) -> [Vec<u8>; 3] {
    let mut state = 1u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as usize
    };
    let shift = usize::from(sampling == Sampling::Yuv420);
    let (columns, rows) = ((width + shift) >> shift, (height + shift) >> shift);
    let mut plane = |columns: usize, rows: usize, seed: usize| -> Vec<u8> {
        let mut samples = Vec::new();
        for y in 0..rows {
            for x in 0..columns {
                let slope = x * 2 + y * seed;
                let edge = if (x + 2 * y) % 61 > 40 { 90 } else { 0 };
                let texture = if y / 24 % 2 == 0 { noise() / 8 } else { 0 };
                samples.push(((slope + edge + texture) / 2 % 256) as u8);
            }
        }
        samples
    };
    let luma = plane(width, height, 1);
    if sampling == Sampling::Monochrome {
        return [luma, Vec::new(), Vec::new()];
    }
    [luma, plane(columns, rows, 2), plane(columns, rows, 3)]
}

/// A picture of flat areas with lines of a sample, and of text-like areas of two to eight colours, some of them near each
/// other or with the same U; beside it an area of many more.
fn screen(config: Config) -> [Vec<u8>; 3] {
    let (width, height) = (config.width as usize, config.height as usize);
    let mut state = 5u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as usize
    };
    let mut plane = |columns: usize, rows: usize, seed: usize| -> Vec<u8> {
        let mut samples = Vec::new();
        for y in 0..rows {
            for x in 0..columns {
                let area = x / 24 + y / 24 * 3;
                let colors = 2 + area % 7;
                samples.push(match area % 4 {
                    _ if x == y || x % 19 == 7 => 250,
                    0 => (area * 40 + seed) as u8,
                    1 | 2 => ((noise() % colors) * (8 + area % 3 * 12) / seed * seed + area) as u8,
                    _ => (x * 3 + y * seed) as u8,
                });
            }
        }
        samples
    };
    let shift = usize::from(config.sampling == Sampling::Yuv420);
    let luma = plane(width, height, 1);
    if config.sampling == Sampling::Monochrome {
        return [luma, Vec::new(), Vec::new()];
    }
    let (columns, rows) = ((width + shift) >> shift, (height + shift) >> shift);
    [luma, plane(columns, rows, 20), plane(columns, rows, 3)]
}

/// Encodes in pieces of some rows; gives the stream and what was reconstructed, by plane, rows of whole superblocks.
fn encode(config: Config, planes: &[Vec<u8>; 3], piece: usize, threads: usize) -> (Vec<u8>, [Window; 3]) {
    let capacity = FileCapacity::new(most_bytes(&config), u64::MAX);
    let mut encoder = Encoder::new(config, capacity, threads).unwrap();
    let (width, height) = (config.width as usize, config.height as usize);
    let shift = usize::from(config.sampling == Sampling::Yuv420);
    let whole = |size: usize| size.next_multiple_of(64) + 64;
    encoder.searches[0].reconstruction =
        Some([0, 1, 2].map(|_| Window::new(whole(width), whole(height)).unwrap()));
    let columns = if config.sampling == Sampling::Monochrome { 0 } else { (width + shift) >> shift };
    let mut y = 0;
    while y < height {
        let rows = piece.min(height - y);
        let (first, last) = ((y + shift) >> shift, (y + rows + shift) >> shift);
        let part = |plane: usize| &planes[plane][first * columns..last * columns];
        encoder.push([&planes[0][y * width..(y + rows) * width], part(1), part(2)], rows).unwrap();
        y += rows;
    }
    let windows = encoder.searches[0].reconstruction.take().unwrap();
    let Obus { mut head, tiles } = encoder.finish().unwrap();
    head.extend(tiles);
    (head, windows)
}

/// A picture of glyphs of 5 to 12 columns that come again and again, on lines of 13 rows.
fn page(config: Config) -> [Vec<u8>; 3] {
    let (width, height) = (config.width as usize, config.height as usize);
    let plane = |columns: usize, rows: usize, seed: usize| -> Vec<u8> {
        let mut state = 3u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as usize
        };
        let mut samples = vec![250; columns * rows];
        for top in (0..rows).step_by(13) {
            let mut x = 0;
            while x < columns {
                let glyph = next() % 9;
                let wide = 5 + glyph % 8;
                for row in 0..11.min(rows - top) {
                    for column in 0..wide.min(columns - x) {
                        let ink = (glyph * 37 + row * (glyph + 3) + column * column * (row + seed)) % 7;
                        samples[(top + row) * columns + x + column] =
                            if ink < 3 { 20 } else { 250 - 9 * ink as u8 };
                    }
                }
                x += wide + 1;
            }
        }
        samples
    };
    let shift = usize::from(config.sampling == Sampling::Yuv420);
    let luma = plane(width, height, 0);
    if config.sampling == Sampling::Monochrome {
        return [luma, Vec::new(), Vec::new()];
    }
    let (columns, rows) = ((width + shift) >> shift, (height + shift) >> shift);
    [luma, plane(columns, rows, 1), vec![128; columns * rows]]
}

fn check(config: Config, piece: usize) {
    let (width, height) = (config.width as usize, config.height as usize);
    let planes = if config.is_screen { screen(config) } else { picture(width, height, config.sampling) };
    check_planes(config, planes, piece);
}

/// Gives whether the stream says that blocks are copied.
fn check_planes(config: Config, planes: [Vec<u8>; 3], piece: usize) -> bool {
    let (width, height) = (config.width as usize, config.height as usize);
    let (stream, expected) = encode(config, &planes, piece, 1);
    let read = Picture::parse(&stream, Layers::default()).unwrap();
    let mut map = FilterMap::new(&read.sequence, &read.frame).unwrap();
    let count = read.sequence.num_planes();
    let copies = read.frame.allow_intrabc;
    let mut tiles = Tiles::new(Level::new(), read).unwrap();
    let mut windows: Vec<Window> =
        (0..count).map(|plane| tiles.plane_size(plane)).map(|(w, h)| Window::new(w, h).unwrap()).collect();
    while let Some(row) = tiles.mi_row() {
        map.advance(row);
        tiles.next_row(&mut windows, &mut map).unwrap();
    }
    for (plane, (window, expected)) in windows.iter().zip(&expected).enumerate() {
        let shift = usize::from(plane > 0 && config.sampling == Sampling::Yuv420);
        for y in 0..(height + shift) >> shift {
            let columns = (width + shift) >> shift;
            assert!(
                window.row(y)[..columns] == expected.row(y)[..columns],
                "{config:?}: row {y} of plane {plane} differs"
            );
        }
    }
    copies
}

fn config(width: u32, height: u32, sampling: Sampling, base_q_idx: u8, effort: u8) -> Config {
    Config { width, height, sampling, base_q_idx, effort, is_screen: false, color: (1, 13, 6, true) }
}

#[test]
fn every_size_is_read_as_it_was_reconstructed() {
    for size in (1..=65).step_by(4).chain([64, 65, 66, 127, 130]) {
        for sampling in [Sampling::Yuv420, Sampling::Yuv444, Sampling::Monochrome] {
            check(config(size, 66 - size.min(65), sampling, 60, 4), 16);
        }
    }
    check(config(1, 300, Sampling::Yuv420, 90, 2), 64);
    check(config(300, 1, Sampling::Yuv420, 90, 2), 1);
    check(config(200, 150, Sampling::Yuv420, 120, 6), 32);
}

#[test]
fn every_effort_and_quantiser_is_read_as_it_was_reconstructed() {
    for effort in 0..=6 {
        for (index, base_q_idx) in [1, 2, 5, 20, 50, 100, 150, 200, 255].into_iter().enumerate() {
            let sampling = [Sampling::Yuv420, Sampling::Yuv444, Sampling::Monochrome][index % 3];
            check(config(130, 75, sampling, base_q_idx, effort), 64);
        }
    }
}

#[test]
fn screens_are_read_as_they_were_reconstructed() {
    for (index, (width, height)) in
        [(64, 64), (130, 75), (9, 200), (65, 33), (200, 150), (1, 1)].into_iter().enumerate()
    {
        for sampling in [Sampling::Yuv444, Sampling::Yuv420, Sampling::Monochrome] {
            for effort in [0, 4] {
                let base_q_idx = [5, 60, 120, 200][(index + usize::from(effort)) % 4];
                let screen =
                    Config { is_screen: true, ..config(width, height, sampling, base_q_idx, effort) };
                check(screen, 64);
            }
        }
    }
}

#[test]
fn pages_are_read_as_they_were_reconstructed() {
    let sizes = [(512, 200), (130, 375), (701, 65), (64, 64), (9, 300), (1, 1), (333, 129)];
    for (index, (width, height)) in sizes.into_iter().enumerate() {
        for sampling in [Sampling::Yuv444, Sampling::Yuv420, Sampling::Monochrome] {
            for effort in [index as u8 % 4, 4 + index as u8 % 3] {
                let base_q_idx = [5, 60, 120, 200][(index + usize::from(effort)) % 4];
                let config =
                    Config { is_screen: true, ..config(width, height, sampling, base_q_idx, effort) };
                let copies = check_planes(config, page(config), 64);
                assert!(copies || width.min(height) <= 64, "{config:?}");
            }
        }
    }
}

#[test]
fn pages_of_several_tiles_are_copied_within_each() {
    for (width, height) in [(4_500, 140), (5_000, 70)] {
        let config = Config { is_screen: true, ..config(width, height, Sampling::Yuv420, 90, 0) };
        let planes = page(config);
        assert!(check_planes(config, planes.clone(), 16));
        let alone = encode(config, &planes, 64, 1).0;
        assert!(encode(config, &planes, height as usize, 2).0 == alone);
    }
}

#[test]
fn copies_make_a_page_smaller() {
    let page_of = |is_screen| Config { is_screen, ..config(512, 384, Sampling::Yuv444, 100, 4) };
    let planes = page(page_of(true));
    let [copied, plain] = [true, false].map(|is_screen| encode(page_of(is_screen), &planes, 64, 1).0.len());
    assert!(copied * 5 < plain, "{copied} for {plain}");
}

#[test]
fn several_tiles_are_read_as_they_were_reconstructed() {
    check(config(4400, 70, Sampling::Yuv420, 150, 0), 64);
    check(config(4097, 2, Sampling::Monochrome, 150, 1), 64);
}

#[test]
fn pieces_of_rows_make_no_difference() {
    let planes = picture(100, 150, Sampling::Yuv420);
    let config = config(100, 150, Sampling::Yuv420, 80, 3);
    let whole = encode(config, &planes, 150, 1).0;
    for piece in [2, 16, 62, 64, 66, 128] {
        assert!(encode(config, &planes, piece, 1).0 == whole, "{piece}");
    }
}

#[test]
fn threads_make_no_difference() {
    let planes = picture(4_500, 200, Sampling::Yuv420);
    let config = config(4_500, 200, Sampling::Yuv420, 80, 1);
    let alone = encode(config, &planes, 200, 1).0;
    for threads in [2, 3] {
        assert!(encode(config, &planes, 200, threads).0 == alone, "{threads}");
    }
}
