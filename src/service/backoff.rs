//! How soon an origin is asked again after an answer that was of no use: soon at first, then ever later.
//!
//! What an origin fails to give is remembered in memory and for seconds alone ([`Failures`]); a picture that is there
//! in part is kept as any, but for the time of [`of_doubt`].

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use super::key::Id;

/// The first and the longest time for which a failure is remembered.
const FAILURE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

/// The first time for which a part of a picture is kept.
const DOUBT: Duration = Duration::from_secs(10);

/// How long after its time a failure still counts as one before the next.
const FORGIVEN: Duration = Duration::from_secs(600);

/// How many failures are remembered.
const MOST: usize = 4096;

/// For how long an answer is kept that is the so manieth in a row which may not be all of a picture.
pub(super) fn of_doubt(times: u32) -> Duration {
    doubled(DOUBT, times)
}

pub(super) fn doubled(first: Duration, times: u32) -> Duration {
    first.saturating_mul(1 << times.saturating_sub(1).min(30))
}

/// What origins failed to give lately, by what they were asked for. A host has one for all requests.
#[derive(Debug)]
pub struct Failures<T>(HashMap<String, Failure<T>>);

#[derive(Debug)]
struct Failure<T> {
    what: T,
    at: SystemTime,
    times: u32,
}

impl<T> Failure<T> {
    fn holds_for(&self) -> Duration {
        let [first, most] = FAILURE;
        doubled(first, self.times).min(most)
    }

    /// How long ago it was; `None` if that lies ahead, by a clock that was set back.
    fn since(&self, now: SystemTime) -> Option<Duration> {
        now.duration_since(self.at).ok()
    }
}

impl<T> Default for Failures<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Clone> Failures<T> {
    /// What an origin answered to that question, if it is too early to ask again.
    #[must_use]
    pub fn find(&self, url: &str, now: SystemTime) -> Option<T> {
        let failure = self.0.get(&Id::of(url).now)?;
        failure.since(now).is_some_and(|since| since < failure.holds_for()).then(|| failure.what.clone())
    }

    /// An origin failed once more.
    pub fn note(&mut self, url: &str, what: T, now: SystemTime) {
        let is_old = |failure: &Failure<T>| failure.since(now).is_none_or(|since| since > FORGIVEN);
        if self.0.len() >= MOST {
            self.0.retain(|_, failure| !is_old(failure));
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let key = Id::of(url).now;
        let before = self.0.get(&key).filter(|failure| !is_old(failure)).map_or(0, |failure| failure.times);
        self.0.insert(key, Failure { what, at: now, times: before.saturating_add(1) });
    }

    /// An origin gave what it was asked for.
    pub fn forget(&mut self, url: &str) {
        if !self.0.is_empty() {
            self.0.remove(&Id::of(url).now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn failures_are_remembered_for_ever_longer_up_to_a_bound() {
        let mut failures = Failures::default();
        let mut now = 1000;
        for wait in [1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(failures.find("a", at(now)), None);
            failures.note("a", 404, at(now));
            assert_eq!(failures.find("a", at(now + wait - 1)), Some(404));
            assert_eq!(failures.find("a", at(now + wait)), None);
            assert_eq!(failures.find("b", at(now)), None);
            now += wait;
        }
        failures.forget("a");
        failures.note("a", 404, at(now));
        assert_eq!(failures.find("a", at(now + 1)), None);
        // Long ago, or in a time that the clock was set back from, is as never.
        for later in [now + 2000, 5] {
            failures.note("a", 404, at(later));
            assert_eq!(failures.find("a", at(later + 1)), None);
        }
    }

    #[test]
    fn they_are_bounded() {
        let mut failures = Failures::default();
        for i in 0..MOST * 2 + 1 {
            failures.note(&i.to_string(), (), at(1));
            assert!(failures.0.len() <= MOST);
        }
        assert_eq!(failures.find(&(MOST * 2).to_string(), at(1)), Some(()));
    }

    #[test]
    fn doubts_double_from_ten_seconds() {
        assert_eq!([1, 2, 5].map(|times| of_doubt(times).as_secs()), [10, 20, 160]);
        assert!(of_doubt(u32::MAX) > Duration::from_secs(86_400 * 365));
    }
}
