//! What a conversion will do, from the source's header alone.

use super::{
    Mode, Params, Trim, animation, blur,
    finish::Finish,
    geometry::{self, Frame},
    metadata, part,
    pipeline::Wanted,
};
use crate::{
    codec::{
        Coding, Format, Modes, Probe,
        animation::Area,
        cost::{self, Buffering},
    },
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::Size,
};

/// The most bytes of an animated WebP where there is no other bound, and a length that most stay below.
const MOST_OF_ANIMATION: u64 = 64 << 20;
const LIKELY_OF_ANIMATION: u64 = 8 << 20;

/// A conversion that has not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// The size of the source as it is looked at.
    pub source: Size,
    /// What of it is kept, and how large that becomes.
    pub frame: Frame,
    /// The size of the result: that of the frame, or of the box where the picture is padded to it. Where a border is cut
    /// off first, the largest that it may have.
    pub output: Size,
    /// How the result is coded, as far as the header tells. With `Mode::Auto` a graphic may be coded without loss
    /// all the same, see [`Plan::may_be_graphic`].
    pub coding: Coding,
    /// True if the pixels have to be looked at to know whether the picture is a photo.
    pub may_be_graphic: bool,
    /// True if the picture may go by rows from the source's file into that of the result, and is never whole unless
    /// it turns out to be a graphic.
    pub streams: bool,
    /// True if the source may move, and the result then moves too: an animated WebP. It is surely so where the probe
    /// says that the source moves.
    pub moves: bool,
    /// The most bytes that the conversion holds at once, beside the source file itself: on one thread, unless
    /// [`Plan::within`] has said otherwise.
    pub peak_bytes: u64,
    /// The most bytes that the conversion holds at once if the picture turns out to be no graphic. With no room for
    /// more the conversion is done all the same, and a graphic's file is lossy.
    pub photo_bytes: u64,
    /// How the frames of an animation may be coded.
    pub(super) mode: Mode,
    /// What is done to the picture in the end.
    pub(super) finish: Option<Finish>,
    /// EXIF, XMP and the profile go with the result.
    pub(super) keep_metadata: bool,
    /// The most bytes that the result is to have, see `Params::target_size`.
    pub(super) target_size: Option<u64>,
    /// What the source is.
    pub(super) probe: Probe,
    /// What the conversion may ask for.
    pub(super) limits: Limits,
    pub(super) pipeline: cost::Pipeline,
    /// What is done after that with a graphic that came by rows.
    graphic: Option<cost::Pipeline>,
    /// What it may come to, as a border is cut off first; `None` where it is known what is left.
    trimming: Option<Box<Trimming>>,
}

/// Plans for a picture of which isn't known yet what is left when its border is cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trimming {
    trim: Trim,
    /// Where it has none.
    whole: Plan,
    /// Of which one takes as much as that for any part of the picture.
    parts: Vec<Plan>,
    /// What finding it takes.
    reading: cost::Pipeline,
}

impl Trimming {
    fn within(self, limits: &Limits) -> Self {
        let parts = self.parts.into_iter().map(|part| part.within(limits)).collect();
        Self { whole: self.whole.within(limits), parts, ..self }
    }
}

impl Plan {
    /// The plan under other limits: more threads have to be paid for, and a bound on the result's length
    /// bounds its memory.
    #[must_use]
    pub fn within(mut self, limits: &Limits) -> Self {
        self.limits = limits.clone();
        self.coding.threads = limits.threads.max(1);
        self.coding.max_bytes = self.target_size.unwrap_or(u64::MAX).min(limits.max_output_bytes);
        // While a better quality is tried the best result is held.
        let file = cost::file_bytes(&self.probe, &self.coding, &self.pipeline, self.may_be_graphic);
        let best = self.target_size.map_or(0, |_| file);
        self.photo_bytes =
            cost::peak_bytes(&self.probe, 0, &self.coding, &self.pipeline).saturating_add(best);
        // A graphic is made without loss with its lossy file in hand.
        let lossy = if self.coding.format == Format::WebP { file } else { 0 };
        let mut coding = self.coding;
        if self.graphic_streams() {
            coding = coding.with_lossless(true).with_max_bytes(coding.max_bytes.min(file));
        }
        let graphic = self.graphic.as_ref().map_or(0, |pipeline| {
            cost::peak_bytes(&self.probe, 0, &coding, pipeline).saturating_add(lossy).saturating_add(best)
        });
        self.peak_bytes = self.photo_bytes.max(graphic);
        if self.moves {
            self.coding.max_bytes = self.coding.max_bytes.min(MOST_OF_ANIMATION);
            let moving = animation::heap_bytes(&self);
            // What is not known to stand still is stated as what takes more.
            let is_known = self.probe.animated == Some(true);
            let still = |bytes| if is_known { 0 } else { bytes };
            self.photo_bytes = moving.max(still(self.photo_bytes));
            self.peak_bytes = moving.max(still(self.peak_bytes));
        }
        if let Some(trimming) = self.trimming.take() {
            let trimming = trimming.within(limits);
            let reading = cost::reading_bytes(&self.probe, self.coding.threads, &trimming.reading);
            let plans = || std::iter::once(&trimming.whole).chain(&trimming.parts);
            // Threads hold more ahead at some scales than at others.
            let ahead = |scale_num| {
                let pipeline = cost::Pipeline { scale_num, ..self.pipeline };
                cost::decode_ahead_bytes(&self.probe, &pipeline, self.coding.threads)
            };
            let ahead = (1..=8).map(ahead).max().unwrap_or(0);
            let slack = ahead.saturating_add(part::SLACK * u64::from(self.output.width));
            let most = |bytes: u64, of: fn(&Plan) -> u64| {
                plans().map(of).fold(bytes.max(reading), u64::max).saturating_add(slack)
            };
            self.photo_bytes = most(self.photo_bytes, |plan| plan.photo_bytes);
            self.peak_bytes = most(self.peak_bytes, |plan| plan.peak_bytes);
            self.trimming = Some(Box::new(trimming));
        }
        self
    }

    /// Which border is to be cut off before it is known what is left.
    pub(super) fn trim(&self) -> Option<Trim> {
        self.trimming.as_ref().map(|trimming| trimming.trim)
    }

    /// The plan for a part of the stored picture that is left without its border; `None` for all of it.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`] when the result is larger than the target format can say.
    pub(super) fn of_part(self, left: Option<Area>, params: &Params) -> Result<Self> {
        let Some(trimming) = self.trimming else { return Ok(self) };
        let Some(area) = left else { return Ok(trimming.whole) };
        let (probe, limits) = (&self.probe, &self.limits);
        let most = part::largest(probe.oriented_size(), trimming.whole.frame.output, params);
        let frame = part::frame(area, probe.orientation, most, params)?;
        let canvas = geometry::canvas(frame.output, params.resize.as_ref());
        let part = Wanted { probe, params, frame, canvas };
        params.format.info().check_side(part.output())?;
        let held = [&Some(self.pipeline), &self.graphic]
            .map(|pipeline| pipeline.as_ref().map_or(Buffering::Whole, |pipeline| pipeline.buffering));
        Ok(planned(&part, self.source, self.coding, held).within(limits))
    }

    /// True if a graphic that came by rows does so once more to become a WebP without loss.
    pub(super) fn graphic_streams(&self) -> bool {
        let streams = |pipeline: &cost::Pipeline| pipeline.buffering == Buffering::Streamed;
        self.coding.format == Format::WebP && self.graphic.as_ref().is_some_and(streams)
    }

    /// A length that the files of pictures don't pass, as opposed to noise, if that is less than what is allowed. As
    /// `Limits::max_output_bytes` it makes the conversion take less memory, see [`Plan::within`].
    #[must_use]
    pub fn likely_file_bytes(&self) -> Option<u64> {
        if self.coding.format == Format::Svg {
            // Text is as long as it is.
            return None;
        }
        if self.moves {
            return Some(LIKELY_OF_ANIMATION).filter(|likely| *likely < self.coding.max_bytes);
        }
        let metadata = if self.keep_metadata { self.probe.demands.metadata_bytes } else { 0 };
        cost::likely_file_bytes(&self.probe, &self.coding, &self.pipeline, self.may_be_graphic)
            .map(|picture| picture.saturating_add(metadata))
    }

    /// True if pixels stay in the colours of their profile.
    pub(super) fn keeps_colors(&self, icc: Option<&[u8]>, is_gray: bool) -> bool {
        // A profile of greys says nothing of a coloured background.
        let stays = !is_gray || !self.finish.as_ref().is_some_and(Finish::colors);
        self.keep_metadata && stays && metadata::keeps_profile(icc, is_gray, self.coding.format)
    }

    /// True if the source is decoded by other threads than the one that scales and codes.
    #[must_use]
    pub fn decodes_ahead(&self) -> bool {
        cost::decode_ahead_bytes(&self.probe, &self.pipeline, 2) > 0
    }
}

/// The longest side that is planned for: what PNG and BMP can state at the most. Up to it no statement of memory
/// overflows.
const MAX_SIDE: u32 = i32::MAX as u32;

/// Plans a conversion. Pure, and cheap enough for every request.
///
/// ```
/// use slimpix::{Limits, Params, Resize, Size, plan, probe};
///
/// # fn main() -> slimpix::Result<()> {
/// # let photo = &slimpix::webp::Encoder::new(80).encode(&[99; 64 * 48 * 3], 64, 48)?;
/// let params = Params::default().with_resize(Resize::to_width(32));
/// let plan = plan(&probe(photo)?, &params)?.within(&Limits::default().with_threads(2));
/// assert_eq!(plan.output, Size::new(32, 24));
/// assert!(plan.peak_bytes < 16 << 20);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Kind::Unsupported`] when the source can't be read or the target can't be made here, [`Kind::Parameter`] for a
/// size of zero or a mode that the target has not, [`Kind::Malformed`] for a source with a side of zero,
/// [`Kind::LimitExceeded`] when the result is larger than the target format can say, or a side of the source than 2³¹
/// - 1.
pub fn plan(probe: &Probe, params: &Params) -> Result<Plan> {
    if params.format == Format::Svg && probe.format == Format::Svg {
        return Ok(packing(probe, params));
    }
    if !probe.format.can_decode() {
        return Err(Error::unsupported(format!("{} pictures can't be read here", probe.format)));
    }
    if !params.format.can_encode() {
        return Err(Error::unsupported(format!("{} pictures can't be made here", params.format)));
    }
    let whole = untrimmed(probe, params)?;
    match params.trim {
        Some(trim) => trimmed(trim, whole, params),
        None => Ok(whole),
    }
}

/// Plans a conversion of a picture whose border stays.
fn untrimmed(probe: &Probe, params: &Params) -> Result<Plan> {
    let coding = coding(params)?;
    blur::check(params.blur, params.sharpen)?;
    // As if its file said that it is to be turned so.
    let probe = &Probe { orientation: probe.orientation.then(params.turn), ..probe.clone() };
    let source = probe.oriented_size();
    if source.pixels() == 0 {
        return Err(Error::malformed("a side of the picture is zero"));
    }
    if source.width.max(source.height) > MAX_SIDE {
        return Err(Error::limit(format!("the picture is {}x{}", source.width, source.height)));
    }
    let (size, frame) = match probe.format.info().is_vector {
        true => geometry::drawn(source, params)?,
        false => (source, geometry::frame(source, params)?),
    };
    let probe = &Probe { size: probe.orientation.oriented(size), ..probe.clone() };
    let canvas = geometry::canvas(frame.output, params.resize.as_ref());
    let wanted = Wanted { probe, params, frame, canvas };
    params.format.info().check_side(wanted.output())?;
    Ok(planned(&wanted, source, coding, held(&wanted, &coding)).within(&Limits::default()))
}

/// Plans a conversion of what will be left of a picture, which `whole` is for where that is all. How much is held is
/// decided for the largest result, so that all that it may come to can be stated.
fn trimmed(trim: Trim, whole: Plan, params: &Params) -> Result<Plan> {
    let (probe, source, coding) = (&whole.probe, whole.source, whole.coding);
    let size = probe.oriented_size();
    let most = part::largest(size, whole.frame.output, params);
    let canvas = geometry::canvas(Size::new(0, 0), params.resize.as_ref());
    let wanted = |frame| Wanted { probe, params, frame, canvas };
    let bounds = part::bounds(size, probe.orientation, most, params)?;
    let Some(first) = bounds.first().map(|frame| wanted(*frame)) else { return Ok(whole) };
    let held = held(&first, &coding);
    let plan = planned(&first, source, coding, held);
    let parts = bounds.iter().map(|frame| planned(&wanted(*frame), source, coding, held)).collect();
    let trimming = Trimming { trim, parts, reading: first.reading(), whole: whole.clone() };
    let output = canvas.map_or(most, |canvas| canvas.size);
    Ok(Plan { output, trimming: Some(Box::new(trimming)), ..plan }.within(&Limits::default()))
}

/// How much of a picture is held, and of a graphic that came by rows.
fn held(wanted: &Wanted<'_>, coding: &Coding) -> [Buffering; 2] {
    let by_rows = coding.format != Format::WebP || wanted.is_by_rows(&coding.with_lossless(true));
    [wanted.buffering(coding), if by_rows { Buffering::Streamed } else { Buffering::Whole }]
}

/// The plan for what is wanted, of which so much is held, under no limits yet.
fn planned(wanted: &Wanted<'_>, source: Size, coding: Coding, held: [Buffering; 2]) -> Plan {
    let &Wanted { probe, params, frame, .. } = wanted;
    let [buffering, of_graphic] = held;
    let may_be_graphic = wanted.may_be_graphic();
    let streams = buffering == Buffering::Streamed;
    let gathering =
        if frame.is_plain(probe.oriented_size()) { Buffering::Whole } else { Buffering::Gathered };
    Plan {
        source,
        frame,
        output: wanted.output(),
        coding,
        may_be_graphic,
        streams,
        moves: params.moves(probe),
        mode: params.settled_mode(),
        finish: wanted.finish(),
        peak_bytes: 0,
        photo_bytes: 0,
        keep_metadata: params.keep_metadata,
        target_size: params.target_size,
        probe: probe.clone(),
        limits: Limits::default(),
        pipeline: wanted.pipeline(buffering, may_be_graphic),
        graphic: (streams && may_be_graphic).then(|| match coding.format {
            // Its rows come once more.
            Format::WebP if of_graphic == Buffering::Streamed => wanted.pipeline(Buffering::Streamed, false),
            Format::WebP => wanted.pipeline(gathering, true),
            _ => cost::Pipeline { may_be_graphic: true, ..wanted.pipeline(Buffering::Streamed, false) },
        }),
        trimming: None,
    }
}

/// An SVG is compressed: its text is held, of which nothing is drawn.
fn packing(probe: &Probe, params: &Params) -> Plan {
    let dot = Size::new(1, 1);
    let mut text = Probe { size: dot, ..probe.clone() };
    text.demands.layers = 0;
    let frame = Frame::thumbnail(dot, 1);
    let plan = Plan {
        source: probe.size,
        frame,
        output: dot,
        coding: Coding::new(Format::Svg),
        may_be_graphic: false,
        streams: false,
        moves: false,
        mode: params.mode,
        finish: None,
        peak_bytes: 0,
        photo_bytes: 0,
        keep_metadata: false,
        target_size: None,
        pipeline: Wanted { probe: &text, params, frame, canvas: None }.pipeline(Buffering::Whole, false),
        probe: text,
        limits: Limits::default(),
        graphic: None,
        trimming: None,
    };
    plan.within(&Limits::default())
}

fn coding(params: &Params) -> Result<Coding> {
    let lossless = match (params.format.info().encodes, params.settled_mode()) {
        (Some(Modes::Lossless), _) | (Some(Modes::Both), Mode::Lossless) => true,
        (_, Mode::Lossless) => {
            let message = format!("{} has no lossless mode here", params.format);
            return Err(Error::new(Kind::Parameter, message));
        }
        _ => false,
    };
    let coding = Coding::new(params.format)
        .with_quality(params.quality)
        .with_effort(params.effort)
        .with_lossless(lossless)
        .with_alpha_quality(params.alpha_quality);
    coding.check()?;
    Ok(coding)
}
