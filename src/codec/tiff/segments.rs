//! Where a TIFF's strips or tiles stand, in the picture and in the file.

use super::{
    compression,
    directory::{Directory, Values},
    header::Header,
    tags,
};
use crate::{
    error::{Error, Result},
    limits::Limits,
    pixel::Size,
};

/// How many times the picture's pixels its tiles may have, with what lies past its edges.
const MAX_TILES: u64 = 4;
/// Tiles of so few pixels are always allowed.
const SMALL: u64 = 1 << 22;

/// All strips or tiles (Technical Note 2: image segments).
pub(super) struct Segments<'a> {
    file: &'a [u8],
    offsets: Values<'a>,
    /// Their byte counts, where the file has them.
    lengths: Option<Values<'a>>,
    picture: Size,
    /// The size of each strip or tile, in pixels.
    size: Size,
    across: u32,
    is_raw: bool,
    is_fax: bool,
}

/// A strip or tile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    number: u32,
    /// The pixel where it begins.
    pub(super) left: u32,
    pub(super) top: u32,
    /// The part that lies in the picture.
    pub(super) size: Size,
}

impl<'a> Segments<'a> {
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when the directory doesn't say where they are,
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when most of them lies outside the picture.
    pub(super) fn of(
        file: &'a [u8],
        directory: &Directory<'a>,
        header: &Header,
        limits: &Limits,
    ) -> Result<Self> {
        let picture = header.size;
        let is_tiled =
            directory.number(tags::TILE_WIDTH).is_some() && directory.number(tags::TILE_LENGTH).is_some();
        let (offsets, lengths) = if is_tiled {
            (tags::TILE_OFFSETS, tags::TILE_BYTE_COUNTS)
        } else {
            (tags::STRIP_OFFSETS, tags::STRIP_BYTE_COUNTS)
        };
        let size = segment_size(directory, picture);
        if size.width == 0 || size.height == 0 {
            return Err(Error::malformed("the TIFF's tiles have no size"));
        }
        let across = picture.width.div_ceil(size.width);
        let unpacked = u64::from(across) * u64::from(size.width) * u64::from(picture.height);
        if unpacked > (MAX_TILES * picture.pixels()).max(SMALL).min(limits.max_pixels.saturating_mul(2)) {
            return Err(Error::limit("most of the TIFF's tiles lies outside the picture"));
        }
        // Some writers of tiles use the strips' tags.
        let values = |tag, other| directory.values(tag).or_else(|| directory.values(other));
        Ok(Self {
            file,
            offsets: values(offsets, tags::STRIP_OFFSETS)
                .ok_or_else(|| Error::malformed("the TIFF doesn't say where its parts are"))?,
            lengths: values(lengths, tags::STRIP_BYTE_COUNTS),
            picture,
            size,
            across,
            is_raw: header.compression == compression::NONE,
            is_fax: matches!(
                header.compression,
                compression::CCITT_RLE..=compression::GROUP4 | compression::CCITT_RLE_WORDS
            ),
        })
    }

    /// The size of each, limited to the picture's height.
    pub(super) fn size(&self) -> Size {
        Size::new(self.size.width, self.size.height.min(self.picture.height))
    }

    fn count(&self) -> u32 {
        self.across.saturating_mul(self.picture.height.div_ceil(self.size.height))
    }

    /// The strips or tiles from left to right and from top to bottom.
    pub(super) fn all(&self) -> impl Iterator<Item = Segment> + use<> {
        let (Size { width, height }, picture, across) = (self.size, self.picture, self.across);
        (0..self.count()).map(move |number| {
            let (left, top) = ((number % across) * width, (number / across) * height);
            let size = Size::new(width.min(picture.width - left), height.min(picture.height - top));
            Segment { number, left, top, size }
        })
    }

    /// The bytes of a strip or tile, for a plane if each plane has its own.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when they aren't there.
    pub(super) fn bytes(&self, segment: Segment, plane: usize) -> Result<&'a [u8]> {
        let outside = || Error::malformed("a part of the TIFF lies past its end");
        let number = plane * self.count() as usize + segment.number as usize;
        let start = self.offsets.long(number).ok_or_else(|| Error::malformed("the TIFF lacks some parts"))?;
        let start = usize::try_from(start).map_err(|_| outside())?;
        let rest = self.file.get(start..).filter(|rest| !rest.is_empty()).ok_or_else(outside)?;
        let length = self.lengths.and_then(|lengths| lengths.long(number)).filter(|&length| length > 0);
        match length.map(usize::try_from) {
            // The size says how many bytes there are; byte counts are missing or wrong in some files.
            _ if self.is_raw => Ok(rest),
            Some(Ok(length)) if length <= rest.len() => Ok(&rest[..length]),
            // A fax that is cut short would become white.
            Some(_) if self.is_fax => Err(outside()),
            _ => Ok(rest),
        }
    }
}

/// The size of a strip or tile.
pub(super) fn segment_size(directory: &Directory<'_>, picture: Size) -> Size {
    if let (Some(width), Some(height)) =
        (directory.number(tags::TILE_WIDTH), directory.number(tags::TILE_LENGTH))
    {
        return Size::new(width, height);
    }
    let rows = directory.number(tags::ROWS_PER_STRIP).filter(|&rows| rows > 0);
    Size::new(picture.width, rows.map_or(picture.height, |rows| rows.min(picture.height)))
}

/// The bytes of a row of samples.
pub(super) fn row_bytes(width: u32, samples: usize, depth: u32) -> u64 {
    (u64::from(width) * samples as u64).saturating_mul(depth.into()).div_ceil(8)
}
