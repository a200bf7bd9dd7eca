//! Keys in the bucket: `purges.json`, and `results/<source>/<id>.<what>`, in which the parts of a source's name stay parts, so that people
//! find their pictures, and a purge doesn't have to read what is there.
//!
//! A part that is empty (a local path begins with `/`, a URL has `//`) is written `-`, and whatever isn't unreserved
//! (RFC 3986 §2.3), or would be mistaken for such, is percent-encoded.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const RESULTS: &str = "results";
const LEASES: &str = "leases";
const PURGES: &str = "purges.json";

/// S3 and Google take 1,024 bytes.
const LONGEST: usize = 960;

const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The keys of one result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    /// Of the result.
    pub(super) result: String,
    /// Of the lease of who makes it.
    pub(super) lease: String,
}

impl Keys {
    /// The keys below a prefix; `None` for names that are too long for a bucket.
    pub(super) fn new(prefix: &str, source: &str, id: &str, what: &str) -> Option<Self> {
        let key = |kind| format!("{}/{}/{id}.{what}", below(prefix, kind), encoded(source));
        let keys = Self { result: key(RESULTS), lease: key(LEASES) };
        (keys.result.len() <= LONGEST).then_some(keys)
    }
}

/// Below which all results are.
pub(super) fn results(prefix: &str) -> String {
    below(prefix, RESULTS)
}

/// Below which all results of a source are.
pub(super) fn results_of(prefix: &str, source: &str) -> String {
    format!("{}/{}", results(prefix), encoded(source))
}

/// The key of the list of purges.
pub(super) fn purges(prefix: &str) -> String {
    below(prefix, PURGES)
}

/// The name of the source whose result has this key.
pub(super) fn source_of(prefix: &str, key: &str) -> Option<String> {
    let rest = key.strip_prefix(&results(prefix))?.strip_prefix('/')?;
    let (source, _) = rest.rsplit_once('/')?;
    let parts: Option<Vec<Cow<'_, str>>> = source.split('/').map(decoded).collect();
    Some(parts?.join("/"))
}

fn below(prefix: &str, kind: &str) -> String {
    if prefix.is_empty() { kind.to_owned() } else { format!("{prefix}/{kind}") }
}

fn encoded(source: &str) -> String {
    let part = |part: &str| match part {
        "" => "-".to_owned(),
        "-" => "%2D".to_owned(),
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        part => utf8_percent_encode(part, PART).to_string(),
    };
    source.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn decoded(part: &str) -> Option<Cow<'_, str>> {
    match part {
        "-" => Some(Cow::Borrowed("")),
        part => percent_decode_str(part).decode_utf8().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_known_again_by_its_key() {
        for (source, written) in [
            ("/a/b c.jpg", "-/a/b%20c.jpg"),
            ("./pics/a.jpg", "%2E/pics/a.jpg"),
            ("https://o.test:8080/p/a%20b.jpg", "https%3A/-/o.test%3A8080/p/a%2520b.jpg"),
            ("../-/…", "%2E%2E/%2D/%E2%80%A6"),
            ("s3://b/..%2f", "s3%3A/-/b/..%252f"),
        ] {
            for prefix in ["", "x/y"] {
                let keys = Keys::new(prefix, source, "1f", "webp").expect("short");
                assert!(keys.result.ends_with(&format!("results/{written}/1f.webp")), "{}", keys.result);
                assert!(keys.result.starts_with(prefix) && keys.lease != keys.result);
                assert_eq!(source_of(prefix, &keys.result).as_deref(), Some(source));
                assert!(keys.result.starts_with(&results_of(prefix, source)));
            }
        }
        assert_eq!(source_of("x", "results/-/a.jpg/1f.webp"), None);
        assert_eq!(Keys::new("", &"x".repeat(1000), "1f", "webp"), None);
    }
}
