//! The filters' parameters in the frame header (sections 5.9.11, 5.9.19 and 5.9.20).

use super::bits::Bits;
use super::fields::{CdefParams, DEFAULT_REF_DELTAS, LoopFilterParams, LrParams, RestorationType};
use super::sequence::SequenceHeader;
use crate::error::Result;

impl LoopFilterParams {
    /// Where the frame is not lossless and has no intra block copy.
    pub(super) fn code(&mut self, bits: &mut impl Bits, num_planes: usize) -> Result<()> {
        self.loop_filter_level[0] = bits.byte(6, self.loop_filter_level[0])?;
        self.loop_filter_level[1] = bits.byte(6, self.loop_filter_level[1])?;
        if num_planes > 1 && self.loop_filter_level[..2] != [0, 0] {
            self.loop_filter_level[2] = bits.byte(6, self.loop_filter_level[2])?;
            self.loop_filter_level[3] = bits.byte(6, self.loop_filter_level[3])?;
        } else {
            self.loop_filter_level[2..].fill(0);
        }
        self.loop_filter_sharpness = bits.byte(3, self.loop_filter_sharpness)?;
        self.loop_filter_delta_enabled = bits.flag(self.loop_filter_delta_enabled)?;
        let deltas = (self.loop_filter_ref_deltas, self.loop_filter_mode_deltas);
        if !self.loop_filter_delta_enabled || !bits.flag(deltas != (DEFAULT_REF_DELTAS, [0; 2]))? {
            (self.loop_filter_ref_deltas, self.loop_filter_mode_deltas) = (DEFAULT_REF_DELTAS, [0; 2]);
            return Ok(());
        }
        let refs = self.loop_filter_ref_deltas.iter_mut().zip(DEFAULT_REF_DELTAS);
        for (delta, default) in refs.chain(self.loop_filter_mode_deltas.iter_mut().zip([0; 2])) {
            let update = bits.flag(*delta != default)?;
            *delta = if update { bits.su(7, i32::from(*delta))? as i8 } else { default };
        }
        Ok(())
    }
}

impl CdefParams {
    /// Where the frame is not lossless, has no intra block copy, and the sequence has CDEF.
    pub(super) fn code(&mut self, bits: &mut impl Bits, num_planes: usize) -> Result<()> {
        self.cdef_damping = bits.byte(2, self.cdef_damping - 3)? + 3;
        self.cdef_bits = bits.byte(2, self.cdef_bits)?;
        for i in 0..1 << self.cdef_bits {
            self.cdef_y_pri_strength[i] = bits.byte(4, self.cdef_y_pri_strength[i])?;
            self.cdef_y_sec_strength[i] = secondary(bits, self.cdef_y_sec_strength[i])?;
            if num_planes > 1 {
                self.cdef_uv_pri_strength[i] = bits.byte(4, self.cdef_uv_pri_strength[i])?;
                self.cdef_uv_sec_strength[i] = secondary(bits, self.cdef_uv_sec_strength[i])?;
            }
        }
        Ok(())
    }
}

/// 0, 1, 2, 4 in two bits.
fn secondary(bits: &mut impl Bits, strength: u8) -> Result<u8> {
    let coded = bits.byte(2, strength.min(3))?;
    Ok(if coded == 3 { 4 } else { coded })
}

impl LrParams {
    /// Where the frame is not all lossless, has no intra block copy, and the sequence has loop restoration.
    pub(super) fn code(&mut self, bits: &mut impl Bits, sequence: &SequenceHeader) -> Result<()> {
        use RestorationType as R;
        /// `Remap_Lr_Type`.
        const TYPES: [R; 4] = [R::None, R::Switchable, R::Wiener, R::Sgrproj];
        let planes = &mut self.frame_restoration_type[..sequence.num_planes()];
        for kind in &mut *planes {
            let coded = TYPES.iter().position(|known| known == kind).unwrap_or(0);
            *kind = TYPES[bits.f(2, coded as u32)? as usize];
        }
        self.uses_lr = planes.iter().any(|kind| *kind != R::None);
        let uses_chroma_lr = planes[1..].iter().any(|kind| *kind != R::None);
        if !self.uses_lr {
            self.loop_restoration_size = Self::default().loop_restoration_size;
            return Ok(());
        }
        let shift = self.loop_restoration_size[0].max(64).ilog2() - 6;
        // A superblock of 128 has no units of 64.
        let is_larger = sequence.use_128x128_superblock || bits.flag(shift > 0)?;
        let shift = if is_larger { 1 + u32::from(bits.flag(shift > 1)?) } else { 0 };
        let size = 64 << shift;
        let color = &sequence.color_config;
        let subsampled = color.subsampling_x == 1 && color.subsampling_y == 1;
        let halved = self.loop_restoration_size[1] < self.loop_restoration_size[0];
        let lr_uv_shift = subsampled && uses_chroma_lr && bits.flag(halved)?;
        let chroma = size >> u32::from(lr_uv_shift);
        self.loop_restoration_size = [size, chroma, chroma];
        Ok(())
    }
}
