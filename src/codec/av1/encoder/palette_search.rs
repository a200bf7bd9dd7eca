//! The search of a block's palette: colours are joined until they are few, and fewer as long as that is cheaper.
//!
//! What the joins lose says which palette is tried; the trial itself, like that of any prediction, has a residual.

use super::{
    cost::BIT,
    kernels::SIDE,
    palette::{Group, MOST, MOST_SEEN, Palette, Palettes, Shades},
    search::{Place, Search},
};

/// The slot of predictions by palettes.
pub(super) const SLOT: usize = 7;

impl Search {
    /// What it costs to say whether luma has a palette.
    pub(super) fn palette_flag(&self, x: usize, y: usize, log2: usize, has: bool) -> u16 {
        let Some(palettes) = &self.palettes else { return 0 };
        let near = &self.neighbours;
        let context = [near.above.shades[x / 4], near.left.shades[y / 4]].map(|it| usize::from(it.count > 0));
        palettes.rates.luma[log2 - 3][context[0] + context[1]][usize::from(has)]
    }

    /// What it costs to say that chroma has none.
    pub(super) fn palette_flag_uv(&self, luma_has: bool) -> u16 {
        self.palettes.as_ref().map_or(0, |it| it.rates.no_chroma[usize::from(luma_has)])
    }

    /// The palette of a block of luma that promises most, and what it costs; its prediction is in [`SLOT`].
    pub(super) fn find_palette(&mut self, at: Place) -> Option<(Palette, u32)> {
        let mut palettes = self.palettes.take()?;
        let found = self.search_palette(&mut palettes, at);
        if let Some((palette, _)) = &found {
            let side = 4 << at.size;
            let rows = self.scratch.predictions[SLOT].chunks_exact_mut(SIDE);
            for (row, indices) in rows.zip(palettes.best_map.chunks_exact(side)).take(side) {
                for (sample, &index) in row.iter_mut().zip(indices) {
                    *sample = palette.shades.colors[usize::from(index) % MOST].into();
                }
            }
        }
        self.palettes = Some(palettes);
        found
    }

    /// Keeps the indices of the palette that was found last.
    pub(super) fn keep_palette(&mut self, palette: Palette, side: usize) -> Palette {
        let Some(palettes) = &mut self.palettes else { return palette };
        let start = palettes.maps.len() as u32;
        palettes.maps.extend_from_slice(&palettes.best_map[..side * side]);
        Palette { start, ..palette }
    }

    /// Tries palettes of fewer and fewer colours.
    fn search_palette(&self, palettes: &mut Palettes, at: Place) -> Option<(Palette, u32)> {
        let side = 4 << at.size;
        let around = &self.around[0];
        let inside = ((around.columns - at.x).min(side), (around.rows - at.y).min(side));
        if !self.count_colors(palettes, at, inside) {
            return None;
        }
        let step = u64::from(self.quantizer.of(0, at.size).common_step());
        let weight = self.weights[0].error as u64;
        let mut best: Option<(u64, Palette, u32)> = None;
        let mut loss = 0;
        loop {
            let count = palettes.groups.len();
            if count <= MOST {
                let distortion = loss * 4 * 64 * weight / (step * step);
                if best.is_some_and(|(least, ..)| distortion >= least) {
                    break;
                }
                let (palette, rate) = self.palette_rate(palettes, at);
                self.name_samples(palettes, at, inside, &palette.shades);
                let rate = rate + palettes.map_rate(count, side, inside);
                let total = distortion + u64::from(rate);
                if best.is_none_or(|(least, ..)| total < least) {
                    best = Some((total, palette, rate));
                    std::mem::swap(&mut palettes.map, &mut palettes.best_map);
                }
            }
            if count == 2 {
                break;
            }
            loss += palettes.join();
        }
        best.map(|(_, palette, rate)| (palette, rate))
    }

    /// Makes a group of each color of a block, rising; false if there is only one, or too many.
    fn count_colors(&self, palettes: &mut Palettes, at: Place, (columns, rows): (usize, usize)) -> bool {
        let groups = &mut palettes.groups;
        groups.clear();
        let mut counts = [0u16; 256];
        for row in self.source[0][at.y * SIDE + at.x..].chunks(SIDE).take(rows) {
            for &sample in &row[..columns] {
                counts[usize::from(sample) % 256] += 1;
            }
        }
        for (color, &count) in counts.iter().enumerate().filter(|&(_, &count)| count > 0) {
            if groups.len() == MOST_SEEN {
                return false;
            }
            let count = u32::from(count);
            groups.push(Group { count, sum: count * color as u32 });
        }
        groups.len() > 1
    }

    /// The palette of the groups as they are, and what its colours cost.
    fn palette_rate(&self, palettes: &Palettes, at: Place) -> (Palette, u32) {
        let count = palettes.groups.len();
        let mut shades = Shades { count: count as u8, colors: [0; MOST] };
        for (color, group) in shades.colors.iter_mut().zip(&palettes.groups) {
            *color = group.color();
        }
        let (x4, y4) = (at.x / 4, at.y / 4);
        let above = if y4 > 0 { self.neighbours.above.shades[x4] } else { Shades::default() };
        let rate = u32::from(palettes.rates.counts[at.size - 1][count - 2])
            + shades_rate(&shades, &above, &self.neighbours.left.shades[y4]);
        (Palette { shades, start: 0 }, rate)
    }

    /// Gives each sample the index of the color that is nearest, in `map`.
    fn name_samples(
        &self,
        palettes: &mut Palettes,
        at: Place,
        (columns, rows): (usize, usize),
        shades: &Shades,
    ) {
        let side = 4 << at.size;
        let shades = shades.seen();
        let (mut last, mut last_index) = (u16::MAX, 0);
        let source = self.source[0][at.y * SIDE + at.x..].chunks(SIDE);
        for (row, map) in source.zip(palettes.map.chunks_exact_mut(side)).take(rows) {
            for (&sample, index) in row[..columns].iter().zip(map.iter_mut()) {
                if last != sample {
                    last = sample;
                    let far = |&place: &usize| u16::from(shades[place]).abs_diff(sample);
                    last_index = (0..shades.len()).min_by_key(far).unwrap_or(0) as u8;
                }
                *index = last_index;
            }
            let end = map[columns - 1];
            map[columns..].fill(end);
        }
        for row in rows..side {
            palettes.map.copy_within((rows - 1) * side..rows * side, row * side);
        }
    }
}

/// What rising colours cost beside those of the blocks nearby.
fn shades_rate(shades: &Shades, above: &Shades, left: &Shades) -> u32 {
    let mut fresh = 0;
    let mut largest = 0;
    let mut before = None;
    for &color in shades.seen() {
        if above.seen().contains(&color) || left.seen().contains(&color) {
            continue;
        }
        fresh += 1;
        largest = before.map_or(largest, |before| largest.max(color - before));
        before = Some(color);
    }
    let others = above.seen().iter().filter(|color| !left.seen().contains(color)).count();
    let flags = (others + left.seen().len()) as u32;
    let bits = if largest == 0 { 5 } else { (largest.ilog2() + 1).max(5) };
    let new = match fresh {
        0 => 0,
        1 => 8,
        _ => 10 + (fresh - 1) * bits,
    };
    (flags + new) * BIT
}
