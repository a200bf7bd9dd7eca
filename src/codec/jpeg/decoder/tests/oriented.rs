//! A picture that is oriented while it is decoded is the one that is oriented afterwards, and comes in whole rows of
//! chroma.

use super::*;

pub(super) const ALL: [Orientation; 8] = [
    Orientation::Upright,
    Orientation::MirrorHorizontal,
    Orientation::Rotate180,
    Orientation::MirrorVertical,
    Orientation::Transpose,
    Orientation::Rotate90,
    Orientation::Transverse,
    Orientation::Rotate270,
];

/// A plane oriented sample by sample.
pub(super) fn orient((size, samples): &(Size, Vec<u8>), orientation: Orientation) -> (Size, Vec<u8>) {
    let (flips_x, flips_y) = orientation.flips();
    let [width, height] = [size.width, size.height].map(|side| side as usize);
    let oriented = orientation.oriented(*size);
    let [turned_width, turned_height] = [oriented.width, oriented.height].map(|side| side as usize);
    let places = (0..turned_height).flat_map(|v| (0..turned_width).map(move |u| (u, v)));
    let sample = |(u, v)| {
        let (x, y) = if orientation.is_transposing() { (v, u) } else { (u, v) };
        let x = if flips_x { width - 1 - x } else { x };
        samples[(if flips_y { height - 1 - y } else { y }) * width + x]
    };
    (oriented, places.map(sample).collect())
}

#[test]
fn all_eight_at_every_sampling_and_edge() {
    let sizes = [(1, 1), (7, 40), (16, 16), (17, 9), (33, 65), (64, 31), (290, 49), (40, 275)];
    let forms = [(None, 0), (None, 1), (None, 7), (Some(10), 0), (Some(4), 3)];
    for sampling in SAMPLINGS {
        for (index, (width, height)) in sizes.into_iter().enumerate() {
            for (scans, restarts) in forms {
                let bytes = file(width, height, Form { sampling, scans, restarts, ..PLAIN });
                for scale_num in [8, 1 + index as u32 % 7] {
                    let upright = planes(&bytes, scale_num, Level::new()).unwrap();
                    for orientation in ALL {
                        let expected: Picture =
                            upright.iter().map(|plane| orient(plane, orientation)).collect();
                        let oriented = oriented_planes(&bytes, scale_num, orientation, Level::new()).unwrap();
                        let case = format!(
                            "{width}x{height} {sampling:?} {scans:?} {restarts} {scale_num}/8 {orientation:?}"
                        );
                        assert!(oriented == expected, "{case}");
                    }
                }
            }
        }
    }
    for bytes in [PROGRESSIVE, INK] {
        let upright = planes(bytes, 8, Level::new()).unwrap();
        for orientation in ALL {
            let expected: Picture = upright.iter().map(|plane| orient(plane, orientation)).collect();
            assert!(oriented_planes(bytes, 8, orientation, Level::new()).unwrap() == expected);
        }
    }
}

#[test]
fn every_level_turns_alike() {
    for bytes in [&*file(300, 70, PLAIN), PROGRESSIVE] {
        for scale_num in [8, 5, 2] {
            for orientation in ALL {
                let expected = oriented_planes(bytes, scale_num, orientation, Level::new()).unwrap();
                for level in levels() {
                    assert!(oriented_planes(bytes, scale_num, orientation, level).unwrap() == expected);
                }
            }
        }
    }
}

#[test]
fn rows_of_luma_come_with_their_chroma() {
    for (sampling, factors) in [
        (SamplingFactor::F_1_1, [1, 1]),
        (SamplingFactor::F_2_1, [2, 1]),
        (SamplingFactor::F_1_2, [1, 2]),
        (SamplingFactor::F_2_2, [2, 2]),
    ] {
        for (width, height) in [(33, 65), (65, 33), (47, 47), (40, 8)] {
            let bytes = file(width, height, Form { sampling, ..PLAIN });
            let header = Header::read(&bytes).unwrap();
            for orientation in ALL {
                let mut decoder = Decoder::with_level(&header, 8, orientation, Level::new()).unwrap();
                let sizes: Vec<Size> = decoder.plane_sizes().collect();
                let down = if orientation.is_transposing() { factors[0] } else { factors[1] };
                let (mut luma, mut chroma) = (0, 0);
                while let Some(rows) = decoder.next_rows().unwrap() {
                    luma += rows[0].len() / sizes[0].width as usize;
                    chroma += rows[1].len() / sizes[1].width as usize;
                    assert_eq!(rows[1].len(), rows[2].len());
                    let is_end = luma == sizes[0].height as usize;
                    assert!(is_end || luma % down == 0, "{width}x{height} {orientation:?}: {luma}");
                    assert_eq!(chroma, luma.div_ceil(down), "{width}x{height} {orientation:?}: {luma}");
                }
            }
        }
    }
}

#[test]
fn a_turned_picture_that_is_cut_short_is_refused() {
    for bytes in [file(65, 49, PLAIN), file(120, 49, Form { restarts: 3, ..PLAIN })] {
        let end = bytes.len() - 2;
        for orientation in ALL {
            assert!(oriented_planes(&bytes[..end], 8, orientation, Level::new()).is_ok());
            for cut in [end / 3, end / 2, end * 3 / 4, end - 1] {
                let cut_short = oriented_planes(&bytes[..cut], 8, orientation, Level::new());
                let kind = cut_short.map_err(|error| error.kind());
                assert_eq!(kind, Err(Kind::Malformed), "{orientation:?} cut at {cut}");
            }
        }
    }
}
