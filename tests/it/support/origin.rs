//! An origin server on `std`, with one behaviour a path, which counts what it is asked.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// What a path answers.
#[derive(Debug, Clone)]
pub enum Page {
    /// A file with an entity tag: 304 to who knows it.
    File(Vec<u8>, &'static str),
    /// The same with more header fields, lines with CRLF between them.
    With(Vec<u8>, &'static str, &'static str),
    /// Elsewhere.
    Redirect(String),
    /// A head that promises more than comes.
    Cut(Vec<u8>),
    /// A status alone.
    Status(u16),
    /// A status with header fields, lines with CRLF between them, and a body as it is written.
    Raw(&'static str, Vec<u8>),
    /// The same, after which nothing comes and the connection stays.
    Stalls(&'static str, Vec<u8>),
}

type Asked = Arc<Mutex<Vec<Request>>>;
type Pages = Arc<Mutex<HashMap<String, Page>>>;

/// What was asked.
struct Request {
    /// `/path` or `/path known`.
    line: String,
    /// Its header lines.
    head: String,
}

/// An origin under way.
pub struct Origin {
    pub address: SocketAddr,
    asked: Asked,
    pages: Pages,
    is_down: Arc<AtomicBool>,
}

impl Origin {
    /// With these pages by their paths; one of the path `*` is for all others.
    pub fn new(pages: &[(&str, Page)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let pages: HashMap<String, Page> =
            pages.iter().map(|(path, page)| ((*path).to_owned(), page.clone())).collect();
        let pages = Pages::new(pages.into());
        let known = Arc::clone(&pages);
        let (asked, is_down) = (Asked::default(), Arc::new(AtomicBool::new(false)));
        let (log, down) = (Arc::clone(&asked), Arc::clone(&is_down));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (pages, log) = (pages.lock().unwrap().clone(), Arc::clone(&log));
                if !down.load(Ordering::SeqCst) {
                    thread::spawn(move || answer(stream, &pages, &log));
                }
            }
        });
        Self { address, asked, pages: known, is_down }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `/path` or `/path known` for each request so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|request| request.line.clone()).collect()
    }

    /// The values of a header field in each request so far.
    pub fn told(&self, name: &str) -> Vec<Option<String>> {
        let value = |request: &Request| {
            let fields = request.head.lines().filter_map(|line| line.split_once(':'));
            let values = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
            values.map(|(_, value)| value.trim().to_owned()).next()
        };
        self.asked.lock().unwrap().iter().map(value).collect()
    }

    /// From now on a path answers so.
    pub fn put(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// From now on connections are closed at once.
    pub fn go_down(&self) {
        self.is_down.store(true, Ordering::SeqCst);
    }
}

fn answer(stream: TcpStream, pages: &HashMap<String, Page>, log: &Asked) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).is_err() {
        return;
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut known, mut head) = (None, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() || line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("if-none-match")
        {
            known = Some(value.trim().to_owned());
        }
        head += &line;
    }
    let line = known.as_ref().map_or_else(|| path.clone(), |_| format!("{path} known"));
    log.lock().unwrap().push(Request { line, head });
    let (head, body): (String, &[u8]) = match pages.get(&path).or_else(|| pages.get("*")) {
        Some(Page::File(_, etag)) if known.as_deref() == Some(etag) => {
            (format!("304 Not Modified\r\netag: {etag}"), &[])
        }
        Some(Page::File(bytes, etag)) => {
            (format!("200 OK\r\netag: {etag}\r\ncontent-length: {}", bytes.len()), bytes)
        }
        Some(Page::With(_, etag, words)) if known.as_deref() == Some(etag) => {
            (format!("304 Not Modified\r\netag: {etag}\r\n{words}"), &[])
        }
        Some(Page::With(bytes, etag, words)) => {
            (format!("200 OK\r\netag: {etag}\r\n{words}\r\ncontent-length: {}", bytes.len()), bytes)
        }
        Some(Page::Redirect(to)) => (format!("302 Found\r\nlocation: {to}\r\ncontent-length: 0"), &[]),
        Some(Page::Cut(bytes)) => (format!("200 OK\r\ncontent-length: {}", bytes.len() * 2), bytes),
        Some(Page::Raw(head, body) | Page::Stalls(head, body)) => ((*head).to_owned(), body),
        Some(Page::Status(status)) => (format!("{status} X\r\ncontent-length: 0"), &[]),
        None => ("404 Not Found\r\ncontent-length: 0".to_owned(), &[]),
    };
    let mut stream = stream;
    // A client that is gone needs no answer.
    let _ = stream.write_all(format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n").as_bytes());
    let _ = stream.write_all(body);
    if let Some(Page::Stalls(..)) = pages.get(&path) {
        // Until the client goes.
        let _ = reader.read_line(&mut String::new());
    }
}
