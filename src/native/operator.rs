//! What the command line asks of a server that runs, or of a Worker: one request over HTTP, and its answer as text.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{runtime, time};

use crate::{
    error::{Error, Kind, Result},
    native::tls,
};

/// Bytes of an answer at the most.
const MOST: usize = 64 << 10;

/// What a server has told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) text: String,
    /// The path and query at which it goes on, if it isn't done.
    pub(crate) next: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// What a server answers to a call for operators.
///
/// # Errors
/// As [`ask`]; [`Kind::Io`] for a server that doesn't do it.
pub(crate) fn call(method: Method, at: &str, target: &str, token: &str, patience: Duration) -> Result<Told> {
    let token = Some(token).filter(|token| !token.is_empty());
    let Answer { status, headers, text } = ask(method, at, target, token, patience)?;
    let text = text.trim_end();
    match status {
        StatusCode::OK => Ok(Told { text: text.to_owned(), next: None }),
        StatusCode::ACCEPTED => Ok(Told { text: text.to_owned(), next: next(&headers) }),
        StatusCode::UNAUTHORIZED => {
            Err(Error::new(Kind::Io, "the server wants its ADMIN_TOKEN: WEBP_ADMIN_TOKEN has it"))
        }
        _ => Err(Error::new(Kind::Io, format!("the server answers {status}: {text}"))),
    }
}

/// Where an answer goes on (RFC 8288). The token is for the one server that was named, so what isn't a path of it
/// stays what it is, for the caller to refuse.
fn next(headers: &HeaderMap) -> Option<String> {
    let link = headers.get(header::LINK)?.to_str().ok()?.trim();
    let (target, rest) = link.strip_prefix('<')?.split_once('>')?;
    rest.contains("rel=\"next\"").then(|| target.to_owned())
}

/// Asks a server at `ADDR:PORT`, or at that after `http://` or `https://`, for a path.
///
/// # Errors
/// [`Kind::Parameter`] for what is no such place, [`Kind::Io`] where nobody answers in that time.
pub(crate) fn ask(
    method: Method,
    at: &str,
    target: &str,
    token: Option<&str>,
    patience: Duration,
) -> Result<Answer> {
    let (scheme, place) = match at.strip_prefix("https://") {
        Some(place) => ("https", place),
        None => ("http", at.strip_prefix("http://").unwrap_or(at)),
    };
    let place = place.trim_end_matches('/');
    let wrong = || Error::new(Kind::Parameter, format!("{at:?} is no server: write it like 127.0.0.1:3334"));
    let uri: Uri = format!("{scheme}://{place}{target}").parse().map_err(|_| wrong())?;
    let mut request = Request::builder().method(method).uri(uri);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|_| wrong())?;
    let tls = tls::for_scheme(scheme == "https")?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::with_source(Kind::Io, "can't start", source))?;
    let late = |_| Error::new(Kind::Io, format!("{place} does not answer in time"));
    runtime.block_on(async { time::timeout(patience, send(tls, request, place)).await.map_err(late)? })
}

async fn send(tls: tls::Builder, request: Request<Empty<Bytes>>, place: &str) -> Result<Answer> {
    let connector = tls::connector(tls, HttpConnector::new());
    let client = Client::builder(TokioExecutor::new()).build::<_, Empty<Bytes>>(connector);
    let silent = |source| Error::with_source(Kind::Io, format!("{place} does not answer"), source);
    let response = client.request(request).await.map_err(silent)?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, MOST).collect().await;
    let broken = |source| Error::with_source(Kind::Io, format!("{place} breaks off"), source);
    let body = body.map_err(broken)?.to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status: head.status, headers: head.headers, text })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_link_tells_where_an_answer_goes_on() {
        let next = |link: &'static str| {
            next(&HeaderMap::from_iter([(header::LINK, HeaderValue::from_static(link))]))
        };
        let target = Some("/_admin/purge?all&cursor=1".to_owned());
        assert_eq!(next("</_admin/purge?all&cursor=1>; rel=\"next\""), target);
        for link in ["</a>; rel=\"prev\"", "/a; rel=\"next\"", "</a; rel=\"next\"", ""] {
            assert_eq!(next(link), None, "{link}");
        }
    }
}
