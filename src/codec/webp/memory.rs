//! What decoding a WebP takes, told from its probe, and what encoding one does.

use super::{
    alpha,
    vp8::{
        self,
        encoder::{self, FrameCapacity, Incoming},
    },
    vp8l,
};
use crate::{
    codec::{
        Coding, Probe,
        cost::{Buffering, Decoding, Encoding, Input, channels},
        rows,
    },
    pixel::{Layout, Size},
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

/// Bytes a pixel that no lossless file passes.
const MOST_LOSSLESS: u64 = 5;

/// States what encoding takes.
pub fn encoding(input: &Input, coding: &Coding) -> Encoding {
    let (size, pixels) = (input.size, input.size.pixels());
    if coding.lossless {
        let file_bytes = pixels.saturating_mul(MOST_LOSSLESS).min(coding.max_bytes);
        let peak_bytes = lossless_bytes(input, coding, coding.max_bytes);
        return Encoding { rows_bytes: None, peak_bytes, file_bytes, likely_file_bytes: None };
    }
    let most = most_frame_bytes(size, coding);
    let likely = encoder::likely_bytes(size, coding.quality);
    let alpha = if input.layout.has_alpha() { alpha_bytes(size, coding) } else { 0 };
    let picture = pixels * input.pixel_bytes();
    let incoming = incoming(input);
    let whole = if input.planes.is_some() { incoming } else { Incoming::Raster(Layout::Rgba) };
    let lossy = picture + rows_bytes(size, whole, coding) + alpha;
    Encoding {
        rows_bytes: Some(rows_bytes(size, incoming, coding).saturating_add(alpha)),
        peak_bytes: if input.may_be_graphic {
            // The picture waits for its turn, then the lossy file.
            (lossy + picture).max(lossless_bytes(input, coding, most) + most)
        } else {
            lossy
        },
        file_bytes: most,
        likely_file_bytes: (likely < most).then_some(likely),
    }
}

/// How rows come to the lossy encoder.
fn incoming(input: &Input) -> Incoming {
    match input.planes {
        None => Incoming::Raster(input.layout),
        Some(_) if input.converts_color => Incoming::Raster(Layout::Rgb),
        Some(subsampling) => Incoming::Planes(subsampling),
    }
}

/// What coding rows with loss holds, the frame included: on one thread, and what further threads add.
fn rows_bytes(size: Size, incoming: Incoming, coding: &Coding) -> u64 {
    let (quality, is_sharp) = (coding.quality, coding.full_chroma);
    encoder::heap_bytes(size, incoming, quality, is_sharp)
        .saturating_add(encoder::thread_bytes(size, incoming, quality, coding.threads, is_sharp))
        .saturating_add(FrameCapacity::new(size, quality, coding.max_bytes).bytes())
}

/// What the alpha beside a lossy picture holds: all of it, what coding it takes, the file, which is made in the same
/// buffer, and two rows in work.
fn alpha_bytes(size: Size, coding: &Coding) -> u64 {
    let Coding { quality, effort, alpha_quality, .. } = *coding;
    let colour = encoder::heap_bytes(size, Incoming::Raster(Layout::GrayAlpha), quality, false);
    alpha::heap_bytes(size, most_frame_bytes(size, coding), colour, alpha_quality, effort)
        + 8 * u64::from(size.width)
}

/// The most bytes that a frame has whose file is not refused.
pub fn most_frame_bytes(size: Size, coding: &Coding) -> u64 {
    encoder::most_bytes(size, coding.quality).min(coding.max_bytes)
}

/// The picture, and what coding it without loss in a file of at most `most` bytes takes.
fn lossless_bytes(input: &Input, coding: &Coding, most: u64) -> u64 {
    let pixels = input.size.pixels();
    let held = vp8l::image::heap_bytes(input.size, u64::from(input.channels), coding.effort, most);
    // Interleaved samples are made while the picture as it came is there.
    (input.raster_bytes * pixels + held).max((input.raster_bytes + input.pixel_bytes()) * pixels)
}
