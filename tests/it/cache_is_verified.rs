//! What is kept is compared with its checksum when it is first opened, after any change of its state, and by a slow
//! pass: a byte that a disk has lost is noticed though length and time are the same, and what is damaged is made or
//! fetched again.

use std::{
    fs::{self, File},
    path::Path,
};

use crate::support::{
    http::{OLD, WEBP},
    origin::{Origin, Page},
    pictures,
    server::Place,
};

/// Changes one byte in the middle of a file and nothing that a program can set.
fn flip(path: &Path) {
    let time = fs::metadata(path).unwrap().modified().unwrap();
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(path, bytes).unwrap();
    File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

const DAMAGED: &str = "a damaged cache file is dropped";

#[test]
fn a_flipped_byte_is_noticed_while_the_server_runs() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1))]);
    let server = place.serve(&["--verify-every", "0"]);
    let good = server.get("/a.jpg", WEBP);
    for round in 1..=3 {
        // So often that it is at hand.
        for _ in 0..3 {
            assert_eq!(server.get("/a.jpg", WEBP).body, good.body);
        }
        flip(&place.cached("exhaust/local")[0]);
        assert_eq!(server.get("/a.jpg", WEBP).body, good.body);
        assert_eq!((server.conversions(), server.count(DAMAGED)), (1 + round, round), "{:#?}", server.log());
    }
}

#[test]
fn what_webp_server_go_made_is_watched_from_then_on() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1))]);
    let server = place.serve(&[]);
    let good = server.get("/a.jpg", WEBP);
    drop(server);
    let path = &place.cached("metadata/local")[0];
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert!(record.as_object_mut().unwrap().remove("slimpix").is_some());
    fs::write(path, record.to_string()).unwrap();
    let server = place.serve(&[]);
    assert_eq!(server.get("/a.jpg", WEBP).body, good.body);
    assert_eq!(server.conversions(), 0);
    flip(&place.cached("exhaust/local")[0]);
    assert_eq!(server.get("/a.jpg", WEBP).body, good.body);
    assert_eq!(server.conversions(), 1);
}

#[test]
fn the_copy_of_a_remote_original_is_verified_before_it_is_sent_or_converted() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let origin = Origin::new(&[("/x.jpg", Page::File(jpeg.clone(), "\"1\""))]);
    let place = Place::new(&[]);
    let raw = || place.cached(&format!("remote-raw/{}", origin.address))[0].clone();
    for restart in [false, true] {
        let mut server = place.serve_before(&origin, &["--resize"]);
        assert_eq!(server.get("/x.jpg", OLD).body, jpeg);
        flip(&raw());
        if restart {
            drop(server);
            server = place.serve_before(&origin, &["--resize"]);
        }
        assert_eq!(server.get("/x.jpg", OLD).body, jpeg);
        assert_eq!(fs::read(raw()).unwrap(), jpeg);
        let path = if restart { "/x.jpg?width=90" } else { "/x.jpg?width=100" };
        flip(&raw());
        assert!(server.get(path, WEBP).is_webp());
        assert_eq!(fs::read(raw()).unwrap(), jpeg, "it was converted from another copy");
        assert!(server.count(DAMAGED) >= 1, "{:#?}", server.log());
    }
    // Fetched once, and again after each of four damages.
    assert_eq!(origin.asked(), ["/x.jpg"; 5]);
}

#[test]
fn a_slow_pass_finds_what_nobody_asks_for() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let origin = Origin::new(&[("/x.jpg", Page::File(jpeg.clone(), "\"1\""))]);
    let place = Place::new(&[]);
    let mut server = place.serve_before(&origin, &["--verify-every", "1"]);
    let good = server.get("/x.jpg", WEBP);
    server.wait_for_line("damaged=0");
    for folder in ["exhaust", "remote-raw"] {
        flip(&place.cached(&format!("{folder}/{}", origin.address))[0]);
    }
    server.wait_for_line("damaged=2");
    assert_eq!(server.count(DAMAGED), 2, "{:#?}", server.log());
    for folder in ["exhaust", "remote-raw"] {
        assert!(place.cached(&format!("{folder}/{}", origin.address)).is_empty());
    }
    assert_eq!(server.get("/x.jpg", WEBP).body, good.body);
    assert_eq!(server.get("/x.jpg", OLD).body, jpeg);
    assert_eq!((server.conversions(), origin.asked().len()), (2, 2));
}
