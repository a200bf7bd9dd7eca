//! From a TIFF's first directory to a picture of 8 bits a sample.

use std::{
    borrow::Cow,
    io::{Cursor, Read, Seek},
};

use tiff::{
    ColorType, TiffError,
    decoder::{ChunkType, Decoder, DecodingResult},
    tags::Tag,
};

use super::{directory::Directory, embedded, group3, samples};
use crate::{
    codec::{Decoded, Format, Probe, icc, view::View},
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

pub(super) type TiffDecoder<'a> = Decoder<Cursor<&'a [u8]>>;

/// The most that a single entry of the directory may take: strip tables, colour maps, ICC profiles.
const MAX_ENTRY_BYTES: usize = 8 << 20;
/// Tags of the directory.
const PHOTOMETRIC: u16 = 262;
const XMP: u16 = 700;
const PROFILE: u16 = 34_675;
/// Values of the compression tag.
const GROUP3: u32 = 3;
const JPEG: u32 = 7;
/// Values of the photometric interpretation.
const GRAY: u16 = 1;
const PALETTE: u32 = 3;

/// Reads what a TIFF's first directory says, wherever it stands.
pub(in crate::codec) fn probe(view: View<'_>) -> Result<Probe> {
    let mut decoder = Decoder::new(view.reader()).map_err(failed)?;
    let color = color(&mut decoder)?;
    let layout = samples::layout(color, &mut decoder);
    let has_profile = decoder.find_tag(Tag::IccProfile).is_ok_and(|tag| tag.is_some());
    let place = |tag| Directory::of(view)?.place(tag);
    let (profile, xmp) = (place(PROFILE), place(XMP));
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
        described: false,
        icc_bytes: match profile {
            Some((start, length)) => {
                icc::held_bytes(&|at, bytes| view.get(start.checked_add(at)?, bytes), length)
            }
            None if has_profile => icc::UNSEEN,
            None => 0,
        },
        metadata_bytes: xmp.map_or(0, |(_, length)| length),
        restart_interval: 0,
    })
}

/// Decodes the first picture of a TIFF.
pub(in crate::codec) fn decode(
    file: &[u8],
    limits: &Limits,
    decode_jpeg: fn(&[u8], &Limits) -> Result<Decoded>,
) -> Result<Decoded> {
    let mut decoder = Decoder::new(Cursor::new(file)).map_err(failed)?;
    let size = size(&mut decoder)?;
    limits.check_size(size)?;
    let color = color(&mut decoder)?;
    let layout = samples::layout(color, &mut decoder)?;
    let bytes = if matches!(color, ColorType::Palette(1..8)) { as_gray(file)? } else { Cow::Borrowed(file) };
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
    let directory = Directory::of(View::whole(file));
    let field = |tag| directory.as_ref()?.field(tag);
    Ok(Decoded {
        picture: Picture::Raster(raster),
        orientation: orientation(&mut decoder),
        metadata: Metadata {
            icc: field(PROFILE).map(<[u8]>::to_vec),
            colors: None,
            exif: None,
            xmp: Metadata::part(field(XMP)),
        },
    })
}

/// The length of all samples as they are stored, unpacked.
fn stored_bytes(decoder: &mut TiffDecoder<'_>) -> Result<u64> {
    Ok(decoder.image_buffer_layout().map_err(failed)?.complete_len as u64)
}

/// The meaning of the samples. The crate knows palettes of 8 bits only.
fn color<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<ColorType> {
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
    let directory = Directory::of(View::whole(bytes));
    let value = directory.as_ref().and_then(|directory| directory.value(PHOTOMETRIC));
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len())?;
    copy.extend_from_slice(bytes);
    let (Some(place), Some(directory)) =
        (value.and_then(|at| usize::try_from(at).ok()).and_then(|at| copy.get_mut(at..at + 2)), directory)
    else {
        return Err(Error::malformed("a TIFF without a photometric interpretation"));
    };
    place.copy_from_slice(&directory.bytes_of(GRAY));
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

fn size<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<Size> {
    decoder.dimensions().map(|(width, height)| Size::new(width, height)).map_err(failed)
}

fn orientation<R: Read + Seek>(decoder: &mut Decoder<R>) -> Orientation {
    tag(decoder, Tag::Orientation).map_or(Orientation::Upright, Orientation::from_exif)
}

/// A number of the directory; one that can't be read counts as missing.
pub(super) fn tag<R: Read + Seek>(decoder: &mut Decoder<R>, tag: Tag) -> Option<u32> {
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
