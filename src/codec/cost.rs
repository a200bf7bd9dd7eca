//! The peak memory of a conversion, stated from the source's header before it starts.
//!
//! A statement is never less than what the conversion takes: a test counts every allocation for each format, size
//! and target. It may be more; the sums below take the worst case of each step, and the largest step counts.

use super::{Coding, Format, Probe};
use crate::pixel::{Size, Subsampling};

/// What small things take: tables, headers, rows in work, and an ICC profile being read.
const OVERHEAD: u64 = 2 << 20;

/// What an AV1 picture is padded by on each axis, in pixels, and what a coder of any size takes.
const AV1_PADDING: u64 = 192;
const AV1_OVERHEAD: u64 = 2 << 20;

/// What is done to a picture between decoding and encoding, as far as memory is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// The size of the result.
    pub output: Size,
    /// What the resizer holds beside the picture and the result; 0 where nothing is scaled or cropped.
    pub scaler_bytes: u64,
    /// Pixels may be converted to sRGB.
    pub converts_color: bool,
    /// The picture may turn out to be a graphic: full chroma, and two files made of which the smaller is taken.
    pub may_be_graphic: bool,
}

/// The most bytes that a conversion holds at once, the source file of `input_bytes` included.
#[must_use]
pub fn peak_bytes(probe: &Probe, input_bytes: u64, coding: &Coding, work: &Work) -> u64 {
    let source = probe.size.pixels();
    let output = work.output.pixels();
    let decoding = source.saturating_mul(decoder_bytes(probe));
    // Cropping, scaling and turning hold what goes in and what comes out.
    let decoded = source.saturating_mul(decoded_bytes(probe));
    let steps = decoded.saturating_add(output.saturating_mul(4)).saturating_add(work.scaler_bytes);
    let color = if work.converts_color { output.saturating_mul(8) } else { 0 };
    let encoding = encoder_bytes(coding, work, probe.format == Format::Jpeg && !work.converts_color);
    decoding.max(steps).max(color).max(encoding).saturating_add(input_bytes).saturating_add(OVERHEAD)
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
        // Planes; for several scans also 16-bit coefficients, twice while a scan is read.
        Format::Jpeg if probe.progressive => 5 * decoded_bytes(probe) + 1,
        Format::Jpeg => decoded_bytes(probe),
        // A lossless picture's 4, its copy, and a lossy one's planes.
        Format::WebP => 12,
        // Raw samples of up to 64 bits, then 8-bit ones.
        _ => 8 + u64::from(probe.depth.div_ceil(8)) * 4,
    }
}

/// Bytes at the peak of encoding, the picture included. A photo comes as a JPEG's planes.
fn encoder_bytes(coding: &Coding, work: &Work, is_photo: bool) -> u64 {
    let pixels = work.output.pixels();
    match coding.format {
        Format::Avif => {
            let Size { width, height } = work.output;
            let padded = (u64::from(width) + AV1_PADDING) * (u64::from(height) + AV1_PADDING);
            let per_pixel = if coding.full_chroma || work.may_be_graphic { 40 } else { 28 };
            padded.saturating_mul(per_pixel).saturating_add(AV1_OVERHEAD)
        }
        Format::WebP if coding.lossless || work.may_be_graphic => pixels.saturating_mul(20),
        // The planes, the macroblocks packed, and the file; the last two grow, so they may be held twice.
        Format::WebP if is_photo => pixels.saturating_mul(6),
        Format::WebP | Format::Png => pixels.saturating_mul(16),
        _ => pixels.saturating_mul(14),
    }
}
