//! 4x4 prediction of a macroblock's luma: the choice of the sixteen modes and their levels.

use super::{
    super::{
        lanes::{Blocks, EMPTY, Lanes, to_raster_blocks},
        macroblock::{Luma, Macroblock, Y2},
        predict::{B_MODES, Predictions, predict_blocks},
        transform::{forward, inverse_block},
    },
    modes::{Pixels, Search, Site, WholeScore},
    quant::{BlockSite, Rounded, dequantize_block, scan_lane, to_raster},
    trellis::trellis,
};
use crate::simd::Simd;

impl<S: Simd> Search<'_, S> {
    /// Codes luma in 4x4 modes if that is better than the score of the best 16x16 mode; true if so. The source is in
    /// lanes.
    #[inline(always)]
    pub(super) fn try_blocks(
        &self,
        lanes: &Lanes,
        site: &Site,
        whole: &WholeScore,
        mb: &mut Macroblock,
        out: &mut Pixels,
    ) -> bool {
        let mut source = EMPTY;
        to_raster_blocks(self.simd, lanes, &mut source);
        let mut coded = BlocksCoded { modes: [0; 16], ends: [0; 16], levels: EMPTY };
        let mut frame = Frame::new(site);
        let is_better = self.blocks(&source, site, whole, &mut coded, &mut frame);
        if is_better {
            mb.luma = Luma::Blocks(coded.modes);
            mb.ends[..16].copy_from_slice(&coded.ends);
            mb.ends[Y2] = 0;
            mb.levels[..16].copy_from_slice(&coded.levels);
            frame.read(&mut out.y);
        }
        is_better
    }

    /// Tries 4x4 modes until they are worse than the 16x16 mode; true if they aren't.
    #[inline(always)]
    fn blocks(
        &self,
        source: &Blocks,
        site: &Site,
        whole: &WholeScore,
        coded: &mut BlocksCoded,
        frame: &mut Frame,
    ) -> bool {
        let (mut top_modes, mut left_modes) = (site.top_modes, site.left_modes);
        let (mut top, mut left) = (site.top, site.left);
        let mut score = self.score(0, u32::from(self.modes.b_flag));
        let mut beside = 0;
        for block in 0..16 {
            let (x, y) = (block % 4, block / 4);
            let place = BlockPlace {
                x,
                y,
                mode_costs: &self.modes.b[usize::from(top_modes[x])][usize::from(left_modes[y])],
                context: usize::from(top.0[x] + left.0[y]),
            };
            let choice = self.block(&source[block], frame, &place, &mut coded.levels[block]);
            score += choice.score;
            beside += whole.blocks[block];
            if score >= whole.score || block >= 3 && score > beside + beside / 64 * self.tools.patience {
                return false;
            }
            coded.ends[block] = choice.end as u8;
            coded.modes[block] = choice.mode as u8;
            (top_modes[x], left_modes[y]) = (choice.mode as u8, choice.mode as u8);
            (top.0[x], left.0[y]) = (u8::from(choice.end != 0), u8::from(choice.end != 0));
        }
        true
    }

    /// Chooses the mode and the levels of a 4x4 block and reconstructs it in the frame.
    #[inline(always)]
    fn block(
        &self,
        source: &[i16; 16],
        frame: &mut Frame,
        place: &BlockPlace,
        levels: &mut [i16; 16],
    ) -> BlockChoice {
        let mut predictions: Predictions = [[0; 16]; 16];
        let mut lanes = EMPTY;
        predict_blocks(self.simd, &frame.edge(place.x, place.y), source, &mut predictions, &mut lanes);
        forward(self.simd, &mut lanes);
        let mut rounded = Rounded::new();
        rounded.round::<S, 0>(self.simd, &lanes, &self.segment.y1);
        let mut scores = self.guess(&rounded, place.mode_costs);
        let site = BlockSite {
            kind: 3,
            first: 0,
            context: place.context,
            costs: self.costs,
            matrix: &self.segment.y1,
            weights: &self.segment.weights[0],
        };
        let mut best = BlockChoice { score: i64::MAX, mode: 0, end: 0 };
        let mut trial = [0; 16];
        for _ in 0..self.tools.block_modes {
            let mode = cheapest(&mut scores);
            let coefficients = scan_lane(&lanes, mode);
            let (end, score) = if self.tools.trellis_modes {
                self.choose_block(&site, &coefficients, &mut trial)
            } else {
                let end = rounded.take(mode, &mut trial);
                // Whether it is good enough is seen when its levels are chosen.
                let is_lone = self.tools.block_modes == 1 && self.tools.trellis;
                (end, if is_lone { 0 } else { self.judge(&site, &rounded, mode, end, &trial) })
            };
            let score = score + self.segment.lambda * i64::from(place.mode_costs[mode]);
            if score < best.score {
                best = BlockChoice { score, mode, end };
                *levels = trial;
            }
        }
        let mode = best.mode;
        if self.tools.trellis && !self.tools.trellis_modes {
            (best.end, best.score) = self.choose_block(&site, &scan_lane(&lanes, mode), levels);
            best.score += self.segment.lambda * i64::from(place.mode_costs[mode]);
        }
        frame.write(place, &predictions, &best, &dequantize_block(&self.segment.y1, levels));
        best
    }

    /// The score of rounded levels by true cost.
    #[inline(always)]
    fn judge(&self, site: &BlockSite, rounded: &Rounded, mode: usize, end: usize, levels: &[i16; 16]) -> i64 {
        self.score(rounded.distortion[mode], self.costs.block(3, 0, end, site.context, levels))
    }

    /// Chooses levels by the trellis; their end and their score.
    #[inline(always)]
    fn choose_block(
        &self,
        site: &BlockSite,
        coefficients: &[i16; 16],
        levels: &mut [i16; 16],
    ) -> (usize, i64) {
        let chosen = trellis(self.simd, site, coefficients, levels);
        let mut energy = 0;
        for place in 0..16 {
            let size = i64::from(coefficients[place]);
            energy += self.segment.frequencies[place] * size * size;
        }
        // To 1/256 of squared errors.
        (chosen.end, 2 * energy + self.segment.lambda * chosen.cost)
    }

    /// Scores by the guessed costs of rounded levels, with the mode in the low four bits.
    #[inline(always)]
    fn guess(&self, rounded: &Rounded, mode_costs: &[u16; B_MODES]) -> [u32; 16] {
        let mut costs = [0_u32; 16];
        for mode in 0..B_MODES {
            costs[mode] = u32::from(mode_costs[mode]);
        }
        let lambda = self.segment.lambda as u32;
        let mut scores = [u32::MAX; 16];
        self.simd.vectorize(
            #[inline(always)]
            || {
                for mode in 0..16 {
                    let rate = 8 * rounded.rate[mode] as u32 + costs[mode];
                    let score = (rounded.distortion[mode] << 8) + lambda * rate;
                    scores[mode] = score & !15 | mode as u32;
                }
            },
        );
        for mode in B_MODES..16 {
            scores[mode] = u32::MAX;
        }
        scores
    }
}

/// A macroblock's luma in 4x4 modes.
struct BlocksCoded {
    modes: [u8; 16],
    ends: [u8; 16],
    levels: Blocks,
}

/// Where a block stands.
struct BlockPlace<'a> {
    x: usize,
    y: usize,
    mode_costs: &'a [u16; B_MODES],
    context: usize,
}

/// A mode of a 4x4 block.
struct BlockChoice {
    score: i64,
    mode: usize,
    end: usize,
}

/// The mode of the lowest score; it is taken out.
#[inline(always)]
fn cheapest(scores: &mut [u32; 16]) -> usize {
    let mut best = u32::MAX;
    for mode in 0..16 {
        best = best.min(scores[mode]);
    }
    let mode = (best & 15) as usize;
    scores[mode] = u32::MAX;
    mode.min(B_MODES - 1)
}

/// A macroblock's luma with its surroundings, for 4x4 prediction: the row above and the column at left are row 0
/// and column 3.
struct Frame([[u8; 24]; 17]);

impl Frame {
    #[inline(always)]
    fn new(site: &Site) -> Self {
        let mut rows = [[0; 24]; 17];
        rows[0][3] = site.y.corner;
        rows[0][4..20].copy_from_slice(&site.y.top);
        // The blocks at the right edge all see the row above the macroblock there (section 12.3).
        for row in [0, 4, 8, 12] {
            rows[row][20..].copy_from_slice(&site.above_right);
        }
        for (row, &left) in rows[1..].iter_mut().zip(&site.y.left) {
            row[3] = left;
        }
        Self(rows)
    }

    /// Left from bottom to top, corner, and eight above.
    #[inline(always)]
    fn edge(&self, x: usize, y: usize) -> [u8; 13] {
        let mut edge = [0; 13];
        for place in 0..5 {
            edge[place] = self.0[4 * y + 4 - place][4 * x + 3];
        }
        edge[5..].copy_from_slice(&self.0[4 * y][4 * x + 4..4 * x + 12]);
        edge
    }

    /// Reconstructs a block from its coefficients, in scan order.
    #[inline(always)]
    fn write(
        &mut self,
        place: &BlockPlace,
        predictions: &Predictions,
        choice: &BlockChoice,
        coded: &[i16; 16],
    ) {
        let residual = if choice.end == 0 { [0; 16] } else { inverse_block(&to_raster(coded)) };
        let mode = choice.mode & 15;
        for pixel in 0..16 {
            let value = (i16::from(predictions[pixel][mode]).wrapping_add(residual[pixel])).clamp(0, 255);
            self.0[4 * place.y + 1 + pixel / 4][4 * place.x + 4 + pixel % 4] = value as u8;
        }
    }

    #[inline(always)]
    fn read(&self, out: &mut [[u8; 16]; 16]) {
        for (row, from) in out.iter_mut().zip(&self.0[1..]) {
            row.copy_from_slice(&from[4..20]);
        }
    }
}
