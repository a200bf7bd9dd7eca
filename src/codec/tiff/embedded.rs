//! JPEG inside TIFF (Technical Note 2): each strip or tile is a JPEG without its tables, which stand in the
//! directory.

use tiff::tags::Tag;

use super::decode::{TiffDecoder, parts, tag};
use crate::{
    codec::Decoded,
    error::{Error, Result},
    limits::Limits,
    pixel::{Layout, Raster, Size},
};

/// Photometric interpretations: grey, RGB and YCbCr.
const GRAY: [u32; 2] = [0, 1];
const RGB: u32 = 2;
const YCBCR: u32 = 6;

/// Decodes all strips or tiles and puts them in place.
pub(super) fn decode(
    decoder: &mut TiffDecoder<'_>,
    bytes: &[u8],
    size: Size,
    limits: &Limits,
    decode_jpeg: fn(&[u8], &Limits) -> Result<Decoded>,
) -> Result<Raster> {
    if tag(decoder, Tag::PlanarConfiguration) == Some(2) {
        return Err(Error::unsupported("a TIFF of JPEGs with its samples apart"));
    }
    let (layout, transform) = match tag(decoder, Tag::PhotometricInterpretation) {
        Some(RGB) => (Layout::Rgb, 0),
        Some(YCBCR) => (Layout::Rgb, 1),
        Some(kind) if GRAY.contains(&kind) => (Layout::Gray, 0),
        _ => return Err(Error::unsupported("a TIFF of JPEGs that are neither grey, RGB nor YCbCr")),
    };
    let tables = decoder.get_tag_u8_vec(Tag::JPEGTables).unwrap_or_default();
    let (chunk_width, chunk_height) = decoder.chunk_dimensions();
    if chunk_width == 0 || chunk_height == 0 {
        return Err(Error::malformed("the TIFF's tiles have no size"));
    }
    let across = size.width.div_ceil(chunk_width);
    let mut raster = Raster::zeroed(size, layout)?;
    for (number, chunk) in (0_u32..).zip(parts(decoder, bytes)?) {
        let left = (number % across) * chunk_width;
        let top = u64::from(number / across) * u64::from(chunk_height);
        if top >= u64::from(size.height) {
            break;
        }
        let decoded = decode_jpeg(&whole_jpeg(&tables, chunk, transform)?, limits)?;
        // No more of the JPEG is used than the TIFF says, whatever it says of itself.
        place(&decoded.picture.into_raster()?, left, top as u32, &mut raster)?;
    }
    Ok(raster)
}

/// A JPEG of the tables and the strip or tile. Adobe's segment says whether the colours are to be converted.
fn whole_jpeg(tables: &[u8], chunk: &[u8], transform: u8) -> Result<Vec<u8>> {
    let tables = tables.strip_prefix(&[0xff, 0xd8]).unwrap_or_default();
    let tables = tables.strip_suffix(&[0xff, 0xd9]).unwrap_or(tables);
    let scan =
        chunk.strip_prefix(&[0xff, 0xd8]).ok_or_else(|| Error::malformed("a part of the TIFF is no JPEG"))?;
    let mut jpeg = Vec::new();
    jpeg.try_reserve_exact(18 + tables.len() + scan.len())?;
    jpeg.extend_from_slice(&[0xff, 0xd8, 0xff, 0xee, 0, 14]);
    jpeg.extend_from_slice(b"Adobe\0\x64\0\0\0\0");
    jpeg.push(transform);
    jpeg.extend_from_slice(tables);
    jpeg.extend_from_slice(scan);
    Ok(jpeg)
}

/// Copies a strip or tile to its place, without what lies past the edges.
fn place(part: &Raster, left: u32, top: u32, raster: &mut Raster) -> Result<()> {
    if part.layout() != raster.layout() {
        return Err(Error::malformed("a part of the TIFF is of another colour than the rest"));
    }
    let channels = raster.layout().channels() as usize;
    let [line, left] = [raster.size().width, left].map(|side| side as usize * channels);
    let row = part.size().width as usize * channels;
    let length = row.min(line - left);
    let lines = raster.data_mut().chunks_exact_mut(line).skip(top as usize);
    for (to, from) in lines.zip(part.data().chunks_exact(row)) {
        to[left..left + length].copy_from_slice(&from[..length]);
    }
    Ok(())
}
