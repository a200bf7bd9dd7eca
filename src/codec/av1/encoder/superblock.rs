//! What a superblock begins with: its samples, its quantiser, and the rates as they stand.

use super::{
    Config, SUPERBLOCK, Sampling,
    canvas::{Canvas, Surroundings},
    copies::Copies,
    cost::log2_q9,
    directions::Directions,
    kernels::SIDE,
    neighbours::{Line, Neighbours},
    palette::Palettes,
    quantizer::{PlaneSteps, Quantizer, SQUARES},
    rates::Rates,
    scan::Scan,
    search::{COPY_LEVELS, Frame, LEVELS, Scratch, Search},
    tuning::{self, Tools},
};
use crate::{
    codec::av1::{
        cdf::Cdfs,
        header::{FrameHeader, QuantizationParams},
        tables::quantizer::AC_QLOOKUP,
        transform::{Forward, Inverse},
    },
    error::Result,
    simd::Level,
};

impl Search {
    /// Room for the search of a picture's superblocks.
    ///
    /// # Errors
    ///
    /// There is no memory.
    pub(super) fn new(level: Level, config: &Config, header: &FrameHeader) -> Result<Self> {
        let planes = if config.sampling == Sampling::Monochrome { 1 } else { 3 };
        let halved = config.sampling == Sampling::Yuv420;
        let side = |plane: usize| if plane > 0 && halved { SUPERBLOCK / 2 } else { SUPERBLOCK };
        let nowhere =
            Surroundings { above: false, left: false, columns: 0, rows: 0, tile_columns: 0, tile_rows: 0 };
        Ok(Self {
            level,
            frame: Frame { planes, subsampling_x: halved, subsampling_y: halved },
            tools: Tools::of(config.effort, config.is_screen).0,
            efforts: Tools::of(config.effort, config.is_screen),
            scans: SQUARES.map(Scan::new).into_iter().collect(),
            forward: Forward::new(level),
            inverse: Inverse::new(level, 8),
            rates: Rates::new(&Cdfs::new(config.base_q_idx)),
            quantizer: Quantizer::default(),
            weights: tuning::weights(config.base_q_idx, config.base_q_idx, config.is_screen),
            base_weights: tuning::weights(config.base_q_idx, config.base_q_idx, config.is_screen),
            activity: [128; 64],
            busy: 0,
            directions: Directions::new(),
            smallest: if header.allow_intrabc && !halved { 2 } else { 3 },
            source: std::array::from_fn(|_| Box::new([0; SIDE * SIDE])),
            canvases: [0, 1, 2].map(|plane| Canvas::new(side(plane))),
            around: [nowhere; 3],
            neighbours: Neighbours { above: Line::OUTSIDE, left: Line::OUTSIDE },
            scratch: Box::new(Scratch::new(planes)),
            levels: Vec::with_capacity(LEVELS + if header.allow_intrabc { COPY_LEVELS } else { 0 }),
            blocks: Vec::with_capacity(256),
            quantization: header.quantization_params.clone(),
            delta_resolution: header.delta_q_params.delta_q_res,
            palettes: config.is_screen.then(|| Box::new(Palettes::new())),
            copies: header.allow_intrabc.then(|| Box::new(Copies::new())),
            #[cfg(test)]
            reconstruction: None,
        })
    }

    /// Begins a superblock whose source is there: chooses its quantiser, and gives its `qindex`.
    pub(super) fn begin(&mut self, cdfs: &Cdfs) -> u8 {
        self.levels.clear();
        self.blocks.clear();
        self.rates.update(cdfs);
        if let Some(palettes) = &mut self.palettes {
            palettes.maps.clear();
            palettes.update(cdfs);
        }
        if let Some(copies) = &mut self.copies {
            copies.update(cdfs);
        }
        let base = self.quantization.base_q_idx;
        self.busy = self.busyness();
        self.directions.measure(self.level, &self.source[0]);
        let boost = tuning::boost(base, self.busy);
        let resolution = self.delta_resolution;
        let steps = (boost + (1 << resolution >> 1)) >> resolution;
        // Changes are whole steps, and 0 would be lossless.
        let least = match i32::from(base) % (1 << resolution) {
            0 => 1 << resolution,
            rest => rest,
        };
        let qindex = (i32::from(base) - (steps << resolution)).max(least) as u8;
        let planes: Vec<_> =
            (0..self.frame.planes).map(|plane| plane_steps(&self.quantization, qindex, plane)).collect();
        self.quantizer.update(&planes);
        let chroma = planes.last().expect("there is luma").ac;
        self.base_weights = tuning::weights(qindex, chroma, self.palettes.is_some());
        qindex
    }

    /// Weighs errors by how busy the block at (x, y) is.
    pub(super) fn weigh(&mut self, x: usize, y: usize, log2: usize) {
        let log2 = log2.max(3);
        let count = 1usize << (log2 - 3);
        let rows = self.activity.chunks_exact(8).skip(y / 8).take(count);
        let sum: u32 = rows.map(|row| row[x / 8..x / 8 + count].iter().sum::<u32>()).sum();
        let factor = (sum >> (2 * (log2 - 3))) as i32;
        for (weights, base) in self.weights.iter_mut().zip(&self.base_weights) {
            weights.error = (base.error * factor) >> 7;
        }
    }

    /// Records the superblock's reconstruction.
    #[cfg(test)]
    pub(super) fn record(&mut self, mi_row: usize, mi_col: usize) {
        let Some(windows) = &mut self.reconstruction else { return };
        for (plane, window) in windows.iter_mut().enumerate().take(self.frame.planes) {
            let canvas = &self.canvases[plane];
            let shift = usize::from(canvas.side == 32);
            let (x, y) = ((mi_col * 4) >> shift, (mi_row * 4) >> shift);
            for row in 0..canvas.side {
                let samples = &canvas.samples[Canvas::index(0, row)..][..canvas.side];
                window.row_mut(y + row)[x..x + canvas.side].copy_from_slice(samples);
            }
        }
    }

    /// How busy the superblock is: the variance of samples of a part of it that is neither its busiest nor its
    /// quietest, as 512 times a logarithm.
    fn busyness(&mut self) -> i32 {
        let mut variances = [0u32; 64];
        for (index, variance) in variances.iter_mut().enumerate() {
            let from = (index / 8) * 8 * SIDE + (index % 8) * 8;
            let (mut sum, mut squares) = (0u32, 0u32);
            for row in self.source[0][from..].chunks(SIDE).take(8) {
                for &sample in &row[..8] {
                    sum += u32::from(sample);
                    squares += u32::from(sample) * u32::from(sample);
                }
            }
            *variance = squares - ((sum * sum) >> 6);
        }
        for (activity, &variance) in self.activity.iter_mut().zip(&variances) {
            *activity = tuning::activity_weight(variance);
        }
        variances.sort_unstable();
        let middle = (variances[31] + 2 * variances[39] + variances[47]) / 4;
        // That of a sample, and 1.
        log2_q9(u64::from(middle) + 64) as i32 - 6 * 512
    }
}

/// `qindex` of a plane's coefficients.
fn plane_steps(quantization: &QuantizationParams, qindex: u8, plane: usize) -> PlaneSteps {
    let (dc, ac, matrix) = match plane {
        0 => (quantization.delta_q_y_dc, 0, quantization.qm_y),
        1 => (quantization.delta_q_u_dc, quantization.delta_q_u_ac, quantization.qm_u),
        _ => (quantization.delta_q_v_dc, quantization.delta_q_v_ac, quantization.qm_v),
    };
    let clamp =
        |delta: i8| (i32::from(qindex) + i32::from(delta)).clamp(0, AC_QLOOKUP[0].len() as i32 - 1) as u8;
    let matrix = if quantization.using_qmatrix { matrix } else { 15 };
    PlaneSteps { dc: clamp(dc), ac: clamp(ac), matrix, chroma: plane > 0 }
}
