//! GIFs and TIFFs come by rows: of a large one no more than some rows are held, the indices of an interlaced GIF, or
//! a row of a TIFF's tiles. What comes by rows is the picture.

use std::{fs, path::Path};

use slimpix::{
    Decoder,
    codec::{self, Probe},
    convert::{Mode, Outcome, Params, Resize, convert, plan},
    limits::Limits,
};

use crate::{corpus::rgba, support::heap::peak_of};

/// Eight bits that look like noise in places.
const fn sample(x: u32, y: u32) -> u32 {
    (x / 9 + y / 7 + (x * x + y * 3 + x * y / 5) % 5) & 255
}

/// A GIF whose image lies in a larger canvas or fills it.
fn gif(canvas: [u32; 2], place: [u32; 4], interlaced: bool, transparent: Option<u8>) -> Vec<u8> {
    let [left, top, width, height] = place;
    let palette: Vec<u8> = (0..=255).flat_map(|index: u8| [index, 255 - index, index / 2]).collect();
    let mut file = Vec::new();
    let [canvas_width, canvas_height] = canvas.map(|side| side as u16);
    let mut encoder = gif::Encoder::new(&mut file, canvas_width, canvas_height, &palette).unwrap();
    // As they stand in the file.
    let order: Vec<u32> = match interlaced {
        false => (0..height).collect(),
        true => [(0, 8), (4, 8), (2, 4), (1, 2)]
            .iter()
            .flat_map(|&(first, step)| (first..height).step_by(step as usize))
            .collect(),
    };
    let indices: Vec<u8> = order.iter().flat_map(|&y| (0..width).map(move |x| sample(x, y) as u8)).collect();
    let mut frame = gif::Frame::from_indexed_pixels(width as u16, height as u16, indices, transparent);
    (frame.left, frame.top, frame.interlaced) = (left as u16, top as u16, interlaced);
    encoder.write_frame(&frame).unwrap();
    drop(encoder);
    file
}

/// A TIFF of RGB that is not compressed, in strips of a height or in tiles of a side.
fn tiff(width: u32, height: u32, part: u32, is_tiled: bool) -> Vec<u8> {
    let (part_width, across) = if is_tiled { (part, width.div_ceil(part)) } else { (width, 1) };
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let mut offsets = Vec::new();
    for top in (0..height).step_by(part as usize) {
        for left in (0..across).map(|number| number * part_width) {
            offsets.push(file.len() as u32);
            let rows = if is_tiled { part } else { part.min(height - top) };
            for (x, y) in (top..top + rows).flat_map(|y| (left..left + part_width).map(move |x| (x, y))) {
                file.extend([sample(x, y) as u8, sample(y, x) as u8, 77]);
            }
        }
    }
    let bytes = part_width * part * 3;
    let table = file.len() as u32;
    file.extend(offsets.iter().flat_map(|offset| offset.to_le_bytes()));
    file.extend(offsets.iter().flat_map(|_| bytes.to_le_bytes()));
    let count = offsets.len() as u32;
    let values = |count: u32, at: u32, first: u32| if count == 1 { first } else { at };
    let (offsets_at, lengths_at) =
        (values(count, table, offsets[0]), values(count, table + 4 * count, bytes));
    let mut entries =
        vec![(256, 1, width), (257, 1, height), (258, 1, 8), (259, 1, 1), (262, 1, 2), (277, 1, 3)];
    entries.extend(match is_tiled {
        false => vec![(273, count, offsets_at), (278, 1, part), (279, count, lengths_at)],
        true => vec![(322, 1, part), (323, 1, part), (324, count, offsets_at), (325, count, lengths_at)],
    });
    entries.sort_unstable();
    file[4..8].copy_from_slice(&{ (table + 8 * count).to_le_bytes() });
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, count, value) in entries {
        file.extend((tag as u16).to_le_bytes());
        // Of 32 bits.
        file.extend(4_u16.to_le_bytes());
        file.extend([count, value].into_iter().flat_map(u32::to_le_bytes));
    }
    file.extend([0; 4]);
    file
}

/// What comes by rows is what the whole picture is.
fn assert_same(bytes: &[u8], what: &str) {
    let whole = codec::decode(bytes, &Limits::default()).unwrap();
    let rows = Decoder::new(bytes, &Limits::default()).unwrap().decode().unwrap();
    let picture = slimpix::pixel::Picture::Raster(rows);
    assert!(rgba(&whole.picture) == rgba(&picture), "{what}");
}

fn comes_by_rows(probe: &Probe) -> bool {
    plan(probe, &Params::default().with_mode(Mode::Lossy)).unwrap().streams
}

#[test]
fn rows_are_those_of_the_picture() {
    for (canvas, place) in [([50, 41], [0, 0, 50, 41]), ([50, 41], [7, 5, 30, 20]), ([3, 2], [9, 1, 1, 1])] {
        for interlaced in [false, true] {
            for transparent in [None, Some(9)] {
                let file = gif(canvas, place, interlaced, transparent);
                assert!(comes_by_rows(&codec::probe(&file).unwrap()));
                assert_same(&file, &format!("GIF {canvas:?} {place:?} {interlaced} {transparent:?}"));
                let cut = codec::decode(&file[..file.len() - 6], &Limits::default());
                let by_rows = Decoder::new(&file[..file.len() - 6], &Limits::default()).unwrap().decode();
                assert_eq!(cut.is_ok(), by_rows.is_ok());
            }
        }
    }
    // The last rows are all in the unpacker's own bits.
    for width in 1..9 {
        assert_same(&gif([width, 6], [0, 0, width, 6], false, None), "a small GIF");
    }
    for (width, height, part, is_tiled) in
        [(41, 30, 7, false), (41, 30, 30, false), (40, 70, 16, true), (16, 90, 16, true), (33, 20, 16, true)]
    {
        let file = tiff(width, height, part, is_tiled);
        // Tiles that are as high as the picture are all of it.
        let is_whole = is_tiled && part < width && part > height / 2;
        assert_eq!(comes_by_rows(&codec::probe(&file).unwrap()), !is_whole);
        assert_same(&file, &format!("TIFF {width}x{height} {part} {is_tiled}"));
    }
}

#[test]
fn all_kinds_of_tiff_come_as_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiff");
    let mut count = 0;
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let bytes = fs::read(&path).unwrap();
        let Ok(probe) = codec::probe(&bytes) else { continue };
        let is_plain = !probe.icc && probe.oriented_size() == probe.size;
        if is_plain && comes_by_rows(&probe) && codec::decode(&bytes, &Limits::default()).is_ok() {
            assert_same(&bytes, &path.display().to_string());
            count += 1;
        }
    }
    println!("{count} come by rows");
    assert!(count > 12, "{count}");
}

#[test]
fn large_ones_take_little() {
    let (width, height) = (4032, 3024);
    let place = [0, 0, width, height];
    for (what, file, most) in [
        ("GIF", gif([width, height], place, false, None), [3, 24]),
        ("interlaced GIF", gif([width, height], place, true, None), [15, 24]),
        ("TIFF of strips", tiff(width, height, 16, false), [3, 24]),
        ("TIFF of tiles", tiff(width, height, 256, true), [6, 24]),
    ] {
        for (width, most) in [Some(800), None].into_iter().zip(most) {
            let params = Params::default()
                .with_mode(Mode::Lossy)
                .with_effort(0)
                // Whether so long a GIF moves is not known from its beginning.
                .with_still(true)
                .with_resize(width.map(Resize::to_width));
            let plan = plan(&codec::probe(&file).unwrap(), &params).unwrap();
            let limits = Limits::default().with_max_output_bytes(plan.likely_file_bytes().unwrap());
            let stated = plan.within(&limits).peak_bytes;
            let (peak, outcome) = peak_of(|| convert(&file, &params, &limits));
            println!("{what} to {width:?}: {peak} bytes, {stated} stated");
            assert!(matches!(outcome, Ok(Outcome::Made(_))), "{what}: {outcome:?}");
            assert!(peak <= stated, "{what} to {width:?}: {peak} bytes, {stated} stated");
            assert!(peak <= most * 1_000_000, "{what} to {width:?}: {peak} bytes");
        }
    }
}
