//! What an origin answers is believed for as long as it says and deserves: a bad answer is remembered for seconds,
//! takes no good one's place, and heals by itself, restarts or not.

use std::{
    fs,
    io::Read,
    time::{Duration, Instant},
};

use flate2::{
    Compression,
    read::{GzEncoder, ZlibEncoder},
};

use crate::support::{
    http::{self, OLD, Reply, WEBP},
    origin::{Origin, Page},
    pictures,
    server::{Place, Server},
};

/// Makes what is known look as if it had been learnt so many seconds earlier.
fn age(place: &Place, origin: &Origin, seconds: u64) {
    for path in place.cached(&format!("metadata/{}", origin.address)) {
        let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let checked = &mut record["slimpix"]["source"]["checked_at"]["secs_since_epoch"];
        *checked = (checked.as_u64().unwrap() - seconds).into();
        fs::write(path, record.to_string()).unwrap();
    }
}

fn max_age(reply: &Reply) -> u64 {
    let said = reply.header("cache-control").strip_prefix("public, max-age=");
    said.unwrap_or_else(|| panic!("{:?}", reply.headers)).parse().unwrap()
}

/// Asks until it is so.
fn healed(server: &Server, path: &str, is_so: impl Fn(&Reply) -> bool) -> Reply {
    let began = Instant::now();
    loop {
        let reply = server.get(path, WEBP);
        if is_so(&reply) {
            return reply;
        }
        assert!(began.elapsed() < Duration::from_secs(40), "{}: {:?}", reply.status, reply.headers);
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn read(mut from: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    read(GzEncoder::new(bytes, Compression::fast()))
}

const OK: &str = "200 OK";
const CHUNKED: &str = "200 OK\r\ntransfer-encoding: chunked";
const GZIP: &str = "200 OK\r\ncontent-encoding: gzip";
const LOGIN: &str = "200 OK\r\nset-cookie: a=b\r\ncache-control: no-store\r\ncontent-type: text/html";

/// Answers that are of no use, and the status that they come to.
fn bad(jpeg: &[u8]) -> Vec<(Page, u16)> {
    let coded = gzip(jpeg);
    vec![
        (Page::Raw("200 OK\r\ncontent-length: 0", Vec::new()), 404),
        (Page::Raw(OK, Vec::new()), 404),
        (Page::File(b"<!doctype html><h1>Soon back</h1>".to_vec(), "\"page\""), 404),
        (Page::Raw(LOGIN, b"<html>Who are you?".to_vec()), 404),
        (Page::Status(410), 404),
        (Page::Status(500), 502),
        (Page::Status(206), 502),
        (Page::Cut(jpeg.to_vec()), 502),
        (Page::Raw(CHUNKED, [b"8000\r\n", &jpeg[..5000]].concat()), 502),
        (Page::Raw(GZIP, coded[..coded.len() / 2].to_vec()), 502),
        (Page::Raw(GZIP, jpeg.to_vec()), 502),
        (Page::Raw("200 OK\r\ncontent-encoding: br", jpeg.to_vec()), 502),
        (Page::Raw("200 OK\r\ncontent-length: 99999999999", jpeg.to_vec()), 413),
    ]
}

#[test]
fn an_answer_of_no_use_is_remembered_for_seconds_and_kept_nowhere() {
    let jpeg = pictures::jpeg(400, 300, 1);
    for (page, status) in bad(&jpeg) {
        let said = format!("{page:?}").chars().take(60).collect::<String>();
        let origin = Origin::new(&[("/x.jpg", page)]);
        let place = Place::new(&[]);
        let server = place.serve_before(&origin, &[]);
        let began = Instant::now();
        let paths = vec!["/x.jpg".to_owned(); 30];
        for reply in http::get_all_at_once(server.address, &paths, &[WEBP]) {
            assert_eq!((reply.status, reply.header("cache-control")), (status, "no-store"), "{said}");
        }
        // Once, then after one second, two, four.
        let most = 1 + (began.elapsed().as_secs() + 1).ilog2() as usize + 1;
        assert!(origin.asked().len() <= most, "{said}: {}", origin.asked().len());
        assert_eq!(place.kept(), 0, "{said}");
        origin.put("/x.jpg", Page::File(jpeg.clone(), "\"1\""));
        let reply = healed(&server, "/x.jpg", Reply::is_webp);
        assert_eq!(max_age(&reply), 86_400, "{said}");
        assert_eq!(server.get("/x.jpg", OLD).body, jpeg, "{said}");
    }
}

#[test]
fn a_bad_answer_takes_no_good_ones_place() {
    let (jpeg, other) = (pictures::jpeg(400, 300, 1), pictures::jpeg(400, 300, 2));
    let mut bad = bad(&jpeg);
    bad.push((Page::File(other[..other.len() / 2].to_vec(), "\"2\""), 0));
    bad.push((Page::With(other[..other.len() / 2].to_vec(), "\"2\"", "cache-control: private"), 0));
    for (page, _) in bad {
        let said = format!("{page:?}").chars().take(60).collect::<String>();
        let origin = Origin::new(&[("/x.jpg", Page::File(jpeg.clone(), "\"1\""))]);
        let place = Place::new(&[]);
        let server = place.serve_before(&origin, &["--resize"]);
        let first = server.get("/x.jpg", WEBP);
        assert!(first.is_webp());
        let files = place.kept();
        age(&place, &origin, 259_200 * 60);
        let is_gone = matches!(page, Page::Status(410));
        origin.put("/x.jpg", page);
        let mut server = server;
        for _ in 0..2 {
            if is_gone {
                // It says so.
                assert_eq!(server.get("/x.jpg", WEBP).status, 404);
            } else {
                let reply = server.get("/x.jpg", WEBP);
                assert_eq!((reply.status, &reply.body), (200, &first.body), "{said}");
                assert_eq!(max_age(&reply), 10, "{said}");
                let original = server.get("/x.jpg", OLD);
                assert_eq!((original.body, original.status), (jpeg.clone(), 200), "{said}");
            }
            assert_eq!(place.kept(), files, "{said}");
            drop(server);
            server = place.serve_before(&origin, &["--resize"]);
        }
        let raw = place.cached(&format!("remote-raw/{}", origin.address));
        assert_eq!(fs::read(&raw[0]).unwrap(), jpeg, "{said}");
        origin.put("/x.jpg", Page::File(other.clone(), "\"3\""));
        healed(&server, "/x.jpg", |reply| reply.is_webp() && reply.body != first.body);
        assert_eq!(server.get("/x.jpg", OLD).body, other, "{said}");
    }
}

#[test]
fn a_picture_that_comes_in_a_coding_is_decoded() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let coded = gzip(&jpeg);
    let (one, two) = coded.split_at(1000);
    let chunk = |part: &[u8]| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat();
    let chunks = [chunk(one), chunk(two), b"0\r\n\r\n".to_vec()].concat();
    let zlib = read(ZlibEncoder::new(&jpeg[..], Compression::fast()));
    let origin = Origin::new(&[
        ("/gzip.jpg", Page::Raw("200 OK\r\nContent-Encoding: GZIP\r\netag: \"1\"", coded.clone())),
        (
            "/chunks.jpg",
            Page::Raw("200 OK\r\ncontent-encoding: x-gzip\r\ntransfer-encoding: chunked", chunks),
        ),
        ("/deflate.jpg", Page::Raw("200 OK\r\ncontent-encoding: identity, deflate", zlib)),
    ]);
    for flags in [&[][..], &["--overrule-origin"]] {
        let place = Place::new(&[]);
        let server = place.serve_before(&origin, flags);
        for path in ["/gzip.jpg", "/chunks.jpg", "/deflate.jpg"] {
            assert!(server.get(path, WEBP).is_webp(), "{path}");
            let original = server.get(path, OLD);
            assert_eq!((&original.body, original.header("content-encoding")), (&jpeg, ""), "{path}");
        }
    }
    assert_eq!(origin.asked().len(), 6);
}

#[test]
fn a_coding_that_is_not_known_is_named_in_the_log() {
    let origin = Origin::new(&[("/x.jpg", Page::Raw("200 OK\r\ncontent-encoding: zstd", vec![1; 100]))]);
    let place = Place::new(&[]);
    let mut server = place.serve_before(&origin, &[]);
    assert_eq!(server.get("/x.jpg", WEBP).status, 502);
    server.wait_for_line("zstd");
}

#[test]
fn half_a_picture_is_shown_for_seconds_and_asked_about_ever_more_rarely() {
    let gif = pictures::gif(64, 64, 3);
    for whole in [pictures::jpeg(800, 600, 1), pictures::png(200, 100, 1), gif] {
        let half = whole[..whole.len() / 2].to_vec();
        let origin = Origin::new(&[("/x.jpg", Page::File(half.clone(), "\"1\""))]);
        let place = Place::new(&[]);
        let mut server = place.serve_before(&origin, &["--resize"]);
        let mut asked = 0;
        for wait in [10, 20, 40] {
            for path in ["/x.jpg", "/x.jpg?width=50"] {
                let reply = server.get(path, WEBP);
                assert_eq!(reply.status, 200);
                assert!(max_age(&reply) <= wait, "{wait}: {}", max_age(&reply));
                // A head is what the whole would have.
                let head = http::request(server.address, "HEAD", path, &[WEBP]);
                assert_eq!((head.status, head.header("etag")), (200, reply.header("etag")));
            }
            let original = server.get("/x.jpg", OLD);
            assert_eq!(original.body, half);
            assert!(max_age(&original) <= wait);
            asked += 1;
            assert_eq!(origin.asked(), vec!["/x.jpg"; asked]);
            drop(server);
            age(&place, &origin, wait);
            server = place.serve_before(&origin, &["--resize"]);
        }
        // Under the same name, too.
        origin.put("/x.jpg", Page::File(whole.clone(), "\"1\""));
        for path in ["/x.jpg", "/x.jpg?width=50"] {
            assert_eq!(max_age(&server.get(path, WEBP)), 86_400);
        }
        assert_eq!(server.get("/x.jpg", OLD).body, whole);
        assert_eq!(origin.asked(), vec!["/x.jpg"; asked + 1]);
    }
}

#[test]
fn the_origins_lifetimes_count() {
    let jpeg = pictures::jpeg(400, 300, 1);
    for (words, said, lifetime) in [
        ("cache-control: max-age=60", 60, 60),
        ("cache-control: max-age=60, s-maxage=100", 60, 100),
        ("cache-control: public, s-maxage=100", 100, 100),
        ("cache-control: max-age=60\r\nage: 20", 40, 40),
        ("cache-control: max-age=60\r\nage: 90", 0, 0),
        ("cache-control: no-cache", 0, 0),
        ("vary: *", 0, 0),
        ("vary: accept, cookie\r\ncache-control: max-age=60", 60, 60),
        ("date: Sun, 06 Nov 1994 08:49:00 GMT\r\nexpires: Sun, 06 Nov 1994 08:50:00 GMT", 60, 60),
        ("expires: 0", 0, 0),
        ("x: y", 86_400, 259_200 * 60),
        ("cache-control: max-age=999999999", 86_400, 259_200 * 60),
    ] {
        let origin = Origin::new(&[("/x.jpg", Page::With(jpeg.clone(), "\"1\"", words))]);
        let place = Place::new(&[]);
        let server = place.serve_before(&origin, &[]);
        let reply = server.get("/x.jpg", WEBP);
        assert!(
            reply.is_webp() && (said.max(2) - 2..=said).contains(&max_age(&reply)),
            "{words}: {:?}",
            reply.headers
        );
        if lifetime > 0 {
            age(&place, &origin, lifetime - 20);
            assert!(max_age(&server.get("/x.jpg", WEBP)) <= said, "{words}");
            assert_eq!(origin.asked(), ["/x.jpg"], "{words}");
            age(&place, &origin, 20);
        }
        let again = server.get("/x.jpg", WEBP);
        assert_eq!(again.body, reply.body, "{words}");
        assert!((said.max(2) - 2..=said).contains(&max_age(&again)), "{words}: {:?}", again.headers);
        assert_eq!(origin.asked(), ["/x.jpg", "/x.jpg known"], "{words}");
        assert_eq!(server.conversions(), 1, "{words}");
        drop(server);

        let server = place.serve_before(&origin, &["--overrule-origin"]);
        assert_eq!(max_age(&server.get("/x.jpg", WEBP)), 86_400, "{words}");
        assert_eq!(origin.asked().len(), 2, "{words}");
    }
}

#[test]
fn a_304_says_anew_for_how_long() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let origin = Origin::new(&[("/x.jpg", Page::With(jpeg.clone(), "\"1\"", "cache-control: max-age=60"))]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    server.get("/x.jpg", WEBP);
    for (words, said) in [("cache-control: max-age=500", 500), ("x: y", 500), ("cache-control: no-cache", 0)]
    {
        age(&place, &origin, 1000);
        origin.put("/x.jpg", Page::With(jpeg.clone(), "\"1\"", words));
        let now = max_age(&server.get("/x.jpg", WEBP));
        assert!(now <= said && now + 2 >= said, "{words}: {now}");
    }
    assert_eq!((origin.asked().len(), server.conversions()), (4, 1));
}

#[test]
fn what_must_be_asked_about_is_not_used_while_the_origin_fails() {
    let jpeg = pictures::jpeg(400, 300, 1);
    for (words, status) in [
        ("cache-control: max-age=60", 200),
        ("cache-control: max-age=60, must-revalidate", 502),
        ("cache-control: no-cache", 502),
        ("cache-control: s-maxage=60", 502),
    ] {
        let origin = Origin::new(&[("/x.jpg", Page::With(jpeg.clone(), "\"1\"", words))]);
        let place = Place::new(&[]);
        let server = place.serve_before(&origin, &[]);
        server.get("/x.jpg", WEBP);
        age(&place, &origin, 60);
        origin.put("/x.jpg", Page::Status(503));
        assert_eq!(server.get("/x.jpg", WEBP).status, status, "{words}");
        origin.put("/x.jpg", Page::With(jpeg.clone(), "\"1\"", words));
        healed(&server, "/x.jpg", |reply| {
            reply.is_webp() && reply.header("cache-control") != "public, max-age=10"
        });
        assert_eq!(server.conversions(), 1, "{words}");
    }
}

#[test]
fn redirects_are_followed_within_the_origin() {
    let origin = Origin::new(&[("/a/b/x.jpg", Page::File(pictures::jpeg(400, 300, 1), "\"1\""))]);
    for (from, to) in [
        ("/a/b/1.jpg", "x.jpg"),
        ("/a/b/2.jpg", "./x.jpg#top"),
        ("/a/3.jpg", "b/x.jpg"),
        ("/a/b/c/4.jpg", "../x.jpg"),
        ("/5.jpg", "/a/./c/../b/x.jpg"),
        ("/6.jpg", "6.jpg?to=x"),
        ("/6.jpg?to=x", "a/b/1.jpg"),
    ] {
        origin.put(from, Page::Redirect(to.to_owned()));
    }
    origin.put("/7.jpg", Page::Redirect(format!("//{}/a/b/x.jpg", origin.address)));
    origin.put("/8.jpg", Page::Redirect("//example.com/a/b/x.jpg".to_owned()));
    origin.put("/9.jpg", Page::Redirect("file:///etc/passwd".to_owned()));
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    for path in ["/a/b/1.jpg", "/a/b/2.jpg", "/a/3.jpg", "/a/b/c/4.jpg", "/5.jpg", "/6.jpg", "/7.jpg"] {
        assert!(server.get(path, WEBP).is_webp(), "{path}");
    }
    for path in ["/8.jpg", "/9.jpg"] {
        assert_eq!(server.get(path, WEBP).status, 502, "{path}");
    }
}

#[test]
fn an_origin_that_stops_is_given_up_on() {
    let jpeg = pictures::jpeg(400, 300, 1);
    let half = jpeg[..jpeg.len() / 2].to_vec();
    let origin = Origin::new(&[
        ("/head.jpg", Page::Stalls("200 OK\r\nx: y", Vec::new())),
        ("/body.jpg", Page::Stalls("200 OK\r\ncontent-length: 999999", half)),
    ]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    let began = Instant::now();
    let paths = ["/head.jpg".to_owned(), "/body.jpg".to_owned()];
    for reply in http::get_all_at_once(server.address, &paths, &[WEBP]) {
        assert_eq!(reply.status, 502);
    }
    assert!((10..40).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(place.kept(), 0);
}
