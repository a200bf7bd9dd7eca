//! HEIC: pictures of HEVC (ITU-T H.265) in HEIF (ISO 23008-12, annex B), as phones make them: mostly grids of tiles,
//! which are decoded row of tiles by row of tiles.
//!
//! [`heif`](super::heif) finds out of a file's items what is to be decoded, and makes colours of it; [`hevc`] has a tile
//! decoded by the `heic-decoder` crate, [`tile_rows`] gives rows of the tiles side by side.

#[cfg(feature = "heic")]
mod decode;
#[cfg(feature = "heic")]
mod heap;
#[cfg(feature = "heic")]
mod hevc;
mod memory;
#[cfg(feature = "heic")]
mod tile_rows;

/// A build without the HEVC decoder knows what the boxes say.
#[cfg(not(feature = "heic"))]
mod decode {
    use crate::{
        codec::{Decoded, Format, Probe, heif, rows::Sink, view::View},
        error::{Error, Result},
        limits::Limits,
    };

    /// Reads what the boxes say.
    pub fn probe(view: View<'_>) -> Result<Probe> {
        heif::probe::probe(view, Format::Heic)
    }

    /// Refuses.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::Kind::Unsupported), always.
    pub fn decode(_bytes: &[u8], _limits: &Limits) -> Result<Decoded> {
        Err(Error::unsupported("this build reads no HEIC"))
    }

    /// Has no rows.
    ///
    /// # Errors
    /// None.
    pub fn decode_rows(_bytes: &[u8], _limits: &Limits, _sink: &mut dyn Sink) -> Result<bool> {
        Ok(false)
    }
}

#[cfg(feature = "heic")]
use self::decode::Hevc;
pub(super) use self::{
    decode::{decode, decode_rows, probe},
    memory::decoding,
};

use super::FormatInfo;

/// What is fixed about HEIC.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "heic",
    media_type: "image/heic",
    subtypes: &["heic", "heif"],
    extensions: &["heic", "heif"],
    max_side: u32::MAX,
    has_gray: true,
    is_web_safe: false,
    decodes: cfg!(feature = "heic"),
    is_vector: false,
    moves: false,
    encodes: None,
};
