//! The page that shows operators the figures of `/metrics` as they move, and what the log warned of. It is one file
//! without anything from elsewhere, and asks as its reader may.

use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Response, header};
use sha2::{Digest, Sha256};

use crate::native::body::{self, Body};

const STYLE: &str = include_str!("dashboard/page.css");
const SCRIPT: &str = include_str!("dashboard/page.js");

static PAGE: LazyLock<Bytes> = LazyLock::new(|| {
    let page = include_str!("dashboard/page.html");
    page.replace("{{STYLE}}", STYLE).replace("{{SCRIPT}}", SCRIPT).into()
});

/// The very style and script of the page are taken, and no other.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    HeaderValue::try_from(policy).ok()
});

/// The page.
pub(crate) fn page() -> Response<Body> {
    let mut response = Response::new(body::full(PAGE.clone()));
    let headers = response.headers_mut();
    let fields = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    headers.extend(fields.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers.extend(POLICY.clone().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_from_elsewhere() {
        let page = std::str::from_utf8(&PAGE).expect("text");
        for part in ["{{", "src=", "@import", "url(", "https:"] {
            assert!(!page.contains(part), "{part}");
        }
        // The one address names a kind of elements.
        assert_eq!(page.matches("http:").count(), 1);
        assert!(page.contains("'http://www.w3.org/2000/svg'"));
        assert!(POLICY.as_ref().is_some_and(|policy| !policy.is_sensitive()));
    }
}
