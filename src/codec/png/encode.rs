//! Writes a PNG by rows, by the `png` crate: with a palette where the colours are few, else as the samples are.

use std::io::Write;

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter, Info, text_metadata::ITXtChunk};

use super::{memory::most_bytes, palette::Palette};
use crate::{
    codec::{Coding, file_buffer::FileBuffer},
    error::{Kind, Result},
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

/// The keyword under which XMP is stored (XMP specification part 3, section 1.1.5).
const XMP_KEYWORD: &str = "XML:com.adobe.xmp";

/// The most bytes of compressed samples in a chunk.
const CHUNK: usize = 32 << 10;

/// Encodes a picture, always without loss. XMP that is not UTF-8 is left out.
///
/// # Errors
/// [`Kind::OutputTooLarge`] when the file would pass `Coding::max_bytes`, [`Kind::OutOfMemory`] when there is no room.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let mut raster = picture.into_raster()?;
    raster.clear_hidden();
    // Grey takes a byte a pixel as it is: only a palette of shorter indices pays.
    let most = if raster.layout() == Layout::Gray { 16 } else { 256 };
    let palette = Palette::of(&raster, most);
    let palette = palette.as_ref();
    match coding.effort {
        // It can't store what doesn't compress, which would become longer.
        0..=1 => match file(&raster, palette, Compression::Fast, coding, metadata) {
            Err(error)
                if error.kind() == Kind::OutputTooLarge
                    && coding.max_bytes >= noise_bytes(&raster, metadata) =>
            {
                file(&raster, palette, Compression::NoCompression, coding, metadata)
            }
            other => other,
        },
        2..=4 => file(&raster, palette, Compression::Balanced, coding, metadata),
        _ => file(&raster, palette, Compression::High, coding, metadata),
    }
}

fn file(
    raster: &Raster,
    palette: Option<&Palette>,
    compression: Compression,
    coding: &Coding,
    metadata: &Metadata,
) -> Result<Vec<u8>> {
    let Size { width, height } = raster.size();
    let mut info = Info::with_size(width, height);
    info.color_type = color_type(raster, palette);
    info.icc_profile = metadata.icc.as_deref().map(Into::into);
    info.exif_metadata = metadata.exif.as_deref().map(Into::into);
    if let Some(xmp) = metadata.xmp.as_ref().and_then(|xmp| str::from_utf8(xmp).ok()) {
        info.utf8_text.push(ITXtChunk::new(XMP_KEYWORD, xmp));
    }
    if let Some(palette) = palette {
        info.bit_depth = depth(palette.bits);
        info.palette = Some(palette.colors.as_slice().into());
        info.trns = Some(palette.alphas.as_slice()).filter(|alphas| !alphas.is_empty()).map(Into::into);
    }
    let noise = noise_bytes(raster, metadata);
    let mut buffer = FileBuffer::new(noise, coding.max_bytes)?;
    if matches!(compression, Compression::Fast) {
        buffer = buffer.up_to(noise);
    }
    let coded = write(info, raster, palette, compression, &mut buffer);
    buffer.finish(coded, format!("a PNG of {width}x{height}"))
}

fn write(
    info: Info<'_>,
    raster: &Raster,
    palette: Option<&Palette>,
    compression: Compression,
    buffer: &mut FileBuffer,
) -> Result<(), EncodingError> {
    let mut encoder = Encoder::with_info(buffer, info)?;
    encoder.set_compression(compression);
    if palette.is_some() || matches!(compression, Compression::NoCompression) {
        // Neighbouring indices are unrelated.
        encoder.set_filter(Filter::NoFilter);
    }
    let mut writer = encoder.write_header()?;
    let mut rows = writer.stream_writer_with_size(CHUNK)?;
    let mut packed = Vec::new();
    let row_bytes = raster.size().width as usize * raster.layout().channels() as usize;
    for row in raster.data().chunks_exact(row_bytes) {
        match palette {
            Some(palette) => {
                palette.pack(row, &mut packed);
                rows.write_all(&packed)?;
            }
            None => rows.write_all(row)?,
        }
    }
    rows.finish()?;
    writer.finish()
}

/// What a file has whose picture is stored.
fn noise_bytes(raster: &Raster, metadata: &Metadata) -> u64 {
    most_bytes(raster.size(), raster.layout().channels()) + metadata.len()
}

fn color_type(raster: &Raster, palette: Option<&Palette>) -> ColorType {
    match (palette, raster.layout()) {
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
