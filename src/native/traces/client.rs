//! The HTTP client of traces: hyper and rustls, as for origins and buckets. The operator's environment says where the
//! collector is, so it may be on this machine and its networks.

use std::{pin::Pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry_http::{HttpClient, HttpError};
use tokio::time;

use crate::native::tls;

/// Bytes of an answer at the most: it says no more than how many spans were refused.
const MOST: usize = 64 << 10;

/// The client.
#[derive(Debug)]
pub(super) struct Sender {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    patience: Duration,
}

impl Sender {
    /// One whose questions take so long at the most.
    pub(super) fn new(patience: Duration) -> Self {
        let builder = tls::with_roots().unwrap_or_else(|error| {
            tracing::warn!(%error, "no root certificates: traces can be sent by http alone");
            tls::without_roots()
        });
        let connector = tls::connector(builder, HttpConnector::new());
        Self { client: Client::builder(TokioExecutor::new()).build(connector), patience }
    }
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Sender {
    fn send_bytes<'a, 'b>(&'a self, request: Request<Bytes>) -> Sending<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let sending = async {
                let response = self.client.request(request.map(Full::new)).await?;
                let (head, body) = response.into_parts();
                let body = Limited::new(body, MOST).collect().await?.to_bytes();
                Ok(Response::from_parts(head, body))
            };
            time::timeout(self.patience, sending).await?
        })
    }
}
