//! JPEG (ITU-T T.81), read by a decoder of our own: a photo stays in its planes at its own subsampling.

mod decode;
mod decoder;
mod encode;
mod header;
mod strips;

pub use self::encode::encode;
pub(super) use self::{
    decode::decode,
    decoder::further_bytes,
    encode::{held_bytes, most_bytes},
    header::Walk,
    strips::decode_rows,
};
