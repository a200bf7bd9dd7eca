//! What a file is, by its first bytes alone: never by its name, and never because something that looks like a
//! picture stands further inside.

use super::{Format, bytes, svg, view::View};
use crate::error::Error;

/// Bytes that tell all formats but SVG: a list of 64 brands.
const MAGIC: usize = 8 + 4 * 64;

/// The format of a file by its first bytes (264 are enough; SVG may need more).
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
        _ if svg::is_svg(head) => Some(Format::Svg),
        _ => None,
    }
}

/// True if a picture is a drawing that may have text, in itself or in another within it, for which fonts are wanted. What is
/// compressed or in UTF-16 isn't looked through.
#[must_use]
pub fn may_want_fonts(file: &[u8]) -> bool {
    let has = |word: &[u8]| file.windows(word.len()).any(|part| part == word);
    sniff(file) == Some(Format::Svg)
        && (has(b"text") || has(b"svg+xml") || file.contains(&0) || file.starts_with(&[0x1f, 0x8b]))
}

/// The format of a file.
pub(super) fn format(view: View<'_>) -> Option<Format> {
    let head = view.up_to(0, MAGIC);
    // The root of an XML document may stand behind a long comment.
    sniff(head).or_else(|| {
        let more = svg::may_be(head).then(|| view.up_to(0, svg::LOOKED_AT))?;
        sniff(more)
    })
}

/// What is said of a file that is none of these.
pub(super) fn unknown() -> Error {
    Error::unsupported("not a picture that is known here")
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
    head.starts_with(b"BM") && matches!(bytes::le32(head, 14), Some(12 | 16 | 20..=64 | 108 | 124))
}

/// A directory of at least one picture, which begins after the directory.
fn is_ico(head: &[u8]) -> bool {
    let pictures = bytes::le16(head, 4).unwrap_or(0);
    matches!(head, [0, 0, 1 | 2, 0, ..])
        && pictures > 0
        && bytes::le32(head, 18).is_some_and(|offset| offset >= 6 + 16 * u32::from(pictures))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_drawings_with_text_want_fonts() {
        let svg = |inside: &str| format!("<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>");
        for (inside, expected) in [
            ("<rect/>", false),
            ("<text>a</text>", true),
            ("<s:text/>", true),
            ("<image href='data:image/svg+xml;base64,PHN2Zy8+'/>", true),
        ] {
            assert_eq!(may_want_fonts(svg(inside).as_bytes()), expected, "{inside}");
        }
        assert!(!may_want_fonts(b"\xff\xd8\xfftext") && !may_want_fonts(b"text"));
    }

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
    fn svg_is_found_as_far_inside_by_pieces_as_at_once() {
        let wide = |text: &str| -> Vec<u8> {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        };
        for (before, is_found) in [
            (" ".repeat(300), true),
            (format!("<!--{}-->", "-".repeat(1000)), true),
            (" ".repeat(svg::LOOKED_AT), false),
            (format!("<!--{}-->", "-".repeat(svg::LOOKED_AT)), false),
        ] {
            let text = before + "<svg>";
            for file in [text.as_bytes().to_vec(), wide(&text)] {
                let found = is_found.then_some(Format::Svg);
                assert_eq!((sniff(&file), format(View::whole(&file))), (found, found), "{}", file.len());
            }
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
