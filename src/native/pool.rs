//! Who may convert, and where: admission by bytes, a bound on jobs, and threads that make way for those that answer.
//!
//! A [`Ticket`] holds the bytes that a conversion stated and one of the job slots; dropping it gives both back,
//! whatever happened. Whose turn it is stands in [`super::queue`]; `NOTES.md` beside this file has what was measured.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, oneshot},
    time,
};

use crate::{
    error::{Error, Kind, Result, panic_message},
    limits::Pause,
    native::{
        machine,
        queue::{Queue, Turn},
    },
};

/// The stack of a thread that converts, in bytes. What is not used of it takes no memory.
const STACK: usize = 2 << 20;

/// Longer than any conversion waits to go on.
const FOR_EVER: Duration = Duration::from_secs(1 << 30);

/// The budget of all conversions of this process.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
    in_background: bool,
}

#[derive(Debug)]
struct Shared {
    capacity: u64,
    jobs: usize,
    admission: Mutex<Admission>,
    /// Told when the last conversion under way has ended.
    rested: Notify,
}

/// The queue, and where each of those who wait is told.
#[derive(Debug)]
struct Admission {
    queue: Queue,
    waiters: Vec<(u64, oneshot::Sender<Ticket>)>,
}

impl Shared {
    fn admission(&self) -> MutexGuard<'_, Admission> {
        // It is whole at every moment, so a panic elsewhere does not spoil it.
        self.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes who waits and hands tickets to all whose turn it is then.
    fn change<T>(self: &Arc<Self>, now: Instant, change: impl FnOnce(&mut Admission) -> T) -> T {
        let mut admission = self.admission();
        let changed = change(&mut admission);
        let mut called = Vec::new();
        while let Some(turn) = admission.queue.next(now) {
            let Turn { bytes, in_background, .. } = turn;
            let ticket = Ticket { bytes, has_job: true, in_background, pool: Arc::clone(self) };
            let at = admission.waiters.iter().position(|(id, _)| *id == turn.id);
            called.push((at.map(|at| admission.waiters.swap_remove(at).1), ticket));
        }
        // A ticket that nobody takes comes back here, so the lock must be free.
        drop(admission);
        for (call, ticket) in called {
            if let Some(call) = call {
                drop(call.send(ticket));
            }
        }
        changed
    }
}

/// What is taken of a pool at a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Conversions that wait.
    pub(crate) waiting: usize,
    /// Conversions that run.
    pub(crate) jobs: usize,
    /// Conversions that may run.
    pub(crate) most_jobs: usize,
    /// Bytes that are held.
    pub(crate) bytes: u64,
    /// Bytes that there are.
    pub(crate) most_bytes: u64,
}

/// The right to convert. It is given back when dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    bytes: u64,
    has_job: bool,
    in_background: bool,
    pool: Arc<Shared>,
}

impl Ticket {
    /// The bytes that it holds.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many more conversions could run now, if anybody wanted one.
    pub(crate) fn idle(&self) -> usize {
        // What nobody waits for has one thread.
        if self.in_background { 0 } else { self.pool.admission().queue.idle_jobs() }
    }

    /// Holds more bytes from now on, if they are free and nobody waits for them.
    pub(crate) fn grow(&mut self, bytes: u64) -> bool {
        let has_grown = self.pool.admission().queue.take_more(bytes);
        self.bytes += if has_grown { bytes } else { 0 };
        has_grown
    }

    /// What a conversion calls that takes long: its slot goes to one that waits for it, and it goes on when its turn has
    /// come again. Its bytes stay.
    pub(crate) fn pause(&self) -> Pause {
        // The slot of the background is nobody else's.
        if self.in_background {
            return Pause::default();
        }
        let (pool, bytes) = (Arc::clone(&self.pool), self.bytes);
        Pause::new(move || {
            let now = Instant::now();
            let (call, called) = oneshot::channel();
            let waits = pool.change(now, |admission| {
                let id = admission.queue.enter_again(bytes, now + FOR_EVER)?;
                admission.waiters.push((id, call));
                Some(())
            });
            // It is called once for sure. The slot belongs to this ticket again.
            if waits.is_some()
                && let Ok(mut turn) = called.blocking_recv()
            {
                turn.has_job = false;
            }
        })
    }

    /// Ends the conversion, of which no more than the result is left: from now on that is all that is held, for as
    /// long as anybody has it.
    pub(crate) fn keep(mut self, mut result: Vec<u8>) -> Bytes {
        result.shrink_to_fit();
        self.shrink(result.len() as u64);
        Bytes::from_owner(CountedResult { result, _ticket: self })
    }

    fn shrink(&mut self, bytes: u64) {
        let less = self.bytes.saturating_sub(bytes);
        let ends_job = std::mem::take(&mut self.has_job);
        self.bytes -= less;
        let is_last = self.pool.change(Instant::now(), |admission| {
            admission.queue.free_bytes(less);
            if ends_job {
                admission.queue.free_job(self.in_background);
            }
            ends_job && admission.queue.is_at_rest()
        });
        if is_last {
            self.pool.rested.notify_one();
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

/// A result, with the bytes that it holds of the budget.
struct CountedResult {
    result: Vec<u8>,
    _ticket: Ticket,
}

impl AsRef<[u8]> for CountedResult {
    fn as_ref(&self) -> &[u8] {
        &self.result
    }
}

/// A wait that ends when it is dropped.
struct Wait<'a> {
    pool: &'a Arc<Shared>,
    id: u64,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        // Others may have waited for this one's turn.
        self.pool.change(Instant::now(), |admission| {
            admission.queue.leave(self.id);
            admission.waiters.retain(|(id, _)| *id != self.id);
        });
    }
}

impl Pool {
    /// A budget of `bytes` for `jobs` conversions at a time.
    pub(crate) fn new(bytes: u64, jobs: usize) -> Self {
        let jobs = jobs.max(1);
        let admission = Admission { queue: Queue::new(bytes, jobs), waiters: Vec::new() };
        let admission = Mutex::new(admission);
        let shared = Shared { capacity: bytes, jobs, admission, rested: Notify::new() };
        Self { shared: Arc::new(shared), in_background: false }
    }

    /// The same budget for what nobody has asked for: it is admitted one at a time, while nothing else converts, and
    /// nobody else waits for it.
    pub(crate) fn in_background(&self) -> Self {
        Self { in_background: true, ..self.clone() }
    }

    /// True for what nobody has asked for.
    pub(crate) const fn is_in_background(&self) -> bool {
        self.in_background
    }

    /// Somebody asks for what waits in the background.
    pub(crate) fn hurry(&self) {
        self.shared.change(Instant::now(), |admission| admission.queue.hurry());
    }

    /// What is taken of it now.
    pub(crate) fn figures(&self) -> Figures {
        let shared = &self.shared;
        let (waiting, jobs, free) = shared.admission().queue.figures();
        Figures {
            waiting,
            jobs,
            most_jobs: shared.jobs,
            bytes: shared.capacity.saturating_sub(free),
            most_bytes: shared.capacity,
        }
    }

    /// Waits for room for a conversion that states `bytes`, `patience` long at the most.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`] when it is more than the whole budget, so that waiting has no use; [`Kind::Overload`]
    /// when there was no room in time, or too many wait already.
    pub(crate) async fn admit(&self, bytes: u64, patience: Duration) -> Result<Ticket> {
        let Self { shared, in_background } = self;
        if bytes > shared.capacity {
            return Err(Error::new(
                Kind::OutOfMemory,
                format!(
                    "the conversion needs {bytes} bytes of memory, the whole budget has {}",
                    shared.capacity
                ),
            ));
        }
        let (call, called) = oneshot::channel();
        let now = Instant::now();
        let entered = shared.change(now, |admission| {
            let id = admission.queue.enter(bytes, now + patience, *in_background)?;
            admission.waiters.push((id, call));
            Some(id)
        });
        let Some(id) = entered else {
            return Err(Error::new(Kind::Overload, "too many conversions wait already"));
        };
        let _wait = Wait { pool: shared, id };
        match time::timeout(patience, called).await {
            Ok(Ok(ticket)) => Ok(ticket),
            Ok(Err(_)) => Err(Error::new(Kind::Internal, "a place in the queue was lost")),
            Err(_) => Err(Error::new(Kind::Overload, "no room for the conversion in time")),
        }
    }

    /// Waits until conversions have come to rest, once for each time that they do.
    pub(crate) async fn rested(&self) {
        self.shared.rested.notified().await;
    }

    /// Does a conversion's work on a thread of its own, which makes way for those that answer. There are never more
    /// of these threads at work than job slots.
    ///
    /// # Errors
    /// The work's own; [`Kind::Internal`] when it panics; [`Kind::Overload`] when the system has no thread for it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        ticket: Ticket,
        work: impl FnOnce(Ticket) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (tell, told) = oneshot::channel();
        let in_background = ticket.in_background;
        let working = move || {
            machine::make_way();
            if in_background {
                machine::make_more_way();
            }
            let result = panic::catch_unwind(AssertUnwindSafe(|| work(ticket)));
            drop(tell.send(result));
        };
        thread::Builder::new()
            .name("convert".to_owned())
            .stack_size(STACK)
            .spawn(working)
            .map_err(|source| Error::with_source(Kind::Overload, "no thread for the conversion", source))?;
        match told.await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(Error::new(
                Kind::Internal,
                format!("the conversion panicked: {}", panic_message(&*panic)),
            )),
            Err(_) => Err(Error::new(Kind::Internal, "the conversion was cut off")),
        }
    }
}

#[cfg(test)]
mod tests;
