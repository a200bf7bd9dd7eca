//! WebP (RFC 9649).

mod alpha;
mod decode;
mod encode;
mod header;
mod lossless;
mod lossy;
mod vp8;
mod vp8l;

pub use self::encode::encode;
pub(crate) use self::lossy::RowWriter;
pub(super) use self::{
    alpha::held_bytes as alpha_bytes, decode::decode, header::probe, lossy::rows_bytes, vp8::Incoming,
};
