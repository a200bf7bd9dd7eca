//! What operators ask of a server: figures, the page that shows them, and whether it is ready. It is answered on a listener of its own, or below
//! [`PREFIX`] beside the pictures to who has the token; by default not at all.
//!
//! On a listener of its own who can reach it may read. Whatever changes something needs the token everywhere, as a Bearer
//! token: browsers send a password (Basic) along with what other sites have them ask, which is why that may read alone.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};

use crate::native::{
    app::App,
    blocking::blocking,
    body::{self, Body},
    dashboard,
    metrics::text,
    recent::Recent,
    traces::Traces,
};
use crate::service::{AdminToken, Purge, TOKEN_IS_WANTED};

/// Where it is answered beside the pictures.
const PREFIX: &str = "/_admin/";

/// What may be asked, and by whom.
#[derive(Debug, Clone)]
pub(crate) struct Admin {
    token: Option<AdminToken>,
    /// Reading needs no token.
    reads_freely: bool,
    /// What the log warned of lately.
    recent: Recent,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Dashboard,
    Metrics,
    Recent,
    Healthy,
    Ready,
    Purge,
    Prefetch,
}

impl Call {
    /// The call of a path, and its methods.
    fn find(path: &str) -> Option<(Self, &'static [Method])> {
        const READS: &[Method] = &[Method::GET, Method::HEAD];
        match path.strip_prefix(PREFIX).or_else(|| path.strip_prefix('/'))? {
            "" => Some((Self::Dashboard, READS)),
            "metrics" => Some((Self::Metrics, READS)),
            "recent" => Some((Self::Recent, READS)),
            "healthz" => Some((Self::Healthy, READS)),
            "readyz" => Some((Self::Ready, READS)),
            "purge" => Some((Self::Purge, &[Method::POST])),
            "prefetch" => Some((Self::Prefetch, &[Method::GET, Method::HEAD, Method::POST])),
            _ => None,
        }
    }
}

impl Admin {
    /// Beside the pictures, for who has the token.
    pub(crate) fn behind_token(token: &str, recent: Recent) -> Self {
        Self { token: Some(AdminToken::of(token.as_bytes())), reads_freely: false, recent }
    }

    /// On a listener of its own, with a token for what changes something.
    pub(crate) fn on_own_listener(token: Option<&str>, recent: Recent) -> Self {
        Self { token: token.map(|token| AdminToken::of(token.as_bytes())), reads_freely: true, recent }
    }

    /// Answers a call.
    pub(crate) async fn answer(&self, app: &Arc<App>, request: &Parts) -> Response<Body> {
        let is_read = matches!(request.method, Method::GET | Method::HEAD);
        let found = Call::find(request.uri.path());
        if !(is_read && self.reads_freely || self.knows(&request.headers, is_read)) {
            let is_page = found.is_some_and(|(call, _)| call == Call::Dashboard);
            return unauthorized(is_read && is_page);
        }
        let Some((call, methods)) = found else {
            return plain(StatusCode::NOT_FOUND, "There is no such call.\n");
        };
        if !methods.contains(&request.method) {
            return wrong_method(methods);
        }
        let response = match call {
            Call::Dashboard => dashboard::page(),
            Call::Metrics => metrics(app).await,
            Call::Recent => json(StatusCode::OK, self.recent.to_json()),
            Call::Healthy => plain(StatusCode::OK, "ok\n"),
            Call::Ready => readiness(app).await,
            Call::Purge => purge(app, request.uri.query().unwrap_or_default()).await,
            Call::Prefetch => prefetch(app, request),
        };
        if request.method == Method::HEAD { response.map(|_| body::empty()) } else { response }
    }

    /// True if a request has the token; one that reads may have it as a password.
    fn knows(&self, headers: &HeaderMap, is_read: bool) -> bool {
        let given = AdminToken::borne(headers).or_else(|| password(headers).filter(|_| is_read));
        self.token.is_some() && self.token == given
    }
}

/// The token that a request has as a password (RFC 7617).
fn password(headers: &HeaderMap) -> Option<AdminToken> {
    let (scheme, pair) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let pair = BASE64_STANDARD.decode(pair.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(AdminToken::of(&pair[colon + 1..]))
}

/// True for what is answered beside the pictures.
pub(crate) fn has(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// True for the question whether the server is ready.
pub(crate) fn is_readiness(request: &Parts) -> bool {
    request.uri.path() == "/readyz" && matches!(request.method, Method::GET | Method::HEAD)
}

/// `/readyz`: 200, or 503 while requests should go elsewhere; the log has the reason.
pub(crate) async fn readiness(app: &Arc<App>) -> Response<Body> {
    let asked = Arc::clone(app);
    match blocking(move || asked.unready()).await {
        Ok(None) => plain(StatusCode::OK, "ready\n"),
        Ok(Some(reason)) => {
            if app.noted.is_news(("/readyz", &reason)) {
                tracing::warn!(reason, "not ready");
            }
            plain(StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        }
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}

async fn metrics(app: &Arc<App>) -> Response<Body> {
    let asked = Arc::clone(app);
    match blocking(move || {
        let traces = asked.traces.as_ref().map(Traces::figures);
        text::write(&asked.metrics, &asked.gauges(), asked.shared.as_deref(), traces)
    })
    .await
    {
        Ok(figures) => {
            let mut response = plain(StatusCode::OK, figures);
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(text::MEDIA_TYPE));
            response
        }
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "no figures\n"),
    }
}

/// Purges what a query says, and tells how much went.
async fn purge(app: &Arc<App>, query: &str) -> Response<Body> {
    let purge = match Purge::from_query(query, app.policy()) {
        Ok(purge) => purge,
        Err(what) => return plain(StatusCode::BAD_REQUEST, format!("{what}\n")),
    };
    match app.purge(query, &purge).await {
        Ok(purged) => {
            tracing::info!(query, "{purged}");
            plain(StatusCode::OK, format!("{purged}\n"))
        }
        Err(not_all) => {
            tracing::error!(query, error = %not_all.error, "{not_all}");
            plain(StatusCode::INTERNAL_SERVER_ERROR, format!("{not_all}\n"))
        }
    }
}

/// How far is what is made before anybody asks; a POST begins to make all that isn't there.
fn prefetch(app: &Arc<App>, request: &Parts) -> Response<Body> {
    if request.uri.query().is_some_and(|query| !query.is_empty()) {
        return plain(StatusCode::BAD_REQUEST, "It has no parameters.\n");
    }
    let is_begun = request.method == Method::POST;
    if is_begun {
        app.prefetcher.ask_for_all();
    }
    let status = if is_begun { StatusCode::ACCEPTED } else { StatusCode::OK };
    json(status, app.prefetcher.progress().to_json())
}

/// Browsers ask their user for the token where a page is to be read.
fn unauthorized(is_page: bool) -> Response<Body> {
    let mut response = plain(StatusCode::UNAUTHORIZED, TOKEN_IS_WANTED);
    let headers = response.headers_mut();
    headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    if is_page {
        headers.append(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Basic realm=\"ADMIN_TOKEN as the password\""),
        );
    }
    response
}

fn wrong_method(methods: &[Method]) -> Response<Body> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "Not by this method.\n");
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    if let Ok(allow) = HeaderValue::try_from(names.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

fn json(status: StatusCode, text: String) -> Response<Body> {
    let mut response = plain(status, text + "\n");
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(body::full(text.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
