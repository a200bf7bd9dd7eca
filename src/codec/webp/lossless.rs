//! A picture without loss, as VP8L.

use super::{container::Chunks, vp8l::image};
use crate::{codec::Coding, error::Result, pixel::Raster};

/// Encodes a picture without loss.
///
/// # Errors
/// [`Kind::OutputTooLarge`](crate::error::Kind::OutputTooLarge) when it takes more than `coding.max_bytes`;
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub(super) fn encode(mut raster: Raster, coding: &Coding) -> Result<Chunks> {
    raster.clear_hidden();
    let has_alpha = raster.layout().has_alpha();
    let picture = image::encode(raster, coding, image::AROUND)?;
    Ok(Chunks { alpha: None, name: *b"VP8L", picture, has_alpha })
}
