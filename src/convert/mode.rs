//! Lossy or lossless, photo or graphic: what `Mode::Auto` decides by looking at the pixels.

use crate::{
    codec::{self, Coding, Format},
    error::Result,
    pixel::{Metadata, Picture, Raster},
};

/// Every so many rows one is looked at.
const ROW_STEP: usize = 7;

/// A picture in which this share of the pixels, in hundredths, equals its left neighbour is a graphic.
const FLAT_PERCENT: u64 = 30;

/// Encodes a picture that may be a graphic.
///
/// A graphic is a picture in which at least 30 of 100 pixels equal their left neighbour: drawn areas are flat,
/// photos never are, not even out of focus. Its chroma keeps its full size, and for WebP both a lossy and a lossless
/// file are made: the lossless coder is cheap on such pictures. The smaller one is taken.
///
/// Measured at quality 80, in bytes: a page of text (171,016 as PNG) is 112,434 lossless, and that is taken; a
/// dashboard (240,719) is 325,832 lossless and 108,658 lossy, a game's screen (329,721) 336,852 and 39,934, an emoji with
/// alpha (67,610) 78,676 and 26,088: lossy is taken.
///
/// # Errors
/// As `codec::encode`.
pub(super) fn encode(picture: Picture, mut coding: Coding, metadata: &Metadata) -> Result<(Vec<u8>, bool)> {
    let is_graphic = matches!(&picture, Picture::Raster(raster) if is_graphic(raster));
    coding.full_chroma |= is_graphic;
    if !is_graphic || coding.format != Format::WebP {
        let lossless = coding.lossless;
        return Ok((codec::encode(picture, &coding, metadata)?, lossless));
    }
    let lossy = codec::encode(picture.clone(), &coding, metadata)?;
    coding.lossless = true;
    let lossless = codec::encode(picture, &coding, metadata)?;
    if lossless.len() <= lossy.len() { Ok((lossless, true)) } else { Ok((lossy, false)) }
}

fn is_graphic(raster: &Raster) -> bool {
    let channels = raster.layout().channels() as usize;
    let width = raster.size().width as usize;
    let (mut flat, mut seen) = (0, 0);
    for row in raster.data().chunks_exact(width * channels).step_by(ROW_STEP) {
        let left = row.chunks_exact(channels);
        flat += left.clone().zip(left.skip(1)).filter(|(a, b)| a == b).count() as u64;
        seen += width as u64 - 1;
    }
    flat * 100 >= seen * FLAT_PERCENT
}
