//! JPEG (ITU-T T.81), read with `zune-jpeg`'s row output: a photo stays in its planes at its own subsampling.

mod decode;
mod encode;
mod header;
mod source;
mod strips;

pub use self::encode::encode;
pub(super) use self::{decode::decode, header::probe, strips::decode_rows};
