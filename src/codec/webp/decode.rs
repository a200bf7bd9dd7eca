//! From a WebP's bytes to RGB or RGBA, by `image-webp`.

use std::{borrow::Cow, io::Cursor};

use image_webp::{DecodingError, WebPDecoder};

use super::header::{EXIF, Header, XMP};
use crate::{
    codec::Decoded,
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

/// Where the flags of VP8X stand in the file.
const FLAGS: usize = 20;

/// Decodes a WebP, or the first frame of an animation on its canvas.
pub(in crate::codec) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let header = Header::read(bytes)?;
    let size = header.size()?;
    limits.check_size(size)?;
    check_image(&header, size)?;
    limits.check_memory(peak_bytes(&header, size, bytes.len()))?;

    let bytes = without_empty_promises(bytes, &header);
    let mut decoder = WebPDecoder::new(Cursor::new(bytes.as_ref())).map_err(failed)?;
    decoder.set_memory_limit(usize::try_from(limits.max_memory).unwrap_or(usize::MAX));
    let layout = if decoder.has_alpha() { Layout::Rgba } else { Layout::Rgb };
    if decoder.dimensions() != (size.width, size.height) || layout.has_alpha() != header.has_alpha() {
        return Err(Error::malformed("the WebP's chunks contradict each other"));
    }
    let mut raster = Raster::zeroed(size, layout)?;
    decoder.read_image(raster.data_mut()).map_err(failed)?;
    Ok(Decoded {
        picture: Picture::Raster(raster),
        orientation: header.orientation(),
        metadata: Metadata {
            icc: header.icc.map(<[u8]>::to_vec),
            exif: header.exif.map(<[u8]>::to_vec),
            xmp: header.xmp.map(<[u8]>::to_vec),
        },
    })
}

/// The decoder makes room for what the coded image says of itself, which must therefore be what its container
/// says: a canvas of one pixel may not hold an image of 16383x16383.
fn check_image(header: &Header<'_>, canvas: Size) -> Result<()> {
    let image = header.image.ok_or_else(|| Error::malformed("the WebP has no image"))?;
    let stated = if header.is_animated() { header.frame } else { Some(canvas) };
    if stated != Some(image.size) {
        return Err(Error::malformed("the WebP's image is not of the size that its container says"));
    }
    let fits = image.size.width <= canvas.width && image.size.height <= canvas.height;
    if !fits { Err(Error::malformed("the WebP's first frame is larger than its canvas")) } else { Ok(()) }
}

/// The most memory that decoding takes, the file included: the pixels; a copy with alpha (VP8L, animations); for
/// VP8 its planes in whole macroblocks and the alpha plane, which is coded as VP8L; the frame of an animation.
fn peak_bytes(header: &Header<'_>, size: Size, input: usize) -> u64 {
    let channels = if header.has_alpha() { 4 } else { 3 };
    let lossless = header.image.is_some_and(|image| image.lossless);
    let coded = if lossless { 6 } else { 2 };
    let alpha = if header.has_alpha() && !lossless { 6 } else { 0 };
    let animation = if header.is_animated() { 8 } else { 0 };
    let edge = 64 * (u64::from(size.width) + u64::from(size.height));
    2 * input as u64 + (channels + coded + alpha + animation) * size.pixels() + edge + (1 << 20)
}

/// The file without the flags of EXIF and XMP chunks that were removed from it: the decoder would refuse it,
/// where every viewer shows it.
fn without_empty_promises<'a>(bytes: &'a [u8], header: &Header<'_>) -> Cow<'a, [u8]> {
    let missing = [(EXIF, header.exif), (XMP, header.xmp)];
    let missing: u8 =
        missing.iter().filter(|(flag, chunk)| header.misses(*flag, *chunk)).map(|(flag, _)| flag).sum();
    let mut bytes = Cow::Borrowed(bytes);
    if missing != 0 {
        bytes.to_mut()[FLAGS] &= !missing;
    }
    bytes
}

fn failed(source: DecodingError) -> Error {
    let kind = match source {
        DecodingError::MemoryLimitExceeded | DecodingError::ImageTooLarge => Kind::Limit,
        DecodingError::UnsupportedFeature(_) => Kind::Unsupported,
        _ => Kind::Malformed,
    };
    Error::with_source(kind, "the WebP can't be decoded", source)
}
