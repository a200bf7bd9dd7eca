//! Reads the chunks of a WebP (RFC 9649 section 2) and what they say about it. Payloads are passed over.

use super::chunk::{self, ALPHA, ANIMATION, Chunk, EXIF, ICC, NO_BLENDING, XMP};
use crate::{
    codec::{Demands, Format, Probe, exif, icc, probing, span::Span, view::View},
    error::{Error, Result},
    pixel::{Metadata, Orientation, Size, Subsampling},
};

/// Bytes before the first chunk.
const RIFF: u64 = 12;

/// A coded image, VP8 or VP8L.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image {
    pub(super) size: Size,
    pub(super) lossless: bool,
    pub(super) alpha: bool,
    /// The chunk's payload.
    payload: Span,
}

/// Where a frame of an animation lies on the canvas.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: u32,
    pub(super) top: u32,
    /// The size that it states for its image.
    pub(super) size: Size,
    /// True if what is transparent shows what is below.
    pub(super) is_blended: bool,
}

/// What the chunks say, as far as they are there.
#[derive(Debug, Clone, Default)]
pub(super) struct Chunks {
    /// Where the next chunk begins; 0 before the first.
    at: u64,
    /// The flags and the canvas of the extended format.
    pub(super) extended: Option<(u8, Size)>,
    /// The image, the first frame's when it is an animation.
    pub(super) image: Option<Image>,
    /// The first frame of an animation.
    pub(super) frame: Option<Frame>,
    /// The alpha beside a lossy image, or in front of the image in the first frame of an animation.
    alpha: Option<Span>,
    // Only what the flags announce is kept.
    icc: Option<Span>,
    exif: Option<Span>,
    xmp: Option<Span>,
}

/// The coded bytes of a picture or of a frame.
pub(super) struct Payloads<'a> {
    pub(super) image: Image,
    /// `VP8 ` or `VP8L`.
    pub(super) picture: &'a [u8],
    /// `ALPH`.
    pub(super) alpha: Option<&'a [u8]>,
    /// Colours are taken as multiplied with alpha: so browsers show a lossless image with alpha in a file that says
    /// that it has none.
    pub(super) is_multiplied: bool,
}

/// The chunks, and their file.
#[derive(Debug)]
pub(super) struct Header<'a> {
    chunks: Chunks,
    view: View<'a>,
}

impl std::ops::Deref for Header<'_> {
    type Target = Chunks;

    fn deref(&self) -> &Chunks {
        &self.chunks
    }
}

/// Reads a WebP's chunks as its bytes come, each from where it stopped.
#[derive(Debug, Default)]
pub(in crate::codec) struct Walk {
    chunks: Chunks,
}

impl probing::Walk for Walk {
    fn probe(&mut self, view: View<'_>) -> Result<Probe> {
        self.chunks.read(view)?;
        let header = Header { chunks: self.chunks.clone(), view };
        Ok(Probe {
            alpha: header.has_alpha(),
            animated: Some(header.is_animated()),
            orientation: header.orientation(),
            subsampling: header.image.is_some_and(|image| !image.lossless).then_some(Subsampling::Yuv420),
            icc: header.icc.is_some() || header.flag(ICC),
            demands: Demands {
                icc_bytes: header.icc_bytes(),
                metadata_bytes: header.metadata_bytes(),
                ..Demands::default()
            },
            ..Probe::new(Format::WebP, header.size()?)
        })
    }
}

impl Chunks {
    /// Walks all chunks that are there.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when the first one is no image and no extended header.
    fn read(&mut self, view: View<'_>) -> Result<()> {
        self.at = self.at.max(RIFF);
        while let Some(Chunk { name, payload, next }) = chunk::read(view, self.at) {
            self.note(&name, payload, view)?;
            if view.is_waiting() || self.extended.is_none() {
                break;
            }
            self.at = next;
        }
        Ok(())
    }

    fn note(&mut self, name: &[u8; 4], payload: Span, view: View<'_>) -> Result<()> {
        let Span { start, length } = payload;
        match name {
            b"VP8X" if self.extended.is_none() => {
                let (Some(flags), Some(width), Some(height)) =
                    (view.u8(start), view.le24(start + 4), view.le24(start + 7))
                else {
                    return Err(Error::malformed("a short VP8X chunk"));
                };
                self.extended = Some((flags, Size::new(width + 1, height + 1)));
            }
            b"VP8 " | b"VP8L" if self.image.is_none() => self.image = read_image(name, payload, view),
            b"ANMF" if self.is_animated() && self.frame.is_none() && self.image.is_none() => {
                self.note_frame(payload, view)
            }
            b"ALPH" if self.image.is_none() && self.alpha.is_none() => self.alpha = Some(payload),
            b"ICCP" if self.icc.is_none() && self.flag(ICC) => self.icc = Some(payload),
            b"EXIF" if self.exif.is_none() && self.flag(EXIF) => {
                // Some writers put JPEG's prefix before the block.
                let has_prefix = length >= 6 && view.up_to(start, 6) == b"Exif\0\0";
                let without = Span { start: start + 6, length: length.saturating_sub(6) };
                self.exif = Some(if has_prefix { without } else { payload });
            }
            b"XMP " if self.xmp.is_none() && self.flag(XMP) => self.xmp = Some(payload),
            _ => {}
        }
        Ok(())
    }

    /// Notes the first frame: its size, and the image in it, which may follow its alpha.
    fn note_frame(&mut self, frame: Span, view: View<'_>) {
        let Span { start, length } = frame;
        let (Some(left), Some(top), Some(width), Some(height), Some(flags)) = (
            view.le24(start),
            view.le24(start + 3),
            view.le24(start + 6),
            view.le24(start + 9),
            view.u8(start + 15),
        ) else {
            return;
        };
        let mut at = start + 16;
        let (mut image, mut alpha) = (None, None);
        while image.is_none()
            && at < start + length
            && let Some(Chunk { name, payload, next }) = chunk::read(view, at)
        {
            if matches!(&name, b"VP8 " | b"VP8L") {
                image = read_image(&name, payload, view);
            }
            if &name == b"ALPH" && alpha.is_none() {
                alpha = Some(payload);
            }
            at = next;
        }
        // It is noted when all of it is there.
        if !view.is_waiting() {
            let size = Size::new(width + 1, height + 1);
            let is_blended = flags & NO_BLENDING == 0;
            self.frame = Some(Frame { left: 2 * left, top: 2 * top, size, is_blended });
            (self.image, self.alpha) = (image, alpha);
        }
    }

    fn flag(&self, flag: u8) -> bool {
        self.extended.is_some_and(|(flags, _)| flags & flag != 0)
    }

    pub(super) fn is_animated(&self) -> bool {
        self.flag(ANIMATION)
    }

    /// A lossless image says so itself; a lossy one has it beside it where that is announced.
    pub(super) fn has_alpha(&self) -> bool {
        match self.image {
            _ if self.is_animated() => self.flag(ALPHA),
            Some(image) if image.lossless => image.alpha,
            _ => self.flag(ALPHA) && self.alpha.is_some(),
        }
    }

    fn has_unannounced_alpha(&self) -> bool {
        self.extended.is_some() && !self.flag(ALPHA) && !self.is_animated() && self.has_alpha()
    }

    /// The canvas.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when nothing states it.
    pub(super) fn size(&self) -> Result<Size> {
        let canvas = self.extended.map(|(_, canvas)| canvas);
        canvas
            .or(self.image.map(|image| image.size))
            .ok_or_else(|| Error::malformed("the WebP begins with neither VP8, VP8L nor VP8X"))
    }
}

impl<'a> Header<'a> {
    /// Reads a file that is all there.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when its first chunk is no image and no extended header.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut chunks = Chunks::default();
        let view = View::whole(bytes);
        chunks.read(view)?;
        Ok(Self { chunks, view })
    }

    /// The image, and the alpha that is shown beside a lossy one.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when there is none.
    pub(super) fn payloads(&self) -> Result<Payloads<'a>> {
        let image = self.image.ok_or_else(|| Error::malformed("the WebP has no image"))?;
        let alpha = self.alpha.filter(|_| !image.lossless && (self.is_animated() || self.has_alpha()));
        Ok(Payloads {
            image,
            picture: self.payload(image.payload),
            alpha: alpha.map(|alpha| self.payload(alpha)),
            is_multiplied: self.has_unannounced_alpha(),
        })
    }

    pub(super) fn metadata(&self) -> Metadata {
        let part = |payload: Option<Span>| payload.map(|payload| self.payload(payload));
        Metadata {
            icc: part(self.icc).map(<[u8]>::to_vec),
            colors: None,
            exif: Metadata::part(part(self.exif)),
            xmp: Metadata::part(part(self.xmp)),
        }
    }

    /// What the profile takes, which may not be there yet.
    fn icc_bytes(&self) -> u64 {
        match self.icc {
            Some(profile) => icc::peak_bytes(&|at, bytes| profile.get(self.view, at, bytes), profile.length),
            None if self.flag(ICC) => icc::UNSEEN,
            None => 0,
        }
    }

    /// Bytes of EXIF and XMP.
    fn metadata_bytes(&self) -> u64 {
        [self.exif, self.xmp].iter().flatten().map(|payload| payload.length_in(self.view)).sum()
    }

    /// As far as it is there.
    fn payload(&self, payload: Span) -> &'a [u8] {
        payload.up_to(self.view)
    }

    pub(super) fn orientation(&self) -> Orientation {
        self.exif.map_or(Orientation::Upright, |payload| exif::orientation(self.view.from(payload.start)))
    }
}

/// The size in the head of a VP8 key frame (RFC 6386, 9.1) or of a VP8L image (RFC 9649, 3.4).
pub(super) fn read_image(name: &[u8; 4], payload: Span, view: View<'_>) -> Option<Image> {
    let view = view.from(payload.start);
    if name == b"VP8L" {
        let [signature, bits @ ..]: [u8; 5] = view.array(0)?;
        let bits = u32::from_le_bytes(bits);
        let size = Size::new(1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff));
        let image = Image { size, lossless: true, alpha: bits >> 28 & 1 != 0, payload };
        return (signature == 0x2f).then_some(image);
    }
    let [_, _, _, s0, s1, s2, w0, w1, h0, h1]: [u8; 10] = view.array(0)?;
    let [width, height] = [[w0, w1], [h0, h1]].map(|side| u32::from(u16::from_le_bytes(side) & 0x3fff));
    let image = Image { size: Size::new(width, height), lossless: false, alpha: false, payload };
    ([s0, s1, s2] == [0x9d, 0x01, 0x2a]).then_some(image)
}
