//! Trellis quantisation: the levels of a block by rate and distortion, as a shortest path over its scan.

use super::{
    cost::{ContextCosts, token_of},
    quant::{BlockContext, Matrix, WEIGHT_BITS},
};
use crate::simd::{Simd, SimdBase, i16x16, mul_high_by};

/// Bits of a score that hold its state, so that the least of some scores says where it is from.
const STATE_BITS: u32 = 2;
const STATE_MASK: i64 = (1 << STATE_BITS) - 1;

/// The score of a state to which no path leads.
const UNREACHABLE: i64 = i64::MAX / 4;

/// What was chosen for a block.
#[derive(Clone, Copy)]
pub struct Quantized {
    /// One past the last level that is not zero; 0 when all are.
    pub eob: usize,
    /// Rate and distortion in 1/256 bits, less the distortion were all levels zero.
    pub cost: i64,
}

/// Chooses the levels of a block for the least sum of distortion and rate; the states of the path are the contexts
/// of the next token. Coefficients and levels are in scan order; all levels behind the end are zero.
#[inline(always)]
pub fn trellis<S: Simd>(
    simd: S,
    block: &BlockContext,
    coefficients: &[i16; 16],
    levels: &mut [i16; 16],
) -> Quantized {
    let candidates = Candidates::new(simd, block.matrix, coefficients);
    search(block, coefficients, &candidates, levels)
}

/// The two levels that a coefficient may have: rounded down, and perhaps one more.
struct Candidates {
    /// Absolute values of the coefficients.
    size: [i16; 16],
    /// Levels, rounded down.
    floor: [i16; 16],
    /// A bit for each place where the next level is worth a look.
    higher: u32,
    /// A bit for each place where the level rounded down isn't zero.
    coded: u32,
}

impl Candidates {
    #[inline(always)]
    fn new<S: Simd>(simd: S, matrix: &Matrix, coefficients: &[i16; 16]) -> Self {
        let load = |values: &[i16; 16]| i16x16::load_array_ref(simd, values);
        let steps = load(&matrix.steps);
        let size = load(coefficients).abs();
        let floor = mul_high_by(simd, size, &matrix.inverses);
        let rest = size - floor * steps;
        // The reciprocal is rounded: one too many is possible just below a multiple.
        let over = rest >> 15;
        let (floor, rest) = (floor + over, rest + (over & steps));
        let higher = simd.to_bitmask_mask16x16(rest.simd_ge(load(&matrix.thresholds))) as u32;
        let coded = simd.to_bitmask_mask16x16(floor.simd_gt(i16x16::splat(simd, 0))) as u32;
        Self { size: size.to_array(), floor: floor.to_array(), higher, coded }
    }

    /// One past the last place where a level may be nonzero.
    fn eob(&self) -> usize {
        (u32::BITS - (self.higher | self.coded).leading_zeros()) as usize
    }
}

/// Finds the best path through the states, and writes its levels.
fn search(
    block: &BlockContext,
    coefficients: &[i16; 16],
    candidates: &Candidates,
    levels: &mut [i16; 16],
) -> Quantized {
    *levels = [0; 16];
    let mut path = Path::new(block);
    for place in block.block_type.first_coefficient()..candidates.eob() {
        path.advance(block, candidates, place);
    }
    let mut state = (path.best & STATE_MASK) as usize;
    for place in (block.block_type.first_coefficient()..path.eob).rev() {
        let step = path.steps[place & 15][state.min(2)];
        let level = (step >> STATE_BITS) as i16;
        levels[place & 15] = if coefficients[place & 15] < 0 { -level } else { level };
        state = usize::from(step) & STATE_MASK as usize;
    }
    Quantized { eob: path.eob, cost: path.best >> STATE_BITS }
}

/// The best path to each state, and the best end of block until now.
struct Path {
    /// By state, which is in the low bits.
    scores: [i64; 3],
    /// The score of the best end, with its state, and one past its last level.
    best: i64,
    eob: usize,
    /// For each place and state the level that leads to it, above the state before.
    steps: [[u16; 3]; 16],
}

impl Path {
    #[inline(always)]
    fn new(block: &BlockContext) -> Self {
        let start =
            &block.costs.block_costs(block.block_type)[block.block_type.first_coefficient()][block.context];
        let mut scores = [UNREACHABLE; 3];
        scores[block.context] = i64::from(start.not_eob) << STATE_BITS | block.context as i64;
        Self { scores, best: i64::from(start.eob) << STATE_BITS, eob: 0, steps: [[0; 3]; 16] }
    }

    /// Extends all paths by one coefficient.
    #[inline(always)]
    fn advance(&mut self, block: &BlockContext, candidates: &Candidates, place: usize) {
        let costs = block.costs.block_costs(block.block_type);
        let floor = candidates.floor[place & 15] as u16;
        let higher = candidates.higher >> place & 1 == 1;
        let step = &mut self.steps[place & 15];
        let mut next = [UNREACHABLE; 3];
        if floor < 2 {
            let predecessor = best_predecessor(&costs[place], &self.scores, 0);
            step[0] = (predecessor & STATE_MASK) as u16;
            next[0] = predecessor & !STATE_MASK;
        }
        if floor == 0 && !higher {
            self.scores = next;
            return;
        }
        let size = i64::from(candidates.size[place & 15]);
        let step_size = i64::from(block.matrix.steps[place & 15]);
        for level in floor.max(1)..=floor + u16::from(higher) {
            let predecessor = best_predecessor(&costs[place], &self.scores, level);
            let error = size - i64::from(level) * step_size;
            let distortion = ((error * error - size * size) * block.weights[place & 15]) >> WEIGHT_BITS;
            let cost = distortion + i64::from(block.costs.extra(usize::from(level)));
            let state = usize::from(level.min(2));
            let score = (predecessor & !STATE_MASK) + (cost << STATE_BITS) + state as i64;
            if score < next[state] {
                next[state] = score;
                step[state] = level << STATE_BITS | (predecessor & STATE_MASK) as u16;
            }
        }
        self.scores = next;
        for state in 1..3 {
            let total = self.scores[state] + (i64::from(costs[place + 1][state].eob) << STATE_BITS);
            if total < self.best {
                (self.best, self.eob) = (total, place + 1);
            }
        }
    }
}

/// The best path to a level's token from the states before it: the score, with the state in its low bits.
#[inline(always)]
fn best_predecessor(costs: &[ContextCosts; 3], scores: &[i64; 3], level: u16) -> i64 {
    let token = token_of(usize::from(level));
    let from = |state: usize| scores[state] + (i64::from(costs[state].of(token)) << STATE_BITS);
    from(0).min(from(1)).min(from(2))
}
