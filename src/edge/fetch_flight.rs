//! Once: of the requests of an isolate that want the same original at the same time, one asks the origin, and tells the
//! others what came.
//!
//! The runtime lets nobody read on what another request has fetched. So what is told is what is in memory by then: the
//! original's state and what it is, and all of it as soon as the one who asked has read it, which it does where others
//! wait. What it leads lasts until it has stored what it made, so that who comes meanwhile need not ask either.

use std::{
    cell::RefCell,
    collections::HashMap,
    rc::Rc,
    time::{Duration, SystemTime},
};

use super::flight::{LEAD_LIFETIME, now, poll};
use crate::{
    error::{Error, Kind},
    service::{Failures, OriginCaching, Seen, Validators},
};

/// How long who wants the whole waits for it to be begun with, in milliseconds.
const BEGINNING: u64 = 2_000;

thread_local! {
    static FETCHES: RefCell<HashMap<String, Rc<FetchFlight>>> = RefCell::default();
    static FAILURES: RefCell<Failures<Option<(Kind, String)>>> = RefCell::default();
}

struct FetchFlight {
    begun: u64,
    outcome: RefCell<Option<FetchOutcome>>,
    whole: RefCell<Whole>,
}

/// What the origin answered.
#[derive(Clone)]
pub(super) enum FetchOutcome {
    /// This.
    Found(Box<Seen>),
    /// It is as it was known; and what the origin says of keeping it.
    Unchanged(OriginCaching),
    /// There is none.
    Missing,
    /// It failed.
    Failed(Kind, String),
    /// Something that is for the one who asked alone.
    Alone,
}

/// What becomes of the original's bytes.
enum Whole {
    /// Nobody knows yet.
    Unknown,
    /// They are being read.
    Coming,
    /// All of them.
    Here(Rc<Vec<u8>>),
    /// They went to a client, or nowhere.
    Gone,
}

/// A place among those who want the same.
pub(super) enum Joined {
    /// The caller asks.
    Leader(Lead),
    /// Someone else does.
    Follower(Follower),
}

/// What the origin failed to give a moment ago, so that it is too early to ask again.
pub(super) fn failed_lately(url: &str) -> Option<FetchOutcome> {
    let failed = FAILURES.with_borrow(|failures| failures.find(url, time()))?;
    Some(failed.map_or(FetchOutcome::Missing, |(kind, what)| FetchOutcome::Failed(kind, what)))
}

/// Remembers what the origin failed to give.
pub(super) fn note(url: &str, failed: Option<&Error>) {
    let failed = failed.map(|error| (error.kind(), error.to_string()));
    FAILURES.with_borrow_mut(|failures| failures.note(url, failed, time()));
}

/// It gave something.
pub(super) fn forget(url: &str) {
    FAILURES.with_borrow_mut(|failures| failures.forget(url));
}

/// What was purged may be there now.
pub(super) fn forget_all() {
    FAILURES.with_borrow_mut(|failures| *failures = Failures::default());
}

fn time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(now())
}

/// Takes the duty to ask, or a place behind who has it and began `after` that time. What is known of the original is part
/// of the question.
pub(super) fn join(url: &str, known: Option<&Validators>, after: Option<u64>) -> Joined {
    let key = format!("{url} {known:?}");
    FETCHES.with_borrow_mut(|fetches| {
        let is_under_way = |flight: &&Rc<FetchFlight>| {
            now().saturating_sub(flight.begun) < LEAD_LIFETIME && Some(flight.begun) > after
        };
        if let Some(flight) = fetches.get(&key).filter(is_under_way) {
            return Joined::Follower(Follower(Rc::clone(flight)));
        }
        let flight = Rc::new(FetchFlight {
            begun: now(),
            outcome: RefCell::default(),
            whole: RefCell::new(Whole::Unknown),
        });
        fetches.insert(key.clone(), Rc::clone(&flight));
        Joined::Leader(Lead { key, flight })
    })
}

/// The duty to ask the origin, and to tell. It ends when it is dropped.
pub(super) struct Lead {
    key: String,
    flight: Rc<FetchFlight>,
}

impl Lead {
    /// Tells what the origin answered.
    pub(super) fn tell(&self, outcome: FetchOutcome) {
        *self.flight.outcome.borrow_mut() = Some(outcome);
    }

    /// True if others wait or have been told.
    pub(super) fn is_followed(&self) -> bool {
        // One is the board's, one its own.
        Rc::strong_count(&self.flight) > 2
    }

    /// The whole is being read from now on.
    pub(super) fn reads(&self) {
        *self.flight.whole.borrow_mut() = Whole::Coming;
    }

    /// This is the whole; without it, it went elsewhere.
    pub(super) fn has_read(&self, whole: Option<Rc<Vec<u8>>>) {
        *self.flight.whole.borrow_mut() = whole.map_or(Whole::Gone, Whole::Here);
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.flight.outcome.borrow_mut().get_or_insert(FetchOutcome::Alone);
        let mut whole = self.flight.whole.borrow_mut();
        if !matches!(*whole, Whole::Here(_)) {
            *whole = Whole::Gone;
        }
        FETCHES.with_borrow_mut(|fetches| {
            if fetches.get(&self.key).is_some_and(|flight| Rc::ptr_eq(flight, &self.flight)) {
                fetches.remove(&self.key);
            }
        });
    }
}

/// A place behind the one who asks.
pub(super) struct Follower(Rc<FetchFlight>);

impl Follower {
    /// When who asks began to.
    pub(super) fn begun(&self) -> u64 {
        self.0.begun
    }

    /// What the origin answered, or `None` if that takes too long.
    pub(super) async fn outcome(&self, patience: Duration) -> Option<FetchOutcome> {
        poll(patience, || self.0.outcome.borrow().clone()).await.0
    }

    /// The original's state and bytes, where they come to be in memory.
    pub(super) async fn whole(&self, patience: Duration) -> Option<(Validators, Rc<Vec<u8>>)> {
        let begun = now();
        let look = || match &*self.0.whole.borrow() {
            Whole::Here(bytes) => Some(Some(Rc::clone(bytes))),
            Whole::Gone => Some(None),
            Whole::Unknown if now().saturating_sub(begun) > BEGINNING => Some(None),
            Whole::Unknown | Whole::Coming => None,
        };
        let bytes = poll(patience, look).await.0.flatten()?;
        match &*self.0.outcome.borrow() {
            Some(FetchOutcome::Found(seen)) => Some((seen.validators().clone(), bytes)),
            _ => None,
        }
    }
}
