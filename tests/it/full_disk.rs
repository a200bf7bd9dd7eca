//! A cache that can't be written is told once, and requests are answered from memory.

use std::fs;

use crate::support::{
    http::WEBP,
    origin::{Origin, Page},
    pictures,
    server::Place,
};

#[test]
fn requests_are_answered_and_the_log_says_so_once() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1)), ("b.jpg", pictures::jpeg(300, 200, 2))]);
    // Root may write everywhere, but a folder can't be made where a file stands.
    fs::write(place.path().join("cache"), b"a file").unwrap();
    let server = place.serve(&[]);
    let first = server.get("/a.jpg", WEBP);
    assert!(first.is_webp());
    for _ in 0..3 {
        assert_eq!(server.get("/a.jpg", WEBP).body, first.body);
        assert!(server.get("/b.jpg", WEBP).is_webp());
    }
    assert_eq!(server.conversions(), 2);
    assert_eq!(server.count("the cache can't be written"), 1, "{:#?}", server.log());
}

#[test]
fn remote_originals_pass_through_memory() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let origin = Origin::new(&[("/a.jpg", Page::File(jpeg, "\"1\""))]);
    let place = Place::new(&[]);
    fs::write(place.path().join("cache"), b"a file").unwrap();
    let server = place.start(&["serve", &origin.url(), "--cache", "cache", "--listen", "127.0.0.1:0"]);
    assert!(server.get("/a.jpg", WEBP).is_webp());
    assert!(server.get("/a.jpg", WEBP).is_webp());
    assert_eq!(server.conversions(), 1);
}
