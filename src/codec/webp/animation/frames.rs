//! All frames of an animated WebP, in order.

use super::{
    super::{
        chunk::{self, Chunk, DISPOSED, NO_BLENDING},
        frame::{self, Frame},
        header::{Header, Payloads, read_image},
    },
    FRAME_HEADER,
};
use crate::{
    codec::{
        animation::{Area, Disposal, FrameHead, FrameReader, Head},
        bytes::{array_at, le24, le32, u8_at},
        span::Span,
        view::View,
    },
    error::{Error, Result},
    limits::{Limits, try_zeroed},
    pixel::{Layout, Metadata, Orientation, Size},
};

/// Bytes before the first chunk.
const RIFF: usize = 12;

/// Reads the frames of an animated WebP.
pub(in crate::codec) struct Frames<'a> {
    bytes: &'a [u8],
    limits: Limits,
    canvas: Size,
    orientation: Orientation,
    metadata: Metadata,
    /// Where the next chunk stands.
    at: usize,
    frame: Option<(Size, &'a [u8])>,
    plays: u16,
}

impl<'a> Frames<'a> {
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for a file that is damaged,
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) for a larger canvas than is allowed.
    pub(in crate::codec) fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        let header = Header::read(bytes)?;
        let canvas = header.size()?;
        limits.check_size(canvas)?;
        Ok(Self {
            bytes,
            limits: limits.clone(),
            canvas,
            orientation: header.orientation(),
            metadata: header.metadata(),
            at: RIFF,
            frame: None,
            plays: 1,
        })
    }

    /// The next chunk, behind which `at` is moved; `None` at the file's end.
    fn next_chunk(&mut self) -> Result<Option<([u8; 4], &'a [u8])>> {
        let chunk = next_chunk(self.bytes, &mut self.at);
        if chunk.is_none() && self.at < self.bytes.len() && !self.is_rest() {
            return Err(Error::malformed("the WebP is cut short in a frame"));
        }
        Ok(chunk)
    }

    /// True if all that RIFF counts was read.
    fn is_rest(&self) -> bool {
        le32(self.bytes, 4)
            .is_some_and(|length| self.at as u64 >= 8 + u64::from(length) - u64::from(length & 1))
    }
}

/// The chunk at a place, which is moved behind it; `None` if it is not all there.
fn next_chunk<'a>(bytes: &'a [u8], at: &mut usize) -> Option<([u8; 4], &'a [u8])> {
    let view = View::whole(bytes);
    let Chunk { name, payload, next } = chunk::read(view, *at as u64)?;
    let payload = view.get(payload.start, usize::try_from(payload.length).ok()?)?;
    *at = usize::try_from(next).ok()?;
    Some((name, payload))
}

impl FrameReader for Frames<'_> {
    fn head(&self) -> Head {
        Head {
            canvas: self.canvas,
            layout: Layout::Rgba,
            orientation: self.orientation,
            metadata: self.metadata.clone(),
        }
    }

    fn next(&mut self) -> Result<Option<FrameHead>> {
        while let Some((name, payload)) = self.next_chunk()? {
            match &name {
                b"ANIM" => {
                    self.plays = array_at(payload, 4).map_or(1, u16::from_le_bytes);
                }
                b"ANMF" => {
                    let (head, chunks) =
                        frame_head(payload).ok_or_else(|| Error::malformed("a short frame"))?;
                    self.frame = Some((head.area.size, chunks));
                    return Ok(Some(head));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn rows(&mut self, take: &mut dyn FnMut(u32, &[u8]) -> Result<()>) -> Result<()> {
        let Some((size, chunks)) = self.frame.take() else { return Ok(()) };
        let payloads = payloads(size, chunks)?;
        let bytes = frame::heap_bytes(size, payloads.image.lossless, payloads.alpha.is_some());
        self.limits.check_memory((self.bytes.len() as u64).saturating_add(bytes))?;
        let frame = Frame::new(&payloads)?;
        let is_opaque = frame.layout == Layout::Rgb;
        let mut line = if is_opaque { try_zeroed(4 * size.width as usize)? } else { Vec::new() };
        let mut y = 0;
        frame.rows(&mut |row| {
            for (to, from) in line.as_chunks_mut::<4>().0.iter_mut().zip(row.as_chunks::<3>().0) {
                *to = [from[0], from[1], from[2], 255];
            }
            y += 1;
            take(y - 1, if is_opaque { &line } else { row })
        })
    }

    fn plays(&self) -> u32 {
        self.plays.into()
    }
}

/// What a frame's header says (section 2.7.1.1), and its chunks.
fn frame_head(payload: &[u8]) -> Option<(FrameHead, &[u8])> {
    let [left, top, width, height, delay] = [0, 3, 6, 9, 12].map(|at| le24(payload, at));
    let flags = u8_at(payload, 15)?;
    let head = FrameHead {
        area: Area { left: left? * 2, top: top? * 2, size: Size::new(width? + 1, height? + 1) },
        delay: delay?,
        disposal: if flags & DISPOSED == 0 { Disposal::Keep } else { Disposal::Background },
        is_blended: flags & NO_BLENDING == 0,
    };
    Some((head, payload.get(FRAME_HEADER..)?))
}

/// A frame's image and alpha.
fn payloads(size: Size, chunks: &[u8]) -> Result<Payloads<'_>> {
    let (mut at, mut alpha) = (0, None);
    while let Some((name, payload)) = next_chunk(chunks, &mut at) {
        if &name == b"ALPH" && alpha.is_none() {
            alpha = Some(payload);
        }
        if !matches!(&name, b"VP8 " | b"VP8L") {
            continue;
        }
        let span = Span { start: 0, length: payload.len() as u64 };
        let image = read_image(&name, span, View::whole(payload)).filter(|image| image.size == size);
        let image =
            image.ok_or_else(|| Error::malformed("a frame of the WebP is not of the size that it says"))?;
        let alpha = alpha.filter(|_| !image.lossless);
        return Ok(Payloads { image, picture: payload, alpha, is_multiplied: false });
    }
    Err(Error::malformed("a frame of the WebP has no image"))
}
