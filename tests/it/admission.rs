//! Conversions together never take more than the budget: what doesn't fit is answered with the original, and what
//! needs no conversion never waits.

use std::thread;

use crate::support::{
    http::{self, AVIF, WEBP},
    pictures,
    server::Place,
};

#[test]
fn what_can_not_fit_is_sent_as_it_is() {
    let large = pictures::png(2000, 1500, 1);
    let place = Place::new(&[("large.png", large.clone()), ("small.jpg", pictures::jpeg(100, 80, 2))]);
    let server = place.serve(&["--memory", "6M"]);
    let reply = server.get("/large.png", WEBP);
    assert_eq!((reply.status, reply.header("content-type")), (200, "image/png"));
    assert!(reply.body == large);
    assert!(server.get("/small.jpg", WEBP).is_webp());
    assert_eq!(server.conversions(), 1);
}

#[test]
fn cached_answers_do_not_wait_for_conversions() {
    let place =
        Place::new(&[("slow.jpg", pictures::jpeg(1600, 1200, 1)), ("a.jpg", pictures::jpeg(200, 100, 2))]);
    let server = place.serve(&["--jobs", "1", "--formats", "webp,avif", "--effort", "4"]);
    server.get("/a.jpg", AVIF);
    thread::scope(|scope| {
        let slow = scope.spawn(|| http::get(server.address, "/slow.jpg", &[AVIF]));
        let mut answered = 0;
        while !slow.is_finished() {
            assert_eq!(server.get("/a.jpg", AVIF).status, 200);
            answered += 1;
        }
        assert!(answered > 20, "only {answered} while one conversion held the only job");
    });
}

#[test]
fn who_finds_no_room_in_time_gets_the_original_for_a_short_while() {
    let jpeg = pictures::jpeg(300, 200, 2);
    let place = Place::new(&[("slow.jpg", pictures::jpeg(3000, 2000, 1)), ("b.jpg", jpeg.clone())]);
    let server = place.serve(&["--jobs", "1", "--wait", "0", "--formats", "avif", "--effort", "6"]);
    let usual = server.get("/b.jpg", ("accept", "image/jpeg")).header("cache-control").to_owned();
    // Nobody reads the slow answer, but its conversion holds the only job. It is asked for anew each time, since it may
    // have found the job taken by the one before; another name each time is another conversion.
    let starved = (0..50).find_map(|i| {
        let slow = http::send(server.address, "GET", "/slow.jpg", &[AVIF]);
        place.put(&format!("b{i}.jpg"), &jpeg);
        let reply = server.get(&format!("/b{i}.jpg"), AVIF);
        drop(slow);
        (reply.header("content-type") == "image/jpeg").then_some(reply)
    });
    let starved = starved.expect("the slow conversion never held the job for long");
    assert!(starved.body == jpeg);
    assert_ne!(starved.header("cache-control"), usual);
}
