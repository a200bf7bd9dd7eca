//! Writes a still AVIF: the pictures by [`rows`], the boxes around them by [`container`].
//!
//! Colour is full-range BT.601 YCbCr, which is what a JPEG's planes are, so they go in untouched. Grey has no
//! chroma planes at all, alpha is an auxiliary monochrome picture.

mod container;
mod rows;

pub(crate) use self::rows::RowWriter;

use crate::{
    codec::Coding,
    error::Result,
    pixel::{Metadata, Picture},
};

/// Encodes a picture.
///
/// # Errors
/// [`Kind::OutputTooLarge`](crate::error::Kind::OutputTooLarge) when the file is longer than it may be;
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let mut writer = RowWriter::new(picture.size(), coding)?;
    match picture {
        Picture::Planes(planes) => {
            let [y, cb, cr] = planes.planes();
            writer.push_planes(planes.subsampling(), [y, cb, cr])?;
        }
        other => {
            let raster = other.into_raster()?;
            writer.push_rows(raster.layout(), raster.data())?;
        }
    }
    writer.finish(metadata)
}
