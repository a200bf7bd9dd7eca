//! Markers and marker segments (T.81 B.1.1): finds the next one.

use std::ops::Range;

use crate::codec::view::View;

/// The lower bytes of markers (T.81 table B.1).
pub(super) const SOI: u8 = 0xd8;
pub(super) const EOI: u8 = 0xd9;
pub(super) const SOS: u8 = 0xda;
pub(super) const SOF0: u8 = 0xc0;
pub(super) const SOF15: u8 = 0xcf;
pub(super) const DHT: u8 = 0xc4;
pub(super) const JPG: u8 = 0xc8;
pub(super) const DAC: u8 = 0xcc;
pub(super) const RST0: u8 = 0xd0;
pub(super) const DQT: u8 = 0xdb;
pub(super) const DNL: u8 = 0xdc;
pub(super) const DRI: u8 = 0xdd;
pub(super) const APP0: u8 = 0xe0;
pub(super) const APP1: u8 = 0xe1;
pub(super) const APP2: u8 = 0xe2;
pub(super) const APP14: u8 = 0xee;
pub(super) const APP15: u8 = 0xef;

/// Bytes in which a marker is looked for at once.
const SEARCHED: usize = 512;

/// The next marker at or after `at` with the place of its payload. Fill bytes and stray bytes before a marker
/// are passed over, as decoders do.
pub(super) fn next_segment(view: View<'_>, mut at: u64) -> Option<(u8, Range<u64>)> {
    loop {
        at = next_byte(view, at, |byte| byte == 0xff)?;
        at = next_byte(view, at, |byte| byte != 0xff)?;
        let marker = view.u8(at)?;
        at += 1;
        match marker {
            // A stuffed byte, TEM, reserved markers and RSTn have no length and mean nothing here.
            0x00..=0xbf | RST0..=SOI => {}
            EOI => return Some((marker, at..at)),
            _ => {
                let length = u64::from(view.be16(at)?);
                return Some((marker, at + 2..at + length.max(2)));
            }
        }
    }
}

/// The next marker in bytes that are all there, with the place of its payload.
pub(super) fn next_segment_of(bytes: &[u8], at: usize) -> Option<(u8, Range<usize>)> {
    let (marker, body) = next_segment(View::whole(bytes), at as u64)?;
    Some((marker, usize::try_from(body.start).ok()?..usize::try_from(body.end).ok()?))
}

/// Where the next byte stands for which `is_wanted` is true.
fn next_byte(view: View<'_>, mut at: u64, is_wanted: fn(u8) -> bool) -> Option<u64> {
    loop {
        let piece = view.up_to(at, SEARCHED);
        if piece.is_empty() {
            return None;
        }
        if let Some(place) = piece.iter().position(|&byte| is_wanted(byte)) {
            return Some(at + place as u64);
        }
        at += piece.len() as u64;
    }
}
