//! What a request is called in logs and in its answer: `X-Request-Id`, the client's or one that is made here.
//!
//! One is made where it is of use: for a line of the access log, an error, and what has to wait. A cached answer that
//! nobody logs has none, and costs nothing for it.

use std::hash::{BuildHasher, Hasher, RandomState};

use http::{HeaderName, HeaderValue, Response, request::Parts};

use crate::native::body::Body;

/// The header's name.
pub(crate) const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// Letters of a client's id at the most.
const MOST: usize = 128;

/// The id of a request, if it has one by now.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestId(Option<HeaderValue>);

impl RequestId {
    /// The id that the request came with, if that can stand in a log: letters, digits and `-_.:/+=` alone.
    pub(crate) fn of(request: &Parts) -> Self {
        Self(request.headers.get(NAME).filter(|value| is_sound(value.as_bytes())).cloned())
    }

    /// The id; one is made if need be.
    pub(crate) fn made(&mut self) -> &str {
        let value = self.0.get_or_insert_with(new);
        value.to_str().unwrap_or_default()
    }

    /// The id as a header has it, if there is one by now.
    pub(crate) const fn field(&self) -> Option<&HeaderValue> {
        self.0.as_ref()
    }

    /// Writes it into the answer, if there is one; an error always has one, and so has what is logged.
    pub(crate) fn mark(&mut self, response: &mut Response<Body>, is_logged: bool) {
        let status = response.status();
        if is_logged || status.is_client_error() || status.is_server_error() {
            self.made();
        }
        if let Some(value) = &self.0 {
            response.headers_mut().insert(NAME, value.clone());
        }
    }
}

fn is_sound(value: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
    (1..=MOST).contains(&value.len()) && value.iter().all(is_allowed)
}

/// 128 bits that nobody had before, in hexadecimal.
fn new() -> HeaderValue {
    // Each is hashed with keys of its own, which the standard library draws at random.
    let half = || RandomState::new().build_hasher().finish();
    HeaderValue::try_from(format!("{:016x}{:016x}", half(), half()))
        .unwrap_or_else(|_| HeaderValue::from_static("-"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use http::Request;

    use super::*;

    fn given(id: &str) -> RequestId {
        let request = Request::get("/").header(NAME, id).body(()).expect("a request");
        RequestId::of(&request.into_parts().0)
    }

    #[test]
    fn a_sound_id_is_kept_and_no_other() {
        for id in ["1", "7f9c/a:b+c=_.-Z", &"a".repeat(MOST)] {
            assert_eq!(given(id).made(), id);
        }
        for id in ["", "a b", "a\"b", "a\tb", "<x>", &"a".repeat(MOST + 1)] {
            let made = given(id).made().to_owned();
            assert!(made != id && made.len() == 32, "{id:?}: {made}");
        }
    }

    #[test]
    fn none_is_made_twice() {
        let made: HashSet<String> = (0..10_000).map(|_| RequestId::default().made().to_owned()).collect();
        assert_eq!(made.len(), 10_000);
    }
}
