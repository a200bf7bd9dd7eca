//! AVIF (AV1 Image File Format 1.1): pictures of AV1 in HEIF.
//!
//! [`encode`] writes it. Of a file [`super::heif`] finds out what is to be decoded, and makes colours of it; [`tile_rows`]
//! has pictures decoded by [`super::av1`], row by row.

#[cfg(feature = "avif")]
mod decode;
#[cfg(feature = "avif")]
mod encode;
mod memory;
#[cfg(feature = "avif")]
mod tile_rows;

/// A build without AV1 knows what the boxes say.
#[cfg(not(feature = "avif"))]
mod decode {
    use crate::{
        codec::{Decoded, Format, Probe, heif, rows::Sink, view::View},
        error::{Error, Result},
        limits::Limits,
    };

    /// Reads what the boxes say.
    pub fn probe(view: View<'_>) -> Result<Probe> {
        heif::probe::probe(view, Format::Avif)
    }

    /// Refuses.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::Kind::Unsupported), always.
    pub fn decode(_bytes: &[u8], _limits: &Limits) -> Result<Decoded> {
        Err(Error::unsupported("this build reads no AVIF"))
    }

    /// Has no rows.
    ///
    /// # Errors
    /// None.
    pub fn decode_rows(_bytes: &[u8], _limits: &Limits, _sink: &mut dyn Sink) -> Result<bool> {
        Ok(false)
    }
}

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

#[cfg(feature = "avif")]
use self::decode::Av1;
pub(super) use self::encode::RowWriter;
pub use self::encode::encode;
pub(super) use self::{
    decode::{decode, decode_rows, probe},
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
