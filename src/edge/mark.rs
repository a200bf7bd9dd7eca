//! The watermark: a picture in a bucket, read before the first request of an isolate is answered, since it is a part of the
//! keys of what is made. What is put into the bucket later is seen by the next isolate.

use worker::{Bucket, console_log};

use crate::{
    convert::{Placement, read_mark},
    error::{Error, Kind, Result},
    limits::Limits,
    service::Watermarking,
};

/// The most bytes of its file, and those that reading it may take.
const MOST_BYTES: u64 = 4 << 20;
const MOST_MEMORY: u64 = 32 << 20;

/// Where it is, and where it is on every picture, if that is so.
pub(super) struct Place {
    bucket: Bucket,
    key: String,
    always: Option<Placement>,
}

impl Place {
    /// An object in a bucket.
    pub(super) const fn new(bucket: Bucket, key: String, always: Option<Placement>) -> Self {
        Self { bucket, key, always }
    }

    /// The mark.
    ///
    /// # Errors
    /// [`Kind::Parameter`] when there is none that can be read, [`Kind::Upstream`] when the bucket fails.
    pub(super) async fn read(&self) -> Result<Watermarking> {
        let key = &self.key;
        let wrong =
            |what: String| Error::new(Kind::Parameter, format!("WATERMARK: {key:?} is not allowed; {what}"));
        let failed = |error| Error::new(Kind::Upstream, format!("WATERMARK: {key:?} can't be read: {error}"));
        let object = self.bucket.get(key).execute().await.map_err(failed)?;
        let object = object.ok_or_else(|| wrong("the bucket has no such object".to_owned()))?;
        if object.size() > MOST_BYTES {
            return Err(wrong(format!("it has {} bytes, more than {MOST_BYTES}", object.size())));
        }
        let body = object.body().ok_or_else(|| wrong("it has no bytes".to_owned()))?;
        let bytes = body.bytes().await.map_err(failed)?;
        let limits = Limits::default().with_max_memory(MOST_MEMORY);
        let mark = read_mark(&bytes, &limits).map_err(|error| wrong(error.to_string()))?;
        let size = mark.pixels().size();
        console_log!("watermark: {key} of {}x{} pixels", size.width, size.height);
        Ok(Watermarking::new(mark, self.always))
    }
}
