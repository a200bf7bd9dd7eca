//! Styles that `usvg` doesn't read as browsers do: rules of style sheets, and declarations in them and in `style`.

use std::collections::BTreeSet;

use resvg::usvg::roxmltree::Node;

use super::{styles::without_comments, values};
use crate::error::{Error, Result};

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

/// What a document's style sheets have.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    /// A selector says what an element stands in or behind.
    pub has_combinators: bool,
    /// A declaration is important.
    pub has_important: bool,
    /// Elements get markers.
    pub has_markers: bool,
    /// The properties that are important in some rule.
    important: BTreeSet<String>,
}

/// An error that names what a raster would show otherwise.
pub(super) fn differing(what: impl std::fmt::Display) -> Error {
    Error::unsupported(format!("the SVG has {what}: a raster of it would differ from it"))
}

pub(super) fn differs(what: impl std::fmt::Display) -> Result<()> {
    Err(differing(what))
}

/// The style sheet of an element `style`.
pub(super) fn style_text(style: Node<'_, '_>) -> String {
    style.children().filter_map(|child| child.text()).collect()
}

impl Sheets {
    /// Checks the rules of one more style sheet; `take` gets each property and its value.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) names what is read otherwise.
    pub(super) fn check(&mut self, text: &str, take: &mut dyn FnMut(&str, &str) -> Result<()>) -> Result<()> {
        let text = without_comments(text);
        if text.contains("<!--") || text.contains("-->") {
            return differs("a style sheet in a comment of HTML");
        }
        for rule in text.split('@').skip(1) {
            if !rule.starts_with("charset") && !rule.starts_with("namespace") {
                return differs("an at-rule of style");
            }
        }
        for rule in text.split('}') {
            let (selectors, declarations) = rule.split_once('{').unwrap_or((rule, ""));
            // At-rules that passed stand before the selectors of the first rule.
            let selectors = selectors.rsplit_once(';').map_or(selectors, |(_, selectors)| selectors).trim();
            if !selectors.is_empty() {
                self.check_selectors(selectors)?;
            }
            let mut has_markers = false;
            check_declarations(declarations, &mut |name, value| {
                has_markers |= is_marker(name, value);
                take(name, value)
            })?;
            self.has_markers |= has_markers;
            if declarations.contains('!') {
                self.check_important(declarations)?;
            }
        }
        Ok(())
    }

    /// Checks that no property is important in two rules: to `usvg` the first stays, whatever they select.
    fn check_important(&mut self, declarations: &str) -> Result<()> {
        self.has_important = true;
        let mut names: BTreeSet<_> = declarations
            .split(';')
            .filter(|it| it.contains('!'))
            .filter_map(|it| Some(it.split_once(':')?.0.trim().to_owned()))
            .collect();
        if let Some(name) = names.iter().find(|name| self.important.contains(*name)) {
            return differs(format_args!("important styles of {name} in several rules"));
        }
        self.important.append(&mut names);
        Ok(())
    }

    fn check_selectors(&mut self, selectors: &str) -> Result<()> {
        let known = [":first-child", ":hover", ":active", ":focus"];
        let left = known.iter().fold(selectors.to_owned(), |text, class| text.replace(class, ""));
        let unknown = [":", "~", "|", "&", "\\", "!", "^=", "$=", "*=", "[ ", " ]", " i]", " s]"];
        if unknown.iter().any(|it| left.contains(it)) {
            return differs("a selector of style that is not known here");
        }
        for selector in left.split(',').map(str::trim) {
            if selector.is_empty() && !selectors.trim_start().starts_with(':') || selector.ends_with('>') {
                return differs("a selector of style that selects nothing");
            }
            self.has_combinators |=
                selector.contains(|it: char| it.is_ascii_whitespace() || it == '>' || it == '+');
        }
        Ok(())
    }
}

/// Checks declarations; `take` gets each property and its value.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) names the one that is read otherwise.
pub(super) fn check_declarations(text: &str, take: &mut dyn FnMut(&str, &str) -> Result<()>) -> Result<()> {
    let text = without_comments(text);
    if text.trim_start().starts_with(';') {
        return differs("a style that begins with none");
    }
    // What stands in quotes or brackets may have a semicolon: a part of it is not taken for a property by its name.
    for declaration in text.split(';').map(str::trim).filter(|it| !it.is_empty()) {
        let Some((name, value)) = declaration.split_once(':') else {
            if declaration.contains(['"', '\'', ')']) {
                continue;
            }
            return differs(format_args!("a style of {declaration:?} without a value"));
        };
        let (name, value) = (name.trim_end(), value.trim());
        if !name.bytes().all(|it| it.is_ascii_lowercase() || it == b'-') && !text.contains(['"', '\'', '(']) {
            return differs(format_args!("a style of {name:?}"));
        }
        let value = match value.split_once('!') {
            Some((value, word)) if word.trim() == "important" => value.trim_end(),
            Some(_) => return differs(format_args!("a style of {name} that isn't known here")),
            None => value,
        };
        check_declaration(name, value)?;
        take(name, value)?;
    }
    Ok(())
}

fn check_declaration(name: &str, value: &str) -> Result<()> {
    let prefixed = name.strip_prefix("-webkit-").unwrap_or(name);
    if name.starts_with("--") || PROPERTIES.contains(&prefixed) {
        return differs(format_args!("a style of {name}"));
    }
    match name {
        "transform" if !values::is_transform(value) => {
            differs(format_args!("a transform in style of {value:?}"))
        }
        "transform-origin" if has_bare_number(value) => differs("an origin of transforms without units"),
        "vector-effect" if value != "none" => differs("an effect of vectors"),
        "-webkit-clip-path" | "-webkit-filter" | "-webkit-mask" | "-webkit-opacity" | "-webkit-transform" => {
            differs(format_args!("a style of {name}"))
        }
        _ => check_value(name, value),
    }
}

/// True for a property that marks the points of a path.
pub(super) fn is_marker(name: &str, value: &str) -> bool {
    name.starts_with("marker") && value.contains("url(")
}

fn has_bare_number(value: &str) -> bool {
    value.split_ascii_whitespace().any(|it| it != "0" && it.ends_with(|last: char| last.is_ascii_digit()))
}

/// Checks that a value is read alike, refers to nothing outside, and is not computed.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) names the value.
pub(super) fn check_value(name: &str, value: &str) -> Result<()> {
    for rest in value.split("url(").skip(1) {
        if !rest.trim_start().trim_start_matches(['"', '\'']).trim_start().starts_with('#') {
            return differs("what stands elsewhere");
        }
    }
    match FUNCTIONS.iter().find(|function| value.contains(**function)) {
        Some(function) => differs(format_args!("a value of {function})")),
        None if values::is_read_alike(name, value) => Ok(()),
        None => differs(format_args!("{name} of {value:?}")),
    }
}
