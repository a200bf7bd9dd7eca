//! Once: one conversion a variant key, however many ask at the same time.
//!
//! The first to [`Flights::join`] a key leads and gets a [`Lead`]; the others get a [`Follower`] and wait. A lead
//! that is dropped without a word tells its followers so, whether by a panic or because it was given up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use tokio::sync::watch;

/// How a flight ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FlightEnd<T> {
    /// With what the leader said, be it a failure.
    Landed(T),
    /// The leader panicked.
    Panicked,
    /// The leader went away before it was done.
    Abandoned,
}

type Board<T> = Mutex<HashMap<String, watch::Receiver<Option<FlightEnd<T>>>>>;

/// The flights under way.
#[derive(Debug)]
pub(crate) struct Flights<T>(Arc<Board<T>>);

/// What joining gives.
#[derive(Debug)]
pub(crate) enum Joined<T> {
    /// The caller does the work.
    Leader(Lead<T>),
    /// Someone else does.
    Follower(Follower<T>),
}

/// The duty to do the work, and to say how it ended.
#[derive(Debug)]
pub(crate) struct Lead<T> {
    key: String,
    board: Arc<Board<T>>,
    tell: watch::Sender<Option<FlightEnd<T>>>,
}

/// A wait for someone else's work.
#[derive(Debug)]
pub(crate) struct Follower<T>(watch::Receiver<Option<FlightEnd<T>>>);

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Flights<T> {
    /// Leads the flight of a key, or follows the one under way.
    pub(crate) fn join(&self, key: &str) -> Joined<T> {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = board.get(key) {
            return Joined::Follower(Follower(flight.clone()));
        }
        let (tell, flight) = watch::channel(None);
        board.insert(key.to_owned(), flight);
        Joined::Leader(Lead { key: key.to_owned(), board: Arc::clone(&self.0), tell })
    }
}

impl<T> Lead<T> {
    /// The flight's key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Ends the flight.
    pub(crate) fn land(self, result: T) {
        self.end(FlightEnd::Landed(result));
    }

    /// Off the board first: who comes now leads a new flight, and finds what this one stored.
    fn end(&self, outcome: FlightEnd<T>) {
        self.board.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        self.tell.send_replace(Some(outcome));
    }
}

impl<T> Drop for Lead<T> {
    fn drop(&mut self) {
        if self.tell.borrow().is_none() {
            self.end(if thread::panicking() { FlightEnd::Panicked } else { FlightEnd::Abandoned });
        }
    }
}

impl<T: Clone> Follower<T> {
    /// Waits until the flight has ended.
    pub(crate) async fn outcome(mut self) -> FlightEnd<T> {
        match self.0.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(FlightEnd::Abandoned),
            Err(_) => FlightEnd::Abandoned,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(follower: Follower<u8>) -> FlightEnd<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        runtime.block_on(follower.outcome())
    }

    fn lead_and_follow(flights: &Flights<u8>) -> (Lead<u8>, Follower<u8>) {
        match (flights.join("key"), flights.join("key")) {
            (Joined::Leader(lead), Joined::Follower(follower)) => (lead, follower),
            _ => panic!("the first follows, or the second leads"),
        }
    }

    #[test]
    fn the_first_leads_and_the_others_hear_how_it_ended() {
        let flights = Flights::default();
        let (lead, follower) = lead_and_follow(&flights);
        lead.land(7);
        assert_eq!(wait(follower), FlightEnd::Landed(7));
        assert!(matches!(flights.join("key"), Joined::Leader(_)));
    }

    #[test]
    fn followers_hear_of_a_leader_that_is_gone() {
        let flights = Flights::default();
        let (lead, follower) = lead_and_follow(&flights);
        drop(lead);
        assert_eq!(wait(follower), FlightEnd::Abandoned);

        let (lead, follower) = lead_and_follow(&flights);
        let thread = thread::spawn(move || {
            let _lead = lead;
            panic!("on purpose");
        });
        assert!(thread.join().is_err());
        assert_eq!(wait(follower), FlightEnd::Panicked);
    }
}
