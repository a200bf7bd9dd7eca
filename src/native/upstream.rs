//! Origins: asked with timeouts, followed only within what is configured, and read up to a limit.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::time;

use crate::{
    error::{Error, Kind, Result},
    service::{Policy, Restriction, Stamp, Target, http_date},
};

const CONNECT: Duration = Duration::from_secs(5);
/// Until the head of an answer is there.
const HEAD: Duration = Duration::from_secs(15);
/// Between two pieces of a body.
const PIECE: Duration = Duration::from_secs(15);
/// For a whole body.
const WHOLE: Duration = Duration::from_secs(120);
const MOST_REDIRECTS: usize = 3;

/// The client of all origins.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    /// `scheme://authority` of each configured origin: nothing else is ever asked.
    origins: HashSet<String>,
    policy: Arc<Policy>,
}

/// What an origin answered.
pub(crate) enum Answer {
    /// The thing itself.
    Body(Download),
    /// It is as it was known, and may be shared or not.
    Unchanged(Option<Restriction>),
    /// There is none.
    Missing,
}

/// A body under way.
pub(crate) struct Download {
    /// Why it is not to be shared, if so.
    pub(crate) restriction: Option<Restriction>,
    /// What the head says of it; its length is 0 where the head doesn't say.
    pub(crate) stamp: Stamp,
    body: Incoming,
    left: u64,
    until: time::Instant,
}

impl Upstream {
    /// A client for the origins of a policy.
    ///
    /// # Errors
    /// `Io` when an origin wants TLS and the system's root certificates can't be read.
    pub(crate) fn new(policy: &Arc<Policy>) -> Result<Self> {
        let targets = policy.mounts.iter().map(|mount| &mount.target).chain([&policy.target]);
        let origins: HashSet<String> = targets
            .filter_map(|target| match target {
                Target::Remote { base } => base.parse::<Uri>().ok().as_ref().and_then(origin),
                Target::Local { .. } => None,
            })
            .collect();
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT));
        http.enforce_http(false);
        let builder = HttpsConnectorBuilder::new();
        let builder = if origins.iter().any(|origin| origin.starts_with("https:")) {
            builder
                .with_native_roots()
                .map_err(|source| Error::with_source(Kind::Io, "no root certificates for https", source))?
        } else {
            let none = rustls::RootCertStore::empty();
            let config = rustls::ClientConfig::builder().with_root_certificates(none).with_no_client_auth();
            builder.with_tls_config(config)
        };
        let connector = builder.https_or_http().enable_http1().wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, origins, policy: Arc::clone(policy) })
    }

    /// Asks for a URL, conditionally when something is known; `most` bounds the body's bytes.
    ///
    /// # Errors
    /// `Upstream` when the origin fails, leads elsewhere or takes too long, `Limit` when the body is announced to be
    /// too long.
    pub(crate) async fn get(&self, url: &str, known: Option<&Stamp>, most: u64) -> Result<Answer> {
        let mut uri: Uri =
            url.parse().map_err(|source| Error::with_source(Kind::NotFound, "no URL to ask for", source))?;
        for _ in 0..=MOST_REDIRECTS {
            if !origin(&uri).is_some_and(|origin| self.origins.contains(&origin)) {
                return Err(upstream("it leads to an origin that is not configured"));
            }
            let request = request(&uri, known)?;
            let response = match time::timeout(HEAD, self.client.request(request)).await {
                Ok(Ok(response)) => response,
                Ok(Err(source)) => return Err(Error::with_source(Kind::Upstream, "can't be asked", source)),
                Err(_) => return Err(upstream("no answer in time")),
            };
            let restriction = Restriction::from_headers(response.headers(), &self.policy);
            match response.status() {
                StatusCode::OK => return download(response, most, restriction).map(Answer::Body),
                StatusCode::NOT_MODIFIED if known.is_some() => return Ok(Answer::Unchanged(restriction)),
                StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::Missing),
                status if status.is_redirection() => uri = redirected(&uri, response.headers())?,
                status => return Err(upstream(format!("answers {status}"))),
            }
        }
        Err(upstream("leads on too often"))
    }
}

impl Download {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// `Upstream` when it breaks off or takes too long, `Limit` when it is too long.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>> {
        loop {
            let deadline = self.until.min(time::Instant::now() + PIECE);
            let frame = match time::timeout_at(deadline, self.body.frame()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(source))) => {
                    return Err(Error::with_source(Kind::Upstream, "breaks off", source));
                }
                Err(_) => return Err(upstream("takes too long")),
            };
            // Trailers are of no use here.
            let Ok(piece) = frame.into_data() else { continue };
            self.left = self
                .left
                .checked_sub(piece.len() as u64)
                .ok_or_else(|| Error::limit("the original is larger than allowed"))?;
            return Ok(Some(piece));
        }
    }
}

fn upstream(what: impl Into<String>) -> Error {
    Error::new(Kind::Upstream, what)
}

/// `scheme://authority` in lower case.
fn origin(uri: &Uri) -> Option<String> {
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?).to_ascii_lowercase())
}

fn request(uri: &Uri, known: Option<&Stamp>) -> Result<Request<Empty<Bytes>>> {
    let mut request = Request::get(uri)
        .header(header::ACCEPT, "image/*,*/*;q=0.8")
        .header(header::USER_AGENT, concat!("slimpix/", env!("CARGO_PKG_VERSION")));
    if let Some(etag) = known.and_then(|stamp| stamp.etag.as_deref()) {
        request = request.header(header::IF_NONE_MATCH, etag);
    } else if let Some(date) = known.and_then(|stamp| stamp.modified).and_then(http_date) {
        request = request.header(header::IF_MODIFIED_SINCE, date);
    }
    request
        .body(Empty::new())
        .map_err(|source| Error::with_source(Kind::NotFound, "no URL to ask for", source))
}

fn redirected(from: &Uri, headers: &HeaderMap) -> Result<Uri> {
    let to = headers.get(header::LOCATION).and_then(|to| to.to_str().ok());
    let to = to.ok_or_else(|| upstream("leads nowhere"))?;
    let absolute = match (to.starts_with('/'), to.starts_with("//"), origin(from)) {
        (true, false, Some(origin)) => format!("{origin}{to}"),
        _ => to.to_owned(),
    };
    absolute.parse().map_err(|source| Error::with_source(Kind::Upstream, "leads to no URL", source))
}

fn download(
    response: http::Response<Incoming>,
    most: u64,
    restriction: Option<Restriction>,
) -> Result<Download> {
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let len = text(header::CONTENT_LENGTH).and_then(|len| len.parse().ok()).unwrap_or(0);
    if len > most {
        return Err(Error::limit(format!("the original has {len} bytes, more than the limit of {most}")));
    }
    let stamp = Stamp {
        len,
        modified: text(header::LAST_MODIFIED)
            .and_then(|date| httpdate::parse_http_date(date).ok())
            .filter(|date| *date > SystemTime::UNIX_EPOCH),
        etag: text(header::ETAG).map(str::to_owned),
        file: None,
    };
    let until = time::Instant::now() + WHOLE;
    Ok(Download { restriction, stamp, body: response.into_body(), left: most, until })
}
