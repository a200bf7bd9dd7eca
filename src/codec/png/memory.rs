//! What decoding a PNG takes, told from its probe.

use crate::codec::{
    Probe,
    cost::{Buffering, Decoding, channels},
};

/// A window, and tables.
const OVERHEAD: u64 = 360 << 10;

/// States what decoding takes.
pub fn decoding(probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    let pixel_bytes = u64::from(channels(probe));
    // An interlaced picture of 16 bits is held as it is before it is rounded.
    let is_wide = probe.progressive && probe.depth == 16;
    Decoding {
        // Two rows of up to four samples of 16 bits, as they come and as they go.
        rows_bytes: 40 * u64::from(probe.size.width) + OVERHEAD,
        pixel_bytes,
        peak_pixel_bytes: if is_wide { 3 * pixel_bytes } else { pixel_bytes },
        channels: channels(probe),
        // The `png` crate reads into a buffer that doubles.
        metadata_copies: 4,
    }
}
