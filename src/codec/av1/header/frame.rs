//! The uncompressed header of an intra frame (sections 5.9 and 6.8) and what follows from it.

use super::fields::{
    CdefParams, DeltaLfParams, DeltaQParams, FilmGrainParams, LoopFilterParams, LrParams, QuantizationParams,
    SEG_LVL_ALT_Q, SegmentationParams, TileInfo, TxMode,
};

/// `frame_type`, of frames without references.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameType {
    #[default]
    Key,
    IntraOnly,
}

/// `uncompressed_header()` of an intra frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameHeader {
    pub frame_type: FrameType,
    pub show_frame: bool,
    pub showable_frame: bool,
    pub error_resilient_mode: bool,
    pub disable_cdf_update: bool,
    pub allow_screen_content_tools: bool,
    pub frame_size_override_flag: bool,
    pub current_frame_id: u32,
    pub order_hint: u32,
    pub refresh_frame_flags: u8,
    /// `FrameWidth`: of the coded frame, before superres. 1 to 65536.
    pub frame_width: u32,
    pub frame_height: u32,
    /// `UpscaledWidth`: after superres.
    pub upscaled_width: u32,
    pub use_superres: bool,
    /// `SuperresDenom`: 8 (none) to 16.
    pub superres_denom: u8,
    pub render_width: u32,
    pub render_height: u32,
    /// `MiCols`, `MiRows`: columns and rows of 4x4 luma samples, even.
    pub mi_cols: u32,
    pub mi_rows: u32,
    pub allow_intrabc: bool,
    pub disable_frame_end_update_cdf: bool,
    pub tile_info: TileInfo,
    pub quantization_params: QuantizationParams,
    pub segmentation_params: SegmentationParams,
    pub delta_q_params: DeltaQParams,
    pub delta_lf_params: DeltaLfParams,
    pub coded_lossless: bool,
    pub all_lossless: bool,
    /// By segment.
    pub lossless_array: [bool; 8],
    /// `SegQMLevel[plane][segment]`, 15 where no matrix is used.
    pub seg_qm_level: [[u8; 8]; 3],
    pub loop_filter_params: LoopFilterParams,
    pub cdef_params: CdefParams,
    pub lr_params: LrParams,
    pub tx_mode: TxMode,
    pub reduced_tx_set: bool,
    /// `None` where no grain is to be applied.
    pub film_grain_params: Option<FilmGrainParams>,
}

impl FrameHeader {
    /// `get_qindex()`: of a segment; `current_q_index` is `CurrentQIndex`, `None` to ignore deltas.
    #[must_use]
    pub fn qindex(&self, segment_id: usize, current_q_index: Option<u8>) -> u8 {
        let base = match current_q_index {
            Some(current) if self.delta_q_params.delta_q_present => current,
            _ => self.quantization_params.base_q_idx,
        };
        let data = self.segmentation_params.feature(segment_id, SEG_LVL_ALT_Q).unwrap_or(0);
        (i16::from(base) + data).clamp(0, 255) as u8
    }
}
