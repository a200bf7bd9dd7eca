//! What a document grows to: `use`, patterns, masks, markers and the like repeat what they refer to, each time.
//!
//! The document is walked as it will be converted, and the walk ends as soon as it is too long. What refers to itself
//! is refused, and so is what is nested deeper than any stack should have to hold.

use std::collections::HashMap;

use resvg::usvg::roxmltree::{Document, Node, NodeId};

use super::{
    letters::{self, is_text},
    memory::{BYTE, Demands, STROKED_NUMBER},
    styles::{INHERITED, OWN, Styles, references},
};
use crate::error::{Error, Result};

/// Bytes that an element takes: in the document, and in the tree.
const ELEMENT: u64 = 600;

/// How deep elements may stand in each other, those among them to which others refer.
const MAX_DEPTH: usize = 72;

/// Pieces of a text times its letters: each piece goes through all of them.
const MAX_PIECES: u64 = 1 << 18;

/// Elements that are looked through for circles, as multiples of those that are converted.
const LOOKED_THROUGH: u64 = 64;

/// Checks what a document grows to.
///
/// # Errors
/// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when that is more than is allowed,
/// [`Unsupported`](crate::ErrorKind::Unsupported) when an element refers to itself, or to one of several of a name.
pub(super) fn check(document: &Document<'_>, demands: &Demands) -> Result<()> {
    let styles = Styles::new(document)?;
    let mut named = HashMap::new();
    for node in document.descendants().filter(Node::is_element) {
        if let Some(name) = node.attribute("id") {
            named.entry(name).and_modify(|it| *it = None).or_insert(Some(node));
        }
    }
    let links = Links { styles: &styles, named };
    Circles { links: &links, done: HashMap::new() }.visit(document.root_element(), 0)?;
    let keeps_spaces = letters::keeps_spaces(document);
    let mut growth = Growth {
        links: &links,
        demands,
        keeps_spaces,
        elements: 0,
        attribute_bytes: 0,
        letters: 0,
        pieces: 0,
    };
    growth.visit(document.root_element(), [""; 5], 0)?;
    links.check_recursion(document, demands.tree / ELEMENT)
}

struct Links<'a> {
    styles: &'a Styles<'a>,
    /// Elements by name; `None` for a name that several have: browsers take the first, `usvg` the last.
    named: HashMap<&'a str, Option<Node<'a, 'a>>>,
}

impl<'a> Links<'a> {
    fn find(&self, name: &str) -> Result<Option<Node<'a, 'a>>> {
        match self.named.get(name) {
            None => Ok(None),
            Some(Some(node)) => Ok(Some(*node)),
            Some(None) => Err(Error::unsupported(format!("several elements of the SVG are called {name:?}"))),
        }
    }

    /// The element to which `href` refers, if that makes it a part of this one.
    fn href(&self, node: Node<'a, 'a>) -> Result<Option<Node<'a, 'a>>> {
        const REFERRING: [&str; 8] =
            ["use", "feImage", "linearGradient", "radialGradient", "pattern", "filter", "textPath", "tref"];
        let name = node.tag_name().name();
        if !REFERRING.contains(&name) {
            return Ok(None);
        }
        let value = node.attributes().find(|it| it.name() == "href").map(|it| it.value().trim());
        value.and_then(|value| value.strip_prefix('#')).map_or(Ok(None), |name| self.find(name))
    }

    /// The document is looked through for each mask, clip path, filter and pattern: for all elements inside, and all
    /// that these refer to.
    fn check_recursion(&self, document: &Document<'_>, elements: u64) -> Result<()> {
        let most = elements.saturating_mul(LOOKED_THROUGH);
        let mut steps = 0;
        for node in document.descendants().filter(Node::is_element) {
            if !["mask", "clipPath", "filter", "pattern"].contains(&node.tag_name().name()) {
                continue;
            }
            for inside in node.descendants().filter(Node::is_element) {
                steps += 1;
                let mut values = Vec::new();
                self.styles.of(inside, &mut |_, value| values.push(value));
                for name in values.into_iter().flat_map(references) {
                    if let Some(Some(target)) = self.named.get(name) {
                        steps += target.descendants().take(elements as usize).count() as u64;
                    }
                }
                if steps > most {
                    return Err(Error::limit("the SVG's masks and clip paths refer to too much"));
                }
            }
        }
        Ok(())
    }
}

/// Looks for elements that refer to themselves, by whatever way.
struct Circles<'a, 'l> {
    links: &'l Links<'a>,
    /// False for what is being looked at.
    done: HashMap<NodeId, bool>,
}

impl<'a> Circles<'a, '_> {
    fn visit(&mut self, node: Node<'a, 'a>, depth: usize) -> Result<()> {
        match self.done.get(&node.id()) {
            Some(true) => return Ok(()),
            Some(false) => return Err(Error::unsupported("an element of the SVG refers to itself")),
            None => self.done.insert(node.id(), false),
        };
        check_depth(depth)?;
        if let Some(target) = self.links.href(node)? {
            self.visit(target, depth + 1)?;
        }
        let mut values = Vec::new();
        self.links.styles.of(node, &mut |_, value| values.push(value));
        for name in values.into_iter().flat_map(references) {
            if let Some(target) = self.links.find(name)? {
                self.visit(target, depth + 1)?;
            }
        }
        for child in node.children().filter(Node::is_element) {
            self.visit(child, depth + 1)?;
        }
        self.done.insert(node.id(), true);
        Ok(())
    }
}

fn check_depth(depth: usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::limit(format!("the SVG's elements are nested more than {MAX_DEPTH} deep")));
    }
    Ok(())
}

/// Counts what is converted.
struct Growth<'a, 'l> {
    links: &'l Links<'a>,
    demands: &'l Demands,
    elements: u64,
    attribute_bytes: u64,
    keeps_spaces: bool,
    letters: u64,
    pieces: u64,
}

impl<'a> Growth<'a, '_> {
    /// Counts an element and all that becomes a part of it. `inherited` are the values of [`INHERITED`].
    fn visit(&mut self, node: Node<'a, 'a>, mut inherited: [&'a str; 5], depth: usize) -> Result<()> {
        check_depth(depth)?;
        let bytes: usize = node.attributes().map(|it| it.value().len()).sum();
        let before = (self.pieces, self.letters);
        if is_text(node) {
            self.pieces += 1;
            self.spell(letters::length(node, self.keeps_spaces) as u64)?;
        }
        self.count(1, bytes as u64)?;
        let mut own = Vec::new();
        self.links.styles.of(node, &mut |name, value| {
            if let Some(at) = INHERITED.iter().position(|it| *it == name) {
                inherited[at] = value;
            } else if OWN.contains(&name) {
                own.push(value);
            }
        });
        for name in own.into_iter().flat_map(references) {
            self.follow(name, depth)?;
        }
        if is_shape(node) || is_text(node) {
            self.paint(node, inherited, depth)?;
        }
        if let Some(target) = self.links.href(node)? {
            self.visit(target, inherited, depth + 1)?;
        }
        for child in node.children().filter(Node::is_element) {
            self.visit(child, inherited, depth + 1)?;
        }
        if (self.pieces - before.0).saturating_mul(self.letters - before.1) > MAX_PIECES && is_text(node) {
            return Err(Error::limit("a text of the SVG has too many pieces"));
        }
        Ok(())
    }

    fn spell(&mut self, letters: u64) -> Result<()> {
        self.letters = self.letters.saturating_add(letters);
        let most = self.demands.letters;
        if self.letters > most {
            return Err(Error::limit(format!("the SVG's texts have more than {most} bytes")));
        }
        Ok(())
    }

    /// Counts patterns, and markers at each vertex.
    fn paint(&mut self, node: Node<'a, 'a>, inherited: [&'a str; 5], depth: usize) -> Result<()> {
        let [fill, stroke, markers @ ..] = inherited;
        let data = node.attribute("d").or_else(|| node.attribute("points")).unwrap_or_default();
        let is_stroked = !matches!(stroke.trim(), "" | "none");
        if is_stroked && numbers(data) * STROKED_NUMBER > self.demands.path {
            return Err(Error::limit("a stroke of the SVG has too many points"));
        }
        for name in [fill, stroke].into_iter().flat_map(references) {
            self.follow(name, depth)?;
        }
        for (at, name) in
            markers.into_iter().enumerate().flat_map(|(at, it)| references(it).map(move |it| (at, it)))
        {
            let (elements, bytes, letters) = (self.elements, self.attribute_bytes, self.letters);
            self.follow(name, depth)?;
            // No vertex takes fewer than two bytes.
            let more = if at == 1 { data.len() as u64 / 2 } else { 1 };
            self.count(
                (self.elements - elements + 1).saturating_mul(more),
                (self.attribute_bytes - bytes).saturating_mul(more),
            )?;
            self.spell((self.letters - letters).saturating_mul(more))?;
        }
        Ok(())
    }

    fn follow(&mut self, name: &str, depth: usize) -> Result<()> {
        match self.links.find(name)? {
            Some(target) => self.visit(target, [""; 5], depth + 1),
            None => Ok(()),
        }
    }

    fn count(&mut self, elements: u64, attribute_bytes: u64) -> Result<()> {
        self.elements = self.elements.saturating_add(elements);
        self.attribute_bytes = self.attribute_bytes.saturating_add(attribute_bytes);
        let bytes =
            self.elements.saturating_mul(ELEMENT).saturating_add(self.attribute_bytes.saturating_mul(BYTE));
        if bytes > self.demands.tree {
            let most = self.demands.tree;
            return Err(Error::limit(format!("the SVG's elements take {bytes} bytes, more than {most}")));
        }
        Ok(())
    }
}

/// The numbers of a path, or a few more.
fn numbers(data: &str) -> u64 {
    let (mut count, mut inside, mut has_point) = (0, false, false);
    for byte in data.bytes() {
        let is_point = byte == b'.';
        if !is_point && !byte.is_ascii_digit() {
            (inside, has_point) = (false, false);
            continue;
        }
        // A second point begins a number.
        count += u64::from(!inside || is_point && has_point);
        (inside, has_point) = (true, has_point || is_point);
    }
    count
}

fn is_shape(node: Node<'_, '_>) -> bool {
    ["path", "rect", "circle", "ellipse", "line", "polyline", "polygon"].contains(&node.tag_name().name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn check_of(inside: &str) -> Result<()> {
        let text = format!("<svg xmlns:xlink='http://www.w3.org/1999/xlink'>{inside}</svg>");
        let demands = Demands::new(text.as_bytes(), text.as_bytes(), text.len() as u64);
        check(&Document::parse(&text).unwrap(), &demands)
    }

    #[test]
    fn what_grows_without_bound_is_refused() {
        let uses = |to: u32| format!("<use xlink:href='#u{to}'/>").repeat(10);
        let tower: String = (1..9).map(|at| format!("<g id='u{at}'>{}</g>", uses(at - 1))).collect();
        let markers = "<marker id='m'><rect/><rect/></marker>".to_owned();
        let vertices = "h1".repeat(20_000);
        for inside in [
            format!("<g id='u0'><rect/></g>{tower}"),
            format!("{markers}<g style='marker:url(#m)'><path d='M0 0{vertices}'/></g>"),
            format!("<path stroke='red' d='M0 0{}'/>", "1.5.5".repeat(40_000)),
            format!("{}{}", "<g>".repeat(200), "</g>".repeat(200)),
            format!("<text>{}</text>", "a".repeat(20_000)),
        ] {
            assert_eq!(check_of(&inside).unwrap_err().kind(), Kind::LimitExceeded, "{}", &inside[..80]);
        }
    }

    #[test]
    fn circles_are_refused_whoever_is_drawn() {
        for inside in [
            "<g id='a'><use xlink:href='#a'/></g>",
            "<linearGradient id='a' href='#b'/><linearGradient id='b' href='#a'/>",
            "<style>.a{mask:url(#m)}</style><defs><mask id='m'><g class='a'/></mask></defs>",
            "<pattern id='a'><rect style='stroke:url(\"#a\")'/></pattern>",
            "<g id='a'/><g id='a'/><use href='#a'/>",
        ] {
            assert_eq!(check_of(inside).unwrap_err().kind(), Kind::Unsupported, "{inside}");
        }
    }

    #[test]
    fn ordinary_documents_pass() {
        let icons: String = (0..300).map(|at| format!("<use xlink:href='#i' x='{at}'/>")).collect();
        check_of(&format!("<symbol id='i'><path d='M0 0h9v9z'/><path d='M1 1l5 5'/></symbol>{icons}"))
            .unwrap();
        let paths: String =
            (0..500).map(|at| format!("<path stroke='#000' d='M{at} 1.5.5-3c1 2 3 4 5 6z'/>")).collect();
        check_of(&format!("<g id='a'><a href='#a'>{paths}</a></g>")).unwrap();
        assert_eq!(numbers("M10.5-3 .5.25e3,7z"), 6);
    }
}
