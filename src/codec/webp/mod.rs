//! WebP (RFC 9649).

mod alpha;
mod container;
mod decode;
mod encode;
mod header;
mod lossless;
mod lossy;
mod vp8;
mod vp8l;

pub use self::encode::encode;
pub(super) use self::{
    decode::{decode, decode_rows},
    header::Walk,
    lossless::lossless_bytes,
    lossy::{alpha_bytes, frame_bytes, rows_bytes},
    vp8::{decoder::held_bytes, encoder::Incoming},
};
pub(crate) use self::{lossy::RowWriter, vp8l::image::Sketch};
