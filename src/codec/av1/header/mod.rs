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

#[cfg(test)]
pub use fields::LrParams;
pub use fields::{
    CdefParams, DeltaLfParams, DeltaQParams, FilmGrainParams, LoopFilterParams, QuantizationParams,
    RestorationType, SEG_LVL_ALT_LF_Y_V, SEG_LVL_SKIP, ScalingPoint, TxMode,
};
pub use frame::FrameHeader;
pub use obu::{Head, Layers, Picture, before_tiles, tile_size};
pub use sequence::{ColorConfig, SequenceHeader};
