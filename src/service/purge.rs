//! What is to be purged: everything, or what is kept of some sources, each with all its sizes, qualities and queries.
//!
//! It is written as a query: `all`, `source=/a.jpg` or `prefix=/photos/`, as many of them as one likes. A path is
//! percent-encoded as clients ask for it, and stands for that path of every host that is served; a URL is an origin's.

use std::{fmt, ops::AddAssign, str::FromStr};

use percent_encoding::percent_decode_str;

use super::{policy::Policy, route};

/// What is to be purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purge(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    All,
    /// What is kept of one source, by its name.
    Source(String),
    /// What is kept of sources whose names begin so.
    Prefix(String),
}

impl Purge {
    /// Reads what a query asks for.
    ///
    /// # Errors
    /// What it says that can't be, or what it should say.
    pub fn from_query(query: &str, policy: &Policy) -> Result<Self, String> {
        let mut parts = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (word, place) = pair.split_once('=').unwrap_or((pair, ""));
            let place = percent_decode_str(place).decode_utf8_lossy();
            match (word, &*place) {
                ("all", "") => parts.push(Part::All),
                ("source", place) => parts.extend(names(place, false, policy)?.into_iter().map(Part::Source)),
                ("prefix", place) => parts.extend(names(place, true, policy)?.into_iter().map(Part::Prefix)),
                _ => return Err(format!("{pair:?} is none of source=, prefix= and all")),
            }
        }
        match parts.is_empty() {
            true => Err("say what: source=/a.jpg, prefix=/photos/ or all".to_owned()),
            false => Ok(Self(parts)),
        }
    }

    /// One of all there is.
    #[must_use]
    pub fn of_everything() -> Self {
        Self(vec![Part::All])
    }

    /// Has it take what another takes, too.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// True if it takes all there is, be it known of what it was made or not.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.contains(&Part::All)
    }

    /// True if it takes what a record with that [`path`](super::Record::path) is about.
    #[must_use]
    pub fn takes(&self, path: &str) -> bool {
        self.0.iter().any(|part| match part {
            Part::All => true,
            Part::Source(name) => path
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '#'])),
            Part::Prefix(name) => path.starts_with(name.as_str()),
        })
    }
}

/// What is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many files.
    pub files: u64,
    /// What they took.
    pub bytes: u64,
}

impl fmt::Display for Purged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "purged: {} files, {} bytes", self.files, self.bytes)
    }
}

/// Reads what [`Purged`] tells, and whatever may be said after that.
impl FromStr for Purged {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let counts = text.strip_prefix("purged: ").and_then(|text| text.split_once(" files, "));
        let (files, rest) = counts.ok_or(())?;
        let (bytes, _) = rest.split_once(" bytes").ok_or(())?;
        let count = |text: &str| text.parse().map_err(|_| ());
        Ok(Self { files: count(files)?, bytes: count(bytes)? })
    }
}

impl AddAssign for Purged {
    fn add_assign(&mut self, more: Self) {
        self.files = self.files.saturating_add(more.files);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}

/// The names of what a place stands for.
fn names(place: &str, is_beginning: bool, policy: &Policy) -> Result<Vec<String>, String> {
    let bare = place.split(['?', '#']).next().unwrap_or_default();
    // An origin's or a bucket's.
    if bare.split_once("://").is_some_and(|(scheme, _)| !scheme.is_empty() && !scheme.contains('/')) {
        return Ok(vec![bare.to_owned()]);
    }
    Some(bare)
        .filter(|path| path.starts_with('/'))
        .and_then(|path| route::names(path, is_beginning, policy))
        .ok_or_else(|| format!("{place:?} is no path such as /a.jpg, and no URL"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{Mount, MountPoint, Target};

    fn policy() -> Policy {
        let remote = |base: &str| Target::Remote { base: base.to_owned() };
        let mounts = vec![
            Mount { at: MountPoint::Prefix("/shop/".to_owned()), target: remote("https://shop.test/img/") },
            Mount { at: MountPoint::Host("http://b.test".to_owned()), target: remote("http://o.test") },
        ];
        Policy { mounts, ..Policy::default() }
    }

    fn taken(query: &str, path: &str) -> bool {
        Purge::from_query(query, &policy()).expect("sound").takes(path)
    }

    #[test]
    fn a_source_is_taken_with_all_that_was_made_of_it_and_nothing_else() {
        for path in
            ["/a b.jpg?width=&height=", "/a b.jpg?width=3&height=&q=50", "http://o.test/a%20b.jpg?v=1"]
        {
            assert!(taken("source=/a b.jpg", path) && taken("source=%2Fa%2520b.jpg?v=2", path), "{path}");
        }
        assert!(taken("source=/shop/x.jpg", "https://shop.test/img/x.jpg"));
        assert!(taken("source=https://shop.test/img/x.jpg", "https://shop.test/img/x.jpg#q=50"));
        for path in ["/a b.jpgx?width=", "/sub/a b.jpg?width=", "http://o.test/a%20b.jpgx"] {
            assert!(!taken("source=/a%20b.jpg", path), "{path}");
        }
    }

    #[test]
    fn a_prefix_takes_what_begins_so_below_mounts_too() {
        assert!(
            taken("prefix=/photos/", "/photos/a.jpg?width=")
                && taken("prefix=/photos/", "http://o.test/photos/a")
        );
        assert!(!taken("prefix=/photos/", "/photos2/a.jpg?width="));
        assert!(taken("prefix=/pho", "/photos2/a.jpg?width="));
        assert!(
            taken("prefix=/sh", "https://shop.test/img/x.jpg")
                && taken("prefix=/", "https://shop.test/img/x.jpg")
        );
        assert!(taken("prefix=/shop/x", "https://shop.test/img/x.jpg"));
        assert!(!taken("prefix=/shop/y", "https://shop.test/img/x.jpg"));
        assert!(taken("source=/none&all", "/b.jpg") && taken("all", ""));
    }

    #[test]
    fn what_is_gone_is_told_and_read_again() {
        let mut purged = Purged { files: 3, bytes: 4_000 };
        assert_eq!(purged.to_string(), "purged: 3 files, 4000 bytes");
        for more in ["", "\n", "; and so on"] {
            assert_eq!(format!("{purged}{more}").parse(), Ok(purged), "{more}");
        }
        for wrong in ["", "purged: ", "purged: 3 files", "purged: x files, 4 bytes", "not all is purged"] {
            assert_eq!(wrong.parse::<Purged>(), Err(()), "{wrong}");
        }
        purged += Purged { files: 1, bytes: u64::MAX };
        assert_eq!(purged, Purged { files: 4, bytes: u64::MAX });
    }

    #[test]
    fn what_can_t_be_meant_is_refused() {
        for query in [
            "",
            "&",
            "all=1",
            "source=",
            "source=a.jpg",
            "prefix=/../x",
            "everything",
            "source=/%252e%252e/x",
        ] {
            assert!(Purge::from_query(query, &policy()).is_err(), "{query}");
        }
    }
}
