//! The modes of intra prediction, and those that need no file of their own: DC, vertical, horizontal and Paeth
//! (sections 7.11.2.2 and 7.11.2.5 of the AV1 specification).

use super::{
    directional,
    edges::{Edges, rows},
    filter_intra, smooth,
};
use crate::{
    codec::av1::{sizes::PredictionMode, tables::prediction::MODE_TO_ANGLE},
    simd::{Level, Simd, dispatch},
};

/// How a block is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intra {
    Dc,
    Paeth,
    Smooth,
    SmoothV,
    SmoothH,
    /// Along a direction.
    Directional {
        /// `pAngle` in degrees: 90 is vertical, 180 horizontal; 36 to 212.
        angle: u16,
        /// `filterType`, if `enable_intra_edge_filter`: true if the block above or to the left is smooth.
        edge_filter: Option<bool>,
    },
    /// `use_filter_intra`, with `filter_intra_mode` of 0 to 4.
    Filter(u8),
}

impl Intra {
    /// What a mode with an angle delta (-3 to 3) says. `UV_CFL_PRED` begins as DC.
    #[must_use]
    pub fn new(mode: PredictionMode, angle_delta: i8, edge_filter: Option<bool>) -> Self {
        match mode {
            PredictionMode::Dc | PredictionMode::Cfl => Self::Dc,
            PredictionMode::Paeth => Self::Paeth,
            PredictionMode::Smooth => Self::Smooth,
            PredictionMode::SmoothV => Self::SmoothV,
            PredictionMode::SmoothH => Self::SmoothH,
            _ => Self::Directional {
                angle: (i16::from(MODE_TO_ANGLE[mode as usize]) + 3 * i16::from(angle_delta)) as u16,
                edge_filter,
            },
        }
    }
}

/// Predicts the block that `edges` are of (section 7.11.2), `out` being its first sample and what follows in its plane.
pub fn intra(level: Level, mode: Intra, edges: &Edges, out: &mut [u16], stride: usize) {
    dispatch!(level, simd => simd.vectorize(
        #[inline(always)]
        || predict(mode, edges, out, stride)
    ));
}

#[inline(always)]
fn predict(mode: Intra, edges: &Edges, out: &mut [u16], stride: usize) {
    match mode {
        Intra::Dc => fill(edges, out, stride, dc(edges)),
        Intra::Paeth => paeth(edges, out, stride),
        Intra::Smooth => smooth::both(edges, out, stride),
        Intra::SmoothV => smooth::vertical(edges, out, stride),
        Intra::SmoothH => smooth::horizontal(edges, out, stride),
        Intra::Directional { angle: 90, .. } => {
            for row in rows(edges, out, stride) {
                row.copy_from_slice(edges.above_row());
            }
        }
        Intra::Directional { angle: 180, .. } => {
            for (row, &left) in rows(edges, out, stride).zip(edges.left_column()) {
                row.fill(left);
            }
        }
        Intra::Directional { angle, edge_filter } => {
            directional::predict(usize::from(angle), edge_filter, edges, out, stride);
        }
        Intra::Filter(mode) => filter_intra::predict(mode, edges, out, stride),
    }
}

#[inline(always)]
fn fill(edges: &Edges, out: &mut [u16], stride: usize, sample: u16) {
    for row in rows(edges, out, stride) {
        row.fill(sample);
    }
}

/// The mean of what edges there are.
#[inline(always)]
fn dc(edges: &Edges) -> u16 {
    let sum = |samples: &[u16]| samples.iter().map(|&sample| u32::from(sample)).sum::<u32>();
    let (sum, count) = match (edges.have_above, edges.have_left) {
        (true, true) => (sum(edges.above_row()) + sum(edges.left_column()), edges.width + edges.height),
        (true, false) => (sum(edges.above_row()), edges.width),
        (false, true) => (sum(edges.left_column()), edges.height),
        (false, false) => return 1 << (edges.bit_depth - 1),
    };
    ((sum + count as u32 / 2) / count as u32) as u16
}

#[inline(always)]
fn paeth(edges: &Edges, out: &mut [u16], stride: usize) {
    let corner = edges.corner();
    for (row, &left) in rows(edges, out, stride).zip(edges.left_column()) {
        for (sample, &above) in row.iter_mut().zip(edges.above_row()) {
            // What the base is away from each of the three: base = above + left - corner.
            let from_left = above.abs_diff(corner);
            let from_above = left.abs_diff(corner);
            let from_corner = (i32::from(above) + i32::from(left) - 2 * i32::from(corner)).unsigned_abs();
            let not_left = if from_above as u32 <= from_corner { above } else { corner };
            *sample =
                if from_left <= from_above && u32::from(from_left) <= from_corner { left } else { not_left };
        }
    }
}
