//! A conversion: its original is read, and the job done under the ticket that was admitted.

use std::time::Instant;

use super::Drive;
use crate::{
    error::{Error, Kind, Result},
    native::{
        job::{self, FinishedJob, JobOutcome, Original, Provenance},
        shown::shown,
    },
    service::{Convert, ExpectedSource, Source, Step, Task},
};

impl Drive {
    pub(super) async fn convert(&mut self, mut step: Convert) -> Step {
        let name = step.source.name().to_owned();
        let outcome = match self.run_job(&step).await {
            Ok(FinishedJob { outcome, checksum, is_cut, .. }) => {
                if is_cut {
                    step = step.of_cut();
                }
                if let Some(checksum) = checksum {
                    step = step.of_bytes(&checksum);
                }
                outcome
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(JobOutcome::Made { format, info, bytes }) => {
                self.made.insert(format, bytes);
                step.made(info)
            }
            Ok(JobOutcome::Kept(kept)) => step.kept(kept),
            Ok(JobOutcome::Described(description)) => step.described(&description),
            Err(error) => {
                tracing::warn!(source = name, %error, kind = %error.kind(), "a conversion failed");
                self.set_outcome(Err(error.kind()));
                step.failed(error)
            }
        }
    }

    /// Reads the whole original and does the job on a thread of the pool, under the ticket.
    async fn run_job(&mut self, step: &Convert) -> Result<FinishedJob> {
        let ticket =
            self.ticket.take().ok_or_else(|| Error::new(Kind::Internal, "a conversion without a ticket"))?;
        let original = self.original(step).await?;
        let (reserved, waited) = (ticket.bytes(), self.waited);
        let (job, limits) = (step.job.clone(), step.job.limits(&self.app.policy.limits));
        let began = Instant::now();
        let working = move |ticket| job::run(ticket, original, &job, &limits);
        let done = self.app.pool.run(ticket, working).await;
        let result = done.as_ref().ok().and_then(|done| Some((done.outcome.as_ref().ok()?, done.in_bytes)));
        let format = match &step.job.task {
            Task::Picture(params) => Some(params.format),
            Task::Describe => None,
        };
        self.app.metrics.converted(format, result, began.elapsed());
        let done = done?;
        if let Ok(JobOutcome::Made { format, info, .. }) = &done.outcome {
            let (name, format) = (shown(step.source.name()), format.extension());
            tracing::info!(
                source = name,
                format,
                in_bytes = done.in_bytes,
                out_bytes = info.len,
                ms = began.elapsed().as_millis() as u64,
                reserved,
                waited_ms = waited.as_millis() as u64,
                "CONV {name} -> {format}"
            );
        }
        Ok(done)
    }

    /// The whole original, once all of it has come.
    async fn original(&mut self, step: &Convert) -> Result<Original> {
        let content = match self.content.take() {
            Some(content) => content,
            None => {
                let ExpectedSource { validators, hash } = &*step.expected;
                let passed_on = self.passed_on(None);
                self.app.sources.content(&step.source, validators, hash.as_deref(), &passed_on).await?
            }
        };
        let provenance = match step.source {
            Source::Local { .. } => Provenance::Folder,
            Source::Remote { .. } if content.is_arriving() => Provenance::Network,
            Source::Remote { .. } => Provenance::Cache,
        };
        let content = content.arrived().await?;
        if self.restriction.is_some() && provenance != Provenance::Network {
            // It may be wanted again, and is nowhere else.
            self.content = content.duplicate();
        }
        Ok(Original { content, provenance })
    }
}
