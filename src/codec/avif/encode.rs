//! Writes a still AVIF: the pictures by [`av1`], the boxes around them by [`container`].
//!
//! Colour is full-range BT.601 YCbCr, which is what a JPEG's planes are, so they go in untouched. Grey has no
//! chroma planes at all, alpha is an auxiliary monochrome picture.

mod av1;
mod container;

use self::container::Still;
use super::memory::alpha_quality;
use crate::{
    codec::Coding,
    error::Result,
    pixel::{Layout, Metadata, Picture, Raster, Subsampling},
};

/// Encodes a picture.
///
/// # Errors
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no room.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let size = picture.size();
    let (color, alpha) = parts(picture, coding.full_chroma)?;
    let alpha = alpha
        .map(|plane| av1::encode(av1::Image::Gray(size, plane), alpha_quality(coding.quality), coding.effort))
        .transpose()?;
    let subsampling = color.subsampling();
    let color = av1::encode(color, coding.quality, coding.effort)?;
    container::write(&Still { size, subsampling, color: &color, alpha: alpha.as_deref(), metadata })
}

/// The colour and the alpha plane of a picture.
fn parts(picture: Picture, full_chroma: bool) -> Result<(av1::Image, Option<Vec<u8>>)> {
    match picture {
        Picture::Planes(planes) => {
            let keeps_chroma = full_chroma && planes.subsampling() == Subsampling::Yuv444;
            let planes = if keeps_chroma { planes } else { planes.into_yuv420()? };
            Ok((av1::Image::Color(planes), None))
        }
        other => {
            let mut raster = other.into_raster()?;
            raster.continue_hidden();
            let alpha = raster.alpha()?;
            let color = match raster.layout() {
                Layout::Gray | Layout::GrayAlpha => av1::Image::Gray(raster.size(), gray(raster)),
                Layout::Rgb | Layout::Rgba => {
                    let subsampling = if full_chroma { Subsampling::Yuv444 } else { Subsampling::Yuv420 };
                    av1::Image::Color(raster.to_planes(subsampling)?)
                }
            };
            Ok((color, alpha))
        }
    }
}

/// The grey samples, moved together within their own memory.
fn gray(raster: Raster) -> Vec<u8> {
    let channels = raster.layout().channels() as usize;
    let mut data = raster.into_data();
    let pixels = data.len() / channels;
    for i in 1..pixels {
        data[i] = data[i * channels];
    }
    data.truncate(pixels);
    data
}
