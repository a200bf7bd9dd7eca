//! Reconstructs a macroblock's pixels: the prediction (RFC 6386, section 12) plus the residual.

use super::{
    super::{
        macroblock::{BlockMode, IntraMode, Luma, Position},
        predict::{Edge, predict_block},
    },
    modes::MacroblockModes,
    residual::Residual,
    strip::{ABOVE, Plane, Strip},
};
use crate::simd::Simd;

/// Reconstructs a macroblock in the strip. Its residual is transformed, if it has any.
#[inline(always)]
pub fn macroblock<S: Simd>(
    simd: S,
    strip: &mut Strip,
    position: Position,
    modes: &MacroblockModes,
    residual: &Residual,
) {
    match &modes.luma {
        Luma::I16x16(mode) => {
            predict_plane(simd, &mut strip.y, position, *mode, residual.y_rows(simd).as_ref());
        }
        Luma::I4x4(modes) => predict_i4x4(simd, &mut strip.y, position.column, modes, residual),
    }
    let rows = residual.uv_rows(simd);
    for (place, plane) in strip.uv.iter_mut().enumerate() {
        predict_plane(simd, plane, position, modes.uv, rows.as_ref().map(|planes| &planes[place]));
    }
}

/// Reconstructs a plane that has one mode.
#[inline(always)]
fn predict_plane<S: Simd, const SIDE: usize>(
    simd: S,
    plane: &mut Plane<SIDE>,
    position: Position,
    mode: IntraMode,
    rows: Option<&[[i16; SIDE]; SIDE]>,
) {
    let column = position.column;
    let edge = Edge {
        top: plane.top(column),
        left: plane.left(column),
        corner: plane.corner(column),
        has_top: position.has_top(),
        has_left: position.has_left(),
    };
    let (at, stride) = (plane.at(ABOVE, column), plane.stride);
    let samples = &mut plane.samples[at..];
    simd.vectorize(
        #[inline(always)]
        || {
            let dc = if mode == IntraMode::Dc { edge.dc() as u8 } else { 0 };
            for y in 0..SIDE {
                let out = &mut samples[y * stride..y * stride + SIDE];
                let mut row = match mode {
                    IntraMode::Dc => [dc; SIDE],
                    IntraMode::V => edge.top,
                    IntraMode::H => [edge.left[y]; SIDE],
                    IntraMode::Tm => {
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

/// Samples in a row of the workspace in which 4x4 blocks are predicted: before the macroblock's what is at left, behind
/// them what is above and to the right.
const WORKSPACE: usize = 24;
/// The place of the macroblock's first pixel in it.
const FIRST: usize = 4;

/// Reconstructs luma in 4x4 modes.
#[inline(always)]
fn predict_i4x4<S: Simd>(
    simd: S,
    plane: &mut Plane<16>,
    column: usize,
    modes: &[BlockMode; 16],
    residual: &Residual,
) {
    let differences = residual.y_blocks(simd);
    let mut workspace = [[0; WORKSPACE]; 17];
    let top: [u8; 20] = plane.top(column);
    workspace[0][FIRST..].copy_from_slice(&top);
    workspace[0][FIRST - 1] = plane.corner(column);
    // Those above and to the right of the macroblock serve all of its rows of blocks.
    for row in [4, 8, 12] {
        workspace[row][FIRST + 16..].copy_from_slice(&top[16..]);
    }
    let left = plane.left(column);
    for y in 0..16 {
        workspace[y + 1][FIRST - 1] = left[y];
    }
    for block in 0..16 {
        let (x, y) = (block % 4 * 4, block / 4 * 4);
        let mut edge = [0; 13];
        for place in 0..4 {
            edge[place] = workspace[y + 4 - place][x + FIRST - 1];
        }
        edge[4..].copy_from_slice(&workspace[y][x + FIRST - 1..][..9]);
        let mut pixels = predict_block(simd, &edge, modes[block]);
        if let Some(differences) = &differences {
            for place in 0..16 {
                pixels[place] = (i16::from(pixels[place]) + differences[block][place]).clamp(0, 255) as u8;
            }
        }
        for line in 0..4 {
            let row = &mut workspace[y + 1 + line];
            row[x + FIRST..x + FIRST + 4].copy_from_slice(&pixels[4 * line..4 * line + 4]);
        }
    }
    let (at, stride) = (plane.at(ABOVE, column), plane.stride);
    let samples = &mut plane.samples[at..];
    for y in 0..16 {
        samples[y * stride..y * stride + 16].copy_from_slice(&workspace[y + 1][FIRST..FIRST + 16]);
    }
}
