//! What decoding a JPEG XL takes, told from its header.

use crate::{
    codec::{
        Probe,
        cost::{Buffering, Decoding, channels},
    },
    pixel::Size,
};

/// States what decoding takes.
pub fn decoding(probe: &Probe, _scale_num: u32, _buffering: Buffering) -> Decoding {
    let pixel_bytes = u64::from(channels(probe));
    Decoding {
        rows_bytes: probe.demands.part_bytes,
        pixel_bytes,
        peak_pixel_bytes: pixel_bytes,
        channels: channels(probe),
        metadata_copies: 0,
    }
}

/// What the decoder takes for so many samples as floating point, in places of frames that go into the picture, and
/// for small ones.
const SAMPLE: u64 = 6;
const SMALL: u64 = 4 << 20;

/// The longest profile of level 5, as it is unpacked and kept.
const PROFILE: u64 = 12 << 20;

/// The most bytes that the decoder holds beside the picture: of photos a fifth of that, of pictures that are put
/// together of several frames nearly all.
pub fn part_bytes(size: Size, channels: u64, has_profile: bool) -> u64 {
    let profile = if has_profile { PROFILE } else { 0 };
    size.pixels().saturating_mul(channels.saturating_mul(SAMPLE)).saturating_add(SMALL + profile)
}
