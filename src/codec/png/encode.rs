//! Writes a PNG, by the `png` crate.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use crate::{
    codec::Coding,
    error::{Error, Kind, Result},
    pixel::{Layout, Metadata, Picture},
};

/// Encodes a picture, always without loss.
///
/// # Errors
/// `Memory` when there is no room.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let raster = picture.into_raster()?;
    let size = raster.size();
    let mut out = Vec::new();
    let mut info = png::Info::with_size(size.width, size.height);
    info.color_type = match raster.layout() {
        Layout::Gray => ColorType::Grayscale,
        Layout::GrayAlpha => ColorType::GrayscaleAlpha,
        Layout::Rgb => ColorType::Rgb,
        Layout::Rgba => ColorType::Rgba,
    };
    info.bit_depth = BitDepth::Eight;
    info.icc_profile = metadata.icc.as_deref().map(Into::into);
    info.exif_metadata = metadata.exif.as_deref().map(Into::into);
    let mut encoder = Encoder::with_info(&mut out, info).map_err(failed)?;
    encoder.set_compression(match coding.effort {
        0..=1 => Compression::Fast,
        2..=4 => Compression::Balanced,
        _ => Compression::High,
    });
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(raster.data()).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(out)
}

fn failed(error: EncodingError) -> Error {
    Error::with_source(Kind::Internal, "PNG", error)
}
