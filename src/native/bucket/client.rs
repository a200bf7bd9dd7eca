//! The HTTP client of buckets: hyper and rustls as for origins. The operator's environment says where buckets are, so it
//! may lead to this machine and its networks, and to a cloud's metadata service, which has the credentials.

use std::{pin::Pin, time::Duration};

use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector as Tcp},
    rt::TokioExecutor,
};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
        HttpResponseBody, HttpService,
    },
};
use tokio::time;

use http_body_util::BodyExt;

use crate::native::tls;

const CONNECT: Duration = Duration::from_secs(5);
/// Until the head of an answer is there.
const HEAD: Duration = Duration::from_secs(15);
/// Connections that are kept for what may be asked next.
const MOST_IDLE: usize = 16;

/// Makes the client.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let mut tcp = Tcp::new();
        tcp.set_connect_timeout(Some(CONNECT));
        let builder = tls::with_roots().unwrap_or_else(|error| {
            tracing::warn!(%error, "no root certificates: buckets can be asked by http alone");
            tls::without_roots()
        });
        let connector = tls::connector(builder, tcp);
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(MOST_IDLE).build(connector);
        Ok(HttpClient::new(Service(client)))
    }
}

#[derive(Debug)]
struct Service(Client<HttpsConnector<Tcp>, HttpRequestBody>);

type Answering<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

impl HttpService for Service {
    fn call<'a, 'b>(&'a self, request: HttpRequest) -> Answering<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let asked = time::timeout(HEAD, self.0.request(request)).await;
            let answered = asked.map_err(|late| HttpError::new(HttpErrorKind::Timeout, late))?;
            let response = answered.map_err(|error| {
                let kind =
                    if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
                HttpError::new(kind, error)
            })?;
            Ok(response.map(|body| {
                HttpResponseBody::new(body.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error)))
            }))
        })
    }
}
