//! The uncompressed header of an intra frame (sections 5.9 and 6.8) and what follows from it.

use super::bits::{Bits, Reader, Writer};
use super::fields::{
    CdefParams, DeltaLfParams, DeltaQParams, FilmGrainParams, LoopFilterParams, LrParams, QuantizationParams,
    SEG_LVL_ALT_Q, SegmentationParams, TileInfo, TxMode,
};
use super::sequence::SequenceHeader;
use crate::error::{Error, Result};

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

/// What a frame header starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// `show_existing_frame` with `frame_to_show_map_idx`.
    ShowExisting(u8),
    Intra,
    /// Predicted from other frames; whether it is shown.
    Inter(bool),
}

impl Start {
    pub(super) fn parse(data: &[u8], sequence: &SequenceHeader) -> Result<Self> {
        let mut bits = Reader::new(data);
        if sequence.reduced_still_picture_header {
            return Ok(Self::Intra);
        }
        if bits.flag(false)? {
            return Ok(Self::ShowExisting(bits.byte(3, 0)?));
        }
        let frame_type = bits.byte(2, 0)?;
        let show_frame = bits.flag(false)?;
        Ok(if matches!(frame_type, 0 | 2) { Self::Intra } else { Self::Inter(show_frame) })
    }
}

impl FrameHeader {
    /// Reads `uncompressed_header()` of an intra frame; returns what follows it, from the next whole byte on.
    pub(super) fn parse<'a>(
        data: &'a [u8],
        sequence: &SequenceHeader,
        layer: (u8, u8),
    ) -> Result<(Self, &'a [u8])> {
        let mut header = Self::default();
        let mut bits = Reader::new(data);
        header.code(&mut bits, sequence, layer)?;
        Ok((header, bits.rest()))
    }

    /// Writes `uncompressed_header()` without trailing bits, and works out anew the fields that follow from others.
    ///
    /// # Errors
    /// Where a value is out of its range.
    pub(super) fn write(&mut self, sequence: &SequenceHeader) -> Result<Vec<u8>> {
        let mut bits = Writer::default();
        self.code(&mut bits, sequence, (0, 0))?;
        Ok(bits.finish())
    }

    /// The header of a still picture that fills the sequence's size, with the fewest tiles and all tools off.
    #[must_use]
    pub fn for_still(sequence: &SequenceHeader) -> Self {
        let mut header = Self {
            show_frame: true,
            error_resilient_mode: true,
            refresh_frame_flags: 0xFF,
            disable_frame_end_update_cdf: true,
            superres_denom: 8,
            ..Self::default()
        };
        header.set_size(sequence.max_frame_width_minus_1 + 1, sequence.max_frame_height_minus_1 + 1);
        (header.render_width, header.render_height) = (header.upscaled_width, header.frame_height);
        header.tile_info = TileInfo::fewest(header.mi_cols, header.mi_rows, sequence.use_128x128_superblock);
        header
    }

    /// `superres_params()`'s and `compute_image_size()`'s arithmetic.
    fn set_size(&mut self, upscaled_width: u32, frame_height: u32) {
        let denom = u32::from(self.superres_denom);
        self.upscaled_width = upscaled_width;
        // Superres leaves 16 columns at least: levels (annex A.3) and the decoders in use ask for it.
        self.frame_width = ((upscaled_width * 8 + denom / 2) / denom).max(upscaled_width.min(16));
        self.frame_height = frame_height;
        self.mi_cols = 2 * self.frame_width.div_ceil(8);
        self.mi_rows = 2 * frame_height.div_ceil(8);
    }

    /// `uncompressed_header()`.
    fn code(&mut self, bits: &mut impl Bits, sequence: &SequenceHeader, layer: (u8, u8)) -> Result<()> {
        self.code_kind(bits, sequence)?;
        self.code_references(bits, sequence, layer)?;
        self.code_size(bits, sequence)?;
        self.allow_intrabc = self.allow_screen_content_tools
            && self.upscaled_width == self.frame_width
            && bits.flag(self.allow_intrabc)?;
        self.disable_frame_end_update_cdf = sequence.reduced_still_picture_header
            || self.disable_cdf_update
            || bits.flag(self.disable_frame_end_update_cdf)?;
        let size = (self.mi_cols, self.mi_rows);
        self.tile_info.code(bits, size, sequence.use_128x128_superblock)?;
        self.quantization_params.code(bits, &sequence.color_config)?;
        self.segmentation_params.code(bits)?;
        self.delta_q_params.code(bits, self.quantization_params.base_q_idx)?;
        self.delta_lf_params.code(bits, self.delta_q_params.delta_q_present, self.allow_intrabc)?;
        self.derive_lossless();
        if self.coded_lossless && self.delta_q_params.delta_q_present {
            return Err(Error::malformed("AV1: quantizer deltas in a lossless frame"));
        }
        self.code_filters(bits, sequence)?;
        self.tx_mode = if self.coded_lossless {
            TxMode::Only4x4
        } else if bits.flag(self.tx_mode == TxMode::Select)? {
            TxMode::Select
        } else {
            TxMode::Largest
        };
        self.reduced_tx_set = bits.flag(self.reduced_tx_set)?;
        let may_have_grain = sequence.film_grain_params_present && (self.show_frame || self.showable_frame);
        if may_have_grain && bits.flag(self.film_grain_params.is_some())? {
            let mut grain = self.film_grain_params.take().unwrap_or_default();
            grain.code(bits, &sequence.color_config)?;
            self.film_grain_params = Some(grain);
        } else {
            self.film_grain_params = None;
        }
        Ok(())
    }

    /// From the start to `force_integer_mv`.
    fn code_kind(&mut self, bits: &mut impl Bits, sequence: &SequenceHeader) -> Result<()> {
        if sequence.reduced_still_picture_header {
            self.frame_type = FrameType::Key;
            (self.show_frame, self.showable_frame, self.error_resilient_mode) = (true, false, true);
        } else {
            if bits.flag(false)? {
                return Err(Error::unsupported("AV1: a frame that shows another"));
            }
            let frame_type = bits.byte(2, if self.frame_type == FrameType::Key { 0 } else { 2 })?;
            self.frame_type = match frame_type {
                0 => FrameType::Key,
                2 => FrameType::IntraOnly,
                _ => return Err(Error::unsupported("AV1: a frame predicted from others")),
            };
            let key = self.frame_type == FrameType::Key;
            self.show_frame = bits.flag(self.show_frame)?;
            if self.show_frame && sequence.decoder_model_info_present_flag && !sequence.equal_picture_interval
            {
                bits.f(u32::from(sequence.frame_presentation_time_length_minus_1) + 1, 0)?;
            }
            self.showable_frame = if self.show_frame { !key } else { bits.flag(self.showable_frame)? };
            self.error_resilient_mode = (key && self.show_frame) || bits.flag(self.error_resilient_mode)?;
        }
        self.disable_cdf_update = bits.flag(self.disable_cdf_update)?;
        self.allow_screen_content_tools = match sequence.seq_force_screen_content_tools {
            2 => bits.flag(self.allow_screen_content_tools)?,
            forced => forced == 1,
        };
        if self.allow_screen_content_tools && sequence.seq_force_integer_mv == 2 {
            // force_integer_mv, which is 1 in intra frames whatever is coded.
            bits.flag(true)?;
        }
        Ok(())
    }

    /// From `current_frame_id` to `ref_order_hint`.
    fn code_references(
        &mut self,
        bits: &mut impl Bits,
        sequence: &SequenceHeader,
        (temporal_id, spatial_id): (u8, u8),
    ) -> Result<()> {
        if sequence.frame_id_numbers_present_flag {
            let length =
                sequence.additional_frame_id_length_minus_1 + sequence.delta_frame_id_length_minus_2 + 3;
            self.current_frame_id = bits.f(u32::from(length), self.current_frame_id)?;
        }
        self.frame_size_override_flag =
            !sequence.reduced_still_picture_header && bits.flag(self.frame_size_override_flag)?;
        self.order_hint = bits.f(u32::from(sequence.order_hint_bits), self.order_hint)?;
        if sequence.decoder_model_info_present_flag && bits.flag(false)? {
            for op in 0..=usize::from(sequence.operating_points_cnt_minus_1) {
                let idc = sequence.operating_point_idc[op];
                let within = idc == 0 || (idc >> temporal_id & 1 == 1 && idc >> (spatial_id + 8) & 1 == 1);
                if sequence.decoder_model_present_for_this_op[op] && within {
                    bits.f(u32::from(sequence.buffer_removal_time_length_minus_1) + 1, 0)?;
                }
            }
        }
        self.refresh_frame_flags = if self.frame_type == FrameType::Key && self.show_frame {
            0xFF
        } else {
            bits.byte(8, self.refresh_frame_flags)?
        };
        if self.refresh_frame_flags != 0xFF && self.error_resilient_mode && sequence.enable_order_hint {
            for _ in 0..8 {
                bits.f(u32::from(sequence.order_hint_bits), 0)?;
            }
        }
        Ok(())
    }

    /// `frame_size()` and `render_size()`.
    fn code_size(&mut self, bits: &mut impl Bits, sequence: &SequenceHeader) -> Result<()> {
        let (mut width, mut height) = (sequence.max_frame_width_minus_1, sequence.max_frame_height_minus_1);
        if self.frame_size_override_flag {
            let (w, h) = (self.upscaled_width.wrapping_sub(1), self.frame_height.wrapping_sub(1));
            let coded_width = bits.f(u32::from(sequence.frame_width_bits_minus_1) + 1, w)?;
            let coded_height = bits.f(u32::from(sequence.frame_height_bits_minus_1) + 1, h)?;
            if coded_width > width || coded_height > height {
                return Err(Error::malformed("AV1: a frame is larger than its sequence says"));
            }
            (width, height) = (coded_width, coded_height);
        }
        self.use_superres = sequence.enable_superres && bits.flag(self.use_superres)?;
        self.superres_denom =
            if self.use_superres { bits.byte(3, self.superres_denom.wrapping_sub(9))? + 9 } else { 8 };
        self.set_size(width + 1, height + 1);
        let full = (self.upscaled_width, self.frame_height);
        if bits.flag((self.render_width, self.render_height) != full)? {
            self.render_width = bits.f(16, self.render_width.wrapping_sub(1))? + 1;
            self.render_height = bits.f(16, self.render_height.wrapping_sub(1))? + 1;
        } else {
            (self.render_width, self.render_height) = full;
        }
        Ok(())
    }

    /// `LosslessArray`, `SegQMLevel`, `CodedLossless` and `AllLossless`.
    fn derive_lossless(&mut self) {
        let without_deltas = self.quantization_params.has_no_deltas();
        for segment in 0..8 {
            self.lossless_array[segment] = without_deltas && self.qindex(segment, None) == 0;
            let quant = &self.quantization_params;
            let matrices = quant.using_qmatrix && !self.lossless_array[segment];
            let levels = if matrices { [quant.qm_y, quant.qm_u, quant.qm_v] } else { [15; 3] };
            for (plane, level) in levels.into_iter().enumerate() {
                self.seg_qm_level[plane][segment] = level;
            }
        }
        self.coded_lossless = self.lossless_array == [true; 8];
        self.all_lossless = self.coded_lossless && self.frame_width == self.upscaled_width;
    }

    /// `loop_filter_params()`, `cdef_params()` and `lr_params()`.
    fn code_filters(&mut self, bits: &mut impl Bits, sequence: &SequenceHeader) -> Result<()> {
        let num_planes = sequence.num_planes();
        let off = self.coded_lossless || self.allow_intrabc;
        if off {
            self.loop_filter_params = LoopFilterParams::default();
        } else {
            self.loop_filter_params.code(bits, num_planes)?;
        }
        if off || !sequence.enable_cdef {
            self.cdef_params = CdefParams::default();
        } else {
            self.cdef_params.code(bits, num_planes)?;
        }
        if self.all_lossless || self.allow_intrabc || !sequence.enable_restoration {
            self.lr_params = LrParams::default();
        } else {
            self.lr_params.code(bits, sequence)?;
        }
        Ok(())
    }
}
