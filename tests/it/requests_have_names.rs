//! A request can be found again, in its answer and in both logs, by the name that it came with or was given here.

use std::{fs, thread, time::Instant};

use crate::support::{
    http::{self, WEBP},
    pictures,
    server::{DEADLINE, Place},
};

const NAME: &str = "x-request-id";

#[test]
fn a_name_that_comes_is_kept() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 48, 1))]);
    let server = place.serve(&[]);
    for path in ["/a.jpg", "/a.jpg", "/none.jpg", "/healthz", "/readyz"] {
        let reply = http::get(server.address, path, &[WEBP, (NAME, "abc-1/2")]);
        assert_eq!(reply.header(NAME), "abc-1/2", "{path}");
    }
    // What could break a log is not.
    let reply = http::get(server.address, "/none.jpg", &[WEBP, (NAME, "a\" 200 b")]);
    assert!(reply.header(NAME).len() == 32, "{:?}", reply.header(NAME));
    assert_eq!(server.get("/a.jpg", WEBP).header(NAME), "", "a hit that nobody logs needs none");
}

#[test]
fn an_error_has_one_and_so_has_what_is_logged() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 48, 1))]);
    let server = place.serve(&[]);
    let first = server.get("/none.jpg", WEBP);
    let second = server.get("/none.jpg", WEBP);
    assert_eq!((first.status, first.header(NAME).len()), (404, 32));
    assert_ne!(first.header(NAME), second.header(NAME));
    let made = server.get("/a.jpg", WEBP);
    let conversion = server.log().into_iter().find(|line| line.contains("CONV ")).unwrap();
    assert!(conversion.contains(made.header(NAME)) && made.header(NAME).len() == 32, "{conversion}");
}

#[test]
fn both_forms_of_the_access_log_have_it() {
    for form in ["common", "json"] {
        let place = Place::new(&[("a.jpg", pictures::jpeg(64, 48, 1))]);
        let server = place.serve(&["--access-log", "log", "--access-log-form", form]);
        let (given, made) =
            (http::get(server.address, "/a.jpg", &[WEBP, (NAME, "abc")]), server.get("/a.jpg", WEBP));
        let names = [given.header(NAME), made.header(NAME)];
        assert_eq!((names[0], names[1].len()), ("abc", 32));
        let began = Instant::now();
        let text = loop {
            let text = fs::read_to_string(place.path().join("log")).unwrap_or_default();
            if text.lines().count() == 2 {
                break text;
            }
            assert!(began.elapsed() < DEADLINE, "{text}");
            thread::yield_now();
        };
        for (line, name) in text.lines().zip(names) {
            let end = if form == "json" { format!("\"request_id\":\"{name}\"") } else { format!(" {name}") };
            assert!(if form == "json" { line.contains(&end) } else { line.ends_with(&end) }, "{line}");
        }
    }
}
