//! Restart markers that are missing, doubled or wrong, and scans whose data end early: what libjpeg-turbo shows of
//! them is shown, oriented or not, on any number of threads. A file that is cut short is refused.

use super::*;

/// A grey picture of eight MCU rows of eight blocks, with a restart marker between each two MCU rows.
fn lines() -> Vec<u8> {
    let pixels: Vec<u8> = (0..64 * 64_u32).map(|at| (at % 64 * (1 + at / 512) + at / 64 * 3) as u8).collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_restart_interval(8);
    encoder.encode(&pixels, 64, 64, ColorType::Luma).unwrap();
    bytes
}

/// A restart marker, and the numbers that stand in its place.
type Change<'a> = (usize, &'a [u8]);

/// The file with other restart markers.
fn with_markers(bytes: &[u8], change: &[Change<'_>]) -> Vec<u8> {
    let scan = bytes.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let mut changed = bytes[..scan].to_vec();
    let (mut at, mut count) = (scan, 0);
    while at < bytes.len() {
        match bytes[at..] {
            [0xff, 0xd0..=0xd7, ..] => {
                let own = [bytes[at + 1] & 7];
                let numbers = change.iter().find(|(marker, _)| *marker == count);
                let numbers = numbers.map_or(own.as_slice(), |(_, numbers)| numbers);
                changed.extend(numbers.iter().flat_map(|number| [0xff, 0xd0 | number]));
                (at, count) = (at + 2, count + 1);
            }
            _ => {
                changed.push(bytes[at]);
                at += 1;
            }
        }
    }
    assert_eq!(count, 7);
    changed
}

fn samples(bytes: &[u8]) -> Vec<u8> {
    planes(bytes, 8, Level::new()).unwrap().remove(0).1
}

#[test]
fn restart_markers_are_resynchronised() {
    let whole = lines();
    let expected = samples(&whole);
    const LOST: usize = 9;
    let cases: [(&[Change<'_>], [usize; 8]); 12] = [
        (&[(2, &[])], [0, 1, 2, LOST, 4, 5, 6, 7]),
        (&[(0, &[])], [0, LOST, 2, 3, 4, 5, 6, 7]),
        (&[(6, &[])], [0, 1, 2, 3, 4, 5, 6, LOST]),
        (&[(2, &[]), (3, &[])], [0, 1, 2, LOST, LOST, 5, 6, 7]),
        (&[(2, &[2, 2])], [0, 1, 2, LOST, 4, 5, 6, 7]),
        (&[(2, &[2, 2, 2])], [0, 1, 2, LOST, 4, 5, 6, 7]),
        // A number that says nothing is taken for the right one.
        (&[(2, &[6])], [0, 1, 2, 3, 4, 5, 6, 7]),
        (&[(2, &[5])], [0, 1, 2, 3, 4, 5, 6, 7]),
        // One that was there before is passed over with the data behind it.
        (&[(2, &[1])], [0, 1, 2, LOST, 4, 5, 6, 7]),
        (&[(2, &[0])], [0, 1, 2, LOST, 4, 5, 6, 7]),
        // One that comes later waits until then.
        (&[(2, &[3])], [0, 1, 2, LOST, 3, 5, 6, 7]),
        (&[(2, &[4])], [0, 1, 2, LOST, LOST, 3, 6, 7]),
    ];
    for (change, sources) in cases {
        let bytes = with_markers(&whole, change);
        let shown = samples(&bytes);
        for (line, (shown, source)) in shown.chunks(512).zip(sources).enumerate() {
            for (row, shown) in shown.chunks(64).enumerate() {
                let start = source * 512 + row * 64;
                match expected.get(start..start + 64) {
                    Some(expected) => assert_eq!(shown, expected, "{change:?}, line {line}"),
                    // The first block is read from zeros.
                    None => assert_eq!(shown[8..], [128; 56], "{change:?}, line {line}"),
                }
            }
        }
        assert_shown_alike(&bytes);
    }
}

/// In every orientation, at every level, scale and number of threads.
fn assert_shown_alike(bytes: &[u8]) {
    for scale_num in [8, 3, 1] {
        let upright = planes(bytes, scale_num, Level::new()).unwrap();
        for orientation in oriented::ALL {
            let expected: Picture =
                upright.iter().map(|plane| oriented::orient(plane, orientation)).collect();
            assert!(oriented_planes(bytes, scale_num, orientation, Level::new()).unwrap() == expected);
        }
        for level in levels() {
            assert!(planes(bytes, scale_num, level).unwrap() == upright);
        }
        parallel::assert_alike(bytes, scale_num, &[2, 3, 8], "damaged");
    }
}

#[test]
fn damage_of_any_kind_is_shown_alike() {
    let mut noise = Noise(7);
    for round in 0..60 {
        let sampling = SAMPLINGS[round % SAMPLINGS.len()];
        let scans = [None, None, Some(6)][round % 3];
        let mut bytes = file(90, 70, Form { sampling, scans, restarts: [3, 6, 1, 0][round % 4], ..PLAIN });
        let scan = bytes.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap() + 14;
        for _ in 0..1 + round % 3 {
            let at = scan + noise.next() as usize % (bytes.len() - scan - 4);
            // No marker comes or goes but restart markers.
            if bytes[at - 1] != 0xff && bytes[at] != 0xff && scans.is_none() {
                bytes[at] = noise.next() as u8 & 0x7f;
            } else if bytes[at - 1] == 0xff && (0xd0..=0xd7).contains(&bytes[at]) {
                bytes[at] ^= 1 + noise.next() as u8 % 7;
            }
        }
        assert_shown_alike(&bytes);
    }
}

#[test]
fn only_a_file_that_ends_too_early_is_refused() {
    for form in [PLAIN, Form { restarts: 2, ..PLAIN }, Form { scans: Some(4), restarts: 5, ..PLAIN }] {
        let whole = file(65, 49, form);
        let cut = whole[..whole.len() * 2 / 3].to_vec();
        let kind = planes(&cut, 8, Level::new()).map_err(|error| error.kind());
        assert_eq!(kind, Err(Kind::Malformed));
        // With its end marker it is damaged.
        let ended = [cut.as_slice(), &[0xff, 0xd9]].concat();
        let [whole, ended] = [whole, ended].map(|bytes| planes(&bytes, 8, Level::new()).unwrap());
        assert!(whole != ended);
        if form.scans.is_none() {
            assert_eq!(whole[0].1[..65 * 8], ended[0].1[..65 * 8]);
        }
    }
}

/// A grey progressive file: the first look at the means, then so many scans of a coefficient each.
fn many_scans(width: u16, height: u16, scans: usize) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    bytes.extend([1; 64]);
    bytes.extend([0xff, 0xc2, 0, 11, 8]);
    bytes.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
    bytes.extend([1, 1, 0x11, 0]);
    // One code each: a difference of 0, and the end of 2^14 blocks.
    for (class, symbol) in [(0, 0), (0x10, 0xe0)] {
        bytes.extend([0xff, 0xc4, 0, 20, class, 1]);
        bytes.extend([0; 15]);
        bytes.push(symbol);
    }
    let blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0]);
    bytes.extend(vec![0; blocks.div_ceil(8)]);
    for scan in 0..scans {
        let place = 1 + (scan % 63) as u8;
        bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, place, place, 0]);
        bytes.extend(vec![0; (blocks.div_ceil(1 << 14) * 15).div_ceil(8)]);
    }
    bytes.extend([0xff, 0xd9]);
    bytes
}

#[test]
fn as_many_scans_are_read_as_cost_little() {
    let kind = |bytes: &[u8]| planes(bytes, 1, Level::new()).map(|_| ()).map_err(|error| error.kind());
    for scans in [10, 63, 64, 200, 999] {
        assert!(samples(&many_scans(40, 30, scans)).iter().all(|&sample| sample == 128), "{scans}");
    }
    assert_eq!(kind(&many_scans(40, 30, 1000)), Err(Kind::LimitExceeded));
    // 2^20 blocks.
    assert_eq!(kind(&many_scans(8192, 8192, 63)), Ok(()));
    assert_eq!(kind(&many_scans(8192, 8192, 64)), Err(Kind::LimitExceeded));
    assert_eq!(kind(&many_scans(4096, 4096, 255)), Ok(()));
    assert_eq!(kind(&many_scans(4096, 4096, 256)), Err(Kind::LimitExceeded));
}
