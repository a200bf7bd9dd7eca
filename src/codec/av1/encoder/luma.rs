//! The search of a block's luma: its mode, the size and types of its transforms.

use super::{
    block::TxBlock,
    canvas::{Canvas, STRIDE},
    cost::BIT,
    kernels::SIDE,
    palette::Palette,
    palette_search,
    quantizer::SQUARES,
    search::{Place, Prediction, Search},
};
use crate::codec::av1::{
    predict::{Edges, Intra, intra},
    sizes::{PredictionMode, TxType},
    tables::contexts::INTRA_MODE_CONTEXT,
};

/// What is chosen for luma; it is in the canvas, and its contexts are set.
#[derive(Clone, Copy)]
pub(super) struct Luma {
    pub cost: i64,
    pub mode: PredictionMode,
    pub angle: i8,
    pub depth: u8,
    pub transforms: [TxBlock; 4],
    pub palette: Palette,
}

/// A mode that is worth a trial.
#[derive(Clone, Copy)]
struct Candidate {
    score: i64,
    mode: PredictionMode,
    angle: i8,
    rate: u32,
    slot: usize,
    palette: Option<Palette>,
}

/// Modes without a direction in the order of their trial.
const MODES: [PredictionMode; 5] = [
    PredictionMode::Dc,
    PredictionMode::Smooth,
    PredictionMode::Paeth,
    PredictionMode::SmoothV,
    PredictionMode::SmoothH,
];

/// Types that luma may have, with the indices by which the two sets name them.
const TYPES: [(TxType, usize, usize); 5] = [
    (TxType::DctDct, 1, 1),
    (TxType::AdstAdst, 4, 2),
    (TxType::AdstDct, 5, 3),
    (TxType::DctAdst, 6, 4),
    (TxType::Idtx, 0, 0),
];

impl Search {
    /// Searches the luma of a block of 8 x 8 to 64 x 64 at (x, y).
    pub(super) fn luma(&mut self, x: usize, y: usize, log2: usize) -> Luma {
        let at = Place { plane: 0, x, y, size: log2 - 2 };
        let edges = self.canvases[0].edges(&self.around[0], SQUARES[at.size], x, y);
        let smooth = self.is_smooth(0, x / 4, y / 4);
        let mut candidates = self.candidates(at, &edges, smooth);
        if log2 > 2 {
            candidates.extend(self.palette_candidate(at));
        }
        let depths = self.depth_rates(at);
        let mut measured: Vec<(i64, Candidate)> = Vec::with_capacity(candidates.len());
        let contexts = self.contexts(at, true);
        // Trial 0 is the best so far.
        for candidate in candidates {
            let type_rate = self.type_rate(at.size, candidate.mode, 0);
            self.try_transform(at, TxType::DctDct, type_rate, contexts, Prediction::Kept(candidate.slot), 1);
            let cost = self.scratch.trials[1].chosen.cost + i64::from(candidate.rate);
            let place = measured.partition_point(|&(other, _)| other <= cost);
            measured.insert(place, (cost, candidate));
            if place == 0 {
                self.scratch.trials.swap(0, 1);
            }
        }
        let (mut cost, mut best) = measured[0];
        let typed = if at.size < 3 && self.scratch.trials[0].chosen.eob > 1 { self.tools.typed } else { 0 };
        for &(_, candidate) in measured.iter().take(typed) {
            for (index, &(tx_type, ..)) in TYPES.iter().enumerate().skip(1) {
                let likely = tx_type == TxType::AdstAdst || tx_type == candidate.mode.tx_type();
                let wanted = match tx_type {
                    TxType::Idtx => self.palettes.is_some(),
                    _ => self.tools.tx_types && (self.tools.all_types || likely),
                };
                if !wanted {
                    continue;
                }
                let type_rate = self.type_rate(at.size, candidate.mode, index);
                self.try_transform(at, tx_type, type_rate, contexts, Prediction::Kept(candidate.slot), 1);
                let other = self.scratch.trials[1].chosen.cost + i64::from(candidate.rate);
                if other < cost {
                    (cost, best) = (other, candidate);
                    self.scratch.trials.swap(0, 1);
                }
            }
        }
        let candidate = best;
        cost += i64::from(depths[0]);
        let chosen = (self.scratch.trials[0].chosen.eob, self.scratch.trials[0].tx_type);
        if log2 > 2 && self.tools.tx_split && chosen.0 > self.tools.split_from {
            let kept = (self.neighbours, self.levels.len());
            let base = i64::from(candidate.rate) + i64::from(depths[1]);
            if let Some((cost, transforms)) = self.split(at, (candidate, chosen.1), smooth, base, cost) {
                return self.chosen(candidate, cost, 1, transforms, log2);
            }
            self.neighbours = kept.0;
            self.levels.truncate(kept.1);
        }
        let mut transforms = [TxBlock::NONE; 4];
        transforms[0] = self.commit(at, Prediction::Kept(candidate.slot), 0);
        self.chosen(candidate, cost, 0, transforms, log2)
    }

    /// What a candidate comes to.
    fn chosen(
        &mut self,
        candidate: Candidate,
        cost: i64,
        depth: u8,
        transforms: [TxBlock; 4],
        log2: usize,
    ) -> Luma {
        let Candidate { mode, angle, palette, .. } = candidate;
        let palette = palette.map(|palette| self.keep_palette(palette, 1 << log2)).unwrap_or_default();
        Luma { cost, mode, angle, depth, transforms, palette }
    }

    /// The block by a palette.
    fn palette_candidate(&mut self, at: Place) -> Option<Candidate> {
        let (palette, rate) = self.find_palette(at)?;
        let above = INTRA_MODE_CONTEXT[self.neighbours.above.mode[at.x / 4] as usize];
        let left = INTRA_MODE_CONTEXT[self.neighbours.left.mode[at.y / 4] as usize];
        let mode = PredictionMode::Dc;
        let mode_rate = self.rates.y_mode[usize::from(above)][usize::from(left)][mode as usize];
        let flag = self.palette_flag(at.x, at.y, at.size + 2, true);
        let rate = rate + u32::from(mode_rate) + u32::from(flag);
        let slot = palette_search::SLOT;
        Some(Candidate { score: 0, mode, angle: 0, rate, slot, palette: Some(palette) })
    }

    /// Tries the block with four transforms; `None` if that costs as much as `limit`.
    fn split(
        &mut self,
        at: Place,
        (candidate, whole_type): (Candidate, TxType),
        smooth: bool,
        mut cost: i64,
        limit: i64,
    ) -> Option<(i64, [TxBlock; 4])> {
        let side = 2usize << at.size;
        let place = at;
        let mut transforms = [TxBlock::NONE; 4];
        for (index, transform) in transforms.iter_mut().enumerate() {
            let (x, y) = (at.x + (index & 1) * side, at.y + (index >> 1) * side);
            if x >= self.around[0].columns || y >= self.around[0].rows {
                continue;
            }
            let at = Place { plane: 0, x, y, size: at.size - 1 };
            let edges = self.canvases[0].edges(&self.around[0], SQUARES[at.size], x, y);
            if candidate.palette.is_some() {
                let from =
                    &self.scratch.predictions[palette_search::SLOT][(y - place.y) * SIDE + x - place.x..];
                self.canvases[0].copy_in(x, y, side, from, SIDE);
            } else {
                let mode = Intra::new(candidate.mode, candidate.angle, Some(smooth));
                intra(self.level, mode, &edges, &mut self.canvases[0].samples[Canvas::index(x, y)..], STRIDE);
            }
            let contexts = self.contexts(at, false);
            let searched = at.size < 3 && self.tools.tx_types;
            let mut first = true;
            for (index, &(tx_type, ..)) in TYPES.iter().enumerate() {
                let wanted = match (searched, self.tools.all_types) {
                    _ if tx_type == TxType::Idtx => self.palettes.is_some() && at.size < 3,
                    (true, true) => true,
                    (true, false) if at.size == 2 => tx_type == TxType::DctDct || tx_type == TxType::AdstAdst,
                    (true, false) => tx_type == whole_type,
                    (false, _) => index == 0,
                };
                if !wanted {
                    continue;
                }
                let type_rate = self.type_rate(at.size, candidate.mode, index);
                let trial = if first { 2 } else { 1 };
                self.try_transform(at, tx_type, type_rate, contexts, Prediction::Canvas, trial);
                if !std::mem::take(&mut first)
                    && self.scratch.trials[1].chosen.cost < self.scratch.trials[2].chosen.cost
                {
                    self.scratch.trials.swap(1, 2);
                }
            }
            cost += self.scratch.trials[2].chosen.cost;
            if cost >= limit {
                return None;
            }
            *transform = self.commit(at, Prediction::Canvas, 2);
        }
        Some((cost, transforms))
    }

    /// What naming a type costs: `index` is into [`TYPES`].
    fn type_rate(&self, size: usize, mode: PredictionMode, index: usize) -> u16 {
        let (_, first, second) = TYPES[index];
        match size {
            0 | 1 => self.rates.tx_type_set1[size][mode as usize][first],
            2 => self.rates.tx_type_set2[size][mode as usize][second],
            _ => 0,
        }
    }

    /// What `tx_depth` of 0 and of 1 cost.
    fn depth_rates(&self, at: Place) -> [u16; 2] {
        if at.size == 0 {
            return [0; 2];
        }
        let context = self.neighbours.tx_depth(at.x / 4, at.y / 4, 4 << at.size);
        let rates = &self.rates.tx_depth[at.size - 1][context];
        [rates[0], rates[1]]
    }

    /// The modes that are worth a trial by their predictions, which are kept; the best comes first.
    fn candidates(&mut self, at: Place, edges: &Edges, smooth: bool) -> Vec<Candidate> {
        let above = INTRA_MODE_CONTEXT[self.neighbours.above.mode[at.x / 4] as usize];
        let left = INTRA_MODE_CONTEXT[self.neighbours.left.mode[at.y / 4] as usize];
        let mut rates = self.rates.y_mode[usize::from(above)][usize::from(left)];
        if at.size > 0 {
            rates[PredictionMode::Dc as usize] += self.palette_flag(at.x, at.y, at.size + 2, false);
        }
        let step = i64::from(self.quantizer.of(0, at.size).common_step());
        let limit = self.tools.candidates;
        let mut best: Vec<Candidate> = Vec::with_capacity(limit + 1);
        let mut free: Vec<usize> = (0..=limit).rev().collect();
        // Of 64 x 64 little is tried.
        let is_large = at.size == 4;
        for &mode in &MODES[..if is_large { 3 } else { self.tools.modes }] {
            let rate = rates[mode as usize];
            self.consider(at, edges, smooth, (mode, 0), rate, step, &mut best, &mut free);
        }
        let source = self.directions.of(at.x, at.y, at.size + 2);
        let fitted = self.tools.fitted && at.size > 0 && !is_large;
        let mut measured: Vec<(i64, PredictionMode)> = Vec::with_capacity(8);
        let directions = source.modes();
        let directions = if is_large {
            &[PredictionMode::V, PredictionMode::H]
        } else {
            &directions[..self.tools.directions]
        };
        for &mode in directions {
            let angle = if fitted { source.angle(mode) } else { 0 };
            let rate = rates[mode as usize];
            let score = self.consider(at, edges, smooth, (mode, angle), rate, step, &mut best, &mut free);
            measured.push((score, mode));
        }
        if self.tools.angles > 0 && (1..4).contains(&at.size) {
            measured.sort_by_key(|&(score, _)| score);
            for &(score, mode) in measured.iter().take(self.tools.angles) {
                let rate = rates[mode as usize];
                let (mut least, mut nearest) = (score, 0);
                for angle in [-2, 2] {
                    let score =
                        self.consider(at, edges, smooth, (mode, angle), rate, step, &mut best, &mut free);
                    if score < least {
                        (least, nearest) = (score, angle);
                    }
                }
                for angle in [nearest - 1, nearest + 1] {
                    self.consider(at, edges, smooth, (mode, angle), rate, step, &mut best, &mut free);
                }
            }
        }
        best
    }

    /// Predicts a mode and keeps it if it is among the best.
    #[expect(clippy::too_many_arguments, reason = "two of them are the list that is kept")]
    fn consider(
        &mut self,
        at: Place,
        edges: &Edges,
        smooth: bool,
        (mode, angle): (PredictionMode, i8),
        mode_rate: u16,
        step: i64,
        best: &mut Vec<Candidate>,
        free: &mut Vec<usize>,
    ) -> i64 {
        let slot = *free.last().expect("there is one more than is kept");
        self.predict(edges, mode, angle, smooth, slot);
        let mut rate = mode_rate;
        if mode.is_directional() && at.size > 0 {
            rate += self.rates.angle_delta[mode as usize - 1][(angle + 3) as usize];
        }
        let difference = i64::from(self.measure(at, slot));
        let score = difference * i64::from(BIT) * self.tools.satd_weight / (64 * step) + i64::from(rate);
        let place = best.iter().position(|other| score < other.score).unwrap_or(best.len());
        if place < self.tools.candidates {
            free.pop();
            best.insert(place, Candidate { score, mode, angle, rate: rate.into(), slot, palette: None });
            if best.len() > self.tools.candidates {
                let last = best.pop().expect("there are some");
                free.push(last.slot);
            }
        }
        score
    }
}
