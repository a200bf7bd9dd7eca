//! The head of every answer, and the only place where an error becomes a status.
//!
//! The public text of an error never says more than its status; what went wrong goes into the log line.

use std::{ops::Range, time::SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::{
    conditional::{Conditions, ResponseValidators, Verdict},
    exchange::Exchange,
    forms::Refusal,
    key,
    log_line::{Decision, LogLine},
    record::Validators,
    representation::{COMPRESSION_RATE, Keeping, Representation, Vary, set},
    route::{RequestHead, Source},
    signing::Unsigned,
    steps::Step,
};
use crate::{codec::Format, error::Kind};

/// A whole answer but for the bytes that the host holds.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// All header fields, `Content-Length` included.
    pub headers: HeaderMap,
    /// What to send after them.
    pub body: Body,
    /// What to log.
    pub log: LogLine,
    /// Work that may go on after answering, to be driven like any step; its answer goes to nobody.
    pub background: Option<Box<Step>>,
    /// Where the request goes on to as it came, to be answered with what comes of that instead of with this: see
    /// [`Policy::passes`](super::Policy::passes).
    pub onward: Option<String>,
    whole: Option<Whole>,
    exchange: Option<Box<Exchange>>,
}

/// What to send after the headers. Ranges are in bytes, and never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A part of the source.
    Source {
        /// The source.
        source: Source,
        /// The state that a local one must be in, and the length that any must have.
        validators: Validators,
        /// The checksum of the copy that is kept of a remote one, where it is known.
        hash: Option<String>,
        /// Which part.
        range: Range<u64>,
    },
    /// A part of a variant.
    Variant {
        /// The source's [`Source::folder`].
        folder: String,
        /// The id.
        id: String,
        /// The format, which gives the extension.
        format: Format,
        /// The length that it must have.
        len: u64,
        /// [`hash_hex`](super::hash_hex) of the whole; `None` for a file that webp_server_go made.
        hash: Option<String>,
        /// Which part.
        range: Range<u64>,
    },
    /// A part of the answer that the cache of answers had.
    Answer {
        /// Which part.
        range: Range<u64>,
    },
}

/// The full 200 answer to the same question, whatever part of it was asked for: what a cache of answers keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its body, in full.
    pub body: Body,
}

impl Response {
    /// The full answer for a cache of answers; `None` for errors and for what must not be kept.
    #[must_use]
    pub const fn whole(&self) -> Option<&Whole> {
        self.whole.as_ref()
    }

    /// The body isn't there, or isn't as long as it must be: another answer, and the cache heals.
    pub fn lost(self) -> Step {
        match self.exchange {
            Some(exchange) => exchange.on_lost(&self.body),
            None => error(Kind::NotFound, None).into(),
        }
    }

    pub(super) fn with_exchange(mut self, exchange: Box<Exchange>) -> Self {
        self.exchange = Some(exchange);
        self
    }

    pub(super) fn with_log(mut self, fill: impl FnOnce(&mut LogLine)) -> Self {
        fill(&mut self.log);
        self
    }

    pub(super) fn with_background(mut self, step: Step) -> Self {
        self.background = Some(Box::new(step));
        self
    }

    /// Nobody keeps it for longer than its URL holds. What a cache of answers keeps stays as it is: other URLs lead to it.
    pub(super) fn until(mut self, expires: Option<SystemTime>, now: SystemTime) -> Self {
        let left = expires.map(|expires| expires.duration_since(now).unwrap_or_default());
        let stated = self.headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
        if let Some((who, age)) = stated.and_then(|stated| stated.split_once("max-age="))
            && let (Some(left), Ok(age)) = (left, age.parse::<u64>())
        {
            let value = format!("{who}max-age={}", age.min(left.as_secs()));
            set(&mut self.headers, header::CACHE_CONTROL, &value);
        }
        self
    }

    pub(super) fn with_onward(mut self, onward: Option<String>) -> Self {
        self.onward = onward;
        self
    }

    fn new(status: StatusCode, headers: HeaderMap, body: Body, log: LogLine) -> Self {
        Self { status, headers, body, log, background: None, onward: None, whole: None, exchange: None }
    }
}

impl From<Response> for Step {
    fn from(response: Response) -> Self {
        Self::Respond(Box::new(response))
    }
}

/// The answer with a picture, or what its conditions make of it. `body` gives the bytes of a range.
pub(super) fn picture(
    representation: &Representation,
    conditions: &Conditions,
    body: impl Fn(Range<u64>) -> Body,
    log: LogLine,
) -> Response {
    let headers = representation.headers();
    let validators = ResponseValidators {
        etag: &representation.etag,
        modified: representation.modified,
        len: representation.len,
    };
    let mut response = conditioned(headers, &validators, conditions, body, log);
    response.log.bytes = representation.len;
    response.log.source_bytes = representation.source_len;
    let may_be_kept = matches!(representation.keeping, Keeping::All(age) if !age.is_zero());
    response.whole = response.whole.filter(|_| may_be_kept);
    response
}

/// The answer with something that the host holds, given all its header fields, or what the request's conditions make
/// of it.
#[must_use]
pub fn held(head: &RequestHead<'_>, headers: HeaderMap, len: u64) -> Response {
    answered(headers, len, &Conditions::from_head(head.method, head.headers))
}

/// An answer from a cache of answers, or what its conditions make of it.
pub(super) fn answered(headers: HeaderMap, len: u64, conditions: &Conditions) -> Response {
    let text =
        |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let etag = text(header::ETAG);
    let modified = httpdate::parse_http_date(&text(header::LAST_MODIFIED)).ok();
    let validators = ResponseValidators { etag: &etag, modified, len };
    let mut log = LogLine::of(Decision::Answer);
    log.bytes = len;
    let mut response = conditioned(headers, &validators, conditions, |range| Body::Answer { range }, log);
    response.whole = None;
    response
}

fn conditioned(
    mut headers: HeaderMap,
    validators: &ResponseValidators<'_>,
    conditions: &Conditions,
    body: impl Fn(Range<u64>) -> Body,
    log: LogLine,
) -> Response {
    let len = validators.len;
    let whole = Whole { headers: headers.clone(), body: body(0..len) };
    let (status, body) = match conditions.judge(validators) {
        Verdict::Whole => (StatusCode::OK, body(0..len)),
        Verdict::Part(range) => {
            let stated = format!("bytes {}-{}/{len}", range.start, range.end - 1);
            set(&mut headers, header::CONTENT_RANGE, &stated);
            set(&mut headers, header::CONTENT_LENGTH, &(range.end - range.start).to_string());
            (StatusCode::PARTIAL_CONTENT, body(range))
        }
        Verdict::NotModified => {
            // What describes the bytes goes with the bytes; RFC 9110 §15.4.5 names what stays.
            for name in
                [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::ACCEPT_RANGES, COMPRESSION_RATE]
            {
                headers.remove(name);
            }
            (StatusCode::NOT_MODIFIED, Body::Empty)
        }
        verdict => return refused(verdict, len, headers.get(header::VARY), conditions.is_head, log),
    };
    let body = if conditions.is_head { Body::Empty } else { body };
    let mut response = Response::new(status, headers, body, log);
    response.whole = Some(whole);
    response
}

/// 416 and 412.
fn refused(verdict: Verdict, len: u64, vary: Option<&HeaderValue>, is_head: bool, log: LogLine) -> Response {
    let mut response = if verdict == Verdict::Unsatisfiable {
        let mut response = text(StatusCode::RANGE_NOT_SATISFIABLE, "Range not satisfiable!");
        set(&mut response.headers, header::CONTENT_RANGE, &format!("bytes */{len}"));
        response
    } else {
        text(StatusCode::PRECONDITION_FAILED, "Precondition failed!")
    };
    if let Some(vary) = vary {
        response.headers.insert(header::VARY, vary.clone());
    }
    response.log = log;
    without_body_if(response, is_head)
}

/// JSON that may be kept for as long as pictures may, or not at all.
pub(super) fn json(value: &serde_json::Value, keeping: Keeping, conditions: &Conditions) -> Response {
    let bytes = value.to_string().into_bytes();
    let mut headers = HeaderMap::new();
    let etag = format!("\"{}\"", key::hash_hex(&bytes));
    let len = bytes.len() as u64;
    set(&mut headers, header::CONTENT_TYPE, "application/json");
    set(&mut headers, header::CONTENT_LENGTH, &len.to_string());
    set(&mut headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut headers, header::ETAG, &etag);
    set(&mut headers, header::CACHE_CONTROL, &keeping.value());
    let validators = ResponseValidators { etag: &etag, modified: None, len };
    let body = |range: Range<u64>| {
        let clamp = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        Body::Bytes(bytes[clamp(range.start)..clamp(range.end)].to_vec())
    };
    let mut response = conditioned(headers, &validators, conditions, body, LogLine::of(Decision::Json));
    response.log.bytes = len;
    response.whole = None;
    response
}

/// `/healthz`.
pub(super) fn health(is_head: bool) -> Response {
    let mut response = text(StatusCode::OK, "ok");
    response.log = LogLine::of(Decision::Health);
    without_body_if(response, is_head)
}

/// A method that isn't served.
pub(super) fn wrong_method() -> Response {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed!");
    set(&mut response.headers, header::ALLOW, "GET, HEAD");
    response
}

/// A file extension that isn't served.
pub(super) fn wrong_extension(name: &str, is_head: bool) -> Response {
    without_body_if(text(StatusCode::BAD_REQUEST, &format!("File extension not allowed! {name}")), is_head)
}

/// A URL whose signature isn't there, isn't right or is over.
pub(super) fn unsigned(why: Unsigned, is_head: bool) -> Response {
    without_body_if(text(StatusCode::FORBIDDEN, why.text()), is_head)
}

/// A URL of another service's form that can't be read, or whose source isn't served.
pub(super) fn refused_form(refusal: &Refusal, is_head: bool) -> Response {
    without_body_if(text(refusal.status, &refusal.text), is_head)
}

/// A parameter whose value isn't allowed.
pub(super) fn wrong_parameter(what: &str, is_head: bool) -> Response {
    without_body_if(text(StatusCode::BAD_REQUEST, &format!("Bad parameter! {what}")), is_head)
}

/// A picture that this client can't show, and of which nothing else can be made.
pub(super) fn not_acceptable(vary: Vary, is_head: bool) -> Response {
    let mut response = text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Image format not supported!");
    if let Some(vary) = vary.value() {
        set(&mut response.headers, header::VARY, &vary);
    }
    without_body_if(response, is_head)
}

/// The one place where an error becomes a status. `trouble` goes into the log only.
pub(super) fn error(kind: Kind, trouble: Option<String>) -> Response {
    let (status, public) = match kind {
        Kind::NotFound => (StatusCode::NOT_FOUND, "Image not found!"),
        Kind::Malformed => {
            (StatusCode::NOT_FOUND, "Image not found! What is there is damaged, or no picture.")
        }
        Kind::Unsupported => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Image format not supported!"),
        Kind::LimitExceeded | Kind::OutputTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Image too large!"),
        Kind::Parameter => (StatusCode::BAD_REQUEST, "Bad parameter!"),
        Kind::Upstream => (StatusCode::BAD_GATEWAY, "Origin server failed!"),
        Kind::OutOfMemory | Kind::Overload => (StatusCode::SERVICE_UNAVAILABLE, "Overloaded, try again!"),
        Kind::Io | Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Internal error!"),
    };
    let mut response = text(status, public);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        set(&mut response.headers, header::RETRY_AFTER, "5");
    }
    response.log.trouble = trouble;
    response
}

/// A response as HEAD wants it: without its body.
pub(super) fn without_body_if(mut response: Response, is_head: bool) -> Response {
    if is_head {
        response.body = Body::Empty;
    }
    response
}

fn text(status: StatusCode, text: &str) -> Response {
    let mut headers = HeaderMap::new();
    set(&mut headers, header::CONTENT_TYPE, "text/plain; charset=utf-8");
    set(&mut headers, header::CONTENT_LENGTH, &text.len().to_string());
    set(&mut headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut headers, header::CACHE_CONTROL, "no-store");
    let mut log = LogLine::of(Decision::Refused);
    log.bytes = text.len() as u64;
    Response::new(status, headers, Body::Bytes(text.as_bytes().to_vec()), log)
}
