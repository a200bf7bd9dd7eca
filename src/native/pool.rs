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
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(work)
    }

    async fn refused(pool: &Pool, bytes: u64) -> Option<Kind> {
        pool.admit(bytes, Duration::ZERO).await.map_err(|error| error.kind()).err()
    }

    #[test]
    fn the_sum_never_passes_the_budget_and_comes_back() {
        on_a_runtime(async {
            let pool = Pool::new(10, 8);
            let first = pool.admit(6, LONG).await.expect("room");
            assert_eq!(refused(&pool, 5).await, Some(Kind::Overload));
            assert_eq!(refused(&pool, 11).await, Some(Kind::OutOfMemory));
            drop(first);
            assert_eq!(refused(&pool, 10).await, None);
        });
    }

    #[test]
    fn jobs_are_bounded_whatever_their_size() {
        on_a_runtime(async {
            let pool = Pool::new(1 << 30, 1);
            let first = pool.admit(1, LONG).await.expect("room");
            assert_eq!(refused(&pool, 1).await, Some(Kind::Overload));
            drop(first);
            assert_eq!(refused(&pool, 1).await, None);
        });
    }

    #[test]
    fn who_waits_is_called_and_who_goes_away_holds_nothing() {
        on_a_runtime(async {
            let pool = Pool::new(10, 8);
            let first = pool.admit(10, LONG).await.expect("room");
            let waiting = tokio::spawn({
                let pool = pool.clone();
                async move { pool.admit(10, LONG).await }
            });
            let gone = tokio::spawn({
                let pool = pool.clone();
                async move { pool.admit(10, LONG).await }
            });
            tokio::task::yield_now().await;
            gone.abort();
            drop(first);
            drop(waiting.await.expect("no panic").expect("a ticket"));
            assert!(gone.await.is_err());
            assert_eq!(refused(&pool, 10).await, None);
        });
    }

    #[test]
    fn who_goes_away_lets_those_behind_go_on() {
        on_a_runtime(async {
            let pool = Pool::new(10, 8);
            let _first = pool.admit(5, LONG).await.expect("room");
            let large = tokio::spawn({
                let pool = pool.clone();
                async move { pool.admit(10, LONG).await }
            });
            tokio::task::yield_now().await;
            // It is passed over until its turn has come.
            while refused(&pool, 1).await.is_none() {}
            let small = pool.admit(1, LONG);
            let gone = async {
                tokio::task::yield_now().await;
                large.abort();
                assert!(large.await.is_err());
            };
            let (small, ()) = tokio::join!(small, gone);
            assert!(small.is_ok());
        });
    }

    #[test]
    fn a_ticket_that_nobody_took_comes_back() {
        on_a_runtime(async {
            let pool = Pool::new(10, 1);
            let first = pool.admit(10, LONG).await.expect("room");
            let mut waiting = Box::pin(pool.admit(10, LONG));
            assert!(
                std::future::poll_fn(|context| std::task::Poll::Ready(
                    waiting.as_mut().poll(context).is_pending()
                ))
                .await
            );
            // It is called, and goes away before it hears.
            drop(first);
            drop(waiting);
            assert_eq!(refused(&pool, 10).await, None);
        });
    }

    #[test]
    fn one_that_pauses_lets_others_go_first_and_keeps_its_bytes() {
        on_a_runtime(async {
            let pool = Pool::new(10, 1);
            let ticket = pool.admit(6, LONG).await.expect("room");
            let (ready, is_ready) = std::sync::mpsc::channel::<()>();
            let working = move |ticket: Ticket| {
                let pause = ticket.pause();
                // Nobody waits.
                pause.take();
                is_ready.recv().expect("somebody waits");
                pause.take();
                Ok(ticket.pool.admission().queue.figures())
            };
            let others = async {
                let waits = pool.admit(4, LONG);
                let tell = async {
                    tokio::task::yield_now().await;
                    ready.send(()).expect("it works");
                };
                let (other, ()) = tokio::join!(waits, tell);
                let figures = pool.figures();
                assert_eq!((figures.jobs, figures.bytes, figures.waiting), (1, 10, 1));
                drop(other.expect("its turn"));
            };
            let (worked, ()) = tokio::join!(pool.run(ticket, working), others);
            assert_eq!(worked.expect("done"), (0, 1, 4));
            assert_eq!(refused(&pool, 10).await, None);
        });
    }

    #[test]
    fn a_result_is_counted_until_nobody_has_it() {
        on_a_runtime(async {
            let pool = Pool::new(10, 1);
            let ticket = pool.admit(10, LONG).await.expect("room");
            let made = pool.run(ticket, |ticket| Ok(ticket.keep(vec![7; 4]))).await.expect("made");
            assert_eq!(*made, [7; 4]);
            pool.rested().await;
            let sent = made.clone();
            drop(made);
            assert_eq!(refused(&pool, 7).await, Some(Kind::Overload));
            assert_eq!(refused(&pool, 6).await, None);
            drop(sent);
            assert_eq!(refused(&pool, 10).await, None);
        });
    }

    #[test]
    fn a_panic_is_an_error_of_ours_and_gives_the_ticket_back_while_others_go_on() {
        on_a_runtime(async {
            let pool = Pool::new(20, 2);
            let (go, wait) = std::sync::mpsc::channel::<()>();
            let other = pool.admit(10, LONG).await.expect("room");
            let other = tokio::spawn({
                let pool = pool.clone();
                async move { pool.run(other, move |_ticket| Ok(wait.recv().is_ok())).await }
            });
            let ticket = pool.admit(10, LONG).await.expect("room");
            let result: Result<()> = pool.run(ticket, |_ticket| panic!("on purpose")).await;
            let error = result.expect_err("panicked");
            assert_eq!(error.kind(), Kind::Internal);
            assert!(error.to_string().contains("on purpose"));
            assert_eq!(refused(&pool, 10).await, None);
            go.send(()).expect("the other still works");
            assert!(other.await.expect("no panic").expect("done"));
            assert_eq!(refused(&pool, 20).await, None);
        });
    }
}
