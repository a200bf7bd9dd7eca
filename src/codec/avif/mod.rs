//! AVIF (AV1 Image File Format 1.1): pictures of AV1 in HEIF.
//!
//! `encode` writes it. Of a file [`super::heif`] finds out what is to be decoded, and makes colours of
//! it; `tile_rows` has pictures decoded by `super::av1`, row by row.

#[cfg(not(feature = "avif"))]
mod absent;
#[cfg(feature = "avif")]
mod decode;
#[cfg(feature = "avif")]
mod encode;
#[cfg(feature = "avif")]
mod memory;
#[cfg(feature = "avif")]
mod tile_rows;

#[cfg(not(feature = "avif"))]
pub(super) use self::absent::{RowWriter, decode, decode_rows, decoding, encoding, probe};
#[cfg(feature = "avif")]
use self::decode::Av1;
#[cfg(feature = "avif")]
pub(super) use self::{
    decode::{decode, decode_rows, probe},
    encode::RowWriter,
    memory::{decoding, encoding},
};

use super::{FormatInfo, Modes};

/// What is fixed about AVIF.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "avif",
    media_type: "image/avif",
    subtypes: &["avif"],
    extensions: &["avif"],
    // 16 bits in AV1's sequence header.
    max_side: 65_535,
    has_gray: true,
    is_web_safe: false,
    decodes: cfg!(feature = "avif"),
    is_vector: false,
    moves: false,
    encodes: if cfg!(feature = "avif") { Some(Modes::Lossy) } else { None },
};
