//! The residual of a macroblock: its tokens (RFC 6386, section 13), dequantised and inversely transformed (section 14).

use super::{
    super::{
        lanes::{Blocks, EMPTY, LANES, Lanes, to_raster_blocks},
        macroblock::{BlockType, NonzeroFlags},
        tables::{CATEGORY_BASE, CATEGORY_PROBS, Prob, ZIGZAG},
        transform::{inverse, inverse_dcs_wide, inverse_wide},
    },
    booldec::BoolReader,
    header::{PlaceProbs, Steps},
};
use crate::simd::{Simd, SimdBase, i16x8};

/// The inverse transform of coefficients up to this one stays within 16 bits: each of its two passes gives at the most
/// 3.85 times what goes in.
const MAX_NARROW: u32 = 2047;

/// Coefficients of a macroblock; after [`Residual::transform`] differences to the prediction.
pub struct Residual {
    /// Sixteen luma blocks; four of Cb and four of Cr.
    y: Lanes,
    uv: Lanes,
    /// True if there are any.
    has_y: bool,
    has_uv: bool,
    /// Coefficients that are larger than any encoder's, luma's before chroma's, by block and place.
    wide: Option<Box<[[i32; 16]; 24]>>,
}

/// How a macroblock's tokens are coded.
pub struct TokenCoding<'a> {
    pub probs: &'a PlaceProbs,
    /// Quantiser steps of its segment.
    pub steps: &'a Steps,
    /// True if the DCs of luma are in a block of their own.
    pub has_y2: bool,
}

/// Chroma's differences, Cb before Cr, by row.
pub type Chroma = [[[i16; 8]; 8]; 2];

impl Residual {
    pub const fn new() -> Self {
        Self { y: EMPTY, uv: EMPTY, has_y: false, has_uv: false, wide: None }
    }

    /// Makes all zero.
    pub fn clear(&mut self) {
        if self.has_y {
            self.y = EMPTY;
        }
        if self.has_uv {
            self.uv = EMPTY;
        }
        (self.has_y, self.has_uv, self.wide) = (false, false, None);
    }

    /// Reads a macroblock's tokens. `top` and `left` say which blocks above and at left have nonzero levels, and then
    /// which along the lower and the right edge have. The residual must be clear.
    #[inline(always)]
    pub fn read(
        &mut self,
        bits: &mut BoolReader<'_>,
        coding: &TokenCoding<'_>,
        top: &mut NonzeroFlags,
        left: &mut NonzeroFlags,
    ) {
        // A copy stays in registers.
        let mut reader = *bits;
        let luma_type = if coding.has_y2 {
            self.read_y2(&mut reader, coding, top, left);
            BlockType::YAfterY2
        } else {
            BlockType::YWithDc
        };
        self.read_luma(&mut reader, coding, luma_type, top, left);
        self.read_chroma(&mut reader, coding, top, left);
        *bits = reader;
    }

    /// Reads the Y2 block, which makes the DCs of luma.
    #[inline(always)]
    fn read_y2(
        &mut self,
        bits: &mut BoolReader<'_>,
        coding: &TokenCoding<'_>,
        top: &mut NonzeroFlags,
        left: &mut NonzeroFlags,
    ) {
        let mut y2 = [0; 16];
        let is_nonzero = coding.read_block(
            bits,
            BlockType::Y2,
            top.y2_context(left),
            #[inline(always)]
            |place, value| y2[place] = value,
        );
        top.set_y2(left, is_nonzero);
        if is_nonzero {
            for (block, dc) in inverse_dcs_wide(&y2).into_iter().enumerate() {
                self.has_y |= dc != 0;
                self.put_y(block, 0, dc);
            }
        }
    }

    #[inline(always)]
    fn read_luma(
        &mut self,
        bits: &mut BoolReader<'_>,
        coding: &TokenCoding<'_>,
        block_type: BlockType,
        top: &mut NonzeroFlags,
        left: &mut NonzeroFlags,
    ) {
        for block in 0..16 {
            let (x, y) = (block % 4, block / 4);
            let is_nonzero = coding.read_block(
                bits,
                block_type,
                usize::from(top.0[x] + left.0[y]),
                #[inline(always)]
                |place, value| self.put_y(block, place, value),
            );
            self.has_y |= is_nonzero;
            (top.0[x], left.0[y]) = (u8::from(is_nonzero), u8::from(is_nonzero));
        }
    }

    #[inline(always)]
    fn read_chroma(
        &mut self,
        bits: &mut BoolReader<'_>,
        coding: &TokenCoding<'_>,
        top: &mut NonzeroFlags,
        left: &mut NonzeroFlags,
    ) {
        for block in 0..8 {
            let (x, y) = (4 + block / 4 * 2 + block % 2, 4 + block / 2);
            let is_nonzero = coding.read_block(
                bits,
                BlockType::Chroma,
                usize::from(top.0[x] + left.0[y]),
                #[inline(always)]
                |place, value| self.put_uv(block, place, value),
            );
            self.has_uv |= is_nonzero;
            (top.0[x], left.0[y]) = (u8::from(is_nonzero), u8::from(is_nonzero));
        }
    }

    #[inline(always)]
    fn put_y(&mut self, block: usize, place: usize, value: i32) {
        self.y[place & 15][block & 15] = value as i16;
        if value.unsigned_abs() > MAX_NARROW {
            self.put_wide(block, place, value);
        }
    }

    #[inline(always)]
    fn put_uv(&mut self, block: usize, place: usize, value: i32) {
        self.uv[place & 15][block & 15] = value as i16;
        if value.unsigned_abs() > MAX_NARROW {
            self.put_wide(16 + block, place, value);
        }
    }

    #[cold]
    #[inline(never)]
    fn put_wide(&mut self, block: usize, place: usize, value: i32) {
        self.wide.get_or_insert_with(|| Box::new([[0; 16]; 24]))[block][place] = value;
    }

    /// True if the macroblock's inner edges are filtered however it is predicted.
    pub const fn is_nonzero(&self) -> bool {
        self.has_y || self.has_uv
    }

    /// Transforms coefficients to differences.
    #[inline(always)]
    pub fn transform<S: Simd>(&mut self, simd: S) {
        if self.wide.is_some() {
            return self.transform_wide();
        }
        if self.has_y {
            inverse(simd, &mut self.y);
        }
        if self.has_uv {
            inverse(simd, &mut self.uv);
        }
    }

    /// Transforms coefficients in 64 bits; what is more than a pixel can differ by is cut off.
    #[cold]
    #[inline(never)]
    fn transform_wide(&mut self) {
        let Some(wide) = self.wide.take() else { return };
        for (block, wide) in wide.iter().enumerate() {
            let (lanes, lane) = if block < 16 { (&mut self.y, block) } else { (&mut self.uv, block - 16) };
            let value = |place: usize| match wide[place] {
                0 => i32::from(lanes[place][lane]),
                value => value,
            };
            let values = inverse_wide(&std::array::from_fn(value));
            for place in 0..16 {
                lanes[place][lane] = values[place].clamp(-255, 255) as i16;
            }
        }
    }

    /// Luma's differences by row, if there are any.
    #[inline(always)]
    pub fn y_rows<S: Simd>(&self, simd: S) -> Option<[[i16; 16]; 16]> {
        if !self.has_y {
            return None;
        }
        let mut rows = [[0; 16]; 16];
        for y in 0..4 {
            for half in 0..2 {
                let merged = merged(simd, &self.y, y, half);
                for side in 0..2 {
                    let row = &mut rows[(2 * half + side) * 4 + y];
                    merged[side][0].store_slice(&mut row[..8]);
                    merged[side][1].store_slice(&mut row[8..]);
                }
            }
        }
        Some(rows)
    }

    /// Luma's differences by block, if there are any.
    #[inline(always)]
    pub fn y_blocks<S: Simd>(&self, simd: S) -> Option<Blocks> {
        if !self.has_y {
            return None;
        }
        let mut blocks = EMPTY;
        to_raster_blocks(simd, &self.y, &mut blocks);
        Some(blocks)
    }

    /// Chroma's differences, if there are any.
    #[inline(always)]
    pub fn uv_rows<S: Simd>(&self, simd: S) -> Option<Chroma> {
        if !self.has_uv {
            return None;
        }
        let mut planes = [[[0; 8]; 8]; 2];
        for y in 0..4 {
            let merged = merged(simd, &self.uv, y, 0);
            for plane in 0..2 {
                merged[plane][0].store_slice(&mut planes[plane][y]);
                merged[plane][1].store_slice(&mut planes[plane][4 + y]);
            }
        }
        Some(planes)
    }
}

/// Row `y` of eight blocks: four rows of two blocks each, two and two.
#[inline(always)]
fn merged<S: Simd>(simd: S, lanes: &Lanes, y: usize, half: usize) -> [[i16x8<S>; 2]; 2] {
    let mut rows = [i16x8::splat(simd, 0); 4];
    for (x, row) in rows.iter_mut().enumerate() {
        *row = i16x8::from_slice(simd, &lanes[4 * y + x][half * LANES / 2..][..LANES / 2]);
    }
    let [a, b, c, d] = rows;
    let even = [a.zip_low(c), a.zip_high(c)];
    let odd = [b.zip_low(d), b.zip_high(d)];
    [[even[0].zip_low(odd[0]), even[0].zip_high(odd[0])], [even[1].zip_low(odd[1]), even[1].zip_high(odd[1])]]
}

impl TokenCoding<'_> {
    /// Reads a block's tokens, and gives each coefficient with its place in raster order to `put`; true if there are
    /// any tokens but the end of block.
    #[inline(always)]
    fn read_block(
        &self,
        bits: &mut BoolReader<'_>,
        block_type: BlockType,
        context: usize,
        mut put: impl FnMut(usize, i32),
    ) -> bool {
        let probs = &self.probs[block_type as usize];
        let steps = match block_type {
            BlockType::YAfterY2 | BlockType::YWithDc => &self.steps.y1,
            BlockType::Y2 => &self.steps.y2,
            BlockType::Chroma => &self.steps.uv,
        };
        let mut place = block_type.first_coefficient();
        let mut node = &probs[place][context];
        if !bits.bit(node[0]) {
            return false;
        }
        loop {
            while !bits.bit(node[1]) {
                place += 1;
                if place == 16 {
                    return true;
                }
                node = &probs[place][0];
            }
            let next = &probs[place + 1];
            let level = if bits.bit(node[2]) {
                let level = read_large(bits, node);
                node = &next[2];
                level
            } else {
                node = &next[1];
                1
            };
            let value = level * steps[usize::from(place > 0)];
            put(ZIGZAG[place], if bits.flag() { -value } else { value });
            place += 1;
            if place == 16 || !bits.bit(node[0]) {
                return true;
            }
        }
    }
}

/// Reads the rest of a level of two or more.
#[inline(always)]
fn read_large(bits: &mut BoolReader<'_>, node: &[Prob; 11]) -> i32 {
    if !bits.bit(node[3]) {
        if !bits.bit(node[4]) {
            return 2;
        }
        return 3 + i32::from(bits.bit(node[5]));
    }
    let category = if !bits.bit(node[6]) {
        usize::from(bits.bit(node[7]))
    } else {
        let high = usize::from(bits.bit(node[8]));
        2 + 2 * high + usize::from(bits.bit(node[9 + high]))
    };
    let mut extra = 0;
    for &prob in CATEGORY_PROBS[category] {
        extra = 2 * extra + i32::from(bits.bit(prob));
    }
    i32::from(CATEGORY_BASE[category]) + extra
}
