//! The bucket of originals: how URLs name its objects.

use percent_encoding::percent_decode_str;

/// What stands before the path of a picture in a bucket.
pub(super) const BUCKET_BASE: &str = "r2://bucket";

/// The key of an object.
pub(super) fn object_key(url: &str) -> String {
    let path = url.strip_prefix(BUCKET_BASE).unwrap_or(url).trim_start_matches('/');
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}
