//! From an answer of the service and its body to one of the runtime.

use http::{HeaderName, HeaderValue};
use worker::{Response, ResponseBody};

use super::store;

/// A body that is at hand, of a file.
pub(super) struct OpenBody {
    pub(super) body: ResponseBody,
    pub(super) extent: Extent,
}

/// How much of its file a body has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// What the service answered with: all, or the part that was asked for.
    AsAnswered,
    /// All, though a part was asked for.
    Whole,
}

impl From<ResponseBody> for OpenBody {
    fn from(body: ResponseBody) -> Self {
        Self { body, extent: Extent::AsAnswered }
    }
}

/// The response to send.
pub(super) fn respond(
    response: &crate::service::Response,
    open: OpenBody,
    more: &[(HeaderName, HeaderValue)],
) -> Response {
    let whole = response.whole().filter(|_| open.extent == Extent::Whole);
    let (status, headers) = match whole {
        Some(whole) => (200, &whole.headers),
        None => (response.status.as_u16(), &response.headers),
    };
    let mut headers = headers.clone();
    headers.extend(more.iter().cloned());
    Response::builder().with_status(status).with_headers(store::headers_of(&headers)).body(open.body)
}
