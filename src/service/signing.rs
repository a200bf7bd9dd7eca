//! Signed URLs: `signature=` is the HMAC-SHA256 (RFC 2104) of the salt, the path and the query before and behind it,
//! as they stand in the request line, in base64url without padding (RFC 4648 §5). `expires=` is the second of Unix
//! time from which on it holds no more.
//!
//! It says nothing of a host: who serves several sites with the same keys lets a signature of one hold at the others.

use std::time::{Duration, SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use http::{Uri, uri::PathAndQuery};
use sha2::Sha256;

use super::{
    params::{self, EXPIRES, SIGNATURE},
    policy::Policy,
};
use crate::settings::{Key, Signed};

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsigned {
    /// It asks for something, and has no signature.
    Missing,
    /// It has one that isn't of this URL.
    Wrong,
    /// Its time is over.
    Expired,
    /// `expires` is no number of seconds.
    NoTime,
}

impl Unsigned {
    /// What is told.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Missing => "Signature required! This URL has no signature=, and here it needs one.",
            Self::Wrong => "Signature wrong! It isn't that of this path and query.",
            Self::Expired => "Link expired! The time of its expires= is over.",
            Self::NoTime => "Link expired! Its expires= is no second of Unix time.",
        }
    }
}

/// A path and query with when it expires, in seconds of Unix time, and its signature by the first key, in the place of
/// one that it may have; `None` where there is no key.
#[must_use]
pub fn signed(keys: &[Key], target: &str, expires: Option<u64>) -> Option<String> {
    let key = keys.first()?;
    let (mut target, _) = split(target);
    if let Some(expires) = expires {
        add(&mut target, EXPIRES, &expires.to_string());
    }
    let signature = BASE64_URL_SAFE_NO_PAD.encode(mac(key, &target)?.finalize().into_bytes());
    add(&mut target, SIGNATURE, &signature);
    Some(target)
}

/// What proves that a URL may be asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Proof<'a> {
    /// What stands in the query.
    Query {
        /// The path and query.
        target: &'a str,
        /// It asks for something, whatever its query has.
        asks: bool,
    },
    /// What stands before the path.
    Path {
        /// What it is of.
        path: &'a str,
        signature: Option<&'a str>,
        /// When it ends, be there keys or not.
        expires: Option<&'a str>,
    },
}

impl<'a> Proof<'a> {
    /// Of a path and query; `asks` if it asks for something whatever its query has.
    pub(super) fn of(uri: &'a Uri, asks: bool) -> Self {
        Self::Query { target: uri.path_and_query().map_or("", PathAndQuery::as_str), asks }
    }

    /// Sees whether the URL may be asked for. Gives when it expires, if it does.
    pub(super) fn check(self, policy: &Policy, now: SystemTime) -> Result<Option<SystemTime>, Unsigned> {
        let keys = &policy.sign_keys;
        match self {
            Self::Query { target, asks } if !keys.is_empty() => {
                let query = target.split_once('?').map_or("", |(_, query)| query);
                let (text, signatures) = split(target);
                let asks = asks || policy.signed == Signed::All || params::asks(query, policy);
                match signatures[..] {
                    [] if !asks => return Ok(None),
                    [] => return Err(Unsigned::Missing),
                    [signature] if is_of(keys, &text, signature) => {}
                    _ => return Err(Unsigned::Wrong),
                }
                expiry(query.split('&').filter_map(|pair| value(pair, EXPIRES)), now)
            }
            Self::Query { .. } => Ok(None),
            Self::Path { path, signature, expires } => {
                match signature {
                    _ if keys.is_empty() => {}
                    None => return Err(Unsigned::Missing),
                    Some(signature) if is_of(keys, path, signature) => {}
                    Some(_) => return Err(Unsigned::Wrong),
                }
                expiry(expires.into_iter(), now)
            }
        }
    }
}

/// When what is signed expires: of several times the earliest holds.
fn expiry<'a>(times: impl Iterator<Item = &'a str>, now: SystemTime) -> Result<Option<SystemTime>, Unsigned> {
    let mut earliest = None;
    for text in times {
        let time = time(text).ok_or(Unsigned::NoTime)?;
        earliest = Some(earliest.map_or(time, |earliest: SystemTime| earliest.min(time)));
    }
    if earliest.is_some_and(|earliest| earliest <= now) { Err(Unsigned::Expired) } else { Ok(earliest) }
}

/// A second of Unix time that a clock can show.
fn time(seconds: &str) -> Option<SystemTime> {
    let is_number = !seconds.is_empty() && seconds.bytes().all(|digit| digit.is_ascii_digit());
    let seconds = seconds.parse().ok().filter(|_| is_number)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// A query without what is the signature's own, where anything is signed.
pub(super) fn without(query: &str, policy: &Policy) -> String {
    let is_left = |pair: &&str| {
        policy.sign_keys.is_empty() || !params::is_signatures(pair.split('=').next().unwrap_or(pair))
    };
    query.split('&').filter(is_left).collect::<Vec<_>>().join("&")
}

/// True if it is the signature of that text by one of the keys. Takes the same time for each that is wrong.
fn is_of(keys: &[Key], text: &str, signature: &str) -> bool {
    let Ok(signature) = BASE64_URL_SAFE_NO_PAD.decode(signature) else { return false };
    let is_by = |key: &Key| mac(key, text).is_some_and(|mac| mac.verify_slice(&signature).is_ok());
    keys.iter().fold(false, |is_right, key| is_by(key) | is_right)
}

/// A path with its signature before it, as imgproxy has it; `None` where there is no key.
#[must_use]
pub fn signed_path(keys: &[Key], path: &str) -> Option<String> {
    let signature = mac(keys.first()?, path)?.finalize().into_bytes();
    Some(format!("/{}{path}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
}

fn mac(key: &Key, text: &str) -> Option<Hmac<Sha256>> {
    // A key of HMAC has any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.key).ok()?;
    mac.update(&key.salt);
    mac.update(text.as_bytes());
    Some(mac)
}

/// A target without the signatures in its query, and these.
fn split(target: &str) -> (String, Vec<&str>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let signatures = query.split('&').filter_map(|pair| value(pair, SIGNATURE)).collect();
    let rest: Vec<&str> = query.split('&').filter(|pair| value(pair, SIGNATURE).is_none()).collect();
    let rest = rest.join("&");
    let text = if rest.is_empty() { path.to_owned() } else { format!("{path}?{rest}") };
    (text, signatures)
}

fn value<'a>(pair: &'a str, name: &str) -> Option<&'a str> {
    pair.strip_prefix(name)?.strip_prefix('=')
}

fn add(target: &mut String, name: &str, value: &str) {
    let mark = if target.contains('?') { '&' } else { '?' };
    target.push_str(&format!("{mark}{name}={value}"));
}
