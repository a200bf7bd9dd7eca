//! What an origin says of who may keep its answer: the part of RFC 9111 that a cache which others share must heed.

use std::time::Duration;

use http::{HeaderMap, header};

use super::cache_control::Directives;

/// An original that is not to be shared: nothing of it is kept, and each client's request asks the origin itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restriction {
    /// It is for one client alone (`private`), or a cookie came with it, which nobody else is to get.
    Private {
        /// For how long that client may keep it, as the origin says; zero where it doesn't.
        max_age: Duration,
    },
    /// Nobody is to keep it (`no-store`).
    NoStore,
}

impl Restriction {
    /// Reads the header fields of an origin's answer, which was made so long ago; `None` where all may share it.
    pub(super) fn of(headers: &HeaderMap, directives: &Directives, age: Duration) -> Option<Self> {
        if directives.has("no-store") {
            return Some(Self::NoStore);
        }
        let is_private = directives.has("private") || headers.contains_key(header::SET_COOKIE);
        is_private.then(|| {
            let max_age = directives.time("max-age").filter(|_| !directives.has("no-cache"));
            Self::Private { max_age: max_age.unwrap_or_default().saturating_sub(age) }
        })
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn read(lines: &[(&str, &'static str)]) -> Option<Restriction> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.parse::<HeaderName>().expect("a name"), HeaderValue::from_static(value));
        }
        Restriction::of(&headers, &Directives::of(&headers), Duration::ZERO)
    }

    fn private(seconds: u64) -> Option<Restriction> {
        Some(Restriction::Private { max_age: Duration::from_secs(seconds) })
    }

    #[test]
    fn what_is_not_to_be_shared_is_recognised_however_it_is_written() {
        for (value, restriction) in [
            ("public, max-age=60", None),
            ("max-age=60, s-maxage=1", None),
            ("", None),
            ("x-private, \"private\"", None),
            ("ext=\"private, no-store\"", None),
            ("private", private(0)),
            ("PRIVATE ,max-age=60", private(60)),
            ("max-age=\"60\", private", private(60)),
            ("private, no-cache, max-age=60", private(0)),
            ("private=\"set-cookie, x\"", private(0)),
            ("max-age=x, private", private(0)),
            ("private, no-store", Some(Restriction::NoStore)),
            ("max-age=60,No-Store", Some(Restriction::NoStore)),
        ] {
            assert_eq!(read(&[("cache-control", value)]), restriction, "{value}");
        }
        assert_eq!(read(&[("set-cookie", "a=b")]), private(0));
        assert_eq!(read(&[("set-cookie", "a=b"), ("cache-control", "public, max-age=5")]), private(5));
        let lines = [("cache-control", "max-age=60"), ("cache-control", "no-store")];
        assert_eq!(read(&lines), Some(Restriction::NoStore));
    }
}
