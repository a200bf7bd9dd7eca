//! Palettes: `palette_mode_info`, with the cache of colours nearby, and `palette_tokens`, the maps of indices.

use super::{block::Block, tile::TileState};
use crate::codec::av1::{
    cdf::PaletteColor, sizes::PredictionMode, symbols::Symbols, tables::contexts::PALETTE_COLOR_CONTEXT,
};

/// `ColorMapY` and `ColorMapUV`, rows of 64.
#[derive(Clone, Debug)]
pub struct ColorMaps {
    pub y: [u8; 64 * 64],
    pub uv: [u8; 64 * 64],
}

impl Default for ColorMaps {
    fn default() -> Self {
        Self { y: [0; 64 * 64], uv: [0; 64 * 64] }
    }
}

/// Colours of the blocks above and to the left, in order and each once: at most sixteen.
struct Cache {
    colors: [u16; 16],
    count: usize,
}

impl Cache {
    fn push(&mut self, color: u16) {
        if self.count == 0 || self.colors[self.count - 1] != color {
            self.colors[self.count] = color;
            self.count += 1;
        }
    }

    /// `get_palette_cache`.
    fn new(above: &[u16], left: &[u16]) -> Self {
        let mut cache = Self { colors: [0; 16], count: 0 };
        let (mut above, mut left) = (above.iter().peekable(), left.iter().peekable());
        loop {
            match (above.peek(), left.peek()) {
                (Some(&&up), Some(&&side)) if side < up => {
                    cache.push(side);
                    left.next();
                }
                (Some(&&up), side) => {
                    cache.push(up);
                    if side == Some(&&up) {
                        left.next();
                    }
                    above.next();
                }
                (None, Some(&&side)) => {
                    cache.push(side);
                    left.next();
                }
                (None, None) => return cache,
            }
        }
    }
}

impl TileState {
    /// The context of `has_palette_y`: that of the block's size, and that of its neighbours.
    pub fn palette_context(&self, block: &Block) -> (usize, usize) {
        let size = block.size.width4_log2() + block.size.height4_log2() - 2;
        let above = self.above.palettes[0][self.column(block.mi_col)] > 0;
        let left = self.left.palettes[0][Self::line(block.mi_row)] > 0;
        (size, usize::from(above) + usize::from(left))
    }

    /// `palette_mode_info`.
    pub(super) fn palette_mode_info<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) {
        let (size, context) = self.palette_context(block);
        let [wanted_y, wanted_uv] = block.palette_size;
        block.palette_size = [0; 2];
        if block.y_mode == PredictionMode::Dc
            && symbols.flag(&mut self.cdfs.palette_y_mode[size][context], wanted_y > 0)
        {
            let value = usize::from(wanted_y.max(2) - 2);
            let count = symbols.symbol(&mut self.cdfs.palette_y_size[size], value) + 2;
            block.palette_size[0] = count as u8;
            self.ascending_colors(symbols, block, 0, count);
        }
        if block.has_chroma && block.uv_mode == PredictionMode::Dc {
            let context = usize::from(block.palette_size[0] > 0);
            if symbols.flag(&mut self.cdfs.palette_uv_mode[context], wanted_uv > 0) {
                let value = usize::from(wanted_uv.max(2) - 2);
                let count = symbols.symbol(&mut self.cdfs.palette_uv_size[size], value) + 2;
                block.palette_size[1] = count as u8;
                self.ascending_colors(symbols, block, 1, count);
                self.v_colors(symbols, block, count);
            }
        }
    }

    fn palette_cache(&self, block: &Block, plane: usize) -> Cache {
        let (column, line) = (self.column(block.mi_col), Self::line(block.mi_row));
        let above = if !block.mi_row.is_multiple_of(16) && block.available_above {
            &self.above_colors[column][plane][..usize::from(self.above.palettes[plane][column])]
        } else {
            &[]
        };
        let left = &self.left_colors[line][plane][..usize::from(self.left.palettes[plane][line])];
        Cache::new(above, left)
    }

    /// The colours of Y or U: those of the cache that are used, then the others by their differences.
    fn ascending_colors<S: Symbols>(
        &mut self,
        symbols: &mut S,
        block: &mut Block,
        plane: usize,
        count: usize,
    ) {
        let cache = self.palette_cache(block, plane);
        let bit_depth = u32::from(self.frame.bit_depth);
        let highest = (1u32 << bit_depth) - 1;
        let wanted = block.palette_colors[plane];
        let wanted = &wanted[..count];
        let colors = &mut block.palette_colors[plane];
        let mut index = 0;
        for &color in &cache.colors[..cache.count] {
            if index < count && symbols.literal(1, u32::from(wanted.contains(&color))) != 0 {
                colors[index] = color;
                index += 1;
            }
        }
        // What is left to write.
        let mut rest = wanted.iter().filter(|color| !cache.colors[..cache.count].contains(color)).copied();
        let mut next = || u32::from(rest.next().unwrap_or(0));
        // Colours of Y differ by 1 at least.
        let least = u32::from(plane == 0);
        let mut bits = bit_depth;
        if index < count {
            let color = symbols.literal(bit_depth, next());
            colors[index] = color as u16;
            index += 1;
        }
        if index < count {
            let largest = if S::WRITES { largest_difference(wanted, &cache) - least } else { 0 };
            let needed = if largest == 0 { 0 } else { largest.ilog2() + 1 };
            bits = bit_depth - 3 + symbols.literal(2, needed.saturating_sub(bit_depth - 3));
        }
        while index < count {
            let before = u32::from(colors[index - 1]);
            let delta = symbols.literal(bits, next().saturating_sub(before + least)) + least;
            let color = (before + delta).min(highest);
            colors[index] = color as u16;
            let range = highest + 1 - color - least;
            bits = bits.min(ceil_log2(range));
            index += 1;
        }
        colors[..count].sort_unstable();
    }

    fn v_colors<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block, count: usize) {
        let bit_depth = u32::from(self.frame.bit_depth);
        let colors = &mut block.palette_colors[2];
        // A writer codes each colour by itself.
        if symbols.literal(1, 0) == 0 {
            for color in &mut colors[..count] {
                *color = symbols.literal(bit_depth, (*color).into()) as u16;
            }
            return;
        }
        let bits = bit_depth - 4 + symbols.literal(2, 0);
        let modulus = 1i32 << bit_depth;
        colors[0] = symbols.literal(bit_depth, 0) as u16;
        for index in 1..count {
            let mut delta = symbols.literal(bits, 0) as i32;
            if delta != 0 && symbols.literal(1, 0) != 0 {
                delta = -delta;
            }
            let mut value = i32::from(colors[index - 1]) + delta;
            if value < 0 {
                value += modulus;
            }
            if value >= modulus {
                value -= modulus;
            }
            colors[index] = value.clamp(0, modulus - 1) as u16;
        }
    }

    /// `palette_tokens`: codes the maps of a block that has palettes.
    pub fn palette_tokens<S: Symbols>(&mut self, symbols: &mut S, block: &Block, maps: &mut ColorMaps) {
        let (width, height) = (block.size.width(), block.size.height());
        let onscreen_width = width.min((self.frame.mi_cols - block.mi_col) * 4);
        let onscreen_height = height.min((self.frame.mi_rows - block.mi_row) * 4);
        if block.palette_size[0] > 0 {
            let cdfs = &mut self.cdfs.palette_y_color;
            let area = Area { width, height, onscreen_width, onscreen_height };
            area.code(symbols, cdfs, block.palette_size[0], &mut maps.y);
        }
        if block.palette_size[1] > 0 {
            let (sub_x, sub_y) = (self.frame.subsampling_x, self.frame.subsampling_y);
            let mut area = Area {
                width: width >> sub_x,
                height: height >> sub_y,
                onscreen_width: onscreen_width >> sub_x,
                onscreen_height: onscreen_height >> sub_y,
            };
            if area.width < 4 {
                area.width += 2;
                area.onscreen_width += 2;
            }
            if area.height < 4 {
                area.height += 2;
                area.onscreen_height += 2;
            }
            area.code(symbols, &mut self.cdfs.palette_uv_color, block.palette_size[1], &mut maps.uv);
        }
    }
}

/// The largest difference of neighbours among the colours that aren't cached.
fn largest_difference(wanted: &[u16], cache: &Cache) -> u32 {
    let mut rest = wanted.iter().filter(|color| !cache.colors[..cache.count].contains(color));
    let mut before = rest.next().copied().unwrap_or(0);
    let mut largest = 1;
    for &color in rest {
        largest = largest.max(u32::from(color.saturating_sub(before)));
        before = color;
    }
    largest
}

/// `CeilLog2`.
const fn ceil_log2(x: u32) -> u32 {
    if x < 2 { 0 } else { (x - 1).ilog2() + 1 }
}

/// The part of a map that is coded, and the rest of it.
struct Area {
    width: usize,
    height: usize,
    onscreen_width: usize,
    onscreen_height: usize,
}

impl Area {
    /// Codes a map in the order of its diagonals.
    fn code<S: Symbols>(&self, symbols: &mut S, cdfs: &mut PaletteColor, size: u8, map: &mut [u8; 64 * 64]) {
        let (width, height) = (self.onscreen_width, self.onscreen_height);
        map[0] = symbols.non_symmetric(size.into(), map[0].into()) as u8;
        for i in 1..width + height - 1 {
            for x in ((i + 1).saturating_sub(height)..=i.min(width - 1)).rev() {
                let y = i - x;
                let (order, context) = color_context(map, x, y);
                let here = y * 64 + x;
                let value = if S::WRITES {
                    order.iter().position(|&color| color == map[here]).unwrap_or(0)
                } else {
                    0
                };
                map[here] = order[color_index(symbols, cdfs, size, context, value)];
            }
        }
        for row in map.chunks_exact_mut(64).take(height) {
            let last = row[width - 1];
            row[width..self.width].fill(last);
        }
        for y in height..self.height {
            map.copy_within((height - 1) * 64..(height - 1) * 64 + self.width, y * 64);
        }
    }
}

/// `palette_color_idx_y` and `palette_color_idx_uv`.
fn color_index<S: Symbols>(
    symbols: &mut S,
    cdfs: &mut PaletteColor,
    size: u8,
    context: usize,
    value: usize,
) -> usize {
    match size {
        2 => symbols.symbol(&mut cdfs.size2[context], value),
        3 => symbols.symbol(&mut cdfs.size3[context], value),
        4 => symbols.symbol(&mut cdfs.size4[context], value),
        5 => symbols.symbol(&mut cdfs.size5[context], value),
        6 => symbols.symbol(&mut cdfs.size6[context], value),
        7 => symbols.symbol(&mut cdfs.size7[context], value),
        _ => symbols.symbol(&mut cdfs.size8[context], value),
    }
}

/// `get_palette_color_context`: `ColorOrder`, and the context that follows from `ColorContextHash`.
fn color_context(map: &[u8; 64 * 64], x: usize, y: usize) -> ([u8; 8], usize) {
    let here = y * 64 + x;
    // The neighbours' scores by their colours, before those that aren't neighbours.
    let mut scored = [(0u8, 0u8); 3];
    let mut count = 0;
    let mut score = |color: u8, score: u8| match scored[..count].iter_mut().find(|(of, _)| *of == color) {
        Some((_, sum)) => *sum += score,
        None => {
            scored[count] = (color, score);
            count += 1;
        }
    };
    if x > 0 {
        score(map[here - 1], 2);
    }
    if x > 0 && y > 0 {
        score(map[here - 65], 1);
    }
    if y > 0 {
        score(map[here - 64], 2);
    }
    // By falling scores, and by rising colours where they are equal.
    scored[..count].sort_by_key(|&(color, score)| (u8::MAX - score, color));
    let mut order = [0; 8];
    for (place, &(color, _)) in order.iter_mut().zip(&scored[..count]) {
        *place = color;
    }
    let mut place = count;
    for color in 0..8 {
        if place < 8 && !scored[..count].iter().any(|&(of, _)| of == color) {
            order[place] = color;
            place += 1;
        }
    }
    let hash = scored[0].1 + 2 * scored[1].1 + 2 * scored[2].1;
    (order, PALETTE_COLOR_CONTEXT[usize::from(hash)].max(0) as usize)
}
