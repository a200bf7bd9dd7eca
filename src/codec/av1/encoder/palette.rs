//! Palettes: blocks of few shades of luma, each sample named by its index. Screens and drawings have many such blocks.
//! [`palette_search`](super::palette_search) chooses them.

use super::{
    cost::{BIT, costs},
    kernels::SIDE,
};
use crate::codec::av1::{
    cdf::{Cdfs, PaletteColor},
    syntax::{self, ColorMaps},
};

/// The most colours of a palette.
pub(super) const MOST: usize = 8;
/// A block of more colours than this is taken for a picture of something.
pub(super) const MOST_SEEN: usize = 64;
/// Indices that a superblock's search may come to: of its samples in each of four sizes of blocks.
const MAPS: usize = 4 * SIDE * SIDE;

/// Colours of luma, rising.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shades {
    pub count: u8,
    pub colors: [u8; MOST],
}

impl Shades {
    pub(super) fn seen(&self) -> &[u8] {
        &self.colors[..usize::from(self.count)]
    }
}

/// A block's palette; of no colours if it has none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Palette {
    pub shades: Shades,
    /// Where its indices, rows of the block's side, are among the superblock's.
    pub start: u32,
}

/// Rates of what palettes are coded by.
#[derive(Default)]
pub(super) struct Rates {
    /// Of `has_palette_y`, by the logarithm of the side less 3, and context.
    pub luma: [[[u16; 2]; 3]; 4],
    /// Of none in chroma, by whether luma has one.
    pub no_chroma: [u16; 2],
    /// Of the number of colours, by the logarithm of the side less 3.
    pub counts: [[u16; 7]; 4],
    /// Of an index, by the number of colours less 2 and context.
    indices: [[[u16; 8]; 5]; 7],
}

/// What the search of palettes works in.
pub(super) struct Palettes {
    pub rates: Rates,
    /// Indices of the palettes that were chosen.
    pub maps: Vec<u8>,
    /// Indices in work, rows of the block's side, and those of the best palette yet.
    pub map: Box<[u8; SIDE * SIDE]>,
    pub best_map: Box<[u8; SIDE * SIDE]>,
    /// Of the block's colours, rising.
    pub groups: Vec<Group>,
}

/// Colours that become one.
#[derive(Clone, Copy, Default)]
pub(super) struct Group {
    pub count: u32,
    pub sum: u32,
}

impl Group {
    /// The color that stands for it.
    pub(super) fn color(&self) -> u8 {
        ((self.sum + self.count / 2) / self.count.max(1)) as u8
    }

    /// By how much squared errors grow, in 1/16, if two groups become one.
    fn loss(&self, other: &Self) -> u64 {
        let (a, b) = (u64::from(self.count), u64::from(other.count));
        let mean = |group: &Self| u64::from(group.sum) * 64 / u64::from(group.count);
        mean(self).abs_diff(mean(other)).pow(2) * a * b / ((a + b) * 256)
    }
}

impl Rates {
    fn update_indices(&mut self, cdfs: &PaletteColor) {
        for context in 0..5 {
            costs(&cdfs.size2[context], &mut self.indices[0][context]);
            costs(&cdfs.size3[context], &mut self.indices[1][context]);
            costs(&cdfs.size4[context], &mut self.indices[2][context]);
            costs(&cdfs.size5[context], &mut self.indices[3][context]);
            costs(&cdfs.size6[context], &mut self.indices[4][context]);
            costs(&cdfs.size7[context], &mut self.indices[5][context]);
            costs(&cdfs.size8[context], &mut self.indices[6][context]);
        }
    }
}

impl Palettes {
    pub(super) fn new() -> Self {
        Self {
            rates: Rates::default(),
            maps: Vec::with_capacity(MAPS),
            map: Box::new([0; SIDE * SIDE]),
            best_map: Box::new([0; SIDE * SIDE]),
            groups: Vec::with_capacity(MOST_SEEN),
        }
    }

    /// Bytes that it takes.
    pub(super) fn bytes() -> usize {
        size_of::<Self>() + MAPS + 2 * SIDE * SIDE + MOST_SEEN * size_of::<Group>()
    }

    /// Makes the rates those of the distributions as they stand.
    pub(super) fn update(&mut self, cdfs: &Cdfs) {
        let rates = &mut self.rates;
        for log2 in 0..4 {
            for context in 0..3 {
                costs(&cdfs.palette_y_mode[2 * log2][context], &mut rates.luma[log2][context]);
            }
            costs(&cdfs.palette_y_size[2 * log2], &mut rates.counts[log2]);
        }
        for (cdf, rate) in cdfs.palette_uv_mode.iter().zip(&mut rates.no_chroma) {
            costs(cdf, std::slice::from_mut(rate));
        }
        rates.update_indices(&cdfs.palette_y_color);
    }

    /// The rate of the indices in `map`, of as many columns and rows as lie in the picture.
    pub(super) fn map_rate(&self, count: usize, side: usize, (columns, rows): (usize, usize)) -> u32 {
        let rates = &self.rates.indices[count - 2];
        let mut rate = count.ilog2() * BIT;
        let mut above: &[u8] = &[];
        for (y, row) in self.map.chunks_exact(side).take(rows).enumerate() {
            let row = &row[..columns];
            if y == 0 {
                for pair in row.windows(2) {
                    rate += u32::from(rates[0][after_one(pair[1], pair[0])]);
                }
            } else {
                rate += u32::from(rates[0][after_one(row[0], above[0])]);
                for (pair, above) in row.windows(2).zip(above.windows(2)) {
                    let (index, context) = after_three(pair[1], pair[0], above[0], above[1]);
                    rate += u32::from(rates[context][index]);
                }
            }
            above = row;
        }
        rate
    }

    /// Joins the two neighbouring groups that are the cheapest to join. Gives what that costs, in 1/16.
    pub(super) fn join(&mut self) -> u64 {
        let losses = self.groups.windows(2).map(|pair| pair[0].loss(&pair[1])).enumerate();
        let (index, loss) = losses.min_by_key(|&(_, loss)| loss).unwrap_or_default();
        let other = self.groups.remove(index + 1);
        self.groups[index].count += other.count;
        self.groups[index].sum += other.sum;
        loss
    }

    /// The indices of the palette of a block of so many samples a side, as the syntax has them.
    pub(super) fn fill(&self, palette: &Palette, side: usize, maps: &mut ColorMaps) {
        if palette.shades.count == 0 {
            return;
        }
        let from = self.maps[palette.start as usize..].chunks_exact(side);
        for (row, from) in maps.y.chunks_exact_mut(SIDE).zip(from).take(side) {
            row[..side].copy_from_slice(from);
        }
    }
}

impl Palette {
    /// Tells a block of the syntax its palette.
    pub(super) fn tell(&self, block: &mut syntax::Block) {
        block.palette_size = [self.shades.count, 0];
        block.palette_colors[0] = self.shades.colors.map(u16::from);
    }
}

/// The place of an index in the order of colours, where one neighbour is known.
#[inline(always)]
fn after_one(index: u8, near: u8) -> usize {
    if index == near { 0 } else { usize::from(index) + usize::from(index < near) }
}

/// The place of an index in the order of colours and its context, by those to the left, above that, and above.
#[inline(always)]
fn after_three(index: u8, left: u8, corner: u8, above: u8) -> (usize, usize) {
    let at = usize::from(index);
    let (first, second, context) = if left == above {
        if corner == left {
            return (after_one(index, left), 4);
        }
        (left, corner, 3)
    } else if corner == left {
        (left, above, 2)
    } else if corner == above {
        (above, left, 2)
    } else {
        let (low, high) = (left.min(above), left.max(above));
        let before = usize::from(low > index) + usize::from(high > index) + usize::from(corner > index);
        let place = match index {
            _ if index == low => 0,
            _ if index == high => 1,
            _ if index == corner => 2,
            _ => at + before,
        };
        return (place, 1);
    };
    let before = usize::from(first > index) + usize::from(second > index);
    let place = match index {
        _ if index == first => 0,
        _ if index == second => 1,
        _ => at + before,
    };
    (place, context)
}
