//! Decodes a PNG, by the `png` crate, to samples of 8 bits.

use png::{BitDepth, ColorType, Decoder, DecodingError, Reader, Transformations};

use super::{header::Header, interlaced, with_iend::WithIend};
use crate::{
    codec::{
        Decoded,
        rows::{FULL_SIZE, Form, Head, Rows, Sink},
    },
    error::{Error, Kind, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

pub(super) type PngReader<'a> = Reader<WithIend<'a>>;

/// Decodes a PNG, or the still picture of an APNG. Samples of 16 bits are rounded to 8.
pub(in crate::codec) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let header = Header::read(bytes)?;
    limits.check_size(header.size)?;
    let mut reader = open(bytes, &header, limits, pixel_bytes(&header), Transformations::EXPAND)?;
    let raster = read_pixels(&mut reader, &header)?;
    Ok(Decoded {
        picture: Picture::Raster(raster),
        orientation: header.orientation(),
        metadata: metadata(&header),
    })
}

/// Gives a PNG to a sink, row by row. `false` when the sink asked for none.
///
/// # Errors
/// As [`decode`], and those of the sink.
pub(in crate::codec) fn decode_rows(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<bool> {
    let header = Header::read(bytes)?;
    limits.check_size(header.size)?;
    if header.interlaced {
        return interlaced::decode_rows(bytes, &header, limits, sink);
    }
    let mut reader = open(bytes, &header, limits, 0, Transformations::EXPAND)?;
    let (layout, depth) = layout(&reader, &header)?;
    let (orientation, metadata) = (header.orientation(), metadata(&header));
    if sink
        .begin(Head {
            size: header.size,
            scales: FULL_SIZE,
            form: Form::Raster(layout),
            orientation,
            can_turn: false,
            metadata,
        })?
        .is_none()
    {
        return Ok(false);
    }
    let mut line = match depth {
        BitDepth::Sixteen => try_zeroed(area_bytes(Size::new(header.size.width, 1), layout.channels())?)?,
        _ => Vec::new(),
    };
    for _ in 0..header.size.height {
        let row = reader.next_row().map_err(failed)?.ok_or_else(|| Error::malformed("rows are missing"))?;
        if depth == BitDepth::Sixteen {
            narrow(row.data(), &mut line);
            sink.take(Rows::Raster(&line))?;
        } else {
            sink.take(Rows::Raster(row.data()))?;
        }
    }
    Ok(true)
}

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

pub(super) fn metadata(header: &Header<'_>) -> Metadata {
    let icc = header.profile();
    let colors = if icc.is_some() { None } else { header.space() };
    Metadata { icc, colors, exif: Metadata::part(header.exif()), xmp: Metadata::part(header.xmp()) }
}

/// The pixels as they are held: all 16 bits of an interlaced picture, whose rows don't come in order.
fn pixel_bytes(header: &Header<'_>) -> u64 {
    let sample = if header.depth == 16 && header.interlaced { 3 } else { 1 };
    header.size.pixels() * u64::from(header.channels()) * sample
}

/// What the decoder makes of a pixel.
pub(super) fn layout(reader: &PngReader<'_>, header: &Header<'_>) -> Result<(Layout, BitDepth)> {
    let (color, depth) = reader.output_color_type();
    let layout = match color {
        ColorType::Grayscale => Layout::Gray,
        ColorType::GrayscaleAlpha => Layout::GrayAlpha,
        ColorType::Rgb => Layout::Rgb,
        ColorType::Rgba => Layout::Rgba,
        ColorType::Indexed => return Err(Error::new(Kind::Internal, "a palette was not expanded")),
    };
    // The memory was counted by the header's channels: they must be what the decoder makes of it.
    if layout.channels() > header.channels() {
        return Err(Error::malformed("the transparency stands where it may not"));
    }
    Ok((layout, depth))
}

fn read_pixels(reader: &mut PngReader<'_>, header: &Header<'_>) -> Result<Raster> {
    let (layout, depth) = layout(reader, header)?;
    let size = header.size;
    if depth != BitDepth::Sixteen {
        let mut raster = Raster::zeroed(size, layout)?;
        reader.next_frame(raster.data_mut()).map_err(failed)?;
        return Ok(raster);
    }
    if header.interlaced {
        let mut wide = try_zeroed(area_bytes(size, 2 * layout.channels())?)?;
        reader.next_frame(&mut wide).map_err(failed)?;
        let mut raster = Raster::zeroed(size, layout)?;
        narrow(&wide, raster.data_mut());
        return Ok(raster);
    }
    let mut raster = Raster::zeroed(size, layout)?;
    for line in raster.data_mut().chunks_exact_mut((size.width * layout.channels()) as usize) {
        let row = reader.next_row().map_err(failed)?.ok_or_else(|| Error::malformed("rows are missing"))?;
        narrow(row.data(), line);
    }
    Ok(raster)
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
