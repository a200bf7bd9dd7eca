//! A macroblock's pixels: what is predicted (RFC 6386, section 12) and the difference to it.

use super::{
    super::{
        macroblock::Luma,
        predict::{Edge, predict_block},
    },
    modes::Modes,
    residual::Residual,
    strip::{ABOVE, Plane, Strip},
};
use crate::simd::Simd;

/// Puts a macroblock in its place. Its residual is transformed, if it has any.
#[inline(always)]
pub fn macroblock<S: Simd>(
    simd: S,
    strip: &mut Strip,
    (column, has_top): (usize, bool),
    modes: &Modes,
    residual: &Residual,
) {
    match &modes.luma {
        Luma::Whole(mode) => {
            whole(simd, &mut strip.y, (column, has_top), *mode, residual.y_rows(simd).as_ref());
        }
        Luma::Blocks(modes) => blocks(simd, &mut strip.y, column, modes, residual),
    }
    let rows = residual.uv_rows(simd);
    for (place, plane) in strip.uv.iter_mut().enumerate() {
        whole(simd, plane, (column, has_top), modes.uv, rows.as_ref().map(|planes| &planes[place]));
    }
}

/// A plane that is predicted as a whole: 0 DC, 1 TM, 2 V, 3 H.
#[inline(always)]
fn whole<S: Simd, const SIDE: usize>(
    simd: S,
    plane: &mut Plane<SIDE>,
    (column, has_top): (usize, bool),
    mode: u8,
    rows: Option<&[[i16; SIDE]; SIDE]>,
) {
    let edge = Edge {
        top: plane.top(column),
        left: plane.left(column),
        corner: plane.corner(column),
        has_top,
        has_left: column > 0,
    };
    let (at, stride) = (plane.at(ABOVE, column), plane.stride);
    let samples = &mut plane.samples[at..];
    simd.vectorize(
        #[inline(always)]
        || {
            let dc = if mode == 0 { edge.dc() as u8 } else { 0 };
            for y in 0..SIDE {
                let out = &mut samples[y * stride..y * stride + SIDE];
                let mut row = match mode {
                    0 => [dc; SIDE],
                    2 => edge.top,
                    3 => [edge.left[y]; SIDE],
                    _ => {
                        let offset = i16::from(edge.left[y]) - i16::from(edge.corner);
                        let mut row = [0; SIDE];
                        for x in 0..SIDE {
                            row[x] = (i16::from(edge.top[x]) + offset).clamp(0, 255) as u8;
                        }
                        row
                    }
                };
                if let Some(rows) = rows {
                    for x in 0..SIDE {
                        row[x] = (i16::from(row[x]) + rows[y][x]).clamp(0, 255) as u8;
                    }
                }
                out.copy_from_slice(&row);
            }
        },
    );
}

/// Samples of a row of the square in which blocks are predicted: at its ends what is at left and what is above and to the
/// right.
const SQUARE: usize = 24;
/// The first pixel's place in it.
const FIRST: usize = 4;

/// Luma that is predicted by blocks.
#[inline(always)]
fn blocks<S: Simd>(simd: S, plane: &mut Plane<16>, column: usize, modes: &[u8; 16], residual: &Residual) {
    let differences = residual.y_blocks(simd);
    let mut square = [[0; SQUARE]; 17];
    let top: [u8; 20] = plane.top(column);
    square[0][FIRST..].copy_from_slice(&top);
    square[0][FIRST - 1] = plane.corner(column);
    // Those above and to the right of the macroblock serve all of its rows of blocks.
    for row in [4, 8, 12] {
        square[row][FIRST + 16..].copy_from_slice(&top[16..]);
    }
    let left = plane.left(column);
    for y in 0..16 {
        square[y + 1][FIRST - 1] = left[y];
    }
    for block in 0..16 {
        let (x, y) = (block % 4 * 4, block / 4 * 4);
        let mut edge = [0; 13];
        for place in 0..4 {
            edge[place] = square[y + 4 - place][x + FIRST - 1];
        }
        edge[4..].copy_from_slice(&square[y][x + FIRST - 1..][..9]);
        let mut pixels = predict_block(simd, &edge, modes[block]);
        if let Some(differences) = &differences {
            for place in 0..16 {
                pixels[place] = (i16::from(pixels[place]) + differences[block][place]).clamp(0, 255) as u8;
            }
        }
        for line in 0..4 {
            let row = &mut square[y + 1 + line];
            row[x + FIRST..x + FIRST + 4].copy_from_slice(&pixels[4 * line..4 * line + 4]);
        }
    }
    let (at, stride) = (plane.at(ABOVE, column), plane.stride);
    let samples = &mut plane.samples[at..];
    for y in 0..16 {
        samples[y * stride..y * stride + 16].copy_from_slice(&square[y + 1][FIRST..FIRST + 16]);
    }
}
