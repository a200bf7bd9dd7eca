//! What decoding a PNG takes, told from its probe, and what encoding one does.

use crate::{
    codec::{
        Coding, Probe,
        cost::{Buffering, Decoding, Encoding, Input, SMALL_FILE, channels},
        file_buffer,
    },
    pixel::Size,
};

/// A window, and tables.
const OVERHEAD: u64 = 360 << 10;

/// The memory of deflate and of a chunk, beyond what is counted for small things anyway. Four rows come on top.
const DEFLATE: u64 = 256 << 10;

/// What an encoder of rows takes besides.
const ROWS_OVERHEAD: u64 = 192 << 10;

/// Headers and a palette.
const HEADERS: u64 = 2 << 10;

/// The most bytes that reading frames holds: rows as they come, or all of an interlaced frame.
pub fn frame_reader_bytes(probe: &Probe) -> u64 {
    let row = u64::from(probe.size.width) * 48;
    let sample = if probe.depth == 16 { 2 } else { 1 };
    let frame = if probe.progressive { sample * u64::from(channels(probe)) * probe.size.pixels() } else { 0 };
    row + frame + OVERHEAD
}

/// A file of so many bytes, were it noise, is likely to be a quarter shorter.
const LARGE: u64 = 3 << 20;

/// States what decoding takes.
pub fn decoding(probe: &Probe, _scale_num: u32, buffering: Buffering) -> Decoding {
    let pixel_bytes = u64::from(channels(probe));
    // An interlaced picture of 16 bits is held as it is before it is rounded.
    let is_wide = probe.progressive && probe.depth == 16;
    // By rows it is held as it is stored.
    let stored = if buffering == Buffering::Whole { 0 } else { probe.demands.part_bytes };
    Decoding {
        // Two rows of up to four samples of 16 bits, as they come and as they go.
        rows_bytes: (40 * u64::from(probe.size.width) + OVERHEAD).saturating_add(stored),
        pixel_bytes,
        peak_pixel_bytes: if is_wide { 3 * pixel_bytes } else { pixel_bytes },
        channels: channels(probe),
        // The `png` crate reads into a buffer that doubles.
        metadata_copies: 4,
    }
}

/// States what encoding takes.
pub fn encoding(input: &Input, coding: &Coding) -> Encoding {
    let (size, pixels) = (input.size, input.size.pixels());
    let noise = most_bytes(size, input.channels);
    let rows = 5 * u64::from(size.width) * u64::from(input.channels);
    let held = file_buffer::peak_bytes(noise, coding.max_bytes).saturating_add(rows + DEFLATE);
    let [raster, planes] = [input.raster_bytes, input.planes_bytes].map(|bytes| pixels.saturating_mul(bytes));
    // Pictures of that size are no noise.
    let likely = if noise > LARGE { noise / 4 * 3 } else { noise.max(SMALL_FILE) };
    Encoding {
        rows_bytes: Some(held.saturating_add(ROWS_OVERHEAD)),
        // A JPEG's planes are there while they become interleaved samples.
        peak_bytes: raster.saturating_add(held.max(planes)),
        file_bytes: noise.min(coding.max_bytes),
        likely_file_bytes: (likely < coding.max_bytes).then_some(likely),
    }
}

/// The most bytes of a picture of `channels` samples a pixel: stored as it is, with a filter byte before each row.
pub fn most_bytes(size: Size, channels: u32) -> u64 {
    let row = u64::from(size.width) * u64::from(channels) + 1;
    let rows = row.saturating_mul(size.height.into());
    rows.saturating_add(rows / 1024 + HEADERS)
}
