//! webp_server_go's command line goes on to work.

use std::fs;

use crate::support::{http::AVIF, pictures, program::run, server::Place};

#[test]
fn the_old_spelling_serves() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(200, 100, 1))]);
    fs::write(place.path().join("c.json"), r#"{"HOST": "127.0.0.1", "PORT": 0}"#).unwrap();
    for config in [&["-config", "c.json"][..], &["--config=c.json"]] {
        let mut args = config.to_vec();
        args.extend(["-jobs", "1", "-verbosity=4"]);
        assert_eq!(place.start(&args).get("/healthz", AVIF).status, 200);
    }
    fs::rename(place.path().join("c.json"), place.path().join("config.json")).unwrap();
    assert_eq!(place.start(&["-verbosity", "3"]).get("/a.jpg", AVIF).status, 200);
}

#[test]
fn the_dumped_configuration_is_one_that_is_read() {
    let place = Place::new(&[]);
    let dumped = run(place.path(), &["-dump-config"]);
    assert_eq!(dumped.code, 0);
    let value: serde_json::Value = serde_json::from_slice(&dumped.stdout).unwrap();
    assert_eq!(value["EXHAUST_PATH"], "./exhaust");
    fs::write(place.path().join("config.json"), &dumped.stdout).unwrap();
    assert_eq!(run(place.path(), &["doctor"]).code, 0);
    for spelling in ["-V", "--version"] {
        assert!(run(place.path(), &[spelling]).text().starts_with("slimpix "));
    }
    assert_eq!(run(place.path(), &["-config", "none.json"]).code, 1);
}

#[test]
fn what_is_prefetched_is_what_requests_find() {
    let place = Place::new(&[
        ("a.jpg", pictures::jpeg(200, 100, 1)),
        ("b c/ü.png", pictures::png(120, 90, 2)),
        ("notes.txt", b"no picture".to_vec()),
    ]);
    let config = r#"{"HOST": "127.0.0.1", "PORT": 0, "EXHAUST_PATH": "cache/exhaust", "METADATA_PATH": "cache/metadata"}"#;
    fs::write(place.path().join("config.json"), config).unwrap();
    let ran = run(place.path(), &["-prefetch-foreground", "-jobs", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(place.cached("exhaust/local").len(), 2);

    let server = place.start(&["-config", "config.json"]);
    assert!(server.get("/a.jpg", AVIF).is_webp());
    assert!(server.get("/b%20c/%C3%BC.png", AVIF).is_webp());
    assert_eq!(server.conversions(), 0);
}

#[test]
fn prefetch_beside_serving_converts_what_nobody_asked_for() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(200, 100, 1)), ("b.jpg", pictures::jpeg(200, 100, 2))]);
    let mut server = place.serve(&["--prefetch"]);
    server.wait_for_line("prefetch is finished");
    assert_eq!(server.conversions(), 2);
    assert!(server.get("/b.jpg", AVIF).is_webp());
    assert_eq!(server.conversions(), 2);
}
