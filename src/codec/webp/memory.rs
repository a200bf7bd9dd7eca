//! What decoding a WebP takes, told from its probe, and what encoding one does.

use super::{
    alpha, frame,
    vp8::encoder::{self, Incoming},
    vp8l,
};
use crate::{
    codec::{
        Coding, Probe,
        cost::{Buffering, Decoding, Encoding, Input, channels},
    },
    pixel::{Layout, Size},
};

/// What a decoder by rows takes for its tables and metadata.
const OVERHEAD: u64 = 160 << 10;

/// States what decoding takes.
pub fn decoding(probe: &Probe, _scale_num: u32, buffering: Buffering) -> Decoding {
    // Where more than rows is held small things are counted beside it.
    let overhead = if buffering == Buffering::Streamed { OVERHEAD } else { 0 };
    let pixel_bytes = u64::from(channels(probe));
    Decoding {
        rows_bytes: frame::heap_bytes(probe.size, probe.subsampling.is_none(), probe.alpha)
            .saturating_add(overhead),
        pixel_bytes,
        peak_pixel_bytes: pixel_bytes,
        channels: channels(probe),
        metadata_copies: 1,
    }
}

/// A picture of no more pixels is held while it is coded without loss: the rows of a larger one come several times.
pub const HELD_PIXELS: u64 = 1 << 21;

/// Bytes a pixel that no lossless file passes.
const MOST_LOSSLESS: u64 = 5;

/// The most bytes that reading a frame of an animation holds: what decoding by rows does, and a row as RGBA.
pub fn frame_reader_bytes(canvas: Size) -> u64 {
    let [lossless, lossy] = [true, false].map(|lossless| frame::heap_bytes(canvas, lossless, true));
    lossless.max(lossy).saturating_add(4 * u64::from(canvas.width))
}

/// States what encoding takes.
pub fn encoding(input: &Input, coding: &Coding) -> Encoding {
    let (size, pixels) = (input.size, input.size.pixels());
    if coding.lossless {
        let file_bytes = pixels.saturating_mul(MOST_LOSSLESS).min(coding.max_bytes);
        let peak_bytes = lossless_bytes(input, coding, coding.max_bytes);
        let channels = u64::from(input.channels);
        let rows = vp8l::image::rows_heap_bytes(size, channels, coding.effort, coding.max_bytes);
        // Of photos half of all bits are left.
        let likely = pixels.saturating_mul(channels) / 8 * 5;
        return Encoding {
            rows_bytes: Some(rows),
            peak_bytes,
            file_bytes,
            likely_file_bytes: (pixels > HELD_PIXELS && likely < coding.max_bytes).then_some(likely),
        };
    }
    let most = most_frame_bytes(size, coding);
    let likely = encoder::likely_bytes(size, coding.quality);
    let alpha = if input.layout.has_alpha() { alpha_bytes(size, coding) } else { 0 };
    let picture = pixels * input.pixel_bytes();
    let incoming = incoming(input);
    let whole = match input.channels {
        _ if input.planes.is_some() => incoming,
        1 => Incoming::Raster(Layout::Gray),
        _ => Incoming::Raster(Layout::Rgba),
    };
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
        .saturating_add(encoder::frame_bytes(size, quality, coding.max_bytes))
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

/// The most bytes that a frame of an animation holds while it is coded, its own code included: without loss, and with.
pub fn coded_frame_bytes(canvas: Size, coding: &Coding) -> [u64; 2] {
    let lossless = vp8l::image::heap_bytes(canvas, 4, coding.effort, coding.max_bytes);
    let lossy = rows_bytes(canvas, Incoming::Raster(Layout::Rgba), coding) + alpha_bytes(canvas, coding);
    // The area that has changed, or a row of it.
    [lossless + 4 * canvas.pixels(), lossy + 8 * u64::from(canvas.width)]
}
