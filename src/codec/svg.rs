//! SVG: what its root element says. Nothing is parsed further, nothing is rendered.

use super::{Format, Probe, view::View};
use crate::{
    error::{Error, Result},
    pixel::{Orientation, Size},
};

/// What browsers take for a picture that states no size (CSS 2.2, 10.3.2).
const UNSTATED: Size = Size::new(300, 150);
/// Sides past this are taken as not stated: they are no size of a picture.
const MAX_SIDE: f64 = 1e6;

/// Bytes in which the root's tag is looked for.
pub(super) const LOOKED_AT: usize = 1 << 20;

/// Reads the size of the root element: `width` and `height` in pixels, else those of `viewBox`, else what browsers
/// take.
pub(super) fn probe(view: View<'_>) -> Result<Probe> {
    let tag = root(view.up_to(0, LOOKED_AT)).ok_or_else(|| Error::malformed("no svg element"))?;
    let view = attribute(tag, b"viewBox").and_then(|text| {
        let mut numbers = text.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty());
        numbers.nth(1)?;
        Some([side(numbers.next()?)?, side(numbers.next()?)?])
    });
    let [width, height] =
        [b"width".as_slice(), b"height"].map(|name| attribute(tag, name).and_then(|text| side(&text)));
    let size = match (width, height, view) {
        (Some(width), Some(height), _) => Some([width, height]),
        (Some(width), None, Some([across, down])) => Some([width, width * down / across]),
        (None, Some(height), Some([across, down])) => Some([height * across / down, height]),
        (_, _, view) => view,
    };
    let rounded = |side: f64| side.round().clamp(1.0, MAX_SIDE) as u32;
    Ok(Probe {
        format: Format::Svg,
        size: size.map_or(UNSTATED, |[width, height]| Size::new(rounded(width), rounded(height))),
        depth: 8,
        alpha: true,
        color: true,
        animated: None,
        orientation: Orientation::Upright,
        subsampling: None,
        progressive: false,
        icc: false,
        described: false,
        icc_bytes: 0,
        metadata_bytes: 0,
        restart_interval: 0,
    })
}

/// True if a file whose root was not found may have it further inside.
pub(super) fn may_be(head: &[u8]) -> bool {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start().starts_with(b"<")
}

/// What follows the name of the root element, if that is `svg`, with or without a prefix. HTML that contains one is
/// not SVG.
pub(super) fn root(head: &[u8]) -> Option<&[u8]> {
    let mut rest = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
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
fn attribute(mut tag: &[u8], name: &[u8]) -> Option<String> {
    loop {
        tag = tag.trim_ascii_start();
        let end =
            tag.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'>' | b'/'))?;
        let found = &tag[..end];
        let rest = tag[end..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let (&quote, rest) = rest.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
        let end = rest.iter().position(|&byte| byte == quote)?;
        if found == name {
            return String::from_utf8(rest[..end].to_vec()).ok();
        }
        tag = &rest[end + 1..];
    }
}

/// A length in pixels; other units and percentages count as not stated.
fn side(text: &str) -> Option<f64> {
    let number: f64 = text.trim().trim_end_matches("px").trim_end().parse().ok()?;
    (number > 0.0 && number <= MAX_SIDE).then_some(number)
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

    fn size(attributes: &str) -> (u32, u32) {
        let size = probe(View::whole(format!("<svg {attributes}>").as_bytes())).unwrap().size;
        (size.width, size.height)
    }

    #[test]
    fn a_size_is_that_of_the_root() {
        assert_eq!(size("width='20' height=\"10.4px\""), (20, 10));
        assert_eq!(size("viewBox='0 0 40,30' width = '100%'"), (40, 30));
        assert_eq!(size("viewBox='0 0 40 30' width='20'"), (20, 15));
        assert_eq!(size("stroke-width='5' id=x"), (300, 150));
        assert_eq!(size("width='1e30' height='nan'"), (300, 150));
        assert_eq!(size(""), (300, 150));
    }
}
