//! `slimpix serve --demo` serves the built page beside the pictures, and nothing outside its folder.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use crate::support::{
    http::{self, WEBP},
    pictures,
    server::Place,
};

#[test]
fn the_page_and_its_files_have_their_types() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(200, 100, 1))]);
    let page = place.path().join("page");
    fs::create_dir_all(page.join("assets")).unwrap();
    fs::write(page.join("index.html"), "<!doctype html>").unwrap();
    fs::write(page.join("assets/slimpix.wasm"), b"\0asm").unwrap();
    fs::write(place.path().join("secret.html"), "secret").unwrap();
    let mut server = place.serve(&["--demo", "--demo-path", "page"]);
    server.wait_for_line("the demo page is at http://");

    let index = server.get("/_demo/", WEBP);
    assert_eq!((index.status, index.text().as_str()), (200, "<!doctype html>"));
    assert_eq!(index.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(server.get("/_demo/assets/slimpix.wasm", WEBP).header("content-type"), "application/wasm");
    for path in ["/_demo/../secret.html", "/_demo/%2e%2e/secret.html", "/_demo/none.js", "/_demo/assets"] {
        assert_eq!(server.get(path, WEBP).status, 404, "{path}");
    }
    assert_eq!(http::request(server.address, "POST", "/_demo/", &[]).status, 405);
    assert!(server.get("/a.jpg", WEBP).is_webp());
}

#[test]
fn the_address_without_its_slash_leads_to_the_page() {
    let place = Place::new(&[]);
    let page = place.path().join("page");
    fs::create_dir_all(&page).unwrap();
    fs::write(page.join("index.html"), "<!doctype html>").unwrap();
    let server = place.serve(&["--demo", "--demo-path", "page"]);
    // Relative to what was asked for, so that it also holds below another server's path.
    for (path, leads_to) in [("/_demo", "_demo/"), ("/_demo?a=b", "_demo/?a=b")] {
        let answer = server.get(path, WEBP);
        assert_eq!((answer.status, answer.header("location")), (308, leads_to), "{path}");
    }
    assert_ne!(server.get("/_demon", WEBP).status, 308);
}

#[test]
fn files_are_sent_compressed_to_who_can_read_that() {
    let place = Place::new(&[]);
    let page = place.path().join("page");
    fs::create_dir_all(&page).unwrap();
    fs::write(page.join("index.html"), "<!doctype html>").unwrap();
    let second = |second: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + second);
    for (name, written) in [
        ("engine.wasm", 1),
        ("engine.wasm.gz", 1),
        ("engine.wasm.br", 2),
        ("app.js", 1),
        ("app.js.gz", 1),
        ("old.js", 1),
        ("old.js.gz", 0),
    ] {
        fs::write(page.join(name), format!("the bytes of {name}")).unwrap();
        let file = fs::File::options().append(true).open(page.join(name)).unwrap();
        file.set_modified(second(written)).unwrap();
    }
    let server = place.serve(&["--demo", "--demo-path", "page"]);
    let cases = [
        ("engine.wasm", "gzip, deflate, br", "engine.wasm.br", "br", "application/wasm"),
        ("engine.wasm", "gzip", "engine.wasm.gz", "gzip", "application/wasm"),
        ("engine.wasm", "br;q=0, gzip;q=0.5", "engine.wasm.gz", "gzip", "application/wasm"),
        ("engine.wasm", "identity", "engine.wasm", "", "application/wasm"),
        ("app.js", "br, gzip", "app.js.gz", "gzip", "text/javascript; charset=utf-8"),
        // What is older than the file is of another build.
        ("old.js", "gzip", "old.js", "", "text/javascript; charset=utf-8"),
    ];
    let mut tags = Vec::new();
    for (name, accepted, sent, coding, media_type) in cases {
        let answer = http::get(server.address, &format!("/_demo/{name}"), &[("accept-encoding", accepted)]);
        assert_eq!(
            (answer.status, answer.text()),
            (200, format!("the bytes of {sent}")),
            "{name} {accepted}"
        );
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
        assert_eq!(answer.header("content-encoding"), coding, "{name} {accepted}");
        assert_eq!(answer.header("content-type"), media_type);
        assert_eq!(answer.header("vary"), "Accept-Encoding");
        tags.push((sent, answer.header("etag").to_owned()));
    }
    for (sent, tag) in &tags {
        let same = |(other_sent, other): &&(&str, String)| (other_sent == sent) != (other == tag);
        assert_eq!(tags.iter().find(same), None, "{sent} {tag}");
    }
}

#[test]
fn what_is_named_after_its_content_is_kept_and_the_rest_is_asked_about() {
    let place = Place::new(&[]);
    let page = place.path().join("page");
    fs::create_dir_all(page.join("0123456789abcdef")).unwrap();
    fs::write(page.join("index.html"), "<!doctype html>").unwrap();
    fs::write(page.join("0123456789abcdef/app.js"), "go()").unwrap();
    let server = place.serve(&["--demo", "--demo-path", "page"]);
    let app = server.get("/_demo/0123456789abcdef/app.js", WEBP);
    assert_eq!(app.header("cache-control"), "public, max-age=31536000, immutable");

    let index = server.get("/_demo/", WEBP);
    assert_eq!(index.header("cache-control"), "no-cache");
    let (tag, date) = (index.header("etag"), index.header("last-modified"));
    let listed = format!("\"x\", W/{tag}");
    for known in [("if-none-match", tag), ("if-none-match", &listed), ("if-modified-since", date)] {
        for method in ["GET", "HEAD"] {
            let answer = http::request(server.address, method, "/_demo/", &[known]);
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{known:?}");
            assert_eq!((answer.header("etag"), answer.header("cache-control")), (tag, "no-cache"));
            assert_eq!(answer.header("vary"), "Accept-Encoding");
        }
    }
    let before = "Tue, 14 Nov 2000 21:13:19 GMT";
    for other in [
        &[("if-none-match", "\"x\"")][..],
        &[("if-modified-since", before)],
        &[("if-none-match", "\"x\""), ("if-modified-since", date)],
    ] {
        assert_eq!(http::get(server.address, "/_demo/", other).status, 200, "{other:?}");
    }
    let head = http::request(server.address, "HEAD", "/_demo/", &[]);
    assert_eq!((head.status, head.header("content-length")), (200, "15"));
    fs::write(page.join("index.html"), "<!doctype html><p>").unwrap();
    assert_eq!(http::get(server.address, "/_demo/", &[("if-none-match", tag)]).status, 200);
}
