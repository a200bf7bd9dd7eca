//! What an origin's answer says of for how long it may be used: the part of RFC 9111 §4.2 and §5.2 that a cache which
//! others share must heed. The policy's own time bounds it, and counts where the origin says nothing.
//!
//! Every request to an origin has the same header fields, so of `Vary` only `*` tells anything.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, header};
use serde::{Deserialize, Serialize};

use super::{
    cache_control::{Directives, seconds},
    policy::Policy,
    restriction::Restriction,
};

/// What the header fields of an origin's answer say of keeping it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OriginCaching {
    /// Why nothing of it is to be kept or shared, if so.
    pub restriction: Option<Restriction>,
    /// For how long it may be used; `None` where the origin doesn't say.
    pub freshness: Option<Freshness>,
    /// For how long it has been in caches on its way (`Age`).
    pub age: Duration,
}

/// For how long an origin's answer may be used, from when the origin gave it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Freshness {
    /// For which a cache that others share may use it unasked; `None` where the origin doesn't say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<Duration>,
    /// For which a client's own cache may use it, where that is told another time (`max-age` beside `s-maxage`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Duration>,
    /// After that it is not to be used unasked, not even while the origin fails.
    pub must_revalidate: bool,
    /// For how long after that it may be used all the same while the origin is asked (RFC 5861 §3).
    #[serde(skip_serializing_if = "Duration::is_zero")]
    pub stale_meanwhile: Duration,
}

impl OriginCaching {
    /// Reads the header fields of an answer that has come at `now`. A policy may overrule all of it.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap, policy: &Policy, now: SystemTime) -> Self {
        if policy.overrule_origin {
            return Self::default();
        }
        let directives = Directives::of(headers);
        let age = text(headers, &header::AGE).and_then(seconds).unwrap_or_default();
        Self {
            restriction: Restriction::of(headers, &directives, age),
            freshness: Freshness::of(headers, &directives, now),
            age,
        }
    }
}

impl Freshness {
    fn of(headers: &HeaderMap, directives: &Directives, now: SystemTime) -> Option<Self> {
        if directives.has_whole("no-cache") || varies_by_anything(headers) {
            return Some(Self { lifetime: Some(Duration::ZERO), must_revalidate: true, ..Self::default() });
        }
        let shared = directives.time("s-maxage");
        let max_age = directives.time("max-age");
        let lifetime = shared.or(max_age).or_else(|| until_expiry(headers, now));
        // RFC 9111 §5.2.2.10: `s-maxage` says it too.
        let must_revalidate = shared.is_some()
            || ["must-revalidate", "proxy-revalidate"].into_iter().any(|name| directives.has(name));
        let max_age = max_age.filter(|_| shared.is_some());
        let stale_meanwhile = directives.time("stale-while-revalidate").filter(|_| !must_revalidate);
        let says_so = lifetime.is_some() || must_revalidate || stale_meanwhile.is_some();
        let stale_meanwhile = stale_meanwhile.unwrap_or_default();
        says_so.then_some(Self { lifetime, max_age, must_revalidate, stale_meanwhile })
    }
}

fn varies_by_anything(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::VARY).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|name| name.trim() == "*")
}

/// The time from `Date` to `Expires`. What is no date has come already (RFC 9111 §5.3).
fn until_expiry(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let expires = httpdate::parse_http_date(text(headers, &header::EXPIRES)?);
    let date = text(headers, &header::DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    Some(expires.ok().and_then(|at| at.duration_since(date.unwrap_or(now)).ok()).unwrap_or_default())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    // A field that can't be read is there, and says nothing that makes sense.
    headers.get(name).map(|value| value.to_str().unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn read(lines: &[(&'static str, &'static str)]) -> OriginCaching {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        OriginCaching::from_headers(&headers, &Policy::default(), at(784_111_777))
    }

    fn lifetime(lines: &[(&'static str, &'static str)]) -> Option<u64> {
        read(lines).freshness.and_then(|freshness| freshness.lifetime).map(|lifetime| lifetime.as_secs())
    }

    #[test]
    fn the_lifetime_is_that_for_shared_caches() {
        for (value, seconds) in [
            ("", None),
            ("public", None),
            ("max-age=60", Some(60)),
            ("max-age=60, s-maxage=5", Some(5)),
            ("S-MaxAge=\"7\" ,max-age=60", Some(7)),
            ("max-age=60, max-age=30", Some(30)),
            ("max-age=soon", Some(0)),
            ("max-age=-1", Some(0)),
            ("max-age=99999999999999999999", Some(u32::MAX.into())),
            ("max-age=60, no-cache", Some(0)),
            ("max-age=60, no-cache=\"set-cookie\"", Some(60)),
            ("immutable, must-revalidate", None),
        ] {
            assert_eq!(lifetime(&[("cache-control", value)]), seconds, "{value}");
        }
    }

    #[test]
    fn expires_counts_from_the_origins_own_date() {
        let (date, expires) = ("Sun, 06 Nov 1994 08:49:00 GMT", "Sun, 06 Nov 1994 08:50:00 GMT");
        assert_eq!(lifetime(&[("expires", expires), ("date", date)]), Some(60));
        assert_eq!(lifetime(&[("expires", expires)]), Some(23));
        assert_eq!(lifetime(&[("expires", date)]), Some(0));
        for never in ["0", "-1", "tomorrow"] {
            assert_eq!(lifetime(&[("expires", never)]), Some(0));
        }
        assert_eq!(lifetime(&[("expires", expires), ("cache-control", "max-age=5")]), Some(5));
    }

    #[test]
    fn what_must_be_asked_about_is() {
        let must = |lines: &[(&'static str, &'static str)]| {
            read(lines).freshness.is_some_and(|freshness| freshness.must_revalidate)
        };
        for value in ["no-cache", "must-revalidate", "max-age=5, proxy-revalidate", "s-maxage=5"] {
            assert!(must(&[("cache-control", value)]), "{value}");
        }
        assert!(must(&[("vary", "accept, *")]));
        assert!(!must(&[("vary", "accept"), ("cache-control", "max-age=5")]));
        assert_eq!(lifetime(&[("vary", "*"), ("cache-control", "max-age=5")]), Some(0));
    }

    #[test]
    fn ages_are_read_and_taken_off_what_a_client_may_keep() {
        assert_eq!(read(&[("age", "7")]).age, Duration::from_secs(7));
        assert_eq!(read(&[("age", "old")]).age, Duration::ZERO);
        let caching = read(&[("age", "7"), ("cache-control", "private, max-age=10")]);
        assert_eq!(caching.restriction, Some(Restriction::Private { max_age: Duration::from_secs(3) }));
    }

    #[test]
    fn an_origin_can_be_overruled() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, max-age=5"));
        let policy = Policy { overrule_origin: true, ..Policy::default() };
        assert_eq!(OriginCaching::from_headers(&headers, &policy, at(0)), OriginCaching::default());
    }
}
