//! Windows bitmaps, read with the `image` crate.

use std::io::Cursor;

use image::{ColorType, ImageDecoder, ImageError, codecs::bmp::BmpDecoder};

use super::{Decoded, Format, Probe};
use crate::{
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

/// Reads what a bitmap's head says about it.
pub(super) fn probe(head: &[u8]) -> Result<Probe> {
    let decoder = BmpDecoder::new(Cursor::new(head)).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    Ok(Probe {
        format: Format::Bmp,
        size: Size::new(width, height),
        depth: 8,
        alpha: decoder.color_type().has_alpha(),
        color: decoder.color_type().has_color(),
        animated: Some(false),
        orientation: Orientation::Upright,
        subsampling: None,
        progressive: false,
        icc: false,
    })
}

/// Decodes a bitmap.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let size = Size::new(width, height);
    limits.check_size(size)?;
    let layout = match decoder.color_type() {
        ColorType::L8 => Layout::Gray,
        ColorType::Rgb8 => Layout::Rgb,
        ColorType::Rgba8 => Layout::Rgba,
        other => return Err(Error::unsupported(format!("a bitmap of {other:?}"))),
    };
    // Beside the pixels: a row in work and a palette.
    let pixels = u64::from(layout.channels()) * size.pixels();
    limits.check_memory(bytes.len() as u64 + pixels + 16 * u64::from(width) + (1 << 20))?;
    let mut raster = Raster::zeroed(size, layout)?;
    decoder.read_image(raster.data_mut()).map_err(failed)?;
    Ok(Decoded {
        picture: Picture::Raster(raster),
        orientation: Orientation::Upright,
        metadata: Metadata::default(),
    })
}

fn failed(source: ImageError) -> Error {
    let kind = match source {
        ImageError::Limits(_) => Kind::Limit,
        ImageError::Unsupported(_) => Kind::Unsupported,
        _ => Kind::Malformed,
    };
    Error::with_source(kind, "the bitmap can't be decoded", source)
}
