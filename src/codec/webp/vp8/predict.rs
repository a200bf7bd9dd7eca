//! Intra prediction (RFC 6386, section 12).
//!
//! All predictors read an [`Edges`], the reconstructed pixels around a macroblock before the loop filter, with
//! the constants that stand in for them outside of the picture.

use super::transform::{LANES, Lanes};
use crate::simd::Simd;

/// Modes for 4x4 luma blocks.
pub const B_MODES: usize = 10;

/// The pixels around a plane of a macroblock: a corner, a row above and a column at left.
#[derive(Debug, Clone, Copy)]
pub struct Edge<const SIDE: usize> {
    /// The row above; none on the first row of macroblocks.
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
    fn dc(&self) -> i16 {
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

/// Predicts whole planes, in lanes of 4x4 blocks: what the lanes need of their plane's edge.
pub struct Predictor {
    /// The pixels above each block, by column in the block.
    top: [[i16; LANES]; 4],
    /// The pixels at left of each block, by row in the block.
    left: [[i16; LANES]; 4],
    corner: [i16; LANES],
    dc: [i16; LANES],
}

impl Predictor {
    /// For planes to be added.
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

    /// What a pixel place of all lanes is predicted to be: 0 DC, 1 TM, 2 V, 3 H.
    #[inline(always)]
    fn place(&self, mode: u8, place: usize) -> [i16; LANES] {
        match mode {
            0 => self.dc,
            1 => {
                let (top, left) = (&self.top[place % 4], &self.left[place / 4]);
                let mut out = [0; LANES];
                for lane in 0..LANES {
                    out[lane] = (top[lane] + left[lane] - self.corner[lane]).clamp(0, 255);
                }
                out
            }
            2 => self.top[place % 4],
            _ => self.left[place / 4],
        }
    }

    /// The prediction by one mode in the lower half of the lanes, by another in the upper half.
    #[inline(always)]
    fn halves(&self, modes: [u8; 2], place: usize) -> [i16; LANES] {
        let mut out = self.place(modes[0], place);
        if modes[0] != modes[1] {
            out[LANES / 2..].copy_from_slice(&self.place(modes[1], place)[LANES / 2..]);
        }
        out
    }

    /// Source less prediction.
    #[inline(always)]
    pub fn residual<S: Simd>(&self, simd: S, modes: [u8; 2], source: &Lanes, out: &mut Lanes) {
        simd.vectorize(
            #[inline(always)]
            || {
                for place in 0..16 {
                    let prediction = self.halves(modes, place);
                    let (source, out) = (&source[place], &mut out[place]);
                    for lane in 0..LANES {
                        out[lane] = source[lane] - prediction[lane];
                    }
                }
            },
        );
    }

    /// Adds the prediction to residuals: pixels.
    #[inline(always)]
    pub fn reconstruct<S: Simd>(&self, simd: S, modes: [u8; 2], residuals: &mut Lanes) {
        simd.vectorize(
            #[inline(always)]
            || {
                for place in 0..16 {
                    let prediction = self.halves(modes, place);
                    for (value, predicted) in residuals[place].iter_mut().zip(prediction) {
                        *value = (*value + predicted).clamp(0, 255);
                    }
                }
            },
        );
    }
}

/// Predicts a 4x4 block in all modes: by pixel, then by mode; the lanes behind the tenth are zero. The edge is
/// that of section 12.3: left from bottom to top, the corner, and eight pixels above.
#[inline(always)]
pub fn predict_blocks<S: Simd>(simd: S, edge: &[u8; 13], out: &mut Lanes) {
    simd.vectorize(
        #[inline(always)]
        || predict_lanes(edge, out),
    );
}

#[inline(always)]
fn predict_lanes(edge: &[u8; 13], out: &mut Lanes) {
    let mut values = [0_i16; VALUES];
    let pixel = |place: usize| i16::from(edge[place]);
    for place in 0..13 {
        let (before, after) = (pixel(place.max(1) - 1), pixel((place + 1).min(12)));
        values[AVG3 + place] = (before + 2 * pixel(place) + after + 2) >> 2;
    }
    for place in 0..12 {
        values[AVG2 + place] = (pixel(place) + pixel(place + 1) + 1) >> 1;
    }
    values[LAST] = pixel(0);
    let left = pixel(0) + pixel(1) + pixel(2) + pixel(3);
    values[DC] = (left + pixel(5) + pixel(6) + pixel(7) + pixel(8) + 4) >> 3;
    for y in 0..4 {
        let offset = pixel(3 - y) - pixel(4);
        for x in 0..4 {
            values[TM + 4 * y + x] = (pixel(5 + x) + offset).clamp(0, 255);
        }
    }
    for (lanes, sources) in out.iter_mut().zip(&BLOCK_SOURCES) {
        for (lane, &source) in lanes.iter_mut().zip(sources) {
            *lane = values[usize::from(source) & (VALUES - 1)];
        }
    }
}

// The places of the values that predictors are made of: weighted means of three and means of two neighbours
// along the edge, the lowest pixel at left, the mean, and the sixteen of TM.
const VALUES: usize = 64;
const AVG3: usize = 0;
const AVG2: usize = 13;
const LAST: usize = 25;
const DC: usize = 26;
const TM: usize = 27;
const ZERO: usize = 63;

/// For each pixel and mode the value that predicts it.
const BLOCK_SOURCES: [[u8; LANES]; 16] = block_sources();

const fn block_sources() -> [[u8; LANES]; 16] {
    let mut table = [[ZERO as u8; LANES]; 16];
    let mut place = 0;
    while place < 16 {
        let (x, y) = (place % 4, place / 4);
        table[place][0] = DC as u8;
        table[place][1] = (TM + place) as u8;
        table[place][2] = (AVG3 + 5 + x) as u8;
        table[place][3] = (AVG3 + 3 - y) as u8;
        table[place][4] = (AVG3 + 6 + x + y) as u8;
        table[place][5] = (AVG3 + 4 + x - y) as u8;
        table[place][6] = VR[y][x] as u8;
        table[place][7] = VL[y][x] as u8;
        table[place][8] = HD[y][x] as u8;
        table[place][9] = HU[y][x] as u8;
        place += 1;
    }
    table
}

/// Means of two (`A2`) and three (`A3`) as the RFC lists them for the four steep modes.
const A2: usize = AVG2;
const A3: usize = AVG3;
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
    [A2, A3, LAST, LAST],
    [LAST, LAST, LAST, LAST],
];
