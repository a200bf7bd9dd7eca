//! Intra prediction (RFC 6386, section 12).
//!
//! Every predictor reads reconstructed pixels along the edges of what it predicts ([`Edge`] for whole planes), as they
//! are before the loop filter, with the constants that stand in for them outside of the picture.

use super::{
    lanes::{LANES, Lanes},
    macroblock::{BlockMode, IntraMode},
};
use crate::simd::{Bytes, Simd, SimdBase, SimdWiden, i16x8, u8x16};

/// How many modes there are for 4x4 luma blocks.
pub const B_MODES: usize = 10;

/// The pixels around a plane of a macroblock: a corner, a row above and a column at left.
#[derive(Debug, Clone, Copy)]
pub struct Edge<const SIDE: usize> {
    /// The row above; of no meaning on the first row of macroblocks.
    pub top: [u8; SIDE],
    /// The column at left.
    pub left: [u8; SIDE],
    /// The pixel above the left column.
    pub corner: u8,
    /// False on the first row.
    pub has_top: bool,
    /// False in the first column.
    pub has_left: bool,
}

impl<const SIDE: usize> Edge<SIDE> {
    /// The mean of the edges that there are, or 128.
    pub fn dc(&self) -> i16 {
        let sum = |edge: &[u8; SIDE]| edge.iter().map(|&pixel| u32::from(pixel)).sum::<u32>();
        let side = SIDE as u32;
        let mean = match (self.has_top, self.has_left) {
            (true, true) => (sum(&self.top) + sum(&self.left) + side) / (2 * side),
            (true, false) => (sum(&self.top) + side / 2) / side,
            (false, true) => (sum(&self.left) + side / 2) / side,
            (false, false) => 128,
        };
        mean as i16
    }
}

// The modes as constants, for functions that are compiled for each.
pub const DC_PRED: u8 = IntraMode::Dc as u8;
pub const TM_PRED: u8 = IntraMode::Tm as u8;
pub const V_PRED: u8 = IntraMode::V as u8;
pub const H_PRED: u8 = IntraMode::H as u8;

/// The 4x4 mode whose pixels are no means of neighbours.
const B_TM_PRED: BlockMode = 1;

/// Predicts whole planes, whose 4x4 blocks stand in lanes: holds what each lane needs of its plane's edge.
pub struct Predictor {
    /// The pixels above each block, by column in the block.
    top: [[i16; LANES]; 4],
    /// The pixels at left of each block, by row in the block.
    left: [[i16; LANES]; 4],
    corner: [i16; LANES],
    dc: [i16; LANES],
}

impl Predictor {
    /// A predictor without planes; [`Self::add`] brings them.
    pub const fn new() -> Self {
        Self { top: [[0; LANES]; 4], left: [[0; LANES]; 4], corner: [0; LANES], dc: [0; LANES] }
    }

    /// Adds a plane whose blocks are in the lanes from `first`.
    #[inline(always)]
    pub fn add<const SIDE: usize>(&mut self, edge: &Edge<SIDE>, first: usize) {
        let across = SIDE / 4;
        for block in 0..across * across {
            for place in 0..4 {
                self.top[place][first + block] = i16::from(edge.top[block % across * 4 + place]);
                self.left[place][first + block] = i16::from(edge.left[block / across * 4 + place]);
            }
        }
        let blocks = first..first + across * across;
        self.corner[blocks.clone()].fill(i16::from(edge.corner));
        self.dc[blocks].fill(edge.dc());
    }

    /// The prediction of one pixel of all blocks by an [`IntraMode`].
    #[inline(always)]
    fn place<const MODE: u8>(&self, place: usize) -> [i16; LANES] {
        match MODE {
            DC_PRED => self.dc,
            TM_PRED => {
                let (top, left) = (&self.top[place % 4], &self.left[place / 4]);
                let mut out = [0; LANES];
                for lane in 0..LANES {
                    out[lane] = (top[lane] + left[lane] - self.corner[lane]).clamp(0, 255);
                }
                out
            }
            V_PRED => self.top[place % 4],
            _ => self.left[place / 4],
        }
    }

    /// Source less prediction: by the [`IntraMode`] `LOW` in the lower half of the lanes, by `HIGH` in the upper half.
    #[inline(always)]
    pub fn residual<S: Simd, const LOW: u8, const HIGH: u8>(&self, simd: S, source: &Lanes, out: &mut Lanes) {
        simd.vectorize(
            #[inline(always)]
            || {
                for place in 0..16 {
                    let mut prediction = self.place::<LOW>(place);
                    if LOW != HIGH {
                        prediction[LANES / 2..].copy_from_slice(&self.place::<HIGH>(place)[LANES / 2..]);
                    }
                    let (source, out) = (&source[place], &mut out[place]);
                    for lane in 0..LANES {
                        out[lane] = source[lane] - prediction[lane];
                    }
                }
            },
        );
    }

    /// Adds the prediction by a mode to residuals, which become pixels.
    #[inline(always)]
    pub fn reconstruct<S: Simd>(&self, simd: S, mode: IntraMode, residuals: &mut Lanes) {
        simd.vectorize(
            #[inline(always)]
            || match mode {
                IntraMode::Dc => self.add_to::<DC_PRED>(residuals),
                IntraMode::Tm => self.add_to::<TM_PRED>(residuals),
                IntraMode::V => self.add_to::<V_PRED>(residuals),
                IntraMode::H => self.add_to::<H_PRED>(residuals),
            },
        );
    }

    #[inline(always)]
    fn add_to<const MODE: u8>(&self, residuals: &mut Lanes) {
        for place in 0..16 {
            let prediction = self.place::<MODE>(place);
            let values = &mut residuals[place];
            for lane in 0..LANES {
                values[lane] = values[lane].wrapping_add(prediction[lane]).clamp(0, 255);
            }
        }
    }
}

/// The predictions of a 4x4 block by pixel, then by mode; the lanes behind the tenth mode are zero.
pub type Predictions = [[u8; LANES]; 16];

/// Predicts a 4x4 block in all modes, and subtracts each prediction from the source. The edge is that of section 12.3:
/// left from bottom to top, the corner, and eight pixels above.
#[inline(always)]
pub fn predict_blocks<S: Simd>(
    simd: S,
    edge: &[u8; 13],
    source: &[i16; 16],
    predictions: &mut Predictions,
    residuals: &mut Lanes,
) {
    simd.vectorize(
        #[inline(always)]
        || {
            let (means, pairs, tm) = parts(edge);
            let means = u8x16::load_array(simd, means);
            let pairs = u8x16::load_array(simd, pairs);
            let tm = u8x16::load_array(simd, tm);
            let tm_lane = u8x16::load_array(simd, TM_LANE);
            for place in 0..16 {
                let by_means = means.swizzle_dyn(u8x16::load_array(simd, MEANS[place]));
                let by_pairs = pairs.swizzle_dyn(u8x16::load_array(simd, PAIRS[place]));
                let by_tm = tm.swizzle_dyn(u8x16::splat(simd, place as u8)) & tm_lane;
                let prediction = by_means | by_pairs | by_tm;
                prediction.store_array(&mut predictions[place]);
                let (low, high) = prediction.widen();
                let value = i16x8::splat(simd, source[place]);
                (value - low.bitcast::<i16x8<S>>()).store_slice(&mut residuals[place][..LANES / 2]);
                (value - high.bitcast::<i16x8<S>>()).store_slice(&mut residuals[place][LANES / 2..]);
            }
        },
    );
}

/// Predicts a 4x4 block in one mode, from an edge as [`predict_blocks`] takes it.
#[inline(always)]
pub fn predict_block<S: Simd>(simd: S, edge: &[u8; 13], mode: BlockMode) -> [u8; 16] {
    simd.vectorize(
        #[inline(always)]
        || {
            let (means, pairs, tm) = parts(edge);
            if mode == B_TM_PRED {
                return tm;
            }
            let mode = usize::from(mode) % B_MODES;
            let by_means =
                u8x16::load_array(simd, means).swizzle_dyn(u8x16::load_array(simd, MEANS_OF[mode]));
            let by_pairs =
                u8x16::load_array(simd, pairs).swizzle_dyn(u8x16::load_array(simd, PAIRS_OF[mode]));
            (by_means | by_pairs).to_array()
        },
    )
}

/// The values that all predictions pick from: the weighted means of three neighbours along the edge, one for each of
/// its 13 pixels; the 12 means of two, the lowest pixel at left and the mean of both edges (DC); the 16 pixels of TM.
/// The last of the first two lists is zero.
#[inline(always)]
fn parts(edge: &[u8; 13]) -> ([u8; 16], [u8; 16], [u8; 16]) {
    // The ends go on.
    let mut padded = [0_u16; 18];
    padded[0] = u16::from(edge[0]);
    for place in 0..13 {
        padded[1 + place] = u16::from(edge[place]);
    }
    padded[14] = u16::from(edge[12]);
    let (mut means, mut pairs, mut tm) = ([0; 16], [0; 16], [0; 16]);
    for place in 0..16 {
        means[place] = ((padded[place] + 2 * padded[place + 1] + padded[place + 2] + 2) >> 2) as u8;
        pairs[place] = ((padded[place + 1] + padded[place + 2] + 1) >> 1) as u8;
    }
    means[NONE] = 0;
    pairs[NONE] = 0;
    pairs[LAST] = edge[0];
    let left = &edge[..4];
    let top = &edge[5..9];
    let mut sum = 4;
    for place in 0..4 {
        sum += u32::from(left[place]) + u32::from(top[place]);
    }
    pairs[DC] = (sum >> 3) as u8;
    for y in 0..4 {
        let offset = i16::from(left[3 - y]) - i16::from(edge[4]);
        for x in 0..4 {
            tm[4 * y + x] = (i16::from(top[x]) + offset).clamp(0, 255) as u8;
        }
    }
    (means, pairs, tm)
}

/// Among the means of two, the place of the lowest pixel at left.
const LAST: usize = 12;
/// Among the means of two, the place of the mean of both edges.
const DC: usize = 13;
/// In either list, the place of a zero.
const NONE: usize = 15;

/// Selects the lane of TM among those of all modes.
const TM_LANE: [u8; LANES] = [0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// For each pixel and mode the mean of three, or the mean of two, that predicts it; none where it is the other's.
const MEANS: [[u8; LANES]; 16] = sources(true);
const PAIRS: [[u8; LANES]; 16] = sources(false);

/// [`MEANS`] and [`PAIRS`] by mode, then by pixel.
const MEANS_OF: [[u8; 16]; B_MODES] = by_mode(&MEANS);
const PAIRS_OF: [[u8; 16]; B_MODES] = by_mode(&PAIRS);

const fn by_mode(places: &[[u8; LANES]; 16]) -> [[u8; 16]; B_MODES] {
    let mut modes = [[0; 16]; B_MODES];
    let mut at = 0;
    while at < 16 * B_MODES {
        modes[at / 16][at % 16] = places[at % 16][at / 16];
        at += 1;
    }
    modes
}

const fn sources(of_three: bool) -> [[u8; LANES]; 16] {
    let mut table = [[NONE as u8; LANES]; 16];
    let mut place = 0;
    while place < 16 {
        let (x, y) = (place % 4, place / 4);
        let modes =
            [A2 + DC, NONE, 5 + x, 3 - y, 6 + x + y, 4 + x - y, VR[y][x], VL[y][x], HD[y][x], HU[y][x]];
        let mut mode = 0;
        while mode < modes.len() {
            if mode != B_TM_PRED as usize && (modes[mode] < A2) == of_three {
                table[place][mode] = (modes[mode] % A2) as u8;
            }
            mode += 1;
        }
        place += 1;
    }
    table
}

/// Means of two (`A2`) and three (`A3`) as the RFC lists them for the four steep modes.
const A2: usize = 16;
const A3: usize = 0;
const VR: [[usize; 4]; 4] = [
    [A2 + 4, A2 + 5, A2 + 6, A2 + 7],
    [A3 + 4, A3 + 5, A3 + 6, A3 + 7],
    [A3 + 3, A2 + 4, A2 + 5, A2 + 6],
    [A3 + 2, A3 + 4, A3 + 5, A3 + 6],
];
const VL: [[usize; 4]; 4] = [
    [A2 + 5, A2 + 6, A2 + 7, A2 + 8],
    [A3 + 6, A3 + 7, A3 + 8, A3 + 9],
    [A2 + 6, A2 + 7, A2 + 8, A3 + 10],
    [A3 + 7, A3 + 8, A3 + 9, A3 + 11],
];
const HD: [[usize; 4]; 4] = [
    [A2 + 3, A3 + 4, A3 + 5, A3 + 6],
    [A2 + 2, A3 + 3, A2 + 3, A3 + 4],
    [A2 + 1, A3 + 2, A2 + 2, A3 + 3],
    [A2, A3 + 1, A2 + 1, A3 + 2],
];
const HU: [[usize; 4]; 4] = [
    [A2 + 2, A3 + 2, A2 + 1, A3 + 1],
    [A2 + 1, A3 + 1, A2, A3],
    [A2, A3, A2 + LAST, A2 + LAST],
    [A2 + LAST, A2 + LAST, A2 + LAST, A2 + LAST],
];
