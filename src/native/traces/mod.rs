//! Traces for OpenTelemetry: a span for each request, and one for each step that its answer takes, sent as OTLP over HTTP
//! to the collector that the environment names (`OTEL_EXPORTER_OTLP_ENDPOINT` and its like, as OpenTelemetry has them).
//! Without such a name there are none.
//!
//! A request that is part of a trace (`traceparent`, W3C Trace Context) becomes part of it here. Nobody waits for a
//! collector: spans wait in a queue with an end, and what finds no place there or can't be sent is dropped and counted.
//!
//! A build without the feature `otel` knows when traces are wanted, and makes none. `NOTES.md` says what was weighed.

#[cfg(not(feature = "otel"))]
mod absent;
#[cfg(feature = "otel")]
mod client;
#[cfg(feature = "otel")]
mod queue;
#[cfg(feature = "otel")]
mod spans;

#[cfg(not(feature = "otel"))]
pub(crate) use self::absent::{Part, Trace, Traces};
#[cfg(feature = "otel")]
pub(crate) use self::spans::{Part, Trace, Traces};

use std::env;

use crate::native::metrics::Counter;

/// What became of spans.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) sent: Counter,
    pub(crate) dropped: Counter,
}

/// True if the environment names a collector, and nothing in it says that there are to be no traces.
fn are_wanted() -> bool {
    let value = |name: &str| env::var(name).unwrap_or_default();
    let is_named = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    let is_off =
        value("OTEL_SDK_DISABLED").eq_ignore_ascii_case("true") || value("OTEL_TRACES_EXPORTER") == "none";
    !is_off && is_named.iter().any(|name| !value(name).trim().is_empty())
}
