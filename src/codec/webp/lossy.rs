//! VP8, by `gamut-webp` until an encoder of our own takes its place behind [`encode`].
//!
//! The planes go in as they come from a JPEG, scaled from JFIF's full range to the studio range that WebP
//! decoders assume; RGB is turned into planes first. Alpha is kept without loss in `ALPH`.

use gamut_color::Yuv420;
use gamut_webp::vp8::frame::encode_frame;

use super::{encode::Chunks, lossless};
use crate::{
    error::{Error, Kind, Result},
    pixel::{Picture, Planes, Subsampling},
};

/// Encodes a picture with loss. `gamut-webp` has no levels of effort, so `effort` changes nothing yet.
pub(super) fn encode(picture: Picture, quality: u8, _effort: u8) -> Result<Chunks> {
    let size = picture.size();
    let (planes, alpha) = match picture {
        Picture::Planes(planes) => (planes.into_yuv420()?, None),
        Picture::Raster(mut raster) => {
            raster.continue_hidden();
            let alpha = raster.alpha()?;
            let alpha = alpha.map(|plane| lossless::encode_alpha(&plane, size)).transpose()?;
            (raster.to_planes(Subsampling::Yuv420)?, alpha)
        }
    };
    let picture = encode_planes(planes, quality)?;
    let has_alpha = alpha.is_some();
    Ok(Chunks { alpha, name: *b"VP8 ", picture, has_alpha })
}

fn encode_planes(planes: Planes, quality: u8) -> Result<Vec<u8>> {
    let size = planes.size();
    let [mut y, mut u, mut v] = planes.into_planes();
    to_studio_range(&mut y, 219, 16);
    to_studio_range(&mut u, 224, 16);
    to_studio_range(&mut v, 224, 16);
    let yuv = Yuv420::new(size.width, size.height, y, u, v)
        .map_err(|error| Error::with_source(Kind::Internal, "lossy WebP", error))?;
    Ok(encode_frame(&yuv, quantizer(quality)).0)
}

/// The quantizer's index, 0 (finest) to 127, for a quality of 0 to 100: `gamut-webp`'s own straight line.
fn quantizer(quality: u8) -> u8 {
    ((100 - u32::from(quality.min(100))) * 127 / 100) as u8
}

/// From 0–255 to `low`–`low + span`.
fn to_studio_range(plane: &mut [u8], span: u32, low: u32) {
    for sample in plane {
        *sample = ((u32::from(*sample) * span + 127) / 255 + low) as u8;
    }
}
