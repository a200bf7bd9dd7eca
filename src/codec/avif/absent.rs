//! AVIF in a build without the AV1 encoder.

use crate::{
    codec::Coding,
    error::{Error, Result},
    pixel::{Metadata, Picture},
};

/// Refuses.
///
/// # Errors
/// `Unsupported`, always.
pub fn encode(_picture: Picture, _coding: &Coding, _metadata: &Metadata) -> Result<Vec<u8>> {
    Err(Error::unsupported("this build makes no AVIF"))
}
