//! Selects the formats that are worth making for a request, and the representation that answers it (RFC 9110 §12).
//!
//! What is made ([`formats`]): the policy's formats that the client names. Where there is none of them, and the source
//! can't go out as it is (the client can't show it, or another size is wanted), one that everybody shows: JPEG for
//! photos, PNG for the rest. An explicit `format=` is made alone.
//!
//! What goes out: the smallest of these and of the source, if the client shows that. A source of another shape than
//! the wanted one competes only when there is nothing else. An explicit format goes out whatever its size. While there
//! is no room for a conversion, a source goes out only to who can show it.

mod formats;

use std::collections::BTreeMap;

use super::{
    encode_settings::EncodeSettings,
    job::{Job, Product, Task},
    negotiation::Accepted,
    params::{Topic, Wanted},
    policy::{Drawings, Policy},
    record::{Entry, Record, SourceState, Variant},
    trace::Trace,
};
use crate::{
    codec::{Format, Probe, Writing},
    convert::{self, Mode, Params},
    error::Kind,
    limits::Limits,
};

/// Why a format was not made for this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SkipReason {
    /// It would take more than the whole budget, or than a limit, or too long.
    NeverFits,
    /// There was no room in time.
    NoRoom,
    /// Whoever was making it took too long, or went away.
    NotInTime,
    /// It failed.
    Failed(Kind),
    /// The file was there twice, and couldn't be opened.
    Lost,
}

impl SkipReason {
    /// True if the next request may have more luck.
    pub(super) const fn is_transient(self) -> bool {
        match self {
            Self::NeverFits => false,
            Self::NoRoom | Self::NotInTime | Self::Lost => true,
            Self::Failed(kind) => !kind.is_permanent(),
        }
    }
}

/// All that a selection depends on: what there is, and what the client and the policy want.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selector<'a> {
    pub(super) policy: &'a Policy,
    pub(super) accepted: Accepted,
    pub(super) wanted: &'a Wanted,
    pub(super) record: &'a Record,
    pub(super) state: &'a SourceState,
    pub(super) gave_up: &'a BTreeMap<Product, SkipReason>,
}

/// What goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selected {
    Source,
    Variant(Format, Variant),
    /// Nothing that this client can show.
    Nothing,
}

/// The next thing to be made, or why one is out of the question.
pub(super) enum NextJob {
    Make(Box<Job>),
    GiveUp(Product, SkipReason),
    Nothing,
}

/// How long a result may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    /// As long as pictures are: room for noise would be many times as much.
    Likely,
    /// As long as it is of use.
    Any,
}

/// What a conversion takes.
struct Requirements {
    /// The most bytes that it holds at once, the source file included.
    peak_bytes: u64,
    /// What it is told to have.
    max_memory: u64,
    /// The most bytes of its result.
    max_bytes: u64,
}

impl Selector<'_> {
    /// What is still to be made for this request.
    pub(super) fn next(&self, topic: Topic) -> NextJob {
        let Some(probe) = &self.state.probe else { return NextJob::Nothing };
        if topic == Topic::Meta {
            return self.next_description(probe);
        }
        let Some(format) = self.next_format() else { return NextJob::Nothing };
        self.next_job(probe, Task::Picture(self.params(format)))
    }

    /// The smallest of what is there and can be shown.
    pub(super) fn select(&self) -> Selected {
        let made = self.formats().into_iter().filter_map(|format| {
            self.record.variant(format).filter(|_| self.is_current(format)).map(|variant| (format, variant))
        });
        let best = made.min_by_key(|(_, variant)| variant.size);
        match best {
            Some((_, variant)) if self.source_competes() && self.state.validators.len <= variant.size => {
                Selected::Source
            }
            Some((format, variant)) => Selected::Variant(format, variant.clone()),
            None if self.source_is_allowed() && (self.source_is_an_answer() || !self.may_be_made_later()) => {
                Selected::Source
            }
            None => Selected::Nothing,
        }
    }

    /// True if the client is taken to show the source as it is.
    pub(super) fn source_is_shown(&self) -> bool {
        self.state.format.is_some_and(|format| {
            self.wanted.format.is_none_or(|wanted| wanted == format)
                && self.accepted.shows(format)
                && !self.source_is_blank()
        })
    }

    /// True if the source is a picture for who gets it: every browser shows it, or this client does.
    pub(super) fn source_is_an_answer(&self) -> bool {
        let Some(own) = self.state.format else { return false };
        let is_shown =
            if self.wanted.format.is_none() { self.source_is_shown() } else { own == Format::WebP };
        is_shown || own.info().is_web_safe
    }

    /// True if only the moment keeps something from being made.
    fn may_be_made_later(&self) -> bool {
        self.gave_up.values().any(|why| why.is_transient())
    }

    /// True for an icon whose PNG says what its colours are: Chromium shows nothing of it.
    fn source_is_blank(&self) -> bool {
        self.state
            .probe
            .as_ref()
            .is_some_and(|probe| probe.format == Format::Ico && probe.may_need_conversion())
    }

    /// The parameters of a conversion to a format: those that are wanted, or, where these never fit, the first that
    /// do on the way to the cheapest. What never fits at all keeps the wanted ones.
    pub(super) fn params(&self, format: Format) -> Params {
        let wanted = self.wanted_params(format);
        match &self.state.probe {
            Some(probe) if self.requirements(probe, &wanted, Length::Likely).is_err() => {
                cheaper(wanted.clone())
                    .find(|params| self.requirements(probe, params, Length::Likely).is_ok())
                    .unwrap_or(wanted)
            }
            _ => wanted,
        }
    }

    /// Why a format can't be made of this source at all, if so.
    pub(super) fn plan_error(&self, format: Format) -> Option<String> {
        let probe = self.state.probe.as_ref()?;
        convert::plan(probe, &self.params(format)).err().map(|error| error.to_string())
    }

    /// Why nothing is made of a source of a format that is read here; `None` where there is no more to it than that
    /// the source is the best there is, or that it moves.
    pub(super) fn why_unconverted(&self, trace: &Trace) -> Option<String> {
        if !self.state.format.is_some_and(Format::can_decode) {
            return None;
        }
        let Some(probe) = &self.state.probe else {
            let problem = self.state.problem.as_deref().unwrap_or("its header makes no sense");
            return Some(problem.to_owned());
        };
        let limits = &self.policy.limits;
        let checked =
            limits.check_input(self.state.validators.len).and_then(|()| limits.check_size(probe.size));
        if let Err(error) = checked {
            return Some(error.to_string());
        }
        let reasons = self.formats().into_iter().filter_map(|format| {
            let reason = self.failure(format, trace)?;
            Some(format!("{}: {reason}", format.extension()))
        });
        let reasons: Vec<String> = reasons.collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// What became of a format for good, where it isn't there.
    fn failure<'a>(&'a self, format: Format, trace: &'a Trace) -> Option<&'a str> {
        match (self.gave_up.get(&Product::Picture(format)), self.record.entry(format)) {
            (Some(SkipReason::NeverFits), _) => Some("it needs more memory than there is"),
            (Some(SkipReason::Failed(_)), _) => {
                Some(trace.reasons.get(&format).map_or("it failed", String::as_str))
            }
            (None, Some(Entry::Failed { reason, .. })) => Some(reason.as_str()),
            _ => None,
        }
    }

    fn wanted_params(&self, format: Format) -> Params {
        let policy = self.policy;
        let usual = policy.quality_of(format).min(100);
        let usual = if self.wanted.saves_data { usual - usual / 4 } else { usual };
        let quality = self.wanted.quality.unwrap_or(usual);
        let params = Params {
            format,
            quality: quality.min(100),
            alpha_quality: 100,
            effort: policy.effort,
            mode: match format {
                Format::WebP if quality >= 100 && policy.mode == Mode::Auto => Mode::Lossless,
                format if policy.mode == Mode::Lossless && !format.info().has_lossless() => Mode::Lossy,
                _ => policy.mode,
            },
            resize: self.wanted.resize(policy.interest),
            keep_metadata: policy.keep_metadata,
            target_size: None,
            still: self.wanted.still,
            ..Params::default()
        };
        self.wanted.effects.apply(params, self.policy.watermark.as_ref())
    }

    /// What is wanted without what makes no difference to the source, if there is anything of that: its own size, since
    /// nothing is enlarged here, and a background that isn't seen.
    pub(super) fn settled(&self) -> Option<Wanted> {
        let probe = self.state.probe.as_ref().filter(|probe| probe.format.can_decode())?;
        let params = self.wanted_params(Format::Jpeg);
        // What is left without a border may have another shape than the source.
        let is_own_size = params.resize.is_some()
            && params.trim.is_none()
            && convert::plan(probe, &params).is_ok_and(|plan| plan.output == plan.source);
        let mut wanted = if is_own_size { self.wanted.without_size() } else { self.wanted.clone() };
        wanted.effects = wanted.effects.of_source(probe, wanted.fit);
        (wanted != *self.wanted).then_some(wanted)
    }

    fn next_format(&self) -> Option<Format> {
        let open = self.formats().into_iter().filter(|format| !self.is_settled(*format));
        // The cheap ones first: while there is room for little, a WebP is better than waiting for an AVIF.
        open.min_by_key(|format| *format == Format::Avif)
    }

    fn next_description(&self, probe: &Probe) -> NextJob {
        let is_known = self.record.slimpix.as_ref().is_some_and(|known| known.described);
        if is_known || self.gave_up.contains_key(&Product::Description) || !self.is_readable(probe) {
            return NextJob::Nothing;
        }
        self.next_job(probe, Task::Describe)
    }

    fn next_job(&self, probe: &Probe, task: Task) -> NextJob {
        let length = if task == Task::Describe { Length::Any } else { Length::Likely };
        match self.requirements(probe, &task.planned_params(), length) {
            Ok(Requirements { peak_bytes, max_memory, max_bytes }) => {
                NextJob::Make(Box::new(Job { task, max_bytes, max_memory, peak_bytes }))
            }
            Err(why) => NextJob::GiveUp(task.product(), why),
        }
    }

    /// A job whose result was longer than is likely, anew, with memory for any length that is of use. None where it was no
    /// longer than that, but than was asked for.
    pub(super) fn retry_with_more(&self, job: &Job) -> Option<Result<Job, SkipReason>> {
        let is_asked = job.asked_bytes().is_some_and(|asked| asked <= job.max_bytes);
        let probe = self.state.probe.as_ref().filter(|_| job.max_bytes < self.max_bytes() && !is_asked)?;
        let requirements = self.requirements(probe, &job.task.planned_params(), Length::Any);
        Some(requirements.map(|Requirements { peak_bytes, max_memory, max_bytes }| Job {
            max_bytes,
            max_memory,
            peak_bytes,
            ..job.clone()
        }))
    }

    /// The most bytes that a variant may have: where the source goes out if it is smaller, it must be shorter.
    fn max_bytes(&self) -> u64 {
        if self.source_competes() { self.state.validators.len.saturating_sub(1) } else { u64::MAX }
    }

    /// What a conversion takes; `NeverFits` when that is more than there will ever be.
    fn requirements(
        &self,
        probe: &Probe,
        params: &Params,
        length: Length,
    ) -> Result<Requirements, SkipReason> {
        let plan = convert::plan(probe, params).map_err(|error| SkipReason::Failed(error.kind()))?;
        let likely = plan.likely_file_bytes().filter(|_| length == Length::Likely);
        let max_bytes = self.max_bytes().min(likely.unwrap_or(u64::MAX));
        let limits = &Limits { max_output_bytes: max_bytes, ..self.policy.limits.clone() };
        let plan = plan.within(limits);
        let [peak, photo] =
            [plan.peak_bytes, plan.photo_bytes].map(|bytes| bytes.saturating_add(self.state.validators.len));
        let has_room = |bytes| bytes <= self.policy.budget && limits.check_memory(bytes).is_ok();
        // With less a graphic stays lossy. A profile is read within a limit of its own, which is more.
        let (peak_bytes, max_memory) =
            if has_room(peak) || probe.icc { (peak, limits.max_memory) } else { (photo, photo) };
        // A length is found by coding again and again.
        let tries = if params.target_size.is_some() { 8 } else { 1 };
        let pixels = plan.output.pixels().saturating_mul(tries);
        let fits = has_room(peak_bytes)
            && limits.check_size(plan.output).is_ok()
            && (params.format != Format::Avif || pixels <= self.policy.avif_max_pixels);
        if fits { Ok(Requirements { peak_bytes, max_memory, max_bytes }) } else { Err(SkipReason::NeverFits) }
    }

    /// True if the format needs no more work in this request.
    fn is_settled(&self, format: Format) -> bool {
        self.gave_up.contains_key(&Product::Picture(format)) || self.is_current(format)
    }

    /// True if the record says something about the format that still holds: of the wanted parameters, or of those
    /// that there is room for.
    pub(super) fn is_current(&self, format: Format) -> bool {
        let Some(entry) = self.record.entry(format) else { return false };
        let is_enough = !matches!(entry, Entry::Declined { .. }) || self.source_competes();
        let is_of = |params: &Params| entry.is_current(EncodeSettings::of(params));
        is_enough && (is_of(&self.wanted_params(format)) || is_of(&self.params(format)))
    }

    /// True if the source goes out when it is the smallest.
    pub(super) fn source_competes(&self) -> bool {
        let is_kept_back = self.state.probe.as_ref().is_some_and(|probe| {
            // Chromium would show nothing; or a picture is wanted of it.
            probe.demands.writing == Writing::Foreign && self.packs(probe)
                || self.is_always_drawn(probe)
                || self.is_drawn_at_a_size(probe)
                || self.stands_still(probe)
        });
        self.source_is_shown() && !self.wanted.reshapes() && !is_kept_back
    }

    /// True if the source may go out when there is nothing else. A URL that names a format is the same for all.
    fn source_is_allowed(&self) -> bool {
        self.wanted.format.is_some() || self.state.format.is_some_and(|format| self.accepted.allows(format))
    }

    fn is_convertible(&self, probe: &Probe) -> bool {
        let is_drawn = probe.format != Format::Svg || self.policy.svg != Drawings::Never;
        let is_played = !self.moves(probe) || probe.format.info().moves;
        is_played && is_drawn && self.is_readable(probe)
    }

    fn is_readable(&self, probe: &Probe) -> bool {
        let limits = &self.policy.limits;
        probe.format.can_decode()
            && limits.check_input(self.state.validators.len).is_ok()
            && limits.check_size(probe.size).is_ok()
    }
}

/// Parameters that take less memory, from the best to the cheapest: less effort, then no test whether the picture is a
/// graphic. Lossless parameters stay lossless.
fn cheaper(params: Params) -> impl Iterator<Item = Params> {
    let modes = [Some(params.mode), (params.mode == Mode::Auto).then_some(Mode::Lossy)];
    let efforts = 0..=params.effort;
    modes.into_iter().flatten().flat_map(move |mode| {
        let params = params.clone();
        efforts.clone().rev().map(move |effort| Params { mode, effort, ..params.clone() })
    })
}
