//! Threads for what blocks: files are opened, read and written there, not on the reactor's own.

use tokio::task;

use crate::error::{Error, Kind, Result};

/// Runs what blocks on a thread for that.
///
/// # Errors
/// [`Kind::Internal`] when it panics.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    task::spawn_blocking(work)
        .await
        .map_err(|source| Error::with_source(Kind::Internal, "a file operation broke off", source))
}
