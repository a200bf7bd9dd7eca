//! The constrained directional enhancement filter (section 7.15): one row of 8x8 blocks after the other, from deblocked
//! rows into others. It reads two rows of samples above and below (of every plane) and knows no tiles.

use super::map::FilterMap;
use crate::codec::av1::header::{CdefParams, FrameHeader, SequenceHeader};
use crate::codec::av1::tables::filters::{
    CDEF_DIRECTIONS, CDEF_DIV_TABLE, CDEF_PRI_TAPS, CDEF_SEC_TAPS, CDEF_UV_DIR,
};
use crate::codec::av1::window::Window;
use crate::simd::{Level, Select, Simd, SimdBase, dispatch, i16x16};

/// Rows of samples read above and below a block.
pub const REACH: usize = 2;

/// Stands for samples outside the frame: far from every sample, so that their difference counts as nothing.
const OUTSIDE: i16 = 30_000;

/// Samples from one row of a [`Block`] to the next.
const STRIDE: usize = 16;

/// A block with two samples around it.
type Block = [i16; 13 * STRIDE];

/// Index of a block's first sample.
const ORIGIN: usize = REACH * STRIDE + REACH;

/// The filter of one frame.
#[derive(Clone, Debug)]
pub struct Cdef {
    params: CdefParams,
    level: Level,
    bit_depth: u8,
    num_planes: usize,
    subsampling: (u8, u8),
    /// Of the frame in luma samples, whole 8x8 blocks.
    width: usize,
    height: usize,
}

/// The strengths of a block's filter.
#[derive(Clone, Copy)]
struct Strength {
    primary: i16,
    secondary: i16,
    damping: u32,
    direction: usize,
    taps: [i16; 2],
}

impl Cdef {
    /// True where a frame's header changes samples.
    #[must_use]
    pub fn applies(sequence: &SequenceHeader, frame: &FrameHeader) -> bool {
        let params = &frame.cdef_params;
        let used =
            |strengths: &[u8; 8]| strengths[..1 << params.cdef_bits].iter().any(|strength| *strength > 0);
        let luma = used(&params.cdef_y_pri_strength) || used(&params.cdef_y_sec_strength);
        let chroma = used(&params.cdef_uv_pri_strength) || used(&params.cdef_uv_sec_strength);
        let off = !sequence.enable_cdef || frame.coded_lossless || frame.allow_intrabc;
        !off && (luma || (chroma && !sequence.color_config.mono_chrome))
    }

    /// `None` where it [does not apply](Self::applies).
    #[must_use]
    pub fn new(level: Level, sequence: &SequenceHeader, frame: &FrameHeader) -> Option<Self> {
        Self::applies(sequence, frame).then(|| Self {
            params: frame.cdef_params,
            level,
            bit_depth: sequence.color_config.bit_depth,
            num_planes: sequence.num_planes(),
            subsampling: sequence.subsampling(1),
            width: frame.mi_cols as usize * 4,
            height: frame.mi_rows as usize * 4,
        })
    }

    /// Filters the row `y8` of 8x8 luma blocks of all planes from `from` into `to`, whose strides are the same.
    pub fn filter_row(&self, from: &[Window], to: &mut [Window], map: &FilterMap, y8: usize) {
        for plane in 0..self.num_planes {
            let (_, sub_y) = self.subsampling(plane);
            for y in (y8 * 8) >> sub_y..((y8 + 1) * 8) >> sub_y {
                let width = to[plane].stride();
                to[plane].row_mut(y).copy_from_slice(&from[plane].row(y)[..width]);
            }
        }
        dispatch!(self.level, simd => simd.vectorize(
            #[inline(always)]
            || self.filter_blocks(simd, from, to, map, y8)
        ));
    }

    fn subsampling(&self, plane: usize) -> (u8, u8) {
        if plane == 0 { (0, 0) } else { self.subsampling }
    }

    #[inline(always)]
    fn filter_blocks<S: Simd>(
        &self,
        simd: S,
        from: &[Window],
        to: &mut [Window],
        map: &FilterMap,
        y8: usize,
    ) {
        let shift = self.bit_depth - 8;
        let mut block: Block = [0; 13 * STRIDE];
        for (x8, _) in map.coded.row(y8).iter().enumerate().filter(|(_, coded)| **coded) {
            let Ok(idx) = usize::try_from(map.cdef_idx((y8 * 2, x8 * 2))) else { continue };
            let params = &self.params;
            let luma = (params.cdef_y_pri_strength[idx], params.cdef_y_sec_strength[idx]);
            let chroma = (params.cdef_uv_pri_strength[idx], params.cdef_uv_sec_strength[idx]);
            let border = self.load(&from[0], 0, (x8, y8), &mut block);
            let (direction, variance) =
                if luma.0 > 0 || chroma.0 > 0 { direction(&block, shift) } else { (0, 0) };
            let mut strength = Strength {
                primary: 0,
                secondary: i16::from(luma.1) << shift,
                damping: u32::from(params.cdef_damping + shift),
                direction: if luma.0 > 0 { direction } else { 0 },
                taps: [0; 2],
            };
            if variance > 0 {
                let log2 = if variance >> 6 > 0 { (variance >> 6).ilog2().min(12) as i16 } else { 0 };
                strength.primary = ((i16::from(luma.0) << shift) * (4 + log2) + 8) >> 4;
            }
            strength.set_taps(shift);
            self.filter_block(simd, &block, border, strength, &mut to[0], (x8, y8), 0);
            if self.num_planes == 1 || chroma == (0, 0) {
                continue;
            }
            let (sub_x, sub_y) = self.subsampling;
            let turned = CDEF_UV_DIR[usize::from(sub_x)][usize::from(sub_y)][direction];
            strength.primary = i16::from(chroma.0) << shift;
            strength.secondary = i16::from(chroma.1) << shift;
            strength.damping -= 1;
            strength.direction = if chroma.0 > 0 { usize::from(turned) } else { 0 };
            strength.set_taps(shift);
            for plane in 1..3 {
                let border = self.load(&from[plane], plane, (x8, y8), &mut block);
                self.filter_block(simd, &block, border, strength, &mut to[plane], (x8, y8), plane);
            }
        }
    }

    /// Copies a block with what is around it; true where some of that lies outside the frame.
    #[inline(always)]
    fn load(&self, from: &Window, plane: usize, (x8, y8): (usize, usize), block: &mut Block) -> bool {
        let (sub_x, sub_y) = self.subsampling(plane);
        let (x, y) = ((x8 * 8) >> sub_x, (y8 * 8) >> sub_y);
        let (w, h) = (8 >> sub_x, 8 >> sub_y);
        let (width, height) = (self.width >> sub_x, self.height >> sub_y);
        let inside = x >= REACH && y >= REACH && x + w + REACH <= width && y + h + REACH <= height;
        if inside {
            for (r, to) in block.chunks_exact_mut(STRIDE).enumerate().take(h + 2 * REACH) {
                let start = from.index(x - REACH, y + r - REACH);
                if w == 8 {
                    copy::<12>(&from.samples()[start..], to);
                } else {
                    copy::<8>(&from.samples()[start..], to);
                }
            }
        } else {
            for (r, to) in block.chunks_exact_mut(STRIDE).enumerate().take(h + 2 * REACH) {
                for (c, to) in to.iter_mut().enumerate().take(w + 2 * REACH) {
                    let (x, y) = ((x + c).wrapping_sub(REACH), (y + r).wrapping_sub(REACH));
                    let outside = x >= width || y >= height;
                    *to = if outside { OUTSIDE } else { from.row(y)[x] as i16 };
                }
            }
        }
        !inside
    }

    /// The filter process (section 7.15.3), with all its cases apart.
    #[inline(always)]
    #[allow(clippy::too_many_arguments, reason = "a block, where it goes, and how it is filtered")]
    fn filter_block<S: Simd>(
        &self,
        simd: S,
        block: &Block,
        border: bool,
        strength: Strength,
        to: &mut Window,
        (x8, y8): (usize, usize),
        plane: usize,
    ) {
        let (sub_x, sub_y) = self.subsampling(plane);
        let at = to.index((x8 * 8) >> sub_x, (y8 * 8) >> sub_y);
        let (stride, h) = (to.stride(), 8 >> sub_y);
        let out = &mut to.samples_mut()[at..];
        // Where one of the filters is off, no result can leave the range of the samples: their weights are below 1.
        match (strength.primary > 0, strength.secondary > 0, border, sub_x) {
            (false, false, ..) => {}
            (true, false, _, 0) => filter::<S, 8, true, false, false>(simd, block, strength, out, stride, h),
            (true, false, ..) => filter::<S, 4, true, false, false>(simd, block, strength, out, stride, h),
            (false, true, _, 0) => filter::<S, 8, false, true, false>(simd, block, strength, out, stride, h),
            (false, true, ..) => filter::<S, 4, false, true, false>(simd, block, strength, out, stride, h),
            (true, true, false, 0) => {
                filter::<S, 8, true, true, false>(simd, block, strength, out, stride, h)
            }
            (true, true, false, _) => {
                filter::<S, 4, true, true, false>(simd, block, strength, out, stride, h)
            }
            (true, true, true, 0) => filter::<S, 8, true, true, true>(simd, block, strength, out, stride, h),
            (true, true, true, _) => filter::<S, 4, true, true, true>(simd, block, strength, out, stride, h),
        }
    }
}

impl Strength {
    fn set_taps(&mut self, shift: u8) {
        self.taps = CDEF_PRI_TAPS[usize::from(self.primary as u16 >> shift & 1)].map(i16::from);
    }
}

#[inline(always)]
fn copy<const N: usize>(from: &[u16], to: &mut [i16]) {
    for (to, from) in to[..N].iter_mut().zip(&from[..N]) {
        *to = *from as i16;
    }
}

/// The samples at an offset from 16 samples of a block: two rows of 8, or four of 4.
#[inline(always)]
fn gather<S: Simd, const W: usize>(simd: S, block: &Block, at: usize) -> i16x16<S> {
    let mut lanes = [0; 16];
    for (row, lanes) in lanes.chunks_exact_mut(W).enumerate() {
        lanes.copy_from_slice(&block[at + row * STRIDE..][..W]);
    }
    i16x16::load_array(simd, lanes)
}

/// `constrain()` with a threshold above 0.
#[inline(always)]
fn constrain<S: Simd>(simd: S, difference: i16x16<S>, threshold: i16x16<S>, shift: u32) -> i16x16<S> {
    let sign = difference >> 15;
    let magnitude = (difference ^ sign) - sign;
    let limit = (threshold - (magnitude >> shift)).max(i16x16::splat(simd, 0));
    (magnitude.min(limit) ^ sign) - sign
}

/// Filters a block of `W` columns; `BOTH` filters clip to the samples' range, which a `BORDER` makes smaller.
#[inline(always)]
fn filter<S: Simd, const W: usize, const PRIMARY: bool, const SECONDARY: bool, const BORDER: bool>(
    simd: S,
    block: &Block,
    strength: Strength,
    out: &mut [u16],
    stride: usize,
    h: usize,
) {
    let both = PRIMARY && SECONDARY;
    let adjust = |threshold: i16| strength.damping.saturating_sub(u32::from(threshold.max(1) as u16).ilog2());
    let (primary_shift, secondary_shift) = (adjust(strength.primary), adjust(strength.secondary));
    let primary = i16x16::splat(simd, strength.primary);
    let secondary = i16x16::splat(simd, strength.secondary);
    let offsets = [0, 6, 2].map(|turn| {
        CDEF_DIRECTIONS[(strength.direction + turn) & 7]
            .map(|[dy, dx]| isize::from(dy) * STRIDE as isize + isize::from(dx))
    });
    for step in 0..h * W / 16 {
        let row = step * (16 / W);
        let at = ORIGIN + row * STRIDE;
        let x = gather::<S, W>(simd, block, at);
        let mut sums = Sums { sum: i16x16::splat(simd, 0), low: x, high: x };
        for (k, &tap) in CDEF_SEC_TAPS[0].iter().enumerate() {
            if PRIMARY {
                let kernel = (primary, primary_shift, strength.taps[k]);
                sums.add::<W, BORDER>(simd, block, (x, at), offsets[0][k], kernel, both);
            }
            if SECONDARY {
                let kernel = (secondary, secondary_shift, i16::from(tap));
                sums.add::<W, BORDER>(simd, block, (x, at), offsets[1][k], kernel, both);
                sums.add::<W, BORDER>(simd, block, (x, at), offsets[2][k], kernel, both);
            }
        }
        let sum = sums.sum;
        let mut y = x + ((sum + (sum >> 15) + i16x16::splat(simd, 8)) >> 4);
        if both {
            y = y.min(sums.high).max(sums.low);
        }
        for (i, lanes) in y.to_array().chunks_exact(W).enumerate() {
            copy_out::<W>(lanes, &mut out[(row + i) * stride..]);
        }
    }
}

/// The weighted differences of 16 samples, and the range of all that is looked at.
struct Sums<S: Simd> {
    sum: i16x16<S>,
    low: i16x16<S>,
    high: i16x16<S>,
}

impl<S: Simd> Sums<S> {
    /// Adds the samples at an offset on both sides of `x`, which lies `at` in the block. The kernel has the threshold,
    /// its shift and the weight.
    #[inline(always)]
    fn add<const W: usize, const BORDER: bool>(
        &mut self,
        simd: S,
        block: &Block,
        (x, at): (i16x16<S>, usize),
        offset: isize,
        (threshold, shift, tap): (i16x16<S>, u32, i16),
        clips: bool,
    ) {
        let tap = i16x16::splat(simd, tap);
        for at in [at.wrapping_add_signed(offset), at.wrapping_add_signed(-offset)] {
            let p = gather::<S, W>(simd, block, at);
            self.sum += constrain(simd, p - x, threshold, shift) * tap;
            if clips {
                self.low = self.low.min(p);
                let inside = if BORDER { p.simd_eq(i16x16::splat(simd, OUTSIDE)).select(x, p) } else { p };
                self.high = self.high.max(inside);
            }
        }
    }
}

#[inline(always)]
fn copy_out<const W: usize>(from: &[i16], to: &mut [u16]) {
    for (to, from) in to[..W].iter_mut().zip(&from[..W]) {
        *to = *from as u16;
    }
}

/// The direction process (section 7.15.2): `yDir` and `var` of a luma block.
#[inline(always)]
fn direction(block: &Block, shift: u8) -> (usize, u32) {
    // Sums along the lines of each direction; 1, 3, 5 and 7 have 11 of them.
    let mut partial = [[0_i16; 16]; 8];
    for i in 0..8 {
        let row: [i16; 8] = std::array::from_fn(|j| (block[ORIGIN + i * STRIDE + j] >> shift) - 128);
        let pairs: [i16; 4] = std::array::from_fn(|j| row[2 * j] + row[2 * j + 1]);
        for j in 0..8 {
            partial[0][i + j] += row[j];
            partial[4][i + j] += row[7 - j];
            partial[5][3 - i / 2 + j] += row[j];
            partial[6][j] += row[j];
            partial[7][i / 2 + j] += row[j];
        }
        for j in 0..4 {
            partial[1][i + j] += pairs[j];
            partial[3][i + j] += pairs[3 - j];
        }
        partial[2][i] = pairs.iter().sum();
    }
    // The weights of the lines by how many samples each has.
    const DIAGONAL: [i32; 16] = {
        let mut weights = [0; 16];
        let mut i = 0;
        while i < 15 {
            weights[i] = CDEF_DIV_TABLE[if i < 8 { i + 1 } else { 15 - i }] as i32;
            i += 1;
        }
        weights
    };
    const BETWEEN: [i32; 16] = {
        let mut weights = [0; 16];
        let mut i = 0;
        while i < 11 {
            let samples = if i < 3 {
                2 * i + 2
            } else if i < 8 {
                8
            } else {
                2 * (10 - i) + 2
            };
            weights[i] = CDEF_DIV_TABLE[samples] as i32;
            i += 1;
        }
        weights
    };
    const STRAIGHT: [i32; 16] = [105, 105, 105, 105, 105, 105, 105, 105, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut cost = [0_i32; 8];
    for (i, cost) in cost.iter_mut().enumerate() {
        let weights = match i {
            0 | 4 => &DIAGONAL,
            2 | 6 => &STRAIGHT,
            _ => &BETWEEN,
        };
        for k in 0..16 {
            let line = i32::from(partial[i][k]);
            *cost += line * line * weights[k];
        }
    }
    let (mut best, mut direction) = (0, 0);
    for (i, cost) in cost.into_iter().enumerate() {
        if cost > best {
            (best, direction) = (cost, i);
        }
    }
    (direction, ((best - cost[(direction + 4) & 7]) >> 10) as u32)
}
