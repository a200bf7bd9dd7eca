//! Buckets of S3 and of what speaks like it, of Google Cloud Storage and of Azure, written `s3://`, `gs://` and
//! `az://bucket/prefix`. Who may use them and where they are stands in the environment, as their own tools have it:
//! `AWS_*`, `GOOGLE_*`, `AZURE_*`.
//!
//! A build without the feature `object-store` knows what is a bucket, and opens none.

#[cfg(not(feature = "object-store"))]
mod absent;
#[cfg(feature = "object-store")]
mod client;
#[cfg(feature = "object-store")]
mod opened;
mod place;

#[cfg(not(feature = "object-store"))]
pub(crate) use self::absent::Bucket;
#[cfg(feature = "object-store")]
pub(crate) use self::opened::Bucket;
pub(crate) use self::place::Place;

/// This build can open them.
pub(crate) const IS_BUILT: bool = cfg!(feature = "object-store");

/// A state of an object, which a write may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    /// Its entity tag.
    tag: Option<String>,
    /// What Google's and versioned buckets count.
    number: Option<String>,
}

/// What is under a key.
#[derive(Debug)]
#[cfg_attr(not(feature = "object-store"), expect(dead_code, reason = "nothing is under a key of no bucket"))]
pub(crate) enum Opening<T> {
    /// Nothing.
    Absent,
    /// What is known.
    Same,
    /// That.
    Open(T),
}

/// What must be so for a write to be done. Of several at once one finds it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Nothing.
    Anyhow,
    /// There is no such object.
    IsNew,
    /// It is still that one.
    Is(Version),
}
