//! Whatever goes otherwise than it should leaves its reason: in the log, once for each thing, and in `?explain`.

use std::{fs, os::unix::fs::symlink};

use serde_json::Value;
use slimpix::{codec::Format, error::ErrorKind};

use crate::support::{
    http::{OLD, WEBP},
    pictures,
    scenario::{Scenario, sent, text},
    server::Place,
};

const SENT: &str = "is sent as it is";

#[test]
fn a_picture_that_is_passed_through_is_told_of_once_with_the_reason() {
    let torn = b"\xff\xd8\xff\xe0 and nothing more".to_vec();
    let place = Place::new(&[("torn.jpg", torn.clone()), ("a.jpg", pictures::jpeg(200, 150, 1))]);
    let server = place.serve(&["--explain"]);
    for _ in 0..3 {
        assert_eq!(server.get("/torn.jpg", WEBP).body, torn);
        assert_eq!(server.get("/torn.jpg", OLD).body, torn);
        assert!(server.get("/a.jpg", WEBP).is_webp());
        assert_eq!(server.get("/a.jpg", OLD).status, 200);
    }
    assert_eq!(server.count(SENT), 1, "{:#?}", server.log());
    let line = server.log().into_iter().find(|line| line.contains(SENT)).unwrap();
    assert!(line.contains("/torn.jpg") && line.contains("reason="), "{line}");

    let explained = |path: &str| -> Value { serde_json::from_str(&server.get(path, WEBP).text()).unwrap() };
    let reason = explained("/torn.jpg?explain")["unconverted"].as_str().unwrap().to_owned();
    assert!(line.contains(&reason), "{reason:?} is not in {line}");
    assert_eq!(explained("/a.jpg?explain")["unconverted"], Value::Null);
    // Another fault of the same file is news.
    place.put("torn.jpg", &pictures::jpeg(200, 150, 1)[..100]);
    assert_eq!(server.get("/torn.jpg", WEBP).status, 200);
    assert_eq!(server.count(SENT), 2, "{:#?}", server.log());
}

#[test]
fn what_can_t_be_made_is_explained_afterwards_too() {
    let mut scenario = Scenario::with(|policy| policy.explain = true);
    scenario = scenario.outcome(Format::WebP, Err(ErrorKind::Malformed));
    for _ in 0..2 {
        let response = scenario.get("/a.jpg", &["Accept: image/webp,*/*"]);
        assert_eq!(sent(&response), "image/jpeg");
        let told = response.log.unconverted.unwrap();
        assert!(told.contains("webp: row 7"), "{told}");
        let explained = text(&scenario.get("/a.jpg?explain", &["Accept: image/webp,*/*"]));
        let explained: Value = serde_json::from_str(&explained).unwrap();
        assert!(explained["unconverted"].as_str().unwrap().contains("row 7"), "{explained}");
        assert!(explained["candidates"][1]["reason"].as_str().unwrap().contains("row 7"), "{explained}");
    }
    assert_eq!(scenario.count("convert"), 1);
    // Nothing is told of a source that is the best there is, or that never fits for now.
    let mut scenario = Scenario::with(|_| ()).outcome(Format::WebP, Ok(5000));
    assert_eq!(scenario.get("/a.jpg", &["Accept: image/webp,*/*"]).log.unconverted, None);
    let mut scenario = Scenario { has_room: false, ..Scenario::with(|_| ()) };
    assert_eq!(scenario.get("/a.jpg", &["Accept: image/webp,*/*"]).log.unconverted, None);
    let mut scenario = Scenario::with(|policy| policy.budget = 1000);
    let told = scenario.get("/a.jpg", &["Accept: image/webp,*/*"]).log.unconverted.unwrap();
    assert!(told.contains("memory"), "{told}");
}

#[test]
fn a_cache_that_can_t_be_read_is_told_of_once() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(200, 150, 1))]);
    let server = place.serve(&[]);
    let good = server.get("/a.jpg", WEBP);
    drop(server);
    for folder in ["metadata/local", "exhaust/local"] {
        let path = &place.cached(folder)[0];
        fs::remove_file(path).unwrap();
        symlink(path.file_name().unwrap(), path).unwrap();
    }
    let server = place.serve(&[]);
    assert_eq!(server.get("/a.jpg", WEBP).body, good.body);
    let lines: Vec<String> =
        server.log().into_iter().filter(|line| line.contains("the cache can't be read")).collect();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("symbolic link"), "{lines:#?}");
}

#[test]
fn a_file_that_may_not_be_had_is_not_found_and_told_of_once() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(200, 150, 1))]);
    symlink("round.jpg", place.path().join("pics/round.jpg")).unwrap();
    let server = place.serve(&[]);
    for _ in 0..3 {
        assert_eq!(server.get("/round.jpg", WEBP).status, 404);
        assert_eq!(server.get("/none.jpg", WEBP).status, 404);
    }
    assert_eq!(server.count("is not to be had"), 1, "{:#?}", server.log());
}
