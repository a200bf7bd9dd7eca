//! The properties of elements as far as they refer to other elements: attributes, `style`, and the rules of style
//! sheets.

use resvg::usvg::roxmltree::{Document, Node};
use simplecss::{AttributeOperator, DeclarationTokenizer, PseudoClass, StyleSheet};

use crate::error::{Error, Result};

/// The most tries to match a rule with an element.
const MOST_MATCHES: usize = 4 << 20;

/// The properties that can refer to an element and are inherited by those inside, and those that are not.
pub(super) const INHERITED: [&str; 5] = ["fill", "stroke", "marker-start", "marker-mid", "marker-end"];
pub(super) const OWN: [&str; 3] = ["mask", "clip-path", "filter"];

/// The rules of a document's style sheets that can refer to an element.
pub(super) struct Styles<'a> {
    sheet: StyleSheet<'a>,
}

impl<'a> Styles<'a> {
    /// Reads the style sheets.
    ///
    /// # Errors
    /// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when there are more rules than can be looked at for so many
    /// elements.
    pub(super) fn new(document: &'a Document<'_>) -> Result<Self> {
        let mut sheet = StyleSheet::new();
        for node in document.descendants().filter(|node| node.has_tag_name("style")) {
            if let Some(text) = node.text() {
                sheet.parse_more(text);
            }
        }
        let elements = document.descendants().filter(Node::is_element).count();
        if sheet.rules.len().saturating_mul(elements) > MOST_MATCHES {
            return Err(Error::limit("the SVG has too many rules of style for its elements"));
        }
        sheet.rules.retain(|rule| rule.declarations.iter().any(|it| is_reference(it.name)));
        Ok(Self { sheet })
    }

    /// Calls `take` with each property of an element that can refer to another, in rising precedence.
    pub(super) fn of<'n>(&'n self, node: Node<'n, '_>, take: &mut dyn FnMut(&'n str, &'n str)) {
        for attribute in node.attributes() {
            if is_reference(attribute.name()) {
                take(attribute.name(), attribute.value());
            }
        }
        for rule in &self.sheet.rules {
            if rule.selector.matches(&Element(node)) {
                rule.declarations.iter().for_each(|it| declare(it.name, it.value, take));
            }
        }
        if let Some(style) = node.attribute("style") {
            DeclarationTokenizer::from(style).for_each(|it| declare(it.name, it.value, take));
        }
    }
}

fn is_reference(name: &str) -> bool {
    INHERITED.contains(&name) || OWN.contains(&name) || name == "marker"
}

fn declare<'n>(name: &'n str, value: &'n str, take: &mut dyn FnMut(&'n str, &'n str)) {
    if name == "marker" {
        ["marker-start", "marker-mid", "marker-end"].iter().for_each(|name| take(name, value));
    } else if is_reference(name) {
        take(name, value);
    }
}

/// The names of the elements to which a value refers by `url(#…)`.
pub(super) fn references(value: &str) -> impl Iterator<Item = &str> {
    value.split("url(").skip(1).filter_map(|rest| {
        let rest = rest.trim_start().trim_start_matches(['"', '\'']).trim_start().strip_prefix('#')?;
        let end = rest.find(['"', '\'', ')']).unwrap_or(rest.len());
        Some(rest[..end].trim_end())
    })
}

/// A text of style without what stands in comments.
pub(super) fn without_comments(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        left.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    left.push_str(rest);
    left
}

/// An element as selectors see it.
struct Element<'a, 'input>(Node<'a, 'input>);

impl simplecss::Element for Element<'_, '_> {
    fn parent_element(&self) -> Option<Self> {
        self.0.parent_element().map(Element)
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        self.0.prev_sibling_element().map(Element)
    }

    fn has_local_name(&self, name: &str) -> bool {
        self.0.tag_name().name() == name
    }

    fn attribute_matches(&self, name: &str, operator: AttributeOperator<'_>) -> bool {
        self.0.attribute(name).is_some_and(|value| operator.matches(value))
    }

    fn pseudo_class_matches(&self, class: PseudoClass<'_>) -> bool {
        class == PseudoClass::FirstChild && self.prev_sibling_element().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_come_from_attributes_rules_and_style() {
        let text = "<svg><style>.a{marker:url(#m)} rect{fill:url( '#r' ) url(#s)}</style>\
            <rect class='a' stroke='url(#t)' style='mask:url(#u)'/></svg>";
        let document = Document::parse(text).unwrap();
        let styles = Styles::new(&document).unwrap();
        let mut found = Vec::new();
        let rect = document.descendants().find(|node| node.has_tag_name("rect")).unwrap();
        styles.of(rect, &mut |name, value| {
            found.push(format!("{name} {}", references(value).collect::<String>()))
        });
        let wanted = ["stroke t", "fill rs", "marker-start m", "marker-mid m", "marker-end m", "mask u"];
        assert_eq!(found, wanted);
    }
}
