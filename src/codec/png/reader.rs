//! What the ways to decode a PNG share: the reader of the `png` crate up to its pixels, and what stands beside these.

use png::{BitDepth, Decoder, DecodingError, Reader, Transformations};

use super::{header::Header, with_iend::WithIend};
use crate::{
    error::{Error, Kind, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Metadata, Size},
};

pub(super) type PngReader<'a> = Reader<WithIend<'a>>;

/// Reads up to the pixels, of which `held` bytes will be held.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    header: &Header<'_>,
    limits: &Limits,
    held: u64,
    transformations: Transformations,
) -> Result<PngReader<'a>> {
    open_within(bytes, header, limits, [held, beside(header)], transformations)
}

/// Reads up to the pixels of the first frame. The decoder counts a row for each frame, as if none were free again: no
/// limit of its own holds for what moves.
pub(super) fn open_moving<'a>(
    bytes: &'a [u8],
    header: &Header<'_>,
    limits: &Limits,
) -> Result<PngReader<'a>> {
    open_within(bytes, header, limits, [0, u64::MAX], Transformations::EXPAND)
}

/// Beside the pixels: rows in work with a window of inflated data, and EXIF, which the decoder can't pass over.
fn beside(header: &Header<'_>) -> u64 {
    let row = u64::from(header.size.width) * u64::from(header.channels()) * 2;
    8 * row + (128 << 10) + 2 * header.metadata_bytes()
}

fn open_within<'a>(
    bytes: &'a [u8],
    header: &Header<'_>,
    limits: &Limits,
    [held, most]: [u64; 2],
    transformations: Transformations,
) -> Result<PngReader<'a>> {
    limits.check_memory(bytes.len() as u64 + held + beside(header) + header.most_profile_bytes())?;
    let mut decoder = Decoder::new(WithIend::new(bytes));
    decoder.set_limits(png::Limits { bytes: usize::try_from(most).unwrap_or(usize::MAX) });
    decoder.set_ignore_text_chunk(true);
    // It would inflate as much as there is room for.
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(transformations);
    decoder.read_info().map_err(failed)
}

/// Gives the next rows, which come in order, of a picture or frame of such a size: samples of 8 bits.
pub(super) fn give_rows(
    reader: &mut PngReader<'_>,
    size: Size,
    (layout, depth): (Layout, BitDepth),
    mut take: impl FnMut(u32, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut line = match depth {
        BitDepth::Sixteen => try_zeroed(area_bytes(Size::new(size.width, 1), layout.channels())?)?,
        _ => Vec::new(),
    };
    for y in 0..size.height {
        let row = reader.next_row().map_err(failed)?.ok_or_else(|| Error::malformed("rows are missing"))?;
        if depth == BitDepth::Sixteen {
            narrow(row.data(), &mut line);
            take(y, &line)?;
        } else {
            take(y, row.data())?;
        }
    }
    Ok(())
}

pub(super) fn metadata(header: &Header<'_>) -> Metadata {
    let icc = header.profile();
    let colors = if icc.is_some() { None } else { header.space() };
    Metadata { icc, colors, exif: Metadata::part(header.exif()), xmp: Metadata::part(header.xmp()) }
}

/// Rounds big-endian samples of 16 bits to 8.
pub(super) fn narrow(wide: &[u8], narrow: &mut [u8]) {
    for (sample, wide) in narrow.iter_mut().zip(wide.as_chunks::<2>().0) {
        *sample = ((u32::from(u16::from_be_bytes(*wide)) * 255 + 32_767) / 65_535) as u8;
    }
}

pub(super) fn failed(source: DecodingError) -> Error {
    let kind = match source {
        DecodingError::LimitsExceeded => Kind::LimitExceeded,
        _ => Kind::Malformed,
    };
    Error::with_source(kind, "the PNG can't be decoded", source)
}
