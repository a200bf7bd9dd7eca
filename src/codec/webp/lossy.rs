//! A lossy picture's chunks: [`vp8`] for the colour, `ALPH` without loss for alpha.
//!
//! The planes go in as they come from a JPEG, without a turn through RGB.

use super::{
    encode::Chunks,
    lossless,
    vp8::{Config, Encoder},
};
use crate::{error::Result, pixel::Picture};

/// Encodes a picture with loss, at a quality of 0 to 100 and an effort of 0 to 6.
pub(super) fn encode(picture: Picture, quality: u8, effort: u8) -> Result<Chunks> {
    let size = picture.size();
    let mut encoder = Encoder::new(size, Config { quality, effort })?;
    let alpha = match picture {
        Picture::Planes(planes) => {
            let [y, cb, cr] = planes.planes();
            encoder.push_planes(planes.subsampling(), [y, cb, cr])?;
            None
        }
        Picture::Raster(mut raster) => {
            raster.continue_hidden();
            encoder.push_rows(raster.layout(), raster.data())?;
            raster.alpha()?.map(|plane| lossless::encode_alpha(&plane, size)).transpose()?
        }
    };
    let has_alpha = alpha.is_some();
    Ok(Chunks { alpha, name: *b"VP8 ", picture: encoder.finish()?, has_alpha })
}
