//! What a raster would show otherwise than browsers do: then the SVG is to be sent, not a picture of it.

use std::collections::HashMap;

use resvg::usvg::roxmltree::{Attribute, Document, Node};

use super::{
    document::SVG,
    effects, letters,
    probe::view_box_parts,
    sheet::{Sheets, check_declarations, check_value, differing, differs, style_text},
    styles::references,
    values,
};
use crate::error::Result;

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

/// Elements that are defined and not drawn: `display` is for those that are.
const DEFINED: [&str; 9] =
    ["clipPath", "defs", "filter", "linearGradient", "marker", "mask", "pattern", "radialGradient", "symbol"];

/// Checks that a raster can show what browsers show, and says whether there is text, which takes fonts.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) names what it can't.
pub(super) fn check(document: &Document<'_>, has_fonts: bool) -> Result<bool> {
    if document.root_element().tag_name().namespace() != Some(SVG) {
        return Err(differing("no namespace, without which no browser shows it"));
    }
    let mut scan = Scan::of(document);
    let mut has_text = false;
    for node in document.descendants() {
        match node.pi() {
            Some(instruction) if instruction.target == "xml-stylesheet" => {
                return Err(differing("a style sheet elsewhere"));
            }
            _ => (),
        }
        if node.is_element() {
            scan.check_element(node)?;
        }
        has_text |= node.has_tag_name((SVG, "text"));
    }
    scan.check_styles()?;
    effects::check_markers(document, scan.sheets.has_markers)?;
    match (has_text, has_fonts) {
        (true, true) => letters::check(document)?,
        // Fonts differ from machine to machine.
        (true, false) => return Err(differing("text")),
        (false, _) => {}
    }
    Ok(has_text)
}

/// What is known of a document so far.
struct Scan<'a> {
    /// The elements that others can refer to, each with what it is.
    targets: HashMap<&'a str, &'a str>,
    sheets: Sheets,
    has_use: bool,
    /// A style of an element is important.
    has_important: bool,
}

impl<'a> Scan<'a> {
    fn of(document: &'a Document<'_>) -> Self {
        let elements = document.descendants().filter(Node::is_element);
        // A gradient without colours is nothing to paint with.
        let is_empty = |node: &Node<'_, '_>| {
            let has_stops = || node.children().any(|it| it.has_tag_name((SVG, "stop")));
            let refers = || node.attributes().any(|it| it.name() == "href");
            node.tag_name().name().ends_with("Gradient") && !has_stops() && !refers()
        };
        let kind = |node: &Node<'a, '_>| if is_empty(node) { "" } else { node.tag_name().name() };
        let targets = elements.filter_map(|node| Some((node.attribute("id")?, kind(&node)))).collect();
        Self { targets, sheets: Sheets::default(), has_use: false, has_important: false }
    }

    fn check_element(&mut self, node: Node<'a, '_>) -> Result<()> {
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
        self.has_use |= name == "use";
        if name == "style" {
            let media = node.attribute("media").unwrap_or("all").trim();
            if !matches!(media, "" | "all" | "screen") {
                return differs("style for some media only");
            }
            let Self { targets, sheets, .. } = self;
            sheets.check(&style_text(node), &mut |name, value| check_reference(targets, name, value))?;
        }
        check_viewport(node)?;
        effects::check(node)?;
        let known = |attribute: &Attribute<'_, '_>| matches!(attribute.namespace(), None | Some(XLINK));
        for attribute in node.attributes().filter(known) {
            self.check_attribute(node, attribute.name(), attribute.value())?;
        }
        Ok(())
    }

    fn check_attribute(&mut self, node: Node<'_, '_>, name: &str, value: &str) -> Result<()> {
        let element = node.tag_name().name();
        match name {
            "href" if element != "a" => self.check_link(node, value),
            "style" => {
                self.has_important |= value.contains('!');
                let targets = &self.targets;
                check_declarations(value, &mut |name, value| {
                    check_place(node, name, value, true)?;
                    check_reference(targets, name, value)
                })
            }
            "pathLength" => differs("a path with a length of its own"),
            "vector-effect" if value != "none" => differs("an effect of vectors"),
            _ if name.starts_with("on") && name.len() > 2 && name != "onset" => differs("a script"),
            _ => {
                check_place(node, name, value, false)?;
                check_geometry(node, name, value)?;
                check_value(name, value)?;
                check_reference(&self.targets, name, value)
            }
        }
    }

    fn check_link(&self, node: Node<'_, '_>, value: &str) -> Result<()> {
        let element = node.tag_name().name();
        let is_image = matches!(element, "image" | "feImage");
        let inside = value.trim();
        if !(inside.starts_with('#') || inside.is_empty() || is_image && inside.starts_with("data:")) {
            return differs("what stands elsewhere");
        }
        if element == "use" && inside.len() < value.len() {
            return differs("a reference among spaces");
        }
        if element == "filter" && inside.strip_prefix('#').is_some_and(|id| self.targets.contains_key(id)) {
            return differs("a filter with another's attributes");
        }
        if is_packed_svg(inside) {
            return differs("a compressed SVG inside");
        }
        let aspect = node.attribute("preserveAspectRatio").unwrap_or("xMidYMid");
        if inside.starts_with("data:image/svg") && !matches!(aspect, "xMidYMid" | "xMidYMid meet" | "none") {
            return differs("an SVG inside that isn't fitted as a whole");
        }
        Ok(())
    }

    /// Checks what depends on several styles.
    fn check_styles(&self) -> Result<()> {
        if self.sheets.has_combinators && self.has_use {
            // To browsers the copy stands in no element of the document.
            return differs("styles by where an element stands, and copies of elements");
        }
        if self.sheets.has_important && self.has_important {
            return differs("important styles of elements and of sheets");
        }
        Ok(())
    }
}

/// True for an SVG in gzip, which browsers don't unpack where it stands inside.
fn is_packed_svg(link: &str) -> bool {
    let packed = link.starts_with("data:image/svg").then(|| link.split_once("base64,")).flatten();
    packed.is_some_and(|(_, text)| text.trim_start().starts_with("H4sI"))
}

/// Checks the attributes and properties that some elements have in vain, or only to browsers.
fn check_place(node: Node<'_, '_>, name: &str, value: &str, is_style: bool) -> Result<()> {
    let element = node.tag_name().name();
    let is_root = node.parent_element().is_none();
    let differs_there = match name {
        "display" => value == "none" && (is_root || DEFINED.contains(&element)),
        "clip-path" | "mask" | "filter" => {
            value != "none" && (is_root || name == "mask" && element == "mask")
        }
        "systemLanguage" => is_root,
        // Gradients and patterns have one of their own name.
        "transform" => is_style && DEFINED.contains(&element),
        _ => false,
    };
    if differs_there {
        return differs(format_args!("{name} of an element {element}"));
    }
    Ok(())
}

/// Checks the attributes that say where something is.
fn check_geometry(node: Node<'_, '_>, name: &str, value: &str) -> Result<()> {
    let element = node.tag_name().name();
    let is_root = node.parent_element().is_none();
    let is_known = match name {
        "preserveAspectRatio" => !value.contains("defer"),
        _ if is_root || matches!(element, "text" | "tspan" | "foreignObject") => true,
        "x" | "y" | "width" | "height" | "transform" if element == "symbol" => false,
        "rx" | "ry" if value == "auto" => false,
        "x" | "y" | "width" | "height" | "rx" | "ry" | "cx" | "cy" | "r" | "x1" | "x2" | "y1" | "y2"
        | "fx" | "fy" | "fr" => {
            // To `usvg` a symbol's own sides are none.
            let is_in_symbol = || node.ancestors().any(|it| it.has_tag_name((SVG, "symbol")));
            values::is_coordinate(value) && !(value.ends_with('%') && is_in_symbol())
        }
        "points" if matches!(element, "polygon" | "polyline") => values::is_points(value),
        "offset" if element == "stop" => value.trim().len() == value.len(),
        "patternContentUnits" | "patternUnits" => matches!(value, "userSpaceOnUse" | "objectBoundingBox"),
        "requiredFeatures" => value.is_empty() || value.starts_with("http://www.w3.org/TR/SVG11/feature"),
        _ => true,
    };
    if is_known { Ok(()) } else { differs(format_args!("{name} of {value:?} in an element {element}")) }
}

/// Checks that what has sides has any.
fn check_viewport(node: Node<'_, '_>) -> Result<()> {
    if node.tag_name().name() != "svg" {
        return Ok(());
    }
    let has_none =
        ["width", "height"].iter().any(|side| node.attribute(*side).is_some_and(values::is_nothing));
    let mut sides = node.attribute("viewBox").into_iter().flat_map(|it| view_box_parts(it).skip(2));
    let sees_none = node.parent_element().is_some() && sides.any(values::is_nothing);
    if has_none || sees_none { differs("a viewport of no size") } else { Ok(()) }
}

/// Checks that what a property refers to is what it should be: else browsers leave the property aside. A clipping path
/// or a mask that isn't there is left aside by both, and so is one filter of several.
fn check_reference(targets: &HashMap<&str, &str>, name: &str, value: &str) -> Result<()> {
    let wanted: &[&str] = match name {
        "clip-path" => &["clipPath"],
        // Without another colour behind it both paint nothing.
        "fill" | "stroke" if !value.trim_end().ends_with(')') && !value.trim_end().ends_with("none") => {
            &["linearGradient", "radialGradient", "pattern"]
        }
        "filter" => &["filter"],
        "mask" => &["mask"],
        _ => return Ok(()),
    };
    let is_one = values::reference(value.trim()).is_some();
    let is_wrong = |id: &&str| match targets.get(id) {
        Some(element) => !wanted.contains(element),
        None => name == "filter" && is_one,
    };
    match references(value).find(is_wrong) {
        Some(id) => differs(format_args!("a {name} that isn't there: {id}")),
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
            "<rect style='fill:bogus'/>",
            "<rect style='fill red;stroke:red'/>",
            "<rect style='FILL:red'/>",
            "<rect style=';fill:red'/>",
            "<rect style='fill:red!ie'/>",
            "<rect width='2rem'/>",
            "<ellipse rx='auto'/>",
            "<polygon points='1,2 x 3'/>",
            "<linearGradient style='transform:scale(2)'/>",
            "<rect filter='url(#a)'/>",
            "<rect id='a' mask='url(#a)'/>",
            "<rect id='a' filter='url(#a)'/>",
            "<mask id='a'/><mask mask='url(#a)'/>",
            "<clipPath display='none'/>",
            "<symbol width='9'/>",
            "<symbol viewBox='0 0 9 9'><rect width='50%'/></symbol>",
            "<svg width='0'/>",
            "<svg viewBox='0 0 0 9'/>",
            "<svg preserveAspectRatio='defer none'/>",
            "<use href=' #a'/>",
            "<filter id='a'/><filter href='#a'/>",
            "<image href='data:image/svg+xml,a' preserveAspectRatio='xMaxYMax slice'/>",
            "<rect requiredFeatures='urn:a'/>",
            "<pattern patternUnits='bogus'/>",
            "<style>g rect{fill:red}</style><use href='#a'/>",
            "<style>rect{fill:red!important}</style><rect style='fill:blue!important'/>",
            "<style>[a^=b]{fill:red}</style>",
            "<style>a,,b{fill:red}</style>",
            "<style>a{*fill:red}</style>",
            "<style>&lt;!-- a{fill:red} --></style>",
            "<style>a{filter:url(#a)}</style>",
            "<style>a{-webkit-filter:blur(2px)}</style>",
            "<style>a{transform-origin:10}</style>",
            "<style>a{fill:red!important}.b{fill:blue!important}</style>",
            "<circle id='a'/><rect fill='url(#a) lime'/>",
            "<linearGradient id='a'/><rect fill='url(#a) lime'/>",
            "<image href='data:image/svg+xml;base64,\n H4sIAAAA'/>",
            "<g marker-end='url(#a)'><rect/></g>",
            "<style>.a{marker:url(#a)}</style><path d='M1 1'/>",
            "<polyline points='1,2 x'/>",
            "<filter><feFlood x='-9'/><feOffset/></filter>",
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
            "<rect style='fill:#123; ;transform:none' transform='translate(3)'/>",
            "<style>@charset 'utf-8';.a,b.c#d[e=f]{fill:red!important;;-inkscape-stroke:none}</style>",
            "<style>.a{fill:red}</style><use href='#a'/>",
            "<clipPath id='a'/><rect clip-path='url(#a)' style='mask:none;transform-origin:0 50%'/>",
            "<symbol id='a' viewBox='0 0 9 9'><rect width='50'/></symbol>",
            "<svg x='1' width='50%' height='2em' viewBox='0 0 9 9' preserveAspectRatio='none'/>",
            "<stop offset='50%' stop-color='#fff'/>",
            "<rect clip-path='url(#a)' mask='url(#b)' style='transform:scale(2)' transform='rotate(9)'/>",
            "<x:y xmlns:x='urn:other' href='http://a'/>",
            "<use xlink:href='#a'/>",
            "<g xmlns:i='urn:i' i:only-some='1'/>",
            "<switch><foreignObject requiredExtensions='urn:i'/><g/></switch>",
            "<style>a{fill:red!important;stroke:red}.b{stroke:blue!important}</style>",
            "<linearGradient id='a'><stop/></linearGradient><rect fill='url(#a) lime'/><rect fill='url(#b) red'/>",
            "<path marker-end='url(#a)' d='M1 1h3'/><rect marker-end='none' style='marker:none;fill:url(#b)'/>",
        ] {
            assert!(passes(inside), "{inside}");
        }
    }
}
