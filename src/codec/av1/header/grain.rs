//! `film_grain_params()` (section 5.9.30), where grain is to be applied.

use super::bits::Bits;
use super::fields::{FilmGrainParams, ScalingPoint};
use super::sequence::ColorConfig;
use crate::error::{Error, Result};

impl FilmGrainParams {
    /// From `grain_seed` on, of an intra frame.
    pub(super) fn code(&mut self, bits: &mut impl Bits, color: &ColorConfig) -> Result<()> {
        self.grain_seed = bits.f(16, u32::from(self.grain_seed))? as u16;
        points(bits, &mut self.num_y_points, &mut self.point_y)?;
        self.chroma_scaling_from_luma = !color.mono_chrome && bits.flag(self.chroma_scaling_from_luma)?;
        let subsampled = color.subsampling_x == 1 && color.subsampling_y == 1;
        if color.mono_chrome || self.chroma_scaling_from_luma || (subsampled && self.num_y_points == 0) {
            (self.num_cb_points, self.num_cr_points) = (0, 0);
        } else {
            points(bits, &mut self.num_cb_points, &mut self.point_cb)?;
            points(bits, &mut self.num_cr_points, &mut self.point_cr)?;
            if subsampled && (self.num_cb_points == 0) != (self.num_cr_points == 0) {
                return Err(Error::malformed("AV1: film grain for one chroma plane of two"));
            }
        }
        self.grain_scaling_minus_8 = bits.byte(2, self.grain_scaling_minus_8)?;
        self.code_auto_regression(bits)?;
        if self.num_cb_points > 0 {
            self.cb_mult = bits.byte(8, self.cb_mult)?;
            self.cb_luma_mult = bits.byte(8, self.cb_luma_mult)?;
            self.cb_offset = bits.f(9, u32::from(self.cb_offset))? as u16;
        }
        if self.num_cr_points > 0 {
            self.cr_mult = bits.byte(8, self.cr_mult)?;
            self.cr_luma_mult = bits.byte(8, self.cr_luma_mult)?;
            self.cr_offset = bits.f(9, u32::from(self.cr_offset))? as u16;
        }
        self.overlap_flag = bits.flag(self.overlap_flag)?;
        self.clip_to_restricted_range = bits.flag(self.clip_to_restricted_range)?;
        Ok(())
    }

    fn code_auto_regression(&mut self, bits: &mut impl Bits) -> Result<()> {
        self.ar_coeff_lag = bits.byte(2, self.ar_coeff_lag)?;
        let lag = usize::from(self.ar_coeff_lag);
        let num_pos_luma = 2 * lag * (lag + 1);
        let num_pos_chroma = num_pos_luma + usize::from(self.num_y_points > 0);
        let used = [
            (self.num_y_points > 0, &mut self.ar_coeffs_y_plus_128[..num_pos_luma]),
            (
                self.chroma_scaling_from_luma || self.num_cb_points > 0,
                &mut self.ar_coeffs_cb_plus_128[..num_pos_chroma],
            ),
            (
                self.chroma_scaling_from_luma || self.num_cr_points > 0,
                &mut self.ar_coeffs_cr_plus_128[..num_pos_chroma],
            ),
        ];
        for (_, coefficients) in used.into_iter().filter(|(used, _)| *used) {
            for coefficient in coefficients {
                *coefficient = bits.byte(8, *coefficient)?;
            }
        }
        self.ar_coeff_shift_minus_6 = bits.byte(2, self.ar_coeff_shift_minus_6)?;
        self.grain_scale_shift = bits.byte(2, self.grain_scale_shift)?;
        Ok(())
    }
}

/// The points of a scaling function, their values rising.
fn points(bits: &mut impl Bits, count: &mut u8, points: &mut [ScalingPoint]) -> Result<()> {
    *count = bits.byte(4, *count)?;
    let Some(points) = points.get_mut(..usize::from(*count)) else {
        return Err(Error::malformed("AV1: too many points of film grain"));
    };
    let mut last = None;
    for point in points {
        point.value = bits.byte(8, point.value)?;
        point.scaling = bits.byte(8, point.scaling)?;
        if last.is_some_and(|last| last >= point.value) {
            return Err(Error::malformed("AV1: points of film grain that don't rise"));
        }
        last = Some(point.value);
    }
    Ok(())
}
