//! What encoding a picture takes: sums of what the formats state.

use super::pipeline::{Decoding, Pipeline, has_full_chroma};
use crate::{
    codec::{
        Coding, Format, Probe, avif, jpeg, png,
        webp::{self, Incoming},
    },
    pixel::{Layout, Size, Subsampling},
};

/// Bytes that the lossy WebP encoder holds, the file included, beside the rows that it is given.
pub(super) fn writer_bytes(size: Size, incoming: Incoming, coding: &Coding) -> u64 {
    webp::rows_bytes(size, incoming, coding).into_iter().fold(0, u64::saturating_add)
}

/// The most bytes that the file may have, as made of such a picture.
#[must_use]
pub fn file_bytes(probe: &Probe, size: Size, coding: &Coding, may_be_graphic: bool) -> u64 {
    let most = match coding.format {
        Format::WebP if !coding.lossless => webp::frame_bytes(size, coding)[0],
        Format::Png => png::most_bytes(size, super::decoding(probe).channels),
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
pub(super) fn incoming(probe: &Probe, pipeline: &Pipeline) -> Incoming {
    match probe.subsampling.filter(|_| probe.format == Format::Jpeg) {
        None => Incoming::Raster(Layout::of(probe.color, probe.alpha)),
        Some(_) if pipeline.converts_color => Incoming::Raster(Layout::Rgb),
        Some(_) if has_full_chroma(probe, pipeline.output) => Incoming::Planes(Subsampling::Yuv444),
        Some(subsampling) => Incoming::Planes(subsampling.turned(probe.orientation)),
    }
}

/// Alpha beside a lossy picture, where there may be some: all of it, and what coding it takes. Two rows are in work.
pub(super) fn alpha_bytes(probe: &Probe, output: Size, coding: &Coding) -> u64 {
    if !probe.alpha || probe.format == Format::Jpeg {
        return 0;
    }
    webp::alpha_bytes(output, coding) + 8 * u64::from(output.width)
}

/// Bytes at the peak of encoding, the picture included. A photo comes as a JPEG's planes.
pub(super) fn encoder_bytes(probe: &Probe, coding: &Coding, pipeline: &Pipeline, decoding: &Decoding) -> u64 {
    let pixels = pipeline.output.pixels();
    match coding.format {
        Format::Avif => avif::peak_bytes(pipeline.output, coding, pipeline.may_be_graphic, probe.alpha),
        Format::WebP if coding.lossless => {
            lossless_bytes(probe, coding, pipeline, decoding, coding.max_bytes)
        }
        Format::WebP if pipeline.may_be_graphic => {
            // The picture waits for its turn, then the lossy file.
            let lossy = lossy_bytes(probe, coding, pipeline, decoding)
                + pixels * decoding.result_bytes(probe, pipeline);
            let file = file_bytes(probe, pipeline.output, coding, true);
            lossy.max(lossless_bytes(probe, coding, pipeline, decoding, file) + file)
        }
        Format::WebP => lossy_bytes(probe, coding, pipeline, decoding),
        Format::Png => {
            let (raster, planes) = raster_bytes(probe, pipeline, decoding);
            let channels = decoding.channels;
            pixels * raster
                + (pixels * planes).max(png::peak_bytes(pipeline.output, channels, coding.max_bytes))
        }
        _ => {
            // The raster is there while planes are made of it.
            let planes = jpeg_planes(probe, pipeline.output, coding, pipeline.may_be_graphic);
            let raster = if probe.format == Format::Jpeg {
                0
            } else {
                pixels * decoding.result_bytes(probe, pipeline)
            };
            let held = jpeg::peak_bytes(pipeline.output, planes, coding.quality, coding.max_bytes);
            held.max(raster + 3 * pixels + 12 * u64::from(pipeline.output.width))
        }
    }
}

/// Bytes a pixel of the picture as interleaved samples, and of the planes of which it is made.
fn raster_bytes(probe: &Probe, pipeline: &Pipeline, decoding: &Decoding) -> (u64, u64) {
    let result = decoding.result_bytes(probe, pipeline);
    if probe.format == Format::Jpeg { (u64::from(decoding.channels), result) } else { (result, 0) }
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

/// The picture, what the encoder holds, and its alpha, which is gathered meanwhile.
fn lossy_bytes(probe: &Probe, coding: &Coding, pipeline: &Pipeline, decoding: &Decoding) -> u64 {
    let incoming = match probe.subsampling {
        Some(_) if probe.format == Format::Jpeg => incoming(probe, pipeline),
        _ => Incoming::Raster(Layout::Rgba),
    };
    pipeline.output.pixels() * decoding.result_bytes(probe, pipeline)
        + writer_bytes(pipeline.output, incoming, coding)
        + alpha_bytes(probe, pipeline.output, coding)
}

/// The picture, and what coding it without loss in a file of at most `most` bytes takes.
fn lossless_bytes(
    probe: &Probe,
    coding: &Coding,
    pipeline: &Pipeline,
    decoding: &Decoding,
    most: u64,
) -> u64 {
    let pixels = pipeline.output.pixels();
    let (raster, _) = raster_bytes(probe, pipeline, decoding);
    let held = webp::lossless_bytes(pipeline.output, u64::from(decoding.channels), coding.effort, most);
    (raster * pixels + held).max((raster + decoding.result_bytes(probe, pipeline)) * pixels)
}
