//! What a proxy says of who asks is believed of those that are named alone.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Instant,
};

use crate::support::{
    pictures, program,
    server::{Place, Server},
};

fn serve(place: &Place, trusted: Option<&str>) -> Server {
    let mut command = program::command(place.path());
    if let Some(trusted) = trusted {
        command.env("WEBP_TRUSTED_PROXIES", trusted);
    }
    command.env("WEBP_IMG_MAP", r#"{"http://a.test": "plain", "https://a.test": "secret"}"#);
    Server::serve(command, "pics", &["--access-log", "access.log"])
}

#[test]
fn a_scheme_and_a_client_are_taken_of_trusted_proxies_alone() {
    let jpeg = |seed| pictures::jpeg(64, 48, seed);
    for (trusted, client, picture) in [
        // By default who is on this machine.
        (None, "198.51.100.9", jpeg(2)),
        (Some("[]"), "127.0.0.1", jpeg(1)),
        (Some("10.0.0.0/8"), "127.0.0.1", jpeg(1)),
        (Some("127.0.0.1"), "198.51.100.9", jpeg(2)),
        (Some("127.0.0.1, 198.51.100.0/24"), "192.0.2.7", jpeg(2)),
    ] {
        let place = Place::new(&[]);
        for (folder, seed) in [("plain", 1), ("secret", 2)] {
            fs::create_dir(place.path().join(folder)).unwrap();
            fs::write(place.path().join(folder).join("a.jpg"), jpeg(seed)).unwrap();
        }
        let server = serve(&place, trusted);
        let mut stream = TcpStream::connect(server.address).unwrap();
        let said =
            "x-forwarded-for: 192.0.2.7, 198.51.100.9\r\nx-forwarded-proto: https\r\nconnection: close";
        stream
            .write_all(format!("GET /a.jpg HTTP/1.1\r\nhost: a.test\r\n{said}\r\n\r\n").as_bytes())
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.ends_with(&picture), "{trusted:?}");
        let began = Instant::now();
        let line = loop {
            let text = fs::read_to_string(place.path().join("access.log")).unwrap_or_default();
            if text.contains('\n') {
                break text;
            }
            assert!(began.elapsed().as_secs() < 60, "no line");
            thread::yield_now();
        };
        assert!(line.starts_with(&format!("{client} - - [")), "{trusted:?}: {line}");
    }
}
