//! A server before an origin: originals are kept, asked about again only when they are old, and nothing but the
//! configured origin is ever asked.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::support::{
    http::{self, OLD, WEBP},
    origin::{Origin, Page},
    pictures,
    server::{DEADLINE, Place},
};

/// Makes what is known look as if it had been learnt long ago.
fn age(place: &Place, origin: &Origin) {
    for path in place.cached(&format!("metadata/{}", origin.address)) {
        let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        record["slimpix"]["source"]["checked_at"]["secs_since_epoch"] = 1_000_000.into();
        fs::write(path, record.to_string()).unwrap();
    }
}

#[test]
fn an_original_is_fetched_once_and_kept() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let origin = Origin::new(&[("/x.jpg", Page::File(jpeg.clone(), "\"1\""))]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    let reply = server.get("/x.jpg", WEBP);
    assert!(reply.is_webp());
    assert_eq!(server.get("/x.jpg", OLD).body, jpeg);
    assert_eq!(server.get("/x.jpg", WEBP).body, reply.body);
    assert_eq!(origin.asked(), ["/x.jpg"]);
    let raw = place.cached(&format!("remote-raw/{}", origin.address));
    assert_eq!(raw.len(), 1);
    assert_eq!(fs::read(&raw[0]).unwrap(), jpeg);

    drop(server);
    origin.go_down();
    let server = place.serve_before(&origin, &[]);
    assert_eq!(server.get("/x.jpg", WEBP).body, reply.body);
    assert_eq!(server.conversions(), 0);
}

#[test]
fn an_old_original_is_asked_about_by_its_tag() {
    let origin = Origin::new(&[("/x.jpg", Page::File(pictures::jpeg(400, 300, 1), "\"1\""))]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    let reply = server.get("/x.jpg", WEBP);
    age(&place, &origin);
    assert_eq!(server.get("/x.jpg", WEBP).body, reply.body);
    assert_eq!(server.get("/x.jpg", WEBP).body, reply.body);
    assert_eq!(origin.asked(), ["/x.jpg", "/x.jpg known"]);
    assert_eq!(server.conversions(), 1);

    origin.go_down();
    age(&place, &origin);
    assert_eq!(server.get("/x.jpg", WEBP).body, reply.body);
}

#[test]
fn what_an_origin_does_wrong_is_no_fault_of_ours() {
    let elsewhere = Origin::new(&[("/y.jpg", Page::File(pictures::jpeg(64, 64, 2), "\"2\""))]);
    let jpeg = pictures::jpeg(400, 300, 1);
    let origin = Origin::new(&[
        ("/cut.jpg", Page::Cut(jpeg.clone())),
        ("/away.jpg", Page::Redirect(format!("{}/y.jpg", elsewhere.url()))),
        ("/loop.jpg", Page::Redirect("/loop.jpg".to_owned())),
        ("/moved.jpg", Page::Redirect("/x.jpg".to_owned())),
        ("/x.jpg", Page::File(jpeg, "\"1\"")),
        ("/broken.jpg", Page::Status(500)),
        ("/page.jpg", Page::File(b"<html>".to_vec(), "\"3\"")),
    ]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    for path in ["/cut.jpg", "/away.jpg", "/loop.jpg", "/broken.jpg"] {
        let reply = server.get(path, WEBP);
        assert!([404, 502, 504].contains(&reply.status), "{path}: {}", reply.status);
    }
    assert_eq!(elsewhere.asked(), Vec::<String>::new());
    assert_eq!(server.get("/none.jpg", WEBP).status, 404);
    assert_eq!(server.get("/page.jpg", WEBP).status, 404);
    assert!(server.get("/moved.jpg", WEBP).is_webp());
    origin.go_down();
    assert!([404, 502, 504].contains(&server.get("/new.jpg", WEBP).status));
}

#[test]
fn a_slow_origin_holds_up_nobody_who_asks_for_something_else() {
    let stalls = || Page::Stalls("200 OK\r\ncontent-length: 100", Vec::new());
    let origin = Origin::new(&[
        ("/a.jpg", stalls()),
        ("/b.jpg", stalls()),
        ("/quick.jpg", Page::File(pictures::jpeg(64, 48, 1), "\"1\"")),
    ]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    let waiting: Vec<_> = ["/a.jpg", "/b.jpg"]
        .iter()
        .flat_map(|path| (0..4).map(|_| http::send(server.address, "GET", path, &[WEBP])))
        .collect();
    let began = Instant::now();
    while origin.asked().len() < 2 {
        assert!(began.elapsed() < DEADLINE, "{:?}", origin.asked());
    }
    // Who would wait for the others would do so until they are given up on.
    let began = Instant::now();
    assert!(server.get("/quick.jpg", WEBP).is_webp());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(origin.asked().len(), 3, "each is asked for once");
    drop(waiting);
}
