//! What was purged and when, of a store that is shared by hosts which don't know each other: they find out by it what of
//! their own has gone.
//!
//! It is a list in JSON, in which each purge stands as the query that asked for it. It is bounded: the oldest purges are
//! folded into the time up to which everything counts as purged, which is of no weight once nothing that old is kept.

use serde::{Deserialize, Serialize};

use super::{policy::Policy, purge::Purge};

/// The most purges that are told apart.
const MOST: usize = 256;

/// Bytes of their queries together.
const MOST_BYTES: usize = 64 << 10;

/// The purges of a store, by their times in milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PurgeLog {
    /// What was made by then is purged, whatever it is of.
    before: Option<u64>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    query: String,
    at: u64,
    /// `None` for a query that can't be read, which may have meant anything.
    purge: Option<Purge>,
}

impl Entry {
    fn new(query: String, at: u64, policy: &Policy) -> Self {
        let purge = Purge::from_query(&query, policy).ok();
        Self { query, at, purge }
    }

    fn takes(&self, path: &str) -> bool {
        self.purge.as_ref().is_none_or(|purge| purge.takes(path))
    }
}

/// As it is written.
#[derive(Serialize, Deserialize)]
struct Form {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    purges: Vec<FormEntry>,
}

#[derive(Serialize, Deserialize)]
struct FormEntry {
    query: String,
    at: u64,
}

impl PurgeLog {
    /// One by which all is purged that was made by then: nobody knows any more what was.
    #[must_use]
    pub const fn of_everything(by: u64) -> Self {
        Self { before: Some(by), entries: Vec::new() }
    }

    /// Reads what is written. `None` if it is no such list.
    #[must_use]
    pub fn from_json(bytes: &[u8], policy: &Policy) -> Option<Self> {
        let Form { before, purges } = serde_json::from_slice(bytes).ok()?;
        let entries = purges.into_iter().map(|entry| Entry::new(entry.query, entry.at, policy)).collect();
        Some(Self { before, entries })
    }

    /// What is to be written.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let entry = |entry: &Entry| FormEntry { query: entry.query.clone(), at: entry.at };
        let form = Form { before: self.before, purges: self.entries.iter().map(entry).collect() };
        // Only maps with keys that are no strings and failing writers make this fail; there are none here.
        serde_json::to_vec(&form).unwrap_or_default()
    }

    /// Adds a purge of that time, and folds the oldest where that makes too many.
    pub fn add(&mut self, query: &str, at: u64, policy: &Policy) {
        self.entries.push(Entry::new(query.to_owned(), at, policy));
        self.entries.sort_by_key(|entry| entry.at);
        let mut bytes: usize = self.entries.iter().map(|entry| entry.query.len()).sum();
        while self.entries.len() > MOST || bytes > MOST_BYTES {
            let oldest = self.entries.remove(0);
            bytes -= oldest.query.len();
            self.before = self.before.max(Some(oldest.at));
        }
    }

    /// When what a record's [`path`](super::Record::path) tells of, or the name of a source, was last purged.
    #[must_use]
    pub fn last(&self, path: &str) -> Option<u64> {
        self.before.max(self.last_by_name(path))
    }

    /// The same, but for purges of which only the time is known. They say nothing of what is kept for long: it was
    /// deleted then.
    #[must_use]
    pub fn last_by_name(&self, path: &str) -> Option<u64> {
        self.entries.iter().filter(|entry| entry.takes(path)).map(|entry| entry.at).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(purges: &[(&str, u64)]) -> PurgeLog {
        let mut log = PurgeLog::default();
        for (query, at) in purges {
            log.add(query, *at, &Policy::default());
        }
        log
    }

    #[test]
    fn the_last_purge_of_each_picture_counts() {
        let log = log(&[("source=/a.jpg", 10), ("prefix=/b/", 20), ("source=/a.jpg&prefix=/c", 15)]);
        for (path, at) in
            [("/a.jpg?width=", Some(15)), ("/b/x.jpg", Some(20)), ("/c.jpg", Some(15)), ("/d.jpg", None)]
        {
            assert_eq!((log.last(path), log.last_by_name(path)), (at, at), "{path}");
        }
        assert_eq!(PurgeLog::default().last("/a.jpg"), None);
    }

    #[test]
    fn it_comes_back_from_what_is_written() {
        let log = log(&[("source=/a%20b.jpg", 10), ("all", 20)]);
        let json = log.to_json();
        assert_eq!(
            String::from_utf8_lossy(&json),
            r#"{"purges":[{"query":"source=/a%20b.jpg","at":10},{"query":"all","at":20}]}"#
        );
        assert_eq!(PurgeLog::from_json(&json, &Policy::default()), Some(log));
        for nonsense in ["", "7", "{}", "[]", r#"{"purges":[{"query":"all","at":-1}]}"#] {
            assert_eq!(PurgeLog::from_json(nonsense.as_bytes(), &Policy::default()), None, "{nonsense}");
        }
        let log = PurgeLog::of_everything(7);
        assert_eq!(log.last("/a.jpg"), Some(7));
        assert_eq!(PurgeLog::from_json(&log.to_json(), &Policy::default()), Some(log));
    }

    #[test]
    fn what_can_t_be_read_may_have_meant_anything() {
        let json = br#"{"purges":[{"query":"source=/a.jpg","at":5},{"query":"of=mars","at":3}]}"#;
        let log = PurgeLog::from_json(json, &Policy::default()).expect("a list");
        assert_eq!((log.last("/a.jpg"), log.last("/b.jpg")), (Some(5), Some(3)));
    }

    #[test]
    fn the_oldest_are_folded_into_a_time() {
        let mut log = log(&[("source=/old.jpg", 1)]);
        for at in 2..=MOST as u64 {
            log.add("source=/a.jpg", at, &Policy::default());
        }
        assert_eq!((log.last("/old.jpg"), log.last("/b.jpg")), (Some(1), None));
        log.add("source=/c.jpg", 1_000, &Policy::default());
        let last = ["/old.jpg", "/b.jpg", "/c.jpg"].map(|path| log.last(path));
        assert_eq!(last, [Some(1), Some(1), Some(1_000)]);
        assert_eq!(log.last_by_name("/old.jpg"), None);
        // As do those that are too long together, be they two.
        log.add(&format!("source=/{}", "x".repeat(MOST_BYTES / 2)), 2_000, &Policy::default());
        log.add(&format!("source=/{}", "y".repeat(MOST_BYTES / 2)), 3_000, &Policy::default());
        assert_eq!((log.last("/b.jpg"), log.entries.len()), (Some(2_000), 1));
        assert!(log.to_json().len() < MOST_BYTES + 100);
    }
}
