//! What stands before a bitmap's pixels: the headers of Windows (3, 4, 5 and those between) and of OS/2 (1 and 2), masks and
//! a palette.

use crate::{
    codec::{bytes::le32, view::View},
    error::{Error, Result},
    pixel::Size,
};

/// Bytes of a file's own header.
pub(super) const FILE_HEADER: u64 = 14;
/// Lengths of headers, which are what they are called by.
const CORE: u32 = 12;
const WINDOWS_3: u32 = 40;
const WITH_MASKS: u32 = 52;
const WITH_ALPHA: u32 = 56;
const WINDOWS_4: u32 = 108;
const WINDOWS_5: u32 = 124;
/// Where masks stand, whether they are in the header or follow it.
const MASKS: u64 = 40;
/// The kind of colours in the header of Windows 5, and what says that a profile is in the file.
const COLOR_SPACE: u64 = 56;
const EMBEDDED: u32 = 0x4d42_4544;

/// How pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Rows,
    /// Runs of pixels of 4, 8 or 24 bits.
    Runs,
}

/// The headers.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) size: Size,
    pub(super) is_top_down: bool,
    /// Bits a pixel.
    pub(super) bits: u32,
    pub(super) coding: Coding,
    /// Which bits are red, green, blue and alpha, where there is no palette.
    pub(super) masks: [u32; 4],
    /// Where the palette begins, how many colours it has, and bytes of each.
    pub(super) palette: (u64, u32, u64),
    /// Where the pixels begin.
    pub(super) first: u64,
    /// Where an ICC profile stands, and its length.
    pub(super) profile: Option<(u64, u64)>,
}

impl Header {
    /// The header of a file, or of an icon's bitmap, which has none of the file's own.
    pub(super) fn read(view: View<'_>, is_file: bool) -> Result<Self> {
        let start = if is_file { FILE_HEADER } else { 0 };
        let info = view.from(start);
        let cut = || Error::malformed("the bitmap's header is cut short");
        let length = info.le32(0).ok_or_else(cut)?;
        let is_core = length == CORE;
        if !is_core && !matches!(length, 16 | 20..=64 | WINDOWS_4 | WINDOWS_5) {
            return Err(Error::unsupported(format!("a bitmap with a header of {length} bytes")));
        }
        let (width, height, bits) = if is_core {
            let side = |at| info.le16(at).map(i32::from);
            (side(4), side(6), info.le16(10))
        } else {
            let side = |at| info.le32(at).map(u32::cast_signed);
            (side(4), side(8), info.le16(14))
        };
        let (width, height) = width.zip(height).ok_or_else(cut)?;
        let bits = u32::from(bits.ok_or_else(cut)?);
        let width = u32::try_from(width).map_err(|_| Error::malformed("the bitmap's width is negative"))?;
        let field = |at: u64| if u64::from(length) >= at + 4 { info.le32(at) } else { None };
        let compression = field(16).unwrap_or(0);
        let is_windows = matches!(length, WINDOWS_3 | WITH_MASKS | WITH_ALPHA | WINDOWS_4 | WINDOWS_5);
        let coding = coding(compression, bits, is_windows)?;
        let has_masks = is_windows && matches!(compression, 3 | 6);
        let behind = match (has_masks && length == WINDOWS_3, compression) {
            (true, 6) => 16,
            (true, _) => 12,
            (false, _) => 0,
        };
        let palette_at = start + u64::from(length) + behind;
        let most = if bits <= 8 { 1 << bits } else { 0 };
        let colors = field(32).filter(|&colors| colors > 0 && colors <= most).unwrap_or(most);
        let entry = if is_core { 3 } else { 4 };
        let end = palette_at + u64::from(colors) * entry;
        // Where a picture of more bits has colours, they are a hint for poor screens.
        let hints = if bits > 8 { u64::from(field(32).unwrap_or(0).min(256)) * 4 } else { 0 };
        let first = if is_file { view.le32(10).map(u64::from).filter(|&first| first > 0) } else { None };
        Ok(Self {
            size: Size::new(width, height.unsigned_abs()),
            is_top_down: height < 0,
            bits,
            coding,
            masks: masks(info, length, bits, has_masks, compression == 6).ok_or_else(cut)?,
            palette: (palette_at, colors, entry),
            first: first.unwrap_or(end + hints),
            profile: profile(view, start, length),
        })
    }

    /// True if pixels are places in a palette.
    pub(super) const fn has_palette(&self) -> bool {
        self.bits <= 8
    }

    /// True if pixels may be transparent.
    pub(super) const fn has_alpha(&self) -> bool {
        !self.has_palette() && self.masks[3] != 0
    }

    /// Bytes from one row to the next: whole words of four.
    pub(super) fn row_bytes(&self) -> u64 {
        (u64::from(self.size.width) * u64::from(self.bits)).div_ceil(32) * 4
    }

    /// The colours of the palette. Those that are missing are black.
    pub(super) fn read_palette(&self, view: View<'_>) -> Box<[[u8; 3]; 256]> {
        let (start, count, entry) = self.palette;
        let bytes = view.up_to(start, count as usize * entry as usize);
        let mut palette = Box::new([[0; 3]; 256]);
        for (color, bytes) in palette.iter_mut().zip(bytes.chunks_exact(entry as usize)) {
            *color = [bytes[2], bytes[1], bytes[0]];
        }
        palette
    }
}

/// How pixels are stored; what isn't read is named.
fn coding(compression: u32, bits: u32, is_windows: bool) -> Result<Coding> {
    match (compression, bits) {
        (0, 1 | 2 | 4 | 8 | 16 | 24 | 32) => Ok(Coding::Rows),
        (3 | 6, 16 | 32) if is_windows => Ok(Coding::Rows),
        (1, 8) | (2, 4) => Ok(Coding::Runs),
        (4, 24) if !is_windows => Ok(Coding::Runs),
        (3, 1) if !is_windows => Err(Error::unsupported("a bitmap of OS/2 compressed as a fax (Huffman 1D)")),
        (4, _) if is_windows => Err(Error::unsupported("a bitmap that is a JPEG inside")),
        (5, _) if is_windows => Err(Error::unsupported("a bitmap that is a PNG inside")),
        (11..=13, _) => Err(Error::unsupported("a bitmap of CMYK")),
        (0..=6, _) => {
            Err(Error::malformed(format!("a bitmap of {bits} bits, compressed in way {compression}")))
        }
        _ => Err(Error::unsupported(format!("a bitmap compressed in an unknown way ({compression})"))),
    }
}

/// Which bits are red, green, blue and alpha. Alpha's mask counts in the headers of Windows 4 and 5 even where the others
/// don't, as Chromium has it.
fn masks(info: View<'_>, length: u32, bits: u32, has_masks: bool, has_alpha: bool) -> Option<[u32; 4]> {
    let mask = |number: u64| info.le32(MASKS + 4 * number);
    let counts = if has_masks { has_alpha || length >= WITH_ALPHA } else { length >= WINDOWS_4 };
    let alpha = if counts { mask(3)? } else { 0 };
    Some(match bits {
        _ if has_masks => [mask(0)?, mask(1)?, mask(2)?, alpha],
        16 => [0x7c00, 0x3e0, 0x1f, alpha],
        32 => [0xff_0000, 0xff00, 0xff, alpha],
        _ => [0xff_0000, 0xff00, 0xff, 0],
    })
}

/// Where a profile stands: counted from the header of Windows 5. That of Windows 4 may have endpoints and gammas instead,
/// which no browser applies.
fn profile(file: View<'_>, start: u64, length: u32) -> Option<(u64, u64)> {
    if length != WINDOWS_5 {
        return None;
    }
    let fields = file.get(start + COLOR_SPACE, WINDOWS_5 as usize - COLOR_SPACE as usize)?;
    let (at, bytes) = (start + u64::from(le32(fields, 56)?), u64::from(le32(fields, 60)?));
    let is_there = bytes > 0 && file.length_from(at, bytes) == bytes;
    (le32(fields, 0)? == EMBEDDED && is_there).then_some((at, bytes))
}
