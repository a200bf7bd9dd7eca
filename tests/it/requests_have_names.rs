//! A request can be found again, in its answer, in both logs and at its origin, by the name that it came with or was given
//! here, and by the trace to which it belongs.

use std::{fs, thread, time::Instant};

use crate::support::{
    http::{self, WEBP},
    origin::{Origin, Page},
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

#[test]
fn an_origin_is_told_the_name_and_the_trace() {
    let origin = Origin::new(&[("*", Page::File(pictures::jpeg(64, 48, 1), "\"1\""))]);
    let place = Place::new(&[]);
    let server = place.serve_before(&origin, &[]);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let said =
        [WEBP, (NAME, "abc-1/2"), ("traceparent", trace), ("tracestate", "a=1,b=2"), ("cookie", "secret")];
    assert!(http::get(server.address, "/a.jpg", &said).is_webp());
    let unsound = [WEBP, ("traceparent", "00-4bf9-00f0-01"), ("tracestate", "a=1")];
    let named = http::get(server.address, "/b.jpg", &unsound);
    assert!(named.is_webp());
    let given = Some(named.header(NAME).to_owned());
    assert_eq!(origin.told(NAME), [Some("abc-1/2".to_owned()), given]);
    assert_eq!(origin.told("traceparent"), [Some(trace.to_owned()), None]);
    assert_eq!(origin.told("tracestate"), [Some("a=1,b=2".to_owned()), None]);
    assert_eq!(origin.told("cookie"), [None, None]);
}
