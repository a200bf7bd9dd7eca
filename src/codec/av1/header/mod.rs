//! Headers of AV1: OBUs, the sequence header and the uncompressed header of intra frames, read and written by the same
//! description of their syntax (sections 5.3 to 5.11 of the specification; names are the specification's).

mod bits;
mod fields;
mod filters;
mod frame;
mod grain;
mod obu;
mod quantization;
mod sequence;
#[cfg(test)]
mod tests;
mod tile_info;

pub use fields::{
    CdefParams, DeltaLfParams, DeltaQParams, FilmGrainParams, LoopFilterParams, LrParams, QuantizationParams,
    RestorationType, SEG_LVL_ALT_LF_Y_V, SEG_LVL_ALT_Q, SEG_LVL_GLOBALMV, SEG_LVL_REF_FRAME, SEG_LVL_SKIP,
    ScalingPoint, SegmentationParams, TileInfo, TxMode,
};
pub use frame::{FrameHeader, FrameType};
pub use obu::{Head, Layers, Picture, sequence_header_obu, temporal_unit};
pub use sequence::{ColorConfig, SequenceHeader};
