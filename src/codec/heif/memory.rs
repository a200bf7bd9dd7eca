//! What decoding a HEIF takes, told from what its coded pictures say.

use crate::codec::{
    Probe,
    cost::{Decoding, channels},
};

/// States what decoding takes.
pub fn decoding(probe: &Probe) -> Decoding {
    let pixel_bytes = u64::from(channels(probe));
    Decoding {
        // Rows in work, of colours and of their parts.
        rows_bytes: probe.demands.part_bytes.saturating_add(48 * u64::from(probe.size.width)),
        pixel_bytes,
        peak_pixel_bytes: pixel_bytes,
        channels: channels(probe),
        metadata_copies: 1,
    }
}
