//! Decodes a WebP by rows, or the first frame of an animation on its canvas.

use super::{
    frame::{self, Frame},
    header::{self, Header, Payloads},
};
use crate::{
    codec::{
        Decoded,
        rows::{FULL_SIZE, Form, Head, Rows, Sink},
    },
    error::{Error, Result},
    limits::Limits,
    pixel::{Layout, Picture, Raster, Size},
};

/// Decodes a WebP, or the first frame of an animation on its canvas.
pub(in crate::codec) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let (header, size) = read_header(bytes, limits)?;
    let layout = if header.has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let pixels = size.pixels().saturating_mul(layout.channels().into());
    let frame = open(bytes, &header, limits, pixels)?;
    let mut raster = Raster::zeroed(size, layout)?;
    let row_bytes = layout.row_bytes(size)?;
    let mut rows = raster.data_mut().chunks_exact_mut(row_bytes);
    let place = header.frame.filter(|_| header.is_animated());
    match place {
        Some(place) => put(frame, place, layout, &mut rows)?,
        None => frame.rows(&mut |row| {
            rows.by_ref().take(1).for_each(|line| line.copy_from_slice(row));
            Ok(())
        })?,
    }
    Ok(Decoded {
        picture: Picture::Raster(raster),
        orientation: header.orientation(),
        metadata: header.metadata(),
    })
}

/// Gives a WebP to a sink, row by row. `false` when it moves, or the sink asked for none.
///
/// # Errors
/// As [`decode`], and those of the sink.
pub(in crate::codec) fn decode_rows(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<bool> {
    let (header, size) = read_header(bytes, limits)?;
    if header.is_animated() {
        return Ok(false);
    }
    let metadata = header.metadata();
    let frame = open(bytes, &header, limits, metadata.len())?;
    let head = Head {
        size,
        scales: FULL_SIZE,
        form: Form::Raster(frame.layout),
        orientation: header.orientation(),
        can_turn: false,
        metadata,
    };
    if sink.begin(head)?.is_none() {
        return Ok(false);
    }
    frame.rows(&mut |row| sink.take(Rows::Raster(row)))?;
    Ok(true)
}

/// Reads the chunks, and refuses a picture that is larger than allowed.
fn read_header<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(Header<'a>, Size)> {
    let header = Header::read(bytes)?;
    let size = header.size()?;
    limits.check_size(size)?;
    Ok((header, size))
}

/// Begins to decode the image, beside which `held` bytes will be held.
fn open<'a>(bytes: &[u8], header: &Header<'a>, limits: &Limits, held: u64) -> Result<Frame<'a>> {
    let payloads = header.payloads()?;
    check_image(header, &payloads)?;
    let Payloads { image, alpha, .. } = &payloads;
    let decoding = frame::heap_bytes(image.size, image.lossless, alpha.is_some());
    limits.check_memory((bytes.len() as u64).saturating_add(held).saturating_add(decoding))?;
    Frame::new(&payloads)
}

/// What is decoded must have the size that its container says: a canvas of one pixel may not hold an image of
/// 16383x16383, and a frame must lie on its canvas.
fn check_image(header: &Header<'_>, payloads: &Payloads<'_>) -> Result<()> {
    let canvas = header.size()?;
    let mut stated = canvas;
    if header.is_animated() {
        let place = header.frame.ok_or_else(|| Error::malformed("the WebP moves, but has no frame"))?;
        let fits = |start: u32, side: u32, most: u32| start.checked_add(side).is_some_and(|end| end <= most);
        if !fits(place.left, place.size.width, canvas.width)
            || !fits(place.top, place.size.height, canvas.height)
        {
            return Err(Error::malformed("the WebP's first frame is larger than its canvas"));
        }
        stated = place.size;
    }
    if stated != payloads.image.size {
        return Err(Error::malformed("the WebP's image is not of the size that its container says"));
    }
    Ok(())
}

/// Puts the first frame of an animation where it lies on a transparent canvas.
fn put<'a>(
    frame: Frame<'_>,
    place: header::Frame,
    layout: Layout,
    rows: impl Iterator<Item = &'a mut [u8]>,
) -> Result<()> {
    let mut rows = rows.skip(place.top as usize);
    let (from, to) = (frame.layout.channels() as usize, layout.channels() as usize);
    frame.rows(&mut |row| {
        let Some(line) = rows.next() else { return Ok(()) };
        let places = line.chunks_exact_mut(to).skip(place.left as usize);
        for (place_of_pixel, pixel) in places.zip(row.chunks_exact(from)) {
            let [red, green, blue, rest @ ..] = pixel else { continue };
            let alpha = rest.first().copied().unwrap_or(255);
            if alpha > 0 || !place.is_blended {
                place_of_pixel.copy_from_slice(&[*red, *green, *blue, alpha][..to]);
            }
        }
        Ok(())
    })
}
