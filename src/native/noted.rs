//! What was said once and need not be said at each request.

use std::{
    collections::HashSet,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, PoisonError},
};

/// How much is remembered; then it may be said anew.
const MOST: usize = 1 << 16;

/// Things that were said.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    said: Mutex<HashSet<u64>>,
    hashing: RandomState,
}

impl Noted {
    /// True the first time.
    pub(crate) fn is_news(&self, thing: impl Hash) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() >= MOST {
            said.clear();
        }
        said.insert(self.hashing.hash_one(thing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_news_once_and_memory_is_bounded() {
        let noted = Noted::default();
        assert!(noted.is_news(("a.jpg", "torn")) && noted.is_news(("a.jpg", "cut")));
        assert!(!noted.is_news(("a.jpg", "torn")));
        for i in 0..MOST * 2 {
            noted.is_news(i);
            assert!(noted.said.lock().expect("whole").len() <= MOST);
        }
    }
}
