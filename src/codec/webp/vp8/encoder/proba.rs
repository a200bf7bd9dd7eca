//! Token probabilities: counted while encoding, chosen for the least bits (RFC 6386, section 13.4).

use super::super::tables::{BANDS, BIT_COSTS, Prob, TOKEN_PROBS, TOKEN_UPDATE_PROBS, TokenProbs};

/// How often each branch of the token tree was taken: zeros and ones by block type, band, context and node.
#[derive(Clone)]
pub struct TokenCounts([[[[[u32; 2]; 11]; 3]; 8]; 4]);

impl TokenCounts {
    /// No tokens yet.
    pub const fn new() -> Self {
        Self([[[[[0; 2]; 11]; 3]; 8]; 4])
    }

    /// Counts the tokens of a block of `levels` in scan order whose coefficients start at `first`; `end` is one
    /// past the last that is not zero, `context` how many of the two neighbour blocks have any.
    #[inline]
    pub fn add(&mut self, kind: usize, first: usize, end: usize, context: usize, levels: &[i16; 16]) {
        let bands = &mut self.0[kind];
        let mut node = &mut bands[usize::from(BANDS[first])][context];
        if end == 0 {
            node[0][0] += 1;
            return;
        }
        let mut may_end = true;
        for place in first..end {
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
        if end < 16 {
            node[0][0] += 1;
        }
    }

    /// Adds those of a row.
    pub fn add_all(&mut self, row: &Self) {
        let flat = self.0.as_flattened_mut().as_flattened_mut().as_flattened_mut().as_flattened_mut();
        let added = row.0.as_flattened().as_flattened().as_flattened().as_flattened();
        flat.iter_mut().zip(added).for_each(|(sum, count)| *sum += count);
    }

    /// The best probabilities against those that a frame starts with: a change is made only where it saves more
    /// than it costs in the header.
    pub fn best_probs(&self) -> TokenProbs {
        let mut probs = TOKEN_PROBS;
        for_each_prob(|kind, band, context, node| {
            let [zeros, ones] = self.0[kind][band][context][node].map(u64::from);
            if zeros + ones == 0 {
                return;
            }
            let old = TOKEN_PROBS[kind][band][context][node];
            let new = ((zeros * 255 + (zeros + ones) / 2) / (zeros + ones)).clamp(1, 255) as Prob;
            let bits = |prob: Prob| zeros * cost_of(false, prob) + ones * cost_of(true, prob);
            let update = TOKEN_UPDATE_PROBS[kind][band][context][node];
            let keep = bits(old) + cost_of(false, update);
            let change = bits(new) + cost_of(true, update) + 8 * 256;
            if change < keep {
                probs[kind][band][context][node] = new;
            }
        });
        probs
    }
}

/// Counts the branches below "more than one".
fn count_large(node: &mut [[u32; 2]; 11], level: u16) {
    let mut take = |place: usize, bit: bool| node[place][usize::from(bit)] += 1;
    take(3, level > 4);
    if level <= 4 {
        take(4, level > 2);
        if level > 2 {
            take(5, level > 3);
        }
    } else if level < 11 {
        take(6, false);
        take(7, level >= 7);
    } else {
        take(6, true);
        take(8, level >= 35);
        if level < 35 {
            take(9, level >= 19);
        } else {
            take(10, level >= 67);
        }
    }
}

/// Cost of a bit in 1/256 bits.
pub const fn cost_of(bit: bool, prob: Prob) -> u64 {
    BIT_COSTS[if bit { 256 - prob as usize } else { prob as usize }] as u64
}

/// Calls back with block type, band, context and node of every token probability, in the order of the header.
pub fn for_each_prob(mut visit: impl FnMut(usize, usize, usize, usize)) {
    for kind in 0..4 {
        for band in 0..8 {
            for context in 0..3 {
                for node in 0..11 {
                    visit(kind, band, context, node);
                }
            }
        }
    }
}
