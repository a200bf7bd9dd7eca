//! What decoding a WebP takes, told from its probe.

use super::vp8;
use crate::{
    codec::{
        Probe,
        cost::{Buffering, Decoding, channels},
        rows,
    },
    pixel::Size,
};

/// What a decoder by rows takes for its tables and metadata.
const OVERHEAD: u64 = 160 << 10;

/// States what decoding takes.
pub fn decoding(probe: &Probe, _scale_num: u32, buffering: Buffering) -> Decoding {
    // A lossy frame without alpha is read by the decoder here, anything else by `image-webp`.
    let is_own = rows::come_from(probe);
    // Where more than rows is held small things are counted beside it.
    let overhead = if buffering == Buffering::Streamed { OVERHEAD } else { 0 };
    let coded = Coded { lossless: probe.subsampling.is_none(), alpha: probe.alpha };
    Decoding {
        rows_bytes: if is_own {
            vp8::decoder::heap_bytes(probe.size.width) + overhead
        } else {
            padding_bytes(probe.size, coded)
        },
        pixel_bytes: u64::from(channels(probe)),
        peak_pixel_bytes: if is_own { 3 } else { whole_pixel_bytes(coded) },
        channels: channels(probe),
        metadata_copies: 1,
    }
}

/// How a picture is coded that `image-webp` decodes.
#[derive(Debug, Clone, Copy)]
pub struct Coded {
    pub lossless: bool,
    pub alpha: bool,
}

/// What of all that is stated as small is for the tables of a VP8L stream: one group of any prefix codes fits.
const SMALL_TABLES: u64 = 136 << 10;

/// The most bytes that `image-webp` holds of a picture, but for what is small.
pub fn whole_bytes(size: Size, coded: Coded) -> u64 {
    whole_pixel_bytes(coded).saturating_mul(size.pixels()).saturating_add(padding_bytes(size, coded))
}

/// Of these for each pixel: of a lossy picture RGB and a copy of the coded frame, and the alpha's lossless picture;
/// of a lossless one a copy, and its tables.
const fn whole_pixel_bytes(coded: Coded) -> u64 {
    match (coded.lossless, coded.alpha) {
        (false, true) => 12,
        (false, false) => 8,
        (true, _) => 10,
    }
}

/// What the planes of a lossy picture take because they have whole macroblocks.
fn padding_bytes(size: Size, coded: Coded) -> u64 {
    if coded.lossless {
        return 0;
    }
    let macroblocks = u64::from(size.width.div_ceil(16)).saturating_mul(size.height.div_ceil(16).into());
    (macroblocks.saturating_mul(256).saturating_sub(size.pixels())).saturating_mul(3).div_ceil(2)
}

/// What of [`whole_bytes`] is for a VP8L stream's tables: its transforms, entropy image and prefix codes. The rest is
/// held as pixels at the same time.
pub fn tables_room(size: Size, coded: Coded) -> u64 {
    let pixels = size.pixels();
    let left = match (coded.lossless, coded.alpha) {
        // Beside RGBA, and RGB that is made of it.
        (true, false) => 3 * pixels,
        (true, true) => 6 * pixels,
        // Beside RGBA twice, and planes of a quarter's chroma.
        (false, _) => 5 * pixels / 2,
    };
    left + SMALL_TABLES
}
