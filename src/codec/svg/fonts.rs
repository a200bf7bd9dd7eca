//! Fonts for the text of a drawing: those whose files the caller names or whose bytes it has, and no others.
//!
//! A file is mapped by `fontdb` while it is looked at, so that nothing of it is held; faces are remembered of families
//! alone that a document may name. Where the family that is asked for
//! isn't there, a character has no glyph in it, or browsers would make a slant or weight up, the drawing is refused: a
//! raster would show other letters than the SVG.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use fontdb::{Database, FaceInfo, Family, ID, Query, Source, Stretch, Style, Weight};
use resvg::usvg::{
    Font, FontFamily, FontResolver, FontStretch, FontStyle, Group, Node, Options, Tree, roxmltree::Document,
};

use super::memory::MAX_FACES;
use crate::{
    error::{Error, Result},
    limits::{FontData, Limits},
};

/// The family of text that names none: Times New Roman in browsers, of which others have the shapes; where none of
/// these is there, each browser takes another.
const UNNAMED: &str = "(no family)";

/// What generic families stand for: the first of these that is there.
const SERIF: [&str; 6] =
    ["Times New Roman", "Times", "Liberation Serif", "Tinos", "DejaVu Serif", "Noto Serif"];
/// How many of these have the shapes of Times New Roman.
const TIMES: usize = 4;
const SANS_SERIF: [&str; 6] = ["Arial", "Helvetica", "Liberation Sans", "Arimo", "DejaVu Sans", "Noto Sans"];
const MONOSPACE: [&str; 6] =
    ["Courier New", "Courier", "Liberation Mono", "Cousine", "DejaVu Sans Mono", "Noto Sans Mono"];
const CURSIVE: [&str; 1] = ["Comic Sans MS"];
const FANTASY: [&str; 1] = ["Impact"];
const GENERIC: [&[&str]; 5] = [&SERIF, &SANS_SERIF, &MONOSPACE, &CURSIVE, &FANTASY];

/// From this weight on browsers thicken a face that has less.
const BOLD: u16 = 600;

/// The fonts of one drawing, read when the first text is met.
pub(super) struct Fonts {
    files: Arc<[PathBuf]>,
    data: Arc<[FontData]>,
    database: OnceLock<Arc<Database>>,
    refused: Mutex<Option<Error>>,
}

impl Fonts {
    pub(super) fn new(limits: &Limits) -> Self {
        let (files, data) = (Arc::clone(&limits.font_files), Arc::clone(&limits.font_data));
        Self { files, data, database: OnceLock::new(), refused: Mutex::new(None) }
    }

    /// True if there may be a font.
    pub(super) fn are_there(&self) -> bool {
        !self.files.is_empty() || !self.data.is_empty()
    }

    /// Has `usvg` draw a document's text with these.
    pub(super) fn set<'a>(&'a self, options: &mut Options<'a>, document: &Document<'_>) {
        options.font_family = UNNAMED.to_owned();
        let database = || {
            let named = named(document);
            let may_be_asked = |face: &FaceInfo| {
                face.families.iter().any(|(name, _)| {
                    named.contains(&name.to_ascii_lowercase())
                        || GENERIC.iter().any(|names| names.iter().any(|it| it.eq_ignore_ascii_case(name)))
                })
            };
            Arc::new(database(&self.files, &self.data, MAX_FACES, may_be_asked))
        };
        options.fontdb = Arc::clone(self.database.get_or_init(database));
        options.font_resolver = FontResolver {
            select_font: Box::new(|font, database| {
                select(font, database).map_err(|error| self.refuse(error)).ok()
            }),
            select_fallback: Box::new(|letter, _, _| {
                let code = u32::from(letter);
                self.refuse(Error::unsupported(format!(
                    "no glyph is here for U+{code:04X} of the SVG's text"
                )));
                None
            }),
        };
    }

    fn refuse(&self, error: Error) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// Checks that all text of a tree is there, as outlines of no more than so many bytes.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when a font is missing, or letters are pictures,
    /// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when the outlines take more.
    pub(super) fn check(&self, tree: &Tree, most_bytes: u64) -> Result<()> {
        if let Some(error) = self.refused.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        let mut bytes = 0;
        outlines(tree.root(), &mut bytes)?;
        if bytes > most_bytes {
            return Err(Error::limit(format!(
                "the SVG's letters take {bytes} bytes, more than {most_bytes}"
            )));
        }
        Ok(())
    }
}

/// How many faces of fonts there are in files, as text in SVG may be drawn with, and of how many families these are.
#[must_use]
pub fn count(files: &[PathBuf]) -> [usize; 2] {
    let database = database(files, &[], usize::MAX, |_| true);
    let mut families: Vec<&str> =
        database.faces().filter_map(|face| Some(face.families.first()?.0.as_str())).collect();
    families.sort_unstable();
    families.dedup();
    [database.len(), families.len()]
}

/// What in a document may name a family, in small letters.
fn named(document: &Document<'_>) -> String {
    let elements = || document.descendants().filter(|node| node.is_element());
    let attributes = elements().flat_map(|node| node.attributes());
    let values =
        attributes.filter(|it| matches!(it.name(), "font-family" | "font" | "style")).map(|it| it.value());
    let sheets = elements().filter(|node| node.tag_name().name() == "style").filter_map(|node| node.text());
    let mut named = String::new();
    for value in values.chain(sheets).collect::<BTreeSet<_>>() {
        named.extend([value, "\n"]);
    }
    named.make_ascii_lowercase();
    named
}

/// At most so many faces that are wanted. What can't be read is no font.
fn database(
    files: &[PathBuf],
    data: &[FontData],
    most: usize,
    is_wanted: impl Fn(&FaceInfo) -> bool,
) -> Database {
    let mut database = Database::new();
    let files = files.iter().map(|file| Source::File(file.clone()));
    let data = data.iter().map(|font| Source::Binary(Arc::new(font.clone())));
    for source in files.chain(data) {
        for face in database.load_font_source(source) {
            if database.len() > most || !database.face(face).is_some_and(&is_wanted) {
                database.remove_face(face);
            }
        }
    }
    database
}

/// The face that browsers would take, where it needs nothing made up.
fn select(font: &Font, database: &Database) -> Result<ID> {
    let stretch = stretch(font.stretch());
    let style = match font.style() {
        FontStyle::Normal => Style::Normal,
        FontStyle::Italic => Style::Italic,
        FontStyle::Oblique => Style::Oblique,
    };
    let found = font.families().iter().find_map(|family| {
        let name = known(family, database)?;
        let query = Query { families: &[Family::Name(name)], weight: Weight(font.weight()), stretch, style };
        database.query(&query)
    });
    let names = || font.families().iter().map(FontFamily::to_string).collect::<Vec<_>>().join(", ");
    let Some(face) = found.and_then(|id| database.face(id)) else {
        return Err(Error::unsupported(format!("no font is here for the SVG's text in {}", names())));
    };
    let is_slanted = face.style != Style::Normal;
    let is_made_up = is_slanted != (style != Style::Normal) || font.weight() >= BOLD && face.weight.0 < BOLD;
    if is_made_up || face.stretch != stretch {
        return Err(Error::unsupported(format!("no face is here for the SVG's style of {}", names())));
    }
    Ok(face.id)
}

/// The name that the files have for a family that is there.
fn known<'a>(family: &FontFamily, database: &'a Database) -> Option<&'a str> {
    let named = |name: &str| {
        let mut names = database.faces().flat_map(|face| &face.families).map(|(name, _)| name.as_str());
        names.find(|known| known.eq_ignore_ascii_case(name))
    };
    let names: &[&str] = match family {
        FontFamily::Named(name) if name == UNNAMED => &SERIF[..TIMES],
        FontFamily::Named(name) => return named(name),
        FontFamily::Serif => &SERIF,
        FontFamily::SansSerif => &SANS_SERIF,
        FontFamily::Monospace => &MONOSPACE,
        FontFamily::Cursive => &CURSIVE,
        FontFamily::Fantasy => &FANTASY,
    };
    names.iter().find_map(|name| named(name))
}

const fn stretch(stretch: FontStretch) -> Stretch {
    match stretch {
        FontStretch::UltraCondensed => Stretch::UltraCondensed,
        FontStretch::ExtraCondensed => Stretch::ExtraCondensed,
        FontStretch::Condensed => Stretch::Condensed,
        FontStretch::SemiCondensed => Stretch::SemiCondensed,
        FontStretch::Normal => Stretch::Normal,
        FontStretch::SemiExpanded => Stretch::SemiExpanded,
        FontStretch::Expanded => Stretch::Expanded,
        FontStretch::ExtraExpanded => Stretch::ExtraExpanded,
        FontStretch::UltraExpanded => Stretch::UltraExpanded,
    }
}

/// Adds the bytes of the outlines of all letters of a group.
fn outlines(group: &Group, bytes: &mut u64) -> Result<()> {
    for node in group.children() {
        if let Node::Text(text) = node {
            for part in text.flattened().children() {
                let Node::Path(path) = part else {
                    return Err(Error::unsupported("letters of the SVG are pictures"));
                };
                *bytes += path.data().len() as u64 + 8 * path.data().points().len() as u64;
            }
            continue;
        }
        if let Node::Group(group) = node {
            outlines(group, bytes)?;
        }
        let mut inside = Ok(());
        node.subroots(|root| {
            if inside.is_ok() {
                inside = outlines(root, bytes);
            }
        });
        inside?;
    }
    Ok(())
}
