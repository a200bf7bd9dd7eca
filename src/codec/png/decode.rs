//! Decodes a PNG, by the `png` crate, to samples of 8 bits.

use png::{BitDepth, ColorType, Transformations};

use super::{
    header::Header,
    interlaced,
    reader::{PngReader, failed, give_rows, metadata, narrow, open},
};
use crate::{
    codec::{
        Decoded,
        rows::{FULL_SIZE, Form, Head, Rows, Sink},
    },
    error::{Error, Kind, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Picture, Raster},
};

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
    give_rows(&mut reader, header.size, (layout, depth), |_, row| sink.take(Rows::Raster(row)))?;
    finish(&mut reader)?;
    Ok(true)
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
    let mut lines = raster.data_mut().chunks_exact_mut((size.width * layout.channels()) as usize);
    give_rows(reader, size, (layout, depth), |_, row| {
        lines.by_ref().take(1).for_each(|line| line.copy_from_slice(row));
        Ok(())
    })?;
    finish(reader)?;
    Ok(raster)
}

/// Reads what follows the last row: the checksums, which [`png::Reader::next_frame`] reads by itself.
fn finish(reader: &mut PngReader<'_>) -> Result<()> {
    reader.next_row().map(|_| ()).map_err(failed)
}
