//! What the conversion of an animation holds, stated from the header alone: whatever its length, its canvas as it is
//! shown, what is changed of that, and one frame that is coded.

use crate::{
    codec::{
        Format, Loss,
        animation::{Compositor, Saving, Screen},
        cost,
    },
    convert::{
        Mode,
        crop::Region,
        plan::Plan,
        resize::{self, Job, Scaler},
    },
    pixel::{Layout, Orientation, Size},
};

/// Bytes a pixel of the canvas, and beside these, up to which what was there before a frame may be kept.
const PIXEL: u64 = 10;
const BESIDE: u64 = 2 << 20;

/// How the frames of a mode may be coded.
pub(super) const fn loss(mode: Mode) -> Loss {
    match mode {
        Mode::Auto => Loss::Mixed,
        Mode::Lossy => Loss::All,
        Mode::Lossless => Loss::None,
    }
}

/// The room for one frame, and what is kept beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// The most bytes that are held at once, but for the file.
    total: u64,
    /// The most bytes of what was there before a frame.
    saved: u64,
    /// What a frame may take while it is coded, with what is kept; and what it takes without loss.
    pub frame: u64,
    pub lossless: u64,
}

impl Room {
    pub(super) fn of(plan: &Plan) -> Self {
        let canvas = plan.probe.size;
        let fixed = Screen::heap_bytes(canvas)
            + Compositor::heap_bytes(canvas)
            + cost::frame_reader_bytes(&plan.probe)
            + view_bytes(plan)
            + plan.probe.demands.icc_bytes
            + 2 * plan.probe.demands.metadata_bytes
            + SMALL;
        let [lossless, lossy] = cost::coded_frame_bytes(plan.output, &plan.coding);
        let loss = loss(plan.mode);
        let (most, least) = match loss {
            Loss::None => (lossless, lossless),
            Loss::All => (lossy, lossy),
            Loss::Mixed => (lossless.max(lossy), lossy),
        };
        let whole = if plan.probe.format == Format::WebP { 0 } else { 4 * canvas.pixels() };
        let bound = PIXEL * canvas.pixels() + BESIDE;
        let total = (fixed + most).max((fixed + least + whole).min(bound));
        let saved = (total - fixed - least).min(whole);
        Self { total, saved, frame: total - fixed, lossless }
    }

    /// The room for what was there before a frame: no frame is coded while the next one is put on the screen.
    pub(super) const fn saving(&self) -> Saving {
        Saving { kept: self.saved, at_once: self.frame }
    }
}

/// Tables and lists of readers and writers.
const SMALL: u64 = 32 << 10;

/// The most bytes that the conversion holds beside the source, the file included.
pub(in crate::convert) fn heap_bytes(plan: &Plan) -> u64 {
    // A buffer that grows by a quarter is held twice while it does.
    Room::of(plan).total.saturating_add(plan.coding.max_bytes.saturating_mul(9) / 4)
}

/// What scales what is shown on a canvas and is then turned; `None` if it stays as it is.
pub(super) fn job(plan: &Plan, canvas: Size, orientation: Orientation) -> Option<Job> {
    let frame = &plan.frame;
    if orientation == Orientation::Upright && frame.is_plain(canvas) && plan.finish.is_none() {
        return None;
    }
    let region = Region::placed(canvas, orientation, frame);
    Some(resize::raster_job(canvas, region, frame.stored_output(orientation), frame).turned(orientation))
}

/// What scaling and turning takes.
fn view_bytes(plan: &Plan) -> u64 {
    let (probe, frame) = (&plan.probe, &plan.frame);
    let Some(job) = job(plan, probe.size, probe.orientation) else { return 0 };
    Screen::heap_bytes(plan.output)
        + plan.finish.as_ref().map_or(0, |finish| finish.heap_bytes(frame.output, Layout::Rgba))
        + Scaler::heap_bytes(&job)
        + 4 * u64::from(job.from.width)
        + 64 * u64::from(frame.stored_output(probe.orientation).width)
}
