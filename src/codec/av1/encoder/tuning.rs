//! What is chosen by number: tools by effort; matrices, chroma's quantisers, weights and filters by the quantiser.

use super::{knob::knob, levels::Weights};
use crate::codec::av1::{
    header::{CdefParams, LoopFilterParams},
    tables::quantizer::AC_QLOOKUP,
};

/// What the search does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tools {
    /// Logarithms of the least and the largest side of blocks.
    pub smallest: usize,
    pub largest: usize,
    /// How many of luma's modes are measured, in the order of their trial.
    pub modes: usize,
    /// How many directions are refined by angles.
    pub angles: usize,
    /// How many modes are tried by their true cost.
    pub candidates: usize,
    pub tx_types: bool,
    /// All types of transforms, not only those that are likely by the mode.
    pub all_types: bool,
    /// Blocks with more coefficients than this are tried with four transforms.
    pub split_from: u16,
    pub tx_split: bool,
    /// Levels by rate and distortion, not rounded.
    pub trellis: bool,
    pub cfl: bool,
    /// Modes of chroma beside DC and luma's.
    pub chroma_modes: usize,
    /// What an absolute transformed difference of a step costs, in 1/64 bits.
    pub satd_weight: i64,
    /// A block that costs less than this, for each 8 x 8, isn't divided.
    pub settled: i64,
    /// Superblocks busier than this aren't tried as one block: 512 times the logarithm of the variance.
    pub busy: i32,
}

impl Tools {
    /// Of an effort from 0 to 6: for the division into blocks, and, if they aren't the same, for the blocks of it.
    pub(super) fn of(effort: u8) -> (Self, Option<Self>) {
        let fast = Self {
            smallest: 3,
            largest: knob("LARGEST", 6) as usize,
            modes: 5,
            angles: 0,
            candidates: 1,
            tx_types: false,
            all_types: false,
            split_from: 4,
            tx_split: false,
            trellis: false,
            cfl: false,
            chroma_modes: 0,
            satd_weight: knob("SATD", 48),
            settled: knob("SETTLED", 2048),
            busy: knob("SKIP64", 3000) as i32,
        };
        let full = Self {
            modes: 13,
            angles: 2,
            candidates: knob("CAND", 2) as usize,
            tx_types: knob("TYPES", 1) > 0,
            tx_split: knob("SPLIT", 1) > 0,
            trellis: knob("TRELLIS", 1) > 0,
            cfl: true,
            chroma_modes: 2,
            ..fast
        };
        match effort {
            0 => (fast, None),
            1 => (fast, Some(Self { trellis: true, cfl: true, modes: 7, ..fast })),
            2 => (fast, Some(Self { angles: 1, candidates: 1, tx_split: false, ..full })),
            3 => (Self { modes: 7, ..fast }, Some(Self { angles: 1, candidates: 2, ..full })),
            4 => (
                Self { modes: knob("M1", 13) as usize, ..fast },
                Some(Self { angles: knob("ANG", 2) as usize, ..full }),
            ),
            5 => (Self { modes: 13, trellis: true, cfl: true, tx_split: true, ..fast }, Some(full)),
            _ => (
                full,
                Some(Self {
                    angles: 8,
                    candidates: 5,
                    all_types: true,
                    split_from: 0,
                    chroma_modes: 4,
                    ..full
                }),
            ),
        }
    }
}

/// The level of the quantiser matrices: the lower, the steeper.
pub(super) fn matrix_level(base_q_idx: u8) -> u8 {
    let level = match base_q_idx {
        0..=40 => 7,
        41..=80 => 6,
        _ => 5,
    };
    knob("QM", level) as u8
}

/// The same for chroma.
pub(super) fn chroma_matrix_level(base_q_idx: u8) -> u8 {
    knob("QMUV", matrix_level(base_q_idx).into()) as u8
}

/// What is added to `qindex` for chroma: DC, AC.
pub(super) fn chroma_delta(base_q_idx: u8, subsampled: bool) -> (i8, i8) {
    let q = i32::from(base_q_idx);
    if subsampled {
        let delta = -(q / 2 - 14).clamp(0, knob("CHQ", 40) as i32) as i8;
        (delta, delta)
    } else {
        (0, (q / 2).clamp(0, 24) as i8)
    }
}

/// `delta_q_res`: how coarse changes of the quantiser are.
pub(super) fn delta_resolution(base_q_idx: u8) -> u8 {
    if base_q_idx > 160 { 3 } else { 2 }
}

/// How much finer a superblock's `qindex` is, by 512 times the logarithm of its variance: where it is quiet the step is
/// a smaller part of the frame's.
pub(super) fn boost(base_q_idx: u8, busyness: i32) -> i32 {
    let base = i32::from(base_q_idx);
    // 1/512: 1 and 0.45 for each halving of the variance below 1024.
    let strength = knob("BOOST", 45) as i32;
    let ratio = (512 + strength * (5120 - busyness) / 100).clamp(512, 8 * 512);
    let wanted = i32::from(AC_QLOOKUP[0][usize::from(base_q_idx)]) * 512 / ratio;
    let target = AC_QLOOKUP[0].partition_point(|&step| i32::from(step) < wanted) as i32;
    ((base + 544) * (base - target).max(0) / 1279).min(80)
}

/// How a squared step of error weighs at a position, in sixteenths; `flat` is the step without a matrix.
pub(super) fn position_weight(position: usize, step: u32, flat: u32) -> u32 {
    if position == 0 {
        return (16 * step * step / (flat * flat) * knob("WDC", 100) as u32 / 100).max(1);
    }
    let weight = match knob("GAMMA", 0) {
        0 => 16,
        1 => 16 * step / flat,
        _ => 16 * step * step / (flat * flat),
    };
    weight.clamp(1, 255)
}

/// How errors weigh where the variance of 8 x 8 samples is this, in 1/128: less where it is busy.
pub(super) fn activity_weight(variance: u32) -> u32 {
    // Of one sample.
    let variance = variance / 64;
    let busy = 35 + 134 * variance / (variance + 300);
    let strength = knob("ACT", 50) as u32;
    let weight = 128 * knob("ACTMEAN", 70) as u32 / busy;
    (128 * (100 - strength) + weight * strength) / 100
}

/// The `base_q_idx` of a quality from 0 to 100: that whose SSIMULACRA2 is about that of a lossy WebP of the same quality.
#[must_use]
pub fn base_q_idx(quality: u8) -> u8 {
    // By steps of 5.
    const INDICES: [u8; 21] =
        [217, 204, 195, 186, 179, 172, 167, 162, 157, 151, 147, 142, 138, 133, 128, 122, 101, 77, 51, 26, 8];
    let quality = usize::from(quality.min(100));
    let (low, rest) = (quality / 5, quality % 5);
    let (from, to) = (usize::from(INDICES[low]), usize::from(INDICES[(low + 1).min(20)]));
    ((from * (5 - rest) + to * rest + 2) / 5) as u8
}

/// The step of AC of a `qindex`.
pub(super) fn ac_step(qindex: u8) -> i64 {
    i64::from(AC_QLOOKUP[0][usize::from(qindex)])
}

/// How errors weigh against bits, in luma and in chroma whose `qindex` is this.
pub(super) fn weights(qindex: u8, chroma_qindex: u8) -> [Weights; 2] {
    let mode = knob("KMODE", 100);
    let levels = knob("KLEVELS", 100);
    let chroma = knob("KCHROMA", 260);
    let (step, chroma_step) = (ac_step(qindex), ac_step(chroma_qindex));
    let ratio =
        |weight: i64| (weight * chroma * chroma_step * chroma_step / (step * step * 128)).max(1) as i32;
    let rounding = knob("ROUNDING", 48) as i32;
    let least = knob("LEAST", 68) as i32;
    [
        Weights { mode: mode as i32, levels: levels as i32, rounding, least },
        Weights { mode: ratio(mode), levels: ratio(levels), rounding, least },
    ]
}

/// The loop filter.
pub(super) fn loop_filter(base_q_idx: u8) -> LoopFilterParams {
    let step = ac_step(base_q_idx);
    let level = ((step * 17563 - 421_574 + (1 << 17)) >> 18) * knob("LF", 128) / 128;
    let level = level.clamp(0, 63) as u8;
    let sharpness = match base_q_idx {
        0..=112 => 7,
        113..=160 => 1,
        _ => 0,
    };
    LoopFilterParams { loop_filter_level: [level; 4], loop_filter_sharpness: sharpness, ..Default::default() }
}

/// CDEF, if it is worth it.
pub(super) fn cdef(base_q_idx: u8) -> Option<CdefParams> {
    let pri =
        knob("CDEF_PRI", if base_q_idx > 32 { ac_step(base_q_idx) / 128 } else { 0 }).clamp(0, 15) as u8;
    let sec = knob("CDEF_SEC", if base_q_idx > 220 { 1 } else { 0 }) as u8;
    (pri > 0 || sec > 0).then(|| {
        let mut cdef = CdefParams { cdef_damping: 3 + base_q_idx / 64, ..Default::default() };
        cdef.cdef_y_pri_strength[0] = pri;
        cdef.cdef_y_sec_strength[0] = sec;
        cdef
    })
}
