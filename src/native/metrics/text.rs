//! The figures in Prometheus's text format, version 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::Write;

use super::{
    FORMATS, Metrics, RESULTS, SHED, STATUSES,
    counter::{BOUNDS, Histogram},
};
use crate::{
    native::{
        prefetcher::Progress,
        shared::{Figures, Shared},
        traces,
    },
    service::Decision,
};

/// The media type of the text.
pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is asked of others when the figures are written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gauges {
    /// Conversions that wait for room.
    pub(crate) waiting: u64,
    /// Conversions that run.
    pub(crate) jobs: u64,
    /// Conversions that may run at a time.
    pub(crate) most_jobs: u64,
    /// Bytes that conversions and results hold.
    pub(crate) memory_used: u64,
    /// Bytes that they may hold.
    pub(crate) memory_budget: u64,
    /// Bytes of all that is kept on disk.
    pub(crate) store_bytes: u64,
    /// Bytes that it may have; 0 is without limit.
    pub(crate) store_limit: u64,
    /// Bytes of the process that are in memory, where the system tells.
    pub(crate) resident: Option<u64>,
    /// 0 while the server stops, or its originals aren't there.
    pub(crate) ready: bool,
    /// How far is what is made before anybody asks.
    pub(crate) prefetch: Progress,
}

/// Writes everything down, with what instances share and what became of traces, where there are such.
pub(crate) fn write(
    metrics: &Metrics,
    gauges: &Gauges,
    shared: Option<&Shared>,
    traces: Option<&traces::Figures>,
) -> String {
    let mut text = Text(String::with_capacity(8 << 10));
    text.family("slimpix_build_info", "gauge", "The version that runs.");
    text.sample("slimpix_build_info", &format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1);
    requests(&mut text, metrics);
    conversions(&mut text, metrics);
    room(&mut text, metrics, gauges);
    text.gauge("slimpix_store_bytes", "Bytes on disk of all that is kept.", gauges.store_bytes);
    text.gauge(
        "slimpix_store_limit_bytes",
        "MAX_CACHE_SIZE in bytes; 0 is without limit.",
        gauges.store_limit,
    );
    if let Some(shared) = shared {
        in_bucket(&mut text, shared.figures(), shared.is_away());
    }
    if let Some(traces::Figures { sent, dropped }) = traces {
        text.counter("slimpix_spans_sent_total", "Spans that the collector has.", sent.count());
        text.counter(
            "slimpix_spans_dropped_total",
            "Spans that had no place to wait, or did not get there.",
            dropped.count(),
        );
    }
    text.gauge("slimpix_ready", "1 while /readyz says so.", u64::from(gauges.ready));
    let Progress { done, failed, left, .. } = gauges.prefetch;
    text.counter("slimpix_prefetch_done_total", "Pictures that are there before anybody asked.", done);
    text.counter("slimpix_prefetch_failed_total", "Pictures that could not be made so.", failed);
    text.gauge("slimpix_prefetch_left", "Pictures that are still to be made so.", left);
    if let Some(bytes) = gauges.resident {
        text.gauge("process_resident_memory_bytes", "Bytes of the process in memory.", bytes);
    }
    text.0
}

fn requests(text: &mut Text, metrics: &Metrics) {
    let name = "slimpix_requests_total";
    text.family(name, "counter", "Answers, by their status and why they are what they are.");
    for (row, counters) in metrics.requests.iter().enumerate() {
        let status = STATUSES.get(row).map_or_else(|| "other".to_owned(), u16::to_string);
        for (at, counter) in counters.iter().enumerate().filter(|(_, counter)| counter.count() > 0) {
            let decision = Decision::ALL.get(at).map_or("other", |decision| decision.name());
            let labels = format!("{{status=\"{status}\",decision=\"{decision}\"}}");
            text.sample(name, &labels, counter.count());
        }
    }
    let hits = "Answers with a variant that was there already.";
    text.counter("slimpix_hits_total", hits, metrics.hits.count());
    let saved = "Bytes that whole answers with a variant had less than their originals.";
    text.counter("slimpix_bytes_saved_total", saved, metrics.bytes_saved.count());
}

fn conversions(text: &mut Text, metrics: &Metrics) {
    let by_format = || FORMATS.iter().zip(&metrics.conversions);
    let name = "slimpix_conversions_total";
    text.family(name, "counter", "Conversions that have ended, by format and by what became of them.");
    for (format, figures) in by_format() {
        for (result, counter) in RESULTS.iter().zip(&figures.results).filter(|(_, it)| it.count() > 0) {
            text.sample(name, &format!("{{format=\"{format}\",result=\"{result}\"}}"), counter.count());
        }
    }
    let name = "slimpix_conversion_seconds";
    text.family(name, "histogram", "How long conversions took, waiting aside.");
    for (format, figures) in by_format().filter(|(_, figures)| has_any(&figures.seconds)) {
        text.histogram(name, &format!("format=\"{format}\""), &figures.seconds);
    }
    let name = "slimpix_conversion_input_bytes_total";
    text.family(name, "counter", "Bytes of the originals that were converted.");
    for (format, figures) in by_format().filter(|(_, figures)| has_any(&figures.seconds)) {
        text.sample(name, &format!("{{format=\"{format}\"}}"), figures.in_bytes.count());
    }
    let name = "slimpix_conversion_output_bytes_total";
    text.family(name, "counter", "Bytes of the variants that were made.");
    for (format, figures) in by_format().filter(|(_, figures)| has_any(&figures.seconds)) {
        text.sample(name, &format!("{{format=\"{format}\"}}"), figures.out_bytes.count());
    }
}

fn room(text: &mut Text, metrics: &Metrics, gauges: &Gauges) {
    text.gauge("slimpix_queue_length", "Conversions that wait for room.", gauges.waiting);
    let name = "slimpix_queue_wait_seconds";
    text.family(name, "histogram", "How long conversions waited for the room that they got.");
    text.histogram(name, "", &metrics.waits);
    let name = "slimpix_shed_total";
    let help = "Conversions that got no room in time, or need more than there is: originals went out.";
    text.family(name, "counter", help);
    for (reason, counter) in SHED.iter().zip(&metrics.shed) {
        text.sample(name, &format!("{{reason=\"{reason}\"}}"), counter.count());
    }
    text.gauge("slimpix_jobs", "Conversions that run.", gauges.jobs);
    text.gauge("slimpix_jobs_limit", "Conversions that may run at a time.", gauges.most_jobs);
    text.gauge(
        "slimpix_memory_used_bytes",
        "What conversions hold of MEMORY, by their statements.",
        gauges.memory_used,
    );
    text.gauge("slimpix_memory_budget_bytes", "What they may hold.", gauges.memory_budget);
}

fn in_bucket(text: &mut Text, figures: &Figures, is_away: bool) {
    let counters = [
        ("hits", "Results that another instance had made.", &figures.hits),
        ("misses", "Results that were looked for in the bucket, and that nobody had.", &figures.misses),
        ("damaged", "Results in the bucket that were not whole, and went.", &figures.damaged),
        ("read_bytes", "Bytes of results that came from the bucket.", &figures.read_bytes),
        ("written_bytes", "Bytes of results that went there.", &figures.written_bytes),
        ("errors", "Questions to the bucket that failed or had no answer in time.", &figures.errors),
        ("purges", "Purges at other instances that were done here as well.", &figures.purges),
        ("leases_taken", "Leases by which others know what is made here.", &figures.taken),
        ("leases_taken_over", "Those in the place of an instance that is gone.", &figures.taken_over),
        ("leases_lost", "Those that another took for gone.", &figures.lost),
        ("lease_waits", "Waits for what another instance makes.", &figures.waited),
        ("lease_waits_late", "Those in which it took too long.", &figures.late),
    ];
    for (name, help, counter) in counters {
        text.counter(&format!("slimpix_shared_{name}_total"), help, counter.count());
    }
    text.gauge("slimpix_shared_leases", "Leases that are held now.", figures.held());
    let help = "1 while the bucket isn't asked, since it failed.";
    text.gauge("slimpix_shared_away", help, u64::from(is_away));
}

fn has_any(histogram: &Histogram) -> bool {
    histogram.cumulative().last().is_some_and(|count| *count > 0)
}

/// The text so far. A `String` takes whatever is written.
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &str, value: u64) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "counter", help);
        self.sample(name, "", value);
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "gauge", help);
        self.sample(name, "", value);
    }

    fn histogram(&mut self, name: &str, labels: &str, histogram: &Histogram) {
        let comma = if labels.is_empty() { "" } else { "," };
        let counts = histogram.cumulative();
        let bounds = BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(counts) {
            let _ = writeln!(self.0, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}");
        }
        let braced = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(self.0, "{name}_sum{braced} {}", histogram.seconds());
        self.sample(&format!("{name}_count"), &braced, counts[BOUNDS.len()]);
    }
}
