//! What an SVG may ask for: bounds that follow from its head alone, which are stated, and held when it is drawn.

use super::{
    DRAWS_TEXT,
    text::{GZIP, LOOKED_AT, MAX_TEXT},
};
use crate::codec::{
    Probe,
    cost::{Buffering, Decoding, channels},
};

/// What a document of a few elements takes.
const SMALL: u64 = 256 << 10;
/// What reading a byte of text takes, as a character and as the point of a path.
pub(super) const BYTE: u64 = 12;
/// What a tag takes, half of which end an element: in the document, and in the tree.
const TAG: u64 = 560;
/// What elements take that are repeated by reference, if there are such.
const REPEATED: u64 = 4 << 20;
/// What the outline of a stroke takes: of each number that its path states, and of any.
pub(super) const STROKED_NUMBER: u64 = 200;
pub(super) const STROKE: u64 = 6 << 20;
/// What a byte of text takes that is drawn: laid out, as an outline, and as the edges of that.
const LETTER: u64 = 4 << 10;
const OUTLINE: u64 = 4 << 10;
const LETTER_EDGES: u64 = 6 << 10;
/// How many times as many edges an outline has that is stroked, and what all letters' may take.
const STROKED_EDGES: u64 = 6;
const MOST_EDGES: u64 = 24 << 20;
/// The most bytes of text that are drawn.
pub(super) const MAX_LETTERS: u64 = 2 << 10;
/// The most faces of fonts, of the families that a document may name, and what is remembered of them.
pub(super) const MAX_FACES: usize = 512;
const FACES: u64 = MAX_FACES as u64 * (1 << 10);
/// What embedded pictures take, if there are any.
pub(super) const IMAGES: u64 = 24 << 20;
/// The layers of a drawing that has some. Filters keep one for each of their steps.
const LAYERS: u64 = 6;
const FILTERED_LAYERS: u64 = 14;
/// Bytes of layers and edges that any drawing may hold.
const SMALL_LAYERS: u64 = 256 << 10;

/// Words of what needs a layer, and of what repeats elements. Where one stands in a comment too much is stated.
const LAYERED: [&str; 9] =
    ["mask", "clip", "blend", "isolat", "pattern", "marker", "symbol", "slice", "data:"];
const REPEATING: [&str; 5] = ["<use", ":use", "marker", "pattern", "mask"];

/// What a file may ask for, told from its head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Demands {
    /// Bytes of the document and of its tree.
    pub tree: u64,
    /// Bytes of the outline of a path, and of its edges.
    pub path: u64,
    /// Bytes of text that may be drawn.
    pub letters: u64,
    /// Bytes of embedded pictures.
    pub images: u64,
    /// Layers as large as the picture.
    pub layers: u64,
}

impl Demands {
    /// Of a text's beginning, the head of the file that it is from, and the length of that.
    pub(super) fn new(text: &[u8], head: &[u8], length: u64) -> Self {
        let seen = text.len() as u64;
        let is_all = length <= head.len() as u64 && text.len() < LOOKED_AT;
        let bytes = match (is_all, head.starts_with(&GZIP)) {
            (true, _) => seen,
            (false, false) => length,
            // Text is seldom packed better than that.
            (false, true) => length.saturating_mul(16),
        };
        let bytes = bytes.min(MAX_TEXT as u64).max(seen);
        let tags = text.iter().filter(|&&byte| byte == b'<').count() as u64;
        // What is not seen is as dense as what is, and half as much again.
        let tags = if is_all { tags } else { tags * 3 / 2 * bytes / seen.max(1) };
        let has = |words: &[&str]| {
            !is_all || words.iter().any(|word| text.windows(word.len()).any(|part| part == word.as_bytes()))
        };
        let when = |condition: bool, bytes: u64| if condition { bytes } else { 0 };
        let seen_text = [b"<text", b":text"].iter().any(|word| text.windows(5).any(|part| part == *word));
        let letters = match () {
            // A text that begins past what is seen isn't drawn: few have one, and all would state it.
            () if !DRAWS_TEXT || !seen_text => 0,
            () if !is_all || has(&["CDATA", "ENTITY"]) => MAX_LETTERS,
            () => {
                let once = letters(text, has(&["preserve"]));
                (if has(&REPEATING) { 4 * once } else { once }).min(MAX_LETTERS)
            }
        };
        Self {
            tree: SMALL + BYTE * bytes + TAG * tags + when(has(&REPEATING), REPEATED),
            letters,
            path: match () {
                () if has(&["dash"]) => STROKE,
                () if has(&["stroke"]) => (STROKED_NUMBER * bytes / 2).min(STROKE),
                () => (36 * bytes).min(STROKE),
            } + (letters * LETTER_EDGES * if has(&["stroke"]) { STROKED_EDGES } else { 1 })
                .min(MOST_EDGES)
                + SMALL_LAYERS,
            images: when(has(&["data:"]), IMAGES),
            layers: match () {
                () if has(&["filter"]) => FILTERED_LAYERS,
                () if has(&LAYERED) || !is_all || has_own_opacity(text) || has_nested(text) => LAYERS,
                () => 0,
            },
        }
    }

    /// What is stated beside layers, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let fonts = if self.letters > 0 { FACES } else { 0 };
        self.tree + self.path + self.images + self.letters * LETTER + 3 * self.outlines() + fonts
    }

    /// The most bytes of letters' outlines, of which there are three while they are made.
    pub(super) fn outlines(&self) -> u64 {
        self.letters * OUTLINE / 3
    }
}

/// Bytes that stand between tags. White space alone is one, unless it is all kept.
fn letters(text: &[u8], keeps_spaces: bool) -> u64 {
    let after_tags = text.split(|&byte| byte == b'<').filter_map(|part| {
        let end = part.iter().position(|&byte| byte == b'>')?;
        Some(&part[end + 1..])
    });
    after_tags
        .map(|text| if keeps_spaces || !text.trim_ascii().is_empty() { text.len() as u64 } else { 1 })
        .sum()
}

/// True if something as a whole may be translucent, as opposed to its `fill-opacity`.
fn has_own_opacity(text: &[u8]) -> bool {
    text.windows(8).any(|part| part.ends_with(b"opacity") && part[0] != b'-')
}

/// True if there may be an `svg` element in the root.
fn has_nested(text: &[u8]) -> bool {
    text.windows(4).filter(|part| part.ends_with(b"svg") && matches!(part[0], b'<' | b':')).count() > 1
}

/// States what drawing takes: the text and the tree of it, the picture, and its layers.
pub(in crate::codec) fn decoding(probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    Decoding {
        rows_bytes: probe.demands.part_bytes,
        pixel_bytes: 4,
        peak_pixel_bytes: probe.demands.layers.saturating_mul(4).saturating_add(4),
        channels: channels(probe),
        metadata_copies: 0,
    }
}
