//! A collector of traces, which takes OTLP by HTTP as protobuf and reads as much of it as tests look at
//! (opentelemetry-proto, `trace.proto`).

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What was sent at once.
#[derive(Debug, Clone)]
pub struct Asked {
    pub head: String,
    pub resource: BTreeMap<String, String>,
    pub spans: Vec<Span>,
}

/// A span; ids are hexadecimal.
#[derive(Debug, Clone)]
pub struct Span {
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub name: String,
    /// 2 is a server's.
    pub kind: u64,
    /// Nanoseconds.
    pub began: u64,
    pub ended: u64,
    pub attributes: BTreeMap<String, String>,
}

/// It takes what comes until the tests end.
pub struct Collector {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Collector {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<Asked>>>::default());
        let taken = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let taken = Arc::clone(&taken);
                thread::spawn(move || take(&stream.unwrap(), &taken));
            }
        });
        Self { address, asked }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// All spans, in the order in which they ended.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans: Vec<Span> = self.asked().into_iter().flat_map(|asked| asked.spans).collect();
        spans.sort_by_key(|span| span.ended);
        spans
    }
}

/// Takes requests until the connection ends.
fn take(stream: &TcpStream, taken: &Mutex<Vec<Asked>>) {
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let field = |line: &str| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned);
        let len: usize = head.lines().find_map(field).unwrap().parse().unwrap();
        let mut body = vec![0; len];
        reader.read_exact(&mut body).unwrap();
        taken.lock().unwrap().extend(read(&head, &body));
        writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    }
}

fn read(head: &str, body: &[u8]) -> Vec<Asked> {
    let of_resource = |resource_spans: &[u8]| Asked {
        head: head.to_owned(),
        resource: attributes(&part(resource_spans, 1), 1),
        spans: parts(resource_spans, 2)
            .iter()
            .flat_map(|scope| parts(scope, 2))
            .map(|span| read_span(&span))
            .collect(),
    };
    parts(body, 1).iter().map(|one| of_resource(one)).collect()
}

fn read_span(bytes: &[u8]) -> Span {
    let hex = |number| part(bytes, number).iter().map(|byte| format!("{byte:02x}")).collect();
    Span {
        trace: hex(1),
        id: hex(2),
        parent: hex(4),
        name: text(&part(bytes, 5)),
        kind: number(bytes, 6),
        began: number(bytes, 7),
        ended: number(bytes, 8),
        attributes: attributes(bytes, 9),
    }
}

/// The attributes under a field, their values as text.
fn attributes(bytes: &[u8], field: u64) -> BTreeMap<String, String> {
    let value = |any: &[u8]| match fields(any).first() {
        Some((1, Value::Bytes(bytes))) => text(bytes),
        Some((2, Value::Number(is))) => (*is == 1).to_string(),
        Some((3, Value::Number(number))) => number.to_string(),
        other => panic!("an attribute of another kind: {other:?}"),
    };
    parts(bytes, field).iter().map(|pair| (text(&part(pair, 1)), value(&part(pair, 2)))).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
}

fn part(bytes: &[u8], field: u64) -> Vec<u8> {
    parts(bytes, field).into_iter().next().unwrap_or_default()
}

fn parts(bytes: &[u8], field: u64) -> Vec<Vec<u8>> {
    let is = |(number, value)| match value {
        Value::Bytes(bytes) if number == field => Some(bytes),
        _ => None,
    };
    fields(bytes).into_iter().filter_map(is).collect()
}

fn number(bytes: &[u8], field: u64) -> u64 {
    let is = |(number, value): &(u64, Value)| match value {
        Value::Number(found) if *number == field => Some(*found),
        _ => None,
    };
    fields(bytes).iter().find_map(is).unwrap_or(0)
}

/// The fields of a message of protobuf, in their order.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Value)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return value;
            }
            shift += 7;
        }
    }
    fn take<'a>(bytes: &mut &'a [u8], len: usize) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(len);
        *bytes = rest;
        taken
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut bytes)),
            1 => Value::Number(u64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
            2 => {
                let len = varint(&mut bytes) as usize;
                Value::Bytes(take(&mut bytes, len).to_vec())
            }
            5 => Value::Number(u32::from_le_bytes(take(&mut bytes, 4).try_into().unwrap()).into()),
            kind => panic!("no kind of field: {kind}"),
        };
        fields.push((tag >> 3, value));
    }
    fields
}
