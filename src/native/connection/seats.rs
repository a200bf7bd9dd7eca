//! The connections there are, and which of them makes way for another. No input or output, and no clock.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use super::watch::{Patience, Watch};

/// So many connections may be about to end at a time, beyond those that there may be.
const ENDING: usize = 64;

/// So many connections leave memory behind that is worth giving back.
const MANY: usize = 16;

/// The watches of all connections by their numbers.
#[derive(Debug, Default)]
pub(super) struct Seats {
    watches: HashMap<u64, Arc<Watch>>,
    /// Those that were told to make way and haven't ended yet.
    ending: HashSet<u64>,
    /// Some of those that were waiting for their clients when all were looked at last, the longest at the end.
    waiting: Vec<u64>,
    /// The most that there were since it was last told that most have ended.
    most: usize,
    next: u64,
}

impl Seats {
    /// True if every connection has ended.
    pub(super) fn are_empty(&self) -> bool {
        self.watches.is_empty() && self.ending.is_empty()
    }

    /// The number of one more connection; `None` where there are `most` and none can make way.
    pub(super) fn enter(&mut self, watch: &Arc<Watch>, most: usize, now: Instant) -> Option<u64> {
        if self.watches.len() >= most && !self.make_way(now) {
            return None;
        }
        self.next += 1;
        self.watches.insert(self.next, Arc::clone(watch));
        self.most = self.most.max(self.watches.len());
        Some(self.next)
    }

    /// A connection has ended; true if by now most of many have.
    pub(super) fn leave(&mut self, id: u64) -> bool {
        self.watches.remove(&id);
        self.ending.remove(&id);
        let has_ebbed = self.most >= MANY && self.watches.len() <= self.most / 4;
        if has_ebbed {
            self.most = self.watches.len();
        }
        has_ebbed
    }

    /// A connection that was told to end goes on.
    pub(super) fn stay(&mut self, id: u64, watch: &Arc<Watch>) {
        if self.ending.remove(&id) {
            self.watches.insert(id, Arc::clone(watch));
        }
    }

    /// Ends the connection that has been waiting for its client for longest; false if none could make way.
    pub(super) fn make_way(&mut self, now: Instant) -> bool {
        for is_new in [false, true] {
            if is_new {
                self.look_who_waits(now);
            }
            while let Some(id) = self.waiting.pop() {
                let watch = self.watches.get(&id);
                if watch.is_some_and(|watch| watch.state().could_make_way(now).is_some()) {
                    return self.end(id);
                }
            }
        }
        false
    }

    /// Ends the connection whose answers have been waiting to be taken for longest.
    pub(super) fn make_way_for_answers(&mut self, now: Instant) {
        let waiting = self.watches.iter().filter_map(|(id, watch)| {
            let state = watch.state();
            Some((state.could_make_way(now).filter(|_| state.is_answering())?, *id))
        });
        if let Some((_, id)) = waiting.max() {
            self.end(id);
        }
    }

    /// Ends what waits for its client for too long.
    pub(super) fn end_overdue(&self, now: Instant, patience: &Patience) {
        for watch in self.watches.values() {
            if let Some(awaited) = watch.state().overdue(now, patience) {
                tracing::debug!(?awaited, "a connection is ended: its client took too long");
                watch.end.notify_one();
            }
        }
    }

    /// Looks at all once for many that will have to make way.
    fn look_who_waits(&mut self, now: Instant) {
        let waited = |watch: &Watch| watch.state().could_make_way(now);
        let mut waiting: Vec<(Duration, u64)> =
            self.watches.iter().filter_map(|(id, watch)| Some((waited(watch)?, *id))).collect();
        waiting.sort_unstable();
        let from = waiting.len().saturating_sub(ENDING);
        self.waiting = waiting[from..].iter().map(|(_, id)| *id).collect();
    }

    /// Tells a connection to end, unless many are about to already.
    fn end(&mut self, id: u64) -> bool {
        let ends = self.ending.len() < ENDING;
        if ends && let Some(watch) = self.watches.remove(&id) {
            watch.end.notify_one();
            self.ending.insert(id);
        }
        ends
    }
}
