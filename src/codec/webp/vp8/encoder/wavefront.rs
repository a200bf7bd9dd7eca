//! Threads: jobs side by side, and the wave of rows of macroblocks, each a little behind the one above.
//!
//! What a row needs of the row above goes through a [`link`] from thread to thread as it is made. The result is the
//! same for any number of threads.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use super::Column;
use crate::error::{Error, Kind, Result};

/// Work for one thread.
pub type Job<'a, T> = Box<dyn FnOnce() -> Result<T> + Send + 'a>;

/// Does the jobs on at most so many threads, this one among them; each takes every `threads`-th job, in order.
///
/// # Errors
/// Those of the jobs, the first of them that is not only a consequence; `OutOfMemory` when a thread can't be started.
pub fn side_by_side<T: Send>(threads: usize, jobs: Vec<Job<'_, T>>) -> Result<Vec<T>> {
    let threads = threads.min(jobs.len());
    if threads < 2 {
        return jobs.into_iter().map(|job| job()).collect();
    }
    let mut lots: Vec<Vec<Job<T>>> = (0..threads).map(|_| Vec::new()).collect();
    for (place, job) in jobs.into_iter().enumerate() {
        lots[place % threads].push(job);
    }
    let results = thread::scope(|scope| {
        let own = lots.swap_remove(0);
        // The last lot took the first one's place.
        lots.rotate_left(1);
        let others: Vec<_> = lots
            .into_iter()
            .map(|lot| thread::Builder::new().spawn_scoped(scope, move || run(lot)))
            .collect();
        let mut results = vec![run(own)];
        for other in others {
            results.push(match other.map(thread::ScopedJoinHandle::join) {
                Ok(Ok(done)) => done,
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(source) => {
                    vec![Err(Error::with_source(Kind::OutOfMemory, "a thread of the encoder", source))]
                }
            });
        }
        results
    });
    in_order(results)
}

/// Does jobs until one fails.
fn run<T>(jobs: Vec<Job<T>>) -> Vec<Result<T>> {
    let mut results = Vec::new();
    for job in jobs {
        let result = job();
        let failed = result.is_err();
        results.push(result);
        if failed {
            break;
        }
    }
    results
}

/// The results of all jobs in their order again.
fn in_order<T>(lots: Vec<Vec<Result<T>>>) -> Result<Vec<T>> {
    let mut failure: Option<Error> = None;
    let mut lots: Vec<_> = lots.into_iter().map(|lot| lot.into_iter()).collect();
    let mut done = Vec::new();
    'all: loop {
        for lot in &mut lots {
            match lot.next() {
                Some(Ok(one)) => done.push(one),
                Some(Err(error)) if failure.as_ref().is_none_or(is_consequence) => failure = Some(error),
                Some(Err(_)) => (),
                None => break 'all,
            }
        }
    }
    let rest = lots.into_iter().flatten().filter_map(Result::err);
    match rest.fold(failure, |first, error| match first {
        Some(first) if !is_consequence(&first) => Some(first),
        _ => Some(error),
    }) {
        Some(error) => Err(error),
        None => Ok(done),
    }
}

/// True for the error of a row whose row above failed.
fn is_consequence(error: &Error) -> bool {
    error.kind() == Kind::Internal
}

/// What comes from the row above.
pub struct Above {
    columns: Vec<Column>,
    more: Option<Receiver<Vec<Column>>>,
}

/// What goes to the row below.
pub struct Below {
    columns: Vec<Column>,
    to: Sender<Vec<Column>>,
}

/// Columns that are sent at once.
const PORTION: usize = 8;

/// A way from a row to the one below it, perhaps in another thread.
pub fn link() -> (Below, Above) {
    let (to, from) = mpsc::channel();
    (Below { columns: Vec::new(), to }, Above { columns: Vec::new(), more: Some(from) })
}

impl Above {
    /// A row above that is whole.
    pub const fn whole(columns: Vec<Column>) -> Self {
        Self { columns, more: None }
    }

    /// A column, and the one behind it if there is one: waits for both.
    ///
    /// # Errors
    /// `Internal` when the row above has failed.
    #[inline]
    pub fn pair(&mut self, column: usize, columns: usize) -> Result<(&Column, Option<&Column>)> {
        let needed = (column + 2).min(columns);
        while self.columns.len() < needed {
            let more = self.more.as_ref().and_then(|more| more.recv().ok());
            let more = more.ok_or_else(|| Error::new(Kind::Internal, "the row above is missing"))?;
            self.columns.extend(more);
        }
        Ok((&self.columns[column], self.columns.get(column + 1)))
    }

    /// All of a row that has ended.
    pub fn into_columns(mut self) -> Vec<Column> {
        while let Some(Ok(more)) = self.more.as_ref().map(Receiver::recv) {
            self.columns.extend(more);
        }
        self.columns
    }
}

impl Below {
    /// Adds a column.
    #[inline]
    pub fn push(&mut self, column: Column) {
        self.columns.push(column);
        if self.columns.len() == PORTION {
            self.send();
        }
    }

    /// A row below that has failed waits for nothing: it doesn't matter whether it gets the columns.
    fn send(&mut self) {
        let _ = self.to.send(std::mem::take(&mut self.columns));
    }

    /// Ends the row.
    pub fn finish(mut self) {
        self.send();
    }
}
