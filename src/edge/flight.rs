//! What the requests of one isolate share: the flights, and the room for conversions.
//!
//! A request that waits only for what another one does is cancelled by the runtime as hung. So who waits here looks
//! again on a timer of its own. A request that the runtime has cancelled never runs again, not even to drop what it
//! holds: leads and rooms that are older than any request's life no longer count.

use std::{cell::RefCell, collections::HashMap, rc::Rc, thread::LocalKey, time::Duration};

use worker::{Date, Delay};

use crate::{
    codec::Format,
    service::{FlightError, Record},
};

/// How often a waiting request looks again.
const TICK: Duration = Duration::from_millis(10);

/// The age at which a lead or a ticket no longer counts, in milliseconds: most likely its request is gone. To be wrong
/// costs a second conversion at a time, so it is shorter than `TASK_LIFETIME` in `shim.mjs`, where to be wrong loses a
/// request.
pub(super) const LEAD_LIFETIME: u64 = 120_000;

/// What a leader tells its followers.
pub(super) type FlightOutcome = Result<Landed, FlightError>;

/// What a flight came to.
#[derive(Clone)]
pub(super) struct Landed {
    pub(super) record: Record,
    /// What was made, unless it was there already.
    pub(super) made: Option<MadeFile>,
    /// When the oldest of what it builds on was so (`basis`).
    pub(super) oldest: u64,
}

/// A picture that was made.
#[derive(Clone)]
pub(super) struct MadeFile {
    pub(super) format: Format,
    pub(super) bytes: Rc<Vec<u8>>,
}

thread_local! {
    static FLIGHTS: RefCell<HashMap<String, Rc<Flight>>> = RefCell::default();
    static TICKETS: RefCell<Tickets> = RefCell::default();
    static READER_TICKETS: RefCell<Tickets> = RefCell::default();
}

/// Originals that are read at a time: one is converted while the next arrives. More would only be held.
const MOST_READERS: u64 = 2;

/// How long to wait for a turn to read. Who has none by then reads all the same: it is there to hold less, not to
/// refuse.
const READERS_PATIENCE: Duration = Duration::from_secs(20);

struct Flight {
    begun: u64,
    age: Age,
    outcome: RefCell<Option<FlightOutcome>>,
}

/// How old what a request comes to is, see `basis`.
#[derive(Clone, Copy)]
pub(super) struct Age {
    /// When the request began.
    pub(super) begun: u64,
    /// When the oldest of what it builds on was so.
    pub(super) oldest: u64,
}

/// What joining gives.
pub(super) enum Joined {
    /// The caller does the work.
    Leader(Lead),
    /// Someone else does.
    Follower(Follower),
}

/// Takes the lead of a key's flight for a request of that age, or a place behind who has it, if that one's is good enough.
pub(super) fn join(key: &str, age: Age, is_good: impl Fn(Age) -> bool) -> Joined {
    FLIGHTS.with_borrow_mut(|flights| {
        let is_under_way =
            |flight: &&Rc<Flight>| now().saturating_sub(flight.begun) < LEAD_LIFETIME && is_good(flight.age);
        if let Some(flight) = flights.get(key).filter(is_under_way) {
            return Joined::Follower(Follower { flight: Rc::clone(flight) });
        }
        let flight = Rc::new(Flight { begun: now(), age, outcome: RefCell::default() });
        flights.insert(key.to_owned(), Rc::clone(&flight));
        Joined::Leader(Lead { key: key.to_owned(), flight })
    })
}

/// The lead of a flight. Dropping it ends the flight.
pub(super) struct Lead {
    key: String,
    flight: Rc<Flight>,
}

impl Lead {
    /// The flight's key.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Ends the flight with something to tell.
    pub(super) fn land(self, outcome: FlightOutcome) {
        *self.flight.outcome.borrow_mut() = Some(outcome);
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.flight.outcome.borrow_mut().get_or_insert(Err(FlightError::Abandoned));
        FLIGHTS.with_borrow_mut(|flights| {
            if flights.get(&self.key).is_some_and(|flight| Rc::ptr_eq(flight, &self.flight)) {
                flights.remove(&self.key);
            }
        });
    }
}

/// A place behind a leader.
pub(super) struct Follower {
    flight: Rc<Flight>,
}

impl Follower {
    /// What the leader tells, or `None` if that takes too long.
    pub(super) async fn outcome(self, patience: Duration) -> Option<FlightOutcome> {
        poll(patience, || self.flight.outcome.borrow().clone()).await.0
    }
}

#[derive(Default)]
struct Tickets {
    next: u64,
    taken: Vec<Taken>,
}

struct Taken {
    number: u64,
    bytes: u64,
    begun: u64,
}

/// A part of the budget, or a turn to read. Dropping it gives it back.
pub(super) struct Ticket {
    of: &'static LocalKey<RefCell<Tickets>>,
    number: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.of.with_borrow_mut(|tickets| tickets.taken.retain(|taken| taken.number != self.number));
    }
}

/// Waits for room in the budget, and says how long that took.
pub(super) async fn admit(bytes: u64, budget: u64, patience: Duration) -> (Option<Ticket>, Duration) {
    poll(patience, || take(&TICKETS, bytes, budget)).await
}

/// Waits for the turn to read an original and convert it.
pub(super) async fn turn() -> Option<Ticket> {
    poll(READERS_PATIENCE, || take(&READER_TICKETS, 1, MOST_READERS)).await.0
}

fn take(of: &'static LocalKey<RefCell<Tickets>>, bytes: u64, budget: u64) -> Option<Ticket> {
    of.with_borrow_mut(|tickets| {
        let now = now();
        tickets.taken.retain(|taken| now.saturating_sub(taken.begun) < LEAD_LIFETIME);
        let in_use: u64 = tickets.taken.iter().map(|taken| taken.bytes).sum();
        if in_use.saturating_add(bytes) > budget {
            return None;
        }
        tickets.next += 1;
        tickets.taken.push(Taken { number: tickets.next, bytes, begun: now });
        Some(Ticket { of, number: tickets.next })
    })
}

/// Looks until there is something or patience ends, and says how long that took.
pub(super) async fn poll<T>(patience: Duration, look: impl Fn() -> Option<T>) -> (Option<T>, Duration) {
    let begun = now();
    loop {
        let found = look();
        let waited = Duration::from_millis(now().saturating_sub(begun));
        if found.is_some() || waited >= patience {
            return (found, waited);
        }
        Delay::from(TICK).await;
    }
}

/// Milliseconds since 1970. The clock stands still while the engine computes.
pub(super) fn now() -> u64 {
    Date::now().as_millis()
}
