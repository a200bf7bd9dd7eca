//! Pictures inside TIFF. With JPEG (Technical Note 2) each strip or tile is a JPEG without its tables, which stand in the
//! directory; with a planar configuration each plane has JPEGs of its own, of grey. With WebP, as libtiff and GDAL have it,
//! each is a whole file.

use std::borrow::Cow;

use super::{compression, header::Photometric};
use crate::{
    codec::Decoded,
    error::{Error, Result},
    limits::Limits,
    pixel::{Picture, Size},
};

/// Pixels that a JPEG may have past the edges of its strip or tile: an MCU of four blocks.
const PADDING: u32 = 32;

/// The memory that decoding a strip or tile takes, in bytes; of a JPEG: planes of up to four samples, the picture made of
/// them, and the current rows.
pub(super) fn heap_bytes(compression: u16, size: Size) -> u64 {
    if compression == compression::WEBP {
        return webp_bytes(size);
    }
    let [width, height] = [size.width, size.height].map(|side| u64::from(side) + u64::from(PADDING));
    (8 * width).saturating_mul(height).saturating_add(80 * width + (240 << 10))
}

/// The same of a WebP: the picture, what may be copied from and the alpha beside it, tables, and its file where the bits of
/// that are turned.
fn webp_bytes(size: Size) -> u64 {
    16 * size.pixels() + 80 * u64::from(size.width) + (640 << 10)
}

/// A WebP of fill order 2, whose bits libtiff turns as well (those of a JPEG it doesn't); no more of it than is stated.
fn turned(file: &[u8], size: Size) -> Result<Vec<u8>> {
    let most = usize::try_from(4 * size.pixels() + (64 << 10)).unwrap_or(usize::MAX);
    let file = &file[..file.len().min(most)];
    let mut turned = Vec::new();
    turned.try_reserve_exact(file.len())?;
    turned.extend(file.iter().map(|byte| byte.reverse_bits()));
    Ok(turned)
}

/// True of a compression whose strips and tiles are pictures.
pub(super) const fn is_embedded(compression: u16) -> bool {
    matches!(compression, compression::JPEG | compression::WEBP)
}

/// Who decodes the pictures inside.
#[derive(Clone, Copy)]
pub(in crate::codec) struct Decoders {
    pub(in crate::codec) jpeg: fn(&[u8], &Limits) -> Result<Decoded>,
    pub(in crate::codec) webp: fn(&[u8], &Limits) -> Result<Decoded>,
}

/// A decoded strip or tile.
pub(super) struct EmbeddedSegment {
    /// Samples of a pixel that stand together.
    channels: usize,
    /// One of all samples, or one of each.
    planes: Vec<Plane>,
    row: usize,
}

struct Plane {
    width: usize,
    samples: Vec<u8>,
}

/// How the pictures inside a file are decoded.
pub(super) struct EmbeddedDecoding<'a> {
    pub(super) compression: u16,
    /// Fill order 2: the first bit is the lowest of a byte.
    pub(super) is_lsb_first: bool,
    /// The tables that JPEGs share.
    pub(super) tables: &'a [u8],
    pub(super) photometric: Photometric,
    /// The least samples of a pixel that stand together.
    pub(super) channels: usize,
    /// The size of a strip or tile.
    pub(super) size: Size,
    pub(super) limits: &'a Limits,
    pub(super) decoders: Decoders,
}

impl EmbeddedSegment {
    /// Decodes the pictures of a strip or tile: one, or one for each plane. Of one that is larger than the strip or tile
    /// no more is used, whatever it says of itself.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when one is narrower or has fewer samples, and those of the
    /// picture's decoder.
    pub(super) fn decode<'a>(
        files: impl Iterator<Item = Result<&'a [u8]>>,
        decoding: &EmbeddedDecoding<'_>,
    ) -> Result<Self> {
        let &EmbeddedDecoding { compression, is_lsb_first, tables, photometric, channels: least, .. } =
            decoding;
        let &EmbeddedDecoding { size, limits, decoders, .. } = decoding;
        let padded = Size::new(size.width.saturating_add(PADDING), size.height.saturating_add(PADDING));
        let limits = Limits { max_pixels: limits.max_pixels.min(padded.pixels()), ..limits.clone() };
        let mut segment = Self { channels: 0, planes: Vec::new(), row: 0 };
        for file in files {
            let (channels, plane) = match compression {
                compression::WEBP => {
                    let most = limits.max_memory.min(webp_bytes(size));
                    let limits = limits.clone().with_max_memory(most);
                    let file = if is_lsb_first { Cow::from(turned(file?, size)?) } else { Cow::from(file?) };
                    webp_samples((decoders.webp)(&file, &limits)?.picture, least)?
                }
                _ => samples((decoders.jpeg)(&whole_jpeg(tables, file?, photometric)?, &limits)?.picture)?,
            };
            if plane.width < size.width as usize {
                return Err(Error::malformed("a part of the TIFF is narrower than it says"));
            }
            if channels < least || segment.channels > 0 && channels != segment.channels {
                return Err(Error::malformed("a part of the TIFF has fewer colours than it says"));
            }
            segment.channels = channels;
            segment.planes.push(plane);
        }
        Ok(segment)
    }

    pub(super) const fn channels(&self) -> usize {
        self.channels
    }

    /// The next row, if its pixels have exactly `used` samples.
    pub(super) fn next_bytes(&mut self, used: usize) -> Result<Option<&[u8]>> {
        let channels = self.channels;
        match self.planes.as_slice() {
            [plane] if channels == used => {
                self.row += 1;
                plane.row(self.row - 1, channels).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Gives the next row of each plane, with its number.
    pub(super) fn next(&mut self, mut take: impl FnMut(usize, &[u8])) -> Result<()> {
        for (number, plane) in self.planes.iter().enumerate() {
            take(number, plane.row(self.row, self.channels)?);
        }
        self.row += 1;
        Ok(())
    }
}

impl Plane {
    fn row(&self, row: usize, channels: usize) -> Result<&[u8]> {
        let length = self.width * channels;
        let rows = self.samples.get(row * length..(row + 1) * length);
        rows.ok_or_else(|| Error::malformed("a part of the TIFF has too few rows"))
    }
}

/// The samples of a decoded picture, and how many a pixel has. Inks are as in TIFF, 255 being all of one; other JPEGs
/// have the inverse.
fn samples(picture: Picture) -> Result<(usize, Plane)> {
    if let Picture::Inks(inks) = picture {
        let (width, channels) = (inks.size().width as usize, inks.channels() as usize);
        let mut samples = inks.into_data();
        samples.iter_mut().for_each(|sample| *sample = !*sample);
        return Ok((channels, Plane { width, samples }));
    }
    let raster = picture.into_raster()?;
    let channels = raster.layout().channels() as usize;
    Ok((channels, Plane { width: raster.size().width as usize, samples: raster.into_data() }))
}

/// The samples of a WebP, and how many a pixel has. One that is opaque has no alpha, though its TIFF may.
fn webp_samples(picture: Picture, least: usize) -> Result<(usize, Plane)> {
    let (channels, plane) = samples(picture)?;
    if channels != 3 || least != 4 {
        return Ok((channels, plane));
    }
    let mut samples = Vec::new();
    samples.try_reserve_exact(plane.samples.len() / 3 * 4)?;
    samples.extend(plane.samples.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]));
    Ok((4, Plane { samples, ..plane }))
}

/// A JPEG of the tables and the strip or tile. Adobe's segment says whether the colours are to be converted.
fn whole_jpeg(tables: &[u8], segment: &[u8], photometric: Photometric) -> Result<Vec<u8>> {
    let tables = tables.strip_prefix(&[0xff, 0xd8]).unwrap_or_default();
    let tables = tables.strip_suffix(&[0xff, 0xd9]).unwrap_or(tables);
    let scan = segment
        .strip_prefix(&[0xff, 0xd8])
        .ok_or_else(|| Error::malformed("a part of the TIFF is no JPEG"))?;
    let mut jpeg = Vec::new();
    jpeg.try_reserve_exact(18 + tables.len() + scan.len())?;
    jpeg.extend_from_slice(&[0xff, 0xd8, 0xff, 0xee, 0, 14]);
    jpeg.extend_from_slice(b"Adobe\0\x64\0\0\0\0");
    jpeg.push(u8::from(photometric == Photometric::YCbCr));
    jpeg.extend_from_slice(tables);
    jpeg.extend_from_slice(scan);
    Ok(jpeg)
}
