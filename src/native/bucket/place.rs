//! Where a bucket is, and what of it is meant, as it is written.

use percent_encoding::percent_decode_str;

/// A bucket, and the beginning of the keys in it that are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) scheme: Scheme,
    /// The bucket's name; Azure calls it a container.
    pub(crate) bucket: String,
    /// A key, or whole parts of its beginning; empty for all.
    pub(crate) key: String,
}

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    S3,
    Google,
    Azure,
}

impl Place {
    /// What is allowed, to be read after "it is".
    pub(crate) const ALLOWED: &str = "s3://bucket[/prefix], gs://bucket[/prefix] or az://container[/prefix]";

    /// True for what is meant as one, be it well written or not.
    pub(crate) fn is_meant(text: &str) -> bool {
        scheme(text).is_some()
    }

    /// Reads one, in which the key is percent-encoded. `None` for what can be none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = scheme(text)?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if bucket.is_empty() || !bucket.bytes().all(is_name) || key.contains(['?', '#']) {
            return None;
        }
        let key = percent_decode_str(key.trim_matches('/')).decode_utf8().ok()?.into_owned();
        Some(Self { scheme, bucket: bucket.to_owned(), key })
    }
}

fn scheme(text: &str) -> Option<(Scheme, &str)> {
    [("s3://", Scheme::S3), ("gs://", Scheme::Google), ("az://", Scheme::Azure)]
        .into_iter()
        .find_map(|(written, scheme)| Some((scheme, text.strip_prefix(written)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_and_what_is_below_it_are_read() {
        for (text, bucket, key) in [
            ("s3://pics", "pics", ""),
            ("s3://pics/", "pics", ""),
            ("s3://my.pics-2/a/b%20c/", "my.pics-2", "a/b c"),
        ] {
            let place = Place { scheme: Scheme::S3, bucket: bucket.into(), key: key.into() };
            assert_eq!(Place::parse(text), Some(place));
        }
        assert_eq!(Place::parse("gs://b/k").map(|place| place.scheme), Some(Scheme::Google));
        assert_eq!(Place::parse("az://b/k").map(|place| place.scheme), Some(Scheme::Azure));
        for text in [
            "s3://",
            "s3:///k",
            "s3://a b/k",
            "s3://b/k?v=1",
            "s3://user:pass@b",
            "r2://b",
            "./pics",
            "http://b",
        ] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
        assert!(Place::is_meant("s3://") && !Place::is_meant("./s3"));
    }
}
