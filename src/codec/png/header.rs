//! The chunks before a PNG's pixels, and what they say about it. Borrows all of it from the file.

use crate::{
    codec::{
        Format, Probe,
        bytes::{be32, u8_at},
        exif,
    },
    error::{Error, Result},
    pixel::{Orientation, Size},
};

const SIGNATURE: usize = 8;

/// What the chunks say; a chunk after the pixels (eXIf, iTXt may stand there) counts as well.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub(super) size: Size,
    /// Bits a sample; of the index for a palette.
    pub(super) depth: u8,
    /// 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha.
    pub(super) color_type: u8,
    pub(super) interlaced: bool,
    transparency: bool,
    /// An acTL of two frames or more was met.
    animated: bool,
    /// The pixels were reached: an acTL would have stood before them.
    complete: bool,
    pub(super) icc: bool,
    pub(super) exif: Option<&'a [u8]>,
    /// An uncompressed XMP packet; a compressed one is passed over.
    pub(super) xmp: Option<&'a [u8]>,
}

/// Reads what a PNG's head says about it.
pub(in crate::codec) fn probe(head: &[u8]) -> Result<Probe> {
    let header = Header::read(head)?;
    let animated = (header.complete || header.animated).then_some(header.animated);
    Ok(Probe {
        format: Format::Png,
        size: header.size,
        depth: if header.color_type == 3 { 8 } else { header.depth },
        // A tRNS may stand past the bytes seen.
        alpha: header.transparency || !header.complete || matches!(header.color_type, 4 | 6),
        color: !matches!(header.color_type, 0 | 4),
        animated,
        orientation: header.orientation(),
        subsampling: None,
        progressive: header.interlaced,
        icc: header.icc,
        restart_interval: 0,
    })
}

impl<'a> Header<'a> {
    /// Reads all chunks that are there.
    ///
    /// # Errors
    /// `Malformed` without an IHDR that makes sense.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let (name, first, mut at) = chunk(bytes, SIGNATURE).ok_or_else(|| Error::malformed("no IHDR"))?;
        let (Some(width), Some(height)) = (be32(first, 0), be32(first, 4)) else {
            return Err(Error::malformed("a short IHDR"));
        };
        let (Some(depth), Some(color_type), Some(interlace)) =
            (u8_at(first, 8), u8_at(first, 9), u8_at(first, 12))
        else {
            return Err(Error::malformed("a short IHDR"));
        };
        let is_legal = match color_type {
            0 => matches!(depth, 1 | 2 | 4 | 8 | 16),
            3 => matches!(depth, 1 | 2 | 4 | 8),
            2 | 4 | 6 => matches!(depth, 8 | 16),
            _ => false,
        };
        if name != *b"IHDR" || !is_legal || interlace > 1 {
            return Err(Error::malformed(format!("an IHDR of colour type {color_type} and {depth} bits")));
        }
        let mut header = Self {
            size: Size::new(width, height),
            depth,
            color_type,
            interlaced: interlace == 1,
            transparency: false,
            animated: false,
            complete: false,
            icc: false,
            exif: None,
            xmp: None,
        };
        while let Some((name, payload, next)) = chunk(bytes, at) {
            header.note(&name, payload);
            at = next;
        }
        Ok(header)
    }

    /// The samples of a decoded pixel: a palette is expanded, a transparent colour becomes alpha.
    pub(super) fn channels(&self) -> u32 {
        let alpha = u32::from(self.transparency);
        match self.color_type {
            0 => 1 + alpha,
            4 => 2,
            2 | 3 => 3 + alpha,
            _ => 4,
        }
    }

    pub(super) fn orientation(&self) -> Orientation {
        self.exif.map_or(Orientation::Upright, exif::orientation)
    }

    fn note(&mut self, name: &[u8; 4], payload: &'a [u8]) {
        match name {
            b"acTL" if !self.complete => self.animated = be32(payload, 0).is_some_and(|frames| frames > 1),
            b"IDAT" => self.complete = true,
            b"tRNS" if !self.complete => self.transparency = true,
            b"iCCP" if !self.complete => self.icc = true,
            b"eXIf" if self.exif.is_none() => {
                // Some writers put JPEG's prefix before the block.
                self.exif = Some(payload.strip_prefix(b"Exif\0\0").unwrap_or(payload));
            }
            // Keyword, no compression, method, language, translated keyword.
            b"iTXt" if self.xmp.is_none() => self.xmp = payload.strip_prefix(b"XML:com.adobe.xmp\0\0\0\0\0"),
            _ => {}
        }
    }
}

/// The chunk at `at`: its name, its payload as far as it is there, and where the next one begins.
fn chunk(bytes: &[u8], at: usize) -> Option<([u8; 4], &[u8], usize)> {
    let length = be32(bytes, at)? as usize;
    let name = crate::codec::bytes::array_at(bytes, at + 4)?;
    let start = at + 8;
    let end = start.checked_add(length)?;
    Some((name, &bytes[start..end.min(bytes.len())], end.checked_add(4)?))
}
