//! Writes the container of a still WebP (RFC 9649 section 2) around a coded picture.
//!
//! A picture without alpha and metadata takes the simple form; all else the extended one, whose chunks stand in
//! the order of section 2.7: VP8X, ICCP, ALPH, the picture, EXIF, XMP.

use crate::{
    error::{Error, Kind, Result},
    pixel::{Metadata, Size},
};

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

/// Makes the file around a picture's chunks, in the buffer of the first large one: alpha's has room for all.
pub(super) fn file(size: Size, chunks: Chunks, metadata: &Metadata) -> Result<Vec<u8>> {
    let Chunks { alpha, name, picture, has_alpha } = chunks;
    let Metadata { icc, exif, xmp, .. } = metadata;
    let is_extended = alpha.is_some() || icc.is_some() || exif.is_some() || xmp.is_some();
    let vp8x = is_extended.then(|| vp8x(size, has_alpha, metadata));
    let before: [(&[u8; 4], Option<&[u8]>); 2] =
        [(b"VP8X", vp8x.as_ref().map(<[u8; 10]>::as_slice)), (b"ICCP", icc.as_deref())];
    let behind: [(&[u8; 4], Option<&[u8]>); 2] = [(b"EXIF", exif.as_deref()), (b"XMP ", xmp.as_deref())];
    let bytes = |parts: &[(&[u8; 4], Option<&[u8]>)]| -> usize {
        parts.iter().filter_map(|(_, payload)| payload.map(|payload| chunk_bytes(payload.len()))).sum()
    };

    let large = alpha.as_ref().map_or(0, |alpha| chunk_bytes(alpha.len())) + chunk_bytes(picture.len());
    let total = 12 + bytes(&before) + large + bytes(&behind);
    let stated = u32::try_from(total - 8)
        .map_err(|_| Error::new(Kind::LimitExceeded, "a WebP file can't pass 4 GiB"))?;
    let (first, mut out, second) = match alpha {
        Some(alpha) => (b"ALPH", alpha, Some(picture)),
        None => (&name, picture, None),
    };
    let payload = out.len();
    out.try_reserve_exact(total - payload)?;
    if payload % 2 == 1 {
        out.push(0);
    }
    push_chunks(&mut out, &[(&name, second.as_deref())]);
    drop(second);
    let behind_head = out.len();
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&stated.to_le_bytes());
    out.extend_from_slice(b"WEBP");
    push_chunks(&mut out, &before);
    out.extend_from_slice(first);
    // Fits: the whole file's length does.
    out.extend_from_slice(&(payload as u32).to_le_bytes());
    out.rotate_left(behind_head);
    push_chunks(&mut out, &behind);
    out.shrink_to_fit();
    Ok(out)
}

fn push_chunks(out: &mut Vec<u8>, chunks: &[(&[u8; 4], Option<&[u8]>)]) {
    for (name, payload) in chunks {
        let Some(payload) = payload else { continue };
        out.extend_from_slice(*name);
        out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        out.extend_from_slice(payload);
        if payload.len() % 2 == 1 {
            out.push(0);
        }
    }
}

const fn chunk_bytes(payload: usize) -> usize {
    8 + payload.next_multiple_of(2)
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
