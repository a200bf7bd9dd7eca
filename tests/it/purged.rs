//! What is purged is gone, with every size and from every place, and nothing that was on its way brings it back.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    sync::mpsc,
    thread,
};

use crate::support::{
    http::{self, OLD, Reply, WEBP},
    origin::{Origin, Page},
    pictures, program,
    server::{Place, Server},
};

const OWN: [&str; 3] = ["--admin-listen", "127.0.0.1:0", "--resize"];
const TOKEN: &str = "0123456789abcdef";

/// A server that may be told to purge, and where.
fn guarded(place: &Place, what: &str) -> (Server, SocketAddr) {
    let mut command = program::command(place.path());
    command.env("WEBP_ADMIN_TOKEN", TOKEN);
    let mut server = Server::serve(command, what, &OWN);
    let admin = server.admin();
    (server, admin)
}

fn purge(admin: SocketAddr, query: &str) -> Reply {
    let token = format!("Bearer {TOKEN}");
    http::request(admin, "POST", &format!("/purge?{query}"), &[("authorization", &token)])
}

fn album() -> Place {
    let photo = |seed| pictures::jpeg(300, 200, seed);
    Place::new(&[
        ("a b.jpg", photo(1)),
        ("c.jpg", photo(2)),
        ("sub/d.jpg", photo(3)),
        ("sub/e.jpg", photo(4)),
    ])
}

const PATHS: [&str; 5] =
    ["/a%20b.jpg", "/a%20b.jpg?width=100", "/c.jpg", "/sub/d.jpg?width=50", "/sub/e.jpg"];

/// Asks for all of them; gives how many had to be converted.
fn converted(server: &Server) -> usize {
    let before = server.conversions();
    for path in PATHS {
        assert!(server.get(path, WEBP).is_webp(), "{path}");
    }
    server.conversions() - before
}

#[test]
fn a_source_a_prefix_or_all_go_with_every_size() {
    let place = album();
    let (server, admin) = guarded(&place, "pics");
    assert_eq!((converted(&server), converted(&server)), (5, 0));
    for (query, gone) in
        [("source=/a%20b.jpg", 2), ("prefix=/sub/", 2), ("source=/c.jpg&prefix=/sub/e", 2), ("all", 5)]
    {
        let reply = purge(admin, query);
        assert!(reply.status == 200 && reply.text().starts_with("purged: "), "{query}: {reply:?}");
        assert_eq!((converted(&server), converted(&server)), (gone, 0), "{query}");
    }
    assert_eq!(purge(admin, "source=/none.jpg").text(), "purged: 0 files, 0 bytes\n");
    purge(admin, "all");
    assert_eq!(place.kept(), 0);
}

#[test]
fn nobody_else_may_and_what_makes_no_sense_is_refused() {
    let place = album();
    let (server, admin) = guarded(&place, "pics");
    converted(&server);
    let kept = place.kept();
    for (to, path) in [(admin, "/purge?all"), (server.address, "/_admin/purge?all")] {
        assert_eq!(http::request(to, "POST", path, &[]).status, 401);
        assert_eq!(http::request(to, "POST", path, &[("authorization", "Bearer x")]).status, 401);
        let token = format!("Bearer {TOKEN}");
        let refused = http::request(to, "GET", path, &[("authorization", &token)]);
        assert_eq!((refused.status, refused.header("allow")), (405, "POST"));
    }
    assert_eq!(http::request(server.address, "POST", "/purge?all", &[]).status, 405);
    for query in ["", "source=", "source=/../x", "al", "all=yes"] {
        assert_eq!(purge(admin, query).status, 400, "{query}");
    }
    assert_eq!(place.kept(), kept);
}

#[test]
fn remote_originals_and_what_failed_lately_go_too() {
    let jpeg = |seed| pictures::jpeg(300, 200, seed);
    let origin =
        Origin::new(&[("/a.jpg", Page::File(jpeg(1), "\"1\"")), ("/b.jpg", Page::File(jpeg(2), "\"2\""))]);
    let place = Place::new(&[]);
    let (server, admin) = guarded(&place, &origin.url());
    for path in ["/a.jpg", "/a.jpg?v=1", "/a.jpg?width=50", "/b.jpg"] {
        server.get(path, WEBP);
    }
    let copies = |place: &Place| place.cached(&format!("remote-raw/{}", origin.address)).len();
    assert_eq!(copies(&place), 2, "there is no /a.jpg?v=1 there");
    origin.put("/a.jpg", Page::File(jpeg(3), "\"3\""));
    origin.put("/a.jpg?v=1", Page::File(jpeg(4), "\"4\""));
    assert_eq!(purge(admin, "source=/a.jpg").status, 200);
    assert_eq!(copies(&place), 1);
    assert_eq!(server.get("/a.jpg", OLD).body, jpeg(3));
    assert_eq!(server.get("/a.jpg?v=1", OLD).body, jpeg(4));
    origin.put("/b.jpg", Page::File(jpeg(5), "\"5\""));
    purge(admin, &format!("prefix={}/b", origin.url()));
    assert_eq!(server.get("/b.jpg", OLD).body, jpeg(5));
}

#[test]
fn what_stands_in_for_a_disk_goes_too() {
    let place = album();
    let (server, admin) = guarded(&place, "pics");
    place.lose_cache();
    assert_eq!((converted(&server), converted(&server)), (5, 0));
    purge(admin, "source=/a%20b.jpg");
    assert_eq!(converted(&server), 2);
    purge(admin, "all");
    assert_eq!(converted(&server), 5);
}

#[test]
fn what_was_on_its_way_is_not_brought_back() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (came, asked) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    thread::spawn(move || {
        // The first to ask waits, and gets the old one.
        let mut released = Some(released);
        for (seed, stream) in (1..).zip(listener.incoming().flatten()) {
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            came.send(()).unwrap();
            let released = released.take();
            thread::spawn(move || {
                released.map(|released| released.recv());
                let jpeg = pictures::jpeg(300, 200, seed);
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", jpeg.len());
                reader.get_mut().write_all(&[head.as_bytes(), &jpeg].concat()).unwrap();
            });
        }
    });
    let place = Place::new(&[]);
    let (server, admin) = guarded(&place, &base);
    let address = server.address;
    let first = thread::spawn(move || http::get(address, "/a.jpg", &[WEBP]));
    asked.recv().unwrap();
    assert_eq!(purge(admin, "source=/a.jpg").status, 200);
    // Who asks after it doesn't wait for the old one.
    let second = server.get("/a.jpg", WEBP);
    release.send(()).unwrap();
    let first = first.join().unwrap();
    assert!(first.is_webp() && second.is_webp() && first.body != second.body);
    for _ in 0..2 {
        assert_eq!(server.get("/a.jpg", WEBP).body, second.body);
    }
    assert_eq!(server.conversions(), 2);
}

#[test]
fn the_command_line_purges_by_a_server_and_without_one() {
    let place = album();
    let (server, admin) = guarded(&place, "pics");
    converted(&server);
    let told = |args: &[&str], token: &str| {
        let output =
            program::command(place.path()).env("WEBP_ADMIN_TOKEN", token).arg("purge").args(args).output();
        let output = output.unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    for at in [admin.to_string(), format!("http://{}/", server.address)] {
        let (code, text) = told(&["/a%20b.jpg", "--prefix", "/sub/", "--at", &at], TOKEN);
        assert!(code == Some(0) && text.starts_with("purged: "), "{text}");
        assert_eq!(converted(&server), 4);
    }
    let (code, text) = told(&["--all", "--at", &admin.to_string()], "another-token-that-is-wrong");
    assert!(code == Some(1) && text.contains("ADMIN_TOKEN"), "{text}");
    drop(server);
    let (code, text) = told(&["/c.jpg", "--at", &admin.to_string()], TOKEN);
    assert!(code == Some(1) && text.contains("does not answer"), "{text}");
    assert_eq!(told(&[], TOKEN).0, Some(2));
    assert_eq!(told(&["c.jpg", "--cache", "cache"], TOKEN).0, Some(2));
    // Four files: two records and their variants.
    let (code, text) = told(&["/c.jpg", "--prefix", "/sub/e", "--cache", "cache"], TOKEN);
    assert!(code == Some(0) && text.starts_with("purged: 4 files, "), "{text}");
    let (server, _) = guarded(&place, "pics");
    assert_eq!((converted(&server), converted(&server)), (2, 0));
}

#[test]
fn what_a_worker_purges_by_several_calls_is_followed_to_its_end() {
    let gone = |rest: &str| format!("purged: 2 files, 30 bytes{rest}\n").into_bytes();
    let more = gone("; Link has where it goes on");
    let worker = Origin::new(&[
        (
            "/_admin/purge?all",
            Page::Raw("202 Accepted\r\nlink: </_admin/purge?all&cursor=x%2Fa>; rel=\"next\"", more.clone()),
        ),
        ("/_admin/purge?all&cursor=x%2Fa", Page::Raw("200 OK", gone(""))),
        (
            "/_admin/purge?source=%2Fa%2Ejpg",
            Page::Raw("202 Accepted\r\nlink: <https://elsewhere.test/_admin/purge?all>; rel=\"next\"", more),
        ),
    ]);
    let place = Place::new(&[]);
    let told = |what: &str| {
        let mut command = program::command(place.path());
        command.env("WEBP_ADMIN_TOKEN", TOKEN).args(["purge", what, "--at", &worker.url()]);
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    assert_eq!(told("--all"), (Some(0), "purged: 4 files, 60 bytes\n".to_owned()));
    let (code, text) = told("/a.jpg");
    assert!(code == Some(1) && text.contains("not all is purged: 2 files, 30 bytes"), "{text}");
    let asked =
        ["?all", "?all&cursor=x%2Fa", "?source=%2Fa%2Ejpg"].map(|query| format!("/_admin/purge{query}"));
    assert_eq!(worker.asked(), asked);
    let bearer = Some(format!("Bearer {TOKEN}"));
    assert!(worker.told("authorization").iter().all(|told| *told == bearer));
}

#[test]
fn health_is_told_by_the_exit_code() {
    let place = album();
    let server = place.serve(&[]);
    let at = server.address.to_string();
    let asked = |args: &[&str]| program::run(place.path(), &[&["health"], args].concat());
    assert_eq!((asked(&[&at]).code, asked(&[&at]).text()), (0, "ok\n".to_owned()));
    let mut command = program::command(place.path());
    command.env("WEBP_PORT", server.address.port().to_string()).env("WEBP_HOST", "0.0.0.0").arg("health");
    assert!(command.status().unwrap().success());
    drop(server);
    let gone = asked(&[&at]);
    assert!(
        gone.code == 1
            && gone.stderr.contains("does not answer")
            && gone.stderr.contains("Connection refused"),
        "{gone:?}"
    );
    assert_eq!(asked(&["no place"]).code, 2);
}
