//! `slimpix serve --demo` serves the built page beside the pictures, and nothing outside its folder.

use std::fs;

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
