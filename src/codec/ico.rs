//! Windows icons and cursors: the largest picture in them, and of the largest the one of most bits a pixel, as
//! browsers choose.
//!
//! A picture is a PNG, which is decoded as one, or a bitmap without a file header. The directory's sizes are hints
//! only (it cannot say more than 256): the picture's own header counts.

use super::{
    Decoded, Format, FormatInfo, Probe,
    bytes::le16,
    cost::{Buffering, Decoding},
    probing,
    view::View,
};
use crate::{
    error::{Error, Result},
    limits::Limits,
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

/// What is fixed about ICO.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "ico",
    media_type: "image/x-icon",
    subtypes: &["x-icon", "vnd.microsoft.icon"],
    extensions: &["ico", "cur"],
    max_side: u32::MAX >> 1,
    has_gray: false,
    is_web_safe: true,
    decodes: true,
    is_vector: false,
    moves: false,
    encodes: None,
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Bytes of the header before the directory (ICONDIR), and of an entry (ICONDIRENTRY).
const HEADER: u64 = 6;
const ENTRY: u64 = 16;
/// The type of a cursor; 1 is an icon.
const CURSOR: u16 = 2;
/// Where a bitmap's header has its bits a pixel, and a PNG's its bit depth and colour type.
const BITMAP_BITS: usize = 14;
const PNG_DEPTH: usize = 24;

/// A picture of the directory.
#[derive(Clone, Copy)]
struct Entry {
    /// The size that the directory states.
    hint: Size,
    /// Where the picture begins.
    start: u64,
    /// Bits a pixel.
    bits: u16,
    /// True if it begins within the file.
    is_there: bool,
}

/// Reads what an icon's directory says about the picture that is decoded of it, and that picture's header.
pub(super) struct Walk {
    /// Reads a PNG's header.
    png: Box<dyn probing::Walk>,
    /// The size of a bitmap.
    size_of_bitmap: fn(View<'_>) -> Option<Size>,
}

impl Walk {
    pub(super) const fn new(
        png: Box<dyn probing::Walk>,
        size_of_bitmap: fn(View<'_>) -> Option<Size>,
    ) -> Self {
        Self { png, size_of_bitmap }
    }
}

impl probing::Walk for Walk {
    fn probe(&mut self, view: View<'_>) -> Result<Probe> {
        let entry = best_entry(view)?;
        let picture = view.from(entry.start);
        let is_png = picture.up_to(0, PNG.len()) == PNG;
        if view.is_waiting() {
            return Err(Error::malformed("the icon ends in its directory"));
        }
        let size = if is_png { None } else { (self.size_of_bitmap)(picture) }.unwrap_or(entry.hint);
        let probe = Probe { alpha: true, ..Probe::new(Format::Ico, size) };
        let png = if is_png { self.png.probe(picture).ok() } else { None };
        Ok(png.map_or(probe, |png| Probe { format: Format::Ico, animated: Some(false), ..png }))
    }
}

/// States what decoding takes: that of a PNG inside, or of a bitmap.
pub(super) fn decoding(probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    Decoding {
        rows_bytes: 0,
        pixel_bytes: 4,
        peak_pixel_bytes: 8 + u64::from(probe.depth.div_ceil(8)) * 4,
        // Any of the icon's pictures may have alpha, of which this one's header says nothing.
        channels: Layout::of(probe.color, true).channels(),
        metadata_copies: 1,
    }
}

/// Decodes the best picture of an icon.
pub(super) fn decode(
    bytes: &[u8],
    limits: &Limits,
    decode_png: fn(&[u8], &Limits) -> Result<Decoded>,
    decode_bitmap: fn(&[u8], bool, &Limits) -> Result<Raster>,
) -> Result<Decoded> {
    let entry = best_entry(View::whole(bytes))?;
    let payload = usize::try_from(entry.start).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    if payload.starts_with(PNG) {
        return decode_png(payload, limits);
    }
    let is_cursor = le16(bytes, 2) == Some(CURSOR);
    Ok(Decoded {
        picture: Picture::Raster(decode_bitmap(payload, is_cursor, limits)?),
        orientation: Orientation::Upright,
        metadata: Metadata::default(),
    })
}

/// The best picture that begins within the file; of equal ones the first.
fn best_entry(view: View<'_>) -> Result<Entry> {
    let count = u64::from(view.le16(4).unwrap_or(0));
    let is_cursor = view.le16(2) == Some(CURSOR);
    let entries = (0..count).map_while(|number| read_entry(view, HEADER + number * ENTRY, is_cursor));
    let better = |best: Entry, entry: Entry| {
        let rank = |entry: &Entry| (entry.is_there, entry.hint.pixels(), entry.bits);
        if rank(&entry) > rank(&best) { entry } else { best }
    };
    entries.reduce(better).ok_or_else(|| Error::malformed("the icon's directory is empty"))
}

/// Reads an entry of the directory. Where it states no bits a pixel (a cursor's has its hotspot there), those of the
/// picture's own header count.
fn read_entry(view: View<'_>, at: u64, is_cursor: bool) -> Option<Entry> {
    let side = |at| view.u8(at).map(|side| if side == 0 { 256 } else { u32::from(side) });
    let hint = Size::new(side(at)?, side(at + 1)?);
    let stated = view.le16(at + 6)?;
    // The length before it is often wrong; the picture's own header says where it ends.
    let start = u64::from(view.le32(at + 12)?);
    let head = view.up_to(start, PNG_DEPTH + 2);
    let bits = match head {
        _ if stated > 0 && !is_cursor => stated,
        [png @ .., depth, kind] if png.starts_with(PNG) => u16::from(*depth) * samples(*kind),
        _ if head.starts_with(PNG) => 0,
        _ => le16(head, BITMAP_BITS).unwrap_or(0),
    };
    Some(Entry { hint, start, bits, is_there: !head.is_empty() })
}

/// Samples of a PNG's pixel by its colour type.
const fn samples(kind: u8) -> u16 {
    match kind {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An icon of pictures of a width by the directory, its bits there, and those of the bitmap; these have a side of
    /// their own.
    fn icon(kind: u8, entries: &[(u8, u16, u16)]) -> Vec<u8> {
        let mut file = vec![0, 0, kind, 0, entries.len() as u8, 0];
        let start = 6 + 16 * entries.len();
        for (number, (side, stated, _)) in entries.iter().enumerate() {
            file.extend([*side, *side, 0, 0, 1, 0]);
            file.extend(stated.to_le_bytes());
            file.extend([40, 0, 0, 0]);
            file.extend(((start + 40 * number) as u32).to_le_bytes());
        }
        for (number, (_, _, bits)) in entries.iter().enumerate() {
            let mut header = [0; 40];
            (header[0], header[4], header[8]) = (40, number as u8 + 1, 2 * (number as u8 + 1));
            header[14..16].copy_from_slice(&bits.to_le_bytes());
            file.extend(header);
        }
        file
    }

    fn best(kind: u8, entries: &[(u8, u16, u16)]) -> u64 {
        let entry = best_entry(View::whole(&icon(kind, entries))).unwrap();
        (entry.start - 6 - 16 * entries.len() as u64) / 40
    }

    #[test]
    fn the_largest_and_deepest_counts() {
        assert_eq!(best(1, &[(16, 32, 32), (48, 8, 8), (32, 32, 32)]), 1);
        assert_eq!(best(1, &[(16, 32, 32), (0, 8, 8), (255, 32, 32)]), 1);
        assert_eq!(best(1, &[(32, 8, 32), (32, 24, 24), (32, 24, 32)]), 1);
        // A directory that states no bits, and a cursor's, which has its hotspot there.
        assert_eq!(best(1, &[(32, 0, 8), (32, 0, 32), (32, 0, 4)]), 1);
        assert_eq!(best(2, &[(32, 200, 8), (32, 3, 32)]), 1);
    }
}
