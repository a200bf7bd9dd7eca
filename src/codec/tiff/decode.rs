//! From a TIFF's first directory to a picture of 8 bits a sample.

use std::{borrow::Cow, io::Cursor};

use tiff::{
    ColorType, TiffError,
    decoder::{ChunkType, Decoder, DecodingResult},
    tags::Tag,
};

use super::{embedded, group3, samples};
use crate::{
    codec::{
        Decoded, Format, Probe,
        bytes::{be16, be32, le16, le32},
        icc,
    },
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

pub(super) type TiffDecoder<'a> = Decoder<Cursor<&'a [u8]>>;

/// The most that a single entry of the directory may take: strip tables, colour maps, ICC profiles.
const MAX_ENTRY_BYTES: usize = 8 << 20;
/// Values of the compression tag.
const GROUP3: u32 = 3;
const JPEG: u32 = 7;
/// Values of the photometric interpretation.
const GRAY: u16 = 1;
const PALETTE: u32 = 3;

/// Reads what a TIFF's directory says. It may stand anywhere: files that end with it need all their bytes.
pub(in crate::codec) fn probe(head: &[u8]) -> Result<Probe> {
    let mut decoder = Decoder::new(Cursor::new(head)).map_err(failed)?;
    let color = color(&mut decoder)?;
    let layout = samples::layout(color, &mut decoder);
    let has_profile = decoder.find_tag(Tag::IccProfile).is_ok_and(|tag| tag.is_some());
    let profile = decoder.get_tag_u8_vec(Tag::IccProfile).unwrap_or_default();
    Ok(Probe {
        format: Format::Tiff,
        size: size(&mut decoder)?,
        depth: color.bit_depth(),
        alpha: layout.is_ok_and(Layout::has_alpha),
        color: !matches!(color, ColorType::Gray(_) | ColorType::GrayA(_)),
        animated: Some(false),
        orientation: orientation(&mut decoder),
        subsampling: None,
        progressive: false,
        icc: has_profile,
        icc_bytes: match profile.len() as u64 {
            0 if has_profile => icc::UNSEEN,
            0 => 0,
            length => icc::held_bytes(&profile, length),
        },
        restart_interval: 0,
    })
}

/// Decodes the first picture of a TIFF.
pub(in crate::codec) fn decode(
    bytes: &[u8],
    limits: &Limits,
    decode_jpeg: fn(&[u8], &Limits) -> Result<Decoded>,
) -> Result<Decoded> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(failed)?;
    let size = size(&mut decoder)?;
    limits.check_size(size)?;
    let color = color(&mut decoder)?;
    let layout = samples::layout(color, &mut decoder)?;
    let bytes =
        if matches!(color, ColorType::Palette(1..8)) { as_gray(bytes)? } else { Cow::Borrowed(bytes) };
    let mut decoder = Decoder::new(Cursor::new(bytes.as_ref())).map_err(failed)?;
    let stored = stored_bytes(&mut decoder)?;
    let result = u64::from(layout.channels()) * size.pixels();
    // A strip or tile is unpacked whole before it is put in place; the crate counts that against its own limit.
    let peak = 2 * bytes.len() as u64 + 2 * stored + result + (2 * MAX_ENTRY_BYTES) as u64;
    limits.check_memory(peak)?;
    let room = usize::try_from(stored).unwrap_or(usize::MAX).max(1 << 16);
    let mut bounds = tiff::decoder::Limits::default();
    bounds.decoding_buffer_size = room;
    bounds.intermediate_buffer_size = room.saturating_add(MAX_ENTRY_BYTES);
    bounds.ifd_value_size = MAX_ENTRY_BYTES;
    let mut decoder = decoder.with_limits(bounds);

    let raster = match tag(&mut decoder, Tag::Compression) {
        Some(JPEG) => embedded::decode(&mut decoder, &bytes, size, limits, decode_jpeg)?,
        Some(GROUP3) => group3::decode(&mut decoder, &bytes, size)?,
        _ => {
            let mut data = DecodingResult::U8(Vec::new());
            let planes = decoder.read_image_to_buffer(&mut data).map_err(failed)?;
            let mut raster = Raster::zeroed(size, layout)?;
            samples::convert(&mut decoder, color, &data, planes.plane_stride, &mut raster)?;
            raster
        }
    };
    Ok(Decoded {
        picture: Picture::Raster(raster),
        orientation: orientation(&mut decoder),
        metadata: Metadata {
            icc: decoder.get_tag_u8_vec(Tag::IccProfile).ok(),
            exif: None,
            xmp: decoder.get_tag_u8_vec(Tag::Unknown(700)).ok(),
        },
    })
}

/// The length of all samples as they are stored, unpacked.
fn stored_bytes(decoder: &mut TiffDecoder<'_>) -> Result<u64> {
    Ok(decoder.image_buffer_layout().map_err(failed)?.complete_len as u64)
}

/// The meaning of the samples. The crate knows palettes of 8 bits only.
fn color(decoder: &mut TiffDecoder<'_>) -> Result<ColorType> {
    decoder.colortype().or_else(|error| {
        let depth = decoder.get_tag_u16_vec(Tag::BitsPerSample).ok().and_then(|bits| bits.first().copied());
        match (tag(decoder, Tag::PhotometricInterpretation), depth) {
            (Some(PALETTE), Some(depth @ 1..=8)) => Ok(ColorType::Palette(depth as u8)),
            _ => Err(failed(error)),
        }
    })
}

/// A copy of the file that says its samples are grey: the crate then gives a short palette's indices.
fn as_gray(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    let is_little = bytes.starts_with(b"II");
    let read16 = if is_little { le16 } else { be16 };
    let read32 = if is_little { le32 } else { be32 };
    let directory = read32(bytes, 4).map(|at| at as usize);
    let entry = directory.and_then(|start| {
        let count = usize::from(read16(bytes, start)?);
        (0..count).map(|number| start + 2 + 12 * number).find(|&at| read16(bytes, at) == Some(262))
    });
    // Bytes 2 and 3 of 42 say that it is no BigTIFF, whose directory is another.
    let value = entry.filter(|_| read16(bytes, 2) == Some(42)).map(|at| at + 8);
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len())?;
    copy.extend_from_slice(bytes);
    let value = value
        .and_then(|at| copy.get_mut(at..at + 2))
        .ok_or_else(|| Error::unsupported("a BigTIFF of a short palette"))?;
    value.copy_from_slice(&if is_little { GRAY.to_le_bytes() } else { GRAY.to_be_bytes() });
    Ok(Cow::Owned(copy))
}

/// The strips or tiles as they lie in the file, packed.
pub(super) fn parts<'a>(decoder: &mut TiffDecoder<'_>, bytes: &'a [u8]) -> Result<Vec<&'a [u8]>> {
    let (offsets, lengths) = match decoder.get_chunk_type() {
        ChunkType::Strip => (Tag::StripOffsets, Tag::StripByteCounts),
        ChunkType::Tile => (Tag::TileOffsets, Tag::TileByteCounts),
    };
    let offsets = decoder.get_tag_u64_vec(offsets).map_err(failed)?;
    let lengths = decoder.get_tag_u64_vec(lengths).map_err(failed)?;
    let part = |(offset, length): (u64, u64)| {
        let start = usize::try_from(offset).ok()?;
        bytes.get(start..start.checked_add(usize::try_from(length).ok()?)?)
    };
    let parts = offsets.into_iter().zip(lengths).map(part).collect::<Option<Vec<_>>>();
    parts.ok_or_else(|| Error::malformed("a part of the TIFF lies past its end"))
}

fn size(decoder: &mut TiffDecoder<'_>) -> Result<Size> {
    decoder.dimensions().map(|(width, height)| Size::new(width, height)).map_err(failed)
}

fn orientation(decoder: &mut TiffDecoder<'_>) -> Orientation {
    tag(decoder, Tag::Orientation).map_or(Orientation::Upright, Orientation::from_exif)
}

/// A number of the directory; one that can't be read counts as missing.
pub(super) fn tag(decoder: &mut TiffDecoder<'_>, tag: Tag) -> Option<u32> {
    decoder.find_tag_unsigned(tag).ok().flatten()
}

pub(super) fn failed(source: TiffError) -> Error {
    let kind = match source {
        TiffError::LimitsExceeded | TiffError::IntSizeError => Kind::Limit,
        TiffError::UnsupportedError(_) => Kind::Unsupported,
        _ => Kind::Malformed,
    };
    Error::with_source(kind, "the TIFF can't be decoded", source)
}
