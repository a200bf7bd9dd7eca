//! Levels by rate and distortion: a shortest path over the scan of a block.

use super::{
    cost::{BlockCosts, token_of},
    quant::{BlockSite, Matrix, WEIGHT_BITS},
};
use crate::simd::{Simd, SimdBase, i16x16, mul_high_by};

/// Bits of a score that hold the state it belongs to, so that the least of some scores says where it is from.
const STATE_BITS: u32 = 2;

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
    let costs = site.costs.kind(site.kind);
    let start = &costs[site.first][site.context];
    let mut best = (i64::from(start.end) << STATE_BITS, 0);
    let last = near.end();
    if last <= site.first {
        return Chosen { end: 0, cost: best.0 >> STATE_BITS };
    }
    let mut scores = [NOWHERE; 3];
    scores[site.context] = i64::from(start.start) << STATE_BITS | site.context as i64;
    // For each state the level that leads to it, above the state before.
    let mut steps = [[0_u16; 3]; 16];
    for place in site.first..last {
        let step = &mut steps[place & 15];
        let floor = near.floor[place & 15] as u16;
        let higher = near.higher >> place & 1 == 1;
        let mut next = [NOWHERE; 3];
        if floor < 2 {
            let reached = reach(costs, &scores, place, 0);
            step[0] = (reached & 3) as u16;
            next[0] = reached & !3;
        }
        if floor == 0 && !higher {
            scores = next;
            continue;
        }
        let size = i64::from(near.size[place & 15]);
        let step_size = i64::from(site.matrix.steps[place & 15]);
        for level in floor.max(1)..=floor + u16::from(higher) {
            let reached = reach(costs, &scores, place, level);
            let error = size - i64::from(level) * step_size;
            let distortion = ((error * error - size * size) * site.weight) >> WEIGHT_BITS;
            let cost = distortion + i64::from(site.costs.extra(usize::from(level)));
            let state = usize::from(level.min(2));
            let score = (reached & !3) + (cost << STATE_BITS) + state as i64;
            if score < next[state] {
                next[state] = score;
                step[state] = level << STATE_BITS | (reached & 3) as u16;
            }
        }
        scores = next;
        let after = &costs[place + 1];
        for state in 1..3 {
            let total = scores[state] + (i64::from(after[state].end) << STATE_BITS);
            if total < best.0 {
                best = (total, place + 1);
            }
        }
    }
    let (score, end) = best;
    let mut state = (score & 3) as usize;
    for place in (site.first..end).rev() {
        let step = steps[place & 15][state.min(2)];
        let level = (step >> STATE_BITS) as i16;
        levels[place & 15] = if coefficients[place & 15] < 0 { -level } else { level };
        state = usize::from(step & 3);
    }
    Chosen { end, cost: score >> STATE_BITS }
}

/// The best way to a level's token from the states before it.
#[inline(always)]
fn reach(costs: &BlockCosts, scores: &[i64; 3], place: usize, level: u16) -> i64 {
    let token = token_of(usize::from(level));
    let costs = &costs[place];
    let from = |state: usize| scores[state] + (i64::from(costs[state].of(token)) << STATE_BITS);
    from(0).min(from(1)).min(from(2))
}
