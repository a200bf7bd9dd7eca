//! Writes the container of a still WebP (RFC 9649 section 2) around a coded picture.
//!
//! A picture without alpha and metadata takes the simple form; all else the extended one, whose chunks stand in
//! the order of section 2.7: VP8X, ICCP, ALPH, the picture, EXIF, XMP.

use super::chunk;
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
    let vp8x = is_extended.then(|| chunk::extended(size, chunk::flags_of(metadata, has_alpha)));
    let before = [(*b"VP8X", vp8x.as_ref().map(<[u8; 10]>::as_slice)), (*b"ICCP", icc.as_deref())];
    let behind = [(*b"EXIF", exif.as_deref()), (*b"XMP ", xmp.as_deref())];
    let bytes = |parts: &[Part<'_>]| -> usize {
        parts.iter().filter_map(|(_, payload)| payload.map(|payload| chunk::bytes(payload.len()))).sum()
    };

    let large = alpha.as_ref().map_or(0, |alpha| chunk::bytes(alpha.len())) + chunk::bytes(picture.len());
    let total = 12 + bytes(&before) + large + bytes(&behind);
    let stated = u32::try_from(total - 8)
        .map_err(|_| Error::new(Kind::LimitExceeded, "a WebP file can't pass 4 GiB"))?;
    let (first, mut out, second) = match alpha {
        Some(alpha) => (*b"ALPH", alpha, Some(picture)),
        None => (name, picture, None),
    };
    let payload = out.len();
    out.try_reserve_exact(total - payload)?;
    if payload % 2 == 1 {
        out.push(0);
    }
    push_chunks(&mut out, &[(name, second.as_deref())]);
    drop(second);
    let behind_head = out.len();
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&stated.to_le_bytes());
    out.extend_from_slice(b"WEBP");
    push_chunks(&mut out, &before);
    out.extend_from_slice(&first);
    // Fits: the whole file's length does.
    out.extend_from_slice(&(payload as u32).to_le_bytes());
    out.rotate_left(behind_head);
    push_chunks(&mut out, &behind);
    out.shrink_to_fit();
    Ok(out)
}

/// A chunk that may be there.
type Part<'a> = ([u8; 4], Option<&'a [u8]>);

fn push_chunks(out: &mut Vec<u8>, chunks: &[Part<'_>]) {
    for (name, payload) in chunks {
        if let Some(payload) = payload {
            chunk::push(out, *name, payload);
        }
    }
}
