//! VP8L, by `image-webp`.

use image_webp::{ColorType, EncoderParams, WebPEncoder};

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
    let picture = stream(raster.data(), raster.size(), color, true)?;
    Ok(Chunks { alpha: None, name: *b"VP8L", picture, has_alpha: raster.layout().has_alpha() })
}

/// A filtered alpha plane as the payload of `ALPH`: a byte that says how it was made, and a VP8L stream without its
/// header, with alpha in the place of green (RFC 9649 section 2.7.1.2). The filter is what predicts, so the stream's
/// own predictor is not used.
pub(super) fn encode_alpha(plane: &[u8], size: Size, header: u8) -> Result<Vec<u8>> {
    let mut payload = stream(plane, size, ColorType::L8, false)?;
    payload.drain(1..STREAM_HEADER);
    payload[0] = header;
    Ok(payload)
}

fn stream(data: &[u8], size: Size, color: ColorType, predicts: bool) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = WebPEncoder::new(&mut file);
    let mut params = EncoderParams::default();
    params.use_predictor_transform = predicts;
    encoder.set_params(params);
    encoder
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
