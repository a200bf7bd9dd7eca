//! What stands before a bitmap's pixels: the headers of Windows and of OS/2, masks and a colour table.

use crate::{
    codec::{bytes::le32, span::Span, view::View},
    error::{Error, Result},
    pixel::Size,
};

/// Bytes of a file's own header.
pub(super) const FILE_HEADER: u64 = 14;
/// Lengths of headers, which tell them apart: BITMAPCOREHEADER, BITMAPINFOHEADER, the two that add masks,
/// BITMAPV4HEADER and BITMAPV5HEADER.
const CORE: u32 = 12;
const INFO: u32 = 40;
const INFO_V2: u32 = 52;
const INFO_V3: u32 = 56;
const V4: u32 = 108;
const V5: u32 = 124;
/// Values of the compression field (`BI_…` of Windows; OS/2 2 has a meaning of its own for 3 and 4).
const RGB: u32 = 0;
const RLE8: u32 = 1;
const RLE4: u32 = 2;
const BITFIELDS: u32 = 3;
const JPEG: u32 = 4;
const PNG: u32 = 5;
const ALPHA_BITFIELDS: u32 = 6;
const CMYK: u32 = 11;
const CMYK_RLE4: u32 = 13;
const OS2_HUFFMAN_1D: u32 = 3;
const OS2_RLE24: u32 = 4;
/// Where masks stand, whether they are in the header or follow it.
const MASKS: u64 = 40;
/// The colour space type in BITMAPV5HEADER, and its value where the file has a profile (`PROFILE_EMBEDDED`).
const COLOR_SPACE: u64 = 56;
const EMBEDDED: u32 = 0x4d42_4544;

/// How pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Rows,
    /// Run-length encoded pixels of 4, 8 or 24 bits.
    Rle,
}

/// Where the colour table stands, how many colours it has, and bytes of each.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColorTable {
    pub(super) start: u64,
    pub(super) colors: u32,
    pub(super) entry: u64,
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
    pub(super) color_table: ColorTable,
    /// Where the pixels begin.
    pub(super) first: u64,
    /// The ICC profile.
    pub(super) profile: Option<Span>,
}

impl Header {
    /// The header of a file, or of an icon's bitmap, which has none of the file's own.
    pub(super) fn read(view: View<'_>, is_file: bool) -> Result<Self> {
        let start = if is_file { FILE_HEADER } else { 0 };
        let info = view.from(start);
        let cut = || Error::malformed("the bitmap's header is cut short");
        let length = info.le32(0).ok_or_else(cut)?;
        let is_core = length == CORE;
        if !is_core && !matches!(length, 16 | 20..=64 | V4 | V5) {
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
        let is_windows = matches!(length, INFO | INFO_V2 | INFO_V3 | V4 | V5);
        let coding = coding(compression, bits, is_windows)?;
        let has_masks = is_windows && matches!(compression, BITFIELDS | ALPHA_BITFIELDS);
        let behind = match (has_masks && length == INFO, compression) {
            (true, ALPHA_BITFIELDS) => 16,
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
            masks: masks(info, length, bits, has_masks, compression == ALPHA_BITFIELDS).ok_or_else(cut)?,
            color_table: ColorTable { start: palette_at, colors, entry },
            first: first.unwrap_or(end + hints),
            profile: profile(view, start, length),
        })
    }

    /// True if pixels are indices into the colour table.
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

    /// The colours of the table. Those that are missing are black.
    pub(super) fn read_palette(&self, view: View<'_>) -> Box<[[u8; 3]; 256]> {
        let ColorTable { start, colors, entry } = self.color_table;
        let bytes = view.up_to(start, colors as usize * entry as usize);
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
        (RGB, 1 | 2 | 4 | 8 | 16 | 24 | 32) => Ok(Coding::Rows),
        (BITFIELDS | ALPHA_BITFIELDS, 16 | 32) if is_windows => Ok(Coding::Rows),
        (RLE8, 8) | (RLE4, 4) => Ok(Coding::Rle),
        (OS2_RLE24, 24) if !is_windows => Ok(Coding::Rle),
        (OS2_HUFFMAN_1D, 1) if !is_windows => {
            Err(Error::unsupported("a bitmap of OS/2 compressed as a fax (Huffman 1D)"))
        }
        (JPEG, _) if is_windows => Err(Error::unsupported("a bitmap that is a JPEG inside")),
        (PNG, _) if is_windows => Err(Error::unsupported("a bitmap that is a PNG inside")),
        (CMYK..=CMYK_RLE4, _) => Err(Error::unsupported("a bitmap of CMYK")),
        (RGB..=ALPHA_BITFIELDS, _) => {
            Err(Error::malformed(format!("a bitmap of {bits} bits, compressed in way {compression}")))
        }
        _ => Err(Error::unsupported(format!("a bitmap compressed in an unknown way ({compression})"))),
    }
}

/// Which bits are red, green, blue and alpha. Alpha's mask counts in BITMAPV4HEADER and BITMAPV5HEADER even where the
/// others don't, as in Chromium.
fn masks(info: View<'_>, length: u32, bits: u32, has_masks: bool, has_alpha: bool) -> Option<[u32; 4]> {
    let mask = |number: u64| info.le32(MASKS + 4 * number);
    let counts = if has_masks { has_alpha || length >= INFO_V3 } else { length >= V4 };
    let alpha = if counts { mask(3)? } else { 0 };
    Some(match bits {
        _ if has_masks => [mask(0)?, mask(1)?, mask(2)?, alpha],
        16 => [0x7c00, 0x3e0, 0x1f, alpha],
        32 => [0xff_0000, 0xff00, 0xff, alpha],
        _ => [0xff_0000, 0xff00, 0xff, 0],
    })
}

/// The profile, whose place counts from BITMAPV5HEADER. BITMAPV4HEADER may have endpoints and gammas instead, which no
/// browser applies.
fn profile(file: View<'_>, start: u64, length: u32) -> Option<Span> {
    if length != V5 {
        return None;
    }
    let fields = file.get(start + COLOR_SPACE, V5 as usize - COLOR_SPACE as usize)?;
    let profile = Span { start: start + u64::from(le32(fields, 56)?), length: u64::from(le32(fields, 60)?) };
    let is_there = profile.length > 0 && profile.length_in(file) == profile.length;
    (le32(fields, 0)? == EMBEDDED && is_there).then_some(profile)
}
