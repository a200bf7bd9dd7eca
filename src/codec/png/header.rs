//! The chunks before a PNG's pixels, and what they say about it. Borrows all of it from the file.

use crate::{
    codec::{
        Format, Probe,
        bytes::{be32, u8_at},
        exif, icc,
    },
    error::{Error, Result},
    pixel::{Orientation, Size},
};

const SIGNATURE: usize = 8;

/// The most bytes of a profile that is inflated only to see how much it is, and what inflating holds.
const SHORT_PROFILE: u64 = 16 << 10;
const INFLATING: u64 = 64 << 10;

/// The most bytes of a profile's name.
const MOST_NAME: usize = 79;

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
    /// The payload of iCCP as far as it is there, and its length.
    icc: Option<(&'a [u8], u64)>,
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
        icc: header.icc.is_some(),
        icc_bytes: header.icc_bytes(),
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
            icc: None,
            exif: None,
            xmp: None,
        };
        while let Some((name, payload, next)) = chunk(bytes, at) {
            header.note(&name, payload, (next - at) as u64);
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

    /// The profile; `None` when it is damaged, or inflates to more than profiles do.
    pub(super) fn profile(&self) -> Option<Vec<u8>> {
        let (payload, length) = self.icc?;
        inflate(payload, most_profile_bytes(length))
    }

    /// The most bytes that the profile has; 0 without one.
    pub(super) fn most_profile_bytes(&self) -> u64 {
        self.icc.map_or(0, |(_, length)| most_profile_bytes(length))
    }

    /// What the profile takes: exactly known of a short one that is all there.
    fn icc_bytes(&self) -> u64 {
        let Some((payload, length)) = self.icc else { return 0 };
        match inflate(payload, SHORT_PROFILE) {
            Some(profile) => INFLATING + icc::held_bytes(&profile, profile.len() as u64),
            None => INFLATING + icc::held_bytes(&[], most_profile_bytes(length)),
        }
    }

    fn note(&mut self, name: &[u8; 4], payload: &'a [u8], length: u64) {
        match name {
            b"acTL" if !self.complete => self.animated = be32(payload, 0).is_some_and(|frames| frames > 1),
            b"IDAT" => self.complete = true,
            b"tRNS" if !self.complete => self.transparency = true,
            b"iCCP" if !self.complete && self.icc.is_none() => self.icc = Some((payload, length)),
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

/// The most bytes of a profile in a chunk of such a length: real ones are packed to a half or a quarter.
const fn most_profile_bytes(length: u64) -> u64 {
    let most = 16 * length + (64 << 10);
    if most < icc::MOST_BYTES { most } else { icc::MOST_BYTES }
}

/// The profile behind its name and a byte for the method, of which there is one.
fn inflate(payload: &[u8], most: u64) -> Option<Vec<u8>> {
    let name = payload.iter().take(MOST_NAME + 1).position(|&byte| byte == 0).filter(|&name| name > 0)?;
    let packed = payload.get(name + 1..)?.strip_prefix(&[0])?;
    let mut profile = fdeflate::decompress_to_vec_bounded(packed, usize::try_from(most).ok()?).ok()?;
    profile.shrink_to_fit();
    Some(profile)
}

/// The chunk at `at`: its name, its payload as far as it is there, and where the next one begins.
fn chunk(bytes: &[u8], at: usize) -> Option<([u8; 4], &[u8], usize)> {
    let length = be32(bytes, at)? as usize;
    let name = crate::codec::bytes::array_at(bytes, at + 4)?;
    let start = at + 8;
    let end = start.checked_add(length)?;
    Some((name, &bytes[start..end.min(bytes.len())], end.checked_add(4)?))
}
