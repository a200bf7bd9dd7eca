//! Steps of a superblock's quantiser for each coefficient, and their reciprocals.

use super::{
    levels::{FRACTION, LARGEST, Measured},
    tuning,
};
use crate::codec::av1::{
    quantizer::{NO_MATRIX, denominator_log2},
    sizes::{TxSize, TxType},
    tables::{
        matrices::Matrix,
        quantizer::{AC_QLOOKUP, DC_QLOOKUP},
    },
};

/// The square sizes in order.
pub(super) const SQUARES: [TxSize; 5] =
    [TxSize::Tx4x4, TxSize::Tx8x8, TxSize::Tx16x16, TxSize::Tx32x32, TxSize::Tx64x64];

/// Coefficients that are divided together.
const LANES: usize = 16;

/// What a plane is quantised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlaneSteps {
    /// `qindex` with the plane's delta for DC, and for AC.
    pub dc: u8,
    pub ac: u8,
    /// The matrix's level; 15 for none.
    pub matrix: u8,
    pub chroma: bool,
}

/// Steps of one size of transforms in one plane.
#[derive(Clone, Default)]
pub(super) struct Steps {
    /// `q2` of each position, row-major.
    steps: Vec<u16>,
    inverses: Vec<u16>,
    /// How a squared step of an error of DC weighs, in sixteenths; of all others it is 16.
    dc_weight: u32,
    shift: u32,
    /// `dqDenom` as a shift.
    scale: u32,
}

impl Steps {
    fn update(&mut self, size: TxSize, plane: PlaneSteps) {
        let side = size.adjusted().width();
        let count = side * side;
        self.scale = denominator_log2(size).into();
        self.steps.resize(count, 0);
        self.inverses.resize(count, 0);
        let matrix = (plane.matrix < NO_MATRIX).then(|| Matrix::new(plane.matrix, plane.chroma, size));
        let (dc, ac) = (DC_QLOOKUP[0][usize::from(plane.dc)], AC_QLOOKUP[0][usize::from(plane.ac)]);
        let mut least = u16::MAX;
        // A square's matrix is symmetric.
        for (row, column) in (0..side).flat_map(|row| (0..=row).map(move |column| (row, column))) {
            let position = row * side + column;
            let q = u32::from(if position == 0 { dc } else { ac });
            let weigh = |matrix: Matrix| (q * u32::from(matrix.weight(position)) + 16) >> 5;
            let step = matrix.map_or(q, weigh) as u16;
            (self.steps[position], self.steps[column * side + row]) = (step, step);
            least = least.min(step);
        }
        self.dc_weight = tuning::dc_weight(self.steps[0].into(), ac.into());
        // The greatest reciprocal just fits into 16 bits.
        let shift = 8 + u32::from(least).ilog2() - self.scale;
        self.shift = shift;
        let one = 1u32 << (shift + FRACTION + self.scale);
        for (inverse, &step) in self.inverses.iter_mut().zip(&self.steps) {
            *inverse = (one / u32::from(step)).min(u32::from(u16::MAX)) as u16;
        }
    }

    /// The step of the lowest frequency but DC.
    pub(super) fn common_step(&self) -> u16 {
        self.steps[1]
    }

    /// How a squared step of an error of DC weighs, in sixteenths; of all others it is 16.
    #[inline(always)]
    pub(super) fn dc_weight(&self) -> u32 {
        self.dc_weight
    }

    /// Absolute coefficients in steps, and what they come to; `ends` is one past each position's place in the scan, and
    /// `least` the least that is a candidate for a level.
    #[inline(always)]
    pub(super) fn divide(&self, coefficients: &[i32], ends: &[u32], least: u32, out: &mut [u32]) -> Measured {
        let shift = self.shift;
        let count = self.inverses.len();
        let (mut sums, mut last) = ([0u32; LANES], [0u32; LANES]);
        let chunks = coefficients[..count]
            .as_chunks::<LANES>()
            .0
            .iter()
            .zip(self.inverses.as_chunks::<LANES>().0)
            .zip(ends[..count].as_chunks::<LANES>().0)
            .zip(out[..count].as_chunks_mut::<LANES>().0);
        for (((coefficients, inverses), ends), out) in chunks {
            for lane in 0..LANES {
                let x = (coefficients[lane].unsigned_abs().min(65535) * u32::from(inverses[lane])) >> shift;
                out[lane] = x;
                let is_there = u32::from(x >= least).wrapping_neg();
                last[lane] = last[lane].max(ends[lane] & is_there);
                let x = x.min(LARGEST);
                sums[lane] += (x * x) >> 4;
            }
        }
        let dc = out[0].min(LARGEST);
        let dc = (dc * dc) >> 4;
        let energy = sums.iter().sum::<u32>() - dc + ((dc * self.dc_weight) >> 4);
        Measured { energy, end: last.iter().copied().max().unwrap_or(0) as usize }
    }

    /// `Dequant` of a level.
    #[inline(always)]
    pub(super) fn multiply(&self, position: usize, level: i32) -> i32 {
        let size = (level.unsigned_abs() * u32::from(self.steps[position])) & 0xFF_FFFF;
        let size = ((size >> self.scale) as i32).min((1 << 15) - 1);
        if level < 0 { -size } else { size }
    }
}

/// Steps of all planes and square sizes.
#[derive(Clone, Default)]
pub(super) struct Quantizer {
    steps: [[Steps; 5]; 3],
    /// Of the sizes that may have no transform, which no matrix is for.
    flat: [[Steps; 3]; 3],
    planes: [Option<PlaneSteps>; 3],
}

impl Quantizer {
    /// Makes the steps those of `planes`.
    pub(super) fn update(&mut self, planes: &[PlaneSteps]) {
        for (index, &plane) in planes.iter().enumerate() {
            if self.planes[index] == Some(plane) {
                continue;
            }
            self.planes[index] = Some(plane);
            for (steps, size) in self.steps[index].iter_mut().zip(SQUARES) {
                steps.update(size, plane);
            }
            for (steps, size) in self.flat[index].iter_mut().zip(SQUARES) {
                steps.update(size, PlaneSteps { matrix: 15, ..plane });
            }
        }
    }

    /// Of a square size, by its index.
    #[inline(always)]
    pub(super) fn of(&self, plane: usize, size: usize) -> &Steps {
        &self.steps[plane][size]
    }

    /// Of a square size and a type.
    #[inline(always)]
    pub(super) fn of_type(&self, plane: usize, size: usize, tx_type: TxType) -> &Steps {
        if tx_type == TxType::Idtx { &self.flat[plane][size] } else { &self.steps[plane][size] }
    }
}
