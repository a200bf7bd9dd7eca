//! What a file is, by its first bytes alone: never by its name, and never because something that looks like a
//! picture stands further inside.

use super::{Format, Probe, bmp, bytes, gif, ico, jpeg, png, tiff, webp};
use crate::error::{Error, Result};

/// The format of a file by its first bytes (64 are enough; SVG may need more).
#[must_use]
pub fn sniff(head: &[u8]) -> Option<Format> {
    match head {
        [0xff, 0xd8, 0xff, ..] => Some(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Format::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::WebP),
        [b'I', b'I', b'*' | b'+', 0, ..] | [b'M', b'M', 0, b'*' | b'+', ..] => Some(Format::Tiff),
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', b'\r', b'\n', 0x87, b'\n', ..] => {
            Some(Format::Jxl)
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => sniff_brands(head),
        _ if is_bmp(head) => Some(Format::Bmp),
        _ if is_ico(head) => Some(Format::Ico),
        _ if is_svg(head) => Some(Format::Svg),
        _ => None,
    }
}

/// Reads a file's header. `head` holds its first [`super::PROBE_BYTES`] bytes, or all of it.
///
/// # Errors
/// `Unsupported` when it is no picture that is known here, `Malformed` when its header makes no sense.
pub fn probe(head: &[u8]) -> Result<Probe> {
    match sniff(head) {
        Some(Format::Jpeg) => jpeg::probe(head),
        Some(Format::Png) => png::probe(head),
        Some(Format::Gif) => gif::probe(head),
        Some(Format::WebP) => webp::probe(head),
        Some(Format::Bmp) => bmp::probe(head),
        Some(Format::Ico) => ico::probe(head, png::probe),
        Some(Format::Tiff) => tiff::probe(head),
        Some(format) => Err(Error::unsupported(format!("{format:?} pictures can't be read here"))),
        None => Err(Error::unsupported("not a picture that is known here")),
    }
}

/// AVIF or HEIF by the brands of an ISO base media file (ISO 14496-12, 4.3). AVIF is looked for first: its
/// files often name the general `mif1` before it.
fn sniff_brands(head: &[u8]) -> Option<Format> {
    let length = bytes::be32(head, 0)? as usize;
    let brands = head.get(8..length.min(head.len()).min(8 + 4 * 64))?.as_chunks::<4>().0;
    let has = |wanted: &[&[u8; 4]]| brands.iter().any(|brand| wanted.contains(&brand));
    if has(&[b"avif", b"avis"]) {
        Some(Format::Avif)
    } else if has(&[
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1",
    ]) {
        Some(Format::Heic)
    } else {
        None
    }
}

/// `BM`, and the length of a bitmap header that exists: prose can begin with BM too.
fn is_bmp(head: &[u8]) -> bool {
    head.starts_with(b"BM") && matches!(bytes::le32(head, 14), Some(12 | 16 | 40 | 42..=64 | 108 | 124))
}

/// A directory of at least one picture, which begins after the directory.
fn is_ico(head: &[u8]) -> bool {
    let pictures = bytes::le16(head, 4).unwrap_or(0);
    matches!(head, [0, 0, 1 | 2, 0, ..])
        && pictures > 0
        && bytes::le32(head, 18).is_some_and(|offset| offset >= 6 + 16 * u32::from(pictures))
}

/// True if the root element is `svg`, with or without a prefix. HTML that contains one is not SVG.
fn is_svg(head: &[u8]) -> bool {
    let mut rest = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    // A declaration, comments, a document type, in any number and order.
    loop {
        let after = if let Some(comment) = rest.strip_prefix(b"<!--") {
            skip_past(comment, b"-->")
        } else if let Some(instruction) = rest.strip_prefix(b"<?") {
            skip_past(instruction, b"?>")
        } else if let Some(doctype) = rest.strip_prefix(b"<!DOCTYPE") {
            skip_doctype(doctype)
        } else {
            break;
        };
        let Some(after) = after else { return false };
        rest = after.trim_ascii_start();
    }
    let Some(tag) = rest.strip_prefix(b"<") else { return false };
    let end = tag.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'));
    let Some(name) = end.map(|end| &tag[..end]) else { return false };
    name.rsplit(|&byte| byte == b':').next() == Some(b"svg")
}

/// What follows the first `end`.
fn skip_past<'a>(text: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    text.windows(end.len()).position(|window| window == end).map(|at| &text[at + end.len()..])
}

/// What follows a document type that names `svg`, with an internal subset or without.
fn skip_doctype(text: &[u8]) -> Option<&[u8]> {
    let name = text.trim_ascii_start();
    if !name.starts_with(b"svg") {
        return None;
    }
    let end = name.iter().position(|&byte| matches!(byte, b'[' | b'>'))?;
    if name[end] == b'[' { skip_past(skip_past(&name[end..], b"]")?, b">") } else { Some(&name[end + 1..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn svg_is_known_by_its_root_alone() {
        for svg in [
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "\u{feff}<?xml version='1.0'?>\n<!-- <html> -->\n<svg>",
            "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'svg11.dtd'>\n<svg\n>",
            "<!DOCTYPE svg [<!ENTITY a 'b'>]><s:svg xmlns:s='http://www.w3.org/2000/svg'>",
        ] {
            assert_eq!(sniff(svg.as_bytes()), Some(Format::Svg), "{svg}");
        }
        for other in [
            "<!DOCTYPE html><svg>",
            "<html><svg></svg></html>",
            "<!-- <svg> -->",
            "<svgx>",
            "some <svg>",
            "<svg",
            "",
        ] {
            assert_eq!(sniff(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_lookalike_is_no_picture() {
        assert_eq!(sniff(b"BMW builds cars in Bavaria"), None);
        assert_eq!(sniff(b"GIF89b"), None);
        assert_eq!(sniff(b"RIFF\0\0\0\0WAVEfmt "), None);
        assert_eq!(sniff(b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2"), None);
        assert_eq!(sniff(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf"), Some(Format::Avif));
        assert_eq!(sniff(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic"), Some(Format::Heic));
    }
}
