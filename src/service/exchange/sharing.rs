//! What another host made of the same source.

use super::Exchange;
use crate::service::{
    job::{Job, Product},
    record::{Record, SourceState},
    route::Source,
    steps::Step,
};

impl Exchange {
    pub(in crate::service) fn on_shared(
        mut self: Box<Self>,
        key: String,
        job: Job,
        record: Record,
        checksum: Option<&str>,
    ) -> Step {
        if !self.adopt(&job, record, checksum) {
            return self.admit(key, job);
        }
        let variant = match job.task.product() {
            Product::Picture(format) => self.record.variant(format).map(|_| format),
            Product::Description => None,
        };
        self.write_later(Some(key), variant);
        self.advance()
    }

    /// Takes over what is known of the same bytes; true if nothing is left to do. What is known of the source stays as
    /// this host has seen it.
    pub(in crate::service) fn adopt(
        &mut self,
        job: &Job,
        mut record: Record,
        checksum: Option<&str>,
    ) -> bool {
        let Some(mut state) = self.state.clone() else { return false };
        let is_same = match self.source {
            Source::Local { .. } => !record.checksum.is_empty() && Some(&*record.checksum) == checksum,
            Source::Remote { .. } => record.state().is_some_and(|theirs| is_same_original(theirs, &state)),
        };
        let Some(known) = record.slimpix.as_mut().filter(|_| is_same) else { return false };
        // Whether it moves may be known only to who has read all of it.
        if let (Some(probe), Some(theirs)) = (&mut state.probe, &known.source.probe) {
            probe.animated = probe.animated.or(theirs.animated);
        }
        known.source = state;
        self.learn(record);
        self.is_done(job)
    }
}

/// True if two hosts have got the same original: by its bytes, or else by what its origin says of it.
fn is_same_original(one: &SourceState, other: &SourceState) -> bool {
    match (&one.hash, &other.hash) {
        (Some(one), Some(other)) => one == other,
        _ => {
            let said = &one.validators;
            one.validators == other.validators && (said.etag.is_some() || said.modified.is_some())
        }
    }
}
