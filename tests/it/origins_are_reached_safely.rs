//! An origin is asked where anybody could ask, or where its operator says so; and again, where that may help.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use crate::support::{
    http::WEBP,
    origin::{Origin, Page},
    pictures, program,
    server::{Place, Server},
};

/// A name with a dot that leads to this machine without anybody being asked for it.
const NAME: &str = "127.1";

#[test]
fn a_name_that_leads_to_this_machine_is_refused_unless_it_is_named() {
    let origin = Origin::new(&[("/x.jpg", Page::File(pictures::jpeg(300, 200, 1), "\"1\""))]);
    let port = origin.address.port();
    let serve = |host: &str, named: &str| {
        let place = Place::new(&[]);
        let mut command = program::command(place.path());
        command.env("WEBP_PRIVATE_ORIGINS", named);
        let server = Server::serve(command, &format!("http://{host}:{port}"), &[]);
        (place, server)
    };
    for named in ["", "other.test, 127.0.0.1"] {
        let (place, server) = serve(NAME, named);
        assert_eq!(server.get("/x.jpg", WEBP).status, 502);
        let told = format!(
            "{NAME} leads to 127.0.0.1, which is no public address: PRIVATE_ORIGINS has to name {NAME}"
        );
        assert!(server.count(&told) > 0, "{:#?}", server.log());
        assert_eq!(place.kept(), 0);
    }
    assert_eq!(origin.asked(), Vec::<String>::new());
    // What the operator writes as an address, as this machine, or among the exceptions.
    for (host, named) in [("127.0.0.1", ""), ("localhost", ""), (NAME, "a.test, 127.1"), (NAME, "*")] {
        assert!(serve(host, named).1.get("/x.jpg", WEBP).is_webp(), "{host} {named}");
    }
}

#[test]
fn a_redirect_leads_nowhere_else() {
    let origin = Origin::new(&[("/x.jpg", Page::File(pictures::jpeg(300, 200, 1), "\"1\""))]);
    let port = origin.address.port();
    origin.put("/inside.jpg", Page::Redirect(format!("http://{NAME}:{port}/x.jpg")));
    origin.put("/metadata.jpg", Page::Redirect("http://169.254.169.254/latest.jpg".to_owned()));
    let place = Place::new(&[]);
    let mut command = program::command(place.path());
    // Both are configured.
    command.env("WEBP_IMG_MAP", format!("{{\"/other\": \"http://{NAME}:{port}\"}}"));
    let server = Server::serve(command, &origin.url(), &[]);
    for path in ["/inside.jpg", "/metadata.jpg"] {
        assert_eq!(server.get(path, WEBP).status, 502, "{path}");
    }
    assert_eq!(origin.asked(), ["/inside.jpg", "/metadata.jpg"]);
}

/// An origin that gives these answers in turn, the last one for ever; an empty one is none. Also counts.
fn in_turn(answers: &'static [&'static str]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::<AtomicUsize>::default();
    let counting = Arc::clone(&asked);
    thread::spawn(move || {
        let jpeg = pictures::jpeg(300, 200, 1);
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            let answer = answers[counting.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1)];
            if !answer.is_empty() {
                let body: &[u8] = if answer.starts_with("200") { &jpeg } else { &[] };
                let head = format!(
                    "HTTP/1.1 {answer}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                reader.get_mut().write_all(&[head.as_bytes(), body].concat()).unwrap();
            }
        }
    });
    (base, asked)
}

#[test]
fn an_origin_that_stumbles_is_asked_again_and_one_that_fails_is_not() {
    for (answers, status, times) in [
        (&["", "502 Bad Gateway", "200 OK"][..], 200, 3),
        (&["503 Busy", "200 OK"], 200, 2),
        (&["504 Late"], 502, 3),
        (&[""], 502, 3),
        (&["503 Busy\r\nretry-after: 60", "200 OK"], 502, 1),
        (&["500 Broken", "200 OK"], 502, 1),
        (&["404 None", "200 OK"], 404, 1),
    ] {
        let (base, asked) = in_turn(answers);
        let place = Place::new(&[]);
        let server = Server::serve(program::command(place.path()), &base, &[]);
        let began = Instant::now();
        assert_eq!(server.get("/x.jpg", WEBP).status, status, "{answers:?}");
        assert_eq!(asked.load(Ordering::SeqCst), times, "{answers:?}");
        // With a pause before each.
        assert!(times < 3 || began.elapsed().as_millis() >= 500, "{:?}", began.elapsed());
    }
}
