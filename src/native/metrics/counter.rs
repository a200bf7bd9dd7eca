//! Numbers that only grow, and distributions of times.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// What it has come to.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The upper bounds of a histogram's buckets, in seconds; the last bucket has none.
pub(crate) const BOUNDS: [f64; 13] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// How many times fell between which bounds, and their sum.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [Counter; BOUNDS.len() + 1],
    microseconds: Counter,
}

impl Histogram {
    /// Takes note of a time.
    pub(crate) fn observe(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket].add(1);
        self.microseconds.add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// How many times were at the most as long as each of [`BOUNDS`], and how many there were.
    pub(crate) fn cumulative(&self) -> [u64; BOUNDS.len() + 1] {
        let mut sum = 0;
        std::array::from_fn(|at| {
            sum += self.buckets[at].count();
            sum
        })
    }

    /// All times together, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.microseconds.count() as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fall_at_or_below_their_bound() {
        let histogram = Histogram::default();
        for milliseconds in [1, 5, 6, 60_000, 60_001] {
            histogram.observe(Duration::from_millis(milliseconds));
        }
        let counts = histogram.cumulative();
        assert_eq!(counts[..3], [2, 3, 3]);
        assert_eq!(counts[BOUNDS.len() - 1..], [4, 5]);
        assert!((histogram.seconds() - 120.013).abs() < 1e-9);
    }
}
