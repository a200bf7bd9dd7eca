//! What decoding a TIFF takes, told from its probe.

use crate::{
    codec::{
        Probe,
        cost::{Buffering, Decoding},
    },
    pixel::Layout,
};

/// States what decoding takes.
pub fn decoding(probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    // Inks with alpha.
    let pixel_bytes = 4 + u64::from(probe.alpha);
    Decoding {
        rows_bytes: probe.demands.part_bytes,
        pixel_bytes,
        peak_pixel_bytes: pixel_bytes,
        // Inks become colours, with an alpha of which the header may say nothing.
        channels: Layout::of(probe.color, true).channels(),
        metadata_copies: 1,
    }
}
