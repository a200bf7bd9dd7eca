//! Traces come to a collector as OpenTelemetry has them, and one that hangs or is away holds nobody up.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use crate::support::{
    collector::{Collector, Span},
    figures::figures,
    http::{self, WEBP},
    origin::{Origin, Page},
    pictures, program,
    server::{DEADLINE, Place, Server},
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A server that sends its traces there, soon.
fn serve(place: &Place, collector: &str, more: &[(&str, &str)]) -> Server {
    serve_of(place, "pics", collector, more)
}

fn serve_of(place: &Place, what: &str, collector: &str, more: &[(&str, &str)]) -> Server {
    let mut command = program::command(place.path());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OTEL_") {
            command.env_remove(name);
        }
    }
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector).env("OTEL_BSP_SCHEDULE_DELAY", "50");
    command.envs(more.iter().copied());
    Server::serve(command, what, &["--admin-listen", "127.0.0.1:0"])
}

fn ask(server: &Server, path: &str, flags: &str) -> u16 {
    let parent = format!("00-{TRACE}-{PARENT}-{flags}");
    http::get(server.address, path, &[WEBP, ("traceparent", &parent)]).status
}

/// Waits until there are so many spans of requests.
fn wait_for(collector: &Collector, requests: usize) -> Vec<Span> {
    let began = Instant::now();
    loop {
        let spans = collector.spans();
        // The request's comes after those of its steps, but for what is done after the answer.
        if spans.iter().filter(|span| span.kind == 2).count() >= requests {
            return spans;
        }
        assert!(began.elapsed() < DEADLINE, "{spans:#?}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_request_and_its_steps_are_one_trace() {
    let collector = Collector::new();
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1))]);
    let name =
        [("OTEL_SERVICE_NAME", "pictures of the shop"), ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=secret")];
    let mut server = serve(&place, &collector.url(), &name);
    let admin = server.admin();
    assert_eq!(ask(&server, "/a.jpg?secret=1", "01"), 200);
    let spans = wait_for(&collector, 1);
    let request = spans.iter().find(|span| span.kind == 2).unwrap();
    assert_eq!((&*request.trace, &*request.parent, &*request.name), (TRACE, PARENT, "GET"));
    let said: BTreeMap<&str, &str> =
        request.attributes.iter().map(|(key, value)| (&**key, &**value)).collect();
    assert_eq!(said["url.path"], "/a.jpg");
    assert_eq!(said["http.response.status_code"], "200");
    assert_eq!(said["slimpix.decision"], "variant");
    assert_eq!(said["slimpix.format"], "webp");
    assert!(!format!("{spans:?}").contains("secret"), "a query may have a signature");

    let steps: Vec<&Span> = spans.iter().filter(|span| span.kind != 2).collect();
    let names: Vec<&str> = steps.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["lookup", "fetch", "join", "admit", "convert", "store"]);
    let mut before = request.began;
    for step in steps {
        assert_eq!((&step.trace, &step.parent), (&request.trace, &request.id), "{step:#?}");
        assert!(before <= step.began && step.began <= step.ended, "{spans:#?}");
        before = step.ended;
    }
    assert!(before <= request.ended, "{spans:#?}");

    for asked in collector.asked() {
        assert_eq!(asked.head.lines().next(), Some("POST /v1/traces HTTP/1.1"));
        let head = asked.head.to_lowercase();
        assert!(
            head.contains("content-type: application/x-protobuf") && head.contains("x-key: secret"),
            "{head}"
        );
        assert_eq!(asked.resource["service.name"], "pictures of the shop");
        assert_eq!(asked.resource["service.version"], env!("CARGO_PKG_VERSION"));
    }

    // A hit is a span alone, an error is told as one, and what the caller doesn't record isn't here either.
    assert_eq!(ask(&server, "/a.jpg", "00"), 200);
    assert_eq!(ask(&server, "/a.jpg", "01"), 200);
    assert_eq!(http::get(server.address, "/none.jpg", &[WEBP]).status, 404);
    let spans = wait_for(&collector, 3);
    let requests: Vec<&Span> = spans.iter().filter(|span| span.kind == 2).collect();
    assert_eq!(
        (&*requests[1].trace, requests[1].attributes["http.response.status_code"].as_str()),
        (TRACE, "200")
    );
    assert_eq!(requests[1].attributes["slimpix.converted"], "false");
    let other = requests[2];
    assert!(other.trace != TRACE && other.parent.is_empty(), "one of its own: {other:#?}");
    assert_eq!(other.attributes["http.response.status_code"], "404");
    let began = Instant::now();
    while figures(admin)["slimpix_spans_sent_total"] != spans.len() as f64 {
        assert!(began.elapsed() < DEADLINE, "{:#?}", figures(admin));
    }
    assert_eq!(figures(admin)["slimpix_spans_dropped_total"], 0.0);
}

#[test]
fn an_origin_joins_the_trace_below_the_step_that_asks_it() {
    let collector = Collector::new();
    let origin = Origin::new(&[("/a.jpg", Page::File(pictures::jpeg(64, 48, 1), "\"1\""))]);
    let place = Place::new(&[]);
    let server = serve_of(&place, &origin.url(), &collector.url(), &[]);
    assert_eq!(ask(&server, "/a.jpg", "01"), 200);
    let spans = wait_for(&collector, 1);
    let fetch = spans.iter().find(|span| span.name == "fetch").unwrap();
    assert_eq!(origin.told("traceparent"), [Some(format!("00-{TRACE}-{}-01", fetch.id))]);
}

#[test]
fn as_many_are_recorded_as_the_environment_says() {
    let collector = Collector::new();
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 48, 1))]);
    // Where nothing is recorded but what a caller records.
    let sampler = [("OTEL_TRACES_SAMPLER", "parentbased_always_off")];
    let server = serve(&place, &collector.url(), &sampler);
    for _ in 0..20 {
        assert_eq!(http::get(server.address, "/none.jpg", &[WEBP]).status, 404);
    }
    assert_eq!(ask(&server, "/none.jpg", "01"), 404);
    let spans = wait_for(&collector, 1);
    assert!(spans.iter().all(|span| span.trace == TRACE), "{spans:#?}");
    // The last ones are sent before the end.
    let long = [("OTEL_BSP_SCHEDULE_DELAY", "600000")];
    let mut server = serve(&place, &collector.url(), &long);
    assert_eq!(ask(&server, "/a.jpg", "01"), 200);
    server.terminate();
    assert_eq!(server.wait(), 0);
    assert!(collector.spans().iter().any(|span| span.name == "convert"));
    // Without a collector there are no traces, and no figures of them.
    let mut server = serve(&place, "", &[]);
    let admin = server.admin();
    assert_eq!(ask(&server, "/a.jpg", "01"), 200);
    assert!(!figures(admin).keys().any(|name| name.starts_with("slimpix_spans")));
}

#[test]
fn a_collector_that_hangs_or_is_away_holds_nobody_up() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 48, 1))]);
    // It takes connections, and says nothing.
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (collector, patience) in [(hangs.local_addr().unwrap(), "600000"), (away, "500")] {
        let limits = [("OTEL_BSP_MAX_QUEUE_SIZE", "16"), ("OTEL_EXPORTER_OTLP_TIMEOUT", patience)];
        let mut server = serve(&place, &format!("http://{collector}"), &limits);
        let admin = server.admin();
        let asked = 600;
        for _ in 0..asked {
            assert_eq!(ask(&server, "/a.jpg", "01"), 200);
        }
        // Sooner than its answers would have come.
        let began = Instant::now();
        while figures(admin)["slimpix_spans_dropped_total"] == 0.0 {
            assert!(began.elapsed() < Duration::from_secs(300), "{:#?}", figures(admin));
        }
        assert_eq!(figures(admin)["slimpix_spans_sent_total"], 0.0);
        server.terminate();
        assert_eq!(server.wait(), 0);
        assert!(server.count("traces don't reach their collector") <= 1, "{:#?}", server.log());
    }
}
