//! WebP (RFC 9649).

mod alpha;
mod animation;
mod chunk;
mod container;
mod decode;
mod encode;
mod frame;
mod header;
mod lossless;
mod lossy;
mod memory;
mod vp8;
mod vp8l;

pub use self::encode::encode;
pub(super) use self::{
    alpha::STEPS as ALPHA_STEPS,
    animation::Frames,
    decode::{decode, decode_rows},
    header::Walk,
    memory::{HELD_PIXELS, coded_frame_bytes, decoding, encoding, frame_reader_bytes},
};
pub(crate) use self::{
    animation::{Loss, Writer as AnimationWriter},
    lossless::{LosslessEnded, LosslessRows},
    lossy::RowWriter,
    vp8l::image::Sketch,
};

use super::{FormatInfo, Modes};

/// The longest side, in pixels: the headers of VP8 and VP8L have 14 bits for it.
const MAX_SIDE: u32 = (1 << 14) - 1;

/// What is fixed about WebP.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "webp",
    media_type: "image/webp",
    subtypes: &["webp"],
    extensions: &["webp"],
    max_side: MAX_SIDE,
    has_gray: false,
    is_web_safe: false,
    decodes: true,
    is_vector: false,
    moves: true,
    encodes: Some(Modes::Both),
};
