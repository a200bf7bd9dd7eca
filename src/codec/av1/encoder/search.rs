//! The search of a superblock's blocks: what each step of it shares, and how one transform block is tried.

use super::{
    block::{Block, TxBlock},
    canvas::{Canvas, STRIDE, Surroundings},
    copies::Copies,
    directions::Directions,
    kernels::{self, SIDE, Samples},
    levels::{self, COUNT, Chosen, Coded, Levels, PADDED, Padded, Weights},
    neighbours::{Neighbours, TxContexts},
    palette::Palettes,
    quantizer::{Quantizer, SQUARES},
    rates::Rates,
    scan::Scan,
    tuning::Tools,
};
use crate::{
    codec::av1::{
        header::QuantizationParams,
        predict::{Intra, intra},
        sizes::{PredictionMode, TxType},
        transform::{Forward, Inverse},
    },
    simd::{Level, Simd, dispatch},
};

/// What the frame's header says that the search needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// 1, or 3.
    pub planes: usize,
    pub subsampling_x: bool,
    pub subsampling_y: bool,
}

/// How a transform block's place is named.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub plane: usize,
    /// In the plane's samples, within the superblock.
    pub x: usize,
    pub y: usize,
    /// Index of its size among the squares.
    pub size: usize,
}

/// A transform block that was tried.
#[derive(Clone)]
pub(super) struct Trial {
    pub chosen: Chosen,
    pub tx_type: TxType,
    pub levels: Box<Levels>,
}

impl Trial {
    pub(super) fn new() -> Self {
        Self {
            chosen: Chosen { cost: i64::MAX, ..Chosen::default() },
            tx_type: TxType::DctDct,
            levels: Box::new([0; 1024]),
        }
    }
}

/// Predictions that are kept at once: one more than the most candidates.
const PREDICTIONS: usize = 8;
/// Trials that are kept at once.
const TRIALS: usize = 7;

/// Buffers that are filled anew by each trial.
pub(super) struct Scratch {
    residual: [i16; SIDE * SIDE],
    coefficients: [i32; COUNT],
    steps: [u32; COUNT],
    padded: Padded,
    pub predictions: Vec<Samples>,
    pub trials: Vec<Trial>,
    /// Reconstructions to come back to, by the logarithm of blocks' sides and by plane.
    pub kept: Vec<[Vec<u16>; 3]>,
}

impl Scratch {
    pub(super) fn new(planes: usize) -> Self {
        let kept = (0..7).map(|log2| {
            let plane =
                |index: usize| if index < planes && log2 > 1 { vec![0; 1 << (2 * log2)] } else { Vec::new() };
            std::array::from_fn(plane)
        });
        Self {
            residual: [0; SIDE * SIDE],
            coefficients: [0; 1024],
            steps: [0; 1024],
            padded: [0; PADDED],
            predictions: vec![[0; SIDE * SIDE]; PREDICTIONS],
            trials: vec![Trial::new(); TRIALS],
            kept: kept.collect(),
        }
    }
}

/// A superblock's search.
pub(super) struct Search {
    pub level: Level,
    pub frame: Frame,
    pub tools: Tools,
    pub efforts: (Tools, Option<Tools>),
    pub scans: Vec<Scan>,
    pub forward: Forward,
    pub inverse: Inverse,
    pub rates: Rates,
    pub quantizer: Quantizer,
    /// Of luma, and of chroma.
    pub weights: [Weights; 2],
    /// Of the superblock as a whole.
    pub base_weights: [Weights; 2],
    /// How errors weigh in each 8 x 8, in 1/128.
    pub activity: [u32; 64],
    /// 512 times the logarithm of the superblock's variance.
    pub busy: i32,
    /// Of luma's source.
    pub directions: Directions,
    /// Logarithm of the least side of blocks.
    pub smallest: usize,
    pub source: [Box<Samples>; 3],
    pub canvases: [Canvas; 3],
    pub around: [Surroundings; 3],
    pub neighbours: Neighbours,
    pub scratch: Box<Scratch>,
    /// Levels of transform blocks, each in the order of its scan.
    pub levels: Vec<i16>,
    /// What was decided, in the order of coding.
    pub blocks: Vec<Block>,
    pub quantization: QuantizationParams,
    pub delta_resolution: u8,
    /// Of a screen.
    pub palettes: Option<Box<Palettes>>,
    /// Where blocks are copied.
    pub copies: Option<Box<Copies>>,
    /// What is reconstructed, by plane, before filters.
    #[cfg(test)]
    pub reconstruction: Option<[crate::codec::av1::window::Window; 3]>,
}

/// Levels that a superblock may come to: those of its samples at each of five sizes of blocks.
pub(super) const LEVELS: usize = 5 * 3 * SIDE * SIDE;
/// And those of a copied block that wait for what is predicted.
pub(super) const COPY_LEVELS: usize = 3 * SIDE * SIDE;

impl Search {
    /// Bytes of the buffers that every search has.
    pub(super) fn bytes() -> usize {
        let predictions =
            PREDICTIONS * size_of::<Samples>() + TRIALS * (size_of::<Trial>() + size_of::<Levels>());
        let kept = 3 * 2 * (SIDE * SIDE) * 4 / 3;
        let canvases = 3 * STRIDE * 65 * 2;
        let coefficients = 16 + 64 + 256 + 1024 + 1024;
        let tables = coefficients * (size_of::<super::scan::Place>() + 4) + 3 * coefficients * 4;
        let rates = 10 * (64 * 8 + 32 * 32);
        size_of::<Self>()
            + size_of::<Scratch>()
            + predictions
            + kept
            + canvases
            + tables
            + rates
            + 3 * SIDE * SIDE * 2
    }

    pub(super) fn sub(&self, plane: usize) -> (usize, usize) {
        if plane == 0 {
            (0, 0)
        } else {
            (usize::from(self.frame.subsampling_x), usize::from(self.frame.subsampling_y))
        }
    }

    /// The coefficients' contexts at a place; `whole` is whether it is all of its plane's block.
    pub(super) fn contexts(&self, at: Place, whole: bool) -> TxContexts {
        let count = 1 << at.size;
        self.neighbours.transform(at.plane, at.x / 4, at.y / 4, count, whole)
    }

    /// Tries a transform block between its source and a prediction of rows of `stride`, into `trial`. `type_rate` is
    /// what naming the type costs if there are coefficients.
    #[inline(never)]
    pub(super) fn try_transform(
        &mut self,
        at: Place,
        tx_type: TxType,
        type_rate: u16,
        contexts: TxContexts,
        prediction: Prediction,
        trial: usize,
    ) {
        let Place { plane, x, y, size } = at;
        let side = 4 << size;
        let Scratch { residual, coefficients, steps, padded, predictions, trials, .. } = &mut *self.scratch;
        let (prediction, stride) = match prediction {
            Prediction::Kept(slot) => (&predictions[slot][..], SIDE),
            Prediction::Canvas => (&self.canvases[plane].samples[Canvas::index(x, y)..], STRIDE),
        };
        let source = &self.source[plane][y * SIDE + x..];
        let residual = &mut residual[..side * side];
        let level = self.level;
        dispatch!(level, simd => simd.vectorize(
            #[inline(always)]
            || kernels::residual(side, source, SIDE, prediction, stride, residual)
        ));
        self.forward.transform(SQUARES[size], tx_type, residual, side, coefficients);
        let chroma = usize::from(plane > 0);
        let scan = &self.scans[size];
        let quantizer = self.quantizer.of_type(plane, size, tx_type);
        let rates = &self.rates.tx[size][chroma];
        let mut block = rates.block(contexts.all_zero, contexts.dc_sign);
        block.all_zero[0] += type_rate;
        let coded = Coded { scan, rates, block, weights: &self.weights[chroma], dc: quantizer.dc_weight() };
        let search = self.tools.trellis;
        let count = scan.side * scan.side;
        let Trial { chosen, tx_type: trial_type, levels } = &mut trials[trial];
        *chosen = dispatch!(level, simd => simd.vectorize(
            #[inline(always)]
            || {
                let least = coded.weights.least as u32;
                let measured = quantizer.divide(&coefficients[..], &scan.ends, least, &mut steps[..]);
                levels::choose(&coded, coefficients, steps, measured, levels, padded, search)
            }
        ));
        if size == 4 {
            let step = quantizer.common_step();
            let beyond = beyond(residual, &coefficients[..count], step, self.weights[chroma].error);
            chosen.cost += beyond;
            chosen.none += beyond;
        }
        *trial_type = tx_type;
    }

    /// Predicts into a kept prediction, and measures it.
    #[inline]
    pub(super) fn measure(&mut self, at: Place, slot: usize) -> u32 {
        let Place { plane, x, y, size } = at;
        let source = &self.source[plane][y * SIDE + x..];
        let prediction = &self.scratch.predictions[slot];
        dispatch!(self.level, simd => simd.vectorize(
            #[inline(always)]
            || kernels::satd(simd, 4 << size, source, SIDE, prediction, SIDE)
        ))
    }

    /// Writes what a trial of a prediction comes to into the canvas, keeps its levels, and sets the contexts of
    /// coefficients.
    pub(super) fn commit(&mut self, at: Place, prediction: Prediction, trial: usize) -> TxBlock {
        let Place { plane, x, y, size } = at;
        let side = 4 << size;
        let Scratch { coefficients, predictions, trials, .. } = &mut *self.scratch;
        if let Prediction::Kept(slot) = prediction {
            self.canvases[plane].copy_in(x, y, side, &predictions[slot], SIDE);
        }
        let Trial { chosen, tx_type, levels } = &trials[trial];
        let eob = usize::from(chosen.eob);
        let start = self.levels.len() as u32;
        self.levels.extend_from_slice(&levels[..eob]);
        if eob > 0 {
            let scan = &self.scans[size];
            let steps = self.quantizer.of_type(plane, size, *tx_type);
            coefficients[..scan.side * scan.side].fill(0);
            let (mut columns, mut rows) = (0, 0);
            let shift = scan.side.ilog2();
            for (place, &level) in scan.places[..eob].iter().zip(levels.iter()) {
                let position = usize::from(place.position);
                if level != 0 {
                    coefficients[position] = steps.multiply(position, level.into());
                    columns = columns.max((position & (scan.side - 1)) + 1);
                    rows = rows.max((position >> shift) + 1);
                }
            }
            let out = &mut self.canvases[plane].samples[Canvas::index(x, y)..];
            self.inverse.add(SQUARES[size], *tx_type, coefficients, (columns, rows), out, STRIDE);
        }
        let left_behind = chosen.cul_level | chosen.dc_category << 6;
        let done = TxBlock { eob: chosen.eob, tx_type: *tx_type, start };
        self.set_coefficients(at, left_behind);
        done
    }

    /// Sets the contexts behind a transform block; none beyond the picture's edge.
    pub(super) fn set_coefficients(&mut self, at: Place, left_behind: u8) {
        let (x4, y4) = (at.x / 4, at.y / 4);
        let count = 1usize << at.size;
        let around = &self.around[at.plane];
        let inside = |start: usize, end: usize| (end / 4).saturating_sub(start).min(count);
        let (columns, rows) = (inside(x4, around.columns), inside(y4, around.rows));
        let Neighbours { above, left } = &mut self.neighbours;
        above.coefficients[at.plane][x4..x4 + count].fill(0);
        above.coefficients[at.plane][x4..x4 + columns].fill(left_behind);
        left.coefficients[at.plane][y4..y4 + count].fill(0);
        left.coefficients[at.plane][y4..y4 + rows].fill(left_behind);
    }

    /// `filterType` of a block.
    pub(super) fn is_smooth(&self, plane: usize, x4: usize, y4: usize) -> bool {
        let Neighbours { above, left } = &self.neighbours;
        // Outside the tile there is DC, which isn't smooth.
        if plane == 0 {
            above.mode[x4].is_smooth() || left.mode[y4].is_smooth()
        } else {
            above.uv_mode[x4].is_smooth() || left.uv_mode[y4].is_smooth()
        }
    }

    /// Predicts into a kept prediction.
    pub(super) fn predict(
        &mut self,
        edges: &crate::codec::av1::predict::Edges,
        mode: PredictionMode,
        angle: i8,
        smooth: bool,
        slot: usize,
    ) {
        let mode = Intra::new(mode, angle, Some(smooth));
        intra(self.level, mode, edges, &mut self.scratch.predictions[slot], SIDE);
    }
}

/// The cost of what a transform of 64 x 64 can't tell: all but 32 x 32 coefficients.
fn beyond(residual: &[i16], coefficients: &[i32], step: u16, weight: i32) -> i64 {
    // Coefficients have twice the scale of an orthonormal transform, steps are for eight times.
    let all: u64 = residual.iter().map(|&value| u64::from(i32::from(value).pow(2).unsigned_abs())).sum();
    let kept: u64 = coefficients.iter().map(|&value| u64::from(value.unsigned_abs()).pow(2)).sum();
    let lost = (64 * all).saturating_sub(16 * kept);
    let step = u64::from(step);
    (lost * 64 / (step * step) * weight as u64) as i64
}

/// Where a prediction is.
#[derive(Clone, Copy)]
pub(super) enum Prediction {
    /// In one of the scratch buffers.
    Kept(usize),
    /// In the canvas.
    Canvas,
}
