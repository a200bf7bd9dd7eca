//! GIF 87a and 89a: the blocks are walked here, the pixels unpacked by `weezl`, the LZW decoder of the image-rs
//! family. (The `gif` crate on top of it refuses a frame without a colour table, and its frame decoder never returns
//! from data that end too early.)
//!
//! Frames without any colour table and frames past the edge of the canvas are shown as viewers show them.

mod blocks;
mod decode;
mod frames;
mod indices;

pub(super) use self::{
    blocks::Walk,
    decode::{decode, decode_rows},
    frames::Frames,
};

use super::{
    FormatInfo, Probe,
    cost::{Buffering, Decoding, channels},
};
use crate::pixel::Size;

/// What is fixed about GIF.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "gif",
    media_type: "image/gif",
    subtypes: &["gif"],
    extensions: &["gif"],
    max_side: 65_535,
    has_gray: false,
    is_web_safe: true,
    decodes: true,
    is_vector: false,
    moves: true,
    encodes: None,
};

/// The most bytes that reading frames holds: a row of indices, which may be longer than the canvas is wide, one of the
/// canvas' pixels, and LZW's tables.
pub(super) const fn frame_reader_bytes(canvas: Size) -> u64 {
    INFO.max_side as u64 + canvas.width as u64 * 4 + (64 << 10)
}

/// States what decoding takes.
pub(super) fn decoding(probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    let pixel_bytes = u64::from(channels(probe));
    Decoding {
        rows_bytes: decode::heap_bytes(probe.size, probe.progressive),
        pixel_bytes,
        peak_pixel_bytes: pixel_bytes,
        channels: channels(probe),
        metadata_copies: 1,
    }
}
