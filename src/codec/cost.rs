//! The peak memory of a conversion, stated from the source's header before it starts.
//!
//! A statement is never less than what the conversion takes, which a test holds for every format and target by
//! counting allocations. It may be more: the sums below take the worst case of each step.

use super::{Coding, Format, Probe};
use crate::pixel::{Size, Subsampling};

/// What small things take: tables, headers, stacks of the codecs.
const OVERHEAD: u64 = 2 << 20;

/// What is done to a picture between decoding and encoding, as far as memory is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// The size of the result.
    pub output: Size,
    /// The result has another size than the source.
    pub resizes: bool,
    /// Pixels may be converted to sRGB.
    pub converts_color: bool,
    /// Both a lossy and a lossless result may be made, the smaller is taken.
    pub tries_both: bool,
}

/// The most bytes that a conversion holds at once, the source file of `input_bytes` included.
#[must_use]
pub fn peak_bytes(probe: &Probe, input_bytes: u64, coding: &Coding, work: &Work) -> u64 {
    let source = probe.size.pixels();
    let output = work.output.pixels();
    let decoded = source.saturating_mul(decoded_bytes(probe));
    let decoding = source.saturating_mul(decoder_bytes(probe));
    // Turning and resizing hold what goes in and what comes out, and the resizer rows between the two.
    let between = if work.resizes {
        let rows = u64::from(probe.size.height.max(work.output.height))
            * u64::from(probe.size.width.max(work.output.width));
        output.saturating_mul(4).saturating_add(rows.saturating_mul(4))
    } else {
        output.saturating_mul(4)
    };
    let steps = decoded.saturating_add(between);
    let color = if work.converts_color { output.saturating_mul(8) } else { 0 };
    let encoding = output.saturating_mul(encoder_bytes(coding, work));
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
        Format::Jpeg if probe.progressive => 13,
        Format::Jpeg => 7,
        // A lossless WebP's 4, its copy, and a lossy one's planes.
        Format::WebP => 12,
        // Raw samples of up to 64 bits, then 8-bit ones.
        _ => 8 + u64::from(probe.depth.div_ceil(8)) * 4,
    }
}

/// Bytes a pixel at the peak of encoding, the picture included.
fn encoder_bytes(coding: &Coding, work: &Work) -> u64 {
    match coding.format {
        Format::Avif => 48,
        Format::WebP if coding.lossless || work.tries_both => 20,
        Format::WebP => 16,
        Format::Png => 16,
        _ => 14,
    }
}
