//! The loop filter (section 7.14), of frames without inter blocks.
//!
//! [`deblock`] takes one row of superblocks after the other: its vertical edges, then its horizontal ones. Behind it all
//! rows but the last [`LAG`] of luma are as they stay; of chroma the last two or three.

use super::map::{Edge, Grid};
use crate::codec::av1::header::{FrameHeader, LoopFilterParams, SEG_LVL_ALT_LF_Y_V};
use crate::codec::av1::window::Window;

/// Rows of luma above a horizontal edge that its filter changes.
pub const LAG: usize = 6;

/// The adaptive filter strength selection (section 7.14.5) of an intra block: `lvlSeg` for vertical and horizontal
/// edges of luma, U and V. `delta_lf` is `DeltaLF`.
#[must_use]
pub fn levels(frame: &FrameHeader, segment_id: usize, delta_lf: [i8; 4]) -> [u8; 4] {
    let params = &frame.loop_filter_params;
    std::array::from_fn(|i| {
        let delta = delta_lf[if frame.delta_lf_params.delta_lf_multi { i } else { 0 }];
        let mut level = (i32::from(delta) + i32::from(params.loop_filter_level[i])).clamp(0, 63);
        if let Some(data) = frame.segmentation_params.feature(segment_id, SEG_LVL_ALT_LF_Y_V + i) {
            level = (level + i32::from(data)).clamp(0, 63);
        }
        if params.loop_filter_delta_enabled {
            level += i32::from(params.loop_filter_ref_deltas[0]) << (level >> 5);
        }
        level.clamp(0, 63) as u8
    })
}

/// What an edge's filter compares with.
#[derive(Clone, Copy)]
struct Limits {
    limit: i32,
    blimit: i32,
    thresh: i32,
    /// `1 << (BitDepth - 8)`.
    one: i32,
    bit_depth: u32,
}

impl Limits {
    /// The adaptive filter strength (section 7.14.4) at a level above 0.
    fn new(level: u8, sharpness: u8, bit_depth: u8) -> Self {
        let (level, sharpness) = (i32::from(level), i32::from(sharpness));
        let shift = if sharpness > 4 { 2 } else { i32::from(sharpness > 0) };
        let limit =
            if sharpness > 0 { (level >> shift).clamp(1, 9 - sharpness) } else { (level >> shift).max(1) };
        let depth = bit_depth - 8;
        Self {
            limit: limit << depth,
            blimit: (2 * (level + 2) + limit) << depth,
            thresh: (level >> 4) << depth,
            one: 1 << depth,
            bit_depth: u32::from(bit_depth),
        }
    }
}

/// A plane and its place among the planes.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    /// 0, 1, 2.
    pub number: usize,
    /// Columns of the coded frame in this plane's samples; edges further right are not filtered.
    pub width: usize,
    pub height: usize,
    pub bit_depth: u8,
}

/// Deblocks the rows `start..end` of 4x4 blocks of a plane, and up to 7 rows of samples above them. `edges` is the grid
/// of the plane with the row above `start`.
pub fn deblock(
    window: &mut Window,
    edges: &Grid<Edge>,
    plane: Plane,
    params: &LoopFilterParams,
    (start, end): (usize, usize),
) {
    let end = end.min(plane.height.div_ceil(4));
    let level =
        |edge: &Edge, pass: usize| edge.levels[if plane.number == 0 { pass } else { plane.number - 1 }];
    let limits: [Limits; 64] =
        std::array::from_fn(|level| Limits::new(level as u8, params.loop_filter_sharpness, plane.bit_depth));
    let columns = plane.width.div_ceil(4);
    let largest = if plane.number == 0 { 4 } else { 3 };
    let stride = window.stride();
    for y in start..end {
        let row = edges.row(y);
        for x in 1..columns {
            let (edge, before) = (row[x], row[x - 1]);
            if (x * 4) & ((1 << edge.tx_width_log2) - 1) != 0 {
                continue;
            }
            let level = if level(&edge, 0) > 0 { level(&edge, 0) } else { level(&before, 0) };
            if level > 0 {
                let size = edge.tx_width_log2.min(before.tx_width_log2).min(largest);
                let at = window.index(x * 4, y * 4);
                let limits = limits[usize::from(level)];
                filter_edge(window.samples_mut(), at, (1, stride), size, plane.number, limits);
            }
        }
    }
    for y in start.max(1)..end {
        let (row, above) = (edges.row(y), edges.row(y - 1));
        for x in 0..columns {
            let (edge, before) = (row[x], above[x]);
            if (y * 4) & ((1 << edge.tx_height_log2) - 1) != 0 {
                continue;
            }
            let level = if level(&edge, 1) > 0 { level(&edge, 1) } else { level(&before, 1) };
            if level > 0 {
                let size = edge.tx_height_log2.min(before.tx_height_log2).min(largest);
                let at = window.index(x * 4, y * 4);
                let limits = limits[usize::from(level)];
                filter_edge(window.samples_mut(), at, (stride, 1), size, plane.number, limits);
            }
        }
    }
}

/// Filters four samples along an edge: `at` is the first behind it, `across` the step over the edge, `along` that along
/// it; `size` is the logarithm of `filterSize`.
#[inline(always)]
fn filter_edge(
    samples: &mut [u16],
    at: usize,
    (across, along): (usize, usize),
    size: u8,
    plane: usize,
    limits: Limits,
) {
    // Reaches: samples read before the edge.
    let (reach, behind) = match size {
        2 => (2, 2),
        3 if plane > 0 => (3, 3),
        3 => (4, 4),
        _ => (7, 7),
    };
    let start = at - reach * across;
    let Some(samples) = samples.get_mut(start..start + (reach + behind - 1) * across + 3 * along + 1) else {
        return;
    };
    for i in 0..4 {
        let line = &mut samples[i * along..];
        match size {
            2 => filter_line::<2>(line, across, limits),
            3 if plane > 0 => filter_line::<3>(line, across, limits),
            3 => filter_line::<4>(line, across, limits),
            _ => filter_line::<7>(line, across, limits),
        }
    }
}

/// Filters one line of samples across an edge (section 7.14.6); it starts `REACH` samples before the edge.
#[inline(always)]
fn filter_line<const REACH: usize>(line: &mut [u16], step: usize, limits: Limits) {
    let p = |i: usize| i32::from(line[(REACH - 1 - i) * step]);
    let q = |i: usize| i32::from(line[(REACH + i) * step]);
    let (p0, p1, q0, q1) = (p(0), p(1), q(0), q(1));
    let far = |a: i32, b: i32, limit: i32| (a - b).abs() > limit;
    if far(p1, p0, limits.limit)
        || far(q1, q0, limits.limit)
        || (p0 - q0).abs() * 2 + (p1 - q1).abs() / 2 > limits.blimit
        || (REACH >= 3 && (far(p(2), p1, limits.limit) || far(q(2), q1, limits.limit)))
        || (REACH >= 4 && (far(p(3), p(2), limits.limit) || far(q(3), q(2), limits.limit)))
    {
        return;
    }
    let flat = |from: usize, to: usize| {
        (from..=to).all(|i| !far(p(i), p0, limits.one) && !far(q(i), q0, limits.one))
    };
    if REACH == 2 || !flat(1, if REACH == 3 { 2 } else { 3 }) {
        narrow::<REACH>(line, step, limits);
    } else if REACH == 3 {
        wide::<REACH, 2, 1, 3>(line, step);
    } else if REACH == 7 && flat(4, 6) {
        wide::<REACH, 6, 1, 4>(line, step);
    } else {
        wide::<REACH, 3, 0, 3>(line, step);
    }
}

/// The narrow filter (section 7.14.6.3).
#[inline(always)]
fn narrow<const REACH: usize>(line: &mut [u16], step: usize, limits: Limits) {
    let half = 1 << (limits.bit_depth - 1);
    let clamp = |value: i32| value.clamp(-half, half - 1);
    let at = |i: usize| i32::from(line[i * step]) - half;
    let (ps1, ps0, qs0, qs1) = (at(REACH - 2), at(REACH - 1), at(REACH), at(REACH + 1));
    let hev = (ps1 - ps0).abs() > limits.thresh || (qs1 - qs0).abs() > limits.thresh;
    let filter = if hev { clamp(ps1 - qs1) } else { 0 };
    let filter = clamp(filter + 3 * (qs0 - ps0));
    let filter1 = clamp(filter + 4) >> 3;
    let filter2 = clamp(filter + 3) >> 3;
    let mut put = |i: usize, value: i32| line[i * step] = (clamp(value) + half) as u16;
    put(REACH, qs0 - filter1);
    put(REACH - 1, ps0 + filter2);
    if !hev {
        let filter = (filter1 + 1) >> 1;
        put(REACH + 1, qs1 - filter);
        put(REACH - 2, ps1 + filter);
    }
}

/// The wide filter (section 7.14.6.4): `N` is `n`, `N2` is `n2`.
#[inline(always)]
fn wide<const REACH: usize, const N: usize, const N2: usize, const LOG2: u32>(line: &mut [u16], step: usize) {
    let mut taps = [0_u32; 14];
    for (i, tap) in taps.iter_mut().enumerate().take(2 * N + 2) {
        *tap = u32::from(line[(REACH - N - 1 + i) * step]);
    }
    for i in 0..2 * N {
        // Tap `k` of the output stands `k - N` from it; positions beyond the filter's reach are its ends.
        let mut sum = 1 << (LOG2 - 1);
        for k in 0..=2 * N {
            let position = (i + k + 1).saturating_sub(N).min(2 * N + 1);
            let weight = if k.abs_diff(N) <= N2 { 2 } else { 1 };
            sum += taps[position] * weight;
        }
        line[(REACH - N + i) * step] = (sum >> LOG2) as u16;
    }
}
