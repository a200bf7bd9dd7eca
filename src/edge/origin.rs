//! Requests to the origin server.
//!
//! Only the origin's own host is ever asked: the path of a request is appended to `ORIGIN`, and a redirect that
//! leaves that host is a failure. Nothing of the client's request goes with it but the path.

use std::{future::Future, time::Duration};

use futures_util::future::{Either, select};
use worker::{AbortController, Delay, Fetch, Headers, Request, RequestInit, RequestRedirect, Response, Url};

use super::settings::Settings;
use crate::{
    error::{Error, Kind, Result},
    service::{Validators, http_date},
};

/// Told to the origin, and refused from a client: an origin that leads back to this Worker would never end.
pub(super) const LOOP_HEADER: &str = "x-slimpix-hop";

const REDIRECTS: usize = 3;

/// How long what came in time may take to be heard of.
const GRACE: Duration = Duration::from_millis(100);

/// Sends the request and follows redirects that stay with the origin.
pub(super) async fn ask(url: &str, known: Option<&Validators>, settings: &Settings) -> Result<Response> {
    let mut url = Url::parse(url).map_err(|error| Error::with_source(Kind::Upstream, "the origin", error))?;
    for _ in 0..=REDIRECTS {
        let request = request(&url, known).map_err(failed)?;
        let controller = AbortController::default();
        let signal = controller.signal();
        let fetch = Fetch::Request(request);
        let Some(response) = within(settings.timeout, fetch.send_with_signal(&signal)).await else {
            controller.abort();
            return Err(upstream("the origin didn't answer in time"));
        };
        let response = response.map_err(failed)?;
        if !matches!(response.status_code(), 301 | 302 | 303 | 307 | 308) {
            return Ok(response);
        }
        let location = response.headers().get("location").ok().flatten().unwrap_or_default();
        let next = url.join(&location).map_err(|_| no_picture(settings, "the origin redirects to no URL"))?;
        if !is_same_host(&url, &next) {
            return Err(no_picture(settings, "the origin redirects to another host"));
        }
        url = next;
    }
    Err(no_picture(settings, "the origin redirects in circles"))
}

pub(super) fn request(url: &Url, known: Option<&Validators>) -> worker::Result<Request> {
    let headers = Headers::new();
    headers.set("accept", "image/*,*/*;q=0.5")?;
    headers.set("accept-encoding", "identity")?;
    headers.set("user-agent", concat!("slimpix/", env!("CARGO_PKG_VERSION")))?;
    headers.set(LOOP_HEADER, "1")?;
    if let Some(etag) = known.and_then(|validators| validators.etag.as_deref()) {
        headers.set("if-none-match", etag)?;
    } else if let Some(date) = known.and_then(|validators| validators.modified).and_then(http_date) {
        headers.set("if-modified-since", &date)?;
    }
    let mut init = RequestInit::new();
    init.with_headers(headers).with_redirect(RequestRedirect::Manual);
    Request::new_with_init(url.as_str(), &init)
}

/// True for the same host and port, or the same host's usual port for HTTPS.
fn is_same_host(from: &Url, to: &Url) -> bool {
    let same_port = from.port_or_known_default() == to.port_or_known_default();
    let is_upgrade = to.scheme() == "https" && to.port_or_known_default() == Some(443);
    from.host() == to.host() && matches!(to.scheme(), "http" | "https") && (same_port || is_upgrade)
}

/// The future's output, or `None` when it takes longer.
///
/// While the isolate converts, nothing else in it runs, and its timer may be heard before what came in time.
pub(super) async fn within<T>(timeout: Duration, future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    for wait in [timeout, GRACE] {
        if let Either::Left((output, _)) = select(future.as_mut(), Delay::from(wait)).await {
            return Some(output);
        }
    }
    None
}

/// For an answer that isn't a picture, but may be what the client is to see, where it is passed on.
pub(super) fn no_picture(settings: &Settings, what: impl Into<String>) -> Error {
    let kind = if settings.policy.passes { Kind::Unsupported } else { Kind::Upstream };
    Error::new(kind, what)
}

pub(super) fn upstream(what: impl Into<String>) -> Error {
    Error::new(Kind::Upstream, what)
}

pub(super) fn failed(error: worker::Error) -> Error {
    // The runtime's errors belong to one thread; what they say doesn't.
    Error::with_source(Kind::Upstream, "the origin", error.to_string())
}
