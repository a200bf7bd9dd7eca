//! SVG: its size as browsers have it, and in builds with the feature `svg` the drawing, by `usvg` and `resvg`.
//!
//! Neither bounds what a file may ask of it, so that is done here, in this order: the text's length (`text`), what a
//! raster would show otherwise than browsers do (`scan`, of styles `sheet`, of values `values`, of text `letters`, of
//! filters and markers `effects` and `regions`), what the document grows to (`expansion`), and what its drawing takes in
//! memory and time (`cost`). `memory` states the same bounds from the head alone. No address is ever read, and no file but
//! those of fonts that the caller names (`fonts`).

#[cfg(feature = "svg")]
mod cost;
#[cfg(feature = "svg")]
mod document;
#[cfg(feature = "svg")]
mod draw;
#[cfg(feature = "svg")]
mod effects;
#[cfg(feature = "svg")]
mod expansion;
#[cfg(feature = "svg")]
mod filter_cost;
#[cfg(feature = "svg-text")]
mod fonts;
#[cfg(all(feature = "svg", not(feature = "svg-text")))]
#[path = "no_fonts.rs"]
mod fonts;
#[cfg(feature = "svg")]
mod images;
#[cfg(feature = "svg")]
mod letters;
mod memory;
#[cfg(feature = "svg")]
mod paint;
mod probe;
#[cfg(feature = "svg")]
mod regions;
#[cfg(feature = "svg")]
mod scan;
#[cfg(feature = "svg")]
mod sheet;
#[cfg(feature = "svg")]
mod styles;
mod text;
#[cfg(feature = "svg")]
mod values;

#[cfg(feature = "svg")]
pub(super) use self::draw::draw;
#[cfg(feature = "svg-text")]
pub use self::fonts::count as count_fonts;
pub(crate) use self::text::packed;
pub(super) use self::{
    memory::decoding,
    probe::{is_svg, may_be, probe},
    text::LOOKED_AT,
};
use super::{Decoded, Format, FormatInfo, Probe};
use crate::{error::Result, limits::Limits};

/// What is fixed about SVG.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "svg",
    media_type: "image/svg+xml",
    subtypes: &["svg+xml"],
    extensions: &["svg", "svgz"],
    max_side: u32::MAX,
    has_gray: false,
    is_web_safe: true,
    decodes: cfg!(feature = "svg"),
    is_vector: true,
    moves: false,
    encodes: None,
};

/// How pictures are read that are embedded in a drawing: by the decoders of their formats.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "svg"), allow(dead_code, reason = "nothing is drawn"))]
pub(super) struct Embedded {
    pub probe: fn(&[u8]) -> Result<Probe>,
    pub decode: fn(Format, &[u8], &Limits) -> Result<Decoded>,
}

/// True if text in SVG is drawn where there are fonts: in builds with the feature `svg-text`.
pub const DRAWS_TEXT: bool = cfg!(feature = "svg-text");

/// Counts none in a build that draws no text.
#[cfg(not(feature = "svg-text"))]
#[must_use]
pub const fn count_fonts(_: &[std::path::PathBuf]) -> [usize; 2] {
    [0, 0]
}

/// Draws nothing in a build that can't.
#[cfg(not(feature = "svg"))]
pub(super) fn draw(_: &[u8], _: crate::pixel::Size, _: &Limits, _: Embedded) -> Result<Decoded> {
    Err(crate::error::Error::unsupported("svg pictures can't be drawn in this build"))
}
