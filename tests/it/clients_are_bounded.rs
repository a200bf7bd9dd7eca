//! No client takes the server down: what connections hold is bounded and given back, and every state of one ends.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::{
    cgroup::Group,
    h2::{self, END_HEADERS, END_STREAM, HEADERS},
    http::{self, WEBP},
    pictures, program,
    server::{Place, Server},
};

const MIB: u64 = 1 << 20;

/// One second for everything that a client may take its time with.
const IMPATIENT: [(&str, &str); 3] =
    [("WEBP_HEAD_TIMEOUT", "1"), ("WEBP_KEEPALIVE_TIMEOUT", "1"), ("WEBP_SEND_TIMEOUT", "1")];

fn serve(place: &Place, settings: &[(&str, &str)]) -> Server {
    let mut command = program::command(place.path());
    command.envs(settings.iter().copied());
    Server::serve(command, "pics", &[])
}

fn impatient(place: &Place) -> Server {
    serve(place, &IMPATIENT)
}

fn connect(to: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// How long it takes until the server ends the connection.
fn ends(mut stream: TcpStream) -> Duration {
    let began = Instant::now();
    let mut bytes = [0; 4096];
    while stream.read(&mut bytes).is_ok_and(|len| len > 0) {}
    began.elapsed()
}

#[test]
fn every_state_of_a_connection_ends() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 48, 1))]);
    let server = impatient(&place);
    let hello = h2::hello(65_535);
    let half_head = h2::frame(HEADERS, 0, 1, &h2::get("/a.jpg"));
    let asked = h2::frame(HEADERS, END_HEADERS | END_STREAM, 1, &h2::get("/a.jpg"));
    let states: [(&str, Vec<u8>); 11] = [
        ("silent", Vec::new()),
        ("the preface's first byte", b"P".to_vec()),
        ("half a preface", h2::PREFACE[..12].to_vec()),
        ("a preface without settings", h2::PREFACE.to_vec()),
        ("half a frame", [&hello[..], &[0, 0, 8, 6]].concat()),
        ("a head without its end", [&hello[..], &half_head].concat()),
        ("an idle HTTP/2", hello.clone()),
        ("an HTTP/2 that has asked", [&hello[..], &asked].concat()),
        ("half a line", b"GET /a.jpg HT".to_vec()),
        ("half a head", b"GET /a.jpg HTTP/1.1\r\nhost: a\r\n".to_vec()),
        ("an HTTP/1 that has asked", b"GET /a.jpg HTTP/1.1\r\nhost: a\r\n\r\n".to_vec()),
    ];
    thread::scope(|scope| {
        for (name, bytes) in &states {
            let stream = connect(server.address, bytes);
            scope.spawn(move || {
                let took = ends(stream);
                assert!(took < Duration::from_secs(10), "{name}: {took:?}");
                assert!(took > Duration::from_millis(500), "{name}: {took:?}");
            });
        }
    });
    assert_eq!(http::get(server.address, "/a.jpg", &[WEBP]).status, 200);
}

#[test]
fn bytes_now_and_then_win_no_time_for_a_head() {
    let place = Place::new(&[]);
    let server = impatient(&place);
    let mut stream = connect(server.address, b"GET /a.jpg HTTP/1.1\r\n");
    let began = Instant::now();
    while stream.write_all(b"a: b\r\n").is_ok() {
        assert!(began.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_body_that_nobody_takes_ends() {
    let place = Place::new(&[("big.nef", vec![7; 24 << 20])]);
    let server = serve(&place, &[("WEBP_SEND_TIMEOUT", "1")]);
    // Over HTTP/1 the socket fills up.
    let stream = connect(server.address, b"GET /big.nef HTTP/1.1\r\nhost: a\r\n\r\n");
    let began = Instant::now();
    while server.open_files("big.nef") > 0 || began.elapsed() < Duration::from_millis(500) {
        assert!(began.elapsed() < Duration::from_secs(10), "the file stays open");
        thread::sleep(Duration::from_millis(20));
    }
    drop(stream);
    // Over HTTP/2 the window is closed, and the stream alone is reset.
    let mut stream = h2::connect(server.address, 0);
    stream.write_all(&h2::frame(HEADERS, END_HEADERS | END_STREAM, 1, &h2::get("/big.nef"))).unwrap();
    let began = Instant::now();
    loop {
        let (kind, _, id, payload) = h2::read(&mut stream).expect("the connection goes on");
        if kind == h2::RST_STREAM {
            assert_eq!((id, payload), (1, 8u32.to_be_bytes().to_vec()));
            break;
        }
        assert_ne!(kind, 0, "no data without a window");
    }
    assert!(began.elapsed() > Duration::from_millis(500));
    stream.write_all(&h2::frame(h2::PING, 0, 0, &[1; 8])).unwrap();
    let pong = (h2::PING, h2::ACK, 0, vec![1; 8]);
    assert!(std::iter::from_fn(|| h2::read(&mut stream)).any(|frame| frame == pong));
}

#[test]
fn a_body_that_is_not_wanted_is_answered_all_the_same() {
    let place = Place::new(&[]);
    let server = place.serve(&[]);
    let mut stream = h2::connect(server.address, 65_535);
    let mut post = h2::get("/a.jpg");
    post[0] = 0x83;
    stream.write_all(&h2::frame(HEADERS, END_HEADERS, 1, &post)).unwrap();
    stream.write_all(&h2::frame(0, 0, 1, &[7; 16_384])).unwrap();
    let mut answer = std::iter::from_fn(|| h2::read(&mut stream)).filter(|frame| frame.2 == 1);
    let (kind, mut flags, _, fields) = answer.next().expect("a head");
    // The status as HPACK has it: 405 with a name of the static table, as it is or by Huffman's code.
    let as_it_is: &[u8] = b"\x48\x03405";
    let status = fields.starts_with(as_it_is) || fields.starts_with(&[0x48, 0x83, 0x68, 0x0d, 0xff]);
    assert!(kind == HEADERS && status, "{kind} {fields:?}");
    while flags & END_STREAM == 0 {
        let (kind, more, _, _) = answer.next().expect("the rest");
        assert_eq!(kind, 0, "the answer is whole before the stream ends");
        flags = more;
    }
}

#[test]
fn a_silent_client_makes_way_for_one_who_asks() {
    let place = Place::new(&[("a.jpg", pictures::jpeg(64, 48, 1))]);
    let server = serve(&place, &[("WEBP_CONCURRENCY", "8")]);
    let silent: Vec<TcpStream> = (0..40).map(|_| connect(server.address, b"")).collect();
    let asked = Instant::now();
    assert_eq!(http::get(server.address, "/a.jpg", &[WEBP]).status, 200);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    drop(silent);
}

#[test]
fn few_descriptors_are_enough() {
    let photo = pictures::jpeg(200, 150, 1);
    let names: Vec<String> = (0..12).map(|i| format!("{i}.jpg")).collect();
    let pictures: Vec<(&str, Vec<u8>)> = names.iter().map(|name| (name.as_str(), photo.clone())).collect();
    let place = Place::new(&pictures);
    let own = program::command(place.path());
    let mut command = std::process::Command::new("sh");
    command.current_dir(place.path()).args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""]);
    command.arg(own.get_program());
    let server = Server::serve(command, "pics", &[]);
    let silent: Vec<TcpStream> = (0..75).map(|_| connect(server.address, b"")).collect();
    let paths: Vec<String> = names.iter().map(|name| format!("/{name}")).collect();
    let began = Instant::now();
    for reply in http::get_all_at_once(server.address, &paths, &[WEBP]) {
        assert!(reply.is_webp(), "{}", reply.status);
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    drop(silent);
}

/// So many connections as this process may have, at the most.
fn raise_limit(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let now = getrlimit(Resource::Nofile).current.map_or(usize::MAX, |now| now as usize);
    wanted.min(now.saturating_sub(500))
}

/// Asks for a picture until told to stop; gives how long the longest answer took.
fn others(server: &Server, is_over: &std::sync::atomic::AtomicBool) -> Duration {
    let mut longest = Duration::ZERO;
    while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
        let asked = Instant::now();
        assert_eq!(http::get(server.address, "/small.jpg", &[WEBP]).status, 200);
        longest = longest.max(asked.elapsed());
        thread::sleep(Duration::from_millis(50));
    }
    longest
}

/// What clients do to take a server down: who they are, and their connections, held until they are dropped.
type Attack = (&'static str, fn(SocketAddr) -> Vec<TcpStream>);

const ATTACKS: [Attack; 5] = [
    ("30 x 100 HTTP/2 streams with closed windows", |to| {
        (0..30)
            .map(|_| {
                let mut stream = h2::connect(to, 0);
                let asked = (0..100).flat_map(|i| {
                    h2::frame(HEADERS, END_HEADERS | END_STREAM, 1 + 2 * i, &h2::get("/big.nef"))
                });
                let _ = stream.write_all(&asked.collect::<Vec<u8>>());
                stream
            })
            .collect()
    }),
    ("14,000 silent connections", |to| {
        (0..raise_limit(14_000)).filter_map(|_| TcpStream::connect(to).ok()).collect()
    }),
    ("2,000 unfinished heads of 60 KB", |to| {
        let head = format!("GET /small.jpg HTTP/1.1\r\nhost: a\r\ncookie: {}", "a".repeat(60_000));
        (0..raise_limit(2_000))
            .filter_map(|_| {
                let mut stream = TcpStream::connect(to).ok()?;
                // Who is turned away sees its writing fail.
                let _ = stream.write_all(head.as_bytes());
                Some(stream)
            })
            .collect()
    }),
    ("5,000 idle HTTP/2 connections", |to| {
        let hello = h2::hello(65_535);
        (0..raise_limit(5_000))
            .filter_map(|_| {
                let mut stream = TcpStream::connect(to).ok()?;
                let _ = stream.write_all(&hello);
                Some(stream)
            })
            .collect()
    }),
    ("200 readers of a byte a second", |to| {
        (0..200)
            .filter_map(|_| {
                let mut stream = TcpStream::connect(to).ok()?;
                let _ = stream.write_all(b"GET /big.nef HTTP/1.1\r\nhost: a\r\n\r\n");
                let _ = stream.read(&mut [0]);
                Some(stream)
            })
            .collect()
    }),
];

/// Needs a control group; where none can be made the server is alone with its own bounds.
#[test]
fn nobody_takes_it_down_in_80_mb_while_photos_convert() {
    let place = Place::new(&[("small.jpg", pictures::jpeg(64, 48, 1)), ("big.nef", vec![7; 4 << 20])]);
    let photo = pictures::jpeg(2000, 1500, 1);
    let photos: Vec<String> = (0..5).map(|i| format!("/{i}.jpg")).collect();
    for path in &photos {
        place.put(&path[1..], &pictures::with_comment(&photo, path));
    }
    let group = Group::new("clients", 80 * MIB).ok();
    let command = match &group {
        Some(group) => group.command(place.path()),
        None => program::command(place.path()),
    };
    let server = Server::serve(command, "pics", &["--effort", "0", "--wait", "600"]);
    let mut report = Vec::new();
    for (name, attack) in ATTACKS {
        std::fs::remove_dir_all(place.path().join("cache")).ok();
        assert_eq!(http::get(server.address, "/small.jpg", &[WEBP]).status, 200);
        let at_rest = server.memory("VmRSS");
        let is_over = std::sync::atomic::AtomicBool::new(false);
        let (longest, held) = thread::scope(|scope| {
            let converting = scope.spawn(|| http::get_all_at_once(server.address, &photos, &[WEBP]));
            let others = scope.spawn(|| others(&server, &is_over));
            let clients = attack(server.address);
            for reply in converting.join().unwrap() {
                assert!(reply.is_webp(), "{name}: {}", reply.status);
            }
            let held = server.memory("VmRSS");
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
            let longest = others.join().unwrap();
            drop(clients);
            (longest, held)
        });
        let began = Instant::now();
        let mut after = server.memory("VmRSS");
        while after > at_rest + 4 * MIB && began.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(100));
            after = server.memory("VmRSS");
        }
        let kib = |bytes: u64| bytes >> 10;
        report.push(format!(
            "{name}: others within {longest:?}; KiB resident: {} at rest, {} with them, {} {:?} after",
            kib(at_rest),
            kib(held),
            kib(after),
            began.elapsed()
        ));
        println!("{}", report[report.len() - 1]);
        assert!(longest < Duration::from_secs(1), "{name}: {longest:?}");
        assert!(after <= at_rest + 4 * MIB, "{name}: {at_rest}, then {after}");
        assert_eq!(group.as_ref().map_or(0, Group::kills), 0, "{name}");
    }
}
