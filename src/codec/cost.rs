//! The peak memory of a conversion, stated from the source's header before it starts.
//!
//! A statement is never less than what the conversion takes: a test counts every allocation for each format, size
//! and target. It may be more; the sums below take the worst case of each step, and the largest step counts.

use super::{
    Coding, Format, Probe, avif_memory, bmp, jpeg, rows,
    webp::{self, Incoming},
};
use crate::pixel::{Layout, Orientation, Size, Subsampling};

/// What small things take: tables, headers, rows in work; and the same with an ICC profile that is read.
const SMALL: u64 = 192 << 10;
const OVERHEAD: u64 = 2 << 20;

/// What a JPEG or WebP decoder by rows takes for its tables and metadata, a PNG decoder for a window and metadata.
const ROWS_OVERHEAD: u64 = 236 << 10;
const WEBP_OVERHEAD: u64 = 160 << 10;
const PNG_OVERHEAD: u64 = 360 << 10;

/// Pixels up to which memory is reckoned; more than that never fits.
const MOST_PIXELS: u64 = 1 << 48;

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
    // Sums of what no machine has could pass 64 bits.
    if probe.size.pixels().max(output) > MOST_PIXELS {
        return u64::MAX;
    }
    let rows = rows_bytes(probe, work.eighths, work.flow)
        .saturating_add(work.steps_bytes)
        .saturating_add(further_rows_bytes(probe, work, coding.threads));
    let decoding = match work.flow {
        Flow::Streamed => {
            let profile = if work.converts_color { OVERHEAD } else { 0 };
            return rows
                .saturating_add(writer_bytes(work.output, incoming(probe, work), coding))
                .saturating_add(alpha_bytes(probe, work.output, coding))
                .saturating_add(profile)
                .saturating_add(input_bytes);
        }
        Flow::Gathered => rows.saturating_add(output.saturating_mul(result_bytes(probe, work))),
        Flow::Whole => {
            let source = probe.size.pixels();
            let decoded = source.saturating_mul(decoded_bytes(probe));
            let scaling = decoded.saturating_add(output.saturating_mul(4)).saturating_add(work.steps_bytes);
            let is_read_by_rows = probe.format == Format::Jpeg || is_opaque_frame(probe);
            let reading = if is_read_by_rows { rows_bytes(probe, 8, work.flow) } else { 0 };
            source.saturating_mul(decoder_bytes(probe)).saturating_add(reading).max(scaling)
        }
    };
    // Turning holds what goes in and what comes out.
    let is_turned = probe.orientation != Orientation::Upright;
    let turning = if is_turned { output.saturating_mul(2 * result_bytes(probe, work)) } else { 0 };
    let color = if work.converts_color { output.saturating_mul(8) } else { 0 };
    let encoding = encoder_bytes(probe, coding, work);
    let overhead = if work.converts_color { OVERHEAD } else { SMALL };
    decoding.max(turning).max(color).max(encoding).saturating_add(input_bytes).saturating_add(overhead)
}

/// Bytes that a decoder holds which gives a picture by rows: rows in work, of a JPEG of several scans its
/// coefficients, and of one whose units come in another order where each begins.
fn rows_bytes(probe: &Probe, eighths: u32, flow: Flow) -> u64 {
    let is_turned = flow == Flow::Streamed;
    let width = u64::from(if is_turned { probe.oriented_size().width } else { probe.size.width });
    // A line of units, both of its sides scaled.
    let scaled = |rows: u64| (rows * u64::from(eighths * eighths)).div_ceil(64);
    match probe.format {
        Format::Jpeg if probe.progressive => {
            coefficient_bytes(probe, eighths) + (scaled(64) + 16) * width + ROWS_OVERHEAD
        }
        Format::Jpeg => {
            let index = if is_turned { index_bytes(probe) } else { 0 };
            let is_plain = probe.subsampling.is_some() && probe.orientation == Orientation::Upright;
            (if is_plain { scaled(32) + 8 } else { scaled(64) + 16 }) * width + index + ROWS_OVERHEAD
        }
        Format::Bmp => bmp::peak_bytes(probe.size.width),
        Format::WebP => {
            // Where more than rows is held small things are counted beside it.
            let overhead = if flow == Flow::Streamed { WEBP_OVERHEAD } else { 0 };
            webp::held_bytes(probe.size.width) + overhead
        }
        // Two rows of up to four samples of 16 bits, as they come and as they go.
        _ => 40 * width + PNG_OVERHEAD,
    }
}

/// Bytes that further threads hold which decode a JPEG's rows ahead; 0 where there are none.
#[must_use]
pub fn further_rows_bytes(probe: &Probe, work: &Work, threads: usize) -> u64 {
    let orientation = if work.flow == Flow::Streamed { probe.orientation } else { Orientation::Upright };
    match (probe.format, work.flow) {
        (Format::Jpeg, Flow::Streamed | Flow::Gathered) => {
            jpeg::further_bytes(probe, work.eighths, orientation, threads)
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
fn coefficient_bytes(probe: &Probe, eighths: u32) -> u64 {
    let Size { width, height } = probe.size;
    // Rows and columns of blocks are filled up to units of at most four.
    let blocks = |length: u32, factor: u32| u64::from((length.div_ceil(8) + 3).div_ceil(factor));
    let groups = |across: u32, down: u32| blocks(width, across).div_ceil(16) * blocks(height, down);
    let groups = match probe.subsampling.map(Subsampling::factors) {
        Some((across, down)) => groups(1, 1) + 2 * groups(across, down),
        None if probe.color => 4 * groups(1, 1),
        None => groups(1, 1),
    };
    let kept = u64::from(eighths * eighths);
    groups * 16 * (2 * kept + if eighths > 1 { 8 } else { 0 })
}

/// Bytes that the lossy WebP encoder holds, the file included, beside the rows that it is given.
fn writer_bytes(size: Size, incoming: Incoming, coding: &Coding) -> u64 {
    webp::rows_bytes(size, incoming, coding).into_iter().fold(0, u64::saturating_add)
}

/// The most bytes that the file may have.
#[must_use]
pub fn file_bytes(size: Size, coding: &Coding) -> u64 {
    let most = match coding.format {
        Format::WebP if !coding.lossless => webp::frame_bytes(size, coding)[0],
        _ => size.pixels().saturating_mul(5),
    };
    most.min(coding.max_bytes)
}

/// The most bytes of the files of pictures, where noise has much more: the memory that is taken for a file depends on
/// what it is allowed to have. `None` where nothing is gained.
#[must_use]
pub fn likely_file_bytes(size: Size, coding: &Coding) -> Option<u64> {
    match coding.format {
        Format::WebP if !coding.lossless => {
            let [most, likely] = webp::frame_bytes(size, coding);
            (likely < most.min(coding.max_bytes)).then_some(likely)
        }
        _ => None,
    }
}

/// How rows come to the encoder.
fn incoming(probe: &Probe, work: &Work) -> Incoming {
    match probe.subsampling.filter(|_| probe.format == Format::Jpeg) {
        None => Incoming::Raster(match (probe.color, probe.alpha) {
            (false, false) => Layout::Gray,
            (false, true) => Layout::GrayAlpha,
            (true, false) => Layout::Rgb,
            (true, true) => Layout::Rgba,
        }),
        Some(_) if work.converts_color => Incoming::Raster(Layout::Rgb),
        // Scaled to an odd size chroma takes the full one.
        Some(_) if work.output != probe.oriented_size() && is_odd(work.output) => {
            Incoming::Planes(Subsampling::Yuv444)
        }
        Some(subsampling) => Incoming::Planes(subsampling.turned(probe.orientation)),
    }
}

/// Alpha beside a lossy picture, where there may be some: all of it, and what coding it takes. Two rows are in work.
fn alpha_bytes(probe: &Probe, output: Size, coding: &Coding) -> u64 {
    if !probe.alpha || probe.format == Format::Jpeg {
        return 0;
    }
    webp::alpha_bytes(output, coding) + 8 * u64::from(output.width)
}

/// Bytes a pixel of a decoded picture.
fn decoded_bytes(probe: &Probe) -> u64 {
    match (probe.format, probe.subsampling) {
        (Format::Jpeg, Some(Subsampling::Yuv420)) => 2,
        (Format::Jpeg, Some(_)) => 3,
        _ if is_opaque_frame(probe) => 3,
        _ => 4,
    }
}

/// True for a lossy WebP that our own decoder reads.
fn is_opaque_frame(probe: &Probe) -> bool {
    probe.format == Format::WebP && rows::come_from(probe)
}

/// The same of the result: scaled to an odd size chroma takes the full one.
fn result_bytes(probe: &Probe, work: &Work) -> u64 {
    let is_full = is_odd(work.output) && work.output != probe.oriented_size();
    match (probe.format, probe.subsampling) {
        (Format::Jpeg, Some(Subsampling::Yuv420)) if is_full => 3,
        _ => decoded_bytes(probe),
    }
}

const fn is_odd(size: Size) -> bool {
    size.width % 2 == 1 || size.height % 2 == 1
}

/// Bytes a pixel at the peak of decoding.
fn decoder_bytes(probe: &Probe) -> u64 {
    match probe.format {
        // Up to four planes and the RGB that is made of them, or planes alone.
        Format::Jpeg if probe.color && probe.subsampling.is_none() => 7,
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
            if probe.progressive && probe.depth == 16 {
                12
            } else {
                4
            }
        }
        // The canvas, and the frame's indices.
        Format::Gif => 5,
        // Raw samples of up to 64 bits, then 8-bit ones.
        _ => 8 + u64::from(probe.depth.div_ceil(8)) * 4,
    }
}

/// Bytes at the peak of encoding, the picture included. A photo comes as a JPEG's planes.
fn encoder_bytes(probe: &Probe, coding: &Coding, work: &Work) -> u64 {
    let pixels = work.output.pixels();
    match coding.format {
        Format::Avif => avif_memory::peak_bytes(work.output, coding, work.may_be_graphic, probe.alpha),
        Format::WebP if coding.lossless => lossless_bytes(probe, coding, work, coding.max_bytes),
        Format::WebP if work.may_be_graphic => {
            // The picture waits for its turn, then the lossy file.
            let lossy = lossy_bytes(probe, coding, work) + pixels * result_bytes(probe, work);
            let file = file_bytes(work.output, coding);
            lossy.max(lossless_bytes(probe, coding, work, file) + file)
        }
        Format::WebP => lossy_bytes(probe, coding, work),
        // The samples, their palette's indices, the packed samples, which grow, and the file.
        Format::Png => 5 * pixels * channels(probe),
        _ => jpeg_bytes(probe, coding, work),
    }
}

/// What `jpeg-encoder` holds for a progressive file: 10.5 to 12.3 bytes a pixel beside the file, for grey 4.1. The file
/// grows, for which it is held twice; noise of full contrast takes 0.9 bytes a sample at quality 80, 1.3 at 100.
fn jpeg_bytes(probe: &Probe, coding: &Coding, work: &Work) -> u64 {
    let is_full = coding.full_chroma || work.may_be_graphic;
    // In half bytes and half samples a pixel.
    let (held, samples) = match (probe.color, is_full) {
        (false, _) => (9, 2),
        (true, false) => (22, 3),
        (true, true) => (25, 6),
    };
    let quality = u64::from(coding.quality);
    let densest = 34 + quality / 4 + quality.saturating_sub(80) * 3 / 2;
    work.output.pixels() * (64 * held + samples * densest * 3) / 128
}

/// Samples of a pixel as far as the header tells.
const fn channels(probe: &Probe) -> u64 {
    let colors = if probe.color { 3 } else { 1 };
    // A JPEG has no alpha; others may have it where the header has not been read to its end.
    if matches!(probe.format, Format::Jpeg) { colors } else { colors + 1 }
}

/// The picture, what the encoder holds, and its alpha, which is gathered meanwhile.
fn lossy_bytes(probe: &Probe, coding: &Coding, work: &Work) -> u64 {
    let incoming = match probe.subsampling {
        Some(_) if probe.format == Format::Jpeg => incoming(probe, work),
        _ => Incoming::Raster(Layout::Rgba),
    };
    work.output.pixels() * result_bytes(probe, work)
        + writer_bytes(work.output, incoming, coding)
        + alpha_bytes(probe, work.output, coding)
}

/// The picture, and what coding it without loss in a file of at most `most` bytes takes.
fn lossless_bytes(probe: &Probe, coding: &Coding, work: &Work, most: u64) -> u64 {
    let pixels = work.output.pixels();
    let channels = channels(probe);
    // Planes become RGB before.
    let raster = if probe.format == Format::Jpeg { channels } else { result_bytes(probe, work) };
    let held = webp::lossless_bytes(work.output, channels, coding.effort, most);
    (raster * pixels + held).max((raster + result_bytes(probe, work)) * pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header may state any size, and every request asks what it would cost.
    #[test]
    fn the_largest_sizes_are_stated_without_overflow() {
        for format in [Format::Png, Format::Tiff, Format::Bmp, Format::WebP, Format::Gif] {
            for side in [1 << 24, u32::MAX >> 1, u32::MAX] {
                let size = Size::new(side, side);
                let probe = Probe {
                    format,
                    size,
                    depth: 16,
                    alpha: true,
                    color: true,
                    animated: None,
                    orientation: Orientation::Rotate90,
                    subsampling: None,
                    progressive: true,
                    icc: true,
                    restart_interval: 1,
                };
                for (target, lossless) in
                    [(Format::WebP, true), (Format::Png, true), (Format::Jpeg, false), (Format::Avif, false)]
                {
                    let work = Work {
                        output: size,
                        flow: Flow::Whole,
                        eighths: 8,
                        steps_bytes: u64::MAX,
                        converts_color: true,
                        may_be_graphic: true,
                    };
                    let coding = Coding::new(target, 100, 6, lossless);
                    assert!(peak_bytes(&probe, 1 << 30, &coding, &work) > size.pixels());
                }
            }
        }
    }
}
