//! Spans as OpenTelemetry's crates have them.

use std::{env, time::Duration};

use http::{HeaderMap, request::Parts};
use opentelemetry::{
    Context, KeyValue,
    propagation::TextMapPropagator,
    trace::{Span, SpanKind, Status, TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider},
};

use super::{Figures, client::Sender, queue::Queue};
use crate::{
    codec::Format,
    error::{Error, Kind, Result},
    service::LogLine,
};

/// Bytes of a path that a span tells, at the most.
const LONGEST: usize = 256;

/// Where traces go. The sampler and the limits are the environment's (`OTEL_TRACES_SAMPLER`, `OTEL_SPAN_*_LIMIT`).
#[derive(Debug, Clone)]
pub(crate) struct Traces {
    tracer: SdkTracer,
    queue: Queue,
}

/// A request's span, and what its steps belong to.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    tracer: SdkTracer,
    context: Context,
}

/// A step's span, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Part {
    span: opentelemetry_sdk::trace::Span,
}

impl Traces {
    /// Begins to send them, if the environment names a collector. Needs a runtime.
    ///
    /// # Errors
    /// [`Kind::Parameter`] for an environment that can't be, [`Kind::Io`] when there is no thread for it.
    pub(crate) fn start() -> Result<Option<Self>> {
        if !super::are_wanted() {
            return Ok(None);
        }
        let wrong = |source| {
            Error::with_source(Kind::Parameter, "OTEL_EXPORTER_OTLP_*: no traces can be sent", source)
        };
        let patience = patience();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_timeout(patience)
            .with_http_client(Sender::new(patience))
            .build()
            .map_err(wrong)?;
        let resource = resource();
        let queue = Queue::start(exporter, &resource)?;
        let provider =
            SdkTracerProvider::builder().with_span_processor(queue.clone()).with_resource(resource).build();
        Ok(Some(Self { tracer: provider.tracer("slimpix"), queue }))
    }

    /// The trace of a request, if it is to be recorded: by what its `traceparent` says, or the sampler.
    pub(crate) fn begin(&self, request: &Parts) -> Option<Trace> {
        let parent = TraceContextPropagator::new()
            .extract_with_context(&Context::new(), &HeaderExtractor(&request.headers));
        let path = request.uri.path();
        let span = self
            .tracer
            .span_builder(request.method.to_string())
            .with_kind(SpanKind::Server)
            .with_attributes([
                KeyValue::new("http.request.method", request.method.to_string()),
                KeyValue::new("url.path", path[..path.floor_char_boundary(LONGEST)].to_owned()),
            ])
            .start_with_context(&self.tracer, &parent);
        let context = parent.with_span(span);
        context.span().is_recording().then(|| Trace { tracer: self.tracer.clone(), context })
    }

    /// What became of spans.
    pub(crate) fn figures(&self) -> &Figures {
        self.queue.figures()
    }

    /// Sends what waits, in so much time. Blocks.
    pub(crate) fn flush(&self, patience: Duration) {
        self.queue.flush(patience);
    }
}

impl Trace {
    /// Begins the span of a step.
    pub(crate) fn part(&self, name: &'static str) -> Part {
        Part { span: self.tracer.start_with_context(name, &self.context) }
    }

    /// Writes as what others are to be part of this trace: of that step, or else of the request.
    pub(crate) fn write_to(&self, part: Option<&Part>, fields: &mut HeaderMap) {
        let context = match part {
            Some(part) => Context::new().with_remote_span_context(part.span.span_context().clone()),
            None => self.context.clone(),
        };
        TraceContextPropagator::new().inject_context(&context, &mut HeaderInjector(fields));
    }

    /// The answer is decided: the request's span ends. What goes on after that still belongs to it.
    pub(crate) fn answered(&self, status: u16, log: Option<&LogLine>) {
        let span = self.context.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_status(Status::error(""));
        }
        if let Some(log) = log {
            let number = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
            span.set_attribute(KeyValue::new("slimpix.decision", log.decision.name()));
            span.set_attribute(KeyValue::new("slimpix.bytes", number(log.bytes)));
            span.set_attribute(KeyValue::new("slimpix.source_bytes", number(log.source_bytes)));
            span.set_attribute(KeyValue::new("slimpix.converted", log.converted));
            if let Some(format) = log.format.map(Format::extension) {
                span.set_attribute(KeyValue::new("slimpix.format", format));
            }
        }
        span.end();
    }
}

/// How long a collector may take.
fn patience() -> Duration {
    ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"]
        .iter()
        .find_map(|name| env::var(name).ok()?.parse().ok())
        .map_or(Duration::from_secs(10), Duration::from_millis)
}

/// Who sends, as the environment says (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`).
fn resource() -> Resource {
    let is_named = env::var("OTEL_SERVICE_NAME").is_ok_and(|name| !name.is_empty())
        || env::var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(|text| text.contains("service.name="));
    let builder =
        Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if is_named { builder } else { builder.with_service_name("slimpix") }.build()
}
