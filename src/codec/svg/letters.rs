//! What of a document's text a raster would show otherwise than browsers do, whatever fonts are there.

use resvg::usvg::roxmltree::{Document, Node};

use super::sheet::{Sheets, check_declarations, style_text};
use crate::error::{Error, Result};

/// The longest value of what each letter may keep a copy of.
const MAX_VALUE: usize = 256;

/// Elements of text that are laid out by each renderer in its own way, or that none knows any more.
const ELEMENTS: [&str; 4] = ["textPath", "tref", "altGlyph", "flowRoot"];

/// Properties of text with the values that `usvg` heeds as browsers do. Those that stand nowhere here change nothing.
const PROPERTIES: [(&str, &[&str]); 26] = [
    ("direction", &["ltr"]),
    ("unicode-bidi", &["normal"]),
    ("writing-mode", &["lr", "lr-tb", "horizontal-tb"]),
    ("text-orientation", &["mixed"]),
    ("font-style", &["normal", "italic", "oblique"]),
    ("font-variant", &["normal"]),
    ("font-variant-caps", &["normal"]),
    ("font-variant-east-asian", &["normal"]),
    ("font-variant-ligatures", &["normal"]),
    ("font-variant-numeric", &["normal"]),
    ("font-variant-position", &["normal"]),
    ("font-feature-settings", &["normal"]),
    ("font-variation-settings", &["normal"]),
    ("font-weight", &["normal", "bold", "100", "200", "300", "400", "500", "600", "700", "800", "900"]),
    ("font-stretch", &["normal"]),
    ("font-size-adjust", &["none"]),
    ("font-kerning", &["auto", "normal"]),
    ("font-palette", &["normal"]),
    ("text-decoration", &["none", "underline", "overline", "line-through"]),
    ("text-decoration-line", &["none"]),
    ("text-transform", &["none"]),
    ("text-shadow", &["none"]),
    ("white-space", &["normal"]),
    ("white-space-collapse", &["collapse"]),
    ("inline-size", &["auto", "0"]),
    ("text-indent", &["0", "0px"]),
];

/// True for a text, and for an element that is a part of one.
pub(super) fn is_text(node: Node<'_, '_>) -> bool {
    let is_part = ["text", "tspan", "textPath", "tref", "a"].contains(&node.tag_name().name());
    is_part && node.ancestors().any(|it| it.tag_name().name() == "text")
}

/// Bytes of the text directly in an element. White space alone is one, unless it is all kept.
pub(super) fn length(node: Node<'_, '_>, keeps_spaces: bool) -> usize {
    let texts = node.children().filter(Node::is_text).filter_map(|it| it.text());
    texts.map(|text| if keeps_spaces || !text.trim().is_empty() { text.len() } else { 1 }).sum()
}

/// True if white space counts somewhere in a document.
pub(super) fn keeps_spaces(document: &Document<'_>) -> bool {
    let keeps =
        |node: Node<'_, '_>| node.attributes().any(|it| it.name() == "space" && it.value() == "preserve");
    document.descendants().any(keeps)
}

/// Checks that a document's text is laid out as in browsers.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) names what isn't, [`LimitExceeded`](crate::ErrorKind::LimitExceeded)
/// is for values of such a length that no letter should have its copy.
pub(super) fn check(document: &Document<'_>) -> Result<()> {
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        if ELEMENTS.contains(&name) {
            return Err(Error::unsupported(format!("the SVG has text in an element {name}")));
        }
        for attribute in node.attributes().filter(|it| it.namespace().is_none()) {
            match attribute.name() {
                "style" => check_declarations(attribute.value(), &mut check_property)?,
                name => check_property(name, attribute.value())?,
            }
        }
        if name == "style" {
            Sheets::default().check(&style_text(node), &mut check_property)?;
        }
    }
    Ok(())
}

fn check_property(name: &str, value: &str) -> Result<()> {
    let name = name.to_ascii_lowercase();
    let value = value.trim();
    let is_known = match PROPERTIES.iter().find(|(known, _)| *known == name) {
        Some((_, values)) => values.contains(&value) || value == "inherit",
        None if name == "font-size" => is_size(value),
        None if matches!(name.as_str(), "font-family" | "font" | "stroke-dasharray") => {
            if value.len() > MAX_VALUE {
                return Err(Error::limit(format!("the SVG's {name} has {} bytes", value.len())));
            }
            true
        }
        None => name != "text-decoration-thickness" && name != "text-underline-offset",
    };
    if is_known {
        Ok(())
    } else {
        Err(Error::unsupported(format!("the SVG has text with {name}: {value}, which is drawn in many ways")))
    }
}

/// True for a size in a unit that `usvg` knows, or by a word.
fn is_size(value: &str) -> bool {
    let unit = value.trim_start_matches(|letter: char| letter.is_ascii_digit() || "+-.".contains(letter));
    let is_word = unit.len() == value.len() && value.bytes().all(|it| it.is_ascii_lowercase() || it == b'-');
    is_word || ["", "px", "pt", "em", "ex", "%", "mm", "cm", "in", "pc"].contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(inside: &str) -> bool {
        let text = format!("<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>");
        check(&Document::parse(&text).unwrap()).is_ok()
    }

    #[test]
    fn what_each_renderer_lays_out_in_its_own_way_is_found() {
        for inside in [
            "<text><textPath href='#a'>a</textPath></text>",
            "<text writing-mode='tb'>a</text>",
            "<text style='font-size:2rem'>a</text>",
            "<text style='text-transform : uppercase'>a</text>",
            "<style>text{font-variant:small-caps}</style><text>a</text>",
            "<text font-weight='650'>a</text>",
            "<text style='text-decoration:underline wavy red'>a</text>",
        ] {
            assert!(!passes(inside), "{inside}");
        }
        assert!(!passes(&format!("<text font-family='{}'>a</text>", "a".repeat(MAX_VALUE + 1))));
    }

    #[test]
    fn what_is_laid_out_alike_passes() {
        for inside in [
            "<text x='1 2 3' dy='1em' font-size='12.5px' font-family='A, sans-serif'>a<tspan>b</tspan></text>",
            "<style>/* x */ .a{font:bold 12px A;font-size:larger;letter-spacing:1px}</style><text>a</text>",
            "<text style='line-height:125%;-inkscape-font-specification:A;text-anchor:middle'>a</text>",
        ] {
            assert!(passes(inside), "{inside}");
        }
    }

    #[test]
    fn white_space_between_elements_is_next_to_nothing() {
        let length_of = |inside: &str| {
            let text = format!("<svg>{inside}</svg>");
            let document = Document::parse(&text).unwrap();
            let keeps = keeps_spaces(&document);
            document.descendants().filter(|it| is_text(*it)).map(|it| length(it, keeps)).sum::<usize>()
        };
        assert_eq!(length_of("<text>\n      <tspan>ab</tspan>\n      </text>"), 4);
        assert_eq!(length_of("<text xml:space='preserve'>   <tspan>ab</tspan></text>"), 5);
    }
}
