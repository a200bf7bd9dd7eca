//! A served picture is sent in the smallest form that the client shows, with the headers that caches need.

use crate::support::{
    http::{self, AVIF, OLD, WEBP},
    pictures,
    server::Place,
};

#[test]
fn a_client_gets_what_it_can_show() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let place = Place::new(&[("a.jpg", jpeg.clone()), ("deep/b c.png", pictures::png(200, 100, 2))]);
    let server = place.serve(&["--formats", "webp,avif"]);

    let webp = server.get("/a.jpg", WEBP);
    assert_eq!(webp.status, 200);
    assert!(webp.is_webp(), "{:?}", webp.headers);
    assert!(webp.body.len() < jpeg.len());
    assert!(webp.header("vary").to_lowercase().contains("accept"));
    assert!(!webp.header("etag").is_empty() && !webp.header("cache-control").is_empty());
    assert_eq!(webp.header("x-content-type-options"), "nosniff");
    assert_eq!(webp.header("content-length"), webp.body.len().to_string());
    let rate: f64 = webp.header("x-compression-rate").parse().unwrap();
    assert!((rate - webp.body.len() as f64 / jpeg.len() as f64).abs() < 0.02, "{rate}");

    let avif = server.get("/a.jpg", AVIF);
    assert_eq!(avif.status, 200);
    assert!(["image/avif", "image/webp"].contains(&avif.header("content-type")));
    assert!(avif.body.len() <= webp.body.len());

    let old = server.get("/a.jpg", OLD);
    assert_eq!((old.status, old.header("content-type")), (200, "image/jpeg"));
    assert_eq!(old.body, jpeg);
    assert!(old.header("vary").to_lowercase().contains("accept"));

    assert!(server.get("/deep/b%20c.png", WEBP).is_webp());
}

#[test]
fn the_next_request_is_answered_from_the_cache() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1))]);
    let server = place.serve(&[]);
    let first = server.get("/a.jpg", WEBP);
    let second = server.get("/a.jpg", WEBP);
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("etag"), second.header("etag"));
    assert_eq!(server.conversions(), 1);
}

#[test]
fn conditions_ranges_and_methods_are_obeyed() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1))]);
    let server = place.serve(&[]);
    let whole = server.get("/a.jpg", WEBP);
    let etag = whole.header("etag").to_owned();

    let known = http::get(server.address, "/a.jpg", &[WEBP, ("if-none-match", &etag)]);
    assert_eq!((known.status, known.header("etag"), known.body.len()), (304, etag.as_str(), 0));
    assert!(known.header("vary").to_lowercase().contains("accept"));

    for (accept, whole) in [(WEBP, &whole), (OLD, &server.get("/a.jpg", OLD))] {
        let part = http::get(server.address, "/a.jpg", &[accept, ("range", "bytes=10-19")]);
        assert_eq!(part.status, 206);
        assert_eq!(part.body, whole.body[10..20]);
        assert_eq!(part.header("content-range"), format!("bytes 10-19/{}", whole.body.len()));
        let past = http::get(server.address, "/a.jpg", &[accept, ("range", "bytes=9999999-")]);
        assert_eq!(past.status, 416);
    }

    let head = http::request(server.address, "HEAD", "/a.jpg", &[WEBP]);
    assert_eq!((head.status, head.header("content-length")), (200, whole.header("content-length")));

    let posted = http::request(server.address, "POST", "/a.jpg", &[]);
    assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"));
    assert_eq!(http::get(server.address, "/healthz", &[]).status, 200);
}

#[test]
fn sizes_are_obeyed_where_they_are_allowed_and_make_no_variant_where_not() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let place = Place::new(&[("a.jpg", jpeg)]);
    let server = place.serve(&[]);
    for width in 10..15 {
        assert!(server.get(&format!("/a.jpg?width={width}"), WEBP).is_webp());
    }
    assert_eq!(server.conversions(), 1);
    assert_eq!(place.cached("exhaust/local").len(), 1);
    drop(server);

    let server = place.serve(&["--resize"]);
    let small = server.get("/a.jpg?width=80", WEBP);
    let decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(small.body)).unwrap();
    assert_eq!(decoder.dimensions(), (80, 60));
}

#[test]
fn an_animation_stays_one_unless_its_first_frame_is_asked_for() {
    let animation = pictures::gif(200, 150, 9);
    let place = Place::new(&[("a.gif", animation.clone())]);
    let server = place.serve(&["--formats", "webp,avif", "--resize"]);
    for accept in [AVIF, WEBP] {
        let reply = server.get("/a.gif", accept);
        assert_eq!((reply.status, reply.header("content-type")), (200, "image/webp"));
        assert!(reply.body.len() < animation.len());
        assert_eq!(slimpix::probe(&reply.body).unwrap().animated, Some(true));
    }
    assert_eq!(server.conversions(), 1);
    // Who knows neither, or names a format that doesn't move here, gets the original.
    for (uri, accept) in [("/a.gif", OLD), ("/a.gif?w=20", OLD), ("/a.gif?format=jpeg", OLD)] {
        let reply = server.get(uri, accept);
        assert_eq!((reply.status, reply.header("content-type")), (200, "image/gif"), "{uri}");
        assert_eq!(reply.body, animation);
    }
    for (uri, accept, media_type) in [
        ("/a.gif?still", WEBP, "image/webp"),
        ("/a.gif?still", OLD, "image/png"),
        ("/a.gif?still=1&fm=jpeg", OLD, "image/jpeg"),
    ] {
        let reply = server.get(uri, accept);
        assert_eq!((reply.status, reply.header("content-type")), (200, media_type), "{uri}");
        assert_eq!(slimpix::probe(&reply.body).unwrap().animated, Some(false));
    }
    let small = server.get("/a.gif?w=20", WEBP);
    let probe = slimpix::probe(&small.body).unwrap();
    assert_eq!((probe.size.width, probe.animated), (20, Some(true)));
}

#[test]
fn a_changed_original_is_converted_again() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1))]);
    let server = place.serve(&[]);
    let before = server.get("/a.jpg", WEBP);
    place.put("a.jpg", &pictures::jpeg(300, 400, 2));
    let after = server.get("/a.jpg", WEBP);
    assert!(after.is_webp() && after.body != before.body);
    assert_ne!(after.header("etag"), before.header("etag"));
    assert_eq!(server.conversions(), 2);
    std::fs::remove_file(place.path().join("pics/a.jpg")).unwrap();
    assert_eq!(server.get("/a.jpg", WEBP).status, 404);
}

#[test]
fn the_dominant_colour_is_told_and_kept() {
    let (red, blue) = ([200, 30, 40], [0, 0, 250]);
    let pixels: Vec<u8> = (0..120 * 80).flat_map(|at| if at % 120 < 70 { red } else { blue }).collect();
    let picture = slimpix::webp::Encoder::lossless().encode(&pixels, 120, 80).unwrap();
    let place = Place::new(&[("a.webp", picture)]);
    let server = place.serve(&[]);
    for _ in 0..2 {
        let told: serde_json::Value =
            serde_json::from_slice(&server.get("/a.webp?meta=full", OLD).body).unwrap();
        assert_eq!(
            (&told["color"], told["blurhash"].as_str().unwrap().len(), told["thumbhash"].is_string()),
            (&"#c81e28".into(), 28, true),
            "{told}"
        );
    }
    // It stands beside the picture's record.
    let [record] = &place.cached("metadata/local")[..] else { panic!("one record") };
    assert!(std::fs::read_to_string(record).unwrap().contains("#c81e28"));
}
