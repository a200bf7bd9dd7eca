//! The first bytes of a connection, and those of HTTP/2 after them: which protocol it is, and what of it is incomplete,
//! is the same however the bytes are cut, and what reading them in the simplest way says.
//!
//! The first byte of the data says how the rest is cut; with an odd one the rest follows an HTTP/2 preface.

#[path = "../../../src/native/connection/first.rs"]
mod first;
#[path = "../../../src/native/connection/frames.rs"]
mod frames;

use first::{PREFACE, Protocol, protocol};
use frames::Frames;

pub fn target(data: &[u8]) {
    let Some((&cut, rest)) = data.split_first() else { return };
    let bytes = if cut % 2 == 1 { [PREFACE, rest].concat() } else { rest.to_vec() };
    let told = (0..=bytes.len()).find_map(|len| protocol(&bytes[..len]));
    assert_eq!(protocol(&bytes), told, "what is told once stays");
    assert_eq!(told == Some(Protocol::Http2), bytes.starts_with(PREFACE));
    assert_eq!(told.is_none(), PREFACE.starts_with(&bytes) && bytes.len() < PREFACE.len());
    if told != Some(Protocol::Http2) {
        return;
    }
    let mut frames = Frames::default();
    for piece in bytes.chunks(usize::from(cut / 2) + 1) {
        frames.take(piece);
    }
    assert_eq!((frames.is_within(), frames.head_bytes()), read(&bytes[PREFACE.len()..]));
    let mut at_once = Frames::default();
    at_once.take(&bytes);
    assert_eq!((at_once.is_within(), at_once.head_bytes()), (frames.is_within(), frames.head_bytes()));
}

/// True within a frame or a head, and the bytes of a head that has not ended.
fn read(mut bytes: &[u8]) -> (bool, usize) {
    let mut head = 0;
    while let Some((&[a, b, c, kind, flags, ..], payload)) = bytes.split_first_chunk::<9>() {
        let len = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        let is_head = kind == 1 || kind == 9;
        if is_head {
            head += 9 + len.min(payload.len());
        }
        if payload.len() < len {
            return (true, head);
        }
        if is_head && flags & 4 != 0 {
            head = 0;
        }
        bytes = &payload[len..];
    }
    (!bytes.is_empty() || head > 0, head)
}

pub fn seeds() -> Vec<Vec<u8>> {
    let frame = |kind: u8, flags: u8, len: u8| {
        let mut frame = vec![0, 0, len, kind, flags, 0, 0, 0, 1];
        frame.resize(9 + usize::from(len), 7);
        frame
    };
    let settings = [frame(4, 0, 6), frame(4, 1, 0)].concat();
    let head = [frame(1, 1, 20), frame(9, 0, 5), frame(9, 4, 3)].concat();
    let mixed = [frame(1, 5, 9), frame(0, 1, 30), frame(8, 0, 4), frame(6, 0, 8), frame(3, 0, 4)].concat();
    let texts = [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"P".to_vec(),
        PREFACE[..20].to_vec(),
        b"PUT".to_vec(),
        Vec::new(),
    ];
    let texts = texts.into_iter().map(|text| [vec![4], text].concat());
    let frames = [settings, head, mixed].into_iter().enumerate();
    texts.chain(frames.map(|(at, frames)| [vec![1 + 2 * at as u8], frames].concat())).collect()
}
