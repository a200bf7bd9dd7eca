//! Recursive prediction: groups of 4x2 samples, each from the seven around it (section 7.11.2.3 of the AV1
//! specification).

use super::edges::{BEFORE, Edges};
use crate::codec::av1::tables::prediction::INTRA_FILTER_TAPS;

/// Predicts by `filter_intra_mode`, 0 to 4.
#[inline(always)]
pub(super) fn predict(mode: u8, edges: &Edges, out: &mut [u16], stride: usize) {
    let taps = &INTRA_FILTER_TAPS[usize::from(mode).min(4)];
    let highest = (1 << edges.bit_depth) - 1;
    // What is above the pair of rows, from its corner on.
    let mut above = [0u16; 33];
    above[..=edges.width].copy_from_slice(&edges.above[BEFORE - 1..BEFORE + edges.width]);
    for y in (0..edges.height).step_by(2) {
        let mut left = [edges.left[BEFORE + y], edges.left[BEFORE + y + 1]];
        for x in (0..edges.width).step_by(4) {
            let around = [above[x], above[x + 1], above[x + 2], above[x + 3], above[x + 4], left[0], left[1]];
            let mut samples = [0; 8];
            for (sample, taps) in samples.iter_mut().zip(taps) {
                let sum: i32 =
                    taps.iter().zip(around).map(|(&tap, near)| i32::from(tap) * i32::from(near)).sum();
                // Round2Signed, to 4 bits; what is below 0 ends as 0.
                *sample = ((sum + 8) >> 4).clamp(0, highest) as u16;
            }
            out[y * stride + x..][..4].copy_from_slice(&samples[..4]);
            out[(y + 1) * stride + x..][..4].copy_from_slice(&samples[4..]);
            left = [samples[3], samples[7]];
        }
        above[0] = edges.left[BEFORE + y + 1];
        above[1..=edges.width].copy_from_slice(&out[(y + 1) * stride..][..edges.width]);
    }
}
