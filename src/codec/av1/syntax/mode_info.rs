//! `intra_frame_mode_info`: how a block is predicted, its segment, and changes of the quantiser and filters.

use super::{block::Block, tile::TileState};
use crate::{
    codec::av1::{
        sizes::{BlockSize, PredictionMode},
        symbols::Symbols,
    },
    error::{Error, Result},
};

/// `MAX_ANGLE_DELTA`.
const MAX_ANGLE_DELTA: i8 = 3;
/// `DELTA_Q_SMALL`, `DELTA_LF_SMALL`.
const DELTA_SMALL: u32 = 3;
/// `MAX_LOOP_FILTER`.
const MAX_LOOP_FILTER: i32 = 63;

impl TileState {
    /// Codes a block's mode info, palettes' colours included.
    ///
    /// # Errors
    ///
    /// The data names a segment that there isn't, or copies from where nothing is.
    pub fn mode_info<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) -> Result<()> {
        if !S::WRITES {
            block.skip = false;
        }
        if self.frame.seg_id_pre_skip {
            self.intra_segment_id(symbols, block, false)?;
        }
        self.skip(symbols, block);
        if !self.frame.seg_id_pre_skip {
            self.intra_segment_id(symbols, block, block.skip)?;
        }
        self.cdef(symbols, block);
        self.delta_qindex(symbols, block);
        self.delta_lf(symbols, block);
        self.read_deltas = false;
        block.use_intrabc =
            self.frame.allow_intrabc && symbols.flag(&mut self.cdfs.intrabc, block.use_intrabc);
        if block.use_intrabc {
            block.y_mode = PredictionMode::Dc;
            block.uv_mode = PredictionMode::Dc;
            return self.assign_mv(symbols, block);
        }
        self.luma_mode(symbols, block);
        if block.has_chroma {
            self.chroma_mode(symbols, block);
        }
        let size = block.size;
        if size >= BlockSize::Block8x8
            && size.width() <= 64
            && size.height() <= 64
            && self.frame.allow_screen_content_tools
        {
            self.palette_mode_info(symbols, block);
        }
        self.filter_intra(symbols, block);
        Ok(())
    }

    /// `intra_segment_id`, `read_segment_id`.
    fn intra_segment_id<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block, skip: bool) -> Result<()> {
        if self.frame.segmentation_enabled {
            let (corner, above, left) = self.segments_around(block);
            let predicted = match (above, left) {
                (None, left) => left.unwrap_or(0),
                (Some(above), None) => above,
                (Some(above), Some(left)) => {
                    if corner == Some(above) {
                        above
                    } else {
                        left
                    }
                }
            };
            block.segment_id = if skip {
                predicted
            } else {
                let context = match corner {
                    None => 0,
                    Some(_) if corner == above && corner == left => 2,
                    Some(_) => usize::from(corner == above || corner == left || above == left),
                };
                let count = u32::from(self.frame.last_active_seg_id) + 1;
                let value =
                    if S::WRITES { interleave(block.segment_id.into(), predicted.into(), count) } else { 0 };
                let coded = symbols.symbol(&mut self.cdfs.segment_id[context], value as usize) as u32;
                let segment = neg_deinterleave(coded.into(), predicted.into(), count.into());
                if !(0..i64::from(count)).contains(&segment) {
                    return Err(Error::malformed("a block is of a segment that there isn't"));
                }
                segment as u8
            };
        } else {
            block.segment_id = 0;
        }
        block.lossless = self.frame.segments[usize::from(block.segment_id)].lossless;
        Ok(())
    }

    fn skip<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) {
        block.skip = if self.frame.seg_id_pre_skip && self.frame.segments[usize::from(block.segment_id)].skip
        {
            true
        } else {
            let context = self.skip_context(block);
            symbols.flag(&mut self.cdfs.skip[context], block.skip)
        };
    }

    /// `read_cdef`.
    fn cdef<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) {
        let here = self.cdef_index(block.mi_row, block.mi_col);
        if let Some(bits) = self.frame.cdef_bits
            && !block.skip
            && self.cdef_idx[here] == -1
        {
            let value = block.cdef_idx.max(0) as u32;
            let index = symbols.literal(bits.into(), value) as i8;
            self.cdef_idx[here] = index;
            let (wide, high) = (block.size.width4() > 16, block.size.height4() > 16);
            if wide {
                self.cdef_idx[here | 1] = index;
            }
            if high {
                self.cdef_idx[here | 2] = index;
            }
            if wide && high {
                self.cdef_idx[3] = index;
            }
        }
        block.cdef_idx = self.cdef_idx[here];
    }

    /// `read_delta_qindex`.
    fn delta_qindex<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) {
        if self.read_deltas && !(block.size == self.frame.superblock && block.skip) {
            let resolution = self.frame.delta_q.delta_q_res;
            let current = i32::from(self.current_q_index);
            let value = (i32::from(block.current_q_index) - current) >> resolution;
            let delta = delta(symbols, &mut self.cdfs.delta_q, value);
            if delta != 0 {
                self.current_q_index = (current + (delta << resolution)).clamp(1, 255) as u8;
            }
        }
        block.current_q_index = self.current_q_index;
    }

    /// `read_delta_lf`.
    fn delta_lf<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) {
        let parameters = self.frame.delta_lf;
        let skips = block.size == self.frame.superblock && block.skip;
        if self.read_deltas && parameters.delta_lf_present && !skips {
            let count = match (parameters.delta_lf_multi, self.frame.num_planes > 1) {
                (false, _) => 1,
                (true, true) => 4,
                (true, false) => 2,
            };
            for i in 0..count {
                let current = i32::from(self.delta_lf[i]);
                let value = (i32::from(block.delta_lf[i]) - current) >> parameters.delta_lf_res;
                let cdf = if parameters.delta_lf_multi {
                    &mut self.cdfs.delta_lf_multi[i]
                } else {
                    &mut self.cdfs.delta_lf
                };
                let delta = delta(symbols, cdf, value) << parameters.delta_lf_res;
                self.delta_lf[i] = (current + delta).clamp(-MAX_LOOP_FILTER, MAX_LOOP_FILTER) as i8;
            }
        }
        block.delta_lf = self.delta_lf;
    }

    /// `intra_frame_y_mode` and `intra_angle_info_y`.
    fn luma_mode<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) {
        let (above, left) = self.y_mode_context(block);
        let cdf = &mut self.cdfs.intra_frame_y_mode[above][left];
        block.y_mode = PredictionMode::ALL[symbols.symbol(cdf, block.y_mode as usize)];
        block.angle_delta_y = self.angle(symbols, block.size, block.y_mode, block.angle_delta_y);
    }

    /// `uv_mode`, `read_cfl_alphas` and `intra_angle_info_uv`.
    fn chroma_mode<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) {
        let (luma, value) = (block.y_mode as usize, block.uv_mode as usize);
        block.uv_mode = PredictionMode::ALL[if self.is_cfl_allowed(block) {
            symbols.symbol(&mut self.cdfs.uv_mode_cfl_allowed[luma], value)
        } else {
            symbols.symbol(&mut self.cdfs.uv_mode_cfl_not_allowed[luma], value)
        }];
        if block.uv_mode == PredictionMode::Cfl {
            self.cfl_alphas(symbols, block);
        }
        block.angle_delta_uv = self.angle(symbols, block.size, block.uv_mode, block.angle_delta_uv);
    }

    /// Whether a block's chroma may be predicted from luma.
    pub fn is_cfl_allowed(&self, block: &Block) -> bool {
        if block.lossless {
            self.frame.plane_size(block.size, 1) == BlockSize::Block4x4
        } else {
            block.size.width() <= 32 && block.size.height() <= 32
        }
    }

    fn angle<S: Symbols>(&mut self, symbols: &mut S, size: BlockSize, mode: PredictionMode, value: i8) -> i8 {
        if size < BlockSize::Block8x8 || !mode.is_directional() {
            return 0;
        }
        let cdf = &mut self.cdfs.angle_delta[mode as usize - PredictionMode::V as usize];
        symbols.symbol(cdf, (value + MAX_ANGLE_DELTA) as usize) as i8 - MAX_ANGLE_DELTA
    }

    fn cfl_alphas<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) {
        let sign = |alpha: i8| match alpha {
            0 => 0,
            ..0 => 1,
            _ => 2,
        };
        let value = (sign(block.cfl_alpha[0]) * 3 + sign(block.cfl_alpha[1])).max(1) - 1;
        let signs = symbols.symbol(&mut self.cdfs.cfl_sign, value) + 1;
        let signs = [signs / 3, signs % 3];
        for plane in 0..2 {
            let (sign, other) = (signs[plane], signs[1 - plane]);
            block.cfl_alpha[plane] = if sign == 0 {
                0
            } else {
                let value = block.cfl_alpha[plane].unsigned_abs().max(1) - 1;
                let cdf = &mut self.cdfs.cfl_alpha[(sign - 1) * 3 + other];
                let alpha = symbols.symbol(cdf, value.into()) as i8 + 1;
                if sign == 1 { -alpha } else { alpha }
            };
        }
    }

    /// `filter_intra_mode_info`.
    fn filter_intra<S: Symbols>(&mut self, symbols: &mut S, block: &mut Block) {
        let size = block.size;
        if !self.frame.enable_filter_intra
            || block.y_mode != PredictionMode::Dc
            || block.palette_size[0] != 0
            || size.width() > 32
            || size.height() > 32
        {
            block.filter_intra_mode = None;
            return;
        }
        let value = block.filter_intra_mode;
        let used = symbols.flag(&mut self.cdfs.filter_intra[size as usize], value.is_some());
        block.filter_intra_mode =
            used.then(|| symbols.symbol(&mut self.cdfs.filter_intra_mode, value.unwrap_or(0).into()) as u8);
    }
}

/// `delta_q_abs` and what follows it, or `delta_lf_abs`.
fn delta<S: Symbols>(symbols: &mut S, cdf: &mut [u16; 5], value: i32) -> i32 {
    let wanted = value.unsigned_abs();
    let mut magnitude = symbols.symbol(cdf, wanted.min(DELTA_SMALL) as usize) as u32;
    if magnitude == DELTA_SMALL {
        let rest = wanted.saturating_sub(1).max(2);
        let bits = symbols.literal(3, (rest.ilog2() - 1).min(7)) + 1;
        magnitude = symbols.literal(bits, rest.saturating_sub(1 << bits)) + (1 << bits) + 1;
    }
    if magnitude != 0 && symbols.literal(1, u32::from(value < 0)) != 0 {
        return -(magnitude as i32);
    }
    magnitude as i32
}

/// `neg_deinterleave`.
fn neg_deinterleave(diff: i64, reference: i64, max: i64) -> i64 {
    let interleaved = || {
        if diff & 1 != 0 { reference + ((diff + 1) >> 1) } else { reference - (diff >> 1) }
    };
    if reference == 0 {
        diff
    } else if reference >= max - 1 {
        max - diff - 1
    } else if 2 * reference < max {
        if diff <= 2 * reference { interleaved() } else { diff }
    } else if diff <= 2 * (max - reference - 1) {
        interleaved()
    } else {
        max - (diff + 1)
    }
}

/// The inverse of `neg_deinterleave`.
fn interleave(segment: i64, reference: i64, max: u32) -> i64 {
    let max = i64::from(max);
    (0..max).find(|&diff| neg_deinterleave(diff, reference, max) == segment).unwrap_or(0)
}
