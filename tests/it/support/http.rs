//! A tiny HTTP/1.1 client: it sends paths as they are written, which real clients would not.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// An answer, read to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of a header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn is_webp(&self) -> bool {
        self.header("content-type") == "image/webp"
            && self.body.starts_with(b"RIFF")
            && self.body.get(8..12) == Some(b"WEBP")
    }
}

/// What a browser that knows WebP accepts.
pub const WEBP: (&str, &str) = ("accept", "image/webp,image/*,*/*;q=0.8");
/// What a browser that knows AVIF accepts.
pub const AVIF: (&str, &str) = ("accept", "image/avif,image/webp,image/*,*/*;q=0.8");
/// What a browser that knows neither accepts.
pub const OLD: (&str, &str) = ("accept", "image/png,image/jpeg,image/gif;q=0.9");

pub fn get(to: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Reply {
    request(to, "GET", path, headers)
}

/// The answers to paths that are all asked for at once, each on a connection of its own.
pub fn get_all_at_once(to: SocketAddr, paths: &[String], headers: &[(&str, &str)]) -> Vec<Reply> {
    std::thread::scope(|scope| {
        let asking: Vec<_> = paths.iter().map(|path| scope.spawn(move || get(to, path, headers))).collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    })
}

pub fn request(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    request_with(to, method, path, headers, &[])
}

/// The same with a body, whose length the headers must say.
pub fn request_with(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    sent: &[u8],
) -> Reply {
    let mut stream = send(to, method, path, headers);
    stream.write_all(sent).unwrap();
    let mut answer = read_head(stream);
    let mut body = Vec::new();
    if method != "HEAD" {
        answer.rest.read_to_end(&mut body).unwrap();
        if answer.reply.header("transfer-encoding") == "chunked" {
            body = unchunked(&body);
        }
    }
    Reply { body, ..answer.reply }
}

/// An answer whose head is read, and whose body still flows.
pub struct Begun {
    pub reply: Reply,
    pub rest: BufReader<TcpStream>,
}

/// Sends a request and reads nothing of the answer yet.
pub fn send(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> TcpStream {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(600))).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

pub fn begin(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Begun {
    read_head(send(to, method, path, headers))
}

fn read_head(stream: TcpStream) -> Begun {
    let mut rest = BufReader::new(stream);
    let mut line = String::new();
    rest.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        rest.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    Begun { reply: Reply { status, headers, body: Vec::new() }, rest }
}

fn unchunked(mut raw: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = raw.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&raw[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&raw[end + 2..end + 2 + size]);
        raw = &raw[end + 4 + size..];
    }
}
