//! A JPEG by MCU rows, for sinks that hold no more of a photo than a stripe.

use super::{
    decoder::Decoder,
    header::{Color, Header},
};
use crate::{
    codec::rows::{Form, Head, JPEG_SCALES, Rows, Sink},
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::Layout,
};

/// True for what comes as planes or as grey: all but ink, RGB and unusual sampling factors.
fn form(header: &Header<'_>) -> Option<Form> {
    match header.color() {
        Color::Gray => Some(Form::Raster(Layout::Gray)),
        _ => header.subsampling().map(Form::Planes),
    }
}

/// Gives a JPEG to a sink, MCU row by MCU row. `false` when it can't be read so, or the sink asked for
/// no rows.
///
/// # Errors
/// As [`super::decode`], and those of the sink.
pub(in crate::codec) fn decode_rows(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<bool> {
    let header = Header::read(bytes)?;
    let Some(form) = form(&header) else { return Ok(false) };
    Decoder::check(&header, limits)?;
    let (orientation, metadata) = (header.orientation(), header.metadata());
    let size = header.frame.size;
    let head = Head { size, scales: JPEG_SCALES, form, orientation, can_turn: true, metadata };
    let Some(scale_num) = sink.begin(head)? else { return Ok(false) };
    let orientation = sink.turn(orientation);
    let peak = Decoder::peak_bytes(&header, scale_num, orientation, limits.threads);
    limits.check_memory(bytes.len() as u64 + peak)?;
    let decoder = Decoder::new(&header, scale_num, orientation, limits)?;
    decoder.give_all(limits.threads, &mut |planes| match planes[..] {
        [y, cb, cr] => sink.take(Rows::Planes([y, cb, cr])),
        [gray] => sink.take(Rows::Raster(gray)),
        _ => Err(Error::new(Kind::Internal, "a JPEG of other components than its colour has")),
    })?;
    Ok(true)
}
