//! What decoding a WebP takes, told from its probe.

use super::vp8;
use crate::codec::{
    Probe,
    cost::{Buffering, Decoding, channels},
    rows,
};

/// What a decoder by rows takes for its tables and metadata.
const OVERHEAD: u64 = 160 << 10;

/// States what decoding takes.
pub fn decoding(probe: &Probe, _scale_num: u32, buffering: Buffering) -> Decoding {
    // A lossy frame without alpha is read by the decoder here, anything else by `image-webp`.
    let is_own = rows::come_from(probe);
    // Where more than rows is held small things are counted beside it.
    let overhead = if buffering == Buffering::Streamed { OVERHEAD } else { 0 };
    Decoding {
        rows_bytes: if is_own { vp8::decoder::heap_bytes(probe.size.width) + overhead } else { 0 },
        pixel_bytes: u64::from(channels(probe)),
        // Planes of whole macroblocks, RGB and a copy of the coded frame, and the alpha's lossless picture; of a
        // lossless one a copy and its groups.
        peak_pixel_bytes: match (probe.subsampling.is_some(), probe.alpha) {
            _ if is_own => 3,
            (true, true) => 12,
            (true, false) => 8,
            (false, _) => 10,
        },
        channels: channels(probe),
        metadata_copies: 1,
    }
}
