//! What a raster would show otherwise than browsers do: then the SVG is to be sent, not a picture of it.

use resvg::usvg::roxmltree::{Attribute, Document, Node};

use super::{letters, styles::without_comments};
use crate::error::{Error, Result};

const SVG: &str = "http://www.w3.org/2000/svg";
const XLINK: &str = "http://www.w3.org/1999/xlink";

/// Elements that run, move, come from elsewhere, or hold another language than SVG; `tref` is none to browsers.
const ELEMENTS: [&str; 16] = [
    "script",
    "handler",
    "listener",
    "animate",
    "animateColor",
    "animateMotion",
    "animateTransform",
    "discard",
    "set",
    "foreignObject",
    "iframe",
    "audio",
    "video",
    "canvas",
    "link",
    "tref",
];

/// Properties that browsers heed in style, and `usvg` doesn't: motion, geometry, boxes.
const PROPERTIES: [&str; 40] = [
    "animation",
    "animation-name",
    "transition",
    "all",
    "background",
    "background-image",
    "border",
    "bottom",
    "content",
    "cx",
    "cy",
    "d",
    "height",
    "inset",
    "left",
    "mask-image",
    "margin",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "object-fit",
    "offset-path",
    "outline",
    "padding",
    "perspective",
    "position",
    "r",
    "right",
    "rotate",
    "rx",
    "ry",
    "scale",
    "shape-inside",
    "top",
    "transform-box",
    "translate",
    "width",
    "x",
    "y",
];

/// Functions of values that `usvg` doesn't compute.
const FUNCTIONS: [&str; 21] = [
    "var(",
    "calc(",
    "env(",
    "attr(",
    "min(",
    "max(",
    "clamp(",
    "color-mix(",
    "color(",
    "lab(",
    "lch(",
    "oklab(",
    "oklch(",
    "hwb(",
    "light-dark(",
    "image-set(",
    "gradient(",
    "polygon(",
    "inset(",
    "circle(",
    "ellipse(",
];

/// Checks that a raster can show what browsers show, and says whether there is text, which takes fonts.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) names what it can't.
pub(super) fn check(document: &Document<'_>, has_fonts: bool) -> Result<bool> {
    if document.root_element().tag_name().namespace() != Some(SVG) {
        return Err(differing("no namespace, without which no browser shows it"));
    }
    let mut has_text = false;
    for node in document.descendants() {
        match node.pi() {
            Some(instruction) if instruction.target == "xml-stylesheet" => {
                return Err(differing("a style sheet elsewhere"));
            }
            _ => (),
        }
        if node.is_element() {
            check_element(node)?;
        }
        has_text |= node.has_tag_name((SVG, "text"));
    }
    match (has_text, has_fonts) {
        (true, true) => letters::check(document)?,
        // Fonts differ from machine to machine.
        (true, false) => return Err(differing("text")),
        (false, _) => {}
    }
    Ok(has_text)
}

fn differs(what: impl std::fmt::Display) -> Result<()> {
    Err(differing(what))
}

fn differing(what: impl std::fmt::Display) -> Error {
    Error::unsupported(format!("the SVG has {what}: a raster of it would differ from it"))
}

fn check_element(node: Node<'_, '_>) -> Result<()> {
    let name = node.tag_name().name();
    let is_svg = node.tag_name().namespace() == Some(SVG);
    // What Illustrator keeps for itself is shown by nobody.
    let is_private =
        name == "foreignObject" && node.attribute("requiredExtensions").is_some_and(|it| !it.is_empty());
    if ELEMENTS.contains(&name) && !is_private {
        return differs(format_args!("an element {name}"));
    }
    if !is_svg {
        return Ok(());
    }
    if name == "style" {
        let media = node.attribute("media").unwrap_or("all").trim();
        if !matches!(media, "" | "all" | "screen") {
            return differs("style for some media only");
        }
        let text: String = node.children().filter_map(|child| child.text()).collect();
        check_sheet(&text)?;
    }
    let known = |attribute: &Attribute<'_, '_>| matches!(attribute.namespace(), None | Some(XLINK));
    for attribute in node.attributes().filter(known) {
        check_attribute(name, attribute.name(), attribute.value())?;
    }
    Ok(())
}

fn check_attribute(element: &str, name: &str, value: &str) -> Result<()> {
    match name {
        "href" if element != "a" => {
            let value = value.trim();
            let is_image = matches!(element, "image" | "feImage");
            let is_inside = value.starts_with('#') || value.is_empty();
            if !(is_inside || is_image && value.starts_with("data:")) {
                return differs("what stands elsewhere");
            }
        }
        "style" => check_declarations(value)?,
        "pathLength" => return differs("a path with a length of its own"),
        "vector-effect" if value != "none" => return differs("an effect of vectors"),
        _ if name.starts_with("on") && name.len() > 2 && name != "onset" => return differs("a script"),
        _ => check_value(value)?,
    }
    Ok(())
}

/// Checks the rules of a style sheet.
fn check_sheet(text: &str) -> Result<()> {
    let text = without_comments(text);
    for rule in text.split('@').skip(1) {
        if !rule.starts_with("charset") && !rule.starts_with("namespace") {
            return differs("an at-rule of style");
        }
    }
    for rule in text.split('}') {
        let (selectors, declarations) = rule.split_once('{').unwrap_or((rule, ""));
        let known = [":first-child", ":hover", ":active", ":focus"];
        let left = known.iter().fold(selectors.to_owned(), |text, class| text.replace(class, ""));
        if left.contains([':', '~', '|', '&']) {
            return differs("a selector of style that is not known here");
        }
        check_declarations(declarations)?;
    }
    Ok(())
}

fn check_declarations(text: &str) -> Result<()> {
    let text = without_comments(text);
    // What stands in quotes or brackets may have a semicolon: a part of it is not taken for a property by its name.
    for declaration in text.split(';') {
        let Some((name, value)) = declaration.split_once(':') else { continue };
        let (name, value) = (name.trim(), value.trim());
        if name.starts_with("--") || PROPERTIES.contains(&name.to_ascii_lowercase().as_str()) {
            return differs(format_args!("a style of {name}"));
        }
        let has_units =
            || value.contains(['%', 'd']) || ["px", "em", "rad", "turn"].iter().any(|it| value.contains(it));
        match name {
            "transform" if value != "none" && has_units() => return differs("a transform with units"),
            "vector-effect" if value != "none" => return differs("an effect of vectors"),
            _ => check_value(value)?,
        }
    }
    Ok(())
}

/// Checks that a value refers to nothing outside, and is not computed.
fn check_value(value: &str) -> Result<()> {
    if !value.contains('(') {
        return Ok(());
    }
    for rest in value.split("url(").skip(1) {
        if !rest.trim_start().trim_start_matches(['"', '\'']).trim_start().starts_with('#') {
            return differs("what stands elsewhere");
        }
    }
    match FUNCTIONS.iter().find(|function| value.contains(**function)) {
        Some(function) => differs(format_args!("a value of {function})")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(inside: &str) -> bool {
        let text = format!("<svg xmlns='{SVG}' xmlns:xlink='http://www.w3.org/1999/xlink'>{inside}</svg>");
        check(&Document::parse(&text).unwrap(), false).is_ok()
    }

    #[test]
    fn what_browsers_show_otherwise_is_found() {
        for inside in [
            "<script/>",
            "<rect onclick='x()'/>",
            "<rect><animate/></rect>",
            "<foreignObject/>",
            "<image href='a.png'/>",
            "<image xlink:href='http://a/b.svg'/>",
            "<use href='a.svg#b'/>",
            "<rect fill='url(a.svg#b)'/>",
            "<rect style='fill:url( \"//a/b#c\")'/>",
            "<style>@import 'a';</style>",
            "<style>/*}*/@media (min-width:9px){a{fill:red}}</style>",
            "<style media='print'>a{fill:red}</style>",
            "<style>a:nth-child(2){fill:red}</style>",
            "<style>a{fill:var(--a,red)}</style>",
            "<style>rect{width:9px}</style>",
            "<rect style='animation : a 1s'/>",
            "<rect style='transform:rotate(45deg)'/>",
            "<rect style='clip-path: circle(4px)'/>",
            "<text>a</text>",
            "<path vector-effect='non-scaling-stroke'/>",
        ] {
            assert!(!passes(inside), "{inside}");
        }
        assert!(check(&Document::parse("<svg/>").unwrap(), true).is_err());
    }

    #[test]
    fn what_browsers_show_alike_passes() {
        for inside in [
            "<a href='http://a'><rect fill='url(#b)'/></a>",
            "<image href='data:image/png;base64,AA=='/>",
            "<style>/* @import */ .a:hover,a:first-child>b+c{fill:url('#a');opacity:.5}</style>",
            "<rect style='fill:#123;transform:rotate(45)' transform='translate(3)'/>",
            "<x:y xmlns:x='urn:other' href='http://a'/>",
            "<use xlink:href='#a'/>",
            "<g xmlns:i='urn:i' i:only-some='1'/>",
            "<switch><foreignObject requiredExtensions='urn:i'/><g/></switch>",
        ] {
            assert!(passes(inside), "{inside}");
        }
    }
}
