//! From an answer of the service and its body to one of the runtime.

use http::{HeaderName, HeaderValue};
use worker::Response;

use super::store;

/// The response to send. `is_whole` says that the body is the whole file though a part was asked for.
pub(super) fn respond(
    response: &crate::service::Response,
    body: worker::ResponseBody,
    is_whole: bool,
    more: &[(HeaderName, HeaderValue)],
) -> Response {
    let whole = response.whole().filter(|_| is_whole);
    let (status, headers) = match whole {
        Some(whole) => (200, &whole.headers),
        None => (response.status.as_u16(), &response.headers),
    };
    let mut headers = headers.clone();
    headers.extend(more.iter().cloned());
    Response::builder().with_status(status).with_headers(store::headers_of(&headers)).body(body)
}
