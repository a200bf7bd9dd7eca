//! What is to be made before anybody asks, as those say who want it, and how far that is.

use std::{
    mem,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use serde_json::json;
use tokio::sync::Notify;

use crate::native::metrics::Counter;

/// What was asked for, and the figures.
#[derive(Debug, Default)]
pub(crate) struct Prefetcher {
    asked: Mutex<Asked>,
    /// The flight that it leads, or led last.
    flight: Mutex<String>,
    woken: Notify,
    done: Counter,
    failed: Counter,
    left: AtomicU64,
    is_running: AtomicBool,
    is_full: AtomicBool,
}

/// Which pictures are to be there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Asked {
    /// No more of them.
    #[default]
    Nothing,
    /// Those of files that are new, or other than before.
    New,
    /// All.
    All,
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Pictures of which everything is there, since the start of the server.
    pub(crate) done: u64,
    /// Those of which it couldn't be made.
    pub(crate) failed: u64,
    /// Those that are still to be looked at.
    pub(crate) left: u64,
    state: &'static str,
}

impl Progress {
    /// As operators get it.
    pub(crate) fn to_json(self) -> String {
        let Self { done, failed, left, state } = self;
        json!({ "state": state, "done": done, "failed": failed, "left": left }).to_string()
    }
}

impl Prefetcher {
    /// From now on all pictures are to be there.
    pub(crate) fn ask_for_all(&self) {
        self.ask(Asked::All);
    }

    /// Something is new in the folders.
    pub(crate) fn ask_for_new(&self) {
        self.ask(Asked::New);
    }

    fn ask(&self, more: Asked) {
        // It is whole at every moment, so a panic elsewhere does not spoil it.
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if *asked != Asked::All {
            *asked = more;
        }
        drop(asked);
        self.woken.notify_one();
    }

    /// Waits until somebody asks.
    pub(crate) async fn woken(&self) {
        self.woken.notified().await;
    }

    /// What was asked for since this was looked at last.
    pub(crate) fn take(&self) -> Asked {
        mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// It is about to lead a flight.
    pub(crate) fn leads(&self, key: &str) {
        key.clone_into(&mut self.flight.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// True for the flight that it leads.
    pub(crate) fn is_leading(&self, key: &str) -> bool {
        *self.flight.lock().unwrap_or_else(PoisonError::into_inner) == key
    }

    /// How far it is now.
    pub(crate) fn progress(&self) -> Progress {
        let is = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        let state = match (is(&self.is_running), is(&self.is_full)) {
            (true, _) => "running",
            (false, true) => "full",
            (false, false) => "idle",
        };
        Progress {
            done: self.done.count(),
            failed: self.failed.count(),
            left: self.left.load(Ordering::Relaxed),
            state,
        }
    }

    /// So many pictures are to be looked at.
    pub(crate) fn begins(&self, left: usize) {
        self.left.store(left as u64, Ordering::Relaxed);
        self.is_full.store(false, Ordering::Relaxed);
        self.is_running.store(true, Ordering::Relaxed);
    }

    /// One of them was.
    pub(crate) fn went(&self, well: bool) {
        if well {
            self.done.add(1)
        } else {
            self.failed.add(1)
        };
        self.left.fetch_sub(1, Ordering::Relaxed);
    }

    /// No more is made: all are looked at, or there is no room for what is made.
    pub(crate) fn ends(&self, is_full: bool) {
        self.is_full.store(is_full, Ordering::Relaxed);
        self.is_running.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_more_than_what_is_new() {
        let prefetcher = Prefetcher::default();
        assert_eq!(prefetcher.take(), Asked::Nothing);
        prefetcher.ask_for_new();
        assert_eq!((prefetcher.take(), prefetcher.take()), (Asked::New, Asked::Nothing));
        prefetcher.ask_for_all();
        prefetcher.ask_for_new();
        assert_eq!(prefetcher.take(), Asked::All);
    }

    #[test]
    fn it_is_told_how_far_it_is() {
        let prefetcher = Prefetcher::default();
        assert_eq!(prefetcher.progress().to_json(), r#"{"done":0,"failed":0,"left":0,"state":"idle"}"#);
        prefetcher.begins(3);
        prefetcher.went(true);
        prefetcher.went(false);
        assert_eq!(prefetcher.progress().to_json(), r#"{"done":1,"failed":1,"left":1,"state":"running"}"#);
        prefetcher.ends(true);
        assert_eq!(prefetcher.progress().to_json(), r#"{"done":1,"failed":1,"left":1,"state":"full"}"#);
    }
}
