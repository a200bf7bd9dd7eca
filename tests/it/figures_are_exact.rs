//! What operators are told is what happened, to the last byte, and nobody else is told.

use std::{fs, io::Read, net::SocketAddr};

use crate::support::{
    figures::{figures, is},
    http::{self, OLD, WEBP},
    pictures, program,
    server::{Place, Server},
};

const OWN: [&str; 2] = ["--admin-listen", "127.0.0.1:0"];
const TOKEN: &str = "0123456789abcdef";

#[test]
fn what_happened_is_counted() {
    let photo = pictures::jpeg(400, 300, 1);
    let place = Place::new(&[("a.jpg", photo.clone()), ("bad.jpg", photo[..300].to_vec())]);
    let mut server = place.serve(&OWN);
    let admin = server.admin();
    let before = figures(admin);
    is(&before, "slimpix_hits_total", 0.0);
    assert!(!before.keys().any(|name| name.starts_with("slimpix_requests_total")));

    let variant = server.get("/a.jpg", WEBP);
    assert!(variant.is_webp());
    assert!(server.get("/a.jpg", WEBP).body == variant.body);
    let tag = variant.header("etag").to_owned();
    assert_eq!(http::get(server.address, "/a.jpg", &[WEBP, ("if-none-match", &tag)]).status, 304);
    assert_eq!(server.get("/a.jpg", OLD).status, 200);
    assert_eq!(server.get("/none.jpg", WEBP).status, 404);
    assert_eq!(server.get("/healthz", WEBP).status, 200);

    let after = figures(admin);
    let requests = |status: u16, decision: &str| {
        format!("slimpix_requests_total{{status=\"{status}\",decision=\"{decision}\"}}")
    };
    is(&after, &requests(200, "variant"), 2.0);
    is(&after, &requests(304, "variant"), 1.0);
    is(&after, &requests(200, "source"), 1.0);
    is(&after, &requests(404, "refused"), 1.0);
    is(&after, &requests(200, "health"), 1.0);
    is(&after, "slimpix_hits_total", 2.0);
    is(&after, "slimpix_bytes_saved_total", 2.0 * (photo.len() - variant.body.len()) as f64);
    is(&after, "slimpix_conversions_total{format=\"webp\",result=\"made\"}", 1.0);
    is(&after, "slimpix_conversion_seconds_count{format=\"webp\"}", 1.0);
    is(&after, "slimpix_conversion_seconds_bucket{format=\"webp\",le=\"+Inf\"}", 1.0);
    assert!(after["slimpix_conversion_seconds_sum{format=\"webp\"}"] > 0.0);
    is(&after, "slimpix_conversion_input_bytes_total{format=\"webp\"}", photo.len() as f64);
    is(&after, "slimpix_conversion_output_bytes_total{format=\"webp\"}", variant.body.len() as f64);
    is(&after, "slimpix_queue_wait_seconds_count", 1.0);
    is(&after, "slimpix_queue_length", 0.0);
    is(&after, "slimpix_jobs", 0.0);
    is(&after, "slimpix_memory_used_bytes", 0.0);
    is(&after, "slimpix_ready", 1.0);
    assert!(after["slimpix_memory_budget_bytes"] > 0.0 && after["process_resident_memory_bytes"] > 0.0);
    assert!(after["slimpix_store_bytes"] >= variant.body.len() as f64);
    let bounds = after.iter().filter(|(name, _)| name.starts_with("slimpix_queue_wait_seconds_bucket"));
    assert!(bounds.clone().count() == 14 && bounds.clone().all(|(_, count)| *count <= 1.0));

    // A picture that can't be converted is counted as well.
    server.get("/bad.jpg", WEBP);
    let failed = figures(admin);
    let ended = ["made", "kept", "failed"].iter().filter_map(|result| {
        failed.get(&format!("slimpix_conversions_total{{format=\"webp\",result=\"{result}\"}}"))
    });
    assert_eq!(ended.sum::<f64>(), failed["slimpix_conversion_seconds_count{format=\"webp\"}"]);
}

#[test]
fn what_many_ask_for_at_once_is_counted_too() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(200, 150, 1))]);
    let mut server = place.serve(&OWN);
    let admin = server.admin();
    server.get("/a.jpg", WEBP);
    // On one connection, so fast that most are given what was decided for others.
    let asked = 2000;
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    let request = format!("GET /a.jpg HTTP/1.1\r\nhost: a\r\n{}: {}\r\n", WEBP.0, WEBP.1);
    let reading = stream.try_clone().unwrap();
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        (&reading).read_to_end(&mut all).unwrap();
        all
    });
    use std::io::Write;
    for at in 0..asked {
        let end = if at + 1 == asked { "connection: close\r\n\r\n" } else { "\r\n" };
        stream.write_all(format!("{request}{end}").as_bytes()).unwrap();
    }
    let all = reader.join().unwrap();
    let answers = all.windows(15).filter(|part| part == b"HTTP/1.1 200 OK").count();
    assert_eq!(answers, asked);
    is(&figures(admin), "slimpix_hits_total", asked as f64);
}

#[test]
fn nobody_else_is_told() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 48, 1))]);
    let server = place.serve(&[]);
    for path in ["/metrics", "/_admin/metrics", "/_admin/readyz", "/_admin/", "/recent"] {
        let reply = server.get(path, WEBP);
        assert!(reply.status == 400 && !reply.text().contains("slimpix_"), "{path}: {reply:?}");
    }
    let mut command = program::command(place.path());
    command.env("WEBP_ADMIN_TOKEN", TOKEN);
    let mut guarded = Server::serve(command, "pics", &OWN);
    let wrong = format!("Bearer {TOKEN}0");
    let right = format!("Bearer {TOKEN}");
    let ask = |path: &str, method: &str, token: &str| {
        http::request(guarded.address, method, path, &[("authorization", token)])
    };
    for token in
        ["", "Bearer", "Bearer ", &wrong, TOKEN, &format!("Basic {TOKEN}"), &right[..right.len() - 1]]
    {
        let reply = ask("/_admin/metrics", "GET", token);
        assert_eq!(reply.status, 401, "{token}");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        // Not even which calls there are.
        assert_eq!(ask("/_admin/none", "GET", token).status, 401);
    }
    let reply = ask("/_admin/metrics", "GET", &right);
    assert!(reply.status == 200 && reply.text().contains("slimpix_hits_total 0\n"));
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(ask("/_admin/none", "GET", &right).status, 404);
    let refused = ask("/_admin/metrics", "POST", &right);
    assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD"));
    // The page is behind it, too; who reads may have it as a password.
    let reply = ask("/_admin/", "GET", "");
    assert!(reply.status == 401 && !reply.text().contains("<html"), "{reply:?}");
    let (good, bad) = ("Basic b3BzOjAxMjM0NTY3ODlhYmNkZWY=", "Basic b3BzOjAxMjM0NTY3ODlhYmNkZWYw");
    for path in ["/_admin/", "/_admin/metrics", "/_admin/recent"] {
        let status = |token| ask(path, "GET", token).status;
        assert_eq!((status(good), status(bad), status(&right)), (200, 401, 200), "{path}");
    }
    assert_eq!(ask("/_admin/prefetch", "POST", good).status, 401);
    assert_eq!(ask("/_admin/", "GET", good).header("content-type"), "text/html; charset=utf-8");
    assert_eq!(ask("/_admin/recent", "GET", good).text(), "[]\n");
    let head = ask("/_admin/metrics", "HEAD", &right);
    assert_eq!((head.status, head.body.len()), (200, 0));
    // On a listener of its own reading is free, and there are no pictures.
    let admin = guarded.admin();
    assert_eq!(http::get(admin, "/metrics", &[]).status, 200);
    assert_eq!(http::get(admin, "/a.jpg", &[WEBP]).status, 404);
    assert_eq!(http::request(admin, "POST", "/metrics", &[]).status, 401);
}

#[test]
fn a_token_that_could_be_guessed_is_refused() {
    let place = Place::new(&[]);
    for token in ["short", "fifteen-letters", "sixteen letters and a space"] {
        let mut command = program::command(place.path());
        command.env("WEBP_ADMIN_TOKEN", token).args(["serve", "pics", "--listen", "127.0.0.1:0"]);
        let ran = command.output().unwrap();
        assert_eq!(ran.status.code(), Some(2), "{token}");
        assert!(String::from_utf8_lossy(&ran.stderr).contains("ADMIN_TOKEN"), "{token}");
    }
}

#[test]
fn readiness_follows_the_originals_and_the_way_down() {
    let mut large = pictures::jpeg(64, 64, 1);
    large.resize(24 << 20, 0);
    let place = Place::new(&[("large.jpg", large)]);
    let mut server = place.serve(&OWN);
    let admin = server.admin();
    let ready = |to: SocketAddr| http::get(to, "/readyz", &[]).status;
    assert_eq!((ready(server.address), ready(admin)), (200, 200));
    fs::rename(place.path().join("pics"), place.path().join("away")).unwrap();
    assert_eq!((ready(server.address), ready(admin)), (503, 503));
    assert_eq!(server.count("there is no folder pics"), 1, "{:#?}", server.log());
    fs::rename(place.path().join("away"), place.path().join("pics")).unwrap();
    assert_eq!((ready(server.address), ready(admin)), (200, 200));
    // Told to stop it isn't ready, while answers under way are finished.
    let mut begun = http::begin(server.address, "GET", "/large.jpg", &[OLD]);
    server.terminate();
    server.wait_for_line("stopping");
    assert_eq!(ready(admin), 503);
    begun.rest.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(server.wait(), 0);
}
