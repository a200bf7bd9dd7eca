//! VP8L, by `image-webp`.

use image_webp::{ColorType, WebPEncoder};

use super::encode::Chunks;
use crate::{
    error::{Error, Kind, Result},
    pixel::{Layout, Raster, Size},
};

/// Bytes before the `VP8L` payload in the simple file that `image-webp` writes.
const FILE_HEADER: usize = 20;

/// The bytes of a VP8L header: signature, width, height, alpha hint and version.
const STREAM_HEADER: usize = 5;

/// Encodes a picture without loss.
pub(super) fn encode(mut raster: Raster) -> Result<Chunks> {
    raster.clear_hidden();
    let color = match raster.layout() {
        Layout::Gray => ColorType::L8,
        Layout::GrayAlpha => ColorType::La8,
        Layout::Rgb => ColorType::Rgb8,
        Layout::Rgba => ColorType::Rgba8,
    };
    let picture = stream(raster.data(), raster.size(), color)?;
    Ok(Chunks { alpha: None, name: *b"VP8L", picture, has_alpha: raster.layout().has_alpha() })
}

fn stream(data: &[u8], size: Size, color: ColorType) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    WebPEncoder::new(&mut file)
        .encode(data, size.width, size.height, color)
        .map_err(|error| Error::with_source(Kind::Internal, "lossless WebP", error))?;
    let stated = file.get(FILE_HEADER - 4..FILE_HEADER).and_then(|bytes| bytes.try_into().ok());
    let length = stated.map_or(0, |bytes| u32::from_le_bytes(bytes) as usize);
    file.truncate(FILE_HEADER + length);
    file.drain(..FILE_HEADER);
    if file.len() != length || length <= STREAM_HEADER {
        return Err(Error::new(Kind::Internal, "lossless WebP: a file of another shape than known"));
    }
    Ok(file)
}
