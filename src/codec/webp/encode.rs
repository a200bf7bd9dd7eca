//! Encodes a still WebP: [`super::lossy`] or [`super::lossless`] makes the picture, [`super::container`] the file
//! around it.

use super::{container, lossless, lossy};
use crate::{
    codec::Coding,
    error::Result,
    pixel::{Metadata, Picture},
};

/// Encodes a picture.
///
/// # Errors
/// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when the picture doesn't fit the format;
/// [`Kind::OutputTooLarge`](crate::error::Kind::OutputTooLarge) when the file is longer than it may be;
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let size = picture.size();
    let chunks = if coding.lossless {
        lossless::encode(picture.into_raster()?, coding)?
    } else {
        lossy::encode(picture, coding)?
    };
    container::file(size, chunks, metadata)
}
