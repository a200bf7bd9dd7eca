//! What tokens and modes cost, in 1/256 bits, under the current probabilities.

use super::{
    super::{
        macroblock::{BlockMode, BlockType, Luma, Macroblock},
        tables::{
            B_MODE_PROBS, BANDS, CATEGORY_BASE, CATEGORY_PROBS, Prob, TokenProbs, UV_MODE_PROBS, Y_MODE_PROBS,
        },
    },
    proba::cost_of,
};

/// How many tokens there are with a cost of their own: zero to four, then the six categories of larger levels (RFC
/// 6386, section 13.2).
const TOKENS: usize = 11;

/// The largest level that a token can hold.
pub const MAX_LEVEL: i32 = 2047;

/// Costs of tokens in one context.
#[derive(Clone, Copy)]
pub struct ContextCosts {
    /// Costs by token, sign and extra bits not included. "No end of block" is included where the context is not zero:
    /// behind a zero it isn't written.
    token: [u16; TOKENS],
    /// The cost of "no end of block" before a first token, where the context is zero; else zero.
    pub not_eob: u16,
    /// The cost of the end of block.
    pub eob: u16,
}

impl ContextCosts {
    /// The cost of a token.
    #[inline(always)]
    pub fn of(&self, token: usize) -> u32 {
        u32::from(self.token[token.min(TOKENS - 1)])
    }
}

/// The token of a level.
#[inline(always)]
pub fn token_of(level: usize) -> usize {
    usize::from(LEVEL_TOKENS[level.min(LEVEL_TOKENS.len() - 1)])
}

const LEVEL_TOKENS: [u8; 68] = level_tokens();

const fn level_tokens() -> [u8; 68] {
    let mut tokens = [0; 68];
    let mut level = 0;
    while level < tokens.len() {
        tokens[level] = match level {
            0..5 => level as u8,
            5..7 => 5,
            7..11 => 6,
            11..19 => 7,
            19..35 => 8,
            35..67 => 9,
            _ => 10,
        };
        level += 1;
    }
    tokens
}

/// Costs of a block type by place in the scan and context. After the last coefficient stands one of zeros.
pub type BlockCosts = [[ContextCosts; 3]; 17];

/// Costs of all tokens.
pub struct TokenCosts {
    by_type: Box<[BlockCosts; 4]>,
    /// Sign and extra bits by level.
    extra: Box<[u16; MAX_LEVEL as usize + 1]>,
}

impl TokenCosts {
    /// Costs under the given probabilities.
    pub fn new(probs: &TokenProbs) -> Self {
        let free = ContextCosts { token: [0; TOKENS], not_eob: 0, eob: 0 };
        let mut extra = Box::new([0; MAX_LEVEL as usize + 1]);
        for (level, cost) in extra.iter_mut().enumerate().skip(1) {
            *cost = extra_cost(level as u16);
        }
        let mut costs = Self { by_type: Box::new([[[free; 3]; 17]; 4]), extra };
        costs.update(probs);
        costs
    }

    /// Costs under new probabilities.
    pub fn update(&mut self, probs: &TokenProbs) {
        for (places, probs) in self.by_type.iter_mut().zip(probs) {
            let bands =
                probs.map(|contexts| [0, 1, 2].map(|context| context_costs(context, &contexts[context])));
            for (place, costs) in places.iter_mut().enumerate().take(16) {
                *costs = bands[usize::from(BANDS[place])];
            }
        }
    }

    /// Costs of a block type.
    #[inline]
    pub fn block_costs(&self, block_type: BlockType) -> &BlockCosts {
        &self.by_type[block_type as usize]
    }

    /// The cost of a level's sign and extra bits.
    #[inline(always)]
    pub fn extra(&self, level: usize) -> u32 {
        u32::from(self.extra[level & MAX_LEVEL as usize])
    }

    /// The cost of a block. `levels` are in scan order, `eob` is one past the last nonzero one (0 for none), `context`
    /// how many of the blocks above and at left have any.
    #[inline]
    pub fn block(&self, block_type: BlockType, eob: usize, context: usize, levels: &[i16; 16]) -> u32 {
        let first = block_type.first_coefficient();
        let costs = self.block_costs(block_type);
        let mut node = &costs[first][context];
        if eob == 0 {
            return u32::from(node.eob);
        }
        let mut sum = u32::from(node.not_eob);
        for place in first..eob {
            let level = usize::from(levels[place & 15].unsigned_abs());
            sum += node.of(token_of(level)) + self.extra(level);
            node = &costs[place + 1][level.min(2)];
        }
        sum + u32::from(node.eob)
    }
}

/// Costs of tokens in a context, under its probabilities.
fn context_costs(context: usize, probs: &[Prob; 11]) -> ContextCosts {
    let cost = |bit, node: usize| cost_of(bit, probs[node]) as u16;
    let more = cost(true, 0);
    let base = if context == 0 { 0 } else { more };
    let mut token = [base + cost(false, 1); TOKENS];
    for (value, total) in token.iter_mut().enumerate().skip(1) {
        let mut sum = base + cost(true, 1) + cost(value > 1, 2);
        if value > 1 {
            sum += cost(value > 4, 3);
        }
        sum += match value {
            0 | 1 => 0,
            2 => cost(false, 4),
            3 | 4 => cost(true, 4) + cost(value == 4, 5),
            5 | 6 => cost(false, 6) + cost(value == 6, 7),
            7 | 8 => cost(true, 6) + cost(false, 8) + cost(value == 8, 9),
            _ => cost(true, 6) + cost(true, 8) + cost(value == 10, 10),
        };
        *total = sum;
    }
    ContextCosts { token, not_eob: if context == 0 { more } else { 0 }, eob: cost(false, 0) }
}

/// The cost of a level's sign and extra bits.
fn extra_cost(level: u16) -> u16 {
    let sign = 256;
    let Some(category) = CATEGORY_BASE.iter().rposition(|&base| base <= level) else { return sign };
    let (probs, extra) = (CATEGORY_PROBS[category], level - CATEGORY_BASE[category]);
    let bits = probs.len();
    let cost = |(place, &prob): (usize, &Prob)| cost_of(extra >> (bits - 1 - place) & 1 == 1, prob) as u16;
    sign + probs.iter().enumerate().map(cost).sum::<u16>()
}

/// The bits of a 4x4 mode: pairs of tree node and bit (RFC 6386, section 11.2).
pub const B_MODE_BITS: [&[(usize, bool)]; 10] = [
    &[(0, false)],
    &[(0, true), (1, false)],
    &[(0, true), (1, true), (2, false)],
    &[(0, true), (1, true), (2, true), (3, false), (4, false)],
    &[(0, true), (1, true), (2, true), (3, true), (6, false)],
    &[(0, true), (1, true), (2, true), (3, false), (4, true), (5, false)],
    &[(0, true), (1, true), (2, true), (3, false), (4, true), (5, true)],
    &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, false)],
    &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, true), (8, false)],
    &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, true), (8, true)],
];

/// The bits of a 16x16 mode (DC, TM, V, H), "not 4x4" first.
pub const Y_MODE_BITS: [&[(usize, bool)]; 4] = [
    &[(0, true), (1, false), (2, false)],
    &[(0, true), (1, true), (3, true)],
    &[(0, true), (1, false), (2, true)],
    &[(0, true), (1, true), (3, false)],
];

/// The bits of a chroma mode (DC, TM, V, H).
pub const UV_MODE_BITS: [&[(usize, bool)]; 4] = [
    &[(0, false)],
    &[(0, true), (1, true), (2, true)],
    &[(0, true), (1, false)],
    &[(0, true), (1, true), (2, false)],
];

/// What modes cost. In key frames their probabilities are fixed.
pub struct ModeCosts {
    /// 4x4 modes by the mode above and the mode at left.
    pub b: Box<[[[u16; 10]; 10]; 10]>,
    /// 16x16 modes.
    pub y: [u16; 4],
    /// The flag of 4x4 modes.
    pub b_flag: u16,
    /// Chroma modes.
    pub uv: [u16; 4],
}

impl ModeCosts {
    /// Costs under the probabilities of key frames.
    pub fn new() -> Self {
        let of = |bits: &[(usize, bool)], probs: &[Prob]| {
            bits.iter().map(|&(node, bit)| cost_of(bit, probs[node]) as u16).sum::<u16>()
        };
        let b = B_MODE_PROBS.map(|lefts| lefts.map(|probs| B_MODE_BITS.map(|bits| of(bits, &probs))));
        Self {
            b: Box::new(b),
            y: Y_MODE_BITS.map(|bits| of(bits, &Y_MODE_PROBS)),
            b_flag: cost_of(false, Y_MODE_PROBS[0]) as u16,
            uv: UV_MODE_BITS.map(|bits| of(bits, &UV_MODE_PROBS)),
        }
    }

    /// The cost of a macroblock's modes, with the 4x4 modes above and at left as contexts.
    pub fn macroblock(&self, mb: &Macroblock, mut top: [BlockMode; 4], mut left: [BlockMode; 4]) -> u32 {
        let uv = u32::from(self.uv[mb.uv.index()]);
        match &mb.luma {
            Luma::I16x16(mode) => uv + u32::from(self.y[mode.index()]),
            Luma::I4x4(modes) => {
                modes.iter().enumerate().fold(uv + u32::from(self.b_flag), |sum, (block, &mode)| {
                    let (x, y) = (block % 4, block / 4);
                    let cost = self.b[usize::from(top[x])][usize::from(left[y])][usize::from(mode)];
                    (top[x], left[y]) = (mode, mode);
                    sum + u32::from(cost)
                })
            }
        }
    }
}
