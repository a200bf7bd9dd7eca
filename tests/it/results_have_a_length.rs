//! `max_bytes=` bounds a result: its quality is lowered as far as it takes, and where that isn't enough the original goes out.

use crate::support::{
    http::{self, AVIF, OLD, WEBP},
    pictures,
    server::Place,
};

#[test]
fn a_result_is_no_longer_than_it_may_be() {
    let jpeg = pictures::jpeg(640, 480, 1);
    let place = Place::new(&[("a.jpg", jpeg.clone()), ("b.png", pictures::png(640, 480, 2))]);
    let server = place.serve(&["--resize", "--widths", "any", "--formats", "webp,avif"]);
    for (uri, accept) in [
        ("/a.jpg?", WEBP),
        ("/a.jpg?w=320&", WEBP),
        ("/a.jpg?w=320&", AVIF),
        ("/b.png?w=320&h=320&", WEBP),
        ("/b.png?format=jpeg&", OLD),
    ] {
        let whole = server.get(uri.trim_end_matches(['?', '&']), accept);
        assert_eq!(whole.status, 200);
        let most = whole.body.len() * 7 / 10 / 1024 * 1024;
        assert!(most >= 1024, "{uri}: {}", whole.body.len());
        let short = server.get(&format!("{uri}max_bytes={most}"), accept);
        assert_eq!(short.status, 200, "{uri}");
        assert!(short.body.len() <= most, "{uri}: {} of {most}", short.body.len());
        assert!(short.body.len() > most / 2, "{uri}: {} of {most}", short.body.len());
        // It is kept like any variant.
        let made = server.conversions();
        assert_eq!(server.get(&format!("{uri}max_bytes={}", most + 1000), accept).body, short.body);
        assert_eq!(server.conversions(), made);
    }
    // What is short enough anyhow is as without it.
    let same = server.get("/a.jpg?max_bytes=104857600", WEBP);
    assert!(same.body == server.get("/a.jpg", WEBP).body);
    let original = server.get("/a.jpg?max_bytes=1024", WEBP);
    assert_eq!((original.status, original.body), (200, jpeg));
    let refused = server.get("/a.jpg?max_bytes=1", WEBP);
    assert_eq!((refused.status, refused.header("cache-control")), (400, "no-store"));
}

/// No quality makes it so short: that costs the tries of one conversion, and is known from then on, be the original an answer of
/// the same size or not.
#[test]
fn what_can_not_be_so_short_is_tried_for_once() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(640, 480, 1))]);
    let mut server = place.serve(&["--resize", "--admin-listen", "127.0.0.1:0"]);
    let admin = server.admin();
    let tried = || -> u64 {
        let figures = http::get(admin, "/metrics", &[]).text();
        let conversions = figures.lines().filter(|line| line.starts_with("slimpix_conversions_total{"));
        conversions.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    };
    for (tries, uri) in [(1, "/a.jpg?max_bytes=1024"), (2, "/a.jpg?w=600&max_bytes=1024")] {
        for _ in 0..3 {
            assert_eq!(server.get(uri, WEBP).header("content-type"), "image/jpeg", "{uri}");
        }
        assert_eq!(tried(), tries, "{uri}");
    }
}
