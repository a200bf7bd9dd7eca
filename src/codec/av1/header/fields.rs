//! The parts of a frame header as values; `Default` is what each is where the syntax says nothing of it.

/// `tile_info()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileInfo {
    pub uniform_tile_spacing_flag: bool,
    pub tile_cols: usize,
    pub tile_rows: usize,
    pub tile_cols_log2: u8,
    pub tile_rows_log2: u8,
    /// `MiColStarts`: `tile_cols + 1` columns of 4x4 luma samples, the last is `MiCols`.
    pub mi_col_starts: [u32; 65],
    /// `MiRowStarts`: `tile_rows + 1` rows.
    pub mi_row_starts: [u32; 65],
    pub context_update_tile_id: u32,
    /// `TileSizeBytes`: 1 to 4.
    pub tile_size_bytes: u8,
}

impl Default for TileInfo {
    fn default() -> Self {
        Self {
            uniform_tile_spacing_flag: true,
            tile_cols: 1,
            tile_rows: 1,
            tile_cols_log2: 0,
            tile_rows_log2: 0,
            mi_col_starts: [0; 65],
            mi_row_starts: [0; 65],
            context_update_tile_id: 0,
            tile_size_bytes: 4,
        }
    }
}

/// `quantization_params()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuantizationParams {
    pub base_q_idx: u8,
    pub delta_q_y_dc: i8,
    pub delta_q_u_dc: i8,
    pub delta_q_u_ac: i8,
    pub delta_q_v_dc: i8,
    pub delta_q_v_ac: i8,
    pub using_qmatrix: bool,
    pub qm_y: u8,
    pub qm_u: u8,
    pub qm_v: u8,
}

/// `segmentation_params()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentationParams {
    pub segmentation_enabled: bool,
    /// `FeatureEnabled[segment][feature]`.
    pub feature_enabled: [[bool; 8]; 8],
    /// `FeatureData[segment][feature]`, within the features' limits.
    pub feature_data: [[i16; 8]; 8],
    pub seg_id_pre_skip: bool,
    pub last_active_seg_id: u8,
}

/// Segment features: the quantizer, the first of the four loop filter levels, skip.
pub const SEG_LVL_ALT_Q: usize = 0;
pub const SEG_LVL_ALT_LF_Y_V: usize = 1;
pub const SEG_LVL_REF_FRAME: usize = 5;
pub const SEG_LVL_SKIP: usize = 6;

impl SegmentationParams {
    /// `seg_feature_active_idx()`: the feature's data where a segment has it.
    #[must_use]
    pub fn feature(&self, segment_id: usize, feature: usize) -> Option<i16> {
        let active = self.segmentation_enabled && self.feature_enabled[segment_id][feature];
        active.then(|| self.feature_data[segment_id][feature])
    }
}

/// `delta_q_params()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeltaQParams {
    pub delta_q_present: bool,
    pub delta_q_res: u8,
}

/// `delta_lf_params()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeltaLfParams {
    pub delta_lf_present: bool,
    pub delta_lf_res: u8,
    pub delta_lf_multi: bool,
}

/// `loop_filter_params()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopFilterParams {
    /// Vertical edges of luma, horizontal ones of luma, U, V; 0 to 63.
    pub loop_filter_level: [u8; 4],
    pub loop_filter_sharpness: u8,
    pub loop_filter_delta_enabled: bool,
    /// By reference frame; `INTRA_FRAME` is 0.
    pub loop_filter_ref_deltas: [i8; 8],
    pub loop_filter_mode_deltas: [i8; 2],
}

impl Default for LoopFilterParams {
    fn default() -> Self {
        Self {
            loop_filter_level: [0; 4],
            loop_filter_sharpness: 0,
            loop_filter_delta_enabled: false,
            loop_filter_ref_deltas: DEFAULT_REF_DELTAS,
            loop_filter_mode_deltas: [0; 2],
        }
    }
}

/// What `setup_past_independence()` sets.
pub(super) const DEFAULT_REF_DELTAS: [i8; 8] = [1, 0, 0, 0, -1, 0, -1, -1];

/// `cdef_params()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CdefParams {
    /// `CdefDamping`: 3 to 6.
    pub cdef_damping: u8,
    /// `1 << cdef_bits` strengths are in use.
    pub cdef_bits: u8,
    /// 0 to 15.
    pub cdef_y_pri_strength: [u8; 8],
    /// 0, 1, 2 or 4.
    pub cdef_y_sec_strength: [u8; 8],
    pub cdef_uv_pri_strength: [u8; 8],
    pub cdef_uv_sec_strength: [u8; 8],
}

impl Default for CdefParams {
    fn default() -> Self {
        Self {
            cdef_damping: 3,
            cdef_bits: 0,
            cdef_y_pri_strength: [0; 8],
            cdef_y_sec_strength: [0; 8],
            cdef_uv_pri_strength: [0; 8],
            cdef_uv_sec_strength: [0; 8],
        }
    }
}

/// `FrameRestorationType`, and (without `Switchable`) the type of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestorationType {
    #[default]
    None,
    Wiener,
    Sgrproj,
    Switchable,
}

/// `lr_params()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LrParams {
    pub uses_lr: bool,
    pub frame_restoration_type: [RestorationType; 3],
    /// `LoopRestorationSize` of each plane, in its own samples: 32 to 256.
    pub loop_restoration_size: [u16; 3],
}

impl Default for LrParams {
    fn default() -> Self {
        Self {
            uses_lr: false,
            frame_restoration_type: [RestorationType::None; 3],
            loop_restoration_size: [64; 3],
        }
    }
}

/// `TxMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TxMode {
    Only4x4,
    #[default]
    Largest,
    Select,
}

/// A point of a film grain scaling function, on the scale of 8 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScalingPoint {
    pub value: u8,
    pub scaling: u8,
}

/// `film_grain_params()` where `apply_grain` is 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilmGrainParams {
    pub grain_seed: u16,
    /// At most 14.
    pub num_y_points: u8,
    pub point_y: [ScalingPoint; 14],
    pub chroma_scaling_from_luma: bool,
    /// At most 10.
    pub num_cb_points: u8,
    pub point_cb: [ScalingPoint; 10],
    pub num_cr_points: u8,
    pub point_cr: [ScalingPoint; 10],
    pub grain_scaling_minus_8: u8,
    /// 0 to 3.
    pub ar_coeff_lag: u8,
    pub ar_coeffs_y_plus_128: [u8; 24],
    pub ar_coeffs_cb_plus_128: [u8; 25],
    pub ar_coeffs_cr_plus_128: [u8; 25],
    pub ar_coeff_shift_minus_6: u8,
    pub grain_scale_shift: u8,
    pub cb_mult: u8,
    pub cb_luma_mult: u8,
    pub cb_offset: u16,
    pub cr_mult: u8,
    pub cr_luma_mult: u8,
    pub cr_offset: u16,
    pub overlap_flag: bool,
    pub clip_to_restricted_range: bool,
}
