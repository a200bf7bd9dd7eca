//! Figures of what the server does, for Prometheus: counters that any thread adds to without a lock. [`text`] writes them.
//!
//! A cached answer costs two additions. What can be asked of its owner (the queue, the budget, the cache) is not kept
//! here but read when somebody asks.

mod counter;
pub(crate) mod text;

use std::time::Duration;

pub(crate) use self::counter::{Counter, Histogram};
use crate::{
    codec::Format,
    error::Kind,
    native::job::JobOutcome,
    service::{Body, Decision, Response},
};

/// The statuses that are told apart; others are counted as the last.
const STATUSES: [u16; 18] =
    [200, 204, 206, 301, 302, 304, 400, 403, 404, 405, 406, 412, 414, 416, 500, 502, 503, 504];

/// What conversions make, by its extension; the last is everything else.
const FORMATS: [&str; 6] = ["webp", "avif", "jpg", "png", "svg", "other"];

/// What becomes of a conversion.
const RESULTS: [&str; 4] = ["made", "kept", "described", "failed"];

/// Why a request gets no room to convert.
const SHED: [&str; 2] = ["busy", "too_large"];

/// The figures of one process, all zero at its start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// By status, [`STATUSES`] and one more, and decision, [`Decision::ALL`] and one more.
    requests: [[Counter; Decision::ALL.len() + 1]; STATUSES.len() + 1],
    hits: Counter,
    bytes_saved: Counter,
    /// As in [`FORMATS`].
    conversions: [Conversions; FORMATS.len()],
    waits: Histogram,
    /// As in [`SHED`].
    shed: [Counter; SHED.len()],
}

/// Conversions to one format.
#[derive(Debug, Default)]
struct Conversions {
    /// As in [`RESULTS`].
    results: [Counter; RESULTS.len()],
    seconds: Histogram,
    in_bytes: Counter,
    out_bytes: Counter,
}

/// What is counted of an answer about a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Its status.
    pub(crate) status: u16,
    /// Why it is what it is.
    pub(crate) decision: Decision,
    /// Bytes that it has less than the original.
    saved: u64,
    /// The variant was there.
    is_hit: bool,
}

#[cfg(test)]
impl Default for Facts {
    fn default() -> Self {
        Self { status: 200, decision: Decision::Variant, saved: 0, is_hit: true }
    }
}

impl Facts {
    /// The facts of an answer.
    pub(crate) fn of(answer: &Response) -> Self {
        let log = &answer.log;
        let status = answer.status.as_u16();
        let is_variant = log.decision == Decision::Variant;
        let is_whole = status == 200 && matches!(answer.body, Body::Variant { .. });
        Self {
            status,
            decision: log.decision,
            saved: if is_variant && is_whole { log.source_bytes.saturating_sub(log.bytes) } else { 0 },
            is_hit: is_variant && !log.converted,
        }
    }
}

impl Metrics {
    /// An answer about a picture is given.
    pub(crate) fn answered(&self, facts: Facts) {
        let decision = Decision::ALL.iter().position(|known| *known == facts.decision);
        self.counted(facts.status, decision);
        if facts.is_hit {
            self.hits.add(1);
        }
        if facts.saved > 0 {
            self.bytes_saved.add(facts.saved);
        }
    }

    /// An answer about something else is given.
    pub(crate) fn answered_otherwise(&self, status: u16) {
        self.counted(status, None);
    }

    fn counted(&self, status: u16, decision: Option<usize>) {
        let row = STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len());
        self.requests[row][decision.unwrap_or(Decision::ALL.len())].add(1);
    }

    /// A conversion to a format has ended; `None` for one that failed.
    pub(super) fn converted(&self, format: Option<Format>, done: Option<(&JobOutcome, u64)>, took: Duration) {
        let extension = format.map_or("", Format::extension);
        let known = FORMATS.iter().position(|name| *name == extension);
        let figures = &self.conversions[known.unwrap_or(FORMATS.len() - 1)];
        let (result, out_bytes) = match done {
            Some((JobOutcome::Made { info, .. }, _)) => (0, info.len),
            Some((JobOutcome::Kept(_), _)) => (1, 0),
            Some((JobOutcome::Described(_), _)) => (2, 0),
            None => (3, 0),
        };
        figures.results[result].add(1);
        figures.seconds.observe(took);
        figures.in_bytes.add(done.map_or(0, |(_, in_bytes)| in_bytes));
        figures.out_bytes.add(out_bytes);
    }

    /// A conversion got its room after that time.
    pub(crate) fn waited(&self, time: Duration) {
        self.waits.observe(time);
    }

    /// A conversion got no room.
    pub(crate) fn turned_away(&self, kind: Kind) {
        self.shed[usize::from(kind == Kind::OutOfMemory)].add(1);
    }
}
