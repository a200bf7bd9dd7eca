//! Spans on their way to the collector: a queue with an end, and a thread that sends what is in it. OpenTelemetry's own
//! does the same, and tells nobody how much it has dropped.

use std::{
    env,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanExporter as _, SpanProcessor},
};
use tokio::runtime::Handle;

use super::Figures;
use crate::error::{Error, Kind, Result};

/// Spans that may wait (`OTEL_BSP_MAX_QUEUE_SIZE`): some 2 MB of them.
const WAITING: usize = 2048;

/// Spans that are sent at once, at the most (`OTEL_BSP_MAX_EXPORT_BATCH_SIZE`).
const AT_ONCE: usize = 512;

/// How long the first of them waits for others (`OTEL_BSP_SCHEDULE_DELAY`).
const DELAY: Duration = Duration::from_secs(5);

/// The queue.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    waiting: SyncSender<Waiting>,
    figures: Arc<Figures>,
}

#[derive(Debug)]
enum Waiting {
    Span(Box<SpanData>),
    /// Who is told when all that came before is sent.
    Flush(SyncSender<()>),
}

impl Queue {
    /// Begins to send. Needs a runtime.
    ///
    /// # Errors
    /// [`Kind::Io`] when there is no thread for it.
    pub(super) fn start(mut exporter: SpanExporter, resource: &Resource) -> Result<Self> {
        exporter.set_resource(resource);
        let (waiting, spans) = sync_channel(number("OTEL_BSP_MAX_QUEUE_SIZE").unwrap_or(WAITING));
        let figures = Arc::<Figures>::default();
        let sending = Sending {
            exporter,
            runtime: Handle::current(),
            figures: Arc::clone(&figures),
            at_once: number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE").unwrap_or(AT_ONCE),
            delay: number("OTEL_BSP_SCHEDULE_DELAY").map_or(DELAY, |ms| Duration::from_millis(ms as u64)),
            is_failing: false,
        };
        thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || sending.run(&spans))
            .map_err(|source| Error::with_source(Kind::Io, "no traces can be sent", source))?;
        Ok(Self { waiting, figures })
    }

    pub(super) fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Waits until all is sent, or for so long.
    pub(super) fn flush(&self, patience: Duration) {
        let (done, sent) = sync_channel(1);
        if self.waiting.try_send(Waiting::Flush(done)).is_ok() {
            let _ = sent.recv_timeout(patience);
        }
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.waiting.try_send(Waiting::Span(Box::new(span))).is_err() {
            self.figures.dropped.add(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The thread that sends.
struct Sending {
    exporter: SpanExporter,
    runtime: Handle,
    figures: Arc<Figures>,
    at_once: usize,
    delay: Duration,
    is_failing: bool,
}

impl Sending {
    /// Sends until nobody has any more to give.
    fn run(mut self, spans: &Receiver<Waiting>) {
        while let Ok(first) = spans.recv() {
            let (mut batch, mut told) = (Vec::new(), None);
            let until = Instant::now() + self.delay;
            let mut next = Some(first);
            while let Some(waiting) = next {
                match waiting {
                    Waiting::Span(span) => batch.push(*span),
                    Waiting::Flush(done) => {
                        told = Some(done);
                        break;
                    }
                }
                if batch.len() >= self.at_once {
                    break;
                }
                next = spans.recv_timeout(until.saturating_duration_since(Instant::now())).ok();
            }
            self.send(batch);
            if let Some(done) = told {
                let _ = done.try_send(());
            }
        }
    }

    /// Sends some. A collector that fails is told of once.
    fn send(&mut self, batch: Vec<SpanData>) {
        if batch.is_empty() {
            return;
        }
        let count = batch.len() as u64;
        match self.runtime.block_on(self.exporter.export(batch)) {
            Ok(()) => {
                self.figures.sent.add(count);
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("traces reach their collector again");
                }
            }
            Err(error) => {
                self.figures.dropped.add(count);
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!(%error, "traces don't reach their collector, and are dropped");
                }
            }
        }
    }
}

/// A number above zero that the environment has.
fn number(name: &str) -> Option<usize> {
    env::var(name).ok()?.parse().ok().filter(|number| *number > 0)
}
