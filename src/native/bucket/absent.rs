//! Stands where buckets would be, in a build without the feature `object-store`: there is none that could be open.

use bytes::Bytes;
use http::Response;

use super::{Condition, Opening, Place, Version};
use crate::{
    error::{Error, Kind, Result},
    native::download::Raw,
    service::Validators,
};

/// A bucket, of which there is none.
#[derive(Debug, Clone)]
pub(crate) enum Bucket {}

impl Bucket {
    /// Opens none.
    ///
    /// # Errors
    /// [`Kind::Parameter`], with what would be needed.
    pub(crate) fn open(place: &Place) -> Result<Self> {
        let Place { scheme, bucket, key } = place;
        let what =
            format!("this slimpix was built without buckets, and can't open {scheme:?} {bucket} {key}");
        Err(Error::new(Kind::Parameter, what))
    }

    pub(crate) async fn get(&self, _: &str, _: Option<&Validators>) -> Result<Response<Raw>> {
        match *self {}
    }

    pub(crate) async fn open_object(&self, _: &str) -> Result<Option<Object>> {
        match *self {}
    }

    pub(crate) async fn open_unless(&self, _: &str, _: Option<&Version>) -> Result<Opening<Object>> {
        match *self {}
    }

    pub(crate) async fn put(&self, _: &str, _: Vec<Bytes>, _: Condition) -> Result<Option<Version>> {
        match *self {}
    }

    pub(crate) async fn delete(&self, _: &str) -> Result<()> {
        match *self {}
    }

    pub(crate) async fn delete_below(&self, _: &str, _: impl Fn(&str) -> bool) -> Result<(u64, u64)> {
        match *self {}
    }
}

/// An object in none.
pub(crate) struct Object {
    pub(crate) len: u64,
    pub(crate) version: Version,
    bucket: Bucket,
}

impl Object {
    pub(crate) async fn read(self) -> Result<Vec<u8>> {
        match self.bucket {}
    }
}
