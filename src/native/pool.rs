//! Who may convert, and where: admission by bytes, a bound on jobs, and threads that are not the reactor's.
//!
//! A [`Ticket`] holds the bytes that a conversion stated and one of the job slots; dropping it gives both back,
//! whatever happened. Admission is in order of arrival: a large conversion is not starved by small ones.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task, time,
};

use crate::error::{Error, Kind, Result};

/// Permits are counted in this unit, so that a budget of terabytes fits in a semaphore.
const UNIT: u64 = 4096;

/// The budget of all conversions of this process.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    units: Arc<Semaphore>,
    capacity: u64,
    jobs: Arc<Semaphore>,
}

/// The right to convert. It is given back when dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    bytes: u64,
    waited: Duration,
    _units: OwnedSemaphorePermit,
    _job: OwnedSemaphorePermit,
}

impl Ticket {
    /// The bytes that it holds.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How long it was waited for.
    pub(crate) const fn waited(&self) -> Duration {
        self.waited
    }
}

impl Pool {
    /// A budget of `bytes` for `jobs` conversions at a time.
    pub(crate) fn new(bytes: u64, jobs: usize) -> Self {
        let units = (bytes / UNIT).min(u64::from(u32::MAX)).max(1);
        Self {
            units: Arc::new(Semaphore::new(usize::try_from(units).unwrap_or(Semaphore::MAX_PERMITS))),
            capacity: units * UNIT,
            jobs: Arc::new(Semaphore::new(jobs.max(1))),
        }
    }

    /// Waits for room for a conversion that states `bytes`, `patience` long at the most.
    ///
    /// # Errors
    /// `Memory` when it is more than the whole budget, so that waiting has no use; `Overload` when there was no
    /// room in time.
    pub(crate) async fn admit(&self, bytes: u64, patience: Duration) -> Result<Ticket> {
        if bytes > self.capacity {
            return Err(Error::new(
                Kind::Memory,
                format!(
                    "the conversion needs {bytes} bytes of memory, the whole budget has {}",
                    self.capacity
                ),
            ));
        }
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let began = Instant::now();
        let both = async {
            let job = Arc::clone(&self.jobs).acquire_owned().await;
            (job, Arc::clone(&self.units).acquire_many_owned(units).await)
        };
        match time::timeout(patience, both).await {
            Ok((Ok(job), Ok(held))) => Ok(Ticket { bytes, waited: began.elapsed(), _units: held, _job: job }),
            Ok(_) => Err(Error::new(Kind::Internal, "the pool of conversions is closed")),
            Err(_) => Err(Error::new(Kind::Overload, "no room for the conversion in time")),
        }
    }

    /// Does a conversion's work on a thread of its own, and gives the ticket back when it is done.
    ///
    /// # Errors
    /// The work's own; `Internal` when it panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        ticket: Ticket,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let worker = task::spawn_blocking(move || {
            let _held = ticket;
            work()
        });
        match worker.await {
            Ok(result) => result,
            Err(failure) if failure.is_panic() => {
                Err(Error::new(Kind::Internal, format!("the conversion panicked: {}", message(failure))))
            }
            Err(failure) => Err(Error::with_source(Kind::Internal, "the conversion was cut off", failure)),
        }
    }
}

/// What a panic said.
fn message(failure: task::JoinError) -> String {
    match failure.try_into_panic() {
        Ok(panic) => match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => "without a message".to_owned(),
        },
        Err(failure) => failure.to_string(),
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

    #[test]
    fn the_sum_never_passes_the_budget_and_comes_back() {
        on_a_runtime(async {
            let pool = Pool::new(10 * UNIT, 8);
            let first = pool.admit(6 * UNIT, LONG).await.expect("room");
            let none = pool.admit(5 * UNIT, Duration::ZERO).await.expect_err("no room");
            assert_eq!(none.kind(), Kind::Overload);
            let never = pool.admit(11 * UNIT, LONG).await.expect_err("never");
            assert_eq!(never.kind(), Kind::Memory);
            drop(first);
            assert!(pool.admit(10 * UNIT, Duration::ZERO).await.is_ok());
        });
    }

    #[test]
    fn jobs_are_bounded_whatever_their_size() {
        on_a_runtime(async {
            let pool = Pool::new(1 << 30, 1);
            let first = pool.admit(1, LONG).await.expect("room");
            assert_eq!(pool.admit(1, Duration::ZERO).await.map_err(|e| e.kind()).err(), Some(Kind::Overload));
            drop(first);
            assert!(pool.admit(1, Duration::ZERO).await.is_ok());
        });
    }

    #[test]
    fn a_panic_is_an_error_of_ours_and_gives_the_ticket_back() {
        on_a_runtime(async {
            let pool = Pool::new(UNIT, 1);
            let ticket = pool.admit(UNIT, LONG).await.expect("room");
            let result: Result<()> = pool.run(ticket, || panic!("on purpose")).await;
            let error = result.expect_err("panicked");
            assert_eq!(error.kind(), Kind::Internal);
            assert!(error.to_string().contains("on purpose"));
            assert!(pool.admit(UNIT, Duration::ZERO).await.is_ok());
        });
    }
}
