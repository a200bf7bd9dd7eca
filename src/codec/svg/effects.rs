//! Filters, gradients and choices whose attributes browsers take otherwise than `resvg` does.

use resvg::usvg::roxmltree::{Document, Node};

use super::{
    document::SVG,
    sheet::{differs, is_marker},
    values,
};
use crate::error::Result;

/// The exponents of a highlight that all know (SVG 1.1, 15.8.4).
const EXPONENTS: std::ops::RangeInclusive<f64> = 1.0..=128.0;

/// The children of `switch` that `usvg` chooses among; browsers choose any other as well, and then show nothing.
const CHOICES: [&str; 17] = [
    "a",
    "circle",
    "desc",
    "ellipse",
    "foreignObject",
    "g",
    "image",
    "line",
    "metadata",
    "path",
    "polygon",
    "polyline",
    "rect",
    "svg",
    "switch",
    "text",
    "use",
];

/// Checks that an element of SVG is drawn alike as far as its own attributes tell.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) names what isn't.
pub(super) fn check(node: Node<'_, '_>) -> Result<()> {
    let name = node.tag_name().name();
    let differs_there = match name {
        "switch" => !node.children().filter(Node::is_element).all(is_choice),
        "linearGradient" | "radialGradient" => node.attribute("gradientTransform").is_some_and(is_flat),
        "pattern" => node.attribute("patternTransform").is_some_and(is_flat),
        "filter" => is_odd_filter(node),
        _ if name.starts_with("fe") => is_odd_primitive(node),
        _ => false,
    };
    if differs_there { differs(format_args!("an element {name} that is drawn in many ways")) } else { Ok(()) }
}

fn is_choice(child: Node<'_, '_>) -> bool {
    CHOICES.contains(&child.tag_name().name()) && child.tag_name().namespace().is_some_and(|it| it == SVG)
}

/// True for a transform that leaves no area, by which browsers paint nothing.
fn is_flat(transform: &str) -> bool {
    transform.split_inclusive(')').any(|function| {
        let Some((name, inside)) = function.trim_end_matches(')').split_once('(') else { return false };
        let numbers: Vec<f64> = numbers(inside).collect();
        match (name.trim_start_matches([' ', ',']).trim_end(), &numbers[..]) {
            ("matrix", [a, b, c, d, _, _]) => a * d - b * c == 0.0,
            ("scale", numbers @ ([_] | [_, _])) => numbers.contains(&0.0),
            _ => false,
        }
    })
}

/// True for places in units of the object, for what is moved from outside of the region, and for light on noise, which
/// depends on the resolution.
fn is_odd_filter(filter: Node<'_, '_>) -> bool {
    let has = |names: &[&str]| filter.descendants().any(|it| names.contains(&it.tag_name().name()));
    let has_parts = || filter.children().any(has_own_region);
    let is_relative = filter.attribute("primitiveUnits") == Some("objectBoundingBox");
    is_relative && (has_parts() || has(&["fePointLight", "feSpotLight"]))
        || has(&["feOffset"]) && filter.children().any(begins_outside)
        || has(&["feTurbulence"]) && has(&["feDiffuseLighting", "feSpecularLighting"])
}

/// True for values that stand outside of what is defined, or are defined and differ all the same.
fn is_odd_primitive(node: Node<'_, '_>) -> bool {
    let number = |name| node.attribute(name).map(|value| value.trim().parse::<f64>().unwrap_or(f64::NAN));
    let all = |name| numbers(node.attribute(name).unwrap_or_default());
    match node.tag_name().name() {
        "feColorMatrix" if node.attribute("type") == Some("saturate") => {
            all("values").any(|it| !(0.0..=1.0).contains(&it))
        }
        "feConvolveMatrix" => {
            let sum = || all("kernelMatrix").reduce(|a, b| a + b).unwrap_or(1.0);
            number("divisor").unwrap_or_else(sum).abs() < 1e-6
        }
        "feMorphology" => !all("radius").all(|it| it > 0.0) || !matches!(all("radius").count(), 1 | 2),
        "feSpecularLighting" => number("specularExponent").is_some_and(|it| !EXPONENTS.contains(&it)),
        "feSpotLight" => {
            number("limitingConeAngle").is_some_and(|it| it <= 0.0)
                || number("specularExponent").is_some_and(|it| !EXPONENTS.contains(&it))
        }
        "feTurbulence" => node.attribute("stitchTiles") == Some("stitch"),
        _ => false,
    }
}

/// True for a primitive that fills less than the region of its filter.
fn has_own_region(node: Node<'_, '_>) -> bool {
    let whole = [("x", "0%"), ("y", "0%"), ("width", "100%"), ("height", "100%")];
    whole.iter().any(|(side, whole)| node.attribute(*side).is_some_and(|it| it != *whole))
}

fn begins_outside(node: Node<'_, '_>) -> bool {
    ["x", "y"].iter().any(|side| node.attribute(*side).is_some_and(|it| it.trim_start().starts_with('-')))
}

fn numbers(text: &str) -> impl Iterator<Item = f64> {
    let parts = text.split(|it: char| it == ',' || it.is_ascii_whitespace()).filter(|it| !it.is_empty());
    parts.map(|it| it.parse().unwrap_or(f64::NAN))
}

/// Checks that markers stand where browsers draw them, wherever elements have them from.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) names an element where they don't.
pub(super) fn check_markers(document: &Document<'_>, are_in_sheets: bool) -> Result<()> {
    let is_own = |node: Node<'_, '_>| {
        node.attributes().any(|it| match it.name() {
            "style" => it
                .value()
                .split(';')
                .any(|it| it.split_once(':').is_some_and(|(name, value)| is_marker(name.trim(), value))),
            name => is_marker(name, it.value()),
        })
    };
    // Where the elements end that stand in one with markers: they follow it.
    let mut end = 0;
    for node in document.descendants().filter(Node::is_element) {
        let number = node.id().get();
        if number >= end && is_own(node) {
            end = node.descendants().next_back().map_or(0, |last| last.id().get() + 1);
        }
        if (are_in_sheets || number < end) && has_odd_markers(node) {
            return differs(format_args!("markers on an element {}", node.tag_name().name()));
        }
    }
    Ok(())
}

/// True if markers of an element stand at other places in browsers, or are drawn by one of both alone: browsers have
/// none on basic shapes, and one on a path of a single point.
fn has_odd_markers(node: Node<'_, '_>) -> bool {
    match node.tag_name().name() {
        "rect" | "circle" | "ellipse" => true,
        "polyline" | "polygon" => node
            .attribute("points")
            .is_some_and(|points| values::is_points(points) && numbers(points).count() < 3),
        "path" => node.attribute("d").is_some_and(|path| {
            let starts = path.bytes().filter(|it| it.eq_ignore_ascii_case(&b'm')).count();
            let goes_on = path.bytes().any(|it| b"LlHhVvCcSsQqTtAa".contains(&it));
            let moves = path.trim_start_matches(['M', 'm', ' ']);
            starts > 1 && path.contains(['z', 'Z']) || starts == 1 && !goes_on && numbers(moves).count() < 3
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_alike(element: &str) -> bool {
        let text = format!("<svg xmlns='http://www.w3.org/2000/svg'>{element}</svg>");
        let document = Document::parse(&text).unwrap();
        document.root_element().descendants().filter(Node::is_element).all(|node| check(node).is_ok())
    }

    #[test]
    fn what_is_drawn_in_many_ways_is_found() {
        for element in [
            "<switch><random/><rect/></switch>",
            "<linearGradient gradientTransform='matrix(0 0 0 0 0 0)'/>",
            "<pattern patternTransform='rotate(9), scale(0,1)'/>",
            "<filter primitiveUnits='objectBoundingBox'><feDiffuseLighting><fePointLight/></feDiffuseLighting>\
             </filter>",
            "<filter primitiveUnits='objectBoundingBox'><feFlood width='.5'/></filter>",
            "<filter><feFlood x='-50' width='150'/><feOffset dx='9'/></filter>",
            "<filter><feTurbulence/><feDiffuseLighting/></filter>",
            "<feColorMatrix type='saturate' values='99'/>",
            "<feConvolveMatrix kernelMatrix='1 0 -1' divisor='0'/>",
            "<feConvolveMatrix kernelMatrix='.1 .1 .1 .1 .1 .1 .1 .1 -.8'/>",
            "<feMorphology/>",
            "<feMorphology radius='0 1'/>",
            "<feSpecularLighting specularExponent='0'/>",
            "<feSpotLight limitingConeAngle='0'/>",
            "<feTurbulence stitchTiles='stitch'/>",
        ] {
            assert!(!is_alike(element), "{element}");
        }
        for element in [
            "<switch><foreignObject/><g/></switch>",
            "<linearGradient gradientTransform='matrix(1 0 0 -1 0 9)'/>",
            "<pattern patternTransform='rotate(0) scale(2)'/>",
            "<pattern patternTransform='scale(0,5, 1)'/>",
            "<filter x='-1'><feTurbulence/><feGaussianBlur stdDeviation='2'/></filter>",
            "<feColorMatrix type='saturate' values='0'/>",
            "<feConvolveMatrix kernelMatrix='0 1 0 1 -3 1 0 1 0'/>",
            "<feMorphology radius='2'/>",
            "<feSpecularLighting specularExponent='20'><fePointLight x='1'/></feSpecularLighting>",
            "<filter><feFlood x='50' width='10'/><feOffset dx='9'/></filter>",
            "<filter><feFlood width='50'/><feComposite/></filter>",
            "<feSpotLight limitingConeAngle='30'/>",
        ] {
            assert!(is_alike(element), "{element}");
        }
    }

    #[test]
    fn markers_stand_where_browsers_draw_them() {
        for (element, is_odd) in [
            ("<rect/>", true),
            ("<polyline points='1,2'/>", true),
            ("<polyline points='1,2 3,4'/>", false),
            ("<path d='M200 200'/>", true),
            ("<path d='M1 1 2 2'/>", false),
            ("<path d='M1 1h2'/>", false),
            ("<path d='M1 1h2zm4 4h2z'/>", true),
            ("<path d='M1 1h2m4 4h2'/>", false),
        ] {
            let document = Document::parse(element).unwrap();
            assert_eq!(has_odd_markers(document.root_element()), is_odd, "{element}");
        }
    }
}
