//! The peak memory of a conversion, stated from the source's header before it starts.
//!
//! A statement is never less than what the conversion takes: a test counts every allocation for each format, size
//! and target. It may be more; the sums below take the worst case of each step, and the largest step counts. Each
//! format says what its own coders take, beside the code that allocates it.

mod encoding;
mod pipeline;

use self::encoding::{encoding_by, input};
pub use self::{
    encoding::{file_bytes, likely_file_bytes},
    pipeline::{
        Buffering, Decoding, Encoding, Finished, Input, Pipeline, SMALL_FILE, channels, has_full_chroma,
        moves_chroma,
    },
};
use super::{Coding, Format, Probe, avif, bmp, gif, heic, ico, jpeg, jxl, png, svg, tiff, webp};
use crate::pixel::{Orientation, Size};

/// Pixels beyond which a result may take less than up to there.
pub const STEPS: [u64; 2] = webp::ALPHA_STEPS;

/// The most bytes that reading an animation's frames takes, beside the canvas on which they are shown.
pub fn frame_reader_bytes(probe: &Probe) -> u64 {
    match probe.format {
        Format::Png => png::frame_reader_bytes(probe),
        Format::WebP => webp::frame_reader_bytes(probe.size),
        _ => gif::frame_reader_bytes(probe.size),
    }
}

/// The most bytes that coding a frame of an animated WebP takes, its code included: without loss, and with.
pub fn coded_frame_bytes(canvas: Size, coding: &Coding) -> [u64; 2] {
    webp::coded_frame_bytes(canvas, coding)
}

/// What small things take: tables, headers, rows in work.
const SMALL: u64 = 192 << 10;

/// What containers take with room for EXIF and XMP.
const KEPT: u64 = 64 << 10;

/// Pixels up to which memory is reckoned; more than that never fits.
const MOST_PIXELS: u64 = 1 << 48;

/// The most bytes that a conversion holds at once, the source file of `input_bytes` included.
#[must_use]
pub fn peak_bytes(probe: &Probe, input_bytes: u64, coding: &Coding, pipeline: &Pipeline) -> u64 {
    let (output, scaled) = (pipeline.output.pixels(), pipeline.scaled.pixels());
    // Sums of what no machine has could pass 64 bits.
    if probe.size.pixels().max(output) > MOST_PIXELS {
        return u64::MAX;
    }
    let decoding = decoding_by(probe, pipeline.scale_num, pipeline.buffering);
    let rows = decoding.rows_bytes.saturating_add(pipeline.steps_bytes).saturating_add(decode_ahead_bytes(
        probe,
        pipeline,
        coding.threads,
    ));
    let kept = metadata_bytes(probe, pipeline, &decoding);
    let input = input(probe, &decoding, pipeline.scaled, pipeline.converts_color, pipeline.may_be_graphic);
    let result_bytes = input.pixel_bytes();
    let finished = input.finished(pipeline.output, pipeline.finished);
    let encoding = encoding_by(&finished, coding);
    let before_encoding = match pipeline.buffering {
        Buffering::Streamed => {
            let profile = if pipeline.converts_color { probe.demands.icc_bytes } else { 0 };
            return rows
                .saturating_add(pipeline.finished.map_or(0, |finished| finished.rows_bytes))
                .saturating_add(encoding.rows_bytes.unwrap_or(u64::MAX))
                .saturating_add(profile)
                .saturating_add(kept)
                .saturating_add(input_bytes);
        }
        Buffering::Gathered => rows.saturating_add(scaled.saturating_mul(result_bytes)),
        Buffering::Whole => {
            let source = probe.size.pixels();
            let decoded = source.saturating_mul(decoding.pixel_bytes);
            let scaled = scaled.saturating_mul(result_bytes);
            let scaling = decoded.saturating_add(scaled).saturating_add(pipeline.steps_bytes);
            source.saturating_mul(decoding.peak_pixel_bytes).saturating_add(decoding.rows_bytes).max(scaling)
        }
    };
    // Turning holds what goes in and what comes out.
    let is_turned = probe.orientation != Orientation::Upright;
    let turning = if is_turned { scaled.saturating_mul(2 * result_bytes) } else { 0 };
    // Planes become RGB, and planes again.
    let recolored = if probe.format == Format::Jpeg { 6 } else { result_bytes };
    let color = if pipeline.converts_color { scaled.saturating_mul(recolored) } else { 0 };
    // Planes are interleaved, and what comes of that is another picture.
    let finishing = match pipeline.finished {
        Some(Finished { layout, rows_bytes }) => {
            let rows = rows_bytes.saturating_add(scaled.saturating_mul(input.raster_bytes));
            let finished = output.saturating_mul(layout.channels().into());
            rows.saturating_add(finished.max(scaled.saturating_mul(input.planes_bytes)))
        }
        None => 0,
    };
    // The profile is read with the picture, applied, and may be kept: it is as long as a sixth of what all takes.
    let profile = probe.demands.icc_bytes;
    let before =
        before_encoding.max(turning).max(color).max(finishing).saturating_add(profile).saturating_add(kept);
    let encoding = encoding.peak_bytes.saturating_add(profile / 3).saturating_add(kept);
    before.max(encoding).saturating_add(input_bytes).saturating_add(SMALL)
}

/// The most bytes that a look at all rows of a picture takes, as they are stored and in other colours.
#[must_use]
pub fn reading_bytes(probe: &Probe, threads: usize, pipeline: &Pipeline) -> u64 {
    let decoding = decoding_by(probe, pipeline.scale_num, pipeline.buffering);
    let whole = if pipeline.buffering == Buffering::Whole { decoding.peak_pixel_bytes } else { 0 };
    [
        probe.size.pixels().saturating_mul(whole),
        decoding.rows_bytes,
        pipeline.steps_bytes,
        decode_ahead_bytes(probe, pipeline, threads),
        probe.demands.icc_bytes,
        metadata_bytes(probe, pipeline, &decoding),
        SMALL,
    ]
    .into_iter()
    .fold(0, u64::saturating_add)
}

/// Of what a conversion by rows holds, the part of its decoder.
#[must_use]
pub fn decoding_rows_bytes(probe: &Probe, pipeline: &Pipeline, threads: usize) -> u64 {
    let decoding = decoding_by(probe, pipeline.scale_num, pipeline.buffering);
    decoding.rows_bytes.saturating_add(decode_ahead_bytes(probe, pipeline, threads))
}

/// What EXIF and XMP take: they are read in any case. Where they go with the result they are in the file as well, and
/// copied on their way.
fn metadata_bytes(probe: &Probe, pipeline: &Pipeline, decoding: &Decoding) -> u64 {
    let read = decoding.metadata_copies;
    let copies = if pipeline.keeps_metadata { read + 4 } else { read };
    let small = if pipeline.keeps_metadata { KEPT } else { 0 };
    probe.demands.metadata_bytes.saturating_mul(copies).saturating_add(small)
}

/// What decoding a picture takes, as a whole or by rows of some eighths of its size.
fn decoding_by(probe: &Probe, scale_num: u32, buffering: Buffering) -> Decoding {
    match probe.format {
        Format::Jpeg => jpeg::decoding(probe, scale_num, buffering),
        Format::Png => png::decoding(probe, scale_num, buffering),
        Format::Gif => gif::decoding(probe, scale_num, buffering),
        Format::Bmp => bmp::decoding(probe, scale_num, buffering),
        Format::WebP => webp::decoding(probe, scale_num, buffering),
        Format::Ico => ico::decoding(probe, scale_num, buffering),
        Format::Tiff => tiff::decoding(probe, scale_num, buffering),
        Format::Heic => heic::decoding(probe, scale_num, buffering),
        Format::Jxl => jxl::decoding(probe, scale_num, buffering),
        Format::Svg => svg::decoding(probe, scale_num, buffering),
        Format::Avif => avif::decoding(probe, scale_num, buffering),
    }
}

/// What decoding a picture as a whole takes.
fn decoding(probe: &Probe) -> Decoding {
    decoding_by(probe, 8, Buffering::Whole)
}

/// Bytes that further threads hold which decode a JPEG's rows ahead; 0 where there are none.
#[must_use]
pub fn decode_ahead_bytes(probe: &Probe, pipeline: &Pipeline, threads: usize) -> u64 {
    let orientation =
        if pipeline.buffering == Buffering::Streamed { probe.orientation } else { Orientation::Upright };
    match (probe.format, pipeline.buffering) {
        (Format::Jpeg, Buffering::Streamed | Buffering::Gathered) => {
            jpeg::decode_ahead_bytes(probe, pipeline.scale_num, orientation, threads)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Demands, Writing};

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
                        is_unordered: false,
                        layers: u64::MAX,
                        writing: Writing::Plain,
                    },
                    ..Probe::new(format, size)
                };
                for (target, lossless) in
                    [(Format::WebP, true), (Format::Png, true), (Format::Jpeg, false), (Format::Avif, false)]
                {
                    let pipeline = Pipeline {
                        output: size,
                        scaled: size,
                        finished: None,
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
