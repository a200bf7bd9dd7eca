//! What somebody meets who tries the server for the first time: it serves something at once and only here, says what it
//! does, refuses what makes no sense, and tells what is wrong with a picture.

use std::fs;

use crate::support::{
    http::{self, OLD, WEBP},
    pictures, program,
    server::{Place, Server},
};

fn start_in(folder: &std::path::Path, args: &[&str]) -> Server {
    let mut command = program::command(folder);
    command.args(args);
    Server::start(command)
}

#[test]
fn without_a_folder_there_is_something_to_look_at() {
    let empty = tempfile::tempdir().unwrap();
    let mut server = start_in(empty.path(), &["serve", "--listen", "0"]);
    assert!(server.address.ip().is_loopback(), "{}", server.address);
    server.wait_for_line("pictures to try it with are served");
    server.wait_for_line(&format!("open http://localhost:{}/", server.address.port()));
    let page = server.get("/", WEBP);
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    for part in ["data-url=\"/dusk.jpg\"", "data-url=\"/tea.png\"", "slimpix serve DIR"] {
        assert!(page.text().contains(part), "{part} in {}", page.text());
    }
    assert!(!page.text().contains("{{"), "{}", page.text());
    for path in ["/dusk.jpg", "/tea.png"] {
        let (made, original) = (server.get(path, WEBP), server.get(path, OLD));
        assert!(made.is_webp() && made.body.len() * 2 < original.body.len(), "{path}");
    }
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0, "it leaves nothing where it was tried");
    server.terminate();
    assert_eq!(server.wait(), 0);
}

#[test]
fn what_is_said_of_the_cache_holds_for_the_pictures_to_try_it_with() {
    let empty = tempfile::tempdir().unwrap();
    let mut command = program::command(empty.path());
    command.args(["serve", "--listen", "0"]).env("WEBP_CACHE", "kept").env("WEBP_IMG_PATH", "");
    let server = Server::start(command);
    assert!(server.get("/dusk.jpg", WEBP).is_webp());
    assert_eq!(fs::read_dir(empty.path().join("kept/exhaust/local")).unwrap().count(), 1);
}

#[test]
fn the_page_shows_the_folder_to_this_machine_alone() {
    let place =
        Place::new(&[("holiday/a b.jpg", pictures::jpeg(64, 48, 1)), (".private.jpg", b"x".to_vec())]);
    let server = place.serve(&[]);
    let page = server.get("/", WEBP).text();
    assert!(page.contains("data-url=\"/holiday/a%20b.jpg\"") && !page.contains("private.jpg"), "{page}");
    for (name, value) in [("x-forwarded-for", "192.0.2.1"), ("via", "1.1 proxy")] {
        let reply = http::get(server.address, "/", &[WEBP, (name, value)]);
        assert_eq!(reply.status, 400, "{name}");
    }
    // Nor with a configuration of webp_server_go's, nor where that is not wanted.
    fs::write(place.path().join("config.json"), r#"{"HOST": "127.0.0.1", "PORT": 0, "IMG_PATH": "pics"}"#)
        .unwrap();
    assert_eq!(place.start(&["serve", "--config", "config.json"]).get("/", WEBP).status, 400);
    let mut command = program::command(place.path());
    command.env("WEBP_WELCOME", "false");
    assert_eq!(Server::serve(command, "pics", &[]).get("/", WEBP).status, 400);
}

#[test]
fn what_makes_no_sense_is_refused_at_once_with_what_is_allowed() {
    let place = Place::new(&[]);
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    write("list.json", "[]");
    write("high.json", r#"{"QUALITY": 101}"#);
    write("file", "a file");
    for (args, variable, parts) in [
        (&["--quality", "101"][..], None, &["--quality", "from 0 to 100"][..]),
        (&["--memory", "1K"], None, &["--memory", "1K", "a size from 4M on"]),
        (&["--config", "list.json"], None, &["list.json", "a JSON object"]),
        (&["--config", "high.json"], None, &["QUALITY", "from 0 to 100", "line 1"]),
        (&["--cache", "file"], None, &["file/metadata can't be written", "--cache DIR"]),
        (&["--widths", "0,5"], None, &["--widths", "\"0\"", "from 1 to 65535"]),
        (&["--listen", "here"], None, &["--listen", "127.0.0.1:3333"]),
        (&["--access-log", "none/x.log"], None, &["ACCESS_LOG", "none/x.log"]),
        (&[], Some(("WEBP_ALLOW_ORIGIN", "example.com")), &["ALLOW_ORIGIN", "\"example.com\"", "https://"]),
        (&[], Some(("WEBP_ALLOW_ORIGIN", "https://a, https://b")), &["ALLOW_ORIGIN"]),
        (&[], Some(("WEBP_MAX_AGE", "-1")), &["WEBP_MAX_AGE", "from 0 to"]),
    ] {
        let mut command = program::command(place.path());
        command.args(["serve", "pics"]).args(args).envs(variable);
        if !args.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{args:?}: {said}");
        for part in parts {
            assert!(said.contains(part), "{args:?} {variable:?}: {part:?} in {said}");
        }
    }
}

#[test]
fn sizes_go_up_to_the_next_usual_one_as_on_the_worker() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(800, 400, 1))]);
    let server = place.start(&["serve", "pics", "--cache", "c", "--resize", "--listen", "127.0.0.1:0"]);
    let width = |query: &str| {
        let reply = server.get(&format!("/a.jpg?{query}"), WEBP);
        slimpix::codec::probe(&reply.body).unwrap().size.width
    };
    assert_eq!([width("w=500"), width("width=600"), width("w=100"), width("w=5000")], [640, 640, 160, 800]);
    // Sixty sizes and qualities are few files.
    for i in 0..60 {
        server.get(&format!("/a.jpg?w={}&quality={}", 200 + i, 1 + i), WEBP);
    }
    assert!(place.path().join("c/exhaust/local").read_dir().unwrap().count() <= 10);
    let poor = server.get("/a.jpg?quality=10", WEBP).body.len();
    assert_eq!(server.get("/a.jpg?q=10", WEBP).body.len(), poor);
    assert!(server.get("/a.jpg", WEBP).body.len() > poor);
    assert_eq!(server.get("/a.jpg?fm=png", WEBP).header("content-type"), "image/png");
}

#[test]
fn a_broken_picture_is_told_where_people_look() {
    let place = Place::new(&[("page.jpg", b"<html>no picture</html>".to_vec()), ("empty.png", Vec::new())]);
    let server = place.serve(&["--explain"]);
    for (path, why) in
        [("/page.jpg", "no picture of a format known here"), ("/empty.png", "the file is empty")]
    {
        for _ in 0..3 {
            let reply = server.get(path, WEBP);
            assert_eq!(reply.status, 404);
            assert!(reply.text().contains("damaged, or no picture"), "{}", reply.text());
        }
        let line = format!("{path} can't be sent");
        let told = server.log().iter().filter(|told| told.contains(&line[1..]) && told.contains(why)).count();
        assert_eq!(told, 1, "{:#?}", server.log());
        let explained = server.get(&format!("{path}?explain"), WEBP);
        assert!(explained.text().contains(why), "{}", explained.text());
    }
}

#[test]
fn where_everything_is_served_it_has_its_type_and_what_is_hidden_stays_hidden() {
    let place = Place::new(&[
        ("a.jpg", pictures::jpeg(64, 48, 1)),
        ("page.html", b"<!doctype html>".to_vec()),
        ("style.css", b"a{}".to_vec()),
        ("film.mp4", b"film".to_vec()),
        ("font.woff2", b"font".to_vec()),
        ("thing", b"thing".to_vec()),
        (".env", b"SECRET=1".to_vec()),
        (".git/config", b"x".to_vec()),
        (".git/a.jpg", pictures::jpeg(64, 48, 1)),
        (".well-known/security.txt", b"x".to_vec()),
    ]);
    let mut command = program::command(place.path());
    command.env("WEBP_ALLOWED_TYPES", "*");
    let server = Server::serve(command, "pics", &[]);
    for (path, kind) in [
        ("/page.html", "text/html"),
        ("/style.css", "text/css"),
        ("/film.mp4", "video/mp4"),
        ("/font.woff2", "font/woff2"),
        ("/thing", "application/octet-stream"),
        ("/.well-known/security.txt", "text/plain"),
        ("/a.jpg", "image/webp"),
    ] {
        let reply = server.get(path, WEBP);
        assert_eq!((reply.status, reply.header("content-type")), (200, kind), "{path}");
    }
    for path in ["/.env", "/.git/config", "/.git/a.jpg", "/%2egit/config"] {
        assert_eq!(server.get(path, WEBP).status, 404, "{path}");
    }
}

#[test]
fn other_origins_and_caches_are_told_what_the_settings_say() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 48, 1))]);
    let mut command = program::command(place.path());
    command.env("WEBP_ALLOW_ORIGIN", "https://www.example.com").env("WEBP_TIMING_ALLOW_ORIGIN", "*");
    let server = Server::serve(command, "pics", &["--max-age", "60"]);
    for path in ["/a.jpg", "/none.jpg"] {
        let reply = server.get(path, WEBP);
        assert_eq!(reply.header("access-control-allow-origin"), "https://www.example.com", "{path}");
        assert_eq!(reply.header("timing-allow-origin"), "*", "{path}");
    }
    assert_eq!(server.get("/a.jpg", WEBP).header("cache-control"), "public, max-age=60");
}

#[test]
fn each_answer_has_a_line_in_the_access_log() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 48, 1))]);
    let log = place.path().join("access.log");
    let mut server = place.serve(&["--access-log", "access.log"]);
    let wait_for = |part: &str| {
        let began = std::time::Instant::now();
        loop {
            let text = fs::read_to_string(&log).unwrap_or_default();
            if let Some(line) = text.lines().find(|line| line.contains(part)) {
                return line.to_owned();
            }
            assert!(began.elapsed().as_secs() < 60, "no {part:?} in {text}");
            std::thread::yield_now();
        }
    };
    let reply = server.get("/a.jpg?w=1&x=%22", WEBP);
    let line = wait_for("/a.jpg");
    assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
    let expected = format!("\"GET /a.jpg?w=1&x=%22 HTTP/1.1\" 200 {} variant ", reply.body.len());
    assert!(line.contains(&expected), "{expected} in {line}");
    http::get(server.address, "/none.jpg", &[WEBP, ("x-forwarded-for", "192.0.2.7, 198.51.100.9")]);
    assert!(wait_for("/none.jpg").starts_with("198.51.100.9 - - ["));
    assert!(wait_for("/none.jpg").contains("\" 404 "));
    // Who moves it away sends SIGHUP, and finds a new one.
    fs::rename(&log, place.path().join("access.log.1")).unwrap();
    server.signal("HUP");
    server.wait_for_line("the settings were read again");
    server.get("/a.jpg?later", WEBP);
    wait_for("/a.jpg?later");

    let as_json = place.serve(&["--access-log", "json.log", "--access-log-form", "json"]);
    as_json.get("/a.jpg?w=1", WEBP);
    as_json.get("/healthz", WEBP);
    let text = loop {
        let text = fs::read_to_string(place.path().join("json.log")).unwrap_or_default();
        if text.lines().count() == 2 {
            break text;
        }
        std::thread::yield_now();
    };
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["url"], &lines[0]["decision"]), (&"/a.jpg?w=1".into(), &"variant".into()));
    assert_eq!((&lines[1]["status"], &lines[1]["decision"]), (&200.into(), &"health".into()));
    assert!(lines[0]["ms"].is_number() && lines[0]["time"].as_str().unwrap().ends_with('Z'), "{text}");
}

#[test]
fn a_hangup_reads_the_settings_again() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(400, 300, 1)), ("b.jpg", pictures::jpeg(400, 300, 1))]);
    let write = |text: &str| fs::write(place.path().join("config.json"), text).unwrap();
    let common = r#""HOST": "127.0.0.1", "PORT": 0, "IMG_PATH": "pics""#;
    write(&format!("{{{common}, \"QUALITY\": 95}}"));
    let mut server = place.start(&["serve", "--config", "config.json", "--cache", "cache"]);
    let rich = server.get("/a.jpg", WEBP).body.len();
    // What can't be read changes nothing.
    write("{\"QUALITY\": 500}");
    server.signal("HUP");
    server.wait_for_line("the settings stay as they were");
    assert_eq!(server.get("/a.jpg", WEBP).body.len(), rich);
    write(&format!("{{{common}, \"QUALITY\": 10, \"MAX_AGE\": 5, \"MEMORY\": \"64M\"}}"));
    server.signal("HUP");
    let fixed = server.wait_for_line("needs a restart");
    assert!(fixed.contains("MEMORY") && !fixed.contains("HOST"), "{fixed}");
    server.wait_for_line("the settings were read again");
    let poor = server.get("/b.jpg", WEBP);
    assert!(poor.body.len() * 2 < rich, "{} {rich}", poor.body.len());
    assert_eq!(poor.header("cache-control"), "public, max-age=5");
}
