//! Decodes a WebP to RGB or RGBA: a lossy one without alpha by rows, all others by `image-webp`.

use image_webp::{DecodingError, WebPDecoder};

use super::{
    header::Header,
    memory::{Coded, tables_room, whole_bytes},
    true_flags::WithTrueFlags,
    vp8::decoder::{Decoder, check_partitions, heap_bytes},
    vp8l::decoder::{Framing, check_tables},
};
use crate::{
    codec::{
        Decoded,
        rows::{FULL_SIZE, Form, Head, Rows, Sink},
    },
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Layout, Picture, Raster, Size},
};

/// Decodes a WebP, or the first frame of an animation on its canvas.
pub(in crate::codec) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let (header, size) = read_header(bytes, limits)?;
    let raster = match header.opaque_frame() {
        Some(frame) => {
            let row_bytes = size.width as usize * 3;
            limits.check_memory(bytes.len() as u64 + 3 * size.pixels() + heap_bytes(size.width))?;
            let decoder = Decoder::new(frame)?;
            let mut raster = Raster::zeroed(size, Layout::Rgb)?;
            let mut rows = raster.data_mut().chunks_exact_mut(row_bytes);
            decoder.decode(|row| {
                rows.by_ref().take(1).for_each(|place| place.copy_from_slice(row));
                Ok(())
            })?;
            raster
        }
        None => decode_whole(bytes, &header, size, limits)?,
    };
    Ok(Decoded {
        picture: Picture::Raster(raster),
        orientation: header.orientation(),
        metadata: header.metadata(),
    })
}

/// Gives a lossy WebP to a sink, row by row. `false` when it moves, has alpha or is coded without loss, or the sink
/// asked for none.
///
/// # Errors
/// As [`decode`], and those of the sink.
pub(in crate::codec) fn decode_rows(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<bool> {
    let (header, size) = read_header(bytes, limits)?;
    let Some(frame) = header.opaque_frame() else { return Ok(false) };
    let metadata = header.metadata();
    limits.check_memory(bytes.len() as u64 + metadata.len() + heap_bytes(size.width))?;
    let decoder = Decoder::new(frame)?;
    let head = Head {
        size,
        scales: FULL_SIZE,
        form: Form::Raster(Layout::Rgb),
        orientation: header.orientation(),
        can_turn: false,
        metadata,
    };
    if sink.begin(head)?.is_none() {
        return Ok(false);
    }
    decoder.decode(|row| sink.take(Rows::Raster(row)))?;
    Ok(true)
}

/// Reads the chunks, and refuses a picture that is larger than allowed.
fn read_header<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(Header<'a>, Size)> {
    let header = Header::read(bytes)?;
    let size = header.size()?;
    limits.check_size(size)?;
    check_image(&header, size)?;
    Ok((header, size))
}

/// Decodes by `image-webp`, which holds frames as a whole.
fn decode_whole(bytes: &[u8], header: &Header<'_>, size: Size, limits: &Limits) -> Result<Raster> {
    limits.check_memory(peak_bytes(header, size, bytes.len()))?;
    // `image-webp` makes room for partitions of the lengths that the frame states, before it reads them.
    if let Some(frame) = header.lossy_frame() {
        check_partitions(frame)?;
    }
    check_streams(header, size)?;
    let mut decoder = WebPDecoder::new(WithTrueFlags::new(bytes, header)).map_err(failed)?;
    decoder.set_memory_limit(usize::try_from(limits.max_memory).unwrap_or(usize::MAX));
    let layout = if decoder.has_alpha() { Layout::Rgba } else { Layout::Rgb };
    if decoder.dimensions() != (size.width, size.height) || layout.has_alpha() != header.has_alpha() {
        return Err(Error::malformed("the WebP's chunks contradict each other"));
    }
    let mut raster = Raster::zeroed(size, layout)?;
    decoder.read_image(raster.data_mut()).map_err(failed)?;
    if header.has_unannounced_alpha() {
        multiplied(&mut raster);
    }
    Ok(raster)
}

/// Takes colours as multiplied with alpha: so browsers show pixels of which the extended header says that they have
/// none.
fn multiplied(raster: &mut Raster) {
    for [colors @ .., alpha] in raster.data_mut().as_chunks_mut::<4>().0 {
        let alpha = u32::from(*alpha);
        for color in colors {
            let straight = (u32::from(*color) * 255 + alpha / 2).checked_div(alpha);
            *color = straight.map_or(0, |straight| straight.min(255) as u8);
        }
    }
}

/// A decoder makes room for what the coded image says of itself, which must therefore be what its container
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

/// Refuses VP8L streams, of the picture or of its alpha, for whose prefix codes and transforms `image-webp` would hold
/// more than is stated.
fn check_streams(header: &Header<'_>, size: Size) -> Result<()> {
    // `image-webp` would take its image, or its alpha, for the picture's.
    if header.has_stray_frame && header.lossy_frame().is_some() {
        return Err(Error::malformed("the WebP has a frame of an animation, but doesn't move"));
    }
    let room = tables_room(size, coded(header));
    let image = header.image.map_or(size, |image| image.size);
    if let Some(stream) = header.lossless_stream() {
        check_tables(stream, Framing::Headed, image, room)?;
    }
    if let Some(stream) = header.alpha_stream() {
        check_tables(stream, Framing::Bare, image, room)?;
    }
    Ok(())
}

fn coded(header: &Header<'_>) -> Coded {
    Coded { lossless: header.image.is_some_and(|image| image.lossless), alpha: header.has_alpha() }
}

/// The most memory that `image-webp` takes, the file and what it reads of it into memory included, and the frame and
/// the canvas of an animation.
fn peak_bytes(header: &Header<'_>, size: Size, input: usize) -> u64 {
    let animation = if header.is_animated() { 8 } else { 0 };
    let edge = 64 * (u64::from(size.width) + u64::from(size.height));
    2 * input as u64 + whole_bytes(size, coded(header)) + animation * size.pixels() + edge + (1 << 20)
}

fn failed(source: DecodingError) -> Error {
    let kind = match source {
        DecodingError::MemoryLimitExceeded | DecodingError::ImageTooLarge => Kind::LimitExceeded,
        DecodingError::UnsupportedFeature(_) => Kind::Unsupported,
        _ => Kind::Malformed,
    };
    Error::with_source(kind, "the WebP can't be decoded", source)
}
