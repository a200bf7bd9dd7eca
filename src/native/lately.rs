//! What was just found out, for who looks before it stands where it is looked for: between a request's look into the
//! cache and its place in a flight another flight may have landed, and its result may not have been written down yet.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long it is kept: longer than any request takes from its look to its flight.
const KEPT: Duration = Duration::from_secs(5);

/// How much is kept.
const MOST: usize = 256;

/// Results by their keys, the oldest first.
#[derive(Debug)]
pub(crate) struct Lately<T>(Arc<Mutex<VecDeque<Known<T>>>>);

#[derive(Debug)]
struct Known<T> {
    key: String,
    found_at: Instant,
    /// When it stood where it is looked for; `None`: it may not stand there yet.
    written_at: Option<Instant>,
    what: T,
}

/// A result that is being written down. Who looks until this is dropped hears of it.
#[derive(Debug)]
pub(crate) struct Unwritten<T> {
    results: Lately<T>,
    key: String,
    found_at: Instant,
}

impl<T> Default for Lately<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Lately<T> {
    /// The last result of a key, if it may not have stood where it is looked for since then.
    pub(crate) fn since(&self, key: &str, since: Instant) -> Option<T> {
        let results = self.results();
        let known = results.iter().rev().find(|result| result.key == key)?;
        known.written_at.is_none_or(|at| at >= since).then(|| known.what.clone())
    }

    /// Keeps a result for a while.
    pub(crate) fn note(&self, key: &str, what: T, now: Instant) -> Unwritten<T> {
        let mut results = self.results();
        let is_old = |result: &Known<T>| now.duration_since(result.found_at) > KEPT;
        while results.len() >= MOST || results.front().is_some_and(is_old) {
            results.pop_front();
        }
        results.push_back(Known { key: key.to_owned(), found_at: now, written_at: None, what });
        Unwritten { results: Self(Arc::clone(&self.0)), key: key.to_owned(), found_at: now }
    }
}

impl<T> Lately<T> {
    /// Forgets all.
    pub(crate) fn forget_all(&self) {
        self.results().clear();
    }

    fn results(&self) -> MutexGuard<'_, VecDeque<Known<T>>> {
        // They are whole at every moment, so a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Unwritten<T> {
    fn written(&self, now: Instant) {
        let is_this = |result: &&mut Known<T>| result.key == self.key && result.found_at == self.found_at;
        if let Some(known) = self.results.results().iter_mut().rev().find(is_this) {
            known.written_at = Some(now);
        }
    }
}

impl<T> Drop for Unwritten<T> {
    fn drop(&mut self) {
        self.written(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use std::mem;

    use super::*;

    #[test]
    fn who_looked_before_hears_of_it_and_nobody_else() {
        let (lately, began) = (Lately::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        let note = |key: &str, what, at| {
            let noted = lately.note(key, what, at);
            noted.written(at);
            mem::forget(noted);
        };
        assert_eq!(lately.since("a", began), None);
        note("a", 1, after(1));
        note("a", 2, after(2));
        assert_eq!(lately.since("a", began), Some(2));
        assert_eq!(lately.since("a", after(2)), Some(2));
        assert_eq!(lately.since("a", after(3)), None);
        assert_eq!(lately.since("b", began), None);
        note("b", 3, after(9));
        assert_eq!(lately.since("a", began), None, "too long ago");
        for i in 0..2 * MOST {
            note(&i.to_string(), 4, after(9));
        }
        assert_eq!(lately.results().len(), MOST);
    }

    #[test]
    fn until_it_is_written_whoever_looks_hears_of_it() {
        let (lately, began) = (Lately::default(), Instant::now());
        let unwritten = lately.note("a", 1, began);
        let later = || Instant::now() + Duration::from_secs(1);
        assert_eq!(lately.since("a", later()), Some(1));
        drop(unwritten);
        assert_eq!(lately.since("a", later()), None);
        assert_eq!(lately.since("a", began), Some(1));
    }
}
