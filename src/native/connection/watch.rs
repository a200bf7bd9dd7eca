//! What a connection waits for, and since when: the one place that says which of its states may last how long.
//!
//! All that happens on a connection is told to its [`Watch`]; [`State`] decides by the time that it is given.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// How long a connection may wait for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// For the first byte, and for the rest of a preface, a frame or a head that has begun.
    pub(crate) head: Duration,
    /// For the next request.
    pub(crate) idle: Duration,
    /// For the client to take more of an answer.
    pub(crate) send: Duration,
}

/// How long a client may take nothing before it may have to make way for another.
const PAUSE: Duration = Duration::from_secs(1);

/// How long answers may be under way without a pause before they may have to make way for another client.
const TRICKLE: Duration = Duration::from_secs(10);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Awaited {
    /// The first byte.
    First,
    /// The rest of what has begun.
    Rest,
    /// The next request.
    Next,
    /// Room in the socket.
    Socket,
    /// Room in the windows of all streams that are answered.
    Windows,
}

/// The state of a connection.
#[derive(Debug)]
pub(crate) struct State {
    /// Since when answers have been under way, or since when none has been.
    since: Instant,
    /// Since when a head, a frame or the preface has been incomplete.
    incomplete: Option<Instant>,
    has_asked: bool,
    /// Requests whose answer is being decided or made.
    deciding: u32,
    /// Answers under way.
    answering: u32,
    /// Answers that can't go on until their window opens, and since when all of them can't.
    starved: u32,
    all_starved: Option<Instant>,
    /// Since when the socket has taken nothing.
    blocked: Option<Instant>,
    /// When the socket last took nothing.
    last_blocked: Option<Instant>,
    /// When the last bytes came.
    heard: Instant,
}

impl State {
    fn new(now: Instant) -> Self {
        Self {
            since: now,
            incomplete: None,
            has_asked: false,
            deciding: 0,
            answering: 0,
            starved: 0,
            all_starved: None,
            blocked: None,
            last_blocked: None,
            heard: now,
        }
    }

    /// What the client is waited for, and since when; `None` while the server has something to do.
    pub(crate) fn waits(&self) -> Option<(Awaited, Instant)> {
        if let Some(since) = self.blocked {
            return Some((Awaited::Socket, since));
        }
        if self.deciding > 0 {
            return None;
        }
        if let Some(since) = self.incomplete {
            return Some((Awaited::Rest, since));
        }
        if self.answering > 0 {
            return self.all_starved.map(|since| (Awaited::Windows, since));
        }
        Some((if self.has_asked { Awaited::Next } else { Awaited::First }, self.since))
    }

    /// What has been waited for too long, if anything. Streams whose windows stay closed are ended one by one, by those
    /// who send them.
    pub(crate) fn overdue(&self, now: Instant, patience: &Patience) -> Option<Awaited> {
        let (awaited, since) = self.waits()?;
        let most = match awaited {
            Awaited::First | Awaited::Rest => patience.head,
            Awaited::Next => patience.idle,
            Awaited::Socket => patience.send,
            Awaited::Windows => return None,
        };
        (now.duration_since(since) > most).then_some(awaited)
    }

    /// How long it has been waiting for its client, for the choice of who makes way: the longest does. `None` for
    /// those who are about to get or to take something, and may stay.
    pub(crate) fn could_make_way(&self, now: Instant) -> Option<Duration> {
        let waited = |since| now.duration_since(since);
        match self.waits() {
            Some((Awaited::First | Awaited::Rest | Awaited::Next, since)) => Some(waited(since)),
            Some((Awaited::Socket | Awaited::Windows, since)) if waited(since) >= PAUSE => {
                Some(waited(since))
            }
            // Who takes its answer byte by byte never pauses for long.
            _ if self.deciding == 0 && self.answering > 0 && waited(self.since) >= TRICKLE => {
                Some(waited(self.since))
            }
            _ => None,
        }
    }

    /// True if answers are under way.
    pub(crate) const fn is_answering(&self) -> bool {
        self.answering > 0
    }

    /// True if the socket has been full at some time since then.
    pub(crate) fn was_blocked_since(&self, then: Instant) -> bool {
        self.blocked.is_some() || self.last_blocked.is_some_and(|last| last >= then)
    }

    /// When the client was last heard of.
    pub(crate) const fn heard(&self) -> Instant {
        self.heard
    }

    fn all_starved_now(&mut self, now: Instant) {
        if self.answering > 0 && self.starved == self.answering {
            self.all_starved.get_or_insert(now);
        } else {
            self.all_starved = None;
        }
    }
}

/// Watches a connection.
#[derive(Debug)]
pub(crate) struct Watch {
    state: Mutex<State>,
    /// Told when the connection must end.
    pub(crate) end: Notify,
}

impl Watch {
    /// Of a connection that begins.
    pub(crate) fn new(now: Instant) -> Self {
        Self { state: Mutex::new(State::new(now)), end: Notify::new() }
    }

    /// The state now.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // It is whole at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of the client have come; `is_incomplete` where they leave something unfinished.
    pub(crate) fn received(&self, is_incomplete: bool) {
        let now = Instant::now();
        let mut state = self.state();
        state.heard = now;
        if is_incomplete {
            state.incomplete.get_or_insert(now);
        } else {
            state.incomplete = None;
        }
    }

    /// The socket has taken bytes.
    pub(crate) fn sent(&self) {
        self.state().blocked = None;
    }

    /// The socket takes nothing now.
    pub(crate) fn blocked(&self) {
        let mut state = self.state();
        if state.blocked.is_none() {
            let now = Instant::now();
            (state.blocked, state.last_blocked) = (Some(now), Some(now));
        }
    }

    /// A request is complete; its answer is being decided from now on. `is_last` is true where nothing of another one
    /// has come yet.
    pub(crate) fn asked(&self, is_last: bool) {
        let mut state = self.state();
        if state.deciding == 0 && state.answering == 0 {
            state.since = Instant::now();
        }
        (state.has_asked, state.deciding) = (true, state.deciding + 1);
        if is_last {
            state.incomplete = None;
        }
    }

    /// What the answer to a request is has been decided; its body is under way from now on.
    pub(crate) fn decided(&self) {
        let mut state = self.state();
        state.deciding = state.deciding.saturating_sub(1);
        state.answering += 1;
        state.all_starved = None;
    }

    /// An answer has ended, one way or the other.
    pub(crate) fn answered(&self) {
        let now = Instant::now();
        let mut state = self.state();
        state.answering = state.answering.saturating_sub(1);
        if state.answering == 0 && state.deciding == 0 {
            state.since = now;
        }
        state.all_starved_now(now);
    }

    /// An answer waits for its window, or no longer does.
    pub(crate) fn starves(&self, starves: bool) {
        let now = Instant::now();
        let mut state = self.state();
        state.starved = if starves { state.starved + 1 } else { state.starved.saturating_sub(1) };
        state.all_starved_now(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(60),
        send: Duration::from_secs(30),
    };

    fn overdue(watch: &Watch, seconds: u64) -> Option<Awaited> {
        watch.state().overdue(Instant::now() + Duration::from_secs(seconds), &PATIENCE)
    }

    #[test]
    fn every_state_has_its_own_limit() {
        let watch = Watch::new(Instant::now());
        assert_eq!((overdue(&watch, 9), overdue(&watch, 11)), (None, Some(Awaited::First)));
        watch.received(true);
        assert_eq!((overdue(&watch, 9), overdue(&watch, 11)), (None, Some(Awaited::Rest)));
        watch.asked(true);
        assert_eq!(overdue(&watch, 3600), None);
        watch.decided();
        assert_eq!(overdue(&watch, 3600), None);
        watch.blocked();
        assert_eq!((overdue(&watch, 29), overdue(&watch, 31)), (None, Some(Awaited::Socket)));
        watch.sent();
        assert_eq!(overdue(&watch, 31), None);
        watch.answered();
        assert_eq!((overdue(&watch, 59), overdue(&watch, 61)), (None, Some(Awaited::Next)));
        watch.received(true);
        assert_eq!(overdue(&watch, 11), Some(Awaited::Rest));
    }

    #[test]
    fn more_bytes_of_the_same_head_win_no_time() {
        let watch = Watch::new(Instant::now());
        watch.received(true);
        let since = watch.state().waits();
        watch.received(true);
        assert_eq!(watch.state().waits(), since);
        watch.received(false);
        assert_eq!(watch.state().waits().map(|(awaited, _)| awaited), Some(Awaited::First));
    }

    #[test]
    fn streams_that_all_wait_for_their_windows_are_told() {
        let watch = Watch::new(Instant::now());
        for _ in 0..2 {
            watch.asked(true);
            watch.decided();
        }
        watch.starves(true);
        assert_eq!(watch.state().waits(), None);
        watch.starves(true);
        assert_eq!(watch.state().waits().map(|(awaited, _)| awaited), Some(Awaited::Windows));
        assert_eq!(overdue(&watch, 3600), None);
        watch.starves(false);
        assert_eq!(watch.state().waits(), None);
        watch.answered();
        assert_eq!(watch.state().waits().map(|(awaited, _)| awaited), Some(Awaited::Windows));
    }

    #[test]
    fn who_waits_for_the_client_makes_way_and_who_is_served_stays() {
        let watch = Watch::new(Instant::now());
        let could = |watch: &Watch, seconds| {
            watch.state().could_make_way(Instant::now() + Duration::from_secs(seconds)).is_some()
        };
        assert!(could(&watch, 0));
        watch.asked(true);
        assert!(!could(&watch, 3600));
        watch.decided();
        assert!(!could(&watch, 9) && could(&watch, 11));
        watch.blocked();
        assert!(!could(&watch, 0) && could(&watch, 2));
        watch.sent();
        watch.answered();
        assert!(could(&watch, 0));
    }
}
