//! What a question to an origin says of the request that it is asked for: its name (`X-Request-Id`) and its trace
//! (`traceparent` and `tracestate`, W3C Trace Context), so that one request is found in the logs and traces of both.
//!
//! Where requests are traced here, the origin's part of the trace lies below the step that asks. Where they are not, a
//! caller's own context goes on as it came, which is what the standard has those do who take no part (§3.2, §4.3).
//! Several requests may want the same original: the one that asks is named.

use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};

use crate::native::{
    request_id::{self, RequestId},
    traces::{Part, Trace},
};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Bytes of `tracestate` that go on at the most: as many as the standard asks for (§3.3.1.5).
const LONGEST_STATE: usize = 512;

/// Header fields that go on to an origin.
#[derive(Debug, Clone, Default)]
pub(crate) struct PassedOn(HeaderMap);

impl PassedOn {
    /// Of a request with such a name.
    pub(crate) fn of(request: &Parts, id: &RequestId) -> Self {
        let mut fields = HeaderMap::new();
        if let Some(id) = id.field() {
            fields.insert(request_id::NAME, id.clone());
        }
        let mut parents = request.headers.get_all(TRACEPARENT).iter();
        if let (Some(parent), None) = (parents.next(), parents.next())
            && is_context(parent.as_bytes())
        {
            fields.insert(TRACEPARENT, parent.clone());
            let states: Vec<&HeaderValue> = request.headers.get_all(TRACESTATE).iter().collect();
            if states.iter().map(|state| state.len()).sum::<usize>() <= LONGEST_STATE {
                for state in states {
                    fields.append(TRACESTATE, state.clone());
                }
            }
        }
        Self(fields)
    }

    /// The same, below a step of a trace, or else below its request.
    pub(crate) fn within(mut self, trace: &Trace, part: Option<&Part>) -> Self {
        trace.write_to(part, &mut self.0);
        self
    }

    /// The fields.
    pub(crate) const fn fields(&self) -> &HeaderMap {
        &self.0
    }
}

/// True for what is a `traceparent` of this version of the standard or of a later one (§3.2.2).
fn is_context(value: &[u8]) -> bool {
    let Some((head, rest)) = value.split_at_checked(55) else { return false };
    let parts: Vec<&[u8]> = head.split(|byte| *byte == b'-').collect();
    let [version, trace, parent, flags] = parts[..] else { return false };
    let is_hex = |part: &[u8], len: usize| {
        part.len() == len && part.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |part: &[u8], len: usize| is_hex(part, len) && part.iter().any(|byte| *byte != b'0');
    let is_of_now = version == b"00" && rest.is_empty();
    let is_later = version != b"00" && version != b"ff" && (rest.is_empty() || rest.starts_with(b"-"));
    is_hex(version, 2) && (is_of_now || is_later) && is_id(trace, 32) && is_id(parent, 16) && is_hex(flags, 2)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    const SOUND: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn passed_on(fields: &[(&str, &str)]) -> HeaderMap {
        let request =
            fields.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
        let request = request.body(()).expect("a request").into_parts().0;
        PassedOn::of(&request, &RequestId::of(&request)).0
    }

    #[test]
    fn what_is_sound_goes_on_as_it_came() {
        let later = format!("01{}-more", &SOUND[2..]);
        for parent in [SOUND, &later] {
            let fields = passed_on(&[
                ("traceparent", parent),
                ("tracestate", "a=1"),
                ("tracestate", "b=2"),
                ("x-request-id", "abc"),
                ("cookie", "secret"),
            ]);
            assert!(fields[TRACEPARENT] == *parent && fields[request_id::NAME] == "abc", "{fields:?}");
            assert!(fields.get_all(TRACESTATE).iter().eq(["a=1", "b=2"]) && fields.len() == 4, "{fields:?}");
        }
    }

    #[test]
    fn what_is_not_stays_here() {
        let capitals = SOUND.to_uppercase();
        for parent in [
            "",
            "00-1-2-01",
            &capitals,
            &format!("ff{}", &SOUND[2..]),
            &format!("{SOUND}-more"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        ] {
            assert!(passed_on(&[("traceparent", parent), ("tracestate", "a=1")]).is_empty(), "{parent}");
        }
        assert!(passed_on(&[("traceparent", SOUND), ("traceparent", SOUND)]).is_empty());
        let long = "a".repeat(LONGEST_STATE + 1);
        assert_eq!(passed_on(&[("traceparent", SOUND), ("tracestate", &long)]).len(), 1);
    }
}
