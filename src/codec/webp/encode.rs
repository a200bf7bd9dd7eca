//! Encodes a still WebP: [`super::lossy`] or [`super::lossless`] makes the picture, [`super::container`] the file around it.

use super::{container, lossless, lossy};
use crate::{
    codec::Coding,
    error::{Error, Result},
    pixel::{Metadata, Picture, Size},
};

/// The longest side, in pixels: 14 bits in the headers of VP8 and VP8L.
const MAX_SIDE: u32 = 16_383;

/// Encodes a picture.
///
/// # Errors
/// `LimitExceeded` when a side is longer than WebP can say, `OutOfMemory` when there is no room.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let size = picture.size();
    if size.width.max(size.height) > MAX_SIDE {
        let Size { width, height } = size;
        return Err(Error::limit(format!("{width}x{height} is past WebP's longest side of {MAX_SIDE}")));
    }
    let chunks = if coding.lossless {
        lossless::encode(picture.into_raster()?, coding)?
    } else {
        lossy::encode(picture, coding)?
    };
    container::file(size, chunks, metadata)
}
