//! AVIF (AV1 Image File Format 1.1): written here; what its files say is read by [`super::heif`].

#[cfg(feature = "avif")]
mod encode;
mod memory;

/// A build without the AV1 encoder.
#[cfg(not(feature = "avif"))]
mod encode {
    use crate::{
        codec::Coding,
        error::{Error, Result},
        pixel::{Metadata, Picture},
    };

    /// Refuses.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::Kind::Unsupported), always.
    pub fn encode(_picture: Picture, _coding: &Coding, _metadata: &Metadata) -> Result<Vec<u8>> {
        Err(Error::unsupported("this build makes no AVIF"))
    }
}

pub(super) use self::encode::RowWriter;
pub use self::encode::encode;
pub(super) use self::memory::encoding;

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
    decodes: false,
    is_vector: false,
    moves: false,
    encodes: if cfg!(feature = "avif") { Some(Modes::Lossy) } else { None },
};
