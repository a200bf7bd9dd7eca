//! Levels by rate and distortion: a shortest path over the scan of a block.

use super::{
    cost::{ContextCosts, token_of},
    quant::{BlockSite, Matrix, WEIGHT_BITS},
};
use crate::simd::{Simd, SimdBase, i16x16, mul_high_by};

/// Bits of a score that hold the state it belongs to, so that the least of some scores says where it is from.
const STATE_BITS: u32 = 2;
const STATE_MASK: i64 = (1 << STATE_BITS) - 1;

/// The score of a state that no path leads to.
const NOWHERE: i64 = i64::MAX / 4;

/// The levels that were chosen for a block.
#[derive(Clone, Copy)]
pub struct Chosen {
    /// One past the last level that is not zero; 0 when all are.
    pub end: usize,
    /// Rate and distortion in 1/256 bits, less the distortion were all levels zero.
    pub cost: i64,
}

/// Chooses the levels of a block for the least sum of distortion and rate; the states of the path are the contexts
/// of the next token. Coefficients and levels are in scan order; all levels behind the end are zero.
#[inline(always)]
pub fn trellis<S: Simd>(
    simd: S,
    site: &BlockSite,
    coefficients: &[i16; 16],
    levels: &mut [i16; 16],
) -> Chosen {
    let near = Near::new(simd, site.matrix, coefficients);
    search(site, coefficients, &near, levels)
}

/// The levels below the coefficients.
struct Near {
    /// Absolute values of the coefficients.
    size: [i16; 16],
    /// Levels rounded down.
    floor: [i16; 16],
    /// A bit for each place where the next level is worth a look.
    higher: u32,
    /// A bit for each place where the level rounded down isn't zero.
    coded: u32,
}

impl Near {
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

    /// One past the last place where a level may be other than zero.
    fn end(&self) -> usize {
        (u32::BITS - (self.higher | self.coded).leading_zeros()) as usize
    }
}

/// The way through the states.
fn search(site: &BlockSite, coefficients: &[i16; 16], near: &Near, levels: &mut [i16; 16]) -> Chosen {
    *levels = [0; 16];
    let mut path = Path::new(site);
    for place in site.first..near.end() {
        path.advance(site, near, place);
    }
    let mut state = (path.best & STATE_MASK) as usize;
    for place in (site.first..path.end).rev() {
        let step = path.steps[place & 15][state.min(2)];
        let level = (step >> STATE_BITS) as i16;
        levels[place & 15] = if coefficients[place & 15] < 0 { -level } else { level };
        state = usize::from(step) & STATE_MASK as usize;
    }
    Chosen { end: path.end, cost: path.best >> STATE_BITS }
}

/// The best ways to each state, and the best end until now.
struct Path {
    /// By state, which is in the low bits.
    scores: [i64; 3],
    /// The score of the best end, with its state, and one past its last level.
    best: i64,
    end: usize,
    /// For each place and state the level that leads to it, above the state before.
    steps: [[u16; 3]; 16],
}

impl Path {
    #[inline(always)]
    fn new(site: &BlockSite) -> Self {
        let start = &site.costs.kind(site.kind)[site.first][site.context];
        let mut scores = [NOWHERE; 3];
        scores[site.context] = i64::from(start.start) << STATE_BITS | site.context as i64;
        Self { scores, best: i64::from(start.end) << STATE_BITS, end: 0, steps: [[0; 3]; 16] }
    }

    /// Goes on by one coefficient.
    #[inline(always)]
    fn advance(&mut self, site: &BlockSite, near: &Near, place: usize) {
        let costs = site.costs.kind(site.kind);
        let floor = near.floor[place & 15] as u16;
        let higher = near.higher >> place & 1 == 1;
        let step = &mut self.steps[place & 15];
        let mut next = [NOWHERE; 3];
        if floor < 2 {
            let reached = reach(&costs[place], &self.scores, 0);
            step[0] = (reached & STATE_MASK) as u16;
            next[0] = reached & !STATE_MASK;
        }
        if floor == 0 && !higher {
            self.scores = next;
            return;
        }
        let size = i64::from(near.size[place & 15]);
        let step_size = i64::from(site.matrix.steps[place & 15]);
        for level in floor.max(1)..=floor + u16::from(higher) {
            let reached = reach(&costs[place], &self.scores, level);
            let error = size - i64::from(level) * step_size;
            let distortion = ((error * error - size * size) * site.weights[place & 15]) >> WEIGHT_BITS;
            let cost = distortion + i64::from(site.costs.extra(usize::from(level)));
            let state = usize::from(level.min(2));
            let score = (reached & !STATE_MASK) + (cost << STATE_BITS) + state as i64;
            if score < next[state] {
                next[state] = score;
                step[state] = level << STATE_BITS | (reached & STATE_MASK) as u16;
            }
        }
        self.scores = next;
        for state in 1..3 {
            let total = self.scores[state] + (i64::from(costs[place + 1][state].end) << STATE_BITS);
            if total < self.best {
                (self.best, self.end) = (total, place + 1);
            }
        }
    }
}

/// The best way to a level's token from the states before it: the score, with the state.
#[inline(always)]
fn reach(costs: &[ContextCosts; 3], scores: &[i64; 3], level: u16) -> i64 {
    let token = token_of(usize::from(level));
    let from = |state: usize| scores[state] + (i64::from(costs[state].of(token)) << STATE_BITS);
    from(0).min(from(1)).min(from(2))
}
