//! The choice of a macroblock's modes and levels: least distortion plus rate.
//!
//! Luma is chosen in [`i16x16`](super::i16x16) and [`i4x4`](super::i4x4), chroma in [`chroma`](super::chroma); here is
//! what they share.

use super::{
    super::{
        lanes::{EMPTY, to_lanes},
        macroblock::{BlockMode, Macroblock, NonzeroFlags, Position},
        predict::{Edge, Predictor},
    },
    budget::AllowedModes,
    cost::{ModeCosts, TokenCosts},
    diffusion::DcErrors,
    quant::{BlockContext, Segment},
    trellis::trellis,
    tuning::Tools,
};
use crate::simd::Simd;

/// The pixels of a macroblock.
#[derive(Debug, Clone)]
pub struct Pixels {
    /// Luma.
    pub y: [[u8; 16]; 16],
    /// Cb and Cr.
    pub uv: [[[u8; 8]; 8]; 2],
}

impl Pixels {
    /// All samples zero.
    pub const fn new() -> Self {
        Self { y: [[0; 16]; 16], uv: [[[0; 8]; 8]; 2] }
    }
}

/// What the choice depends on beside the pixels.
pub struct ModeSearch<'a, S> {
    /// The level of SIMD.
    pub simd: S,
    /// The effort's tools.
    pub tools: &'a Tools,
    /// Quantisers.
    pub segment: &'a Segment,
    /// Token costs under the current probabilities.
    pub costs: &'a TokenCosts,
    /// Mode costs.
    pub modes: &'a ModeCosts,
    /// The modes that the first partition has bits for.
    pub allowed: AllowedModes,
}

/// What the macroblocks above and at left hand on: pixels to predict from, and contexts.
pub struct Neighbors {
    /// Where the macroblock stands.
    pub position: Position,
    /// Luma pixels.
    pub y: Edge<16>,
    /// The four luma pixels behind the row above.
    pub above_right: [u8; 4],
    /// Chroma pixels.
    pub uv: [Edge<8>; 2],
    /// 4x4 modes above.
    pub top_modes: [BlockMode; 4],
    /// 4x4 modes at left.
    pub left_modes: [BlockMode; 4],
    /// Blocks with nonzero levels above.
    pub top: NonzeroFlags,
    /// Blocks with nonzero levels at left.
    pub left: NonzeroFlags,
    /// Rounding errors of chroma DCs above and at left.
    pub uv_errors: [DcErrors; 2],
}

impl<S: Simd> ModeSearch<'_, S> {
    /// Chooses modes and levels of a macroblock and reconstructs it. Returns the rounding errors of chroma DCs along
    /// the lower and the right edge.
    #[inline(always)]
    pub fn encode(
        &self,
        source: &Pixels,
        neighbors: &Neighbors,
        mb: &mut Macroblock,
        out: &mut Pixels,
    ) -> [DcErrors; 2] {
        let mut lanes = EMPTY;
        to_lanes(&source.y, 0, &mut lanes);
        let mut predictor = Predictor::new();
        predictor.add(&neighbors.y, 0);
        let i16x16 = self.best_i16x16(&lanes, &predictor);
        // What 4x4 modes alone cost is seldom less than this.
        let least = self.rd_score(0, self.tools.i4x4_min_rate);
        let may_split =
            self.tools.i4x4_candidates > 0 && self.allowed == AllowedModes::All && i16x16.score > least;
        let is_i4x4 =
            may_split && self.try_i4x4(&lanes, neighbors, &self.score_i16x16(neighbors, &i16x16), mb, out);
        if !is_i4x4 {
            self.code_i16x16(neighbors, &i16x16, &predictor, mb, out);
        }
        self.chroma(source, neighbors, mb, out)
    }

    /// Chooses the levels of `SIDE` by `SIDE` blocks by the trellis, and their `eobs`. `edges` say which blocks above
    /// and at left have nonzero levels, 1 or 0 each; the context in `block` is not read.
    #[inline(always)]
    pub(super) fn quantize_blocks<const SIDE: usize>(
        &self,
        block: &BlockContext,
        coefficients: &[[i16; 16]],
        mut edges: [[u8; SIDE]; 2],
        levels: &mut [[i16; 16]],
        eobs: &mut [u8],
    ) {
        for at in 0..SIDE * SIDE {
            let (x, y) = (at % SIDE, at / SIDE);
            let block = BlockContext { context: usize::from(edges[0][x] + edges[1][y]), ..*block };
            let eob = trellis(self.simd, &block, &coefficients[at], &mut levels[at]).eob;
            eobs[at] = eob as u8;
            (edges[0][x], edges[1][y]) = (u8::from(eob != 0), u8::from(eob != 0));
        }
    }

    /// Distortion and rate as one number, the less the better: distortion is squared error of coefficients, rate in
    /// 1/256 bits.
    #[inline(always)]
    pub(super) const fn rd_score(&self, distortion: u32, rate: u32) -> i64 {
        ((distortion as i64) << 8) + self.segment.lambda * rate as i64
    }
}
