//! JPEG (ITU-T T.81), read and written by coders of our own: a photo stays in its planes at its own subsampling.

mod decode;
mod decoder;
mod encode;
mod frame;
mod header;
mod marker;
mod memory;
mod segments;
mod strips;

pub(super) use self::encode::RowWriter;
pub(super) use self::{
    decode::decode,
    decoder::decode_ahead_bytes,
    header::Walk,
    memory::{decoding, encoding},
    strips::decode_rows,
};

use super::{FormatInfo, Modes};

/// What is fixed about JPEG.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "jpeg",
    media_type: "image/jpeg",
    subtypes: &["jpeg", "jpg", "pjpeg"],
    extensions: &["jpg", "jpeg", "jpe", "jfif"],
    max_side: 65_535,
    has_gray: true,
    is_web_safe: true,
    decodes: true,
    is_vector: false,
    moves: false,
    encodes: Some(Modes::Lossy),
};
