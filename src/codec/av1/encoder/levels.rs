//! The levels of a transform block: rounded, or chosen by rate and distortion over the true contexts of the scan.
//!
//! Everything is in steps of the quantiser: `x`, a coefficient divided by its step, has [`FRACTION`] bits of fraction,
//! so that a squared error means the same at every quantiser and, where a matrix makes steps of high frequencies
//! coarser, errors count less there.

use super::{
    cost::BIT,
    rates::{BlockRates, CONTEXTS, TxRates},
    scan::{Place, Scan},
};

/// Bits of fraction of a coefficient in steps.
pub(super) const FRACTION: u32 = 7;

const ONE: i32 = 1 << FRACTION;

/// Coefficients beyond this count as this one where they're left out.
pub(super) const LARGEST: u32 = 4095;

/// Levels with their padding, as large as they can be, up to a power of two: capped at 15 in the low bits, capped at 3
/// above them, so that both sums of neighbours are made at once.
pub(super) type Padded = [u8; PADDED];

/// More than 36 rows of 36.
pub(super) const PADDED: usize = 2048;

/// Coefficients of the largest transform.
pub(super) const COUNT: usize = 1024;

/// Levels in the order of the scan.
pub(super) type Levels = [i16; 1024];

/// What is chosen for a block of coefficients.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chosen {
    /// One past the last level that isn't zero, in the order of the scan.
    pub eob: u16,
    /// Rate, with that of `all_zero`, and distortion together, in 1/512 bits.
    pub cost: i64,
    /// The distortion were there no levels.
    pub none: i64,
    /// Sum of levels, 63 at most.
    pub cul_level: u8,
    /// `dcCategory`: 0 without DC, 1 negative, 2 positive.
    pub dc_category: u8,
}

/// How a block is weighed.
#[derive(Clone, Copy)]
pub(super) struct Weights {
    /// 1/512 bits that a squared step of error is worth, in sixteenths of 1/1024 of a squared step.
    pub error: i32,
    /// What is added to x before it's rounded down where levels are only rounded, and the least x that is a candidate
    /// for a level of 1 where they're chosen.
    pub rounding: i32,
    pub least: i32,
}

/// What a block's coefficients come to before any level is chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// Sum of their squares, weighed, in 1/1024 of a squared step.
    pub energy: u32,
    /// One past the last place of the scan with a candidate for a level.
    pub end: usize,
}

/// What the levels before the block's first one are coded by.
pub(super) struct Coded<'a> {
    pub scan: &'a Scan,
    pub rates: &'a TxRates,
    pub block: BlockRates,
    pub weights: &'a Weights,
    /// How errors of DC weigh, in sixteenths.
    pub dc: u32,
}

/// Bits of a level past the last that `coeff_br` tells.
#[inline(always)]
fn golomb(level: u32) -> u32 {
    if level < 15 { 0 } else { (2 * (level - 14).ilog2() + 1) * BIT }
}

/// The contexts of `coeff_base` and `coeff_br` at a place.
#[inline(always)]
fn contexts(levels: &Padded, place: Place, stride: usize) -> (usize, usize) {
    let here = usize::from(place.padded);
    let at = |offset: usize| u32::from(levels[(here + offset) % PADDED]);
    let three = at(1) + at(stride) + at(stride + 1);
    let five = (three >> 6) + (at(2) >> 6) + (at(2 * stride) >> 6);
    let base = five.div_ceil(2).min(4) as usize + usize::from(place.base);
    let range = (three & 63).div_ceil(2).min(6) as usize + usize::from(place.range);
    (base, range)
}

/// `d`, an error in steps, squared and weighed.
#[inline(always)]
fn weigh(error: i32, weight: i32) -> i32 {
    (((error * error) >> 4) * weight) >> 4
}

/// Chooses levels for `steps` (row-major, `x` of each coefficient) for the least sum of rate and distortion.
///
/// From the last candidate towards DC: what has been chosen for higher frequencies gives the contexts, and wherever a
/// level isn't zero it may be the block's last one. `levels` gets what was chosen in the order of the scan, with the
/// signs of `coefficients`; `padded` is scratch, all zero before and after.
#[inline(always)]
pub(super) fn choose(
    coded: &Coded,
    coefficients: &[i32; COUNT],
    steps: &[u32; COUNT],
    measured: Measured,
    levels: &mut Levels,
    padded: &mut Padded,
    search: bool,
) -> Chosen {
    let Coded { scan, rates, block, weights, dc } = coded;
    let Measured { energy, end } = measured;
    let zero_distortion = ((u64::from(energy) * weights.error as u64) >> 4) as i64;
    let all_zero = Chosen {
        cost: zero_distortion + i64::from(block.all_zero[1]),
        none: zero_distortion,
        ..Chosen::default()
    };
    if end == 0 {
        return all_zero;
    }
    let stride = scan.stride();
    let negative_dc = coefficients[0] < 0;
    let mut walk = Walk { eob: 0, cost: 0 };
    for (index, &place) in scan.places[..end].iter().enumerate().rev() {
        let position = usize::from(place.position) % COUNT;
        let at = usize::from(place.padded) % PADDED;
        let x = steps[position] as i32;
        let high = if search { (x + ONE / 2) >> FRACTION } else { (x + weights.rounding) >> FRACTION };
        if high == 0 {
            levels[index % COUNT] = 0;
            if walk.eob > 0 {
                let base = if index == 0 { 0 } else { contexts(padded, place, stride).0 };
                walk.cost += i64::from(rates.base[base % CONTEXTS][0]);
            }
            continue;
        }
        let sign = if index == 0 { u32::from(block.dc_sign[usize::from(negative_dc)]) } else { BIT };
        let weight = if position == 0 { (weights.error * *dc as i32) >> 4 } else { weights.error };
        // What a level costs, less the distortion that none would have.
        let clipped = x.min(LARGEST as i32);
        let zero = ((i64::from((clipped * clipped) >> 4) * i64::from(weight)) >> 4) as i32;
        let gain = |level: i32| weigh(x - (level << FRACTION), weight) - zero;
        let lowest = if search { high - 1 } else { high };
        // To go on with the levels behind.
        let mut go_on = (i64::MAX, 0);
        if walk.eob > 0 {
            let (base, range) = contexts(padded, place, stride);
            let base = &rates.base[if index == 0 { 0 } else { base % CONTEXTS }];
            for level in [high, lowest] {
                let mut cost = i64::from(base[level.min(3) as usize]);
                if level > 0 {
                    cost += i64::from(gain(level)) + i64::from(sign);
                }
                if level > 2 {
                    cost += i64::from(
                        u32::from(rates.range[range % 32][(level - 3).min(12) as usize % 16])
                            + golomb(level as u32),
                    );
                }
                if walk.cost + cost < go_on.0 {
                    go_on = (walk.cost + cost, level);
                }
            }
        }
        // Or to have none behind.
        let mut stop = (i64::MAX, 0);
        if search || walk.eob == 0 {
            let base = &rates.base_eob[eob_context(index, scan)];
            let range = usize::from(place.range);
            let end = i64::from(block.eob(rates, index + 1));
            for level in [high, lowest] {
                if level == 0 {
                    continue;
                }
                let mut cost = end
                    + i64::from(gain(level))
                    + i64::from(sign)
                    + i64::from(base[(level - 1).min(2) as usize]);
                if level > 2 {
                    cost += i64::from(
                        u32::from(rates.range[range % 32][(level - 3).min(12) as usize % 16])
                            + golomb(level as u32),
                    );
                }
                if cost < stop.0 {
                    stop = (cost, level);
                }
            }
        }
        let level = if stop.0 <= go_on.0 {
            for place in &scan.places[index + 1..walk.eob.max(index + 1)] {
                padded[usize::from(place.padded) % PADDED] = 0;
            }
            walk.eob = index + 1;
            walk.cost = stop.0;
            stop.1
        } else {
            walk.cost = go_on.0;
            go_on.1
        };
        levels[index % COUNT] = if coefficients[position] < 0 { -level as i16 } else { level as i16 };
        padded[at] = (level.min(15) | level.min(3) << 6) as u8;
    }
    for place in &scan.places[..walk.eob] {
        padded[usize::from(place.padded) % PADDED] = 0;
    }
    let zero_cost = i64::from(block.all_zero[1]) - i64::from(block.all_zero[0]);
    if walk.eob == 0 || (search && walk.cost >= zero_cost) {
        return all_zero;
    }
    let sum: u32 = levels[..walk.eob].iter().map(|level| u32::from(level.unsigned_abs())).sum();
    let dc_category = if levels[0] == 0 { 0 } else { 2 - u8::from(negative_dc) };
    Chosen {
        eob: walk.eob as u16,
        cost: zero_distortion + walk.cost + i64::from(block.all_zero[0]),
        none: zero_distortion,
        cul_level: sum.min(63) as u8,
        dc_category,
    }
}

/// What has been chosen so far.
struct Walk {
    eob: usize,
    /// Of the places up to `eob`, less the distortion were they zero.
    cost: i64,
}

#[inline(always)]
fn eob_context(index: usize, scan: &Scan) -> usize {
    let count = scan.side * scan.side;
    if index == 0 {
        0
    } else if index <= count / 8 {
        1
    } else if index <= count / 4 {
        2
    } else {
        3
    }
}
