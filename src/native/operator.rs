//! What the command line asks of a server that runs: one request over HTTP, and its answer as text.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::{runtime, time};

use crate::error::{Error, Kind, Result};

/// Bytes of an answer at the most.
const MOST: usize = 64 << 10;

/// What a server answers to a call for operators.
///
/// # Errors
/// As [`ask`]; [`Kind::Io`] for a server that doesn't do it.
pub(crate) fn call(
    method: Method,
    at: &str,
    target: &str,
    token: &str,
    patience: Duration,
) -> Result<String> {
    let token = Some(token).filter(|token| !token.is_empty());
    let (status, text) = ask(method, at, target, token, patience)?;
    let text = text.trim_end();
    match status {
        StatusCode::OK | StatusCode::ACCEPTED => Ok(text.to_owned()),
        StatusCode::UNAUTHORIZED => {
            Err(Error::new(Kind::Io, "the server wants its ADMIN_TOKEN: WEBP_ADMIN_TOKEN has it"))
        }
        _ => Err(Error::new(Kind::Io, format!("the server answers {status}: {text}"))),
    }
}

/// Asks a server at `ADDR:PORT`, or at that after `http://`, for a path.
///
/// # Errors
/// [`Kind::Parameter`] for what is no such place, [`Kind::Io`] where nobody answers in that time.
pub(crate) fn ask(
    method: Method,
    at: &str,
    target: &str,
    token: Option<&str>,
    patience: Duration,
) -> Result<(StatusCode, String)> {
    let place = at.strip_prefix("http://").unwrap_or(at).trim_end_matches('/');
    let wrong = || Error::new(Kind::Parameter, format!("{at:?} is no server: write it like 127.0.0.1:3334"));
    let uri: Uri = format!("http://{place}{target}").parse().map_err(|_| wrong())?;
    let mut request = Request::builder().method(method).uri(uri);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|_| wrong())?;
    let failed = |what: String| Error::new(Kind::Io, format!("{place} {what}"));
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::with_source(Kind::Io, "can't start", source))?;
    runtime.block_on(async {
        let asking = async {
            let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
            let response =
                client.request(request).await.map_err(|error| failed(format!("does not answer: {error}")))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), MOST).collect().await;
            let body = body.map_err(|error| failed(format!("breaks off: {error}")))?.to_bytes();
            Ok((status, String::from_utf8_lossy(&body).into_owned()))
        };
        time::timeout(patience, asking).await.map_err(|_| failed("does not answer in time".to_owned()))?
    })
}
