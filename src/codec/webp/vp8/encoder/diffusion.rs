//! Error diffusion of chroma's DCs: rounding errors are handed on to the blocks at right and below.
//!
//! Without it a flat area whose colour lies between two steps would come out in the nearer one all over; with it the
//! mean is right.

use super::quant::Matrix;

/// The rounding errors, in half units of coefficients, of the two blocks of each chroma plane along an edge of a
/// macroblock.
pub type DcErrors = [[i8; 2]; 2];

/// Parts of an error, in 1/128, that the blocks at right and below get; what is left is forgotten.
const RIGHT: i32 = 77;
const BELOW: i32 = 67;

/// Rounds the DCs of a plane's four blocks, each with a part of the errors above and at left; gives their levels and
/// the errors along the lower and the right edge.
#[inline(always)]
pub fn diffuse(matrix: &Matrix, dcs: [i16; 4], [top, left]: [[i8; 2]; 2]) -> ([i16; 4], [i8; 2], [i8; 2]) {
    let step = i32::from(matrix.step[0]);
    let mut levels = [0; 4];
    let mut errors = [0; 4];
    for block in 0..4 {
        let above = if block < 2 { i32::from(top[block]) } else { errors[block - 2] };
        let before = if block % 2 == 0 { i32::from(left[block / 2]) } else { errors[block - 1] };
        let wanted = i32::from(dcs[block]) + ((BELOW * above + RIGHT * before) >> 7);
        let size = (wanted.abs() + step / 2) / step;
        let level = if wanted < 0 { -size } else { size };
        levels[block] = level as i16;
        errors[block] = (wanted - level * step) >> 1;
    }
    // The last block's error is parted, as it goes both ways.
    let parted = (3 * errors[3]) >> 2;
    (levels, [errors[2], errors[3] - parted].map(narrow), [errors[1], parted].map(narrow))
}

fn narrow(error: i32) -> i8 {
    error as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::webp::vp8::encoder::{quant::Segment, tuning::Tuning};

    #[test]
    fn the_mean_is_nearer_than_a_step() {
        let matrix = Segment::new(127, 3, &Tuning::default()).uv;
        let step = i32::from(matrix.step[0]);
        // A third of a step: rounded alone it is lost.
        let wanted = step / 3;
        let (mut top, mut left, mut sum) = ([0; 2], [0; 2], 0);
        for _ in 0..64 {
            let (levels, below, right) = diffuse(&matrix, [wanted as i16; 4], [top, left]);
            (top, left) = (below, right);
            sum += levels.iter().map(|&level| i32::from(level) * step).sum::<i32>();
        }
        let mean = sum / 256;
        assert!((mean - wanted).abs() < wanted / 2, "{mean} for {wanted}");
    }
}
