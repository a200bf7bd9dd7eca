//! A damaged cache is noticed, dropped and made again; no client ever gets a damaged file.

use std::{fs, thread, time::Instant};

use crate::support::{
    http::WEBP,
    pictures,
    server::{DEADLINE, Place},
};

/// Converts, damages the cache, and asks again: with the same server or another one.
fn heals(damage: impl Fn(&Place), restart: bool, conversions: usize) {
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1))]);
    let mut server = place.serve(&[]);
    let good = server.get("/a.jpg", WEBP);
    assert!(good.is_webp());
    // So often that it is at hand.
    for _ in 0..3 {
        assert_eq!(server.get("/a.jpg", WEBP).body, good.body);
    }
    damage(&place);
    let mut before = server.conversions();
    if restart {
        drop(server);
        server = place.serve(&[]);
        before = 0;
    }
    for _ in 0..2 {
        assert_eq!(server.get("/a.jpg", WEBP).body, good.body);
    }
    assert_eq!(server.conversions() - before, conversions, "{:#?}", server.log());
    assert_eq!(fs::read(&place.cached("exhaust/local")[0]).unwrap(), good.body);
}

fn variant(place: &Place) -> std::path::PathBuf {
    place.cached("exhaust/local")[0].clone()
}

#[test]
fn an_empty_a_truncated_and_a_missing_file_are_made_again() {
    for restart in [false, true] {
        heals(|place| fs::write(variant(place), b"").unwrap(), restart, 1);
        heals(|place| fs::remove_file(variant(place)).unwrap(), restart, 1);
        let truncate = |place: &Place| {
            let bytes = fs::read(variant(place)).unwrap();
            fs::write(variant(place), &bytes[..bytes.len() / 2]).unwrap();
        };
        heals(truncate, restart, 1);
    }
}

#[test]
fn a_flipped_bit_is_noticed_by_the_checksum() {
    let flip = |place: &Place| {
        let mut bytes = fs::read(variant(place)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(variant(place), bytes).unwrap();
    };
    heals(flip, true, 1);
    heals(flip, false, 1);
}

#[test]
fn a_damaged_record_is_as_good_as_none() {
    for junk in [&b""[..], b"{", b"[]", b"\xff\xff"] {
        heals(|place| fs::write(&place.cached("metadata/local")[0], junk).unwrap(), true, 1);
    }
}

#[test]
fn what_a_crash_left_half_written_goes_at_the_next_start() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1))]);
    let server = place.serve(&[]);
    assert!(server.get("/a.jpg", WEBP).is_webp());
    drop(server);
    let leftover = place.path().join("cache/exhaust/local/.slimpix-x1y2z3");
    fs::write(&leftover, b"half").unwrap();
    let server = place.serve(&[]);
    let began = Instant::now();
    while leftover.exists() {
        assert!(began.elapsed() < DEADLINE, "it is still there");
        thread::yield_now();
    }
    assert!(server.get("/a.jpg", WEBP).is_webp());
    assert_eq!(server.conversions(), 0);
}
