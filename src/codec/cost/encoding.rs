//! What encoding a picture takes: a picture as an encoder gets it, and who states what is held of it.

use super::pipeline::{Decoding, Encoding, Input, Pipeline, has_full_chroma};
use crate::{
    codec::{Coding, Format, Probe, avif, jpeg, png, webp},
    pixel::{Layout, Size, Subsampling},
};

/// The picture that comes of a source, at the size of the result.
pub(super) fn input(
    probe: &Probe,
    decoding: &Decoding,
    size: Size,
    converts_color: bool,
    may_be_graphic: bool,
) -> Input {
    let is_jpeg = probe.format == Format::Jpeg;
    let is_full = has_full_chroma(probe, size);
    let own = probe.subsampling.filter(|_| is_jpeg);
    let planes = own.map(|own| if is_full { Subsampling::Yuv444 } else { own.turned(probe.orientation) });
    let result_bytes = if own.is_some() && is_full { 3 } else { decoding.pixel_bytes };
    Input {
        size,
        layout: Layout::of(probe.color, probe.alpha),
        planes,
        converts_color,
        channels: decoding.channels,
        raster_bytes: if is_jpeg { u64::from(decoding.channels) } else { result_bytes },
        planes_bytes: if is_jpeg { result_bytes } else { 0 },
        may_be_graphic,
    }
}

/// What encoding it takes.
pub(super) fn encoding_by(input: &Input, coding: &Coding) -> Encoding {
    match coding.format {
        Format::Avif => avif::encoding(input, coding),
        Format::Jpeg => jpeg::encoding(input, coding),
        Format::Png => png::encoding(input, coding),
        // What can't be written is refused before this is asked.
        _ => webp::encoding(input, coding),
    }
}

/// What encoding a picture takes whose colours are converted before it is there.
fn of_picture(probe: &Probe, coding: &Coding, pipeline: &Pipeline, may_be_graphic: bool) -> Encoding {
    let input = input(probe, &super::decoding(probe), pipeline.scaled, false, may_be_graphic);
    encoding_by(&input.finished(pipeline.output, pipeline.finished), coding)
}

/// The most bytes that the file may have, as made of such a picture.
#[must_use]
pub fn file_bytes(probe: &Probe, coding: &Coding, pipeline: &Pipeline, may_be_graphic: bool) -> u64 {
    of_picture(probe, coding, pipeline, may_be_graphic).file_bytes
}

/// The most bytes of the files of pictures, see [`Encoding::likely_file_bytes`].
#[must_use]
pub fn likely_file_bytes(
    probe: &Probe,
    coding: &Coding,
    pipeline: &Pipeline,
    may_be_graphic: bool,
) -> Option<u64> {
    of_picture(probe, coding, pipeline, may_be_graphic).likely_file_bytes
}
