//! What a conversion does between decoding and encoding, and how much of the picture it has to hold for that, as far as
//! a header tells.

use super::{
    Mode, Params,
    finish::Finish,
    geometry::{Canvas, Frame},
    graphic::Look,
    recolor::{Recolor, RecolorRows},
    resize,
    widen::Widening,
};
use crate::{
    codec::{
        Coding, Format, Modes, Probe,
        cost::{self, Buffering},
        rows,
    },
    pixel::{Layout, Orientation, Size, Subsampling},
};

/// Pixels of a result that is small enough to be turned as a whole. Rows in another order mean that a JPEG of one
/// scan is looked through first, which costs half of its decoding.
const TURNED_LATER: u64 = 1 << 20;

/// A picture of no more pixels that may be a graphic is held as a whole: to decode a graphic once more costs more
/// than the memory.
const SMALL_PIXELS: u64 = 1 << 20;

/// What is wanted of a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// What it is, at the size at which it is decoded.
    pub probe: &'a Probe,
    pub params: &'a Params,
    pub frame: Frame,
    /// What is around it.
    pub canvas: Option<Canvas>,
}

impl Wanted<'_> {
    /// The size of the result.
    pub(super) fn output(&self) -> Size {
        self.canvas.map_or(self.frame.output, |canvas| canvas.size)
    }

    /// What is done to it in the end.
    pub(super) fn finish(&self) -> Option<Finish> {
        Finish::new(self.params, self.frame.output, self.canvas, self.probe.alpha)
    }

    /// True if pixels have to be looked at to know whether it is a photo.
    pub(super) fn may_be_graphic(&self) -> bool {
        // Without loss all are coded alike.
        let is_lossless = self.params.format.info().encodes == Some(Modes::Lossless);
        !is_lossless && self.params.settled_mode() == Mode::Auto && is_maybe_graphic(self.probe)
    }

    /// A look at all of its rows.
    pub(super) fn reading(&self) -> cost::Pipeline {
        let width = self.probe.size.width;
        let colors = match self.probe.format {
            Format::Jpeg => Recolor::heap_bytes(width, Subsampling::Yuv444),
            _ => RecolorRows::heap_bytes(width),
        };
        let is_by_rows = rows::come_from(self.probe);
        cost::Pipeline {
            buffering: if is_by_rows { Buffering::Gathered } else { Buffering::Whole },
            scale_num: 8,
            steps_bytes: colors + 4 * u64::from(width),
            ..self.pipeline(Buffering::Whole, false)
        }
    }

    /// What is done to it, so much of it being held.
    pub(super) fn pipeline(&self, buffering: Buffering, may_be_graphic: bool) -> cost::Pipeline {
        let Self { probe, params, ref frame, .. } = *self;
        let finish = self.finish();
        // That is coded as RGB.
        let is_lossless = params.format == Format::Png || params.settled_mode() == Mode::Lossless;
        let is_plain = frame.is_plain(probe.oriented_size());
        let scaled = frame.output;
        let output = finish.as_ref().map_or(scaled, |finish| finish.size(scaled));
        let scaling = if is_plain { 0 } else { resize::heap_bytes(probe, frame, buffering) };
        let recoloring = match (buffering, probe.format) {
            (Buffering::Streamed, Format::Jpeg)
                if probe.may_need_conversion() || finish.is_some() || is_lossless =>
            {
                let subsampling = probe.subsampling.filter(|_| !cost::has_full_chroma(probe, scaled));
                Recolor::heap_bytes(scaled.width, subsampling.unwrap_or(Subsampling::Yuv444))
            }
            (Buffering::Streamed, _) if probe.may_need_conversion() => RecolorRows::heap_bytes(scaled.width),
            _ => 0,
        };
        let widening = match buffering {
            Buffering::Streamed if is_plain && cost::moves_chroma(probe) => {
                Widening::heap_bytes(scaled.width)
            }
            _ => 0,
        };
        let looking = if buffering == Buffering::Streamed && may_be_graphic {
            Look::heap_bytes(output.width, params.format)
        } else {
            0
        };
        let finished = finish.as_ref().map(|finish| {
            let layout = finish.layout(Layout::of(probe.color, probe.alpha));
            cost::Finished { layout, rows_bytes: finish.heap_bytes(scaled, layout) }
        });
        cost::Pipeline {
            output,
            scaled,
            finished,
            buffering,
            scale_num: if buffering == Buffering::Whole { 8 } else { frame.scale_num(rows::scales(probe)) },
            steps_bytes: [scaling, recoloring, widening, looking].into_iter().fold(0, u64::saturating_add),
            keeps_metadata: params.keep_metadata,
            converts_color: probe.may_need_conversion() || (frame.linear && !is_plain),
            may_be_graphic: may_be_graphic && buffering != Buffering::Streamed,
        }
    }

    /// True if the result can be coded as rows come, as often as it needs them: a lossless WebP does several times, for
    /// which some decoders take long.
    pub(super) fn is_by_rows(&self, coding: &Coding) -> bool {
        let comes_again = coding.format == Format::WebP && coding.lossless;
        let is_slow = matches!(self.probe.format, Format::Avif | Format::Heic);
        coding.is_by_rows(self.output()) && !(comes_again && is_slow)
    }

    /// How much of the picture has to be held at once.
    pub(super) fn buffering(&self, coding: &Coding) -> Buffering {
        let Self { probe, ref frame, .. } = *self;
        let source = probe.oriented_size();
        if !rows::come_from(probe) || !frame.is_placed(source) {
            return Buffering::Whole;
        }
        let is_plain = frame.is_plain(source);
        let is_small = self.output().pixels() <= SMALL_PIXELS;
        // To look at rows before they are coded they are decoded twice.
        let is_small_graphic = is_small && (self.may_be_graphic() || coding.is_surveyed());
        let is_jpeg = probe.format == Format::Jpeg;
        // Only a JPEG's rows can come turned.
        let is_turned_later = match probe.orientation {
            Orientation::Upright => false,
            Orientation::MirrorHorizontal => !is_jpeg,
            _ => !is_jpeg || (!probe.progressive && !is_plain && frame.output.pixels() <= TURNED_LATER),
        };
        // Light is scaled in RGB.
        let is_scaled_in_rgb = is_jpeg && frame.linear && !is_plain && probe.color;
        if self.is_by_rows(coding) && !is_small_graphic && !is_turned_later && !is_scaled_in_rgb {
            Buffering::Streamed
        } else if is_plain {
            Buffering::Whole
        } else {
            Buffering::Gathered
        }
    }
}

/// False for what is surely a photo: a JPEG or a lossy WebP.
fn is_maybe_graphic(probe: &Probe) -> bool {
    probe.format != Format::Jpeg && !(probe.format == Format::WebP && probe.subsampling.is_some())
}
