//! The best quality with which a result is short enough.

use super::{Encoded, Plan, run};
use crate::error::{Error, Kind, Result};

/// Runs a plan; where that has a target size, at the wanted quality or at the highest below it with which the
/// result is short enough, which bisection finds. The picture is decoded anew for each of at most eight tries, so
/// that none is held; a try ends as soon as it is sure to be too long.
///
/// # Errors
/// Those of [`run`]; [`Kind::OutputTooLarge`] when the result is too long even at quality 0.
pub(super) fn run_to_size(bytes: &[u8], plan: &Plan) -> Result<Encoded> {
    let Some(most) = plan.target_size else { return run(bytes, plan) };
    let attempt = |quality| {
        let mut plan = plan.clone();
        plan.coding = plan.coding.with_quality(quality);
        match run(bytes, &plan) {
            Ok(encoded) => Ok(Some(encoded)),
            Err(error) if error.kind() == Kind::OutputTooLarge => Ok(None),
            Err(error) => Err(error),
        }
    };
    let wanted = plan.coding.quality;
    if let Some(encoded) = attempt(wanted)? {
        return Ok(encoded);
    }
    let mut best = None;
    // All below `low` are short enough, `high` and all above are not.
    let (mut low, mut high) = (0, if plan.coding.lossless { 0 } else { wanted });
    while low < high {
        let middle = low.midpoint(high);
        match attempt(middle)? {
            Some(encoded) => (best, low) = (Some(encoded), middle + 1),
            None => high = middle,
        }
    }
    best.ok_or_else(|| Error::new(Kind::OutputTooLarge, too_long(most)))
}

/// Says that no quality makes the result short enough.
pub(crate) fn too_long(most: u64) -> String {
    format!("even at quality 0 there are more than {most} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::{self, Coding, Format},
        convert::{Kept, Mode, Outcome, Params, convert},
        limits::Limits,
        pixel::{Layout, Metadata, Picture, Raster, Size},
    };

    fn source(format: Format) -> Vec<u8> {
        let mut noise = 1_u32;
        let data = (0..60 * 50 * 3).map(|at| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (at / 90 + (noise >> 26)) as u8
        });
        let raster = Raster::new(Size::new(60, 50), Layout::Rgb, data.collect()).unwrap();
        let coding = Coding::new(format).with_quality(95).with_effort(1);
        codec::encode(Picture::Raster(raster), &coding, &Metadata::default()).unwrap()
    }

    fn made(source: &[u8], params: &Params, limits: &Limits) -> Result<Option<Vec<u8>>> {
        match convert(source, params, limits)? {
            Outcome::Made(made) => Ok(Some(made.bytes)),
            Outcome::Kept(kept) => {
                assert_eq!(kept, Kept::Larger);
                Ok(None)
            }
        }
    }

    #[test]
    fn a_result_has_the_best_quality_that_is_short_enough() {
        let limits = Limits::default();
        for (from, to) in
            [(Format::Jpeg, Format::WebP), (Format::Png, Format::WebP), (Format::Png, Format::Jpeg)]
        {
            let source = source(from);
            let mut params = Params { format: to, mode: Mode::Lossy, effort: 0, ..Params::default() };
            let files: Vec<Vec<u8>> = (0..=80)
                .map(|quality| {
                    made(&source, &Params { quality, ..params.clone() }, &limits).unwrap().unwrap()
                })
                .collect();
            for most in [files[80].len(), files[80].len() - 1, files[30].len(), files[0].len()] {
                params.target_size = Some(most as u64);
                let file = made(&source, &params, &limits).unwrap().unwrap();
                let fits = |quality: usize| files.get(quality).is_some_and(|file| file.len() <= most);
                let best = (0..=80).any(|quality| files[quality] == file && !fits(quality + 1));
                assert!(file.len() <= most && best, "{from:?} to {to:?}: {} of {most}", file.len());
            }
            params.target_size = Some(50);
            assert_eq!(made(&source, &params, &limits).unwrap_err().kind(), Kind::OutputTooLarge);
        }
    }

    #[test]
    fn what_would_be_too_long_is_kept() {
        let source = source(Format::Png);
        for (format, mode) in [
            (Format::WebP, Mode::Lossy),
            (Format::WebP, Mode::Lossless),
            (Format::WebP, Mode::Auto),
            (Format::Png, Mode::Auto),
            (Format::Jpeg, Mode::Auto),
        ] {
            let params = Params { format, mode, effort: 0, ..Params::default() };
            let file = made(&source, &params, &Limits::default()).unwrap().unwrap();
            let length = file.len() as u64;
            let limits = Limits { max_output_bytes: length, ..Limits::default() };
            assert!(made(&source, &params, &limits).unwrap() == Some(file), "{format:?} {mode:?}");
            let limits = Limits { max_output_bytes: length - 1, ..Limits::default() };
            assert_eq!(made(&source, &params, &limits).unwrap(), None, "{format:?} {mode:?}");
        }
    }
}
