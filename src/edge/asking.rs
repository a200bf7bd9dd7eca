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

use super::flight::{LIFETIME, now, poll};
use crate::{
    error::{Error, Kind},
    service::{Failures, OriginCaching, Seen, Validators},
};

/// How long who wants the whole waits for it to be begun with, in milliseconds.
const BEGINNING: u64 = 2_000;

thread_local! {
    static ASKED: RefCell<HashMap<String, Rc<Shared>>> = RefCell::default();
    static FAILURES: RefCell<Failures<Option<(Kind, String)>>> = RefCell::default();
}

struct Shared {
    begun: u64,
    answer: RefCell<Option<Answer>>,
    whole: RefCell<Whole>,
}

/// What the origin answered.
#[derive(Clone)]
pub(super) enum Answer {
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
pub(super) enum Place {
    /// The one who asks.
    Asking(Asking),
    /// Who is told.
    Behind(Behind),
}

/// What the origin failed to give a moment ago, so that it is too early to ask again.
pub(super) fn failed_lately(url: &str) -> Option<Answer> {
    let failed = FAILURES.with_borrow(|failures| failures.find(url, time()))?;
    Some(failed.map_or(Answer::Missing, |(kind, what)| Answer::Failed(kind, what)))
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

fn time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(now())
}

/// Takes the duty to ask, or a place behind who has it. What is known of the original is part of the question.
pub(super) fn join(url: &str, known: Option<&Validators>) -> Place {
    let key = format!("{url} {known:?}");
    ASKED.with_borrow_mut(|asked| {
        if let Some(shared) = asked.get(&key).filter(|shared| now().saturating_sub(shared.begun) < LIFETIME) {
            return Place::Behind(Behind(Rc::clone(shared)));
        }
        let shared =
            Rc::new(Shared { begun: now(), answer: RefCell::default(), whole: RefCell::new(Whole::Unknown) });
        asked.insert(key.clone(), Rc::clone(&shared));
        Place::Asking(Asking { key, shared })
    })
}

/// The duty to ask the origin, and to tell. It ends when it is dropped.
pub(super) struct Asking {
    key: String,
    shared: Rc<Shared>,
}

impl Asking {
    /// Tells what the origin answered.
    pub(super) fn tell(&self, answer: Answer) {
        *self.shared.answer.borrow_mut() = Some(answer);
    }

    /// True if others wait or have been told.
    pub(super) fn is_followed(&self) -> bool {
        // One is the board's, one its own.
        Rc::strong_count(&self.shared) > 2
    }

    /// The whole is being read from now on.
    pub(super) fn reads(&self) {
        *self.shared.whole.borrow_mut() = Whole::Coming;
    }

    /// This is the whole; without it, it went elsewhere.
    pub(super) fn has_read(&self, whole: Option<Rc<Vec<u8>>>) {
        *self.shared.whole.borrow_mut() = whole.map_or(Whole::Gone, Whole::Here);
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.shared.answer.borrow_mut().get_or_insert(Answer::Alone);
        let mut whole = self.shared.whole.borrow_mut();
        if !matches!(*whole, Whole::Here(_)) {
            *whole = Whole::Gone;
        }
        ASKED.with_borrow_mut(|asked| {
            if asked.get(&self.key).is_some_and(|shared| Rc::ptr_eq(shared, &self.shared)) {
                asked.remove(&self.key);
            }
        });
    }
}

/// A place behind the one who asks.
pub(super) struct Behind(Rc<Shared>);

impl Behind {
    /// What the origin answered, or `None` if that takes too long.
    pub(super) async fn answer(&self, patience: Duration) -> Option<Answer> {
        poll(patience, || self.0.answer.borrow().clone()).await.0
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
        match &*self.0.answer.borrow() {
            Some(Answer::Found(seen)) => Some((seen.validators().clone(), bytes)),
            _ => None,
        }
    }
}
