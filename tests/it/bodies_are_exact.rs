//! Whatever way bytes take from a file to a client, they are the right ones: on connections that are kept open, asked
//! ahead, half closed or slow, by parts, in old and new HTTP.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::support::{
    http::{self, OLD, WEBP},
    pictures,
    server::{DEADLINE, Place, Server},
};

/// A photo whose file goes on for some megabytes with bytes that tell where they are.
fn long_photo() -> Vec<u8> {
    let mut file = pictures::jpeg(64, 64, 1);
    file.extend((0..700_000_u32).flat_map(u32::to_le_bytes));
    file
}

/// What a client gets of a picture: its path, its `Accept`, its bytes.
type Known = (&'static str, &'static str, Vec<u8>);

/// A server of pictures of many lengths, and what a client gets of each.
fn served() -> (Place, Server, Vec<Known>) {
    let long = long_photo();
    let place = Place::new(&[
        ("small.jpg", pictures::jpeg(120, 90, 1)),
        ("large.jpg", pictures::jpeg(1800, 1300, 2)),
        ("long.jpg", long.clone()),
    ]);
    let server = place.serve(&[]);
    // From now on there is a record of it.
    assert!(server.get("/long.jpg", WEBP).is_webp());
    let mut known = vec![("/long.jpg", OLD.1, long)];
    for path in ["/small.jpg", "/large.jpg"] {
        let reply = server.get(path, WEBP);
        assert!(reply.is_webp());
        known.push((path, WEBP.1, reply.body));
    }
    // What comes in one piece, what comes by parts, and what needs several of these.
    assert!(known[1].2.len() < 32 << 10 && known[2].2.len() > 40 << 10 && known[0].2.len() > 2 << 20);
    (place, server, known)
}

/// Reads an answer of a connection that goes on: its status and its body.
fn read(stream: &mut impl BufRead, is_head: bool) -> (u16, Vec<u8>) {
    let (mut status, mut len) = (0, 0);
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).unwrap() > 0, "closed");
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                len = value.parse().unwrap()
            }
            None if line.starts_with("HTTP/1.") => status = line[9..12].parse().unwrap(),
            None => break,
            _ => {}
        }
    }
    let mut body = vec![0; if is_head { 0 } else { len }];
    stream.read_exact(&mut body).unwrap();
    (status, body)
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

#[test]
fn requests_sent_ahead_are_answered_in_their_order() {
    let (_place, server, known) = served();
    let mut stream = connect(server.address);
    let mut asked = Vec::new();
    for round in 0..4 {
        for (path, accept, body) in &known {
            let common = format!("{path} HTTP/1.1\r\nhost: a\r\naccept: {accept}\r\n");
            let first = 1000 * round + 7;
            stream.write_all(format!("GET {common}\r\nHEAD {common}\r\n").as_bytes()).unwrap();
            stream.write_all(format!("GET {common}range: bytes={first}-\r\n\r\n").as_bytes()).unwrap();
            asked.push((false, 200, body.clone()));
            asked.push((true, 200, Vec::new()));
            match body.get(first..) {
                Some(part) if !part.is_empty() => asked.push((false, 206, part.to_vec())),
                _ => asked.push((false, 416, b"Range not satisfiable!".to_vec())),
            }
        }
    }
    let mut stream = BufReader::new(stream);
    for (i, (is_head, status, body)) in asked.into_iter().enumerate() {
        let answer = read(&mut stream, is_head);
        assert_eq!((answer.0, answer.1.len()), (status, body.len()), "answer {i}");
        assert!(answer.1 == body, "answer {i} has other bytes");
    }
}

#[test]
fn the_old_protocol_ends_with_the_connection_unless_it_says_otherwise() {
    let (_place, server, known) = served();
    for (path, accept, body) in &known {
        for keeps in [false, true] {
            let mut stream = connect(server.address);
            let keep = if keeps { "connection: keep-alive\r\n" } else { "" };
            let request = format!("GET {path} HTTP/1.0\r\naccept: {accept}\r\n{keep}\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            assert!(read(&mut reader, false) == (200, body.clone()), "{path}");
            if keeps {
                stream.write_all(request.as_bytes()).unwrap();
                assert!(read(&mut reader, false) == (200, body.clone()), "{path} again");
                stream.shutdown(Shutdown::Write).unwrap();
            }
            assert_eq!(reader.read(&mut [0]).unwrap(), 0);
        }
    }
}

#[test]
fn who_asks_no_more_still_gets_the_answer() {
    let (_place, server, known) = served();
    for (path, accept, body) in &known {
        let mut stream = connect(server.address);
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\naccept: {accept}\r\n\r\n").as_bytes())
            .unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut reader = BufReader::new(stream);
        assert!(read(&mut reader, false) == (200, body.clone()), "{path}");
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn streams_of_the_new_protocol_do_not_mix() {
    let (_place, server, known) = served();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut under_way = Vec::new();
        for (path, accept, body) in known.iter().cycle().take(12) {
            let mut sender = sender.clone();
            let request = ::http::Request::get(format!("http://{}{path}", server.address))
                .header("accept", *accept)
                .body(Empty::<bytes::Bytes>::new())
                .unwrap();
            let asking = async move { sender.send_request(request).await.unwrap().collect().await.unwrap() };
            under_way.push((tokio::spawn(asking), body));
        }
        for (answer, body) in under_way {
            assert!(answer.await.unwrap().to_bytes() == body);
        }
    });
}

/// Resident bytes of a process.
fn resident(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[test]
fn slow_readers_hold_little_memory_and_get_every_byte() {
    let (_place, server, known) = served();
    let (path, accept, body) = &known[0];
    // Once, so that what is needed anyway is there.
    assert!(http::get(server.address, path, &[("accept", accept)]).body == *body);
    let before = resident(&server);
    let readers = 200;
    let mut slow: Vec<_> =
        (0..readers).map(|_| http::begin(server.address, "GET", path, &[("accept", accept)])).collect();
    assert!(slow.iter().all(|begun| begun.reply.status == 200));
    // Others are answered meanwhile.
    assert!(server.get("/large.jpg", WEBP).body == known[2].2);
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(200) {
        let held = resident(&server).saturating_sub(before);
        assert!(held < readers * (48 << 10), "{held} bytes for {readers} slow readers");
        std::thread::yield_now();
    }
    for begun in slow.iter_mut().step_by(40) {
        let mut bytes = Vec::new();
        begun.rest.read_to_end(&mut bytes).unwrap();
        assert!(bytes == *body);
    }
}

#[test]
fn a_client_that_goes_away_harms_nobody() {
    let (_place, server, known) = served();
    for (path, accept, body) in &known {
        for _ in 0..3 {
            drop(http::begin(server.address, "GET", path, &[("accept", accept)]));
        }
        assert!(http::get(server.address, path, &[("accept", accept)]).body == *body);
    }
}
