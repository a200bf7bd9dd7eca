//! `max_bytes=` bounds a result: its quality is lowered as far as it takes, and where that isn't enough the original goes out.

use crate::support::{
    http::{AVIF, OLD, WEBP},
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
