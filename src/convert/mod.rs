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
mod target_size;
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
mod tests {
    use super::*;
    use crate::pixel::{Layout, Raster};

    /// A PNG of flat steps with a pattern in each, too large to be held from the start.
    fn graphic() -> Vec<u8> {
        let pixels = (0..1100 * 1000_u32).map(|at| (at % 1100 / 3 * 40 + at / 1100 / 60 * 7) as u8);
        let raster = Raster::new(
            Size::new(1100, 1000),
            Layout::Rgb,
            pixels.flat_map(|v| [v, v / 2, 255 - v]).collect(),
        );
        let coding = Coding::new(Format::Png).with_effort(0);
        codec::encode(Picture::Raster(raster.unwrap()), &coding, &Metadata::default()).unwrap()
    }

    fn made(bytes: &[u8], mode: Mode, max_memory: u64) -> Result<Made> {
        let params = Params { mode, effort: 0, ..Params::default() };
        match convert(bytes, &params, &Limits { max_memory, ..Limits::default() })? {
            Outcome::Made(made) => Ok(made),
            Outcome::Kept(_) => Err(Error::new(Kind::Internal, "kept")),
        }
    }

    #[test]
    fn a_panic_of_a_codec_is_an_error_that_keeps_what_it_said() {
        let error = guarded::<()>(|| panic!("row {} is torn", 7)).expect_err("it panicked");
        assert_eq!(error.kind(), Kind::Internal);
        assert!(error.to_string().ends_with(": row 7 is torn"), "{error}");
    }

    #[test]
    fn a_graphic_that_was_streamed_is_lossless_where_there_is_room() {
        let bytes = graphic();
        let params = Params { effort: 0, ..Params::default() };
        let plan = plan(&codec::probe(&bytes).unwrap(), &params).unwrap();
        assert!(plan.streams && plan.may_be_graphic && plan.photo_bytes < plan.peak_bytes);
        let room = Limits::default().max_memory;
        let (lossless, lossy) =
            (made(&bytes, Mode::Lossless, room).unwrap(), made(&bytes, Mode::Lossy, room).unwrap());
        assert!(lossless.bytes.len() < lossy.bytes.len());
        let file = bytes.len() as u64;
        for (room, expected) in
            [(plan.peak_bytes, &lossless), (plan.peak_bytes - 1, &lossy), (plan.photo_bytes, &lossy)]
        {
            let auto = made(&bytes, Mode::Auto, room + file).unwrap();
            assert_eq!(auto.lossless, expected.lossless);
            assert!(auto.bytes == expected.bytes);
        }
        let refused = made(&bytes, Mode::Auto, plan.photo_bytes + file - 1);
        assert_eq!(refused.map(|made| made.size).map_err(|error| error.kind()), Err(Kind::LimitExceeded));
    }

    /// Its rows come once more as soon as it is sure to be a graphic.
    #[test]
    fn a_graphic_by_rows_is_the_file_of_the_whole_one() {
        let bytes = graphic();
        for format in [Format::Jpeg, Format::Avif].into_iter().filter(|format| format.can_encode()) {
            let params = Params { effort: 0, ..Params::default() }.with_format(format);
            let plan = plan(&codec::probe(&bytes).unwrap(), &params).unwrap();
            assert!(plan.streams && plan.may_be_graphic);
            let mut photo = plan.clone();
            photo.may_be_graphic = false;
            let photo = run(&bytes, &photo).unwrap();
            let [by_rows, whole] = [true, false].map(|streams| {
                let mut plan = plan.clone();
                plan.streams = streams;
                run(&bytes, &plan).unwrap()
            });
            assert!(by_rows == whole && by_rows.file != photo.file, "{format}");
        }
    }

    /// What the first rows tell is believed until the others tell something else.
    #[test]
    fn a_graphic_that_looks_like_a_photo_at_first_is_one_and_the_other_way_round() {
        let noise = |at: u32| at.wrapping_mul(2_654_435_761).wrapping_mul(at ^ at >> 7) >> 24;
        for flat in [0..240, 0..120, 240..1000, 700..1000] {
            let pixels = (0..1100 * 1000_u32)
                .flat_map(|at| {
                    let is_flat = flat.contains(&(at / 1100));
                    (0..3).map(move |c| if is_flat { 90 } else { noise(at * 3 + c) as u8 })
                })
                .collect();
            let raster = Raster::new(Size::new(1100, 1000), Layout::Rgb, pixels).unwrap();
            let coding = Coding::new(Format::Png).with_effort(0);
            let bytes = codec::encode(Picture::Raster(raster), &coding, &Metadata::default()).unwrap();
            let params = Params { effort: 0, ..Params::default() }.with_format(Format::Jpeg);
            let plan = plan(&codec::probe(&bytes).unwrap(), &params).unwrap();
            let [by_rows, whole] = [true, false].map(|streams| {
                let mut plan = plan.clone();
                plan.streams = streams;
                run(&bytes, &plan).unwrap()
            });
            assert!(plan.streams && by_rows == whole, "{flat:?}");
        }
    }

    /// Colourful pixels, some of which can't be seen where there is alpha.
    fn colorful(layout: Layout) -> Picture {
        let sample = |at: u32, channel: u32| match (at % 41, layout.has_alpha(), channel + 1) {
            (0..9, true, last) if last == layout.channels() => 0,
            (9..30, true, last) if last == layout.channels() => 255,
            _ => (at * (7 + 5 * channel) / 3) as u8,
        };
        let data = (0..67 * 45_u32).flat_map(|at| (0..layout.channels()).map(move |c| sample(at, c)));
        Picture::Raster(Raster::new(Size::new(67, 45), layout, data.collect()).unwrap())
    }

    #[test]
    fn rows_give_the_file_that_the_whole_picture_gives() {
        let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
        let gray = moxcms::ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        for (format, layout) in [
            (Format::Png, Layout::Gray),
            (Format::Png, Layout::GrayAlpha),
            (Format::Png, Layout::Rgb),
            (Format::Png, Layout::Rgba),
            (Format::Jpeg, Layout::Gray),
        ] {
            for icc in [None, Some(if layout.channels() < 3 { &gray } else { &wide })] {
                let metadata = Metadata { icc: icc.cloned(), ..Metadata::default() };
                let coding = Coding::new(format).with_quality(90).with_effort(1);
                let bytes = codec::encode(colorful(layout), &coding, &metadata).unwrap();
                for (width, height, keep_metadata) in [
                    (None, None, false),
                    (None, None, true),
                    (Some(30), None, false),
                    (Some(20), Some(20), true),
                ] {
                    let resize = Some(Resize { width, height, fit: Fit::Cover, ..Resize::default() });
                    for (target, mode) in
                        [(Format::WebP, Mode::Lossy), (Format::Jpeg, Mode::Auto), (Format::Png, Mode::Auto)]
                    {
                        let params = Params { mode, effort: 0, resize, keep_metadata, ..Params::default() };
                        let params = params.with_format(target);
                        let plan = plan(&codec::probe(&bytes).unwrap(), &params).unwrap();
                        assert!(plan.streams || target != Format::WebP);
                        let [by_rows, whole] = [true, false].map(|streams| {
                            let mut plan = plan.clone();
                            plan.streams = streams;
                            run(&bytes, &plan)
                        });
                        let case = format!("{format:?} {layout:?} {} {width:?} {target:?}", icc.is_some());
                        assert!(by_rows.unwrap() == whole.unwrap(), "{case}");
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_is_planned_for_a_side_of_zero() {
        // As of a GIF whose screen and frame have no side.
        let gif = b"GIF89a\x07\0\x07\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
        let mut probe = codec::probe(gif).unwrap();
        for (width, height) in [(0, 0), (7, 0), (0, 7)] {
            probe.size = Size::new(width, height);
            for resize in [None, Some(Resize::to_width(5)), Some(Resize::new(5, 5).with_enlarge(true))] {
                let params = Params::default().with_resize(resize);
                assert_eq!(plan(&probe, &params).map_err(|error| error.kind()), Err(Kind::Malformed));
            }
        }
    }

    /// What a header states is planned before any limit is asked.
    #[test]
    fn the_largest_headers_are_planned_without_overflow() {
        let picture = Picture::Raster(Raster::new(Size::new(1, 1), Layout::Rgb, vec![0; 3]).unwrap());
        let png = codec::encode(picture, &Coding::new(Format::Png), &Metadata::default()).unwrap();
        let mut probe = codec::probe(&png).unwrap();
        for side in [1 << 24, u32::MAX >> 1, u32::MAX - 1, u32::MAX] {
            probe.size = Size::new(side, side);
            for width in [None, Some(800)] {
                for format in [Format::Png, Format::Jpeg, Format::WebP] {
                    let resize = width.map(|width| Resize { width: Some(width), ..Resize::default() });
                    let params = Params { format, resize, ..Params::default() };
                    match plan(&probe, &params) {
                        Ok(plan) => assert!(plan.peak_bytes > u64::from(side)),
                        Err(error) => assert_eq!(error.kind(), Kind::LimitExceeded),
                    }
                }
            }
        }
    }
}
