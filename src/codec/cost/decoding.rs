//! What decoding a picture holds.

use super::{Buffering, Pipeline, channels};
use crate::{
    codec::{Format, Probe, bmp, jpeg, rows, webp},
    pixel::{Orientation, Size, Subsampling},
};

/// What a JPEG or WebP decoder by rows takes for its tables and metadata, a PNG decoder for a window and metadata.
const ROWS_OVERHEAD: u64 = 236 << 10;
const WEBP_OVERHEAD: u64 = 160 << 10;
const PNG_OVERHEAD: u64 = 360 << 10;

/// Bytes that a decoder holds which gives a picture by rows: rows in work, of a JPEG of several scans its
/// coefficients, and of one whose units come in another order where each begins.
pub(super) fn rows_bytes(probe: &Probe, scale_num: u32, buffering: Buffering) -> u64 {
    let is_turned = buffering == Buffering::Streamed;
    let width = u64::from(if is_turned { probe.oriented_size().width } else { probe.size.width });
    // A line of units, both of its sides scaled.
    let scaled = |rows: u64| (rows * u64::from(scale_num * scale_num)).div_ceil(64);
    match probe.format {
        Format::Jpeg if probe.progressive => {
            // Units of any number of blocks: those of all components may be four blocks high.
            coefficient_bytes(probe, scale_num) + (scaled(128) + 16) * width + ROWS_OVERHEAD
        }
        Format::Jpeg => {
            let index = if is_turned { index_bytes(probe) } else { 0 };
            let is_plain = probe.subsampling.is_some() && probe.orientation == Orientation::Upright;
            (if is_plain { scaled(32) + 8 } else { scaled(64) + 16 }) * width + index + ROWS_OVERHEAD
        }
        Format::Bmp => bmp::peak_bytes(probe.size.width),
        Format::Tiff => probe.demands.part_bytes,
        Format::WebP => {
            // Where more than rows is held small things are counted beside it.
            let overhead = if buffering == Buffering::Streamed { WEBP_OVERHEAD } else { 0 };
            webp::held_bytes(probe.size.width) + overhead
        }
        // Two rows of up to four samples of 16 bits, as they come and as they go.
        _ => 40 * width + PNG_OVERHEAD,
    }
}

/// Bytes that further threads hold which decode a JPEG's rows ahead; 0 where there are none.
#[must_use]
pub fn further_rows_bytes(probe: &Probe, pipeline: &Pipeline, threads: usize) -> u64 {
    let orientation =
        if pipeline.buffering == Buffering::Streamed { probe.orientation } else { Orientation::Upright };
    match (probe.format, pipeline.buffering) {
        (Format::Jpeg, Buffering::Streamed | Buffering::Gathered) => {
            jpeg::further_bytes(probe, pipeline.scale_num, orientation, threads)
        }
        _ => 0,
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
fn coefficient_bytes(probe: &Probe, scale_num: u32) -> u64 {
    let Size { width, height } = probe.size;
    // Rows and columns of blocks are filled up to units of at most four.
    let blocks = |length: u32, factor: u32| u64::from((length.div_ceil(8) + 3).div_ceil(factor));
    let groups = |across: u32, down: u32| blocks(width, across).div_ceil(16) * blocks(height, down);
    let groups = match probe.subsampling.map(Subsampling::factors) {
        Some((across, down)) => groups(1, 1) + 2 * groups(across, down),
        None if probe.color => 4 * groups(1, 1),
        None => groups(1, 1),
    };
    let kept = u64::from(scale_num * scale_num);
    groups * 16 * (2 * kept + if scale_num > 1 { 8 } else { 0 })
}

/// Bytes a pixel of a decoded picture.
pub(super) fn decoded_bytes(probe: &Probe) -> u64 {
    match (probe.format, probe.subsampling) {
        (Format::Jpeg, Some(Subsampling::Yuv444)) => 3,
        (Format::Jpeg, Some(_)) => 2,
        (Format::Jpeg, None) if !probe.color => 1,
        (Format::Png | Format::WebP, _) => u64::from(channels(probe)),
        // Inks with alpha.
        (Format::Tiff, _) => 4 + u64::from(probe.alpha),
        _ => 4,
    }
}

/// True for a lossy WebP that our own decoder reads.
pub(super) fn is_opaque_frame(probe: &Probe) -> bool {
    probe.format == Format::WebP && rows::come_from(probe)
}

/// The same of the result, whose chroma may take the full size.
pub(super) fn result_bytes(probe: &Probe, pipeline: &Pipeline) -> u64 {
    match (probe.format, probe.subsampling) {
        (Format::Jpeg, Some(_)) if has_full_chroma(probe, pipeline.output) => 3,
        _ => decoded_bytes(probe),
    }
}

/// True if chroma may take the full size: that of a picture which is scaled to an odd one, or which turning moves. Told as
/// of one whose chroma is halved both ways: of others that is more than is needed.
pub(crate) fn has_full_chroma(probe: &Probe, output: Size) -> bool {
    let is_odd = Subsampling::Yuv420.scaled_to(output) == Subsampling::Yuv444;
    is_odd && (output != probe.oriented_size() || moves_chroma(probe))
}

/// True if turning the picture at its own size moves its chroma.
pub(crate) fn moves_chroma(probe: &Probe) -> bool {
    probe.format == Format::Jpeg
        && probe.subsampling.is_some_and(|own| own.moved(probe.size, probe.orientation).is_some())
}

/// Bytes a pixel at the peak of decoding.
pub(super) fn decoder_bytes(probe: &Probe) -> u64 {
    match probe.format {
        // Up to four planes and the RGB or inks that are made of them, or planes alone.
        Format::Jpeg if probe.color && probe.subsampling.is_none() => 8,
        Format::Jpeg => decoded_bytes(probe),
        // Planes of whole macroblocks, RGB and a copy of the coded frame, and the alpha's lossless picture; of a
        // lossless one a copy and its groups.
        Format::WebP if is_opaque_frame(probe) => 3,
        Format::WebP if probe.subsampling.is_some() => {
            if probe.alpha {
                12
            } else {
                8
            }
        }
        Format::WebP => 10,
        // An interlaced picture of 16 bits is held as it is before it is rounded.
        Format::Png => {
            let samples = if probe.progressive && probe.depth == 16 { 3 } else { 1 };
            samples * decoded_bytes(probe)
        }
        // The canvas, and the frame's indices.
        Format::Gif => 5,
        Format::Tiff | Format::Bmp => decoded_bytes(probe),
        // A PNG inside, or a bitmap.
        _ => 8 + u64::from(probe.depth.div_ceil(8)) * 4,
    }
}
