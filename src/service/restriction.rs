//! What an origin says of who may keep its answer: the part of RFC 9111 that a cache which others share must heed.

use std::time::Duration;

use http::{HeaderMap, header};

use super::policy::Policy;

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
    /// Reads the header fields of an origin's answer; `None` where all may share it, or the policy says that they may.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap, policy: &Policy) -> Option<Self> {
        if policy.overrule_origin {
            return None;
        }
        let directives = directives(headers);
        let has = |name: &str| directives.iter().any(|(known, _)| known == name);
        if has("no-store") {
            return Some(Self::NoStore);
        }
        let is_private = has("private") || headers.contains_key(header::SET_COOKIE);
        is_private.then(|| {
            let max_age = directives.iter().find(|(name, _)| name == "max-age");
            let seconds = max_age.and_then(|(_, value)| value.parse().ok()).filter(|_| !has("no-cache"));
            Self::Private { max_age: Duration::from_secs(seconds.unwrap_or(0)) }
        })
    }
}

/// The directives of `Cache-Control`, their names in lower case. Values in quotes may hold commas.
fn directives(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut directives = Vec::new();
    for line in headers.get_all(header::CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok()) {
        let mut is_quoted = false;
        let parts = line.split(|c: char| {
            is_quoted ^= c == '"';
            c == ',' && !is_quoted
        });
        directives.extend(parts.map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned())
        }));
    }
    directives
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
        Restriction::from_headers(&headers, &Policy::default())
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

    #[test]
    fn an_origin_can_be_overruled() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let policy = Policy { overrule_origin: true, ..Policy::default() };
        assert_eq!(Restriction::from_headers(&headers, &policy), None);
    }
}
