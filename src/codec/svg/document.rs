//! The XML of an SVG.

use resvg::usvg::{
    Error as SvgError,
    roxmltree::{Document, ParsingOptions},
};

use crate::error::{Error, Result};

/// The namespace of SVG.
pub(super) const SVG: &str = "http://www.w3.org/2000/svg";

/// The most nodes of a document, of text and comments, too.
const MAX_NODES: u32 = 400_000;

/// Parses a document, with the entities of its own.
///
/// # Errors
/// [`Malformed`](crate::ErrorKind::Malformed) when it is no XML, or its entities know no end.
pub(super) fn parse(text: &str) -> Result<Document<'_>> {
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options)
        .map_err(|error| Error::malformed(format!("the SVG is no sound XML: {error}")))
}

/// Why no tree was made of a document.
pub(super) fn refused(error: SvgError) -> Error {
    match error {
        SvgError::ElementsLimitReached => Error::limit("the SVG has too many elements"),
        error => Error::malformed(format!("the SVG can't be read: {error}")),
    }
}
