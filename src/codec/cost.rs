//! The peak memory of a conversion, stated from the source's header before it starts.
//!
//! A statement is never less than what the conversion takes: a test counts every allocation for each format, size
//! and target. It may be more; the sums below take the worst case of each step, and the largest step counts.

mod decoding;

pub use self::decoding::further_rows_bytes;
use self::decoding::{decoded_bytes, decoder_bytes, is_opaque_frame, result_bytes, rows_bytes};
pub(crate) use self::decoding::{has_full_chroma, moves_chroma};
use super::{
    Coding, Format, Probe, avif, jpeg, png,
    webp::{self, Incoming},
};
use crate::pixel::{Layout, Orientation, Size, Subsampling};

/// What small things take: tables, headers, rows in work.
const SMALL: u64 = 192 << 10;

/// What containers take with room for EXIF and XMP.
const KEPT: u64 = 64 << 10;

/// Pixels up to which memory is reckoned; more than that never fits.
const MOST_PIXELS: u64 = 1 << 48;

/// How much of a picture is held at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buffering {
    /// All of the source.
    Whole,
    /// The source comes by rows, which are scaled; all of the result is held.
    Gathered,
    /// Rows go from the source's file into that of the result, a lossy WebP.
    Streamed,
}

/// What is done to a picture between decoding and encoding, as far as memory is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipeline {
    /// The size of the result.
    pub output: Size,
    /// How much is held.
    pub buffering: Buffering,
    /// The scale at which rows are decoded, in eighths.
    pub scale_num: u32,
    /// What scaling, cropping and the conversion of rows hold beside the picture and the result.
    pub steps_bytes: u64,
    /// EXIF and XMP go with the result.
    pub keeps_metadata: bool,
    /// Pixels may be converted to sRGB.
    pub converts_color: bool,
    /// The picture may turn out to be a graphic: full chroma, and two files made of which the smaller is taken.
    pub may_be_graphic: bool,
}

/// The most bytes that a conversion holds at once, the source file of `input_bytes` included.
#[must_use]
pub fn peak_bytes(probe: &Probe, input_bytes: u64, coding: &Coding, pipeline: &Pipeline) -> u64 {
    let output = pipeline.output.pixels();
    // Sums of what no machine has could pass 64 bits.
    if probe.size.pixels().max(output) > MOST_PIXELS {
        return u64::MAX;
    }
    let rows = rows_bytes(probe, pipeline.scale_num, pipeline.buffering)
        .saturating_add(pipeline.steps_bytes)
        .saturating_add(further_rows_bytes(probe, pipeline, coding.threads));
    let kept = metadata_bytes(probe, pipeline);
    let decoding = match pipeline.buffering {
        Buffering::Streamed => {
            let profile = if pipeline.converts_color { probe.demands.icc_bytes } else { 0 };
            return rows
                .saturating_add(writer_bytes(pipeline.output, incoming(probe, pipeline), coding))
                .saturating_add(alpha_bytes(probe, pipeline.output, coding))
                .saturating_add(profile)
                .saturating_add(kept)
                .saturating_add(input_bytes);
        }
        Buffering::Gathered => rows.saturating_add(output.saturating_mul(result_bytes(probe, pipeline))),
        Buffering::Whole => {
            let source = probe.size.pixels();
            let decoded = source.saturating_mul(decoded_bytes(probe));
            let scaled = output.saturating_mul(result_bytes(probe, pipeline));
            let scaling = decoded.saturating_add(scaled).saturating_add(pipeline.steps_bytes);
            let is_read_by_rows =
                matches!(probe.format, Format::Jpeg | Format::Png | Format::Tiff) || is_opaque_frame(probe);
            let reading = if is_read_by_rows { rows_bytes(probe, 8, pipeline.buffering) } else { 0 };
            source.saturating_mul(decoder_bytes(probe)).saturating_add(reading).max(scaling)
        }
    };
    // Turning holds what goes in and what comes out.
    let is_turned = probe.orientation != Orientation::Upright;
    let turning = if is_turned { output.saturating_mul(2 * result_bytes(probe, pipeline)) } else { 0 };
    // Planes become RGB, and planes again.
    let recolored = if probe.format == Format::Jpeg { 6 } else { result_bytes(probe, pipeline) };
    let color = if pipeline.converts_color { output.saturating_mul(recolored) } else { 0 };
    // The profile is read with the picture, applied, and may be kept: it is as long as a sixth of what all takes.
    let profile = probe.demands.icc_bytes;
    let before = decoding.max(turning).max(color).saturating_add(profile).saturating_add(kept);
    let encoding = encoder_bytes(probe, coding, pipeline).saturating_add(profile / 3).saturating_add(kept);
    before.max(encoding).saturating_add(input_bytes).saturating_add(SMALL)
}

/// What EXIF and XMP take: they are read in any case, by the `png` crate into a buffer that doubles, then copied. Where they
/// go with the result they are in the file as well, and copied on their way.
fn metadata_bytes(probe: &Probe, pipeline: &Pipeline) -> u64 {
    let read = if probe.format == Format::Png { 4 } else { 1 };
    let copies = if pipeline.keeps_metadata { read + 4 } else { read };
    let small = if pipeline.keeps_metadata { KEPT } else { 0 };
    probe.demands.metadata_bytes.saturating_mul(copies).saturating_add(small)
}

/// Bytes that the lossy WebP encoder holds, the file included, beside the rows that it is given.
fn writer_bytes(size: Size, incoming: Incoming, coding: &Coding) -> u64 {
    webp::rows_bytes(size, incoming, coding).into_iter().fold(0, u64::saturating_add)
}

/// The most bytes that the file may have, as made of such a picture.
#[must_use]
pub fn file_bytes(probe: &Probe, size: Size, coding: &Coding, may_be_graphic: bool) -> u64 {
    let most = match coding.format {
        Format::WebP if !coding.lossless => webp::frame_bytes(size, coding)[0],
        Format::Png => png::most_bytes(size, channels(probe)),
        Format::Jpeg => {
            jpeg::most_bytes(size, jpeg_planes(probe, size, coding, may_be_graphic), coding.quality)
        }
        _ => size.pixels().saturating_mul(5),
    };
    most.min(coding.max_bytes)
}

/// A file that is shorter has its room at once, whatever is in it.
const SMALL_FILE: u64 = 256 << 10;

/// The most bytes of the files of pictures, where noise has much more: the memory that is taken for a file depends on
/// what it is allowed to have. `None` where nothing is gained.
#[must_use]
pub fn likely_file_bytes(probe: &Probe, size: Size, coding: &Coding, may_be_graphic: bool) -> Option<u64> {
    let noise = || file_bytes(probe, size, &coding.with_max_bytes(u64::MAX), may_be_graphic);
    let (likely, most) = match coding.format {
        Format::WebP if !coding.lossless => {
            let [most, likely] = webp::frame_bytes(size, coding);
            (likely, most.min(coding.max_bytes))
        }
        Format::Jpeg => ((noise() / 2).max(SMALL_FILE), coding.max_bytes),
        Format::Png => (noise().max(SMALL_FILE), coding.max_bytes),
        _ => return None,
    };
    (likely < most).then_some(likely)
}

/// How rows come to the encoder.
fn incoming(probe: &Probe, pipeline: &Pipeline) -> Incoming {
    match probe.subsampling.filter(|_| probe.format == Format::Jpeg) {
        None => Incoming::Raster(Layout::of(probe.color, probe.alpha)),
        Some(_) if pipeline.converts_color => Incoming::Raster(Layout::Rgb),
        Some(_) if has_full_chroma(probe, pipeline.output) => Incoming::Planes(Subsampling::Yuv444),
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

/// Bytes at the peak of encoding, the picture included. A photo comes as a JPEG's planes.
fn encoder_bytes(probe: &Probe, coding: &Coding, pipeline: &Pipeline) -> u64 {
    let pixels = pipeline.output.pixels();
    match coding.format {
        Format::Avif => avif::peak_bytes(pipeline.output, coding, pipeline.may_be_graphic, probe.alpha),
        Format::WebP if coding.lossless => lossless_bytes(probe, coding, pipeline, coding.max_bytes),
        Format::WebP if pipeline.may_be_graphic => {
            // The picture waits for its turn, then the lossy file.
            let lossy = lossy_bytes(probe, coding, pipeline) + pixels * result_bytes(probe, pipeline);
            let file = file_bytes(probe, pipeline.output, coding, true);
            lossy.max(lossless_bytes(probe, coding, pipeline, file) + file)
        }
        Format::WebP => lossy_bytes(probe, coding, pipeline),
        Format::Png => {
            let (raster, planes) = raster_bytes(probe, pipeline);
            let channels = channels(probe);
            pixels * raster
                + (pixels * planes).max(png::held_bytes(pipeline.output, channels, coding.max_bytes))
        }
        _ => {
            // The raster is there while planes are made of it.
            let planes = jpeg_planes(probe, pipeline.output, coding, pipeline.may_be_graphic);
            let raster =
                if probe.format == Format::Jpeg { 0 } else { pixels * result_bytes(probe, pipeline) };
            let held = jpeg::held_bytes(pipeline.output, planes, coding.quality, coding.max_bytes);
            held.max(raster + 3 * pixels + 12 * u64::from(pipeline.output.width))
        }
    }
}

/// Bytes a pixel of the picture as interleaved samples, and of the planes of which it is made.
fn raster_bytes(probe: &Probe, pipeline: &Pipeline) -> (u64, u64) {
    let result = result_bytes(probe, pipeline);
    if probe.format == Format::Jpeg { (u64::from(channels(probe)), result) } else { (result, 0) }
}

/// How chroma is kept in a JPEG of such a size; `None` for grey.
fn jpeg_planes(probe: &Probe, size: Size, coding: &Coding, may_be_graphic: bool) -> Option<Subsampling> {
    let is_full = coding.full_chroma || may_be_graphic;
    let of_source = probe.subsampling.filter(|_| probe.format == Format::Jpeg);
    probe.color.then_some(match of_source {
        _ if !is_full => Subsampling::Yuv420,
        Some(subsampling) if !has_full_chroma(probe, size) => subsampling.turned(probe.orientation),
        _ => Subsampling::Yuv444,
    })
}

/// Samples of a pixel as far as the header tells.
fn channels(probe: &Probe) -> u32 {
    let colors = if probe.color { 3 } else { 1 };
    match probe.format {
        // Those of several pictures, or of inks, may have some of which the header says nothing.
        Format::Tiff | Format::Ico => colors + 1,
        _ => colors + u32::from(probe.alpha),
    }
}

/// The picture, what the encoder holds, and its alpha, which is gathered meanwhile.
fn lossy_bytes(probe: &Probe, coding: &Coding, pipeline: &Pipeline) -> u64 {
    let incoming = match probe.subsampling {
        Some(_) if probe.format == Format::Jpeg => incoming(probe, pipeline),
        _ => Incoming::Raster(Layout::Rgba),
    };
    pipeline.output.pixels() * result_bytes(probe, pipeline)
        + writer_bytes(pipeline.output, incoming, coding)
        + alpha_bytes(probe, pipeline.output, coding)
}

/// The picture, and what coding it without loss in a file of at most `most` bytes takes.
fn lossless_bytes(probe: &Probe, coding: &Coding, pipeline: &Pipeline, most: u64) -> u64 {
    let pixels = pipeline.output.pixels();
    let (raster, _) = raster_bytes(probe, pipeline);
    let held = webp::lossless_bytes(pipeline.output, u64::from(channels(probe)), coding.effort, most);
    (raster * pixels + held).max((raster + result_bytes(probe, pipeline)) * pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Demands;

    /// A header may state any size, and every request asks what it would cost.
    #[test]
    fn the_largest_sizes_are_stated_without_overflow() {
        for format in [Format::Png, Format::Tiff, Format::Bmp, Format::WebP, Format::Gif] {
            for side in [1 << 24, u32::MAX >> 1, u32::MAX] {
                let size = Size::new(side, side);
                let probe = Probe {
                    depth: 16,
                    alpha: true,
                    orientation: Orientation::Rotate90,
                    progressive: true,
                    icc: true,
                    demands: Demands {
                        icc_bytes: 1 << 20,
                        metadata_bytes: 1 << 50,
                        restart_interval: 1,
                        part_bytes: u64::MAX,
                    },
                    ..Probe::new(format, size)
                };
                for (target, lossless) in
                    [(Format::WebP, true), (Format::Png, true), (Format::Jpeg, false), (Format::Avif, false)]
                {
                    let pipeline = Pipeline {
                        output: size,
                        buffering: Buffering::Whole,
                        scale_num: 8,
                        steps_bytes: u64::MAX,
                        keeps_metadata: true,
                        converts_color: true,
                        may_be_graphic: true,
                    };
                    let coding = Coding::new(target).with_quality(100).with_effort(6).with_lossless(lossless);
                    assert!(peak_bytes(&probe, 1 << 30, &coding, &pipeline) > size.pixels());
                }
            }
        }
    }
}
