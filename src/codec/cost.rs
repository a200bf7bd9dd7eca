//! The peak memory of a conversion, stated from the source's header before it starts.
//!
//! A statement is never less than what the conversion takes: a test counts every allocation for each format, size
//! and target. It may be more; the sums below take the worst case of each step, and the largest step counts.

use super::{Coding, Format, Probe, avif_memory, bmp};
use crate::pixel::{Size, Subsampling};

/// What small things take: tables, headers, rows in work, and an ICC profile being read.
const OVERHEAD: u64 = 2 << 20;

/// What a JPEG decoder by rows takes for its tables and metadata, a PNG decoder for a window and metadata, the lossy
/// WebP encoder for its tables.
const ROWS_OVERHEAD: u64 = 272 << 10;
const PNG_OVERHEAD: u64 = 256 << 10;
const WRITER_OVERHEAD: u64 = 160 << 10;

/// The most threads that the encoder has work for beside the first, and what each takes for its tables.
const MOST_THREADS: usize = 7;
const THREAD_OVERHEAD: u64 = 16 << 10;

/// How much of a picture is held at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// All of the source.
    Whole,
    /// The source comes by rows, which are scaled; all of the result is held.
    Gathered,
    /// Rows go from the source's file into that of the result, a lossy WebP.
    Streamed,
}

/// What is done to a picture between decoding and encoding, as far as memory is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// The size of the result.
    pub output: Size,
    /// How much is held.
    pub flow: Flow,
    /// The scale at which rows are decoded, in eighths.
    pub eighths: u32,
    /// What scaling, cropping and the conversion of rows hold beside the picture and the result.
    pub steps_bytes: u64,
    /// Pixels may be converted to sRGB.
    pub converts_color: bool,
    /// The picture may turn out to be a graphic: full chroma, and two files made of which the smaller is taken.
    pub may_be_graphic: bool,
}

/// The most bytes that a conversion holds at once, the source file of `input_bytes` included.
#[must_use]
pub fn peak_bytes(probe: &Probe, input_bytes: u64, coding: &Coding, work: &Work) -> u64 {
    let output = work.output.pixels();
    let rows = rows_bytes(probe, work.eighths, work.flow).saturating_add(work.steps_bytes);
    let decoding = match work.flow {
        Flow::Streamed => {
            let profile = if work.converts_color { OVERHEAD } else { 0 };
            return rows
                .saturating_add(writer_bytes(work.output, coding))
                .saturating_add(raster_rows_bytes(probe, work.output))
                .saturating_add(profile)
                .saturating_add(input_bytes);
        }
        Flow::Gathered => rows.saturating_add(output.saturating_mul(decoded_bytes(probe))),
        Flow::Whole => {
            let source = probe.size.pixels();
            let decoded = source.saturating_mul(decoded_bytes(probe));
            let scaling = decoded.saturating_add(output.saturating_mul(4)).saturating_add(work.steps_bytes);
            let reading = if probe.format == Format::Jpeg { rows_bytes(probe, 8, work.flow) } else { 0 };
            source.saturating_mul(decoder_bytes(probe)).saturating_add(reading).max(scaling)
        }
    };
    // Turning holds what goes in and what comes out.
    let turning = output.saturating_mul(2 * decoded_bytes(probe));
    let color = if work.converts_color { output.saturating_mul(8) } else { 0 };
    let is_photo = probe.format == Format::Jpeg && !work.converts_color;
    let encoding = encoder_bytes(coding, work, is_photo, probe.alpha);
    decoding.max(turning).max(color).max(encoding).saturating_add(input_bytes).saturating_add(OVERHEAD)
}

/// Bytes that a decoder holds which gives a picture by rows: rows in work, of a JPEG of several scans its
/// coefficients, and of one whose units come in another order where each begins.
fn rows_bytes(probe: &Probe, eighths: u32, flow: Flow) -> u64 {
    let is_turned = flow == Flow::Streamed;
    let width = u64::from(if is_turned { probe.oriented_size().width } else { probe.size.width });
    match probe.format {
        Format::Jpeg if probe.progressive => coefficient_bytes(probe, eighths) + 80 * width + ROWS_OVERHEAD,
        Format::Jpeg => {
            let index = if is_turned { index_bytes(probe) } else { 0 };
            80 * width + index + ROWS_OVERHEAD
        }
        Format::Bmp => bmp::peak_bytes(probe.size.width),
        // Two rows of up to four samples of 16 bits, as they come and as they go.
        _ => 40 * width + PNG_OVERHEAD,
    }
}

/// Bytes of the index of a JPEG's units, 12 for each; for each row of them where only these change their order.
fn index_bytes(probe: &Probe) -> u64 {
    let Size { width, height } = probe.size;
    let (across, down) = probe.subsampling.map_or((1, 1), Subsampling::factors);
    let (across, down) = (u64::from(width.div_ceil(8 * across)), u64::from(height.div_ceil(8 * down)));
    let is_transposing = probe.orientation.is_transposing();
    if is_transposing {
        12 * across * down
    } else if probe.orientation.flips().1 {
        12 * down
    } else {
        0
    }
}

/// Bytes of a JPEG's coefficients, in groups of 16 blocks: of each block those that the scale needs, of 16 bits, and
/// a bit for all 64 where more than the means are needed.
fn coefficient_bytes(probe: &Probe, eighths: u32) -> u64 {
    let Size { width, height } = probe.size;
    // Rows and columns of blocks are filled up to units of at most four, or of three.
    let blocks = |length: u32, factor: u32| u64::from(length.div_ceil(8 * factor).next_multiple_of(12));
    let groups = |across: u32, down: u32| blocks(width, across).div_ceil(16) * blocks(height, down);
    let groups = match probe.subsampling.map(Subsampling::factors) {
        Some((across, down)) => groups(1, 1) + 2 * groups(across, down),
        None if probe.color => 4 * groups(1, 1),
        None => groups(1, 1),
    };
    let kept = u64::from(eighths * eighths);
    groups * 16 * (2 * kept + if eighths > 1 { 8 } else { 0 })
}

/// Bytes that the lossy WebP encoder holds, beside the rows that it is given: those of its row of macroblocks, and
/// the coded picture.
///
/// How long that gets is not known before, so this is what noise takes, which nothing that is a picture comes near.
fn writer_bytes(size: Size, coding: &Coding) -> u64 {
    let quality = u64::from(coding.quality);
    // In 1/64 bytes a pixel.
    let coded = 40 + quality * 3 / 2 + quality.saturating_sub(80) * 6;
    let pixels = u64::from(size.width.next_multiple_of(16)) * u64::from(size.height.next_multiple_of(16));
    (pixels.saturating_mul(coded) >> 6) + 180 * u64::from(size.width) + WRITER_OVERHEAD
}

/// What the threads beyond the first take: each works on a row of macroblocks of its own.
#[must_use]
pub fn threads_bytes(output: Size, coding: &Coding) -> u64 {
    let is_lossy_webp = coding.format == Format::WebP && !coding.lossless;
    let more = coding.threads.saturating_sub(1).min(MOST_THREADS) as u64;
    if is_lossy_webp { more * (THREAD_OVERHEAD + 32 * u64::from(output.width)) } else { 0 }
}

/// Bytes that the writer of a lossy WebP holds for interleaved rows where planes would take less: eight strips of a
/// macroblock's height, and two rows in work. Where there may be alpha, all of it, and while it is coded a copy of four
/// bytes a pixel and up to three times what it comes to, as that grows.
fn raster_rows_bytes(probe: &Probe, output: Size) -> u64 {
    if probe.format == Format::Jpeg {
        return 0;
    }
    let alpha = if probe.alpha { output.pixels().saturating_mul(8) } else { 0 };
    let channels = if probe.color { 3 } else { 1 } + u64::from(probe.alpha);
    alpha.saturating_add(channels * u64::from(output.width) * (8 * 16 + 2))
}

/// Bytes a pixel of a decoded picture.
fn decoded_bytes(probe: &Probe) -> u64 {
    match (probe.format, probe.subsampling) {
        (Format::Jpeg, Some(Subsampling::Yuv420)) => 2,
        (Format::Jpeg, Some(_)) => 3,
        _ => 4,
    }
}

/// Bytes a pixel at the peak of decoding.
fn decoder_bytes(probe: &Probe) -> u64 {
    match probe.format {
        // Up to four planes and the RGB that is made of them, or planes alone.
        Format::Jpeg if probe.color && probe.subsampling.is_none() => 7,
        Format::Jpeg => decoded_bytes(probe),
        // RGB, the planes that it is made of, and a copy of the coded frame.
        Format::WebP if probe.subsampling.is_some() && !probe.alpha => 8,
        // A lossless picture's 4 and its copy, or a lossy one's planes and its alpha, which is coded as if it were one.
        Format::WebP => 12,
        // Raw samples of up to 64 bits, then 8-bit ones.
        _ => 8 + u64::from(probe.depth.div_ceil(8)) * 4,
    }
}

/// Bytes at the peak of encoding, the picture included. A photo comes as a JPEG's planes.
fn encoder_bytes(coding: &Coding, work: &Work, is_photo: bool, has_alpha: bool) -> u64 {
    let pixels = work.output.pixels();
    match coding.format {
        Format::Avif => avif_memory::peak_bytes(work.output, coding, work.may_be_graphic, has_alpha),
        Format::WebP if coding.lossless || work.may_be_graphic => pixels.saturating_mul(20),
        // The planes, the macroblocks packed, and the file; the last two grow, so they may be held twice.
        Format::WebP if is_photo => pixels.saturating_mul(6),
        Format::WebP | Format::Png => pixels.saturating_mul(16),
        _ => pixels.saturating_mul(14),
    }
}
