//! PNG (W3C, third edition) and the first frame of an APNG, read and written with the `png` crate.

mod colors;
mod decode;
mod encode;
mod frames;
mod header;
mod interlaced;
mod memory;
mod palette;
mod reader;
mod rows;
mod survey;
mod with_iend;

pub use self::encode::encode;
pub(crate) use self::survey::{Facts, Survey};
pub(super) use self::{
    decode::{decode, decode_rows},
    frames::Frames,
    header::Walk,
    memory::{decoding, encoding, frame_reader_bytes},
    rows::RowWriter,
};

use super::{FormatInfo, Modes};

/// What is fixed about PNG.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "png",
    media_type: "image/png",
    subtypes: &["png"],
    extensions: &["png", "apng"],
    max_side: u32::MAX >> 1,
    has_gray: true,
    is_web_safe: true,
    decodes: true,
    is_vector: false,
    moves: true,
    encodes: Some(Modes::Lossless),
};
