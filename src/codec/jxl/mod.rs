//! JPEG XL (ISO 18181): what the header says, bit by bit, and pixels by the `jxl` crate, libjxl's own decoder in Rust.

mod ans;
mod bits;
#[cfg(feature = "jxl")]
mod decode;
mod entropy;
mod frame;
mod header;
mod memory;
mod metadata;
mod prefix;
mod profile;

/// A build without the decoder knows what the header says.
#[cfg(not(feature = "jxl"))]
mod decode {
    use crate::{
        codec::Decoded,
        error::{Error, Result},
        limits::Limits,
    };

    /// Refuses.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::Kind::Unsupported), always.
    pub fn decode(_bytes: &[u8], _limits: &Limits) -> Result<Decoded> {
        Err(Error::unsupported("this build reads no JPEG XL"))
    }
}

pub(super) use self::{decode::decode, header::Walk, memory::decoding};

use super::FormatInfo;

/// What is fixed about JPEG XL.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "jxl",
    media_type: "image/jxl",
    subtypes: &["jxl"],
    extensions: &["jxl"],
    max_side: 1 << 30,
    has_gray: true,
    is_web_safe: false,
    decodes: cfg!(feature = "jxl"),
    is_vector: false,
    moves: false,
    encodes: None,
};
