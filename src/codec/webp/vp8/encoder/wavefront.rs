//! Threads: rows of macroblocks as a wavefront, each a little behind the one above.
//!
//! What a row needs of the row above goes through a [`row_channel`] from thread to thread as it is made. The result is
//! the same for any number of threads.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use super::MacroblockEdge;
use crate::error::{Error, Kind, Result};

/// A piece of work for one thread: a row to code, or rows to write.
pub type Job<'a, T> = Box<dyn FnOnce() -> Result<T> + Send + 'a>;

/// Runs the jobs on at most `threads` threads, this one among them; each takes every `threads`-th job, in order.
///
/// # Errors
/// Those of the jobs, the first of them that is not only a consequence; [`Kind::OutOfMemory`] when a thread can't be
/// started.
pub fn run_parallel<T: Send>(threads: usize, jobs: Vec<Job<'_, T>>) -> Result<Vec<T>> {
    let threads = threads.min(jobs.len());
    if threads < 2 {
        return jobs.into_iter().map(|job| job()).collect();
    }
    let mut queues: Vec<Vec<Job<T>>> = (0..threads).map(|_| Vec::new()).collect();
    for (place, job) in jobs.into_iter().enumerate() {
        queues[place % threads].push(job);
    }
    let results = thread::scope(|scope| {
        let own = queues.swap_remove(0);
        // The last queue took the first one's place.
        queues.rotate_left(1);
        let others: Vec<_> = queues
            .into_iter()
            .map(|queue| thread::Builder::new().spawn_scoped(scope, move || run(queue)))
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

/// Runs jobs until one fails.
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

/// Brings the results of all queues into the order of the jobs.
fn in_order<T>(queues: Vec<Vec<Result<T>>>) -> Result<Vec<T>> {
    let mut failure: Option<Error> = None;
    let mut queues: Vec<_> = queues.into_iter().map(|queue| queue.into_iter()).collect();
    let mut done = Vec::new();
    'all: loop {
        for queue in &mut queues {
            match queue.next() {
                Some(Ok(one)) => done.push(one),
                Some(Err(error)) if failure.as_ref().is_none_or(is_consequence) => failure = Some(error),
                Some(Err(_)) => (),
                None => break 'all,
            }
        }
    }
    let rest = queues.into_iter().flatten().filter_map(Result::err);
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

/// Receives what the row above hands on, by column.
pub struct RowReceiver {
    columns: Vec<MacroblockEdge>,
    more: Option<Receiver<Vec<MacroblockEdge>>>,
}

/// Sends what the row below needs, by column.
pub struct RowSender {
    columns: Vec<MacroblockEdge>,
    to: Sender<Vec<MacroblockEdge>>,
}

/// Columns that are sent at once.
const COLUMNS_PER_MESSAGE: usize = 8;

/// A channel from a row to the one below it, perhaps in another thread.
pub fn row_channel() -> (RowSender, RowReceiver) {
    let (to, from) = mpsc::channel();
    (RowSender { columns: Vec::new(), to }, RowReceiver { columns: Vec::new(), more: Some(from) })
}

impl RowReceiver {
    /// The receiver of a row that is done.
    pub const fn done(columns: Vec<MacroblockEdge>) -> Self {
        Self { columns, more: None }
    }

    /// Waits for a column and the one behind it, if there is one.
    ///
    /// # Errors
    /// [`Kind::Internal`] when the row above has failed.
    #[inline]
    pub fn pair(
        &mut self,
        column: usize,
        columns: usize,
    ) -> Result<(&MacroblockEdge, Option<&MacroblockEdge>)> {
        let needed = (column + 2).min(columns);
        while self.columns.len() < needed {
            let more = self.more.as_ref().and_then(|more| more.recv().ok());
            let more = more.ok_or_else(|| Error::new(Kind::Internal, "the row above is missing"))?;
            self.columns.extend(more);
        }
        Ok((&self.columns[column], self.columns.get(column + 1)))
    }

    /// All columns of a row that has ended.
    pub fn into_columns(mut self) -> Vec<MacroblockEdge> {
        while let Some(Ok(more)) = self.more.as_ref().map(Receiver::recv) {
            self.columns.extend(more);
        }
        self.columns
    }
}

impl RowSender {
    /// Hands on a column.
    #[inline]
    pub fn push(&mut self, column: MacroblockEdge) {
        self.columns.push(column);
        if self.columns.len() == COLUMNS_PER_MESSAGE {
            self.send();
        }
    }

    /// Sends the columns that wait. That a row below has failed, and receives nothing, is its own error.
    fn send(&mut self) {
        let _ = self.to.send(std::mem::take(&mut self.columns));
    }

    /// Ends the row.
    pub fn finish(mut self) {
        self.send();
    }
}
