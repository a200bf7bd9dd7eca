//! Several results of one source by one decoding: its rows go to each of them, which makes of them what it would alone.
//!
//! Owns which results are made so, and what that takes. What is decoded as a whole, or more than once (a border that is cut
//! off, a length that is tried for, a PNG of which many colours have to be counted, a large WebP without loss), or at another
//! scale of a JPEG, is made by itself; so is what there is no room for beside the others, and a graphic once it is known to
//! be one.

use std::ops::Range;

use super::{
    Encoded, Outcome, Params, Plan, Prepared, ended,
    fan::{self, Taken},
    finished, goal, guarded, photo, plan, prepared, run, run_rest,
};
use crate::{
    codec::{
        self, Format, Probe,
        cost::{self, Buffering},
    },
    error::Result,
    limits::Limits,
    pixel::Orientation,
};

/// Converts a picture to several results, decoding it no more often than it takes: each is what [`convert`](super::convert)
/// makes of it. Where `Limits::max_memory` has no room for all at once they are made one after the other.
///
/// ```
/// use slimpix::{Format, Limits, Outcome, Params, Resize, convert_each};
///
/// # let photo = &slimpix::webp::Encoder::new(80).encode(&[99; 64 * 48 * 3], 64, 48).unwrap();
/// let widths = [16, 32].map(|width| Params::default().with_resize(Resize::to_width(width)));
/// for made in convert_each(photo, &widths, &Limits::default()) {
///     assert!(matches!(made, Ok(Outcome::Made(made)) if made.format == Format::WebP));
/// }
/// ```
pub fn convert_each(bytes: &[u8], wanted: &[Params], limits: &Limits) -> Vec<Result<Outcome>> {
    let plans = codec::probe(bytes).ok().map(|probe| {
        let plans = wanted.iter().map(|params| Ok(plan(&probe, params)?.within(limits)));
        plans.collect::<Result<Vec<_>>>()
    });
    let room = limits.max_memory.saturating_sub(bytes.len() as u64);
    let sets = match plans {
        Some(Ok(plans)) => sets(&plans, room).into_iter().map(|set| set.plans).collect(),
        // Each says for itself what is wrong.
        _ => (0..wanted.len()).map(|at| at..at + 1).collect::<Vec<_>>(),
    };
    sets.into_iter()
        .flat_map(|set| convert_set(bytes, &wanted[set].iter().collect::<Vec<_>>(), limits))
        .collect()
}

/// The most bytes that conversions of one source hold at once, beside it, when it is decoded once for all of them. `None`
/// where they need its rows in different ways, or as a whole.
///
/// ```
/// use slimpix::{Params, Resize, plan, probe, together_bytes};
///
/// # let photo = &slimpix::webp::Encoder::new(80).encode(&[99; 64 * 48 * 3], 64, 48).unwrap();
/// let source = probe(photo).unwrap();
/// let plans = [16, 32].map(|width| plan(&source, &Params::default().with_resize(Resize::to_width(width))).unwrap());
/// let alone: u64 = plans.iter().map(|plan| plan.peak_bytes).sum();
/// assert!(together_bytes(&plans).unwrap() < alone);
/// ```
#[must_use]
pub fn together_bytes(plans: &[Plan]) -> Option<u64> {
    let reading = plans.first()?.reading()?;
    if plans.iter().any(|plan| plan.reading() != Some(reading)) {
        return None;
    }
    let (mut decoding, mut others) = (0, 0_u64);
    for (own, rest) in plans.iter().map(Plan::parts) {
        (decoding, others) = (own.max(decoding), others.saturating_add(rest));
    }
    Some(others.saturating_add(decoding))
}

/// How a source's rows come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// In eighths of its size.
    scale_num: u32,
    turn: Orientation,
}

impl Plan {
    /// How the rows of the source have to come, where they come once and in order.
    pub(super) fn reading(&self) -> Option<Reading> {
        let is_moving = self.moves && self.probe.animated == Some(true);
        let is_once = self.trim().is_none() && self.target_size.is_none() && !is_moving;
        let is_by_rows = match self.pipeline.buffering {
            // A PNG and a WebP without loss need them more than once.
            Buffering::Streamed => !self.coding.is_surveyed() && !self.coding.lossless,
            Buffering::Gathered => true,
            Buffering::Whole => false,
        };
        // Only a JPEG's rows can come turned.
        let turns = self.streams && self.probe.format == Format::Jpeg;
        (is_once && is_by_rows).then_some(Reading {
            scale_num: self.pipeline.scale_num,
            turn: if turns { self.probe.orientation } else { Orientation::Upright },
        })
    }

    /// Of the bytes that the conversion holds: those that decoding by rows takes, and the rest, which is never less than
    /// what is left to hold after that.
    fn parts(&self) -> (u64, u64) {
        let decoding = cost::decoding_rows_bytes(&self.probe, &self.pipeline, self.coding.threads);
        let file = cost::file_bytes(&self.probe, &self.coding, &self.pipeline, self.may_be_graphic);
        (decoding, self.peak_bytes.saturating_sub(decoding).max(file))
    }
}

/// Conversions of one source that are made by one decoding, or a single one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set {
    /// Which of the plans they have.
    pub(crate) plans: Range<usize>,
    /// The most bytes that they hold at once, beside the source.
    pub(crate) bytes: u64,
}

/// Neighbours among the plans for a source that are made by one decoding, as many as there is room for.
pub(crate) fn sets(plans: &[Plan], room: u64) -> Vec<Set> {
    let mut sets: Vec<Set> = Vec::new();
    for (at, plan) in plans.iter().enumerate() {
        if let Some(set) = sets.last_mut()
            && let Some(bytes) = together_bytes(&plans[set.plans.start..=at])
            && bytes <= room
        {
            *set = Set { plans: set.plans.start..at + 1, bytes };
        } else {
            sets.push(Set { plans: at..at + 1, bytes: plan.peak_bytes });
        }
    }
    sets
}

/// Converts a picture to the results of a set.
pub(crate) fn convert_set(bytes: &[u8], wanted: &[&Params], limits: &Limits) -> Vec<Result<Outcome>> {
    if let [alone] = wanted {
        return vec![super::convert(bytes, alone, limits)];
    }
    let prepared: Vec<_> = wanted.iter().map(|params| prepared(bytes, params, limits)).collect();
    let plans = prepared.iter().filter_map(|prepared| match prepared {
        Ok(Prepared::Planned(plan, _)) => Some(&**plan),
        _ => None,
    });
    let plans: Vec<&Plan> = plans.filter(|plan| plan.reading().is_some()).collect();
    let goals = plans.iter().map(|plan| (*plan, plan.streams.then(|| goal(bytes, plan))));
    let goals = goals.collect();
    // Whose codec fails an assertion of its own is found when each is made by itself.
    let taken = guarded(|| Ok(fan::decode_once(bytes, goals))).unwrap_or_default();
    let mut taken = taken.into_iter();
    let mut outcomes = Vec::new();
    for (prepared, params) in prepared.iter().zip(wanted) {
        outcomes.push(match prepared {
            Ok(Prepared::Planned(plan, probe)) if plan.reading().is_some() => {
                let taken = taken.next().unwrap_or(Taken::Apart);
                of_taken(bytes, (plan, probe), taken, params, limits)
            }
            // What came of it, or fails, without rows.
            _ => super::convert(bytes, params, limits),
        });
    }
    outcomes
}

/// What a result becomes, its rows having been taken.
fn of_taken(
    bytes: &[u8],
    (plan, source): (&Plan, &Probe),
    taken: Taken,
    params: &Params,
    limits: &Limits,
) -> Result<Outcome> {
    let made = guarded(|| Ok((encoded(bytes, plan, taken)?, plan.output)));
    ended(made, params, source.clone(), limits)
}

fn encoded(bytes: &[u8], plan: &Plan, taken: Taken) -> Result<Encoded> {
    match taken {
        Taken::Apart => run(bytes, plan),
        Taken::Coded(streamed) => run_rest(bytes, plan, photo(bytes, plan, streamed.map(Some))?),
        Taken::Framed(framed) => finished(framed?, plan, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::Coding,
        convert::{Mode, Resize},
        error::Kind,
        pixel::{Layout, Metadata, Picture, Raster, Size},
    };

    fn source(format: Format, layout: Layout, is_flat: bool) -> Vec<u8> {
        source_of(Size::new(1200, 960), format, layout, is_flat)
    }

    fn source_of(size: Size, format: Format, layout: Layout, is_flat: bool) -> Vec<u8> {
        let mut noise = 1_u32;
        let data = (0..size.width * size.height * layout.channels()).map(|at| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (at / 9000 + if is_flat { at / 60 % 7 * 30 } else { noise >> 27 }) as u8
        });
        let raster = Raster::new(size, layout, data.collect()).unwrap();
        let coding = Coding::new(format).with_quality(90).with_effort(0);
        codec::encode(Picture::Raster(raster), &coding, &Metadata::default()).unwrap()
    }

    fn of_widths(params: &Params, widths: &[u32]) -> Vec<Params> {
        widths.iter().map(|width| params.clone().with_resize(Resize::to_width(*width))).collect()
    }

    fn plans(bytes: &[u8], wanted: &[Params]) -> Vec<Plan> {
        let probe = codec::probe(bytes).unwrap();
        wanted.iter().map(|params| plan(&probe, params).unwrap()).collect()
    }

    fn told(outcome: Result<Outcome>) -> std::result::Result<(Option<Vec<u8>>, bool), String> {
        match outcome {
            Ok(Outcome::Made(made)) => Ok((Some(made.bytes), made.lossless)),
            Ok(Outcome::Kept(_)) => Ok((None, false)),
            Err(error) => Err(error.to_string()),
        }
    }

    fn assert_alike(name: &str, bytes: &[u8], wanted: &[Params], limits: &Limits) {
        for (at, (each, params)) in convert_each(bytes, wanted, limits).into_iter().zip(wanted).enumerate() {
            let alone = told(super::super::convert(bytes, params, limits));
            assert!(told(each) == alone, "{name}: the {at}th is another one than alone");
        }
    }

    #[test]
    fn each_is_what_it_is_alone() {
        let params = Params { effort: 0, ..Params::default() };
        let avif = params.clone().with_format(Format::Avif);
        let png = params.clone().with_format(Format::Png);
        let mut wanted = of_widths(&params, &[90, 300, 1100]);
        wanted.extend(of_widths(&avif, &[90, 1100]).into_iter().filter(|_| Format::Avif.can_encode()));
        wanted.extend(of_widths(&png, &[90]));
        wanted.extend(of_widths(&params.with_target_size(Some(900)), &[90]));
        for (format, layout, is_flat) in [
            (Format::Jpeg, Layout::Rgb, false),
            (Format::Jpeg, Layout::Gray, false),
            (Format::Png, Layout::Rgb, true),
            (Format::Png, Layout::Rgba, false),
            (Format::WebP, Layout::Rgb, false),
        ] {
            let bytes = source(format, layout, is_flat);
            let name = format!("{format} {layout:?}");
            assert_alike(&name, &bytes, &wanted, &Limits::default());
            // Some are too long, and the others aren't.
            let limits = Limits { max_output_bytes: 20_000, ..Limits::default() };
            assert_alike(&name, &bytes, &wanted, &limits);
            // Its end is missing.
            assert_alike(&name, &bytes[..bytes.len() / 2], &wanted[..3], &Limits::default());
        }
    }

    #[test]
    fn what_comes_alike_is_decoded_once_where_there_is_room() {
        let bytes = source(Format::Png, Layout::Rgb, false);
        let params = Params { effort: 0, ..Params::default() };
        let wanted = of_widths(&params, &[90, 300, 1100, 1200]);
        let plans = plans(&bytes, &wanted);
        let parts = |room| {
            sets(&plans, room).into_iter().map(|set| (set.plans.start, set.plans.end)).collect::<Vec<_>>()
        };
        let all = together_bytes(&plans).unwrap();
        assert_eq!(parts(all), [(0, 4)]);
        assert_eq!(parts(all - 1), [(0, 3), (3, 4)]);
        assert_eq!(parts(0), [(0, 1), (1, 2), (2, 3), (3, 4)]);
        let goals = plans.iter().map(|plan| (plan, plan.streams.then(|| goal(&bytes, plan)))).collect();
        let taken = fan::decode_once(&bytes, goals);
        assert!(taken.iter().all(|taken| !matches!(taken, Taken::Apart)));
    }

    /// A JPEG is decoded at the scale that is next to what is wanted.
    #[test]
    fn what_needs_other_rows_is_not_made_together() {
        let bytes = source(Format::Jpeg, Layout::Rgb, false);
        let params = Params { effort: 0, mode: Mode::Lossy, ..Params::default() };
        let plans = plans(&bytes, &of_widths(&params, &[140, 150, 1100]));
        let parts: Vec<_> = sets(&plans, u64::MAX).into_iter().map(|set| set.plans).collect();
        assert_eq!(parts, [0..2, 2..3]);
        assert_eq!(together_bytes(&plans), None);
        assert_eq!(together_bytes(&[]), None);
    }

    /// A large WebP without loss needs its rows several times, and a graphic that becomes one once it is known to be one.
    #[test]
    fn what_needs_its_rows_several_times_has_them_by_itself() {
        let bytes = source_of(Size::new(1600, 1400), Format::Png, Layout::Rgb, true);
        let params = Params { effort: 0, ..Params::default() };
        let lossless = of_widths(&params.clone().with_mode(Mode::Lossless), &[1600, 1500, 300, 200]);
        let parts = |plans: &[Plan]| {
            sets(plans, u64::MAX).into_iter().map(|set| (set.plans.start, set.plans.end)).collect::<Vec<_>>()
        };
        let planned = plans(&bytes, &lossless);
        assert!(planned[0].streams && !planned[1].streams);
        assert_eq!(parts(&planned), [(0, 1), (1, 4)]);
        assert_alike("lossless", &bytes, &lossless, &Limits::default());
        let graphics = of_widths(&params, &[1600, 1550, 300]);
        let planned = plans(&bytes, &graphics);
        assert_eq!(parts(&planned[..2]), [(0, 2)]);
        assert!(planned[..2].iter().all(Plan::graphic_streams));
        assert_alike("graphic", &bytes, &graphics, &Limits::default());
    }

    #[test]
    fn what_is_refused_is_refused_for_itself() {
        let bytes = source(Format::Jpeg, Layout::Rgb, false);
        let wanted =
            [Params::default().with_resize(Resize::to_width(90)), Params::default().with_quality(200)];
        let made = convert_each(&bytes, &wanted, &Limits::default());
        assert!(made[0].is_ok());
        assert_eq!(made[1].as_ref().unwrap_err().kind(), Kind::Parameter);
    }
}
