//! The modes of a macroblock (RFC 6386, sections 10, 11 and 19.3).

use super::{
    super::{
        macroblock::{BlockMode, IntraMode, Luma},
        tables::{B_MODE_PROBS, Prob, UV_MODE_PROBS, Y_MODE_PROBS},
    },
    booldec::BoolReader,
    header::Header,
};

/// A macroblock's modes, as the first partition has them.
pub struct MacroblockModes {
    /// 0 to 3.
    pub segment: usize,
    /// True if it has no tokens.
    pub is_skipped: bool,
    pub luma: Luma,
    pub uv: IntraMode,
}

impl MacroblockModes {
    /// Reads the next macroblock's modes. `top` and `left` hold the 4x4 modes above and at left, and then those along
    /// the lower and the right edge.
    #[inline(always)]
    pub fn read(
        bits: &mut BoolReader<'_>,
        header: &Header,
        top: &mut [BlockMode; 4],
        left: &mut [BlockMode; 4],
    ) -> Self {
        let segment = match header.segment_probs {
            None => 0,
            Some([first, _, high]) if bits.bit(first) => 2 + usize::from(bits.bit(high)),
            Some([_, low, _]) => usize::from(bits.bit(low)),
        };
        let is_skipped = match header.skip_prob {
            Some(prob) => bits.bit(prob),
            None => false,
        };
        let luma = if bits.bit(Y_MODE_PROBS[0]) {
            let mode = y_mode(bits);
            // The 4x4 modes have the same numbers as the 16x16 modes that they resemble.
            (*top, *left) = ([mode as BlockMode; 4], [mode as BlockMode; 4]);
            Luma::I16x16(mode)
        } else {
            let mut modes = [0; 16];
            for block in 0..16 {
                let (x, y) = (block % 4, block / 4);
                let mode = block_mode(bits, &B_MODE_PROBS[usize::from(top[x])][usize::from(left[y])]);
                modes[block] = mode;
                (top[x], left[y]) = (mode, mode);
            }
            Luma::I4x4(modes)
        };
        let uv = uv_mode(bits);
        Self { segment, is_skipped, luma, uv }
    }
}

/// Reads a 16x16 luma mode (section 11.2).
#[inline(always)]
fn y_mode(bits: &mut BoolReader<'_>) -> IntraMode {
    if bits.bit(Y_MODE_PROBS[1]) {
        if bits.bit(Y_MODE_PROBS[3]) { IntraMode::Tm } else { IntraMode::H }
    } else if bits.bit(Y_MODE_PROBS[2]) {
        IntraMode::V
    } else {
        IntraMode::Dc
    }
}

/// Reads a chroma mode (section 11.4).
#[inline(always)]
fn uv_mode(bits: &mut BoolReader<'_>) -> IntraMode {
    if !bits.bit(UV_MODE_PROBS[0]) {
        IntraMode::Dc
    } else if !bits.bit(UV_MODE_PROBS[1]) {
        IntraMode::V
    } else if !bits.bit(UV_MODE_PROBS[2]) {
        IntraMode::H
    } else {
        IntraMode::Tm
    }
}

/// Reads a 4x4 luma mode (section 11.2).
#[inline(always)]
fn block_mode(bits: &mut BoolReader<'_>, probs: &[Prob; 9]) -> BlockMode {
    for mode in 0..3 {
        if !bits.bit(probs[mode]) {
            return mode as BlockMode;
        }
    }
    if bits.bit(probs[3]) {
        if !bits.bit(probs[6]) {
            4
        } else if !bits.bit(probs[7]) {
            7
        } else {
            8 + u8::from(bits.bit(probs[8]))
        }
    } else if bits.bit(probs[4]) {
        5 + u8::from(bits.bit(probs[5]))
    } else {
        3
    }
}
