//! The search of a block's chroma: its mode, and how it follows luma.

use super::{
    block::TxBlock,
    canvas::{Canvas, STRIDE},
    cost::BIT,
    kernels::SIDE,
    luma::Luma,
    quantizer::SQUARES,
    search::{Place, Prediction, Search},
};
use crate::codec::av1::{
    predict::{Intra, LumaAc, cfl, intra},
    sizes::{PredictionMode, TxType},
};

/// What is chosen for chroma; it is in the canvases, and its contexts are set.
#[derive(Clone, Copy)]
pub(super) struct Chroma {
    pub cost: i64,
    pub mode: PredictionMode,
    pub angle: i8,
    pub cfl: [i8; 2],
    /// Of U, and of V.
    pub transforms: [[TxBlock; 4]; 2],
}

/// A way to predict both planes, whose predictions are in two slots.
#[derive(Clone, Copy)]
struct Candidate {
    mode: PredictionMode,
    angle: i8,
    cfl: [i8; 2],
    rate: u32,
    slots: [usize; 2],
}

impl Search {
    /// Searches the chroma of a block whose luma is in the canvas.
    pub(super) fn chroma(&mut self, x: usize, y: usize, log2: usize, luma: &Luma) -> Chroma {
        let (sub_x, sub_y) = self.sub(1);
        let size = log2 - 2 - sub_x;
        let at = Place { plane: 1, x: x >> sub_x, y: y >> sub_y, size };
        if size == 4 {
            return self.four_transforms(at, luma);
        }
        let followed = if log2 <= 5 && self.tools.cfl { self.from_luma(at, (x, y), luma) } else { None };
        let mut candidates = self.best_modes(at, log2, luma);
        candidates.extend(followed);
        let mut best: Option<(i64, Candidate)> = None;
        let contexts = [1, 2].map(|plane| self.contexts(Place { plane, ..at }, true));
        for candidate in candidates {
            let tx_type = chroma_type(candidate.mode, size);
            let mut cost = i64::from(candidate.rate);
            for plane in [1, 2] {
                let prediction = Prediction::Kept(candidate.slots[plane - 1]);
                let at = Place { plane, ..at };
                self.try_transform(at, tx_type, 0, contexts[plane - 1], prediction, 4 + plane);
                cost += self.scratch.trials[4 + plane].chosen.cost;
            }
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, candidate));
                self.scratch.trials.swap(3, 5);
                self.scratch.trials.swap(4, 6);
            }
        }
        let (cost, candidate) = best.expect("there is a candidate");
        let mut transforms = [[TxBlock::NONE; 4]; 2];
        for plane in [1, 2] {
            let prediction = Prediction::Kept(candidate.slots[plane - 1]);
            transforms[plane - 1][0] = self.commit(Place { plane, ..at }, prediction, 2 + plane);
        }
        let Candidate { mode, angle, cfl, .. } = candidate;
        Chroma { cost, mode, angle, cfl, transforms }
    }

    /// What a mode costs, CfL's factors not counted.
    fn uv_rate(&self, log2: usize, luma: &Luma, mode: PredictionMode, angle: i8) -> u32 {
        let mut rate =
            u32::from(self.rates.uv_mode[usize::from(log2 <= 5)][luma.mode as usize][mode as usize]);
        if mode == PredictionMode::Dc && log2 > 2 {
            rate += u32::from(self.palette_flag_uv(luma.palette.shades.count > 0));
        }
        if mode.is_directional() && log2 > 2 {
            rate += u32::from(self.rates.angle_delta[mode as usize - 1][(angle + 3) as usize]);
        }
        rate
    }

    /// The modes, other than CfL, whose predictions are nearest.
    fn best_modes(&mut self, at: Place, log2: usize, luma: &Luma) -> Vec<Candidate> {
        let edges = [1, 2].map(|plane: usize| {
            self.canvases[plane].edges(&self.around[plane], SQUARES[at.size], at.x, at.y)
        });
        let smooth = self.is_smooth(1, at.x << self.sub(1).0 >> 2, at.y << self.sub(1).1 >> 2);
        let steps = [1, 2].map(|plane| i64::from(self.quantizer.of(plane, at.size).common_step()));
        let others = [PredictionMode::Smooth, PredictionMode::V, PredictionMode::H, PredictionMode::Paeth];
        let tried = [(PredictionMode::Dc, 0), (luma.mode, luma.angle)]
            .into_iter()
            .chain(others.into_iter().take(self.tools.chroma_modes).map(|mode| (mode, 0)));
        let mut best: Vec<(i64, Candidate)> = Vec::with_capacity(self.tools.chroma_candidates + 1);
        let mut free = vec![[6, 7], [2, 3], [0, 1]];
        for (index, (mode, angle)) in tried.enumerate() {
            if index > 0
                && (mode == PredictionMode::Dc || (index > 1 && (mode, angle) == (luma.mode, luma.angle)))
            {
                continue;
            }
            let slots = *free.last().expect("there is one more than is kept");
            let rate = self.uv_rate(log2, luma, mode, angle);
            let mut score = i64::from(rate);
            for plane in [1, 2] {
                self.predict(&edges[plane - 1], mode, angle, smooth, slots[plane - 1]);
                let difference = i64::from(self.measure(Place { plane, ..at }, slots[plane - 1]));
                score += difference * i64::from(BIT) * self.tools.satd_weight / (64 * steps[plane - 1]);
            }
            let place = best.partition_point(|&(other, _)| other <= score);
            if place < self.tools.chroma_candidates {
                free.pop();
                best.insert(place, (score, Candidate { mode, angle, cfl: [0; 2], rate, slots }));
                if best.len() > self.tools.chroma_candidates {
                    free.extend(best.pop().map(|(_, last)| last.slots));
                }
            }
        }
        best.into_iter().map(|(_, candidate)| candidate).collect()
    }

    /// CfL with the factors of the least squares, if they aren't both 0.
    fn from_luma(&mut self, at: Place, (x, y): (usize, usize), luma: &Luma) -> Option<Candidate> {
        let (sub_x, sub_y) = self.sub(1);
        let side = 4usize << at.size;
        let log2 = at.size + 2 + sub_x;
        let part = (1usize << log2) >> luma.depth;
        let reach = |start: usize, end: usize| if start + part < end { 1 << log2 } else { part };
        let inside = (reach(x, self.around[0].columns), reach(y, self.around[0].rows));
        let below = &self.canvases[0].samples[Canvas::index(x, y)..];
        let ac = LumaAc::new(below, STRIDE, (side, side), inside, (sub_x > 0, sub_y > 0));
        let mut squares = 0i64;
        for row in 0..side {
            squares += ac.row(row).iter().map(|&value| i64::from(value) * i64::from(value)).sum::<i64>();
        }
        if squares == 0 {
            return None;
        }
        let mut alphas = [0i8; 2];
        for plane in [1, 2] {
            let edges = self.canvases[plane].edges(&self.around[plane], SQUARES[at.size], at.x, at.y);
            let slot = 3 + plane;
            self.predict(&edges, PredictionMode::Dc, 0, false, slot);
            let prediction = &mut self.scratch.predictions[slot];
            let source = &self.source[plane][at.y * SIDE + at.x..];
            let mut product = 0i64;
            for (row, source) in source.chunks(SIDE).take(side).enumerate() {
                let prediction = &prediction[row * SIDE..][..side];
                for ((&source, &prediction), &ac) in source[..side].iter().zip(prediction).zip(ac.row(row)) {
                    product += (i64::from(source) - i64::from(prediction)) * i64::from(ac);
                }
            }
            let half = if product < 0 { -squares / 2 } else { squares / 2 };
            let alpha = ((64 * product + half) / squares).clamp(-16, 16) as i8;
            alphas[plane - 1] = alpha;
            if alpha != 0 {
                cfl(&mut prediction[..], SIDE, &ac, alpha.into(), 8);
            }
        }
        if alphas == [0; 2] {
            return None;
        }
        let rate = self.uv_rate(log2, luma, PredictionMode::Cfl, 0) + self.alpha_rate(alphas);
        Some(Candidate { mode: PredictionMode::Cfl, angle: 0, cfl: alphas, rate, slots: [4, 5] })
    }

    /// What CfL's factors cost.
    fn alpha_rate(&self, alphas: [i8; 2]) -> u32 {
        let sign = |alpha: i8| match alpha.signum() {
            0 => 0,
            -1 => 1,
            _ => 2usize,
        };
        let (u, v) = (sign(alphas[0]), sign(alphas[1]));
        let mut rate = u32::from(self.rates.cfl_sign[u * 3 + v - 1]);
        if u > 0 {
            rate +=
                u32::from(self.rates.cfl_alpha[(u - 1) * 3 + v][usize::from(alphas[0].unsigned_abs()) - 1]);
        }
        if v > 0 {
            rate +=
                u32::from(self.rates.cfl_alpha[(v - 1) * 3 + u][usize::from(alphas[1].unsigned_abs()) - 1]);
        }
        rate
    }

    /// A block of 64 x 64 samples of chroma, which has four transforms: DC alone is tried.
    fn four_transforms(&mut self, at: Place, luma: &Luma) -> Chroma {
        let mode = PredictionMode::Dc;
        let mut cost = i64::from(self.uv_rate(6, luma, mode, 0));
        let mut transforms = [[TxBlock::NONE; 4]; 2];
        for plane in [1, 2] {
            for (index, transform) in transforms[plane - 1].iter_mut().enumerate() {
                let (x, y) = (at.x + (index & 1) * 32, at.y + (index >> 1) * 32);
                if x >= self.around[plane].columns || y >= self.around[plane].rows {
                    continue;
                }
                let at = Place { plane, x, y, size: 3 };
                let edges = self.canvases[plane].edges(&self.around[plane], SQUARES[3], x, y);
                let out = &mut self.canvases[plane].samples[Canvas::index(x, y)..];
                intra(self.level, Intra::new(mode, 0, None), &edges, out, STRIDE);
                let contexts = self.contexts(at, false);
                self.try_transform(at, TxType::DctDct, 0, contexts, Prediction::Canvas, 5);
                cost += self.scratch.trials[5].chosen.cost;
                *transform = self.commit(at, Prediction::Canvas, 5);
            }
        }
        Chroma { cost, mode, angle: 0, cfl: [0; 2], transforms }
    }
}

/// `compute_tx_type` of chroma.
fn chroma_type(mode: PredictionMode, size: usize) -> TxType {
    if size < 3 { mode.tx_type() } else { TxType::DctDct }
}
