//! A bucket that fails: told once, and left alone for a while.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::error::Error;

/// How long a bucket that failed isn't asked.
const PAUSE: Duration = Duration::from_secs(10);

/// When it failed last, if nothing came of it since.
#[derive(Debug, Default)]
pub(super) struct Trouble(Mutex<Option<Instant>>);

impl Trouble {
    /// True while it isn't to be asked.
    pub(super) fn is_away(&self) -> bool {
        self.failed().is_some_and(|at| at.elapsed() < PAUSE)
    }

    /// It failed.
    pub(super) fn note(&self, error: &Error) {
        if self.failed().replace(Instant::now()).is_none() {
            tracing::error!(%error, "the bucket of results can't be used: this instance makes its own");
        }
    }

    /// It answered.
    pub(super) fn is_over(&self) {
        if self.failed().take().is_some() {
            tracing::info!("the bucket of results can be used again");
        }
    }

    fn failed(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
