//! What was just found out, for who began to look before: between a request's look into the cache and its place in a
//! flight another flight may have landed, whose result stands nowhere yet where it was looked for.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long it is kept: longer than any request takes from its look to its flight.
const KEPT: Duration = Duration::from_secs(5);

/// How much is kept.
const MOST: usize = 256;

/// Results by their keys, the oldest first.
#[derive(Debug)]
pub(crate) struct Lately<T>(Mutex<VecDeque<Known<T>>>);

#[derive(Debug)]
struct Known<T> {
    key: String,
    at: Instant,
    what: T,
}

impl<T> Default for Lately<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Lately<T> {
    /// The last result of a key, if it was noted since then.
    pub(crate) fn since(&self, key: &str, since: Instant) -> Option<T> {
        let results = self.results();
        let known = results.iter().rev().find(|result| result.key == key)?;
        (known.at >= since).then(|| known.what.clone())
    }

    /// Keeps a result for a while.
    pub(crate) fn note(&self, key: &str, what: T, now: Instant) {
        let mut results = self.results();
        let is_old = |result: &Known<T>| now.duration_since(result.at) > KEPT;
        while results.len() >= MOST || results.front().is_some_and(is_old) {
            results.pop_front();
        }
        results.push_back(Known { key: key.to_owned(), at: now, what });
    }

    /// Forgets all.
    pub(crate) fn forget_all(&self) {
        self.results().clear();
    }

    fn results(&self) -> MutexGuard<'_, VecDeque<Known<T>>> {
        // They are whole at every moment, so a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looked_before_hears_of_it_and_nobody_else() {
        let (lately, began) = (Lately::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        assert_eq!(lately.since("a", began), None);
        lately.note("a", 1, after(1));
        lately.note("a", 2, after(2));
        assert_eq!(lately.since("a", began), Some(2));
        assert_eq!(lately.since("a", after(2)), Some(2));
        assert_eq!(lately.since("a", after(3)), None);
        assert_eq!(lately.since("b", began), None);
        lately.note("b", 3, after(9));
        assert_eq!(lately.since("a", began), None, "too long ago");
        for i in 0..2 * MOST {
            lately.note(&i.to_string(), 4, after(9));
        }
        assert_eq!(lately.results().len(), MOST);
    }
}
