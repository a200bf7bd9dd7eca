//! `slimpix doctor` explains a webp_server_go `config.json`, the dead and the unknown keys included.

use std::fs;

use crate::support::{program::run, server::Place};

#[test]
fn every_key_is_explained() {
    let place = Place::new(&[]);
    let config = r#"{"HOST": "127.0.0.1", "QUALITY": 75, "READ_BUFFER_SIZE": 4096, "CONCURRENCY": 10,
        "IMG_MAP": {"/a": "./a"}, "CONVERT_TYPES": ["webp", "jxl"]}"#;
    fs::write(place.path().join("config.json"), config).unwrap();
    let ran = run(place.path(), &["doctor", "config.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let text = ran.text();
    for part in [
        "QUALITY = 75",
        "silently ignored",
        "READ_BUFFER_SIZE = 4096",
        "does nothing",
        "It never bounded conversions",
        "The longest prefix wins",
        "jxl can't be made",
        "EXHAUST_PATH = \"./exhaust\"",
        "MAX_CACHE_SIZE = \"auto\"",
        "What is kept may take ",
        "slimpix serve takes this file",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

#[test]
fn what_serve_refuses_is_said_and_is_code_2() {
    let place = Place::new(&[]);
    fs::write(place.path().join("config.json"), r#"{"QUALTY": 75, "PORT": 99999}"#).unwrap();
    let ran = run(place.path(), &["doctor"]);
    assert_eq!(ran.code, 2);
    assert!(ran.text().contains("UNKNOWN") && ran.text().contains("QUALITY is near"), "{}", ran.text());
    assert!(ran.text().contains("refuses this file"));
    assert_eq!(run(place.path(), &["doctor", "none.json"]).code, 1);
}
