//! One conversion, pure: bytes, parameters and limits in, bytes out. No IO, clock, environment or globals.
//!
//! [`convert`] reads like the pipeline: probe, plan, decode, turn, colour, scale, encode. [`plan`] is what can be
//! said of it from the header alone, and `codec::cost` states its memory from that.

mod crop;
mod describe;
mod orient;
mod params;
mod plan;
mod resize;

pub use self::{
    describe::{Description, describe},
    params::{Fit, Interest, Mode, Params, Resize},
    plan::{Plan, plan},
};

use crate::{
    codec::{self, Coding, Decoded, Format, Probe},
    error::Result,
    limits::Limits,
    pixel::{Metadata, Size},
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
    let plan = plan(&probe, params)?;
    limits.check_size(plan.output)?;
    limits.check_memory(plan.peak_bytes.saturating_add(bytes.len() as u64))?;

    let Decoded { picture, orientation, .. } = codec::decode(bytes, limits)?;
    let picture = resize::resize(picture, orientation, &plan)?;
    let picture = orient::upright(picture, orientation)?;
    let coding: &Coding = &plan.coding;
    let bytes = codec::encode(picture, coding, &Metadata::default())?;
    Ok(Outcome::Made(Made {
        bytes,
        format: coding.format,
        size: plan.output,
        lossless: coding.lossless,
        source: probe,
    }))
}
