//! What was purged and when, of a store that is shared by hosts which don't know each other: they find out by it what of
//! their own has gone.
//!
//! It is a list in JSON, in which each purge stands as the query that asked for it. It is bounded: the oldest purges are
//! folded into the time up to which everything counts as purged, which is of no weight once nothing that old is kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{backoff::doubled, policy::Policy, purge::Purge};

/// How long a host waits at the mean before it tries for the second time to add a purge. R2 takes one writing of an object
/// a second.
const PAUSE: Duration = Duration::from_millis(200);

/// The most purges that are told apart.
const MOST: usize = 256;

/// Bytes of their queries together.
const MOST_BYTES: usize = 64 << 10;

/// The purges of a store, by their times in milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PurgeLog {
    /// What was made by then is purged, whatever it is of.
    before: Option<u64>,
    /// How many were folded into that.
    folded: u64,
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
    #[serde(default, skip_serializing_if = "is_zero")]
    folded: u64,
    purges: Vec<FormEntry>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[derive(Serialize, Deserialize)]
struct FormEntry {
    query: String,
    at: u64,
}

impl PurgeLog {
    /// How often a host tries to add to a list that others write as well.
    pub const TRIES: u32 = 5;

    /// How long it waits after so many tries: twice as long each time, but for what `random`, from 0 to 1, makes of it, so that
    /// hosts don't all try at once.
    #[must_use]
    pub fn pause(tries: u32, random: f64) -> Duration {
        doubled(PAUSE, tries).mul_f64(0.5 + random)
    }

    /// One by which all is purged that was made by then: nobody knows any more what was.
    #[must_use]
    pub const fn of_everything(by: u64) -> Self {
        // More than anybody can have counted, so that nobody takes it for what is known.
        Self { before: Some(by), folded: by, entries: Vec::new() }
    }

    /// Reads what is written. `None` if it is no such list.
    #[must_use]
    pub fn from_json(bytes: &[u8], policy: &Policy) -> Option<Self> {
        let Form { before, folded, purges } = serde_json::from_slice(bytes).ok()?;
        let entries = purges.into_iter().map(|entry| Entry::new(entry.query, entry.at, policy)).collect();
        Some(Self { before, folded, entries })
    }

    /// What is to be written.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let entry = |entry: &Entry| FormEntry { query: entry.query.clone(), at: entry.at };
        let purges = self.entries.iter().map(entry).collect();
        let form = Form { before: self.before, folded: self.folded, purges };
        // Only maps with keys that are no strings and failing writers make this fail; there are none here.
        serde_json::to_vec(&form).unwrap_or_default()
    }

    /// Adds a purge of that time, and folds the oldest where that makes too many.
    pub fn add(&mut self, query: &str, at: u64, policy: &Policy) {
        if self.has(query, at) {
            return;
        }
        self.entries.push(Entry::new(query.to_owned(), at, policy));
        self.entries.sort_by_key(|entry| entry.at);
        let mut bytes: usize = self.entries.iter().map(|entry| entry.query.len()).sum();
        while self.entries.len() > MOST || bytes > MOST_BYTES {
            let oldest = self.entries.remove(0);
            bytes -= oldest.query.len();
            self.before = self.before.max(Some(oldest.at));
            self.folded = self.folded.saturating_add(1);
        }
    }

    /// The purges, each with its query, that who has done all those of an older list has still to do, but for those
    /// before that time. What is asked for more than once is to be done once. It goes by what stands there and not by the
    /// order of times, since hosts' clocks differ. Where some were folded meanwhile that weren't known, everything counts
    /// as purged.
    #[must_use]
    pub fn news(&self, known: &Self, since: u64) -> Vec<(String, Purge)> {
        let is_new = |entry: &&Entry| entry.at >= since && !known.has(&entry.query, entry.at);
        let new: Vec<&Entry> = self.entries.iter().filter(is_new).collect();
        let comes_again = |at: usize| new[at + 1..].iter().any(|later| later.query == new[at].query);
        let news = new.iter().enumerate().filter(|(at, _)| !comes_again(*at));
        let news = news.map(|(_, entry)| {
            (entry.query.clone(), entry.purge.clone().unwrap_or_else(Purge::of_everything))
        });
        let missing = known.entries.iter().filter(|entry| !self.has(&entry.query, entry.at)).count();
        let is_all_known = self.folded.checked_sub(known.folded) == Some(missing as u64);
        let folded = self.before.filter(|before| *before >= since && !is_all_known);
        news.chain(folded.map(|_| ("all".to_owned(), Purge::of_everything()))).collect()
    }

    fn has(&self, query: &str, at: u64) -> bool {
        self.entries.iter().any(|entry| entry.at == at && entry.query == query)
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
    fn news_are_what_isn_t_known_yet_whatever_clocks_say() {
        let queries = |log: &PurgeLog, known: &PurgeLog, since| {
            log.news(known, since).into_iter().map(|(query, _)| query).collect::<Vec<_>>()
        };
        let known = log(&[("source=/a.jpg", 10), ("source=/b.jpg", 20)]);
        assert_eq!(queries(&known, &known, 0), [""; 0]);
        let mut later = known.clone();
        later.add("source=/late.jpg", 5, &Policy::default());
        later.add("source=/a.jpg", 40, &Policy::default());
        later.add("source=/a.jpg", 30, &Policy::default());
        later.add("source=/a.jpg", 30, &Policy::default());
        assert_eq!(queries(&later, &known, 0), ["source=/late.jpg", "source=/a.jpg"]);
        assert_eq!(queries(&later, &PurgeLog::default(), 20), ["source=/b.jpg", "source=/a.jpg"]);
        let mut told_late = later.clone();
        told_late.add("source=/a.jpg", 35, &Policy::default());
        assert_eq!(queries(&told_late, &later, 0), ["source=/a.jpg"]);
        let unread = PurgeLog::from_json(br#"{"purges":[{"query":"of=mars","at":3}]}"#, &Policy::default());
        assert!(unread.expect("a list").news(&known, 0)[0].1.is_all());
    }

    #[test]
    fn folded_purges_are_news_unless_all_of_them_were_known() {
        let is_all = |news: Vec<(String, Purge)>| news.iter().any(|(_, purge)| purge.is_all());
        let mut known = log(&[("source=/old.jpg", 1)]);
        let mut log = known.clone();
        for at in 2..=MOST as u64 {
            log.add("source=/a.jpg", at, &Policy::default());
        }
        let (before, full) = (log.clone(), log.news(&known, 0));
        assert_eq!((full.len(), is_all(full)), (1, false), "the same again and again");
        // What was known is folded.
        log.add("source=/b.jpg", 1_000, &Policy::default());
        assert!(!is_all(log.news(&before, 0)) && !is_all(log.news(&known, 0)));
        let written = PurgeLog::from_json(&log.to_json(), &Policy::default());
        assert_eq!(written.as_ref(), Some(&log));
        // And what wasn't; be it that its clock was late.
        log.add("source=/c.jpg", 1, &Policy::default());
        assert!(is_all(log.news(&before, 0)) && is_all(log.news(&PurgeLog::default(), 0)));
        assert!(!is_all(log.news(&PurgeLog::default(), 500)), "long before");
        known = PurgeLog::of_everything(2_000);
        assert!(is_all(known.news(&log, 0)) && known.news(&known, 0).is_empty());
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
