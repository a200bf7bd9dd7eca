//! The directives of `Cache-Control` (RFC 9111 §5.2), as an origin writes them.

use std::time::Duration;

use http::{HeaderMap, header};

/// All directives of an answer, their names in lower case.
#[derive(Debug)]
pub(super) struct Directives(Vec<(String, String)>);

impl Directives {
    /// Reads the header fields of an answer. Values in quotes may hold commas.
    pub(super) fn of(headers: &HeaderMap) -> Self {
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
        Self(directives)
    }

    /// True if there is that directive, whatever its value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// True if there is that directive about the whole answer, and not just about some of its header fields.
    pub(super) fn has_whole(&self, name: &str) -> bool {
        self.0.iter().any(|(known, value)| known == name && value.is_empty())
    }

    /// The time that a directive states, the shortest where it is there more than once. What is no number is no time at
    /// all (RFC 9111 §4.2.1 wants such an answer to be stale).
    pub(super) fn time(&self, name: &str) -> Option<Duration> {
        let times = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| seconds(value));
        times.map(Option::unwrap_or_default).min()
    }
}

/// A number of seconds; `None` if it is none. One with too many digits is the longest time there is (RFC 9111 §1.2.2).
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u32::MAX).into()))
}
