//! What a log says of an answer: why it is what it is, and its figures.

use std::time::Duration;

use crate::codec::Format;

/// Why an answer is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// A variant is the smallest that the client can show.
    Variant,
    /// The source is.
    Source,
    /// The source, or a variant that isn't the best, until something better is made.
    ForNow,
    /// No picture, passed through.
    PassedThrough,
    /// From a cache of answers.
    Answer,
    /// JSON about the source or the decision.
    Json,
    /// `/healthz`.
    Health,
    /// An error.
    Refused,
}

impl Decision {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Variant,
        Self::Source,
        Self::ForNow,
        Self::PassedThrough,
        Self::Answer,
        Self::Json,
        Self::Health,
        Self::Refused,
    ];

    /// How logs and figures call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Variant => "variant",
            Self::Source => "source",
            Self::ForNow => "for_now",
            Self::PassedThrough => "passed_through",
            Self::Answer => "answer",
            Self::Json => "json",
            Self::Health => "health",
            Self::Refused => "refused",
        }
    }
}

/// The facts for one line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogLine {
    /// Why the answer is what it is.
    pub decision: Decision,
    /// The source's name; empty when there is none.
    pub source: String,
    /// The format that is sent.
    pub format: Option<Format>,
    /// The length of the whole answer in bytes.
    pub bytes: u64,
    /// The length of the source in bytes.
    pub source_bytes: u64,
    /// The time spent waiting for room.
    pub waited: Duration,
    /// True if this request made the conversion.
    pub converted: bool,
    /// Why the source goes out as it is, though it is of a format that is read here: worth telling once a source.
    pub unconverted: Option<String>,
    /// What went wrong on the way, answered all the same or not.
    pub trouble: Option<String>,
}

impl LogLine {
    pub(super) fn of(decision: Decision) -> Self {
        Self {
            decision,
            source: String::new(),
            format: None,
            bytes: 0,
            source_bytes: 0,
            waited: Duration::ZERO,
            converted: false,
            unconverted: None,
            trouble: None,
        }
    }
}
