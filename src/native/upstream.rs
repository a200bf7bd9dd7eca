//! Origins, and buckets of originals: asked with timeouts, followed only within what is configured, and read up to a limit.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use percent_encoding::percent_decode_str;
use tokio::time;

use crate::{
    error::{Error, Kind, Result},
    native::{
        bucket::{Bucket, Place},
        coding::Coding,
        download::{Download, Raw},
        reach::{Guard, Refused},
        redirect::redirected,
        tls,
    },
    service::{OriginCaching, Policy, Target, Validators, http_date},
};

const CONNECT: Duration = Duration::from_secs(5);
/// Until the head of an answer is there, all tries together.
const HEAD: Duration = Duration::from_secs(15);
/// Before an origin is asked again that couldn't be reached, or said that somebody behind it couldn't.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];
const MOST_REDIRECTS: usize = 3;
/// Bytes of an answer that are read ahead of who takes them.
const MOST_AHEAD: usize = 64 << 10;
/// Connections to an origin that are kept for what may be asked next.
const MOST_IDLE: usize = 16;

/// The client of all origins.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    client: Client<HttpsConnector<HttpConnector<Guard>>, Empty<Bytes>>,
    /// `scheme://authority` of each configured origin: nothing else is ever asked.
    origins: HashSet<String>,
    /// Those of them that are buckets.
    buckets: HashMap<String, Bucket>,
    policy: Arc<Policy>,
}

/// What is wanted of an origin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) url: &'a str,
    /// It is asked conditionally when something is known.
    pub(crate) known: Option<&'a Validators>,
    /// Header fields of the request for which it is asked; buckets have no use for them.
    pub(crate) fields: &'a HeaderMap,
}

/// What an origin answered.
pub(crate) enum Answer {
    /// The thing itself.
    Body(Box<Download>),
    /// It is as it was known; and what the origin says of keeping it.
    Unchanged(OriginCaching),
    /// There is none.
    Missing,
}

impl Upstream {
    /// A client for the origins of a policy, of which those at `private` hosts may be anywhere.
    ///
    /// # Errors
    /// [`Kind::Io`] when an origin wants TLS and the system's root certificates can't be read, [`Kind::Parameter`]
    /// when a bucket can't be opened.
    pub(crate) fn new(policy: &Arc<Policy>, private: &[String]) -> Result<Self> {
        let targets = policy.mounts.iter().map(|mount| &mount.target).chain([&policy.target]);
        let (mut origins, mut buckets) = (HashSet::new(), HashMap::new());
        for target in targets {
            let Target::Remote { base } = target else { continue };
            let Some(origin) = base.parse::<Uri>().ok().as_ref().and_then(origin) else { continue };
            if let Some(place) = Place::parse(base) {
                buckets.insert(origin.clone(), Bucket::open(&place)?);
            }
            origins.insert(origin);
        }
        let mut http = HttpConnector::new_with_resolver(Guard::new(private));
        http.set_connect_timeout(Some(CONNECT));
        let is_secure = origins.iter().any(|origin| origin.starts_with("https:"));
        let connector = tls::connector(tls::for_scheme(is_secure)?, http);
        let client = Client::builder(TokioExecutor::new())
            .http1_max_buf_size(MOST_AHEAD)
            .pool_max_idle_per_host(MOST_IDLE)
            .build(connector);
        Ok(Self { client, origins, buckets, policy: Arc::clone(policy) })
    }

    /// Asks an origin; `most` bounds the body's bytes.
    ///
    /// # Errors
    /// [`Kind::Upstream`] when the origin fails, leads elsewhere or takes too long, [`Kind::LimitExceeded`] when the
    /// body is announced to be too long.
    pub(crate) async fn get(&self, wanted: Wanted<'_>, most: u64) -> Result<Answer> {
        let Wanted { url, known, .. } = wanted;
        let mut uri: Uri =
            url.parse().map_err(|source| Error::with_source(Kind::NotFound, "no URL to ask for", source))?;
        for _ in 0..=MOST_REDIRECTS {
            let Some(origin) = origin(&uri).filter(|origin| self.origins.contains(origin)) else {
                return Err(upstream("it leads to an origin that is not configured"));
            };
            let response = match self.buckets.get(&origin) {
                Some(bucket) => {
                    let key = percent_decode_str(uri.path()).decode_utf8_lossy();
                    bucket.get(key.trim_start_matches('/'), known).await?
                }
                None => self.ask(&uri, wanted).await?.map(|body| body.map_err(Into::into).boxed()),
            };
            let caching = OriginCaching::from_headers(response.headers(), &self.policy, SystemTime::now());
            match response.status() {
                StatusCode::OK => return download(response, most, caching).map(Answer::Body),
                StatusCode::NOT_MODIFIED if known.is_some() => return Ok(Answer::Unchanged(caching)),
                StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::Missing),
                status if status.is_redirection() => uri = redirected(&uri, response.headers())?,
                status => return Err(upstream(format!("answers {status}"))),
            }
        }
        Err(upstream("leads on too often"))
    }

    /// Asks one origin, again after a pause where that may help: it has no state that a GET would change.
    async fn ask(&self, uri: &Uri, wanted: Wanted<'_>) -> Result<Response<hyper::body::Incoming>> {
        let (began, mut pauses) = (Instant::now(), PAUSES.into_iter());
        loop {
            let asking = self.client.request(request(uri, wanted)?);
            let asked = match time::timeout(HEAD.saturating_sub(began.elapsed()), asking).await {
                Ok(Ok(response)) if !is_behind(&response) => return Ok(response),
                Ok(Ok(response)) => Ok(response),
                Ok(Err(source)) => match Refused::behind(&source) {
                    Some(refused) => return Err(upstream(refused.to_string())),
                    None => Err(Error::with_source(Kind::Upstream, "can't be asked", source)),
                },
                Err(_) => return Err(upstream("no answer in time")),
            };
            match pauses.next() {
                Some(pause) => time::sleep(pause).await,
                None => return asked,
            }
        }
    }
}

fn upstream(what: impl Into<String>) -> Error {
    Error::new(Kind::Upstream, what)
}

/// True for the answer of a gateway that couldn't reach who has the thing, and doesn't say when it can.
fn is_behind<B>(response: &Response<B>) -> bool {
    let is_gateway = matches!(
        response.status(),
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    );
    is_gateway && !response.headers().contains_key(header::RETRY_AFTER)
}

/// `scheme://authority` in lower case.
fn origin(uri: &Uri) -> Option<String> {
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?).to_ascii_lowercase())
}

fn request(uri: &Uri, Wanted { known, fields, .. }: Wanted<'_>) -> Result<Request<Empty<Bytes>>> {
    let mut request = Request::get(uri)
        .header(header::ACCEPT, "image/*,*/*;q=0.8")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::USER_AGENT, concat!("slimpix/", env!("CARGO_PKG_VERSION")));
    if let Some(etag) = known.and_then(|validators| validators.etag.as_deref()) {
        request = request.header(header::IF_NONE_MATCH, etag);
    } else if let Some(date) = known.and_then(|validators| validators.modified).and_then(http_date) {
        request = request.header(header::IF_MODIFIED_SINCE, date);
    }
    let mut request = request
        .body(Empty::new())
        .map_err(|source| Error::with_source(Kind::NotFound, "no URL to ask for", source))?;
    request.headers_mut().extend(fields.clone());
    Ok(request)
}

fn download(response: Response<Raw>, most: u64, caching: OriginCaching) -> Result<Box<Download>> {
    let coding = Coding::of(response.headers())?;
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let len = text(header::CONTENT_LENGTH).and_then(|len| len.parse().ok()).unwrap_or(0);
    if len > most {
        return Err(Error::limit(format!("the original has {len} bytes, more than the limit of {most}")));
    }
    let validators = Validators {
        len: if coding.is_identity() { len } else { 0 },
        modified: text(header::LAST_MODIFIED)
            .and_then(|date| httpdate::parse_http_date(date).ok())
            .filter(|date| *date > SystemTime::UNIX_EPOCH),
        etag: text(header::ETAG).map(str::to_owned),
        file: None,
    };
    Ok(Box::new(Download::new(caching, validators, response.into_body(), coding, most)))
}
