//! CCITT Group 3 of one dimension (ITU-T T.4), which the `tiff` crate doesn't unpack.

use fax::{
    Color,
    decoder::{Group3Decoder, pels},
};
use tiff::tags::Tag;

use super::decode::{TiffDecoder, parts, tag};
use crate::{
    error::{Error, Result},
    pixel::{Layout, Raster, Size},
};

/// Decodes a fax page. Rows that are missing at the end of a strip stay white.
pub(super) fn decode(decoder: &mut TiffDecoder<'_>, bytes: &[u8], size: Size) -> Result<Raster> {
    // Bit 0 of the options: rows that build on the one above.
    if tag(decoder, Tag::Unknown(292)).is_some_and(|options| options & 1 != 0) {
        return Err(Error::unsupported("a TIFF of two-dimensional Group 3"));
    }
    let width = u16::try_from(size.width).map_err(|_| Error::limit("a fax page wider than 65,535 pixels"))?;
    // White runs are bits of 0, which are white unless the file says that black is zero.
    let (white, black) =
        if tag(decoder, Tag::PhotometricInterpretation) == Some(1) { (0, 255) } else { (255, 0) };
    let is_reversed = tag(decoder, Tag::FillOrder) == Some(2);
    let rows_in_strip = tag(decoder, Tag::RowsPerStrip).unwrap_or(size.height).clamp(1, size.height) as usize;
    let mut raster = Raster::zeroed(size, Layout::Gray)?;
    raster.data_mut().fill(white);
    let parts = parts(decoder, bytes)?;
    let strips = raster.data_mut().chunks_mut(rows_in_strip * usize::from(width));
    for (strip, part) in strips.zip(parts) {
        let bits =
            part.iter().map(|&byte| Ok::<u8, ()>(if is_reversed { byte.reverse_bits() } else { byte }));
        let mut decoder = Group3Decoder::new(bits)
            .map_err(|_| Error::malformed("a strip of fax without its first mark"))?;
        for row in strip.chunks_exact_mut(usize::from(width)) {
            let done = decoder.advance();
            for (pixel, color) in row.iter_mut().zip(pels(decoder.transitions(), width)) {
                *pixel = if color == Color::White { white } else { black };
            }
            if done.is_err() {
                break;
            }
        }
    }
    Ok(raster)
}
