//! Encodes a still WebP without loss: [`super::lossless`] makes the picture, [`super::container`] the file around it.
//! One with loss is written by rows ([`super::lossy`]).

use super::{container, lossless};
use crate::{
    codec::Coding,
    error::Result,
    pixel::{Metadata, Picture},
};

/// Encodes a picture without loss.
///
/// # Errors
/// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when the picture doesn't fit the format;
/// [`Kind::OutputTooLarge`](crate::error::Kind::OutputTooLarge) when the file is longer than it may be;
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let size = picture.size();
    let chunks = lossless::encode(picture.into_raster()?, coding)?;
    container::file(size, chunks, metadata)
}
