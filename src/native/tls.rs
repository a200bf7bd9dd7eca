//! TLS for what is asked of others: rustls, by the root certificates of this machine.

use std::io;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, builderstates::WantsSchemes};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, Kind, Result};

/// Knows which certificates are right.
pub(crate) type Builder = HttpsConnectorBuilder<WantsSchemes>;

/// By this machine's root certificates.
///
/// # Errors
/// It has none.
pub(crate) fn with_roots() -> io::Result<Builder> {
    HttpsConnectorBuilder::new().with_native_roots()
}

/// By these where https is asked for.
///
/// # Errors
/// [`Kind::Io`]: there are none, and it is.
pub(crate) fn for_scheme(is_https: bool) -> Result<Builder> {
    let none = |source| Error::with_source(Kind::Io, "no root certificates for https", source);
    if is_https { with_roots().map_err(none) } else { Ok(without_roots()) }
}

/// Connects by http and https, for HTTP/1.1.
pub(crate) fn connector<R>(builder: Builder, mut tcp: HttpConnector<R>) -> HttpsConnector<HttpConnector<R>> {
    tcp.enforce_http(false);
    builder.https_or_http().enable_http1().wrap_connector(tcp)
}

/// Without any, for http alone.
pub(crate) fn without_roots() -> Builder {
    let config = ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    HttpsConnectorBuilder::new().with_tls_config(config)
}
