//! The sequence header (sections 5.5 and 6.4): depth, sampling, and the tools that frames may use.

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
}
