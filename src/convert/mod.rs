//! One conversion, pure: bytes, parameters and limits in, bytes out. No IO, clock, environment or globals.
//!
//! [`convert`] reads like the pipeline: probe, plan, decode, crop and scale, turn, colour, encode. Where a picture comes
//! by rows, decoding and scaling are one step, and a photo for a lossy WebP is never whole (`strips`). [`plan`] is what can be
//! said of it from the header alone, and `codec::cost` states its memory from that.

mod color;
mod crop;
mod describe;
mod keep;
mod mode;
mod orient;
mod params;
mod plan;
mod recolor;
mod resize;
mod strips;

pub use self::{
    describe::{Description, describe},
    params::{Fit, Interest, Mode, Params, Resize},
    plan::{Frame, Plan, plan},
    resize::Filter,
};

use std::panic::{self, AssertUnwindSafe};

use crate::{
    codec::{self, Decoded, Format, Probe},
    error::{Error, Kind, Result},
    limits::Limits,
    pixel::{Metadata, Picture, Size},
};

/// What came of a conversion.
#[derive(Debug, Clone)]
#[non_exhaustive]
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
    /// It moves, and a still picture would not be the same.
    Animated,
}

/// Converts a picture.
///
/// # Errors
/// As [`plan`]; `Limit` when the source or the plan's memory is past `limits`, `Malformed` when the source is damaged,
/// `Memory` when an allocation fails.
pub fn convert(bytes: &[u8], params: &Params, limits: &Limits) -> Result<Outcome> {
    limits.check_input(bytes.len() as u64)?;
    let probe = codec::probe(bytes)?;
    limits.check_size(probe.size)?;
    if probe.animated == Some(true) {
        return Ok(Outcome::Kept(Kept::Animated));
    }
    let plan = plan(&probe, params)?.within(limits);
    limits.check_size(plan.output)?;
    limits.check_memory(plan.peak_bytes.saturating_add(bytes.len() as u64))?;

    let (bytes, lossless) = guarded(|| run(bytes, params, limits, &plan))?;
    Ok(Outcome::Made(Made { bytes, format: params.format, size: plan.output, lossless, source: probe }))
}

/// Turns a panic into an error. The codecs below are other people's, and assert here and there (`rav1e` on its own
/// decisions, `image-webp` and `jpeg-encoder` on buffers); a stranger's picture must not end the program. Nothing
/// is shared with the work, so nothing can be left half done. On wasm a panic traps all the same.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Error::new(Kind::Internal, "a codec failed an assertion of its own")))
}

/// The steps that touch pixels, in order: nothing is turned or recoloured before it is as small as it will be.
fn run(bytes: &[u8], params: &Params, limits: &Limits, plan: &Plan) -> Result<(Vec<u8>, bool)> {
    if plan.streams
        && let Some(bytes) = strips::photo_to_webp(bytes, params, limits, plan)?
    {
        return Ok((bytes, false));
    }
    let Decoded { picture, orientation, metadata } = strips::decode_to_size(bytes, limits, &plan.frame)?;
    let picture = orient::upright(picture, orientation)?;
    let (icc, is_gray) = (metadata.icc.as_deref(), color::is_gray(&picture));
    let keeps_colors = params.keep_metadata && keep::keeps_profile(icc, is_gray, params.format);
    let picture = if keeps_colors { picture } else { color::to_srgb(picture, icc)? };
    let picture = match picture {
        // A profile that is kept says RGB, even where all is grey.
        Picture::Raster(raster) if !keeps_colors => Picture::Raster(raster.reduced()?),
        other => other,
    };
    let metadata = match params.keep_metadata {
        true => keep::kept(metadata, color::is_gray(&picture), params.format),
        false => Metadata::default(),
    };
    if plan.may_be_graphic {
        mode::encode(picture, plan.coding, &metadata)
    } else {
        Ok((codec::encode(picture, &plan.coding, &metadata)?, plan.coding.lossless))
    }
}
