//! Prediction along a direction, with the filters of the edges that go before it (sections 7.11.2.4 and 7.11.2.7 to
//! 7.11.2.12 of the AV1 specification).

use super::edges::{BEFORE, Edge, Edges, LENGTH};
use crate::codec::av1::tables::prediction::{DR_INTRA_DERIVATIVE, INTRA_EDGE_KERNEL};

/// Columns of a block that are predicted together.
const COLUMNS: usize = 8;

/// Predicts along `angle` in degrees, neither 90 nor 180.
#[inline(always)]
pub(super) fn predict(
    angle: usize,
    edge_filter: Option<bool>,
    edges: &Edges,
    out: &mut [u16],
    stride: usize,
) {
    let (width, height) = (edges.width, edges.height);
    let sum = width + height;
    // Only edges that are read are copied and filtered.
    let prepare = |edge: &mut Edge, is_there: bool, count: usize, upsampled: usize, d: usize| {
        let Some(smooth) = edge_filter else { return 0 };
        if is_there {
            filter(edge, count + 1, strength(sum, smooth, d));
        }
        if !upsamples(sum, smooth, d) {
            return 0;
        }
        upsample(edge, upsampled, edges.bit_depth);
        1
    };
    if angle < 90 {
        let mut above = edges.above;
        let upsample = prepare(&mut above, edges.have_above, edges.columns + height, sum, 90 - angle);
        from_above(&mut above, DR_INTRA_DERIVATIVE[angle].into(), upsample, edges, out, stride);
    } else if angle > 180 {
        let mut left = edges.left;
        let upsample = prepare(&mut left, edges.have_left, edges.rows + width, sum, angle - 180);
        from_left(&left, DR_INTRA_DERIVATIVE[270 - angle].into(), upsample, edges, out, stride);
    } else {
        let (mut above, mut left) = (edges.above, edges.left);
        if edge_filter.is_some() && sum >= 24 {
            let near = [left[BEFORE], above[BEFORE - 1], above[BEFORE]].map(u32::from);
            let corner = ((near[0] * 5 + near[1] * 6 + near[2] * 5 + 8) >> 4) as u16;
            above[BEFORE - 1] = corner;
            left[BEFORE - 1] = corner;
        }
        let upsample_above = prepare(&mut above, edges.have_above, edges.columns, width, angle - 90);
        let upsample_left = prepare(&mut left, edges.have_left, edges.rows, height, 180 - angle);
        let (dx, dy) = (DR_INTRA_DERIVATIVE[180 - angle].into(), DR_INTRA_DERIVATIVE[angle - 90].into());
        let (above, left) = ((&above, dx, upsample_above), (&left, dy, upsample_left));
        from_both(above, left, edges, out, stride);
    }
}

/// The intra edge filter strength selection process; `sum` is the width and height together, `d` the difference of
/// angles in degrees.
fn strength(sum: usize, smooth: bool, d: usize) -> usize {
    match (smooth, sum) {
        (false, ..=8) => usize::from(d >= 56),
        (false, ..=16) => usize::from(d >= 40),
        (false, ..=24) => [d >= 8, d >= 16, d >= 32].map(usize::from).iter().sum(),
        (false, ..=32) => 1 + usize::from(d >= 4) + usize::from(d >= 32),
        (true, ..=8) => usize::from(d >= 40) + usize::from(d >= 64),
        (true, ..=16) => usize::from(d >= 20) + usize::from(d >= 48),
        (true, ..=24) => 3 * usize::from(d >= 4),
        _ => 3,
    }
}

/// The intra edge upsample selection process.
fn upsamples(sum: usize, smooth: bool, d: usize) -> bool {
    d > 0 && d < 40 && sum <= if smooth { 8 } else { 16 }
}

/// The intra edge filter process over `count` samples from the corner on.
#[inline(always)]
fn filter(edge: &mut Edge, count: usize, strength: usize) {
    let Some(kernel) = strength.checked_sub(1).map(|kernel| INTRA_EDGE_KERNEL[kernel].map(u32::from)) else {
        return;
    };
    let mut before = [0; 2 + LENGTH];
    let before = &mut before[..count + 4];
    before[2..2 + count].copy_from_slice(&edge[BEFORE - 1..BEFORE - 1 + count]);
    let first = before[2];
    before[..2].fill(first);
    let last = before[1 + count];
    before[2 + count..].fill(last);
    for (sample, near) in edge[BEFORE..BEFORE - 1 + count].iter_mut().zip(before[1..].windows(5)) {
        let sum: u32 = kernel.iter().zip(near).map(|(&weight, &near)| weight * u32::from(near)).sum();
        *sample = ((sum + 8) >> 4) as u16;
    }
}

/// The intra edge upsample process: `count` samples, 16 at most, become twice as many, from index -2 on.
fn upsample(edge: &mut Edge, count: usize, bit_depth: u8) {
    let highest = (1 << bit_depth) - 1;
    let mut before = [0; 16 + 3];
    before[0] = edge[BEFORE - 1];
    before[1..count + 2].copy_from_slice(&edge[BEFORE - 1..BEFORE + count]);
    before[count + 2] = before[count + 1];
    edge[BEFORE - 2] = before[0];
    for i in 0..count {
        let near = |at: usize| i32::from(before[i + at]);
        let sum = 9 * (near(1) + near(2)) - near(0) - near(3);
        edge[BEFORE + 2 * i - 1] = ((sum + 8) >> 4).clamp(0, highest) as u16;
        edge[BEFORE + 2 * i] = before[i + 2];
    }
}

/// What lies between two neighbours of an edge, `shift` thirty-seconds after the first.
#[inline(always)]
fn between(first: u16, second: u16, shift: u32) -> u16 {
    ((u32::from(first) * (32 - shift) + u32::from(second) * shift + 16) >> 5) as u16
}

/// Angles below 90 degrees.
#[inline(always)]
fn from_above(edge: &mut Edge, dx: usize, upsample: usize, edges: &Edges, out: &mut [u16], stride: usize) {
    let (width, height) = (edges.width, edges.height);
    let last = (width + height - 1) << upsample;
    let end = edge[BEFORE + last];
    // Past the last sample it stands for all.
    edge[BEFORE + last + 1..].fill(end);
    for (i, row) in out.chunks_mut(stride).take(height).enumerate() {
        slanted_row(edge, (i + 1) * dx, upsample, last, &mut row[..width]);
    }
}

/// Angles above 180 degrees: as those below 90, with rows and columns exchanged.
#[inline(always)]
fn from_left(edge: &Edge, dy: usize, upsample: usize, edges: &Edges, out: &mut [u16], stride: usize) {
    let (width, height) = (edges.width, edges.height);
    // Few columns at a time, so that little room is needed.
    for first in (0..width).step_by(COLUMNS) {
        let mut columns = [[0; 64]; COLUMNS];
        let count = COLUMNS.min(width - first);
        for (j, column) in columns.iter_mut().enumerate().take(count) {
            slanted_row(edge, (first + j + 1) * dy, upsample, usize::MAX, &mut column[..height]);
        }
        for (i, row) in out.chunks_mut(stride).take(height).enumerate() {
            for (sample, column) in row[first..first + count].iter_mut().zip(&columns) {
                *sample = column[i];
            }
        }
    }
}

/// A row (or column) of the block from the edge parallel to it, `index` in 1/64 samples from the first.
#[inline(always)]
fn slanted_row(edge: &Edge, index: usize, upsample: usize, last: usize, out: &mut [u16]) {
    let base = (index >> (6 - upsample)).min(last);
    let shift = ((index << upsample) >> 1) as u32 & 31;
    let count = out.len();
    if upsample == 0 {
        let near = &edge[BEFORE + base..][..count + 1];
        for (j, sample) in out.iter_mut().enumerate() {
            *sample = between(near[j], near[j + 1], shift);
        }
    } else {
        let near = &edge[BEFORE + base..][..2 * count];
        for (sample, near) in out.iter_mut().zip(near.chunks_exact(2)) {
            *sample = between(near[0], near[1], shift);
        }
    }
}

/// Angles between 90 and 180 degrees: of each row the right part comes from above, the rest from the left.
#[inline(always)]
fn from_both(
    (above, dx, upsample_above): (&Edge, i32, usize),
    (left, dy, upsample_left): (&Edge, i32, usize),
    edges: &Edges,
    out: &mut [u16],
    stride: usize,
) {
    let at = |base: i32| (BEFORE as i32 + base) as usize;
    for (i, row) in out.chunks_mut(stride).take(edges.height).enumerate() {
        let row = &mut row[..edges.width];
        let index = -(i as i32 + 1) * dx;
        let base = index >> (6 - upsample_above);
        let shift = ((index << upsample_above) >> 1) as u32 & 31;
        // The first column whose base is -1 (-2 if upsampled) at least.
        let first_above = ((-1 - (index >> 6)).max(0) as usize).min(row.len());
        let (from_left, from_above) = row.split_at_mut(first_above);
        for (j, sample) in from_left.iter_mut().enumerate() {
            let index = ((i as i32) << 6) - (j as i32 + 1) * dy;
            let base = at(index >> (6 - upsample_left));
            let shift = ((index << upsample_left) >> 1) as u32 & 31;
            *sample = between(left[base], left[base + 1], shift);
        }
        if from_above.is_empty() {
            continue;
        }
        let near = &above[at(base + ((first_above as i32) << upsample_above))..];
        for (j, sample) in from_above.iter_mut().enumerate() {
            *sample = between(near[j << upsample_above], near[(j << upsample_above) + 1], shift);
        }
    }
}
