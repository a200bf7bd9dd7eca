//! Any number of threads gives the rows and the error that one gives, of sound files and of damaged ones.

use super::{super::parallel::Access, *};

/// What comes of a file: each component's samples as far as rows were given, and the error that ended that.
type Given = (Vec<Vec<u8>>, Option<(Kind, String)>);

fn given(bytes: &[u8], scale_num: u32, orientation: Orientation, threads: usize) -> Given {
    let mut samples = vec![Vec::new(); 4];
    let header = Header::read(bytes).unwrap();
    let decoder = Decoder::with_level(&header, scale_num, orientation, Level::new());
    let outcome = decoder.and_then(|decoder| {
        decoder.give_all(threads, &mut |rows| {
            samples.iter_mut().zip(rows).for_each(|(samples, rows)| samples.extend_from_slice(rows));
            Ok(())
        })
    });
    (samples, outcome.err().map(|error| (error.kind(), error.to_string())))
}

#[track_caller]
pub(super) fn assert_alike(bytes: &[u8], scale_num: u32, threads: &[usize], case: &str) {
    let alone = given(bytes, scale_num, Orientation::Upright, 1);
    for &threads in threads {
        let shared = given(bytes, scale_num, Orientation::Upright, threads);
        assert!(
            shared.1 == alone.1,
            "{case}, {scale_num}/8, {threads} threads: {:?} {:?}",
            shared.1,
            alone.1
        );
        assert!(shared.0 == alone.0, "{case}, {scale_num}/8, {threads} threads");
    }
}

/// How many seek points the restart markers of a file give.
fn seek_points(bytes: &[u8]) -> Option<usize> {
    let header = Header::read(bytes).unwrap();
    let decoder = Decoder::with_level(&header, 8, Orientation::Upright, Level::new()).unwrap();
    let Source::File { reader, .. } = &decoder.source else { return None };
    let partition = decoder.partition?;
    (partition.access != Access::Sequential).then(|| partition.seek_points(reader).count())
}

/// A grey file.
fn gray(width: u16, height: u16, restarts: u16) -> Vec<u8> {
    let mut noise = Noise(5);
    let pixels: Vec<u8> = (0..usize::from(width) * usize::from(height))
        .map(|at| (at / 3) as u8 ^ (noise.next() >> 18) as u8)
        .collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_restart_interval(restarts);
    encoder.encode(&pixels, width, height, ColorType::Luma).unwrap();
    bytes
}

#[test]
fn intervals_that_meet_the_ends_of_mcu_rows_make_seek_points() {
    // 6 MCUs in each of 20 MCU rows, or 12 in each of 40.
    for (restarts, in_line) in [
        (0, None),
        (1, Some(20)),
        (2, Some(20)),
        (3, Some(20)),
        (6, Some(20)),
        (4, Some(10)),
        (12, Some(10)),
        (9, Some(7)),
        (18, Some(7)),
        (24, Some(5)),
        (30, None),
        (5, None),
        (7, None),
        (120, None),
        (65_535, None),
    ] {
        let bytes = file(90, 310, Form { restarts, ..PLAIN });
        assert_eq!(seek_points(&bytes), in_line, "{restarts}");
    }
    for (restarts, count) in [(0, None), (12, Some(39)), (6, Some(39)), (48, Some(10)), (60, None)] {
        assert_eq!(seek_points(&gray(90, 310, restarts)), count, "{restarts}");
    }
    // Ink, and what can't be planes, are decoded by one.
    assert_eq!(seek_points(INK), None);
    let bytes = file(90, 310, Form { restarts: 3, sampling: SamplingFactor::F_4_1, ..PLAIN });
    assert_eq!(seek_points(&bytes), None);
    // A single MCU row has nobody beside it.
    assert_eq!(seek_points(&file(90, 16, Form { restarts: 3, ..PLAIN })), None);
}

#[test]
fn any_number_of_threads_gives_the_same_rows() {
    for sampling in SAMPLINGS {
        for (width, height) in [(1, 40), (65, 33), (90, 171), (290, 49), (523, 70)] {
            let across = u32::from(width).div_ceil(match sampling {
                SamplingFactor::F_2_1 | SamplingFactor::F_2_2 => 16,
                SamplingFactor::F_4_1 | SamplingFactor::F_4_2 => 32,
                _ => 8,
            }) as u16;
            for restarts in [0, 1, across, 2 * across, 3 * across, across.div_ceil(2), across + 1] {
                let bytes = file(width, height, Form { sampling, restarts, ..PLAIN });
                let scale_num = 1 + u32::from(restarts + height) % 8;
                for scale_num in [8, scale_num] {
                    let case = format!("{width}x{height} {sampling:?} {restarts}");
                    assert_alike(&bytes, scale_num, &[2, 3, 8], &case);
                }
            }
        }
    }
    let bytes = file(90, 310, Form { restarts: 6, ..PLAIN });
    for scale_num in 1..=8 {
        assert_alike(&bytes, scale_num, &[2, 3, 8], "each scale");
        assert_alike(&gray(90, 131, 12), scale_num, &[2, 3, 8], "grey");
    }
}

#[test]
fn turned_pictures_are_the_same_on_any_number_of_threads() {
    for sampling in [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_2_2] {
        for (restarts, scale_num) in [(0, 8), (6, 8), (6, 3), (0, 5), (4, 1)] {
            let bytes = file(90, 131, Form { sampling, restarts, ..PLAIN });
            for orientation in oriented::ALL {
                let alone = given(&bytes, scale_num, orientation, 1);
                for threads in [2, 3, 8] {
                    let shared = given(&bytes, scale_num, orientation, threads);
                    assert!(
                        shared == alone && shared.1.is_none(),
                        "{sampling:?} {restarts} {scale_num}/8 {orientation:?} {threads} threads"
                    );
                }
            }
        }
    }
}

/// The places of a file's restart markers.
fn markers(bytes: &[u8]) -> Vec<usize> {
    let scan = bytes.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    (scan..bytes.len() - 1).filter(|&at| bytes[at] == 0xff && matches!(bytes[at + 1], 0xd0..=0xd7)).collect()
}

#[test]
fn damaged_markers_give_what_one_thread_gives() {
    // A marker each MCU row, two each MCU row, and one each two MCU rows.
    for restarts in [6, 3, 12] {
        let sound = file(90, 310, Form { restarts, ..PLAIN });
        let markers = markers(&sound);
        assert!(markers.len() >= 9);
        let whole = given(&sound, 3, Orientation::Upright, 1);
        let mut changed = 0;
        for (number, &at) in markers.iter().enumerate() {
            let changes: [(&str, Vec<u8>); 12] = [
                ("removed", vec![]),
                ("twice", vec![0xff, sound[at + 1], 0xff, sound[at + 1]]),
                ("the next", vec![0xff, 0xd0 | (sound[at + 1] + 1) & 7]),
                ("the one before", vec![0xff, 0xd0 | sound[at + 1].wrapping_sub(1) & 7]),
                ("the end", vec![0xff, 0xd9]),
                ("another marker", vec![0xff, 0xe3]),
                ("stuffed", vec![0xff, 0]),
                ("no marker", vec![0x7f, sound[at + 1]]),
                ("fill bytes before", vec![0xff, 0xff, 0xff, sound[at + 1]]),
                ("bytes before", vec![1, 2, 0xff, 0, 3, 0xff, sound[at + 1]]),
                ("bytes behind", vec![0xff, sound[at + 1], 0x55, 0xff, 0, 9]),
                ("stuffed fill bytes before", vec![0xff, 0xff, 0, 0xff, sound[at + 1]]),
            ];
            for (what, change) in changes {
                let mut bytes = sound.clone();
                bytes.splice(at..at + 2, change);
                assert_alike(&bytes, 3, &[2, 8], &format!("{restarts}: {what}, marker {number}"));
                changed += usize::from(given(&bytes, 3, Orientation::Upright, 2) != whole);
            }
            assert_alike(&sound[..at], 8, &[2, 3], &format!("{restarts}: cut at {number}"));
            assert_alike(&sound[..at + 1], 8, &[2, 3], &format!("{restarts}: cut in {number}"));
            assert_alike(&sound[..at + 7], 8, &[2, 3], &format!("{restarts}: cut behind {number}"));
            // A whole interval is missing, or comes twice.
            if let Some(&next) = markers.get(number + 1) {
                let without = [&sound[..at], &sound[next..]].concat();
                assert_alike(&without, 8, &[2, 3], &format!("{restarts}: without {number}"));
                let twice = [&sound[..next], &sound[at..]].concat();
                assert_alike(&twice, 8, &[2, 3], &format!("{restarts}: {number} twice"));
            }
        }
        assert!(changed >= 6 * markers.len(), "{changed}");
    }
}

#[test]
fn damaged_bytes_give_what_one_thread_gives() {
    let mut noise = Noise(23);
    let files = [
        file(65, 149, Form { restarts: 5, ..PLAIN }),
        file(65, 149, PLAIN),
        file(65, 149, Form { restarts: 7, ..PLAIN }),
        file(65, 149, Form { restarts: 1, sampling: SamplingFactor::F_1_1, ..PLAIN }),
        file(40, 233, Form { restarts: 6, quality: 60, ..PLAIN }),
        gray(70, 100, 9),
    ];
    let mut changed = 0;
    for round in 0..1200 {
        let sound = &files[round % files.len()];
        let mut bytes = sound.clone();
        let scan = bytes.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap() + 14;
        for _ in 0..1 + round % 3 {
            let at = scan + noise.next() as usize % (bytes.len() - scan);
            match noise.next() % 4 {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, 0xff),
                _ => bytes[at] = noise.next() as u8,
            }
        }
        let alone = given(&bytes, 1 + round as u32 % 8, Orientation::Upright, 1);
        let threads = [2, 3, 8][round % 3];
        let shared = given(&bytes, 1 + round as u32 % 8, Orientation::Upright, threads);
        let whole = given(sound, 1 + round as u32 % 8, Orientation::Upright, 1);
        changed += usize::from(alone != whole);
        assert!(shared == alone, "round {round}: {:?} {:?}", shared.1, alone.1);
    }
    assert!((600..1200).contains(&changed), "{changed}");
}

#[test]
fn an_error_of_the_taker_ends_the_work() {
    let bytes = file(90, 310, Form { restarts: 6, ..PLAIN });
    let header = Header::read(&bytes).unwrap();
    for end in [0, 1, 7, 19] {
        let decoder = Decoder::with_level(&header, 8, Orientation::Upright, Level::new()).unwrap();
        let mut lines = 0;
        let outcome = decoder.give_all(3, &mut |_| {
            lines += 1;
            if lines > end { Err(Error::limit("enough")) } else { Ok(()) }
        });
        assert_eq!((outcome.map_err(|error| error.kind()), lines), (Err(Kind::LimitExceeded), end + 1));
    }
}
