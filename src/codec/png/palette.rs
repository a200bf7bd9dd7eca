//! Pictures of few colours as indices into a palette, packed as tightly as their number allows.

use std::collections::BTreeMap;

use crate::{
    error::Result,
    limits::try_zeroed,
    pixel::{Layout, Raster},
};

/// A picture of at most 256 colours.
pub(super) struct Indexed {
    /// Red, green and blue of each colour. Those that are not opaque stand first.
    pub colors: Vec<u8>,
    /// The alpha of the colours that are not opaque.
    pub alphas: Vec<u8>,
    /// Bits of an index: 1, 2, 4 or 8.
    pub bits: u8,
    /// Rows of indices, the first in the highest bits of a byte, each row beginning with a new byte.
    pub rows: Vec<u8>,
}

/// The picture with a palette; `None` when it has more than `most` colours.
pub(super) fn index(raster: &Raster, most: usize) -> Result<Option<Indexed>> {
    let channels = raster.layout().channels() as usize;
    let pixels = || raster.data().chunks_exact(channels).map(|pixel| color(raster.layout(), pixel));
    let mut indices: BTreeMap<[u8; 4], u8> = BTreeMap::new();
    let mut last = None;
    for color in pixels().filter(|color| last.replace(*color) != Some(*color)) {
        indices.insert(color, 0);
        if indices.len() > most {
            return Ok(None);
        }
    }
    let mut colors: Vec<[u8; 4]> = indices.keys().copied().collect();
    colors.sort_by_key(|color| color[3] == 255);
    for (index, color) in (0..=255).zip(&colors) {
        indices.insert(*color, index);
    }
    let bits = match colors.len() {
        ..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    };
    let width = raster.size().width as usize;
    let row_bytes = (width * usize::from(bits)).div_ceil(8);
    let mut rows = try_zeroed(row_bytes * raster.size().height as usize)?;
    let per_byte = 8 / usize::from(bits);
    for (i, color) in pixels().enumerate() {
        let (x, y) = (i % width, i / width);
        let shift = 8 - bits * (x % per_byte + 1) as u8;
        rows[y * row_bytes + x / per_byte] |= indices[&color] << shift;
    }
    Ok(Some(Indexed {
        alphas: colors.iter().map(|color| color[3]).filter(|&alpha| alpha < 255).collect(),
        colors: colors.iter().flat_map(|color| [color[0], color[1], color[2]]).collect(),
        bits,
        rows,
    }))
}

fn color(layout: Layout, pixel: &[u8]) -> [u8; 4] {
    match (layout, pixel) {
        (Layout::Gray, [v, ..]) => [*v, *v, *v, 255],
        (Layout::GrayAlpha, [v, a, ..]) => [*v, *v, *v, *a],
        (Layout::Rgb, [r, g, b, ..]) => [*r, *g, *b, 255],
        (_, [r, g, b, a, ..]) => [*r, *g, *b, *a],
        _ => [0; 4],
    }
}
