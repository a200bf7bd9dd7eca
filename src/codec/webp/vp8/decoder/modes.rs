//! The modes of a macroblock (RFC 6386, sections 10, 11 and 19.3).

use super::{
    super::{
        macroblock::Luma,
        tables::{B_MODE_PROBS, Prob, UV_MODE_PROBS, Y_MODE_PROBS},
    },
    booldec::BoolReader,
    header::Header,
};

/// What the first partition says of a macroblock.
pub struct Modes {
    /// 0 to 3.
    pub segment: usize,
    /// It has no tokens.
    pub is_skipped: bool,
    pub luma: Luma,
    /// 0 DC, 1 TM, 2 V, 3 H.
    pub uv: u8,
}

impl Modes {
    /// Reads the next macroblock's, and keeps the 4x4 modes along its lower and right edges.
    #[inline(always)]
    pub fn read(bits: &mut BoolReader<'_>, header: &Header, top: &mut [u8; 4], left: &mut [u8; 4]) -> Self {
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
            (*top, *left) = ([mode; 4], [mode; 4]);
            Luma::Whole(mode)
        } else {
            let mut modes = [0; 16];
            for block in 0..16 {
                let (x, y) = (block % 4, block / 4);
                let mode = block_mode(bits, &B_MODE_PROBS[usize::from(top[x])][usize::from(left[y])]);
                modes[block] = mode;
                (top[x], left[y]) = (mode, mode);
            }
            Luma::Blocks(modes)
        };
        let uv = uv_mode(bits);
        Self { segment, is_skipped, luma, uv }
    }
}

/// DC, TM, V, H for a whole macroblock.
#[inline(always)]
fn y_mode(bits: &mut BoolReader<'_>) -> u8 {
    if bits.bit(Y_MODE_PROBS[1]) {
        if bits.bit(Y_MODE_PROBS[3]) { 1 } else { 3 }
    } else if bits.bit(Y_MODE_PROBS[2]) {
        2
    } else {
        0
    }
}

#[inline(always)]
fn uv_mode(bits: &mut BoolReader<'_>) -> u8 {
    if !bits.bit(UV_MODE_PROBS[0]) {
        0
    } else if !bits.bit(UV_MODE_PROBS[1]) {
        2
    } else if !bits.bit(UV_MODE_PROBS[2]) {
        3
    } else {
        1
    }
}

/// DC, TM, VE, HE, LD, RD, VR, VL, HD, HU (section 11.2).
#[inline(always)]
fn block_mode(bits: &mut BoolReader<'_>, probs: &[Prob; 9]) -> u8 {
    for mode in 0..3 {
        if !bits.bit(probs[mode]) {
            return mode as u8;
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
