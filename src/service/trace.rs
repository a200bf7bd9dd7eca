//! What a request has cost so far, and what went wrong: for its log line and its explanation.

use std::{collections::BTreeMap, time::Duration};

use crate::codec::Format;

/// What a request cost.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    /// The most bytes asked of the budget at once.
    pub(super) reserved: u64,
    /// The time spent waiting for room.
    pub(super) waited: Duration,
    pub(super) converted: bool,
    /// For the log.
    pub(super) trouble: Option<String>,
    /// What was wrong with the formats that failed in this request.
    pub(super) reasons: BTreeMap<Format, String>,
    /// What is there may be old: the origin couldn't be asked.
    pub(super) is_stale: bool,
}
