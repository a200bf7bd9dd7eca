//! Token probabilities: counted while encoding, chosen for the least bits (RFC 6386, section 13.4).

use super::super::{
    macroblock::BlockType,
    tables::{BANDS, BIT_COSTS, Prob, TOKEN_PROBS, TOKEN_UPDATE_PROBS, TokenProbs},
};

/// How often each branch of the token tree was taken: zeros and ones by block type, band, context and node.
#[derive(Clone)]
pub struct TokenCounts([[[[[u32; 2]; 11]; 3]; 8]; 4]);

impl TokenCounts {
    /// No tokens yet.
    pub const fn new() -> Self {
        Self([[[[[0; 2]; 11]; 3]; 8]; 4])
    }

    /// Counts the tokens of a block of `levels` in scan order; `eob` is one past the last nonzero one, `context` how
    /// many of the blocks above and at left have any.
    #[inline]
    pub fn add(&mut self, block_type: BlockType, eob: usize, context: usize, levels: &[i16; 16]) {
        let first = block_type.first_coefficient();
        let bands = &mut self.0[block_type as usize];
        let mut node = &mut bands[usize::from(BANDS[first])][context];
        if eob == 0 {
            node[0][0] += 1;
            return;
        }
        let mut may_end = true;
        for place in first..eob {
            let level = levels[place & 15].unsigned_abs();
            if may_end {
                node[0][1] += 1;
            }
            let next = &BANDS[place + 1];
            if level == 0 {
                node[1][0] += 1;
                may_end = false;
                node = &mut bands[usize::from(*next)][0];
                continue;
            }
            node[1][1] += 1;
            may_end = true;
            if level == 1 {
                node[2][0] += 1;
                node = &mut bands[usize::from(*next)][1];
            } else {
                node[2][1] += 1;
                count_large(node, level);
                node = &mut bands[usize::from(*next)][2];
            }
        }
        if eob < 16 {
            node[0][0] += 1;
        }
    }

    /// Adds the tokens of a row.
    pub fn add_all(&mut self, row: &Self) {
        let flat = self.0.as_flattened_mut().as_flattened_mut().as_flattened_mut().as_flattened_mut();
        let added = row.0.as_flattened().as_flattened().as_flattened().as_flattened();
        flat.iter_mut().zip(added).for_each(|(sum, count)| *sum += count);
    }

    /// The best probabilities, as changes to those that a frame starts with: one is changed only where that saves more
    /// than it costs in the header.
    pub fn best_probs(&self) -> TokenProbs {
        let mut probs = TOKEN_PROBS;
        for_each_prob(|block_type, band, context, node| {
            let [zeros, ones] = self.0[block_type][band][context][node].map(u64::from);
            if zeros + ones == 0 {
                return;
            }
            let old = TOKEN_PROBS[block_type][band][context][node];
            let new = ((zeros * 255 + (zeros + ones) / 2) / (zeros + ones)).clamp(1, 255) as Prob;
            let bits = |prob: Prob| zeros * cost_of(false, prob) + ones * cost_of(true, prob);
            let update = TOKEN_UPDATE_PROBS[block_type][band][context][node];
            let keep = bits(old) + cost_of(false, update);
            let change = bits(new) + cost_of(true, update) + 8 * 256;
            if change < keep {
                probs[block_type][band][context][node] = new;
            }
        });
        probs
    }
}

/// Counts the branches of a level of two or more.
fn count_large(node: &mut [[u32; 2]; 11], level: u16) {
    let mut count = |place: usize, bit: bool| node[place][usize::from(bit)] += 1;
    count(3, level > 4);
    if level <= 4 {
        count(4, level > 2);
        if level > 2 {
            count(5, level > 3);
        }
    } else if level < 11 {
        count(6, false);
        count(7, level >= 7);
    } else {
        count(6, true);
        count(8, level >= 35);
        if level < 35 {
            count(9, level >= 19);
        } else {
            count(10, level >= 67);
        }
    }
}

/// The cost of a bit, in 1/256 bits.
pub const fn cost_of(bit: bool, prob: Prob) -> u64 {
    BIT_COSTS[if bit { 256 - prob as usize } else { prob as usize }] as u64
}

/// Calls back with block type, band, context and node of every token probability, in the order of the header.
pub fn for_each_prob(mut visit: impl FnMut(usize, usize, usize, usize)) {
    for block_type in 0..4 {
        for band in 0..8 {
            for context in 0..3 {
                for node in 0..11 {
                    visit(block_type, band, context, node);
                }
            }
        }
    }
}
