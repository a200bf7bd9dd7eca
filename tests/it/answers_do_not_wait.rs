//! With `LAZY_AFTER` nobody waits longer than that where there is something else to send: the conversion goes on, once,
//! and the next visitor gets what it has made.

use std::{thread, time::Instant};

use crate::support::{
    http::{AVIF, WEBP},
    pictures, program,
    server::{DEADLINE, Place, Server},
};

/// What takes seconds, on any machine.
const SLOW: [&str; 6] = ["--formats", "avif", "--effort", "6", "--jobs", "1"];

fn serve(place: &Place, after: &str, flags: &[&str]) -> Server {
    let mut command = program::command(place.path());
    command.env("WEBP_LAZY_AFTER", after);
    Server::serve(command, "pics", flags)
}

#[test]
fn past_its_time_the_original_goes_out_and_the_conversion_goes_on() {
    let photo = pictures::photo();
    let place = Place::new(&[("a.jpg", photo.clone())]);
    let server = serve(&place, "50", &SLOW);
    for _ in 0..2 {
        let first = server.get("/a.jpg", AVIF);
        assert_eq!((first.status, first.header("content-type")), (200, "image/jpeg"));
        assert!(first.body == photo);
        assert_eq!(first.header("cache-control"), "public, max-age=10");
    }
    let began = Instant::now();
    let mut better = server.get("/a.jpg", AVIF);
    while better.header("content-type") != "image/avif" {
        assert!(began.elapsed() < 4 * DEADLINE, "{}", better.header("content-type"));
        thread::yield_now();
        better = server.get("/a.jpg", AVIF);
    }
    assert!(better.header("cache-control").contains("max-age=86400"), "{}", better.header("cache-control"));
    assert_eq!(server.conversions(), 1);
}

#[test]
fn what_is_made_in_time_is_sent_at_once() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1))]);
    let server = serve(&place, "60000", &[]);
    assert!(server.get("/a.jpg", WEBP).is_webp());
    assert_eq!(server.conversions(), 1);
}

/// A browser that can't show the original has nothing to look at meanwhile.
#[test]
fn who_can_not_show_the_original_waits() {
    let place = Place::new(&[("a.heic", include_bytes!("../data/golden/phone.heic").to_vec())]);
    let server = serve(&place, "1", &SLOW);
    assert_eq!(server.get("/a.heic", AVIF).header("content-type"), "image/avif");
}
