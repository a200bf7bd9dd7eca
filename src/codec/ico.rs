//! Windows icons and cursors: the largest picture in them, and of the largest the one of most bits a pixel.
//!
//! A picture is a PNG, which is decoded as one, or a bitmap without a file header, which the `image` crate reads.
//! The directory's sizes are hints only (it cannot say more than 256): the picture's own header counts.

use std::io::Cursor;

use image::{ImageDecoder, ImageError, codecs::ico::IcoDecoder};

use super::{
    Decoded, Format, Probe,
    bytes::{le16, le32},
    probing,
    view::View,
};
use crate::{
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Bytes of the header before the directory, and of an entry.
const HEADER: usize = 6;
const ENTRY: usize = 16;
/// The file's kind: 1 is an icon.
const CURSOR: u16 = 2;
/// Bytes of a bitmap header.
const BITMAP_HEADER: u64 = 40;

/// A picture of the directory.
#[derive(Clone, Copy)]
struct Entry {
    /// The size by the directory.
    hint: Size,
    /// Where the picture begins.
    start: u64,
    /// Bits a pixel.
    bits: u16,
    /// It begins within the file.
    is_there: bool,
}

/// Reads what an icon's directory says about the picture that is decoded of it, and that picture's header.
pub(super) struct Walk {
    /// Reads a PNG's header.
    png: Box<dyn probing::Walk>,
}

impl Walk {
    pub(super) const fn new(png: Box<dyn probing::Walk>) -> Self {
        Self { png }
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
        let probe = Probe {
            format: Format::Ico,
            size: bitmap_size(picture.up_to(0, BITMAP_HEADER as usize)).unwrap_or(entry.hint),
            depth: 8,
            alpha: true,
            color: true,
            animated: Some(false),
            orientation: Orientation::Upright,
            subsampling: None,
            progressive: false,
            icc: false,
            described: false,
            icc_bytes: 0,
            metadata_bytes: 0,
            restart_interval: 0,
        };
        let png = if is_png { self.png.probe(picture).ok() } else { None };
        Ok(png.map_or(probe, |png| Probe { format: Format::Ico, animated: Some(false), ..png }))
    }
}

/// Decodes the best picture of an icon.
pub(super) fn decode(
    bytes: &[u8],
    limits: &Limits,
    decode_png: fn(&[u8], &Limits) -> Result<Decoded>,
) -> Result<Decoded> {
    let entry = best_entry(View::whole(bytes))?;
    let payload = usize::try_from(entry.start).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    if payload.starts_with(PNG) {
        return decode_png(payload, limits);
    }
    let size = bitmap_size(payload).ok_or_else(|| Error::malformed("the icon's bitmap is cut short"))?;
    limits.check_size(size)?;
    // The file and the copy of its best picture, the pixels, rows in work and a palette.
    limits
        .check_memory(2 * bytes.len() as u64 + 4 * size.pixels() + 16 * u64::from(size.width) + (1 << 20))?;
    let alone = alone(payload, size)?;
    let decoder = IcoDecoder::new(Cursor::new(alone.as_slice())).map_err(failed)?;
    if decoder.dimensions() != (size.width, size.height) || decoder.color_type().bytes_per_pixel() != 4 {
        return Err(Error::malformed("the icon's headers contradict each other"));
    }
    let mut raster = Raster::zeroed(size, Layout::Rgba)?;
    decoder.read_image(raster.data_mut()).map_err(failed)?;
    // Under a cursor's mask stands what the screen is to be inverted with, which is no colour.
    if le16(bytes, 2) == Some(CURSOR) {
        raster.data_mut().as_chunks_mut::<4>().0.iter_mut().filter(|pixel| pixel[3] == 0).for_each(|pixel| {
            *pixel = [0; 4];
        });
    }
    Ok(Decoded {
        picture: Picture::Raster(raster),
        orientation: Orientation::Upright,
        metadata: Metadata::default(),
    })
}

/// The best picture that begins within the file.
fn best_entry(view: View<'_>) -> Result<Entry> {
    let count = u64::from(view.le16(4).unwrap_or(0));
    let entries = (0..count).map_while(|number| read_entry(view, HEADER as u64 + number * ENTRY as u64));
    entries
        .max_by_key(|entry| (entry.is_there, entry.hint.pixels(), entry.bits))
        .ok_or_else(|| Error::malformed("the icon's directory is empty"))
}

/// An entry of the directory, with its bits a pixel: of a cursor, whose entry has none, those of its bitmap.
fn read_entry(view: View<'_>, at: u64) -> Option<Entry> {
    let side = |at| view.u8(at).map(|side| if side == 0 { 256 } else { u32::from(side) });
    let hint = Size::new(side(at)?, side(at + 1)?);
    // The length that follows is often wrong; where the picture ends stands in its own header.
    let start = u64::from(view.le32(at + 12)?);
    let head = view.up_to(start, 16);
    let bits = if head.starts_with(PNG) { 32 } else { le16(head, 14).unwrap_or(0) };
    Some(Entry { hint, start, bits, is_there: !head.is_empty() })
}

/// The size by a bitmap's header, whose height counts the mask below it.
fn bitmap_size(payload: &[u8]) -> Option<Size> {
    if payload.starts_with(PNG) {
        return None;
    }
    Some(Size::new(le32(payload, 4)?, le32(payload, 8)? / 2))
}

/// An icon of this picture alone, with a directory that agrees with it. The mask is left out where a part of it
/// is missing, and where pixels of 32 bits carry alpha, which counts before a mask.
fn alone(payload: &[u8], size: Size) -> Result<Vec<u8>> {
    let cut = || Error::malformed("the icon's bitmap is cut short");
    let bits = le16(payload, 14).ok_or_else(cut)?;
    let colors = match (le32(payload, 32), bits) {
        (Some(0), 1..=8) => 1 << bits,
        (Some(colors), _) => u64::from(colors),
        (None, _) => 0,
    };
    let rows =
        |bits: u16| (u64::from(size.width) * u64::from(bits)).div_ceil(32) * 4 * u64::from(size.height);
    let start = BITMAP_HEADER + 4 * colors;
    let (pixels, whole) = (start + rows(bits), start + rows(bits) + rows(1));
    let present = |length: u64| payload.get(..usize::try_from(length).ok()?);
    let has_alpha = |payload: &[u8]| {
        payload
            .get(start as usize..)
            .is_some_and(|pixels| pixels.as_chunks::<4>().0.iter().any(|p| p[3] != 0))
    };
    let payload = match present(pixels).ok_or_else(cut)? {
        bare if bits == 32 && has_alpha(bare) => bare,
        bare => present(whole).unwrap_or(bare),
    };
    let mut icon = Vec::new();
    icon.try_reserve_exact(HEADER + ENTRY + payload.len())?;
    let side = |side: u32| u8::try_from(side).unwrap_or(0);
    icon.extend_from_slice(&[0, 0, 1, 0, 1, 0, side(size.width), side(size.height), 0, 0, 1, 0]);
    icon.extend_from_slice(&bits.min(32).to_le_bytes());
    icon.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    icon.extend_from_slice(&((HEADER + ENTRY) as u32).to_le_bytes());
    icon.extend_from_slice(payload);
    Ok(icon)
}

fn failed(source: ImageError) -> Error {
    let kind = match source {
        ImageError::Limits(_) => Kind::Limit,
        ImageError::Unsupported(_) => Kind::Unsupported,
        _ => Kind::Malformed,
    };
    Error::with_source(kind, "the icon can't be decoded", source)
}
