//! What was purged while requests were under way: what they found out before is not to be written after that.
//!
//! Each request remembers how many purges there had been when it looked into the cache. Whoever writes holds
//! [`Purges::writing`] from its look at this list until its record is written; a purge holds all writing off for as
//! long as it takes one picture away, so that none is half known.

use std::{
    collections::VecDeque,
    sync::{
        PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::service::Purge;

/// How many purges are remembered. Who looked before them counts as purged, whatever it looked at.
const MOST: usize = 64;

/// The purges so far.
#[derive(Debug, Default)]
pub(crate) struct Purges {
    count: AtomicU64,
    last: RwLock<VecDeque<Purge>>,
}

/// While it lives nothing is purged.
pub(crate) struct Writing<'a> {
    count: u64,
    last: RwLockReadGuard<'a, VecDeque<Purge>>,
}

impl Purges {
    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// From now on nothing is written of what is purged, but by who looks later. It is said before the first picture goes
    /// and, as whoever looked meanwhile may have found one that was still there, after the last.
    pub(crate) fn note(&self, purge: &Purge) {
        let mut last = self.last.write().unwrap_or_else(PoisonError::into_inner);
        if last.len() == MOST {
            last.pop_front();
        }
        last.push_back(purge.clone());
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Holds purges off.
    pub(crate) fn writing(&self) -> Writing<'_> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        Writing { count: self.count(), last }
    }

    /// Does something while nobody writes.
    pub(crate) fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        let _nobody_writes = self.last.write().unwrap_or_else(PoisonError::into_inner);
        work()
    }
}

impl Writing<'_> {
    /// True if what a record's path tells of was purged after so many purges.
    pub(crate) fn is_purged(&self, path: &str, count: u64) -> bool {
        let since = usize::try_from(self.count.saturating_sub(count)).unwrap_or(usize::MAX);
        since > self.last.len() || self.last.iter().rev().take(since).any(|purge| purge.takes(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Policy;

    #[test]
    fn who_looked_before_is_purged_and_who_looks_after_is_not() {
        let purges = Purges::default();
        let purge = |query: &str| Purge::from_query(query, &Policy::default()).expect("sound");
        assert!(!purges.writing().is_purged("/a.jpg?width=", 0));
        purges.note(&purge("source=/a.jpg"));
        purges.note(&purge("source=/b.jpg"));
        let writing = purges.writing();
        assert!(writing.is_purged("/a.jpg?width=", 0) && writing.is_purged("/b.jpg?width=", 1));
        assert!(!writing.is_purged("/a.jpg?width=", 1) && !writing.is_purged("/b.jpg?width=", 2));
        assert!(!writing.is_purged("/c.jpg?width=", 0));
        drop(writing);
        for _ in 0..MOST {
            purges.note(&purge("source=/b.jpg"));
        }
        assert!(purges.writing().is_purged("/c.jpg?width=", 0), "nobody knows any more");
        assert_eq!(purges.count(), MOST as u64 + 2);
    }
}
