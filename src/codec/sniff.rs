//! What a file is, from its first bytes.

use super::{Format, Probe};
use crate::error::{Error, Result};

/// The format of a file by its first bytes (64 are enough; SVG may need more).
#[must_use]
pub fn sniff(head: &[u8]) -> Option<Format> {
    head.starts_with(&[0xff, 0xd8, 0xff]).then_some(Format::Jpeg)
}

/// Reads a file's header. `head` holds its first [`super::PROBE_BYTES`] bytes, or all of it.
///
/// # Errors
/// `Unsupported` when it is no picture that is known here, `Malformed` when its header makes no sense.
pub fn probe(head: &[u8]) -> Result<Probe> {
    sniff(head).map_or_else(
        || Err(Error::unsupported("not a picture that is known here")),
        |_| Err(Error::malformed("no frame header")),
    )
}
