//! The chunks of a WebP (RFC 9649) and what they say about it. Borrows all of it from the file.

use crate::{
    codec::{
        Format, Probe,
        bytes::{array_at, le16, le24, le32, u8_at},
        exif, icc,
    },
    error::{Error, Result},
    pixel::{Metadata, Orientation, Size, Subsampling},
};

// Flags of VP8X.
const ANIMATION: u8 = 0x02;
pub(super) const XMP: u8 = 0x04;
pub(super) const EXIF: u8 = 0x08;
const ALPHA: u8 = 0x10;
const ICC: u8 = 0x20;

/// Bytes before the first chunk.
const RIFF: usize = 12;

/// A coded image, VP8 or VP8L.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image<'a> {
    pub(super) size: Size,
    pub(super) lossless: bool,
    pub(super) alpha: bool,
    /// The chunk's payload, as far as it is there.
    pub(super) data: &'a [u8],
}

/// What the chunks say, as far as they are there.
#[derive(Debug, Default)]
pub(super) struct Header<'a> {
    /// The flags and the canvas of the extended format.
    pub(super) extended: Option<(u8, Size)>,
    /// The image, the first frame's when it is an animation.
    pub(super) image: Option<Image<'a>>,
    /// The size that the first frame of an animation states for its image.
    pub(super) frame: Option<Size>,
    /// The profile as far as it is there, and its length.
    pub(super) icc: Option<(&'a [u8], u64)>,
    pub(super) exif: Option<&'a [u8]>,
    pub(super) xmp: Option<&'a [u8]>,
}

/// Reads what a WebP's head says about it.
pub(in crate::codec) fn probe(head: &[u8]) -> Result<Probe> {
    let header = Header::read(head)?;
    Ok(Probe {
        format: Format::WebP,
        size: header.size()?,
        depth: 8,
        alpha: header.has_alpha(),
        color: true,
        animated: Some(header.is_animated()),
        orientation: header.orientation(),
        subsampling: header.image.is_some_and(|image| !image.lossless).then_some(Subsampling::Yuv420),
        progressive: false,
        icc: header.icc.is_some() || header.flag(ICC),
        icc_bytes: match header.icc {
            Some((profile, length)) => icc::held_bytes(profile, length),
            None if header.flag(ICC) => icc::UNSEEN,
            None => 0,
        },
        restart_interval: 0,
    })
}

impl<'a> Header<'a> {
    /// Walks all chunks that are there.
    ///
    /// # Errors
    /// `Malformed` when the first one is no image and no extended header.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut header = Self::default();
        let mut at = RIFF;
        while let Some((name, payload, next)) = chunk(bytes, at) {
            header.note(&name, payload, (next - at) as u64)?;
            if header.extended.is_none() {
                break;
            }
            at = next;
        }
        Ok(header)
    }

    fn note(&mut self, name: &[u8; 4], payload: &'a [u8], length: u64) -> Result<()> {
        match name {
            b"VP8X" if self.extended.is_none() => {
                let (Some(flags), Some(width), Some(height)) =
                    (u8_at(payload, 0), le24(payload, 4), le24(payload, 7))
                else {
                    return Err(Error::malformed("a short VP8X chunk"));
                };
                self.extended = Some((flags, Size::new(width + 1, height + 1)));
            }
            b"VP8 " | b"VP8L" if self.image.is_none() => self.image = read_image(name, payload),
            b"ANMF" if self.is_animated() && self.frame.is_none() && self.image.is_none() => {
                self.note_frame(payload)
            }
            b"ICCP" if self.icc.is_none() => self.icc = Some((payload, length)),
            b"EXIF" if self.exif.is_none() => {
                // Some writers put JPEG's prefix before the block.
                self.exif = Some(payload.strip_prefix(b"Exif\0\0").unwrap_or(payload));
            }
            b"XMP " if self.xmp.is_none() => self.xmp = Some(payload),
            _ => {}
        }
        Ok(())
    }

    /// Notes the first frame: its size, and the image in it, which may follow its alpha.
    fn note_frame(&mut self, payload: &'a [u8]) {
        let (Some(width), Some(height)) = (le24(payload, 6), le24(payload, 9)) else { return };
        self.frame = Some(Size::new(width + 1, height + 1));
        let mut at = 16;
        while let Some((name, payload, next)) = chunk(payload, at) {
            if matches!(&name, b"VP8 " | b"VP8L") {
                self.image = read_image(&name, payload);
                return;
            }
            at = next;
        }
    }

    fn flag(&self, flag: u8) -> bool {
        self.extended.is_some_and(|(flags, _)| flags & flag != 0)
    }

    /// True if the extended header announces a chunk that is not there.
    pub(super) fn misses(&self, flag: u8, chunk: Option<&[u8]>) -> bool {
        self.flag(flag) && chunk.is_none()
    }

    pub(super) fn is_animated(&self) -> bool {
        self.flag(ANIMATION)
    }

    /// The image of a picture that comes by rows: a lossy one that doesn't move and has no alpha.
    pub(super) fn opaque_frame(&self) -> Option<&'a [u8]> {
        let image = self.image.filter(|image| !image.lossless && !self.has_alpha() && !self.is_animated());
        image.map(|image| image.data)
    }

    pub(super) fn metadata(&self) -> Metadata {
        Metadata {
            icc: self.icc.map(|(profile, _)| profile.to_vec()),
            exif: Metadata::part(self.exif),
            xmp: Metadata::part(self.xmp),
        }
    }

    pub(super) fn has_alpha(&self) -> bool {
        match self.extended {
            Some((flags, _)) => flags & ALPHA != 0,
            None => self.image.is_some_and(|image| image.alpha),
        }
    }

    /// The canvas.
    ///
    /// # Errors
    /// `Malformed` when nothing states it.
    pub(super) fn size(&self) -> Result<Size> {
        let canvas = self.extended.map(|(_, canvas)| canvas);
        canvas
            .or(self.image.map(|image| image.size))
            .ok_or_else(|| Error::malformed("the WebP begins with neither VP8, VP8L nor VP8X"))
    }

    pub(super) fn orientation(&self) -> Orientation {
        self.exif.map_or(Orientation::Upright, exif::orientation)
    }
}

/// The size in the head of a VP8 key frame (RFC 6386, 9.1) or of a VP8L image (RFC 9649, 3.4).
fn read_image<'a>(name: &[u8; 4], payload: &'a [u8]) -> Option<Image<'a>> {
    if name == b"VP8L" {
        let bits = le32(payload, 1)?;
        let size = Size::new(1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff));
        let image = Image { size, lossless: true, alpha: bits >> 28 & 1 != 0, data: payload };
        return (payload[0] == 0x2f).then_some(image);
    }
    let start: [u8; 3] = array_at(payload, 3)?;
    let [width, height] = [6, 8].map(|at| le16(payload, at).map(|side| u32::from(side & 0x3fff)));
    let image = Image { size: Size::new(width?, height?), lossless: false, alpha: false, data: payload };
    (start == [0x9d, 0x01, 0x2a]).then_some(image)
}

/// The chunk at `at`: its name, its payload as far as it is there, and where the next one begins.
fn chunk(bytes: &[u8], at: usize) -> Option<([u8; 4], &[u8], usize)> {
    let name = array_at(bytes, at)?;
    let length = le32(bytes, at + 4)? as usize;
    let start = at + 8;
    let end = start.checked_add(length)?;
    Some((name, &bytes[start..end.min(bytes.len())], end.checked_add(length & 1)?))
}
