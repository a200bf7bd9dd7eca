//! Conditional requests and ranges: RFC 9110 §13 and §14.
//!
//! One byte range is answered as one. Several at once, other units and malformed ranges are answered with the whole,
//! as the standard allows.

use std::{ops::Range, time::SystemTime};

use http::{HeaderMap, HeaderName, Method, header};

use super::time::whole_seconds;

/// What a request says about the copy that its client has.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    pub(super) is_head: bool,
    if_match: Option<String>,
    if_none_match: Option<String>,
    if_modified_since: Option<SystemTime>,
    if_unmodified_since: Option<SystemTime>,
    if_range: Option<String>,
    range: Option<String>,
}

/// What tells two states of an answer apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResponseValidators<'a> {
    /// Strong, quotes included.
    pub(super) etag: &'a str,
    pub(super) modified: Option<SystemTime>,
    /// Bytes.
    pub(super) len: u64,
}

/// How much of an answer is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Whole,
    Part(Range<u64>),
    NotModified,
    PreconditionFailed,
    Unsatisfiable,
}

impl Conditions {
    pub(super) fn from_head(method: &Method, headers: &HeaderMap) -> Self {
        Self {
            is_head: method == Method::HEAD,
            if_match: joined(headers, header::IF_MATCH),
            if_none_match: joined(headers, header::IF_NONE_MATCH),
            if_modified_since: date(headers, header::IF_MODIFIED_SINCE),
            if_unmodified_since: date(headers, header::IF_UNMODIFIED_SINCE),
            if_range: joined(headers, header::IF_RANGE),
            range: joined(headers, header::RANGE),
        }
    }

    /// The order of RFC 9110 §13.2.2.
    pub(super) fn judge(&self, now: &ResponseValidators<'_>) -> Verdict {
        if let Some(tags) = &self.if_match {
            if !lists(tags, now.etag, false) {
                return Verdict::PreconditionFailed;
            }
        } else if let (Some(since), Some(modified)) = (self.if_unmodified_since, now.modified)
            && whole_seconds(modified) > whole_seconds(since)
        {
            return Verdict::PreconditionFailed;
        }
        if let Some(tags) = &self.if_none_match {
            if lists(tags, now.etag, true) {
                return Verdict::NotModified;
            }
        } else if let (Some(since), Some(modified)) = (self.if_modified_since, now.modified)
            && whole_seconds(modified) <= whole_seconds(since)
        {
            return Verdict::NotModified;
        }
        self.judge_range(now)
    }

    fn judge_range(&self, now: &ResponseValidators<'_>) -> Verdict {
        // "A server MUST ignore a Range header field received with a request method that is unrecognized or for
        // which range handling is not defined": it is defined for GET alone.
        let Some(range) = self.range.as_deref().filter(|_| !self.is_head) else { return Verdict::Whole };
        if self.if_range.as_deref().is_some_and(|validator| !is_same(validator, now)) {
            return Verdict::Whole;
        }
        parse_range(range, now.len)
    }
}

/// True if an `If-Range` validator names the present state: a strong tag, or exactly the date that was sent.
fn is_same(validator: &str, now: &ResponseValidators<'_>) -> bool {
    if validator.starts_with('"') || validator.starts_with("W/") {
        return validator == now.etag;
    }
    match (httpdate::parse_http_date(validator), now.modified) {
        (Ok(date), Some(modified)) => whole_seconds(date) == whole_seconds(modified),
        _ => false,
    }
}

/// True if a list of entity tags holds this one, or is `*`.
fn lists(tags: &str, etag: &str, weakly: bool) -> bool {
    let mut rest = tags.trim();
    if rest == "*" {
        return true;
    }
    // Tags may hold commas, so the list is read tag by tag.
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (is_weak, tag) = match rest.strip_prefix("W/") {
            Some(tag) => (true, tag),
            None => (false, rest),
        };
        let Some(end) = tag.strip_prefix('"').and_then(|tag| tag.find('"')) else { return false };
        let (tag, after) = tag.split_at(end + 2);
        if tag == etag && (weakly || !is_weak) {
            return true;
        }
        rest = after;
    }
}

fn parse_range(range: &str, len: u64) -> Verdict {
    let Some((unit, set)) = range.split_once('=') else { return Verdict::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Verdict::Whole;
    }
    // A second range makes the part after the hyphen no number.
    let Some((first, last)) = set.trim().split_once('-') else { return Verdict::Whole };
    match (first.is_empty(), number(first), last.is_empty(), number(last)) {
        (false, Some(first), false, Some(last)) if first <= last => satisfy(first, last, len),
        (false, Some(first), true, None) => satisfy(first, u64::MAX, len),
        (true, None, false, Some(suffix)) if suffix > 0 && len > 0 => {
            Verdict::Part(len - suffix.min(len)..len)
        }
        (true, None, false, Some(_)) => Verdict::Unsatisfiable,
        _ => Verdict::Whole,
    }
}

fn satisfy(first: u64, last: u64, len: u64) -> Verdict {
    if first >= len { Verdict::Unsatisfiable } else { Verdict::Part(first..last.saturating_add(1).min(len)) }
}

/// Only digits; a number past all files counts as the largest.
fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().unwrap_or(u64::MAX))
}

fn joined(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    headers.get(name)?.to_str().ok().and_then(|date| httpdate::parse_http_date(date).ok())
}
