//! Reads a mark from the file of a picture.

use super::{Mark, decoder, geometry::Frame};
use crate::{
    codec,
    error::{Error, Result},
    limits::Limits,
};

/// The mark of a picture's file, an animation's first frame: as browsers show it, no side longer than
/// [`Mark::LONGEST_SIDE`].
///
/// # Errors
/// Those of [`Decoder::new`](crate::Decoder::new) and [`Decoder::decode`](crate::Decoder::decode).
pub fn read_mark(bytes: &[u8], limits: &Limits) -> Result<Mark> {
    limits.check_input(bytes.len() as u64)?;
    let probe = codec::probe(bytes)?;
    if !probe.format.can_decode() {
        return Err(Error::unsupported(format!("{} pictures can't be read here", probe.format)));
    }
    limits.check_size(probe.size)?;
    let frame = Frame::thumbnail(probe.oriented_size(), Mark::LONGEST_SIDE);
    let shown = super::guarded(|| decoder::as_shown(bytes, &probe, limits, &frame))?;
    Ok(Mark::new(shown.into_raster()?))
}
