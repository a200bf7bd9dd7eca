//! Writes a PNG, by the `png` crate: with a palette where the colours are few, else as the samples are.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter, Info, text_metadata::ITXtChunk};

use super::palette::{self, Indexed};
use crate::{
    codec::Coding,
    error::{Error, Kind, Result},
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

/// The keyword under which XMP is stored (XMP specification part 3, section 1.1.5).
const XMP_KEYWORD: &str = "XML:com.adobe.xmp";

/// Encodes a picture, always without loss. XMP that is not UTF-8 is left out.
///
/// # Errors
/// `Memory` when there is no room.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let mut raster = picture.into_raster()?;
    raster.clear_hidden();
    // Grey takes a byte a pixel as it is, so only a palette of less than a byte is worth it.
    let most = if raster.layout() == Layout::Gray { 16 } else { 256 };
    let indexed = palette::index(&raster, most)?;
    let mut info = Info::with_size(raster.size().width, raster.size().height);
    info.color_type = color_type(&raster, indexed.as_ref());
    info.icc_profile = metadata.icc.as_deref().map(Into::into);
    info.exif_metadata = metadata.exif.as_deref().map(Into::into);
    if let Some(xmp) = metadata.xmp.as_ref().and_then(|xmp| String::from_utf8(xmp.clone()).ok()) {
        info.utf8_text.push(ITXtChunk::new(XMP_KEYWORD, xmp));
    }
    if let Some(indexed) = &indexed {
        info.bit_depth = depth(indexed.bits);
        info.palette = Some(indexed.colors.as_slice().into());
        info.trns = Some(indexed.alphas.as_slice()).filter(|alphas| !alphas.is_empty()).map(Into::into);
    }
    let rows = indexed.as_ref().map_or_else(|| raster.data(), |indexed| &indexed.rows);
    write(info, rows, coding.effort, indexed.is_some()).map_err(|error| {
        let Size { width, height } = raster.size();
        Error::with_source(Kind::Internal, format!("a PNG of {width}x{height}"), error)
    })
}

fn write(info: Info<'_>, rows: &[u8], effort: u8, is_indexed: bool) -> Result<Vec<u8>, EncodingError> {
    let mut out = Vec::new();
    let mut encoder = Encoder::with_info(&mut out, info)?;
    encoder.set_compression(match effort {
        0..=1 => Compression::Fast,
        2..=4 => Compression::Balanced,
        _ => Compression::High,
    });
    if is_indexed {
        // Neighbouring indices have nothing to do with each other.
        encoder.set_filter(Filter::NoFilter);
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rows)?;
    writer.finish()?;
    Ok(out)
}

fn color_type(raster: &Raster, indexed: Option<&Indexed>) -> ColorType {
    match (indexed, raster.layout()) {
        (Some(_), _) => ColorType::Indexed,
        (None, Layout::Gray) => ColorType::Grayscale,
        (None, Layout::GrayAlpha) => ColorType::GrayscaleAlpha,
        (None, Layout::Rgb) => ColorType::Rgb,
        (None, Layout::Rgba) => ColorType::Rgba,
    }
}

fn depth(bits: u8) -> BitDepth {
    match bits {
        1 => BitDepth::One,
        2 => BitDepth::Two,
        4 => BitDepth::Four,
        _ => BitDepth::Eight,
    }
}
