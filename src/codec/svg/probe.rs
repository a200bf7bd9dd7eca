//! The size that an SVG's root element states, as browsers have it, and what its head says of the cost of drawing it.

use super::{
    memory::Demands,
    text::{self, GZIP, LOOKED_AT, UTF_8, UTF_16_BIG, UTF_16_LITTLE, beginning},
};
use crate::{
    codec::{Format, Probe, view::View},
    error::{Error, Result},
    pixel::Size,
};

/// The size of a picture that states none, as in browsers (CSS 2.2, 10.3.2).
const UNSTATED: [f64; 2] = [300.0, 150.0];
/// The longest side; longer ones count as not stated.
const MAX_SIDE: f64 = 1e6;

/// The pixels of an inch, and of an em at a browser's initial font size. CSS takes half an em for the height of an x
/// and the width of a 0.
const INCH: f64 = 96.0;
const EM: f64 = 16.0;
/// Units of lengths in pixels.
const UNITS: [(&str, f64); 13] = [
    ("", 1.0),
    ("px", 1.0),
    ("in", INCH),
    ("cm", INCH / 2.54),
    ("mm", INCH / 25.4),
    ("q", INCH / 101.6),
    ("pt", INCH / 72.0),
    ("pc", INCH / 6.0),
    ("em", EM),
    ("rem", EM),
    ("ic", EM),
    ("ex", EM / 2.0),
    ("ch", EM / 2.0),
];

/// Reads the size of the root element, as browsers have it: `width` and `height`; where one is missing, the shape of
/// `viewBox` tells it, or it is one of 300x150; where both are, the largest of that shape within 300x150.
pub(in crate::codec) fn probe(view: View<'_>) -> Result<Probe> {
    let head = view.up_to(0, LOOKED_AT);
    let text = beginning(head, LOOKED_AT);
    let tag = root_tag(&text).ok_or_else(|| Error::malformed("no svg element"))?;
    let [width, height] = own_size(tag).map(|side| side.round().clamp(1.0, MAX_SIDE) as u32);
    let mut probe =
        Probe { alpha: true, animated: None, ..Probe::new(Format::Svg, Size::new(width, height)) };
    let demands = Demands::new(&text, head, view.length_from(0, u64::MAX));
    (probe.demands.part_bytes, probe.demands.layers) = (demands.bytes(), demands.layers);
    probe.demands.writing = text::writing(head);
    Ok(probe)
}

/// The size that a root element's tag states, in pixels.
pub(super) fn own_size(tag: &[u8]) -> [f64; 2] {
    let shape = attribute(tag, b"viewBox").and_then(|text| {
        let mut numbers = view_box_parts(&text).skip(2);
        let mut side = || numbers.next()?.parse().ok().filter(|&side: &f64| side > 0.0 && side <= MAX_SIDE);
        Some([side()?, side()?])
    });
    let [width, height] =
        [b"width".as_slice(), b"height"].map(|name| attribute(tag, name).and_then(|text| side(&text)));
    match (width, height, shape) {
        (Some(width), None, Some([across, down])) => [width, width * down / across],
        (None, Some(height), Some([across, down])) => [height * across / down, height],
        (None, None, Some([across, down])) => {
            let scale = (UNSTATED[0] / across).min(UNSTATED[1] / down);
            [across * scale, down * scale]
        }
        _ => [width.unwrap_or(UNSTATED[0]), height.unwrap_or(UNSTATED[1])],
    }
}

/// The numbers of a `viewBox`, as they are written.
pub(super) fn view_box_parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty())
}

/// True if a file whose root was not found may have it further inside.
pub(in crate::codec) fn may_be(head: &[u8]) -> bool {
    // White space may be all that is seen so far.
    head.starts_with(&GZIP) || matches!(beginning(head, LOOKED_AT).trim_ascii_start(), [] | [b'<', ..])
}

/// True if a file's root element is `svg`, with or without a prefix. HTML that contains one is not SVG.
pub(in crate::codec) fn is_svg(head: &[u8]) -> bool {
    let head = &head[..head.len().min(LOOKED_AT)];
    let is_text = |head: &[u8]| head.trim_ascii_start().starts_with(b"<");
    (head.starts_with(&GZIP)
        || [UTF_8, UTF_16_LITTLE, UTF_16_BIG].iter().any(|mark| head.starts_with(mark))
        || is_text(head))
        && root_tag(&beginning(head, LOOKED_AT)).is_some()
}

/// The text after the root element's name, if that is `svg`.
pub(super) fn root_tag(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text.trim_ascii_start();
    // A declaration, comments, a document type, in any number and order.
    loop {
        rest = if let Some(comment) = rest.strip_prefix(b"<!--") {
            skip_past(comment, b"-->")?
        } else if let Some(instruction) = rest.strip_prefix(b"<?") {
            skip_past(instruction, b"?>")?
        } else if let Some(doctype) = rest.strip_prefix(b"<!DOCTYPE") {
            skip_doctype(doctype)?
        } else {
            break;
        };
        rest = rest.trim_ascii_start();
    }
    let tag = rest.strip_prefix(b"<")?;
    let end = tag.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))?;
    let name = tag[..end].rsplit(|&byte| byte == b':').next()?;
    (name == b"svg").then_some(&tag[end..])
}

/// The value of an attribute of a tag.
pub(super) fn attribute(mut tag: &[u8], name: &[u8]) -> Option<String> {
    loop {
        let (found, value, rest) = first_attribute(tag)?;
        if found == name {
            return String::from_utf8(value.to_vec()).ok();
        }
        tag = rest;
    }
}

/// The name and the value of a tag's first attribute, and what follows it.
pub(super) fn first_attribute(tag: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let tag = tag.trim_ascii_start();
    let end = tag.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'>' | b'/'))?;
    let rest = tag[end..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (&quote, rest) = rest.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let length = rest.iter().position(|&byte| byte == quote)?;
    Some((&tag[..end], &rest[..length], &rest[length + 1..]))
}

/// A length in pixels (CSS Values 4, 6). Percentages and invalid lengths count as not stated.
fn side(text: &str) -> Option<f64> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let is_number = |at: usize| {
        let digit_follows = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        match bytes[at] {
            b'0'..=b'9' | b'.' => true,
            b'+' | b'-' => at == 0 || bytes[at - 1].eq_ignore_ascii_case(&b'e'),
            // An exponent, or the beginning of a unit.
            b'e' | b'E' => {
                digit_follows(at + 1)
                    || matches!(bytes.get(at + 1), Some(b'+' | b'-')) && digit_follows(at + 2)
            }
            _ => false,
        }
    };
    let end = (0..bytes.len()).find(|&at| !is_number(at)).unwrap_or(bytes.len());
    let number: f64 = text.get(..end)?.parse().ok()?;
    let (_, pixels) = UNITS.iter().find(|(unit, _)| unit.eq_ignore_ascii_case(&text[end..]))?;
    let side = number * pixels;
    (side > 0.0 && side <= MAX_SIDE).then_some(side)
}

/// The rest after the first `end`.
fn skip_past<'a>(text: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    text.windows(end.len()).position(|window| window == end).map(|at| &text[at + end.len()..])
}

/// The rest after a document type that names `svg`, with an internal subset or without.
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
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn size_of(file: &[u8]) -> (u32, u32) {
        let size = probe(View::whole(file)).unwrap().size;
        (size.width, size.height)
    }

    fn size(attributes: &str) -> (u32, u32) {
        size_of(format!("<svg {attributes}>").as_bytes())
    }

    /// The sizes that Chromium 156 gives.
    #[test]
    fn a_size_is_that_of_the_root() {
        assert_eq!(size("width='20' height=\"10.4px\""), (20, 10));
        assert_eq!(size("viewBox='0 0 40,30' width = '100%'"), (200, 150));
        assert_eq!(size("viewBox='0 0 400 30'"), (300, 23));
        assert_eq!(size("viewBox='0 0 30 40'"), (113, 150));
        assert_eq!(size("viewBox='0 0 40 30' width='20'"), (20, 15));
        assert_eq!(size("viewBox='0 0 40 30' height='20' width='50%'"), (27, 20));
        assert_eq!((size("width='20'"), size("height='20'")), ((20, 150), (300, 20)));
        assert_eq!(size("stroke-width='5' id=x"), (300, 150));
        assert_eq!(size("width='1e30' height='nan'"), (300, 150));
        assert_eq!(size(""), (300, 150));
    }

    #[test]
    fn lengths_have_units() {
        for (width, height, wanted) in [
            ("1in", "2.54cm", (96, 96)),
            ("10mm", "40q", (38, 38)),
            ("12pt", "2pc", (16, 32)),
            ("1em", "2rem", (16, 32)),
            ("20PX", " 10Px ", (20, 10)),
            ("1e2", "+5", (100, 5)),
            ("1e1em", ".5in", (160, 48)),
            ("10 px", "9", (300, 9)),
            ("50%", "10vh", (300, 150)),
            ("20.5", "10.5", (21, 11)),
        ] {
            assert_eq!(size(&format!("width='{width}' height='{height}'")), wanted, "{width} {height}");
        }
    }

    #[test]
    fn wide_and_compressed_text_is_known() {
        let svg = "<?xml version='1.0'?><!-- \u{e4}\u{1f600} --><svg width='7' height='9'/>";
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(svg.as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        let wide = |bytes: fn(u16) -> [u8; 2]| [0xfeff].into_iter().chain(svg.encode_utf16()).flat_map(bytes);
        let little: Vec<u8> = wide(u16::to_le_bytes).collect();
        let big: Vec<u8> = wide(u16::to_be_bytes).collect();
        for file in [svg.as_bytes(), &gzip, &little, &big, &gzip[..gzip.len() - 9]] {
            assert!(is_svg(file));
            assert_eq!(size_of(file), (7, 9));
        }
        let mut other = GzEncoder::new(Vec::new(), Compression::default());
        // Ten megabytes of a page that says svg at its end are not looked through.
        let page = [&vec![b' '; 10 << 20], b"<svg>".as_slice()].concat();
        other.write_all(&page).unwrap();
        assert!(!is_svg(&other.finish().unwrap()));
        assert!(!is_svg(b"\xff\xfe<\0h\0t\0m\0l\0>\0"));
    }
}
