//! The sequence header (sections 5.5 and 6.4): depth, sampling, and the tools that frames may use.

use super::bits::{Bits, Reader, Writer};
use crate::error::{Error, Result};

/// `color_config()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColorConfig {
    /// `BitDepth`: 8, 10 or 12.
    pub bit_depth: u8,
    pub mono_chrome: bool,
    /// H.273's number; 2 is unspecified.
    pub color_primaries: u8,
    pub transfer_characteristics: u8,
    pub matrix_coefficients: u8,
    /// True for the full range.
    pub color_range: bool,
    /// 0 or 1; both are 1 in monochrome.
    pub subsampling_x: u8,
    pub subsampling_y: u8,
    /// 0 unknown, 1 vertical, 2 colocated.
    pub chroma_sample_position: u8,
    pub separate_uv_delta_q: bool,
}

impl Default for ColorConfig {
    /// 8 bits, 4:2:0, full range, colours unspecified.
    fn default() -> Self {
        Self {
            bit_depth: 8,
            mono_chrome: false,
            color_primaries: 2,
            transfer_characteristics: 2,
            matrix_coefficients: 2,
            color_range: true,
            subsampling_x: 1,
            subsampling_y: 1,
            chroma_sample_position: 0,
            separate_uv_delta_q: false,
        }
    }
}

impl ColorConfig {
    /// `color_config()`.
    fn code(&mut self, bits: &mut impl Bits, seq_profile: u8) -> Result<()> {
        let high_bitdepth = bits.flag(self.bit_depth > 8)?;
        self.bit_depth = match high_bitdepth {
            true if seq_profile == 2 && bits.flag(self.bit_depth == 12)? => 12,
            true => 10,
            false => 8,
        };
        self.mono_chrome = seq_profile != 1 && bits.flag(self.mono_chrome)?;
        let described = (self.color_primaries, self.transfer_characteristics, self.matrix_coefficients);
        if bits.flag(described != (2, 2, 2))? {
            self.color_primaries = bits.byte(8, self.color_primaries)?;
            self.transfer_characteristics = bits.byte(8, self.transfer_characteristics)?;
            self.matrix_coefficients = bits.byte(8, self.matrix_coefficients)?;
        }
        if self.mono_chrome {
            self.color_range = bits.flag(self.color_range)?;
            (self.subsampling_x, self.subsampling_y) = (1, 1);
            self.separate_uv_delta_q = false;
            return Ok(());
        }
        // BT.709, sRGB, identity: RGB without a word about its range and sampling.
        if (self.color_primaries, self.transfer_characteristics, self.matrix_coefficients) == (1, 13, 0) {
            self.color_range = true;
            (self.subsampling_x, self.subsampling_y) = (0, 0);
            if seq_profile == 0 || (seq_profile == 2 && self.bit_depth != 12) {
                return Err(Error::malformed(format!("AV1: RGB in profile {seq_profile}")));
            }
        } else {
            self.color_range = bits.flag(self.color_range)?;
            self.code_subsampling(bits, seq_profile)?;
            if (self.subsampling_x, self.subsampling_y) == (1, 1) {
                self.chroma_sample_position = bits.byte(2, self.chroma_sample_position)?;
            }
        }
        self.separate_uv_delta_q = bits.flag(self.separate_uv_delta_q)?;
        Ok(())
    }

    fn code_subsampling(&mut self, bits: &mut impl Bits, seq_profile: u8) -> Result<()> {
        (self.subsampling_x, self.subsampling_y) = match seq_profile {
            0 => (1, 1),
            1 => (0, 0),
            _ if self.bit_depth == 12 => {
                let x = bits.byte(1, self.subsampling_x)?;
                (x, if x == 1 { bits.byte(1, self.subsampling_y)? } else { 0 })
            }
            _ => (1, 0),
        };
        Ok(())
    }
}

/// `sequence_header_obu()`, without what only a sequence of several frames needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceHeader {
    /// 0 main (4:0:0, 4:2:0), 1 high (4:4:4), 2 professional (4:2:2, 12 bits).
    pub seq_profile: u8,
    pub still_picture: bool,
    pub reduced_still_picture_header: bool,
    /// Of operating point 0.
    pub seq_level_idx: u8,
    pub seq_tier: bool,
    pub operating_points_cnt_minus_1: u8,
    pub operating_point_idc: [u16; 32],
    pub frame_width_bits_minus_1: u8,
    pub frame_height_bits_minus_1: u8,
    pub max_frame_width_minus_1: u32,
    pub max_frame_height_minus_1: u32,
    pub frame_id_numbers_present_flag: bool,
    pub delta_frame_id_length_minus_2: u8,
    pub additional_frame_id_length_minus_1: u8,
    pub use_128x128_superblock: bool,
    pub enable_filter_intra: bool,
    pub enable_intra_edge_filter: bool,
    pub enable_order_hint: bool,
    /// 0 off, 1 on, 2 each frame says so.
    pub seq_force_screen_content_tools: u8,
    /// 0 off, 1 on, 2 each frame says so.
    pub seq_force_integer_mv: u8,
    pub order_hint_bits: u8,
    pub enable_superres: bool,
    pub enable_cdef: bool,
    pub enable_restoration: bool,
    pub color_config: ColorConfig,
    pub film_grain_params_present: bool,
    pub decoder_model_info_present_flag: bool,
    pub equal_picture_interval: bool,
    pub buffer_delay_length_minus_1: u8,
    pub buffer_removal_time_length_minus_1: u8,
    pub frame_presentation_time_length_minus_1: u8,
    pub decoder_model_present_for_this_op: [bool; 32],
}

impl Default for SequenceHeader {
    /// A still picture with a reduced header of 1x1 pixels.
    fn default() -> Self {
        Self {
            seq_profile: 0,
            still_picture: true,
            reduced_still_picture_header: true,
            seq_level_idx: 31,
            seq_tier: false,
            operating_points_cnt_minus_1: 0,
            operating_point_idc: [0; 32],
            frame_width_bits_minus_1: 15,
            frame_height_bits_minus_1: 15,
            max_frame_width_minus_1: 0,
            max_frame_height_minus_1: 0,
            frame_id_numbers_present_flag: false,
            delta_frame_id_length_minus_2: 0,
            additional_frame_id_length_minus_1: 0,
            use_128x128_superblock: false,
            enable_filter_intra: false,
            enable_intra_edge_filter: false,
            enable_order_hint: false,
            seq_force_screen_content_tools: 2,
            seq_force_integer_mv: 2,
            order_hint_bits: 0,
            enable_superres: false,
            enable_cdef: false,
            enable_restoration: false,
            color_config: ColorConfig::default(),
            film_grain_params_present: false,
            decoder_model_info_present_flag: false,
            equal_picture_interval: false,
            buffer_delay_length_minus_1: 0,
            buffer_removal_time_length_minus_1: 0,
            frame_presentation_time_length_minus_1: 0,
            decoder_model_present_for_this_op: [false; 32],
        }
    }
}

impl SequenceHeader {
    /// `NumPlanes`: 1 or 3.
    #[must_use]
    pub fn num_planes(&self) -> usize {
        if self.color_config.mono_chrome { 1 } else { 3 }
    }

    /// The subsampling shifts (x, y) of a plane.
    #[must_use]
    pub fn subsampling(&self, plane: usize) -> (u8, u8) {
        if plane == 0 { (0, 0) } else { (self.color_config.subsampling_x, self.color_config.subsampling_y) }
    }

    /// Reads the payload of a sequence header OBU.
    ///
    /// # Errors
    /// Where it ends early or its values are reserved or forbidden.
    pub fn parse(data: &[u8]) -> Result<Self> {
        let mut header = Self::default();
        header.code(&mut Reader::new(data))?;
        Ok(header)
    }

    /// Writes the payload of a sequence header OBU, trailing bits included. What is not kept here (timing, decoder
    /// models) must be absent.
    ///
    /// # Errors
    /// Where a value is out of its range.
    pub fn write(&self) -> Result<Vec<u8>> {
        let mut bits = Writer::default();
        self.clone().code(&mut bits)?;
        bits.trailing_bits()?;
        Ok(bits.finish())
    }

    /// The lowest `seq_level_idx` that allows a still picture of a size (annex A.3), 31 where none does.
    #[must_use]
    pub fn level_for(width: u32, height: u32) -> u8 {
        // Level, MaxPicSize, MaxHSize, MaxVSize.
        const LEVELS: [(u8, u64, u32, u32); 8] = [
            (0, 147_456, 2048, 1152),
            (1, 278_784, 2816, 1584),
            (4, 665_856, 4352, 2448),
            (5, 1_065_024, 5504, 3096),
            (8, 2_359_296, 6144, 3456),
            (12, 8_912_896, 8192, 4352),
            (16, 35_651_584, 16384, 8704),
            (31, u64::MAX, u32::MAX, u32::MAX),
        ];
        let size = u64::from(width) * u64::from(height);
        let fits = |level: &&(u8, u64, u32, u32)| size <= level.1 && width <= level.2 && height <= level.3;
        LEVELS.iter().find(fits).map_or(31, |level| level.0)
    }

    /// `sequence_header_obu()`.
    fn code(&mut self, bits: &mut impl Bits) -> Result<()> {
        self.seq_profile = bits.byte(3, self.seq_profile)?;
        if self.seq_profile > 2 {
            return Err(Error::unsupported(format!("AV1: profile {} is not known", self.seq_profile)));
        }
        self.still_picture = bits.flag(self.still_picture)?;
        self.reduced_still_picture_header = bits.flag(self.reduced_still_picture_header)?;
        if self.reduced_still_picture_header {
            if !self.still_picture {
                return Err(Error::malformed("AV1: a reduced header of what is no still picture"));
            }
            self.seq_level_idx = bits.byte(5, self.seq_level_idx)?;
        } else {
            self.code_operating_points(bits)?;
        }
        self.frame_width_bits_minus_1 = bits.byte(4, self.frame_width_bits_minus_1)?;
        self.frame_height_bits_minus_1 = bits.byte(4, self.frame_height_bits_minus_1)?;
        let (width, height) = (self.frame_width_bits_minus_1, self.frame_height_bits_minus_1);
        self.max_frame_width_minus_1 = bits.f(u32::from(width) + 1, self.max_frame_width_minus_1)?;
        self.max_frame_height_minus_1 = bits.f(u32::from(height) + 1, self.max_frame_height_minus_1)?;
        if !self.reduced_still_picture_header {
            self.frame_id_numbers_present_flag = bits.flag(self.frame_id_numbers_present_flag)?;
        }
        if self.frame_id_numbers_present_flag {
            self.delta_frame_id_length_minus_2 = bits.byte(4, self.delta_frame_id_length_minus_2)?;
            self.additional_frame_id_length_minus_1 =
                bits.byte(3, self.additional_frame_id_length_minus_1)?;
            if self.delta_frame_id_length_minus_2 + self.additional_frame_id_length_minus_1 + 3 > 16 {
                return Err(Error::malformed("AV1: frame numbers of more than 16 bits"));
            }
        }
        self.use_128x128_superblock = bits.flag(self.use_128x128_superblock)?;
        self.enable_filter_intra = bits.flag(self.enable_filter_intra)?;
        self.enable_intra_edge_filter = bits.flag(self.enable_intra_edge_filter)?;
        if !self.reduced_still_picture_header {
            self.code_tools(bits)?;
        }
        self.enable_superres = bits.flag(self.enable_superres)?;
        self.enable_cdef = bits.flag(self.enable_cdef)?;
        self.enable_restoration = bits.flag(self.enable_restoration)?;
        self.color_config.code(bits, self.seq_profile)?;
        self.film_grain_params_present = bits.flag(self.film_grain_params_present)?;
        Ok(())
    }

    /// Timing, decoder models and operating points.
    fn code_operating_points(&mut self, bits: &mut impl Bits) -> Result<()> {
        if bits.flag(false)? {
            bits.f(32, 0)?;
            bits.f(32, 0)?;
            self.equal_picture_interval = bits.flag(false)?;
            if self.equal_picture_interval {
                bits.uvlc(0)?;
            }
            self.decoder_model_info_present_flag = bits.flag(false)?;
            if self.decoder_model_info_present_flag {
                self.buffer_delay_length_minus_1 = bits.byte(5, 0)?;
                bits.f(32, 0)?;
                self.buffer_removal_time_length_minus_1 = bits.byte(5, 0)?;
                self.frame_presentation_time_length_minus_1 = bits.byte(5, 0)?;
            }
        }
        let initial_display_delay_present_flag = bits.flag(false)?;
        self.operating_points_cnt_minus_1 = bits.byte(5, self.operating_points_cnt_minus_1)?;
        for i in 0..=usize::from(self.operating_points_cnt_minus_1) {
            self.operating_point_idc[i] = bits.f(12, u32::from(self.operating_point_idc[i]))? as u16;
            let seq_level_idx = bits.byte(5, self.seq_level_idx)?;
            let seq_tier = seq_level_idx > 7 && bits.flag(self.seq_tier)?;
            if i == 0 {
                (self.seq_level_idx, self.seq_tier) = (seq_level_idx, seq_tier);
            }
            if self.decoder_model_info_present_flag {
                self.decoder_model_present_for_this_op[i] = bits.flag(false)?;
                if self.decoder_model_present_for_this_op[i] {
                    bits.f(u32::from(self.buffer_delay_length_minus_1) + 1, 0)?;
                    bits.f(u32::from(self.buffer_delay_length_minus_1) + 1, 0)?;
                    bits.flag(false)?;
                }
            }
            if initial_display_delay_present_flag && bits.flag(false)? {
                bits.f(4, 0)?;
            }
        }
        Ok(())
    }

    /// Tools of inter frames, screen content and order hints.
    fn code_tools(&mut self, bits: &mut impl Bits) -> Result<()> {
        // enable_interintra_compound, enable_masked_compound, enable_warped_motion, enable_dual_filter
        bits.f(4, 0)?;
        self.enable_order_hint = bits.flag(self.enable_order_hint)?;
        if self.enable_order_hint {
            // enable_jnt_comp, enable_ref_frame_mvs
            bits.f(2, 0)?;
        }
        let choose = bits.flag(self.seq_force_screen_content_tools == 2)?;
        self.seq_force_screen_content_tools =
            if choose { 2 } else { bits.byte(1, self.seq_force_screen_content_tools)? };
        self.seq_force_integer_mv =
            if self.seq_force_screen_content_tools == 0 || bits.flag(self.seq_force_integer_mv == 2)? {
                2
            } else {
                bits.byte(1, self.seq_force_integer_mv)?
            };
        self.order_hint_bits = match self.enable_order_hint {
            true => bits.byte(3, self.order_hint_bits.saturating_sub(1))? + 1,
            false => 0,
        };
        Ok(())
    }
}
