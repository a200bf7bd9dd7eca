//! Smooth prediction: between the edges and what their far ends say (section 7.11.2.6 of the AV1 specification).

use super::edges::{Edges, rows};
use crate::codec::av1::tables::prediction::{
    SM_WEIGHTS_4, SM_WEIGHTS_8, SM_WEIGHTS_16, SM_WEIGHTS_32, SM_WEIGHTS_64,
};

/// `SMOOTH_PRED`.
#[inline(always)]
pub(super) fn both(edges: &Edges, out: &mut [u16], stride: usize) {
    let (across, down) = (weights(edges.width), weights(edges.height));
    let (above, left) = (edges.above_row(), edges.left_column());
    let (right, below) = (last(above), last(left));
    for ((row, &left), &down) in rows(edges, out, stride).zip(left).zip(down) {
        let down = u32::from(down);
        let constant = (256 - down) * below + 256 * right + 256;
        let left = u32::from(left) as i32 - right as i32;
        for ((sample, &above), &across) in row.iter_mut().zip(above).zip(across) {
            let sum = down * u32::from(above) + constant;
            *sample = (sum.wrapping_add_signed(i32::from(across) * left) >> 9) as u16;
        }
    }
}

/// `SMOOTH_V_PRED`.
#[inline(always)]
pub(super) fn vertical(edges: &Edges, out: &mut [u16], stride: usize) {
    let below = last(edges.left_column());
    for (row, &weight) in rows(edges, out, stride).zip(weights(edges.height)) {
        let weight = u32::from(weight);
        for (sample, &above) in row.iter_mut().zip(edges.above_row()) {
            *sample = ((weight * u32::from(above) + (256 - weight) * below + 128) >> 8) as u16;
        }
    }
}

/// `SMOOTH_H_PRED`.
#[inline(always)]
pub(super) fn horizontal(edges: &Edges, out: &mut [u16], stride: usize) {
    let right = last(edges.above_row());
    for (row, &left) in rows(edges, out, stride).zip(edges.left_column()) {
        let left = u32::from(left);
        for (sample, &weight) in row.iter_mut().zip(weights(edges.width)) {
            let weight = u32::from(weight);
            *sample = ((weight * left + (256 - weight) * right + 128) >> 8) as u16;
        }
    }
}

/// The weights along a side of so many samples.
fn weights(side: usize) -> &'static [u8] {
    match side {
        4 => &SM_WEIGHTS_4,
        8 => &SM_WEIGHTS_8,
        16 => &SM_WEIGHTS_16,
        32 => &SM_WEIGHTS_32,
        _ => &SM_WEIGHTS_64,
    }
}

#[inline(always)]
fn last(edge: &[u16]) -> u32 {
    u32::from(edge[edge.len() - 1])
}
