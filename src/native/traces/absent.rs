//! Stands where traces would be, in a build without the feature `otel`: there are none.

use std::time::Duration;

use http::{HeaderMap, request::Parts};

use super::Figures;
use crate::{error::Result, service::LogLine};

/// Where traces go, which is nowhere.
#[derive(Debug, Clone)]
pub(crate) enum Traces {}

/// A request's, of which there is none.
#[derive(Debug, Clone)]
pub(crate) enum Trace {}

/// A step's, of which there is none.
#[derive(Debug)]
pub(crate) enum Part {}

impl Traces {
    /// There are none; whoever wants some is told.
    pub(crate) fn start() -> Result<Option<Self>> {
        if super::are_wanted() {
            tracing::warn!(
                "OTEL_EXPORTER_OTLP_ENDPOINT is set, but this slimpix was built without traces (otel)"
            );
        }
        Ok(None)
    }

    pub(crate) fn begin(&self, _: &Parts) -> Option<Trace> {
        match *self {}
    }

    pub(crate) fn figures(&self) -> &Figures {
        match *self {}
    }

    pub(crate) fn flush(&self, _: Duration) {
        match *self {}
    }
}

impl Trace {
    pub(crate) fn part(&self, _: &'static str) -> Part {
        match *self {}
    }

    pub(crate) fn write_to(&self, _: Option<&Part>, _: &mut HeaderMap) {
        match *self {}
    }

    pub(crate) fn answered(&self, _: u16, _: Option<&LogLine>) {
        match *self {}
    }
}
