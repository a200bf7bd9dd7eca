//! A bucket that is open: what is asked of it, and what its answers mean.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame};
use object_store::{
    Attribute, BackoffConfig, GetOptions, GetResult, ObjectStore, ObjectStoreExt, PutMode, PutPayload,
    RetryConfig, UpdateVersion, aws::AmazonS3Builder, azure::MicrosoftAzureBuilder,
    gcp::GoogleCloudStorageBuilder, path::Path,
};

use super::{
    Condition, Opening, Version,
    client::Connector,
    place::{Place, Scheme},
};
use crate::{
    error::{Error, Kind, Result},
    native::download::Raw,
    service::{Validators, http_date},
};

/// A bucket.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    store: Arc<dyn ObjectStore>,
}

impl Bucket {
    /// Opens one: reads the environment, and asks nobody.
    ///
    /// # Errors
    /// [`Kind::Parameter`] when the environment doesn't say what it takes.
    pub(crate) fn open(place: &Place) -> Result<Self> {
        let name = &place.bucket;
        let store: Result<Arc<dyn ObjectStore>, object_store::Error> = match place.scheme {
            Scheme::S3 => AmazonS3Builder::from_env()
                .with_bucket_name(name)
                .with_retry(retry())
                .with_http_connector(Connector)
                .build()
                .map(|store| Arc::new(store) as _),
            Scheme::Google => GoogleCloudStorageBuilder::from_env()
                .with_bucket_name(name)
                .with_retry(retry())
                .with_http_connector(Connector)
                .build()
                .map(|store| Arc::new(store) as _),
            Scheme::Azure => MicrosoftAzureBuilder::from_env()
                .with_container_name(name)
                .with_retry(retry())
                .with_http_connector(Connector)
                .build()
                .map(|store| Arc::new(store) as _),
        };
        let wrong = |source| {
            let what = format!("the bucket {name} can't be opened with what the environment says");
            Error::with_source(Kind::Parameter, what, source)
        };
        store.map(|store| Self { store }).map_err(wrong)
    }

    /// What is under a key, as a server of HTTP would answer it: 200, 304 or 404.
    ///
    /// # Errors
    /// [`Kind::Upstream`] for everything else.
    pub(crate) async fn get(&self, key: &str, known: Option<&Validators>) -> Result<Response<Raw>> {
        let Ok(path) = Path::parse(key) else { return Ok(empty(StatusCode::NOT_FOUND)) };
        let etag = known.and_then(|known| known.etag.clone());
        let since = known.filter(|_| etag.is_none()).and_then(|known| known.modified);
        let options = GetOptions {
            if_none_match: etag,
            if_modified_since: since.map(Into::into),
            ..GetOptions::default()
        };
        match self.store.get_opts(&path, options).await {
            Ok(got) => Ok(whole(got)),
            Err(object_store::Error::NotModified { .. }) => Ok(empty(StatusCode::NOT_MODIFIED)),
            Err(object_store::Error::NotFound { .. }) => Ok(empty(StatusCode::NOT_FOUND)),
            Err(error) => Err(failed(error)),
        }
    }

    /// The object of a key.
    ///
    /// # Errors
    /// [`Kind::Upstream`].
    pub(crate) async fn open_object(&self, key: &str) -> Result<Option<Object>> {
        match self.open_unless(key, None).await? {
            Opening::Open(object) => Ok(Some(object)),
            Opening::Absent | Opening::Same => Ok(None),
        }
    }

    /// The object of a key, unless it is still that one.
    ///
    /// # Errors
    /// [`Kind::Upstream`].
    pub(crate) async fn open_unless(&self, key: &str, known: Option<&Version>) -> Result<Opening<Object>> {
        let if_none_match = known.and_then(|known| known.tag.clone());
        let options = GetOptions { if_none_match, ..GetOptions::default() };
        match self.store.get_opts(&path(key)?, options).await {
            Ok(got) => {
                let version = Version { tag: got.meta.e_tag.clone(), number: got.meta.version.clone() };
                Ok(Opening::Open(Object { len: got.meta.size, version, got }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(Opening::Absent),
            Err(object_store::Error::NotModified { .. }) => Ok(Opening::Same),
            Err(error) => Err(failed(error)),
        }
    }

    /// Writes an object of these parts; `None` if what must be so wasn't.
    ///
    /// # Errors
    /// [`Kind::Upstream`].
    pub(crate) async fn put(
        &self,
        key: &str,
        parts: Vec<Bytes>,
        condition: Condition,
    ) -> Result<Option<Version>> {
        use object_store::Error as Failed;
        let mode = match condition {
            Condition::Anyhow => PutMode::Overwrite,
            Condition::IsNew => PutMode::Create,
            Condition::Is(Version { tag: e_tag, number: version }) => {
                PutMode::Update(UpdateVersion { e_tag, version })
            }
        };
        let is_conditional = mode != PutMode::Overwrite;
        match self.store.put_opts(&path(key)?, PutPayload::from_iter(parts), mode.into()).await {
            Ok(put) => Ok(Some(Version { tag: put.e_tag, number: put.version })),
            Err(Failed::AlreadyExists { .. } | Failed::Precondition { .. } | Failed::NotFound { .. })
                if is_conditional =>
            {
                Ok(None)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Deletes an object, be it there or not.
    ///
    /// # Errors
    /// [`Kind::Upstream`].
    pub(crate) async fn delete(&self, key: &str) -> Result<()> {
        match self.store.delete(&path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Deletes what is below a key and is wanted gone; gives how many objects that were, and their bytes.
    ///
    /// # Errors
    /// [`Kind::Upstream`]; what had gone by then is gone.
    pub(crate) async fn delete_below(
        &self,
        below: &str,
        is_doomed: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Result<(u64, u64)> {
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&bytes);
        let doomed = self.store.list(Some(&path(below)?)).filter_map(move |listed| {
            let doomed = match listed {
                Ok(meta) if is_doomed(meta.location.as_ref()) => {
                    counted.fetch_add(meta.size, Ordering::Relaxed);
                    Some(Ok(meta.location))
                }
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            };
            std::future::ready(doomed)
        });
        let mut gone = self.store.delete_stream(doomed.boxed());
        let mut count = 0;
        while let Some(path) = gone.next().await {
            match path {
                Ok(_) => count += 1,
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok((count, bytes.load(Ordering::Relaxed)))
    }
}

fn path(key: &str) -> Result<Path> {
    Path::parse(key).map_err(|source| Error::with_source(Kind::Internal, "no key of a bucket", source))
}

/// An object that is there, and not read yet.
pub(crate) struct Object {
    pub(crate) len: u64,
    pub(crate) version: Version,
    got: GetResult,
}

impl Object {
    /// Reads all of it.
    ///
    /// # Errors
    /// [`Kind::Upstream`] when it breaks off, [`Kind::OutOfMemory`] when there is no room.
    pub(crate) async fn read(self) -> Result<Vec<u8>> {
        let len = usize::try_from(self.len).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| Error::new(Kind::OutOfMemory, "no room for an object"))?;
        let mut pieces = self.got.into_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(failed)?;
            if piece.len() > len - bytes.len() {
                return Err(Error::new(Kind::Upstream, "an object is longer than it says"));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

/// A few tries, as origins have them.
fn retry() -> RetryConfig {
    let (init_backoff, max_backoff) = (Duration::from_millis(100), Duration::from_millis(400));
    let backoff = BackoffConfig { init_backoff, max_backoff, base: 2.0 };
    RetryConfig { backoff, max_retries: 2, retry_timeout: Duration::from_secs(15) }
}

fn failed(error: object_store::Error) -> Error {
    use object_store::Error as Failed;
    let what = match &error {
        Failed::PermissionDenied { .. } => "the bucket denies it to who we are",
        Failed::Unauthenticated { .. } => "the bucket doesn't know who we are",
        _ => "the bucket can't be asked",
    };
    // It tells of what it comes from itself.
    Error::new(Kind::Upstream, format!("{what}: {error}"))
}

fn empty(status: StatusCode) -> Response<Raw> {
    let mut response = Response::new(http_body_util::Empty::new().map_err(Into::into).boxed());
    *response.status_mut() = status;
    response
}

fn whole(got: GetResult) -> Response<Raw> {
    let value = |text: &str| HeaderValue::from_str(text).ok();
    let attribute = |name| got.attributes.get(&name).and_then(|text| value(text));
    let fields = [
        (header::CONTENT_LENGTH, Some(got.meta.size.into())),
        (header::ETAG, got.meta.e_tag.as_deref().and_then(value)),
        (
            header::LAST_MODIFIED,
            http_date(SystemTime::from(got.meta.last_modified)).as_deref().and_then(value),
        ),
        (header::CACHE_CONTROL, attribute(Attribute::CacheControl)),
        (header::CONTENT_ENCODING, attribute(Attribute::ContentEncoding)),
    ];
    let fields: Vec<_> = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let mut response = Response::new(Pieces(Mutex::new(got.into_stream())).boxed());
    response.headers_mut().extend(fields);
    response
}

/// What comes of an object. Nobody else takes of it: the lock makes it a body that can be shared, and is never held.
struct Pieces<S>(Mutex<S>);

impl<S: Stream<Item = object_store::Result<Bytes>> + Unpin> Body for Pieces<S> {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let stream = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let next = Pin::new(stream).poll_next(context);
        next.map(|piece| piece.map(|piece| piece.map(Frame::data).map_err(Into::into)))
    }
}
