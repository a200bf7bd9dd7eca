//! Sixteen 4x4 blocks side by side, and the transposition to one block after the other.
//!
//! Each row of [`Lanes`] holds one coefficient or pixel of sixteen blocks, so that a function over them is scalar code
//! for one block in a loop over lanes: the compiler turns the loop into vectors of whatever width there is.

use super::tables::ZIGZAG;
use crate::simd::{Simd, SimdBase, i16x8};

/// Blocks that are worked on at once.
pub const LANES: usize = 16;

/// Sixteen blocks: by place in the block (raster order), then by lane.
pub type Lanes = [[i16; LANES]; 16];

/// Sixteen blocks one after the other, each by place in the block.
pub type Blocks = [[i16; 16]; LANES];

/// Zeros.
pub const EMPTY: Lanes = [[0; LANES]; 16];

/// Raster order.
const RASTER: [usize; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Transposes lanes to blocks in raster order.
#[inline(always)]
pub fn to_raster_blocks<S: Simd>(simd: S, lanes: &Lanes, blocks: &mut Blocks) {
    transpose(simd, lanes, &RASTER, blocks, &RASTER);
}

/// Transposes lanes to blocks in scan order.
#[inline(always)]
pub fn to_scan_blocks<S: Simd>(simd: S, lanes: &Lanes, blocks: &mut Blocks) {
    transpose(simd, lanes, &ZIGZAG, blocks, &RASTER);
}

/// Transposes blocks in scan order to lanes.
#[inline(always)]
pub fn from_scan_blocks<S: Simd>(simd: S, blocks: &Blocks, lanes: &mut Lanes) {
    transpose(simd, blocks, &RASTER, lanes, &ZIGZAG);
}

/// Exchanges rows and columns: `output[to[y]][x] = input[from[x]][y]`.
#[inline(always)]
fn transpose<S: Simd>(
    simd: S,
    input: &[[i16; 16]; 16],
    from: &[usize; 16],
    output: &mut [[i16; 16]; 16],
    to: &[usize; 16],
) {
    for upper in [0, 8] {
        for left in [0, 8] {
            let mut rows = [i16x8::splat(simd, 0); 8];
            for row in 0..8 {
                rows[row] = i16x8::from_slice(simd, &input[from[upper + row]][left..left + 8]);
            }
            // Three rounds of a perfect shuffle.
            for _ in 0..3 {
                let [a, b, c, d, e, f, g, h] = rows;
                rows = [
                    a.zip_low(e),
                    a.zip_high(e),
                    b.zip_low(f),
                    b.zip_high(f),
                    c.zip_low(g),
                    c.zip_high(g),
                    d.zip_low(h),
                    d.zip_high(h),
                ];
            }
            for row in 0..8 {
                rows[row].store_slice(&mut output[to[left + row]][upper..upper + 8]);
            }
        }
    }
}

/// One past the last value that is not zero: the end of block (EOB) of levels in scan order.
#[inline(always)]
pub fn eob<S: Simd>(simd: S, block: &[i16; 16]) -> usize {
    let zero = i16x8::splat(simd, 0);
    let lower = simd.to_bitmask_mask16x8(i16x8::from_slice(simd, &block[..8]).simd_ne(zero));
    let upper = simd.to_bitmask_mask16x8(i16x8::from_slice(simd, &block[8..]).simd_ne(zero));
    (u64::BITS - (lower | upper << 8).leading_zeros()) as usize
}

/// One block of the sixteen.
#[inline(always)]
pub fn lane_of(lanes: &Lanes, lane: usize) -> [i16; 16] {
    let mut block = [0; 16];
    for place in 0..16 {
        block[place] = lanes[place][lane & 15];
    }
    block
}

/// Puts the pixels of a plane's 4x4 blocks into the lanes from `first`.
#[inline(always)]
pub fn to_lanes<const SIDE: usize>(plane: &[[u8; SIDE]; SIDE], first: usize, lanes: &mut Lanes) {
    for (y, row) in plane.iter().enumerate() {
        for (x, &pixel) in row.iter().enumerate() {
            lanes[y % 4 * 4 + x % 4][first + y / 4 * (SIDE / 4) + x / 4] = i16::from(pixel);
        }
    }
}

/// Takes the pixels of a plane's blocks, 0 to 255, out of the lanes.
#[inline(always)]
pub fn from_lanes<const SIDE: usize>(lanes: &Lanes, first: usize, plane: &mut [[u8; SIDE]; SIDE]) {
    for (y, row) in plane.iter_mut().enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            *pixel = lanes[y % 4 * 4 + x % 4][first + y / 4 * (SIDE / 4) + x / 4] as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{dispatch, levels};

    #[test]
    fn transposing_exchanges_rows_and_columns() {
        let lanes: Lanes = std::array::from_fn(|y| std::array::from_fn(|x| (16 * y + x) as i16 - 100));
        for level in levels() {
            let (mut raster, mut scan, mut back) = (EMPTY, EMPTY, EMPTY);
            dispatch!(level, simd => {
                to_raster_blocks(simd, &lanes, &mut raster);
                to_scan_blocks(simd, &lanes, &mut scan);
                from_scan_blocks(simd, &scan, &mut back);
            });
            for (block, place) in (0..16).flat_map(|block| (0..16).map(move |place| (block, place))) {
                assert_eq!(raster[block][place], lanes[place][block]);
                assert_eq!(scan[block][place], lanes[ZIGZAG[place]][block]);
            }
            assert_eq!(back, lanes);
        }
    }

    #[test]
    fn the_end_is_behind_the_last_level() {
        for level in levels() {
            for end in 0..=16 {
                let mut block = [0; 16];
                (0..end)
                    .filter(|place| place % 3 == 0 || place + 1 == end)
                    .for_each(|place| block[place] = -1);
                assert_eq!(dispatch!(level, simd => eob(simd, &block)), end);
            }
        }
    }
}
