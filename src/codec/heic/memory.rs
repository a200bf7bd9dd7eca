//! What decoding a HEIC takes, told from the parameter sets of its tiles.

use crate::codec::{
    Probe,
    cost::{Buffering, Decoding},
    heif,
};

/// States what decoding takes.
pub fn decoding(probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    heif::decoding(probe)
}
