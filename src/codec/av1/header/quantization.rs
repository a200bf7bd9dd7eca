//! Quantisation, segmentation and their deltas in the frame header (sections 5.9.12 to 5.9.18).

use super::bits::Bits;
use super::fields::{DeltaLfParams, DeltaQParams, QuantizationParams, SEG_LVL_REF_FRAME, SegmentationParams};
use super::sequence::ColorConfig;
use crate::error::Result;

impl QuantizationParams {
    pub(super) fn code(&mut self, bits: &mut impl Bits, color: &ColorConfig) -> Result<()> {
        self.base_q_idx = bits.byte(8, self.base_q_idx)?;
        self.delta_q_y_dc = delta_q(bits, self.delta_q_y_dc)?;
        if !color.mono_chrome {
            let differ = (self.delta_q_u_dc, self.delta_q_u_ac) != (self.delta_q_v_dc, self.delta_q_v_ac);
            let diff_uv_delta = color.separate_uv_delta_q && bits.flag(differ)?;
            self.delta_q_u_dc = delta_q(bits, self.delta_q_u_dc)?;
            self.delta_q_u_ac = delta_q(bits, self.delta_q_u_ac)?;
            if diff_uv_delta {
                self.delta_q_v_dc = delta_q(bits, self.delta_q_v_dc)?;
                self.delta_q_v_ac = delta_q(bits, self.delta_q_v_ac)?;
            } else {
                (self.delta_q_v_dc, self.delta_q_v_ac) = (self.delta_q_u_dc, self.delta_q_u_ac);
            }
        }
        self.using_qmatrix = bits.flag(self.using_qmatrix)?;
        if self.using_qmatrix {
            self.qm_y = bits.byte(4, self.qm_y)?;
            self.qm_u = bits.byte(4, self.qm_u)?;
            self.qm_v = if color.separate_uv_delta_q { bits.byte(4, self.qm_v)? } else { self.qm_u };
        }
        Ok(())
    }

    /// True where the chroma and DC deltas are all zero, as lossless coding needs.
    pub(super) fn has_no_deltas(&self) -> bool {
        let deltas = [self.delta_q_u_dc, self.delta_q_u_ac, self.delta_q_v_dc, self.delta_q_v_ac];
        self.delta_q_y_dc == 0 && deltas == [0; 4]
    }
}

/// `read_delta_q()`.
fn delta_q(bits: &mut impl Bits, value: i8) -> Result<i8> {
    if bits.flag(value != 0)? { Ok(bits.su(7, i32::from(value))? as i8) } else { Ok(0) }
}

impl SegmentationParams {
    /// Of a frame without a primary reference frame.
    pub(super) fn code(&mut self, bits: &mut impl Bits) -> Result<()> {
        // Bits and limit of each feature; the first five are signed.
        const FEATURES: [(u32, i32); 8] =
            [(8, 255), (6, 63), (6, 63), (6, 63), (6, 63), (3, 7), (0, 0), (0, 0)];
        self.segmentation_enabled = bits.flag(self.segmentation_enabled)?;
        if !self.segmentation_enabled {
            *self = Self::default();
            return Ok(());
        }
        (self.seg_id_pre_skip, self.last_active_seg_id) = (false, 0);
        for i in 0..8 {
            for (j, (n, limit)) in FEATURES.into_iter().enumerate() {
                let enabled = bits.flag(self.feature_enabled[i][j])?;
                let data = i32::from(self.feature_data[i][j]);
                let value = match enabled {
                    true if j < SEG_LVL_REF_FRAME => bits.su(1 + n, data)?.clamp(-limit, limit),
                    true => bits.f(n, data as u32)? as i32,
                    false => 0,
                };
                self.feature_enabled[i][j] = enabled;
                self.feature_data[i][j] = value as i16;
                if enabled {
                    self.last_active_seg_id = i as u8;
                    self.seg_id_pre_skip |= j >= SEG_LVL_REF_FRAME;
                }
            }
        }
        Ok(())
    }
}

impl DeltaQParams {
    pub(super) fn code(&mut self, bits: &mut impl Bits, base_q_idx: u8) -> Result<()> {
        self.delta_q_present = base_q_idx > 0 && bits.flag(self.delta_q_present)?;
        self.delta_q_res = if self.delta_q_present { bits.byte(2, self.delta_q_res)? } else { 0 };
        Ok(())
    }
}

impl DeltaLfParams {
    pub(super) fn code(
        &mut self,
        bits: &mut impl Bits,
        delta_q_present: bool,
        allow_intrabc: bool,
    ) -> Result<()> {
        self.delta_lf_present = delta_q_present && !allow_intrabc && bits.flag(self.delta_lf_present)?;
        if self.delta_lf_present {
            self.delta_lf_res = bits.byte(2, self.delta_lf_res)?;
            self.delta_lf_multi = bits.flag(self.delta_lf_multi)?;
        } else {
            *self = Self::default();
        }
        Ok(())
    }
}
