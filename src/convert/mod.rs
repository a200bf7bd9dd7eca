//! One conversion, pure: bytes, parameters and limits in, bytes out. No IO, clock, environment or globals.
//!
//! [`convert`] reads like the pipeline: probe, plan, trim, decode, crop and scale, turn, colour, finish, encode. Where a picture
//! comes by rows, decoding and scaling are one step, and it is never whole (`strips`). [`plan`] is what can be said of it from
//! the header alone, and `codec::cost` states its memory from that. [`convert_each`] makes several results of one decoding.

mod animation;
mod blur;
mod border;
mod color;
mod colorimetry;
mod crop;
mod decoder;
mod describe;
mod fan;
mod finish;
mod geometry;
mod graphic;
mod icc_tags;
mod mark;
mod metadata;
mod orient;
mod params;
mod part;
mod pipeline;
mod plan;
mod recolor;
mod resize;
mod stamp;
mod strips;
pub(crate) mod target_size;
mod thumbhash;
pub(crate) mod together;
mod trim;
mod widen;

pub use self::{
    animation::Animation,
    decoder::Decoder,
    describe::{Description, describe},
    geometry::Frame,
    mark::read_mark,
    params::{
        Fit, Focus, Interest, Mark, Mode, Params, Placement, Resize, Trim, Watermark, parse_blur,
        parse_color, parse_sharpen, parse_turn,
    },
    plan::{Plan, plan},
    resize::Filter,
    together::{convert_each, together_bytes},
};

use std::panic::{self, AssertUnwindSafe};

use self::strips::{Framed, Goal, Streamed};
use crate::{
    codec::{self, Coding, Format, Probe},
    error::{Error, Kind, Result, panic_message},
    limits::Limits,
    pixel::{Metadata, Picture, Size},
};

/// What came of a conversion.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A new file.
    Made(Made),
    /// No new file was made on purpose: the source is to be used as it is.
    Kept(Kept),
}

/// A converted picture.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Made {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its format.
    pub format: Format,
    /// Its size in pixels.
    pub size: Size,
    /// True if it was coded without loss.
    pub lossless: bool,
    /// What the source was.
    pub source: Probe,
}

/// Why the source is to be used as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kept {
    /// It moves, which the wanted format is not made to do here, and a still picture would not be the same.
    Animated,
    /// The result would be longer than `Limits::max_output_bytes`.
    Larger,
}

/// Converts a picture: decodes it, cuts its border off, crops, scales and turns it, brings its colours to sRGB, blurs,
/// sharpens and pads it, puts a mark on it, and encodes it. An SVG that
/// is to be an SVG becomes one in UTF-8, compressed by gzip.
///
/// ```
/// use slimpix::{Limits, Outcome, Params, convert};
///
/// # fn main() -> slimpix::Result<()> {
/// # let photo = &slimpix::webp::Encoder::lossless().encode(&[[9, 40, 90]; 64 * 48].concat(), 64, 48)?;
/// // A result that is longer than its source would be of no use.
/// let limits = Limits::default().with_max_output_bytes(photo.len() as u64);
/// let file = match convert(photo, &Params::default(), &limits)? {
///     Outcome::Made(made) => made.bytes,
///     Outcome::Kept(_) => photo.to_vec(),
/// };
/// assert!(file.len() <= photo.len());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`plan`]; [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when the source or the plan's memory is past
/// `limits`, [`Malformed`](crate::ErrorKind::Malformed) when the source is damaged,
/// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when an allocation fails,
/// [`OutputTooLarge`](crate::ErrorKind::OutputTooLarge) when `Params::target_size` can't be reached.
pub fn convert(bytes: &[u8], params: &Params, limits: &Limits) -> Result<Outcome> {
    match prepared(bytes, params, limits)? {
        Prepared::Ended(outcome) => Ok(outcome),
        Prepared::Planned(plan, probe) => {
            let made = guarded(|| {
                let plan = trim::settled(bytes, *plan, params)?;
                limits.check_size(plan.output)?;
                Ok((target_size::run_to_size(bytes, &plan)?, plan.output))
            });
            ended(made, params, probe, limits)
        }
    }
}

/// A conversion whose source's header was read.
enum Prepared {
    /// It needs no pixels.
    Ended(Outcome),
    /// By a plan, of a source that is this.
    Planned(Box<Plan>, Probe),
}

/// Plans a conversion within its limits.
fn prepared(bytes: &[u8], params: &Params, limits: &Limits) -> Result<Prepared> {
    limits.check_input(bytes.len() as u64)?;
    let probe = codec::probe(bytes)?;
    if !probe.format.info().is_vector {
        limits.check_size(probe.size)?;
    }
    if probe.animated == Some(true) && !params.still && !params.moves(&probe) {
        return Ok(Prepared::Ended(Outcome::Kept(Kept::Animated)));
    }
    if params.format == Format::Svg && probe.format == Format::Svg {
        return pack(bytes, probe, limits).map(Prepared::Ended);
    }
    let plan = plan(&probe, params)?.within(limits);
    if plan.trim().is_none() {
        limits.check_size(plan.output)?;
    }
    limits.check_memory(plan.photo_bytes.saturating_add(bytes.len() as u64))?;
    Ok(Prepared::Planned(Box::new(plan), probe))
}

/// What came of a conversion.
fn ended(made: Result<(Encoded, Size)>, params: &Params, source: Probe, limits: &Limits) -> Result<Outcome> {
    let (Encoded { file, lossless }, size) = match made {
        Ok(made) => made,
        Err(error) if error.kind() == Kind::OutputTooLarge && limits.max_output_bytes < u64::MAX => {
            return Ok(Outcome::Kept(Kept::Larger));
        }
        Err(error) => return Err(error),
    };
    Ok(Outcome::Made(Made { bytes: file, format: params.format, size, lossless, source }))
}

/// An SVG as UTF-8, compressed by gzip.
fn pack(bytes: &[u8], probe: Probe, limits: &Limits) -> Result<Outcome> {
    let (format, size) = (Format::Svg, probe.size);
    let bytes = codec::packed_svg(bytes)?;
    if bytes.len() as u64 > limits.max_output_bytes {
        return Ok(Outcome::Kept(Kept::Larger));
    }
    Ok(Outcome::Made(Made { bytes, format, size, lossless: true, source: probe }))
}

/// Turns a panic into an error. Some of the codecs below are other people's, and assert here and there; a stranger's picture
/// must not end the program. Nothing is shared with the work, so nothing can be left half done. On wasm a panic traps all
/// the same.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic_message(&*panic).to_owned();
        Err(Error::with_source(Kind::Internal, "a codec failed an assertion of its own", said))
    })
}

/// A file that was coded.
#[derive(Debug, PartialEq, Eq)]
struct Encoded {
    file: Vec<u8>,
    /// True if each pixel is as it was.
    lossless: bool,
}

/// The steps that touch pixels, in order: nothing is turned or recoloured before it is as small as it will be.
fn run(bytes: &[u8], plan: &Plan) -> Result<Encoded> {
    if plan.moves && plan.probe.animated == Some(true) {
        return animation::to_webp(bytes, plan);
    }
    let by_rows = match plan.streams {
        true => photo(bytes, plan, strips::photo_to_file(bytes, plan, goal(bytes, plan)))?,
        false => ByRows::Turned,
    };
    run_rest(bytes, plan, by_rows)
}

/// The steps after its rows were coded as they came, or weren't.
fn run_rest(bytes: &[u8], plan: &Plan, by_rows: ByRows) -> Result<Encoded> {
    let lossy = match by_rows {
        ByRows::Made(encoded) => return Ok(encoded),
        ByRows::Graphic(file) if plan.graphic_streams() => match smaller_by_rows(bytes, plan, file)? {
            Some(encoded) => return Ok(encoded),
            None => None,
        },
        ByRows::Graphic(file) => file,
        ByRows::Turned => None,
    };
    finished(strips::decode_to_size(bytes, &plan.probe, &plan.limits, &plan.frame)?, plan, lossy)
}

/// The steps of a picture that is as small as it will be, of a graphic with its lossy file.
fn finished(framed: Framed, plan: &Plan, lossy: Option<Vec<u8>>) -> Result<Encoded> {
    let Framed { picture, orientation, metadata, is_complement } = framed;
    let picture = orient::upright(picture, orientation)?;
    // What is coded without loss becomes RGB in the end: before its colours change its chroma is still as it was
    // stored.
    let picture = match picture {
        Picture::Planes(planes) if plan.coding.lossless => Picture::Raster(planes.to_rgb()?),
        other => other,
    };
    let (icc, is_gray) = (metadata.icc.as_deref(), color::is_gray(&picture));
    let target = plan.coding.format;
    let keeps_colors = plan.keeps_colors(icc, is_gray);
    let picture = match keeps_colors {
        true => picture,
        false if is_complement => color::of_complement(picture, icc)?,
        false => color::to_srgb(picture, &metadata)?,
    };
    let picture = match &plan.finish {
        Some(finish) => Picture::Raster(finish.picture(picture.into_raster()?)?),
        None => picture,
    };
    let picture = match picture {
        // A profile that is kept says RGB, even where all is grey.
        Picture::Raster(raster) if !keeps_colors => Picture::Raster(raster.reduced()?),
        other => other,
    };
    let metadata = match plan.keep_metadata {
        true => metadata::kept(metadata, color::is_gray(&picture), target),
        false => Metadata::default(),
    };
    match lossy {
        Some(lossy) => graphic::smaller(Ok(lossy), picture, plan.coding, &metadata),
        None if plan.may_be_graphic => graphic::encode(picture, plan.coding, &metadata),
        None => encode(picture, &plan.coding, &metadata),
    }
}

/// What came of a picture's rows.
enum ByRows {
    Made(Encoded),
    /// It may be shorter without loss than its lossy file, or than it may be: it is looked at once more, as a whole.
    Graphic(Option<Vec<u8>>),
    /// It can't come by rows as it has to be turned.
    Turned,
}

/// True if a graphic may be coded as one: that takes more.
fn has_room(bytes: &[u8], plan: &Plan) -> bool {
    let most = plan.peak_bytes.saturating_add(bytes.len() as u64);
    plan.may_be_graphic && plan.limits.check_memory(most).is_ok()
}

/// What rows are wanted for when they come first.
fn goal(bytes: &[u8], plan: &Plan) -> Goal {
    match plan.coding.lossless {
        _ if plan.coding.is_surveyed() => Goal::Survey,
        true => Goal::Lossless(None),
        false => Goal::Photo { ends_early: has_room(bytes, plan) && plan.coding.format != Format::WebP },
    }
}

/// Goes on with a picture that was coded as its rows came; a graphic is made one as far as there is room for that.
fn photo(bytes: &[u8], plan: &Plan, streamed: Result<Option<Streamed>>) -> Result<ByRows> {
    let coding = &plan.coding;
    let has_room = has_room(bytes, plan);
    let is_webp = coding.format == Format::WebP;
    let made = |file| Ok(ByRows::Made(Encoded { file, lossless: coding.lossless }));
    match streamed {
        Ok(None) => Ok(ByRows::Turned),
        Ok(Some(streamed)) if !streamed.may_be_graphic || !has_room => made(streamed.file),
        Ok(Some(streamed)) if is_webp => Ok(ByRows::Graphic(Some(streamed.file))),
        // Its chroma is at full size then, and it is made so whether it is shorter or not.
        Ok(Some(streamed)) => {
            drop(streamed);
            let graphic = strips::photo_to_file(bytes, plan, Goal::Graphic)?;
            let streamed = match graphic {
                Some(streamed) if !streamed.may_be_graphic => {
                    strips::photo_to_file(bytes, plan, Goal::Photo { ends_early: false })?
                }
                graphic => graphic,
            };
            match streamed {
                Some(streamed) => made(streamed.file),
                None => Ok(ByRows::Turned),
            }
        }
        Err(error) if error.kind() == Kind::OutputTooLarge && has_room && is_webp => {
            Ok(ByRows::Graphic(None))
        }
        Err(error) => Err(error),
    }
}

/// Codes a graphic without loss as its rows come once more: the smaller of that file and the lossy one, if there is one.
/// `None` when it can't come by rows as it has to be turned.
fn smaller_by_rows(bytes: &[u8], plan: &Plan, lossy: Option<Vec<u8>>) -> Result<Option<Encoded>> {
    let mut plan = plan.clone();
    (plan.coding.lossless, plan.may_be_graphic) = (true, false);
    if let Some(lossy) = &lossy {
        // What is longer than the lossy file is of no use.
        (plan.coding.max_bytes, plan.coding.gives_up) = (lossy.len() as u64, true);
    }
    match (strips::photo_to_file(bytes, &plan, Goal::Lossless(None)), lossy) {
        (Err(error), Some(file)) if error.kind() == Kind::OutputTooLarge => {
            Ok(Some(Encoded { file, lossless: false }))
        }
        (streamed, _) => Ok(streamed?.map(|streamed| Encoded { file: streamed.file, lossless: true })),
    }
}

fn encode(picture: Picture, coding: &Coding, metadata: &Metadata) -> Result<Encoded> {
    Ok(Encoded { file: codec::encode(picture, coding, metadata)?, lossless: coding.lossless })
}

#[cfg(test)]
mod tests;
