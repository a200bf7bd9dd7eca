//! Pictures of few colours as indices into a palette, packed as tightly as their number allows.

use std::collections::BTreeMap;

use crate::pixel::{Layout, Raster};

/// The colours of a picture that has at most 256.
pub(super) struct Palette {
    /// Red, green and blue of each colour. Those that are not opaque stand first.
    pub colors: Vec<u8>,
    /// The alpha of the colours that are not opaque.
    pub alphas: Vec<u8>,
    /// Bits of an index: 1, 2, 4 or 8.
    pub bits: u8,
    layout: Layout,
    indices: BTreeMap<[u8; 4], u8>,
}

impl Palette {
    /// The palette of a picture; `None` when it has more than `most` colours.
    pub(super) fn of(raster: &Raster, most: usize) -> Option<Self> {
        let layout = raster.layout();
        let pixels = raster.data().chunks_exact(layout.channels() as usize);
        let mut indices: BTreeMap<[u8; 4], u8> = BTreeMap::new();
        let mut last = None;
        for color in
            pixels.map(|pixel| color(layout, pixel)).filter(|color| last.replace(*color) != Some(*color))
        {
            indices.insert(color, 0);
            if indices.len() > most {
                return None;
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
        Some(Self {
            alphas: colors.iter().map(|color| color[3]).filter(|&alpha| alpha < 255).collect(),
            colors: colors.iter().flat_map(|color| [color[0], color[1], color[2]]).collect(),
            bits,
            layout,
            indices,
        })
    }

    /// A row of samples as indices, the first in the highest bits of a byte.
    pub(super) fn pack(&self, row: &[u8], packed: &mut Vec<u8>) {
        packed.clear();
        let channels = self.layout.channels() as usize;
        let per_byte = 8 / usize::from(self.bits);
        let (mut last, mut index) = ([0; 4], self.indices.get(&[0; 4]).copied().unwrap_or(0));
        for pixels in row.chunks(per_byte * channels) {
            let mut byte = 0;
            for (place, pixel) in pixels.chunks_exact(channels).enumerate() {
                let color = color(self.layout, pixel);
                if color != last {
                    (last, index) = (color, self.indices.get(&color).copied().unwrap_or(0));
                }
                byte |= index << (8 - self.bits * (place as u8 + 1));
            }
            packed.push(byte);
        }
    }
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
