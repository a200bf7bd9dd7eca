//! Windows bitmaps, read with the `image` crate.
//!
//! The crate decodes a file as a whole. To have rows, each strip of them is given to it as a small bitmap of its own,
//! with the head of the file.

use std::{
    io::{BufReader, Cursor},
    ops::Range,
};

use image::{ColorType, ImageDecoder, ImageError, codecs::bmp::BmpDecoder};

use super::{
    Decoded, Format, Probe,
    bytes::{le16, le32},
    icc,
    rows::{FULL_SIZE, Form, Head, Rows, Sink},
    view::View,
};
use crate::{
    error::{Error, Kind, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

/// Rows that are decoded at once.
const STRIP: u32 = 16;

/// All that stands before the rows is within so many bytes: two headers, masks and a palette.
const HEAD_BYTES: usize = 2048;

/// Where a file's headers say at which byte its pixels begin, and how many rows there are.
const OFFSET_AT: usize = 10;
const CORE_HEIGHT_AT: usize = 20;
const HEIGHT_AT: usize = 22;

/// Where the second header begins, which begins with its own length; that of version 5.
const HEADER_AT: usize = 14;
const VERSION_5: u32 = 124;
/// Where that header says what its colours are, and where a profile stands; and that one is embedded.
const COLOR_SPACE_AT: usize = 56;
const PROFILE_AT: usize = 112;
const EMBEDDED: u32 = u32::from_be_bytes(*b"MBED");

/// Reads what a bitmap's head says about it.
pub(super) fn probe(view: View<'_>) -> Result<Probe> {
    let decoder = BmpDecoder::new(BufReader::new(view.reader())).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let profile = embedded_profile(view);
    Ok(Probe {
        format: Format::Bmp,
        size: Size::new(width, height),
        depth: 8,
        alpha: decoder.color_type().has_alpha(),
        color: decoder.color_type().has_color(),
        animated: Some(false),
        orientation: Orientation::Upright,
        subsampling: None,
        progressive: Stored::read(view.up_to(0, HEAD_BYTES), width).is_none(),
        icc: profile.is_some(),
        described: false,
        icc_bytes: profile.map_or(0, |(start, length)| {
            icc::held_bytes(&|at, bytes| view.get(start.checked_add(at)?, bytes), length)
        }),
        metadata_bytes: 0,
        restart_interval: 0,
    })
}

/// Where the profile stands that a header of version 5 says is embedded, and its length. That of version 4 has endpoints
/// and gammas instead, which no browser applies.
fn embedded_profile(view: View<'_>) -> Option<(u64, u64)> {
    let field = |at: usize| view.le32((HEADER_AT + at) as u64);
    if field(0)? < VERSION_5 || field(COLOR_SPACE_AT)? != EMBEDDED {
        return None;
    }
    let (start, length) = (HEADER_AT as u64 + u64::from(field(PROFILE_AT)?), field(PROFILE_AT + 4)?.into());
    (view.length_from(start, length) == length).then_some((start, length))
}

fn metadata(bytes: &[u8]) -> Metadata {
    let view = View::whole(bytes);
    let profile = embedded_profile(view).and_then(|(start, length)| view.get(start, length as usize));
    Metadata { icc: profile.map(<[u8]>::to_vec), ..Metadata::default() }
}

/// Decodes a bitmap.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let size = Size::new(width, height);
    limits.check_size(size)?;
    let layout = match decoder.color_type() {
        ColorType::L8 => Layout::Gray,
        ColorType::Rgb8 => Layout::Rgb,
        ColorType::Rgba8 => Layout::Rgba,
        other => return Err(Error::unsupported(format!("a bitmap of {other:?}"))),
    };
    // Beside the pixels: a row in work and a palette.
    let pixels = u64::from(layout.channels()) * size.pixels();
    limits.check_memory(bytes.len() as u64 + pixels + 16 * u64::from(width) + (1 << 20))?;
    let mut raster = Raster::zeroed(size, layout)?;
    decoder.read_image(raster.data_mut()).map_err(failed)?;
    Ok(Decoded {
        picture: Picture::Raster(raster),
        orientation: Orientation::Upright,
        metadata: metadata(bytes),
    })
}

/// Gives a bitmap to a sink, in strips of rows. `false` when it is compressed in runs, or the sink asked for none.
///
/// # Errors
/// As [`decode`], and those of the sink.
pub(super) fn decode_rows(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<bool> {
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let size = Size::new(width, height);
    limits.check_size(size)?;
    let is_rgb = decoder.color_type() == ColorType::Rgb8;
    let Some(stored) = Stored::read(bytes, width).filter(|_| is_rgb) else { return Ok(false) };
    let most = Size::new(width, STRIP.min(height));
    let strip_bytes = area_bytes(most, Layout::Rgb.channels())?;
    limits.check_memory(bytes.len() as u64 + peak_bytes(width))?;
    let head = Head {
        size,
        scales: FULL_SIZE,
        form: Form::Raster(Layout::Rgb),
        orientation: Orientation::Upright,
        can_turn: false,
        metadata: metadata(bytes),
    };
    if sink.begin(head)?.is_none() {
        return Ok(false);
    }
    let mut file = Vec::new();
    file.try_reserve_exact(HEAD_BYTES + stored.row_bytes * most.height as usize)?;
    let mut rows = try_zeroed(strip_bytes)?;
    for top in (0..height).step_by(STRIP as usize) {
        let strip = top..(top + STRIP).min(height);
        let rows = &mut rows[..strip.len() * strip_bytes / most.height as usize];
        stored
            .put_strip(bytes, height, strip, &mut file)
            .ok_or_else(|| Error::malformed("rows are missing"))?;
        BmpDecoder::new(Cursor::new(&file)).and_then(|decoder| decoder.read_image(rows)).map_err(failed)?;
        sink.take(Rows::Raster(rows))?;
    }
    Ok(true)
}

/// The most bytes that decoding by rows holds: a strip as it is stored, and as it is given.
pub(super) fn peak_bytes(width: u32) -> u64 {
    u64::from(STRIP) * u64::from(width) * 7 + (32 << 10)
}

/// How the rows of an uncompressed bitmap are stored.
struct Stored {
    /// Where the first one begins.
    first: usize,
    /// From one to the next: whole words of four bytes.
    row_bytes: usize,
    is_top_down: bool,
    /// The short header of OS/2.
    is_core: bool,
}

impl Stored {
    /// `None` for rows that are compressed in runs.
    fn read(head: &[u8], width: u32) -> Option<Self> {
        let is_core = le32(head, 14)? == 12;
        let (bits, compression) =
            if is_core { (le16(head, 24)?, 0) } else { (le16(head, 28)?, le32(head, 30)?) };
        let row_bytes = (u64::from(width) * u64::from(bits)).div_ceil(32) * 4;
        matches!(compression, 0 | 3).then_some(Self {
            first: le32(head, OFFSET_AT)? as usize,
            row_bytes: usize::try_from(row_bytes).ok()?,
            is_top_down: !is_core && le32(head, HEIGHT_AT)? > i32::MAX as u32,
            is_core,
        })
    }

    /// Makes a file of some rows of one that has `height`; `None` when they aren't there.
    fn put_strip(&self, whole: &[u8], height: u32, rows: Range<u32>, file: &mut Vec<u8>) -> Option<()> {
        let count = rows.end - rows.start;
        let before = if self.is_top_down { rows.start } else { height - rows.end };
        let start = self.first.checked_add(self.row_bytes.checked_mul(before as usize)?)?;
        let strip = whole.get(start..start.checked_add(self.row_bytes.checked_mul(count as usize)?)?)?;
        file.clear();
        file.extend_from_slice(&whole[..whole.len().min(HEAD_BYTES)]);
        let offset = (file.len() as u32).to_le_bytes();
        file.get_mut(OFFSET_AT..OFFSET_AT + 4)?.copy_from_slice(&offset);
        if self.is_core {
            file.get_mut(CORE_HEIGHT_AT..CORE_HEIGHT_AT + 2)?.copy_from_slice(&(count as u16).to_le_bytes());
        } else {
            let signed = if self.is_top_down { count.wrapping_neg() } else { count };
            file.get_mut(HEIGHT_AT..HEIGHT_AT + 4)?.copy_from_slice(&signed.to_le_bytes());
        }
        file.extend_from_slice(strip);
        Some(())
    }
}

fn failed(source: ImageError) -> Error {
    let kind = match source {
        ImageError::Limits(_) => Kind::Limit,
        ImageError::Unsupported(_) => Kind::Unsupported,
        _ => Kind::Malformed,
    };
    Error::with_source(kind, "the bitmap can't be decoded", source)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bitmap of colourful pixels; a negative height is top-down.
    fn bitmap(width: i32, height: i32, bits: u16) -> Vec<u8> {
        let colors: u32 = if bits <= 8 { 1 << bits } else { 0 };
        let first = 54 + 4 * colors;
        let mut file = b"BM\0\0\0\0\0\0\0\0".to_vec();
        file.extend(first.to_le_bytes());
        file.extend(40_u32.to_le_bytes());
        file.extend(width.to_le_bytes());
        file.extend(height.to_le_bytes());
        file.extend([1, 0]);
        file.extend(bits.to_le_bytes());
        file.extend([0; 24]);
        file.extend((0..4 * colors).map(|at| (at * 7) as u8));
        let row_bytes = (width as usize * usize::from(bits)).div_ceil(32) * 4;
        file.extend((0..row_bytes * height.unsigned_abs() as usize).map(|at| (at * at / 5) as u8));
        file
    }

    /// The same of OS/2: 24 bits, a header of 12 bytes.
    fn core_bitmap(width: u16, height: u16) -> Vec<u8> {
        let mut file = b"BM\0\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0".to_vec();
        file.extend(width.to_le_bytes());
        file.extend(height.to_le_bytes());
        file.extend([1, 0, 24, 0]);
        let row_bytes = (usize::from(width) * 3).next_multiple_of(4);
        file.extend((0..row_bytes * usize::from(height)).map(|at| (at * at / 5) as u8));
        file
    }

    #[derive(Default)]
    struct Gathered(Option<Size>, Vec<u8>);

    impl Sink for Gathered {
        fn begin(&mut self, head: Head) -> Result<Option<u32>> {
            self.0 = Some(head.size);
            Ok(Some(8))
        }

        fn take(&mut self, rows: Rows<'_>) -> Result<()> {
            if let Rows::Raster(rows) = rows {
                self.1.extend_from_slice(rows);
            }
            Ok(())
        }
    }

    #[test]
    fn strips_give_what_the_whole_file_gives() {
        let limits = Limits::default();
        let mut files = vec![core_bitmap(5, 40)];
        for bits in [1, 4, 8, 16, 24, 32] {
            files.extend([(1, 1), (7, 16), (13, 33), (6, -33)].map(|(w, h)| bitmap(w, h, bits)));
        }
        for mut file in files {
            let Picture::Raster(whole) = decode(&file, &limits).unwrap().picture else { panic!("planes") };
            let mut gathered = Gathered::default();
            assert!(decode_rows(&file, &limits, &mut gathered).unwrap());
            assert_eq!((gathered.0, gathered.1.as_slice()), (Some(whole.size()), whole.data()));
            file.pop();
            assert!(decode_rows(&file, &limits, &mut Gathered::default()).is_err());
        }
    }

    #[test]
    fn runs_come_as_a_whole() {
        let mut file = bitmap(7, 16, 8);
        file[30] = 1;
        assert!(probe(View::whole(&file)).unwrap().progressive);
        assert!(!decode_rows(&file, &Limits::default(), &mut Gathered::default()).unwrap());
    }
}
