//! Bitmaps of Windows and OS/2: pixels in rows, which come as such, or run-length encoded, which come as a whole.
//!
//! Also the bitmaps in icons, which have no header of a file's, and a mask of one bit a pixel below them.

mod header;
mod pixels;
mod rle;

use self::{
    header::{Coding, Header},
    pixels::{Alpha, Painter},
};
use super::{
    Decoded, Demands, Format, FormatInfo, Probe,
    cost::{Buffering, Decoding, channels},
    icc,
    rows::{FULL_SIZE, Form, Head, Rows, Sink},
    view::View,
};
use crate::{
    error::{Error, Result},
    limits::{Limits, area_bytes, try_zeroed},
    pixel::{Layout, Metadata, Orientation, Picture, Raster, Size},
};

/// What is fixed about BMP.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "bmp",
    media_type: "image/bmp",
    subtypes: &["bmp", "x-bmp", "x-ms-bmp"],
    extensions: &["bmp", "dib"],
    max_side: u32::MAX >> 1,
    has_gray: false,
    is_web_safe: true,
    decodes: true,
    is_vector: false,
    moves: false,
    encodes: None,
};

/// Rows that are painted at once.
const STRIP: u32 = 16;

/// The memory of small things, in bytes.
const SMALL: u64 = 32 << 10;

/// Reads what a bitmap's headers say about it.
pub(super) fn probe(view: View<'_>) -> Result<Probe> {
    let header = Header::read(view, true)?;
    let icc_bytes = header
        .profile
        .map_or(0, |profile| icc::peak_bytes(&|at, bytes| profile.get(view, at, bytes), profile.length));
    Ok(Probe {
        alpha: header.has_alpha(),
        progressive: header.coding == Coding::Rle,
        icc: header.profile.is_some(),
        demands: Demands { icc_bytes, ..Demands::default() },
        ..Probe::new(Format::Bmp, header.size)
    })
}

/// Decodes a bitmap.
pub(super) fn decode(file: &[u8], limits: &Limits) -> Result<Decoded> {
    let header = Header::read(View::whole(file), true)?;
    limits.check_size(header.size)?;
    let metadata = metadata(file, &header)?;
    let held = file.len() as u64 + metadata.len();
    limits.check_memory(held + 4 * header.size.pixels() + SMALL)?;
    let picture = match header.coding {
        Coding::Rows => {
            let bitmap = Bitmap::new(file, &header)?;
            let mut raster = Raster::zeroed(header.size, bitmap.painter.layout())?;
            bitmap.paint(0, raster.data_mut());
            raster
        }
        Coding::Rle => {
            let mut raster = Raster::zeroed(header.size, Layout::Rgb)?;
            let runs = usize::try_from(header.first).ok().and_then(|first| file.get(first..));
            let palette = header.read_palette(View::whole(file));
            rle::decode(&header, &palette, runs.unwrap_or_default(), raster.data_mut())?;
            raster
        }
    };
    Ok(Decoded { picture: Picture::Raster(picture), orientation: Orientation::Upright, metadata })
}

/// Gives a bitmap to a sink, in strips of rows. `false` when it is run-length encoded, or the sink asked for none.
///
/// # Errors
/// As [`decode`], and those of the sink.
pub(super) fn decode_rows(file: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<bool> {
    let header = Header::read(View::whole(file), true)?;
    limits.check_size(header.size)?;
    if header.coding == Coding::Rle {
        return Ok(false);
    }
    let metadata = metadata(file, &header)?;
    limits.check_memory(file.len() as u64 + metadata.len() + rows_bytes(header.size.width))?;
    let bitmap = Bitmap::new(file, &header)?;
    let (size, layout) = (header.size, bitmap.painter.layout());
    let form = Form::Raster(layout);
    let head =
        Head { size, scales: FULL_SIZE, form, orientation: Orientation::Upright, can_turn: false, metadata };
    if sink.begin(head)?.is_none() {
        return Ok(false);
    }
    let row = size.width as usize * layout.channels() as usize;
    let strip = STRIP.min(size.height);
    let mut rows = try_zeroed(area_bytes(Size::new(size.width, strip), layout.channels())?)?;
    for top in (0..size.height).step_by(STRIP as usize) {
        let rows = &mut rows[..row * (size.height - top).min(STRIP) as usize];
        bitmap.paint(top, rows);
        sink.take(Rows::Raster(rows))?;
    }
    Ok(true)
}

/// States what decoding takes.
pub(super) fn decoding(probe: &Probe, _scale_num: u32, buffering: Buffering) -> Decoding {
    Decoding {
        rows_bytes: if buffering == Buffering::Whole { 0 } else { rows_bytes(probe.size.width) },
        pixel_bytes: 4,
        peak_pixel_bytes: 4,
        channels: channels(probe),
        metadata_copies: 1,
    }
}

/// The heap that decoding by rows takes, in bytes: a strip as it is given.
fn rows_bytes(width: u32) -> u64 {
    u64::from(STRIP) * u64::from(width) * 4 + SMALL
}

/// Decodes an icon's bitmap, whose header counts the mask's rows with the picture's. The mask counts where there is no
/// alpha. Pixels under a cursor's mask invert the screen, and have no colour.
///
/// # Errors
/// As [`decode`].
pub(super) fn decode_icon(bitmap: &[u8], is_cursor: bool, limits: &Limits) -> Result<Raster> {
    let mut header = Header::read(View::whole(bitmap), false)?;
    header.size.height /= 2;
    if header.bits == 32 && header.masks[3] == 0 {
        header.masks[3] = 0xff00_0000;
    }
    limits.check_size(header.size)?;
    limits.check_memory(bitmap.len() as u64 + 8 * header.size.pixels() + SMALL)?;
    if header.coding == Coding::Rle {
        return Err(Error::unsupported("an icon in runs"));
    }
    let pixels = Bitmap::new(bitmap, &header)?;
    let Size { width, height } = header.size;
    let mut raster = Raster::zeroed(header.size, Layout::Rgba)?;
    let mut row = try_zeroed(width as usize * 4)?;
    let row = &mut row[..(width * pixels.painter.layout().channels()) as usize];
    let mask_bytes = u64::from(width).div_ceil(32) * 4;
    let mask = header.first.checked_add(header.row_bytes() * u64::from(height));
    let mask = mask.and_then(|start| bytes_of(bitmap, start, mask_bytes * u64::from(height)));
    for (y, line) in (0..height).zip(raster.data_mut().chunks_exact_mut(4 * width as usize)) {
        pixels.paint(y, row);
        let stored = u64::from(if header.is_top_down { y } else { height - 1 - y });
        let mask = mask.filter(|_| pixels.alpha != Alpha::Used);
        let mask = mask.and_then(|mask| bytes_of(mask, stored * mask_bytes, mask_bytes));
        for (x, pixel) in line.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            match row.len() / width as usize {
                4 => pixel.copy_from_slice(&row[4 * x..4 * x + 4]),
                _ => *pixel = [row[3 * x], row[3 * x + 1], row[3 * x + 2], 255],
            }
            if mask.is_some_and(|mask| mask[x / 8] << (x % 8) & 0x80 != 0) {
                pixel[3] = 0;
            }
            if is_cursor && pixel[3] == 0 {
                *pixel = [0; 4];
            }
        }
    }
    Ok(raster)
}

/// The size of an icon's bitmap by its header.
pub(super) fn icon_size(bitmap: View<'_>) -> Option<Size> {
    let header = Header::read(bitmap, false).ok()?;
    Some(Size::new(header.size.width, header.size.height / 2))
}

/// A bitmap whose pixels stand in rows.
struct Bitmap<'a> {
    header: &'a Header,
    /// All rows, as they are stored.
    rows: &'a [u8],
    painter: Painter,
    alpha: Alpha,
}

impl<'a> Bitmap<'a> {
    fn new(file: &'a [u8], header: &'a Header) -> Result<Self> {
        let missing = || Error::malformed("rows of the bitmap are missing");
        let bytes = header.row_bytes().checked_mul(header.size.height.into()).ok_or_else(missing)?;
        // The padding of the last row may be missing.
        let padding =
            header.row_bytes() - (u64::from(header.size.width) * u64::from(header.bits)).div_ceil(8);
        let rows = bytes_of(file, header.first, bytes)
            .or_else(|| bytes_of(file, header.first, bytes - padding))
            .ok_or_else(missing)?;
        let row_bytes = usize::try_from(header.row_bytes()).map_err(|_| missing())?;
        let alpha = pixels::alpha(header, rows.chunks(row_bytes.max(1)));
        Ok(Self { header, rows, painter: Painter::new(header, View::whole(file), alpha), alpha })
    }

    /// Paints rows from `top` on.
    fn paint(&self, top: u32, out: &mut [u8]) {
        let Size { width, height } = self.header.size;
        let bytes = self.header.row_bytes() as usize;
        let channels = self.painter.layout().channels() as usize;
        for (y, row) in (top..height).zip(out.chunks_exact_mut(width as usize * channels)) {
            let stored = if self.header.is_top_down { y } else { height - 1 - y } as usize * bytes;
            let end = (stored + bytes).min(self.rows.len());
            self.painter.paint(&self.rows[stored..end], row);
        }
    }
}

/// The profile, if it is there.
fn metadata(file: &[u8], header: &Header) -> Result<Metadata> {
    let mut metadata = Metadata::default();
    if let Some(profile) = header.profile.and_then(|profile| bytes_of(file, profile.start, profile.length)) {
        let mut copy = Vec::new();
        copy.try_reserve_exact(profile.len())?;
        copy.extend_from_slice(profile);
        metadata.icc = Some(copy);
    }
    Ok(metadata)
}

fn bytes_of(file: &[u8], start: u64, length: u64) -> Option<&[u8]> {
    let start = usize::try_from(start).ok()?;
    file.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}

#[cfg(test)]
mod tests;
