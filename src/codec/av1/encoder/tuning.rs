//! What is chosen by number: tools by effort; matrices, chroma's quantisers, weights and filters by the quantiser.

use super::{cost::BIT, levels::Weights};
use crate::codec::av1::{
    header::{CdefParams, LoopFilterParams},
    tables::quantizer::AC_QLOOKUP,
};

/// What the search does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tools {
    /// Logarithm of the largest side of blocks.
    pub largest: usize,
    /// How many of luma's modes without a direction are measured, in the order of their trial.
    pub modes: usize,
    /// How many directions are measured: those along which the source varies least.
    pub directions: usize,
    /// These by the angle that fits the source best, not by their mode's own.
    pub fitted: bool,
    /// How many directions are refined by angles, from their modes' own on.
    pub angles: usize,
    /// How many modes are tried by their true cost.
    pub candidates: usize,
    pub tx_types: bool,
    /// How many of these modes are tried by several types of transforms: those that cost least by DCT.
    pub typed: usize,
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
    /// How many of these are tried by their true cost, 2 at the most; CfL always is.
    pub chroma_candidates: usize,
    /// What an absolute transformed difference of a step costs, in 1/64 bits.
    pub satd_weight: i64,
    /// A block that costs less than this, for each 8 x 8, isn't divided.
    pub settled: i64,
    /// Superblocks busier than this aren't tried as one block: 512 times the logarithm of the variance.
    pub busy: i32,
}

impl Tools {
    /// The fewest.
    const FAST: Self = Self {
        largest: 6,
        modes: 3,
        directions: 1,
        fitted: true,
        angles: 0,
        candidates: 1,
        tx_types: false,
        typed: 1,
        all_types: false,
        split_from: 4,
        tx_split: false,
        trellis: false,
        cfl: false,
        chroma_modes: 0,
        chroma_candidates: 1,
        satd_weight: 48,
        settled: 7000,
        busy: 3000,
    };

    const FULL: Self = Self {
        modes: 5,
        directions: 2,
        fitted: false,
        angles: 1,
        candidates: 2,
        tx_types: true,
        tx_split: true,
        trellis: true,
        cfl: true,
        chroma_modes: 2,
        chroma_candidates: 2,
        ..Self::FAST
    };

    /// The most, after the division.
    const THOROUGH: Self = Self {
        directions: 4,
        angles: 8,
        candidates: 5,
        typed: 3,
        all_types: true,
        split_from: 0,
        chroma_modes: 4,
        ..Self::FULL
    };

    /// Of an effort from 0 to 6: for the division into blocks, and, if they aren't the same, for the blocks of it. A
    /// screen, most of which is settled soon, gets more by efforts 4 and 5.
    pub(super) fn of(effort: u8, is_screen: bool) -> (Self, Option<Self>) {
        let (fast, full, thorough) = (Self::FAST, Self::FULL, Self::THOROUGH);
        let with_cfl = Self { cfl: true, ..fast };
        let angled = Self { directions: 2, fitted: false, angles: 1, ..with_cfl };
        let quick = Self { modes: 2, ..with_cfl };
        match effort {
            0 if is_screen => (fast, None),
            0 => (Self { modes: 2, settled: 20000, busy: 1500, ..fast }, None),
            1 => (fast, Some(Self { directions: 2, trellis: true, ..with_cfl })),
            2 if is_screen => (with_cfl, Some(Self { candidates: 1, ..full })),
            2 => (quick, Some(Self { all_types: true, ..full })),
            3 if is_screen => (with_cfl, Some(full)),
            3 => (quick, Some(Self { all_types: true, typed: 2, ..full })),
            4 if is_screen => {
                (Self { modes: 5, directions: 8, ..angled }, Some(Self { directions: 8, ..full }))
            }
            4 => {
                let rich =
                    Self { angles: 2, candidates: 3, all_types: true, typed: 2, chroma_modes: 4, ..full };
                (with_cfl, Some(rich))
            }
            5 if is_screen => {
                let full = Self { directions: 8, angles: 2, ..full };
                let first = Self { chroma_candidates: 1, ..full };
                (first, Some(Self { candidates: 3, all_types: true, ..full }))
            }
            5 => (Self { chroma_candidates: 1, ..full }, Some(thorough)),
            _ => {
                let first = Self {
                    directions: 8,
                    angles: 2,
                    candidates: 3,
                    all_types: true,
                    split_from: 0,
                    chroma_candidates: 1,
                    ..full
                };
                if is_screen {
                    (first, Some(Self { directions: 8, ..thorough }))
                } else {
                    (Self { directions: 3, settled: 4000, ..first }, Some(thorough))
                }
            }
        }
    }
}

/// A block of 8 x 8 that costs less than this isn't divided.
pub(super) const SETTLED_EIGHT: i64 = 30 * BIT as i64;

/// A copy without levels that costs less than this is taken for the best that a block can have.
pub(super) const SETTLED_COPY: i64 = 40 * BIT as i64;

/// What the first rows of a picture of a screen are like, in 8 x 8 of luma.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repeats {
    pub all: usize,
    /// Not flat.
    pub textured: usize,
    /// Textured, and there before.
    pub repeated: usize,
}

/// Whether a picture's blocks are copied: that saves more than the filters do, which such a picture can't have, where
/// much is repeated, and where little is to be filtered.
pub(super) fn copies_pay(repeats: Repeats) -> bool {
    let Repeats { all, textured, repeated } = repeats;
    repeated > 0 && (repeated * 8 >= textured || textured * 5 <= all * 2)
}

/// The level of the quantiser matrices: the lower, the steeper.
pub(super) fn matrix_level(base_q_idx: u8) -> u8 {
    match base_q_idx {
        0..=40 => 7,
        41..=80 => 6,
        81..=120 => 5,
        _ => 4,
    }
}

/// What is added to `qindex` for chroma: DC, AC.
pub(super) fn chroma_delta(base_q_idx: u8, subsampled: bool) -> (i8, i8) {
    let q = i32::from(base_q_idx);
    if subsampled {
        let delta = -(q / 2 - 14).clamp(0, 40) as i8;
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
    let ratio = (512 + 45 * (5120 - busyness) / 100).clamp(512, 8 * 512);
    let wanted = i32::from(AC_QLOOKUP[0][usize::from(base_q_idx)]) * 512 / ratio;
    let target = AC_QLOOKUP[0].partition_point(|&step| i32::from(step) < wanted) as i32;
    ((base + 544) * (base - target).max(0) / 1279).min(80)
}

/// How a squared step of an error of DC weighs, in sixteenths: errors of DC count as much as those of AC, whose step
/// without a matrix is `flat`. Of AC all weigh 16, and so, where a matrix makes steps coarser, errors count less.
pub(super) fn dc_weight(step: u32, flat: u32) -> u32 {
    (16 * step * step / (flat * flat)).max(1)
}

/// How errors weigh where the variance of 8 x 8 samples is this, in 1/128: less where it is busy.
pub(super) fn activity_weight(variance: u32) -> u32 {
    // Of one sample.
    let variance = variance / 64;
    let busy = 35 + 134 * variance / (variance + 300);
    // Half of what libaom's measure of activity would say.
    (128 + 128 * 70 / busy) / 2
}

/// The `base_q_idx` of a quality from 0 to 100: that whose SSIMULACRA2 is about that of a lossy WebP of the same
/// quality.
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
pub(super) fn weights(qindex: u8, chroma_qindex: u8, is_screen: bool) -> [Weights; 2] {
    // 12.5 bits for a squared step, twice as many in chroma; of a screen hardly more, as its chroma isn't halved.
    let (luma, chroma) = (100, if is_screen { 130 } else { 260 });
    let (step, chroma_step) = (ac_step(qindex), ac_step(chroma_qindex));
    let chroma = (luma * chroma * chroma_step * chroma_step / (step * step * 128)).max(1);
    [luma, chroma].map(|weight| Weights { error: weight as i32, rounding: 48, least: 68 })
}

/// The loop filter.
pub(super) fn loop_filter(base_q_idx: u8) -> LoopFilterParams {
    let step = ac_step(base_q_idx);
    let level = (step * 17563 - 421_574 + (1 << 17)) >> 18;
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
    let pri = if base_q_idx > 32 { (ac_step(base_q_idx) / 128).min(15) as u8 } else { 0 };
    let sec = u8::from(base_q_idx > 220);
    (pri > 0 || sec > 0).then(|| {
        let mut cdef = CdefParams { cdef_damping: 3 + base_q_idx / 64, ..Default::default() };
        cdef.cdef_y_pri_strength[0] = pri;
        cdef.cdef_y_sec_strength[0] = sec;
        cdef
    })
}
