//! What operators are recognised by: a token, which they send as `Authorization: Bearer`.

use std::fmt;

use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

/// Who has no token is told so.
pub const TOKEN_IS_WANTED: &str = "Authorization: Bearer with ADMIN_TOKEN is wanted.\n";

/// The digest of a token. Digests are compared in place of tokens, so that no comparison tells how much of a guess is right.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminToken([u8; 32]);

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

impl AdminToken {
    /// That of a text.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// The one that a request has as a Bearer token.
    #[must_use]
    pub fn borne(headers: &HeaderMap) -> Option<Self> {
        let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| Self::of(token.trim().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_bearer_is_known_by_the_token_alone() {
        let token = AdminToken::of(b"sixteen-letters-");
        let borne = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            AdminToken::borne(&headers).as_ref() == Some(&token)
        };
        assert!(borne("Bearer sixteen-letters-") && borne("bearer  sixteen-letters- "));
        for wrong in ["Bearer", "Bearer sixteen-letters", "Basic sixteen-letters-", "sixteen-letters-", ""] {
            assert!(!borne(wrong), "{wrong}");
        }
        assert_eq!(AdminToken::borne(&HeaderMap::new()), None);
        assert_eq!(format!("{token:?}"), "AdminToken(…)");
    }
}
