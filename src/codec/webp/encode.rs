//! Writes a still WebP: the container around what [`super::lossy`] and [`super::lossless`] make.
//!
//! A picture without alpha and metadata takes the simple form; all else the extended one, whose chunks stand in
//! the order of RFC 9649 section 2.7: VP8X, ICCP, ALPH, the picture, EXIF, XMP.

use super::{lossless, lossy};
use crate::{
    codec::Coding,
    error::{Error, Kind, Result},
    pixel::{Metadata, Picture, Size},
};

/// The longest side, in pixels: 14 bits in the headers of VP8 and VP8L.
const MAX_SIDE: u32 = 16_383;

/// A still picture's chunks, before they are put into a file.
pub(super) struct Chunks {
    /// `ALPH`'s payload, beside a lossy picture.
    pub alpha: Option<Vec<u8>>,
    /// `VP8 ` or `VP8L`.
    pub name: [u8; 4],
    /// The picture's payload.
    pub picture: Vec<u8>,
    /// True if pixels can be transparent, wherever alpha is kept.
    pub has_alpha: bool,
}

/// Encodes a picture.
///
/// # Errors
/// `Limit` when a side is longer than WebP can say, `Memory` when there is no room.
pub fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Vec<u8>> {
    let size = picture.size();
    if size.width.max(size.height) > MAX_SIDE {
        let Size { width, height } = size;
        return Err(Error::limit(format!("{width}x{height} is past WebP's longest side of {MAX_SIDE}")));
    }
    let chunks = if coding.lossless {
        lossless::encode(picture.into_raster()?)?
    } else {
        lossy::encode(picture, coding)?
    };
    file(size, chunks, metadata)
}

/// The file around a picture's chunks.
pub(super) fn file(size: Size, chunks: Chunks, metadata: &Metadata) -> Result<Vec<u8>> {
    let Metadata { icc, exif, xmp } = metadata;
    let parts: [(&[u8; 4], Option<&[u8]>); 5] = [
        (b"ICCP", icc.as_deref()),
        (b"ALPH", chunks.alpha.as_deref()),
        (&chunks.name, Some(&chunks.picture)),
        (b"EXIF", exif.as_deref()),
        (b"XMP ", xmp.as_deref()),
    ];
    let is_extended = parts.iter().filter(|(_, payload)| payload.is_some()).count() > 1;
    let vp8x = is_extended.then(|| vp8x(size, chunks.has_alpha, metadata));
    let first = (b"VP8X", vp8x.as_ref().map(<[u8; 10]>::as_slice));

    let body: usize =
        parts.iter().chain([&first]).filter_map(|(_, payload)| payload.map(chunk_bytes)).sum::<usize>() + 4;
    let stated = u32::try_from(body).map_err(|_| Error::new(Kind::Limit, "a WebP file can't pass 4 GiB"))?;
    let mut out = Vec::new();
    out.try_reserve_exact(body + 8)?;
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&stated.to_le_bytes());
    out.extend_from_slice(b"WEBP");
    for (name, payload) in [first].into_iter().chain(parts) {
        let Some(payload) = payload else { continue };
        out.extend_from_slice(name);
        // Fits: the whole file's length does.
        out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        out.extend_from_slice(payload);
        if payload.len() % 2 == 1 {
            out.push(0);
        }
    }
    Ok(out)
}

fn chunk_bytes(payload: &[u8]) -> usize {
    8 + payload.len().next_multiple_of(2)
}

/// The extended header's payload: flags, three bytes reserved, width and height less one in 24 bits each.
fn vp8x(size: Size, has_alpha: bool, metadata: &Metadata) -> [u8; 10] {
    let flags = [
        (metadata.icc.is_some(), 0x20),
        (has_alpha, 0x10),
        (metadata.exif.is_some(), 0x08),
        (metadata.xmp.is_some(), 0x04),
    ];
    let flags = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, bit)| bit).sum();
    let [w0, w1, w2, _] = (size.width - 1).to_le_bytes();
    let [h0, h1, h2, _] = (size.height - 1).to_le_bytes();
    [flags, 0, 0, 0, w0, w1, w2, h0, h1, h2]
}
