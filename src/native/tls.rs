//! TLS for what is asked of others: rustls, by the root certificates of this machine.

use std::io;

use hyper_rustls::{HttpsConnectorBuilder, builderstates::WantsSchemes};
use rustls::{ClientConfig, RootCertStore};

/// Knows which certificates are right.
pub(crate) type Builder = HttpsConnectorBuilder<WantsSchemes>;

/// By this machine's root certificates.
///
/// # Errors
/// It has none.
pub(crate) fn with_roots() -> io::Result<Builder> {
    HttpsConnectorBuilder::new().with_native_roots()
}

/// Without any, for http alone.
pub(crate) fn without_roots() -> Builder {
    let config = ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    HttpsConnectorBuilder::new().with_tls_config(config)
}
