//! Chunks of a WebP (RFC 9649 section 2.3) as they are read and written, and the flags in `VP8X` (section 2.7) and
//! `ANMF` (section 2.7.1.1).

use crate::{
    codec::{span::Span, view::View},
    pixel::{Metadata, Size},
};

// Flags of VP8X.
pub(super) const ANIMATION: u8 = 0x02;
pub(super) const XMP: u8 = 0x04;
pub(super) const EXIF: u8 = 0x08;
pub(super) const ALPHA: u8 = 0x10;
pub(super) const ICC: u8 = 0x20;

/// A flag of `ANMF`: after its time the frame's area becomes transparent.
pub(super) const DISPOSED: u8 = 0x01;

/// A flag of `ANMF`: the frame's pixels replace those below, and are not blended with them.
pub(super) const NO_BLENDING: u8 = 0x02;

/// A chunk, and where the next one begins.
pub(super) struct Chunk {
    pub(super) name: [u8; 4],
    pub(super) payload: Span,
    pub(super) next: u64,
}

/// The chunk at `at`, whose payload may go past what is there.
pub(super) fn read(view: View<'_>, at: u64) -> Option<Chunk> {
    let name = view.array(at)?;
    let length = u64::from(view.le32(at + 4)?);
    let start = at + 8;
    Some(Chunk { name, payload: Span { start, length }, next: start + length + (length & 1) })
}

/// Writes a chunk, and the byte that fills it up to an even length.
pub(super) fn push(out: &mut Vec<u8>, name: [u8; 4], payload: &[u8]) {
    out.extend_from_slice(&name);
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(payload);
    if payload.len() % 2 == 1 {
        out.push(0);
    }
}

/// The bytes of a chunk with a payload of so many.
pub(super) const fn bytes(payload: usize) -> usize {
    8 + payload.next_multiple_of(2)
}

/// The payload of `VP8X`: flags, three bytes reserved, width and height less one in 24 bits each.
pub(super) fn extended(canvas: Size, flags: u8) -> [u8; 10] {
    let [w0, w1, w2, _] = (canvas.width - 1).to_le_bytes();
    let [h0, h1, h2, _] = (canvas.height - 1).to_le_bytes();
    [flags, 0, 0, 0, w0, w1, w2, h0, h1, h2]
}

/// The flags of what goes with the pixels.
pub(super) const fn flags_of(metadata: &Metadata, has_alpha: bool) -> u8 {
    let icc = if metadata.icc.is_some() { ICC } else { 0 };
    let alpha = if has_alpha { ALPHA } else { 0 };
    let exif = if metadata.exif.is_some() { EXIF } else { 0 };
    let xmp = if metadata.xmp.is_some() { XMP } else { 0 };
    icc | alpha | exif | xmp
}
