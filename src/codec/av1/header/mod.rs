//! Headers of AV1: OBUs, the sequence header and the uncompressed header of intra frames, read and written by the same
//! description of their syntax (sections 5.3 to 5.11 of the specification; names are the specification's).

mod fields;
mod frame;
mod sequence;

pub use fields::{
    CdefParams, DeltaLfParams, DeltaQParams, FilmGrainParams, LoopFilterParams, LrParams, QuantizationParams,
    RestorationType, ScalingPoint, SegmentationParams, TileInfo, TxMode,
};
pub use frame::{FrameHeader, FrameType};
pub use sequence::{ColorConfig, SequenceHeader};
