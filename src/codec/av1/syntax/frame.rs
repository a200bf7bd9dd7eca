//! What the syntax of blocks needs to know of the headers.

use crate::codec::av1::{
    header::{
        DeltaLfParams, DeltaQParams, FrameHeader, RestorationType, SEG_LVL_SKIP, SequenceHeader, TxMode,
    },
    sizes::BlockSize,
};

/// A frame, as tiles see it.
#[derive(Clone, Debug)]
pub struct Frame {
    /// In units of four luma samples; even.
    pub mi_rows: usize,
    pub mi_cols: usize,
    /// 1 or 3.
    pub num_planes: usize,
    pub bit_depth: u8,
    /// By how many bits coordinates of chroma are smaller: 0 or 1.
    pub subsampling_x: usize,
    pub subsampling_y: usize,
    /// 64x64 or 128x128.
    pub superblock: BlockSize,
    pub disable_cdf_update: bool,
    pub enable_filter_intra: bool,
    pub allow_screen_content_tools: bool,
    pub allow_intrabc: bool,
    pub tx_mode: TxMode,
    pub reduced_tx_set: bool,
    pub base_q_idx: u8,
    pub delta_q: DeltaQParams,
    pub delta_lf: DeltaLfParams,
    pub segmentation_enabled: bool,
    pub seg_id_pre_skip: bool,
    pub last_active_seg_id: u8,
    pub segments: [Segment; 8],
    /// `cdef_bits`, where indices of CDEF are coded.
    pub cdef_bits: Option<u8>,
    /// By plane. None of it is coded where intra block copy is allowed.
    pub restoration: [PlaneRestoration; 3],
    /// `SuperresDenom`, 8 where `use_superres` is 0.
    pub superres_denom: usize,
}

/// What the headers say of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// `LosslessArray`.
    pub lossless: bool,
    /// Whether `SEG_LVL_SKIP` is active.
    pub skip: bool,
    /// `get_qindex( 1, segment_id )`.
    pub qindex: u8,
}

/// Loop restoration of a plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlaneRestoration {
    /// `FrameRestorationType`.
    pub kind: RestorationType,
    /// `LoopRestorationSize`.
    pub unit_size: usize,
    /// `unitRows` and `unitCols`.
    pub rows: usize,
    pub cols: usize,
}

/// A tile's place in the frame, in units of four luma samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileArea {
    pub mi_row_start: usize,
    pub mi_row_end: usize,
    pub mi_col_start: usize,
    pub mi_col_end: usize,
}

impl Frame {
    /// What follows from the headers.
    pub fn new(sequence: &SequenceHeader, header: &FrameHeader) -> Self {
        let color = &sequence.color_config;
        let segments = std::array::from_fn(|segment| Segment {
            lossless: header.lossless_array[segment],
            skip: header.segmentation_params.feature(segment, SEG_LVL_SKIP).is_some(),
            qindex: header.qindex(segment, None),
        });
        let cdef = sequence.enable_cdef && !header.coded_lossless && !header.allow_intrabc;
        let planes = sequence.num_planes();
        let restoration = std::array::from_fn(|plane| {
            if plane >= planes || !header.lr_params.uses_lr || header.allow_intrabc {
                return PlaneRestoration::default();
            }
            let (shift_x, shift_y) = sequence.subsampling(plane);
            let unit_size = usize::from(header.lr_params.loop_restoration_size[plane]);
            let units = |size: u32, shift: u8| {
                let size = (size as usize + (1 << shift >> 1)) >> shift;
                ((size + unit_size / 2) / unit_size.max(1)).max(1)
            };
            PlaneRestoration {
                kind: header.lr_params.frame_restoration_type[plane],
                unit_size,
                rows: units(header.frame_height, shift_y),
                cols: units(header.upscaled_width, shift_x),
            }
        });
        Self {
            mi_rows: header.mi_rows as usize,
            mi_cols: header.mi_cols as usize,
            num_planes: planes,
            bit_depth: color.bit_depth,
            subsampling_x: usize::from(color.subsampling_x),
            subsampling_y: usize::from(color.subsampling_y),
            superblock: if sequence.use_128x128_superblock {
                BlockSize::Block128x128
            } else {
                BlockSize::Block64x64
            },
            disable_cdf_update: header.disable_cdf_update,
            enable_filter_intra: sequence.enable_filter_intra,
            allow_screen_content_tools: header.allow_screen_content_tools,
            allow_intrabc: header.allow_intrabc,
            tx_mode: header.tx_mode,
            reduced_tx_set: header.reduced_tx_set,
            base_q_idx: header.quantization_params.base_q_idx,
            delta_q: header.delta_q_params,
            delta_lf: header.delta_lf_params,
            segmentation_enabled: header.segmentation_params.segmentation_enabled,
            seg_id_pre_skip: header.segmentation_params.seg_id_pre_skip,
            last_active_seg_id: header.segmentation_params.last_active_seg_id,
            segments,
            cdef_bits: cdef.then_some(header.cdef_params.cdef_bits),
            restoration,
            superres_denom: if header.use_superres { usize::from(header.superres_denom) } else { 8 },
        }
    }

    /// The subsampling shifts (x, y) of a plane.
    #[inline]
    pub const fn subsampling(&self, plane: usize) -> (usize, usize) {
        if plane == 0 { (0, 0) } else { (self.subsampling_x, self.subsampling_y) }
    }

    /// `get_plane_residual_size`: the size of a block in a plane. A block of no size there was refused before.
    #[inline]
    pub fn plane_size(&self, size: BlockSize, plane: usize) -> BlockSize {
        let (x, y) = self.subsampling(plane);
        size.subsampled(x != 0, y != 0).unwrap_or(BlockSize::Block4x4)
    }
}
