//! PNG (W3C, third edition) and the first frame of an APNG, read and written with the `png` crate.

mod colors;
mod decode;
mod encode;
mod ended;
mod header;
mod palette;

pub use self::encode::encode;
pub(super) use self::{
    decode::{decode, decode_rows},
    encode::{held_bytes, most_bytes},
    header::Walk,
};
