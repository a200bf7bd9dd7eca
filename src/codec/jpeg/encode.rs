//! Writes a JPEG, by `jpeg-encoder`.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::{
    codec::Coding,
    error::{Error, Kind, Result},
    pixel::{Layout, Metadata, Picture, Raster},
};

/// Encodes a picture. JPEG has no alpha: give it an opaque picture.
///
/// # Errors
/// `Limit` when a side is longer than JPEG can say or metadata is larger than its segments hold.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let raster = picture.into_raster()?;
    let size = raster.size();
    let (Ok(width), Ok(height)) = (u16::try_from(size.width), u16::try_from(size.height)) else {
        return Err(Error::limit(format!(
            "{}x{} is past JPEG's longest side of 65535",
            size.width, size.height
        )));
    };
    let (data, color) = opaque(raster)?;
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, coding.quality.clamp(1, 100));
    encoder.set_sampling_factor(if coding.quality < 90 {
        SamplingFactor::F_2_2
    } else {
        SamplingFactor::F_1_1
    });
    encoder.set_optimized_huffman_tables(true);
    if let Some(icc) = &metadata.icc {
        encoder
            .add_icc_profile(icc)
            .map_err(|error| Error::with_source(Kind::Limit, "ICC profile", error))?;
    }
    if let Some(exif) = &metadata.exif {
        encoder.add_exif_metadata(exif).map_err(|error| Error::with_source(Kind::Limit, "EXIF", error))?;
    }
    encoder
        .encode(&data, width, height, color)
        .map_err(|error| Error::with_source(Kind::Internal, "JPEG", error))?;
    Ok(out)
}

/// The samples without alpha, over white, as a page shows them.
fn opaque(raster: Raster) -> Result<(Vec<u8>, ColorType)> {
    let layout = raster.layout();
    let channels = layout.channels() as usize;
    let color = if channels < 3 { ColorType::Luma } else { ColorType::Rgb };
    let mut data = raster.into_data();
    if matches!(layout, Layout::Gray | Layout::Rgb) {
        return Ok((data, color));
    }
    let pixels = data.len() / channels;
    for i in 0..pixels {
        let alpha = u32::from(data[i * channels + channels - 1]);
        for c in 0..channels - 1 {
            let over = u32::from(data[i * channels + c]) * alpha + 255 * (255 - alpha);
            data[i * (channels - 1) + c] = ((over + 127) / 255) as u8;
        }
    }
    data.truncate(pixels * (channels - 1));
    Ok((data, color))
}
