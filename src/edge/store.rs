//! What was made before: whole answers in the data centre's cache (the Cache API), records and variants in R2.
//!
//! The cache is near and forgets; the bucket is far and keeps, for all data centres together. In the bucket the
//! names are those of the disk cache: `metadata/<folder>/<id>.json` and `exhaust/<folder>/<id>.webp`. A variant
//! carries the hash of its bytes, and one that isn't what its record says counts as missing.

use std::{collections::HashMap, fmt, ops::Range as Part, rc::Rc};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use worker::{Bucket, Cache, Headers, HttpMetadata, Object, Range, Response, ResponseBody, console_error};

use crate::{
    codec::Format,
    service::{Id, Record, Write},
};

const HASH: &str = "xxh64";

/// For the cache, which keeps it to itself.
const CACHE_TAG: &str = "cache-tag";

/// Bytes of all tags together. The cache takes 1,024 for one.
const LONGEST_TAGS: usize = 1024;

/// The record of an id.
pub(super) async fn record(bucket: &Bucket, folder: &str, id: &str) -> Option<Record> {
    let object = report("reading", bucket.get(record_name(folder, id)).execute().await)??;
    let bytes = report("reading", object.body()?.bytes().await)?;
    Record::from_json(&bytes)
}

/// The record of an id, under the one of now or the old one.
pub(super) async fn record_of(bucket: &Bucket, folder: &str, id: &Id) -> Option<Record> {
    match record(bucket, folder, &id.now).await {
        Some(record) => Some(record),
        None => record(bucket, folder, &id.old).await,
    }
}

/// A part of a variant's file. `None` if there is no such file, or another one than the record tells of.
pub(super) async fn file(bucket: &Bucket, file: &File<'_>, part: &Part<u64>) -> Option<ResponseBody> {
    let range = Range::OffsetWithLength { offset: part.start, length: part.end - part.start };
    let object = report("reading", bucket.get(file.to_string()).range(range).execute().await)??;
    if object.size() != file.len || hash(&object).as_deref() != file.hash {
        return None;
    }
    report("reading", object.body()?.response_body())
}

/// Writes what a request has made. `None` if something of it is not there.
pub(super) async fn write(bucket: &Bucket, write: &Write, bytes: Option<Rc<Vec<u8>>>) -> Option<()> {
    let Write { folder, record: Record { id, .. }, .. } = write;
    if write.forgets {
        let known = record(bucket, folder, id).await.and_then(|record| record.slimpix);
        for id in known.iter().flat_map(|known| known.sizes.iter()) {
            delete(bucket, folder, &id).await;
        }
        delete(bucket, folder, id).await;
        return Some(());
    }
    if let Some(format) = write.dropped {
        report("deleting", bucket.delete(file_name(folder, id, format)).await);
    }
    if let (Some(format), Some(bytes)) = (write.variant, bytes) {
        let hash = write.record.variant(format).and_then(|variant| variant.hash.clone());
        let metadata =
            HttpMetadata { content_type: Some(format.media_type().to_owned()), ..HttpMetadata::default() };
        let put = bucket
            .put(file_name(folder, id, format), bytes.to_vec())
            .http_metadata(metadata)
            .custom_metadata(HashMap::from([(HASH.to_owned(), hash.unwrap_or_default())]));
        // A record must not tell of a file that isn't there.
        report("writing", put.execute().await)?;
    }
    let mut record_now = write.merged(record(bucket, folder, id).await);
    // Nothing tells when something in the bucket was last used, so the oldest go.
    let surplus = write.surplus(&mut record_now, |_| ());
    let is_written =
        report("writing", bucket.put(record_name(folder, id), record_now.to_json()).execute().await);
    for id in surplus {
        delete(bucket, folder, &id).await;
    }
    is_written.map(drop)
}

/// Deletes all that is kept of an id.
async fn delete(bucket: &Bucket, folder: &str, id: &str) {
    let variants = Format::TARGETS.map(|format| file_name(folder, id, format));
    for name in variants.into_iter().chain([record_name(folder, id)]) {
        report("deleting", bucket.delete(name).await);
    }
}

/// The file of a variant, as its record tells of it.
pub(super) struct File<'a> {
    /// The source's folder.
    pub(super) folder: &'a str,
    /// The id of the record.
    pub(super) id: &'a str,
    /// The format.
    pub(super) format: Format,
    /// Its length in bytes.
    pub(super) len: u64,
    /// The hash of its bytes.
    pub(super) hash: Option<&'a str>,
}

impl fmt::Display for File<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&file_name(self.folder, self.id, self.format))
    }
}

fn file_name(folder: &str, id: &str, format: Format) -> String {
    format!("exhaust/{folder}/{id}.{}", format.extension())
}

/// The cache of whole answers.
pub(super) struct Answers {
    cache: Cache,
    /// What stands before a key: a URL that nobody asks for, with all that answers depend on beside their keys.
    prefix: String,
}

impl Answers {
    /// The answers of a host under settings: with others there are other answers.
    pub(super) fn new(host: &str, settings_hash: &str) -> Self {
        Self { cache: Cache::default(), prefix: format!("https://{host}/.slimpix/{settings_hash}/") }
    }

    /// An answer: its header fields, its length in bytes, its body.
    pub(super) async fn find(&self, key: &str) -> Option<(HeaderMap, u64, ResponseBody)> {
        let response = report("reading", self.cache.get(self.url(key), false).await)??;
        let mut headers = header_map(response.headers());
        for name in ["cf-cache-status", CACHE_TAG] {
            headers.remove(name);
        }
        let len = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
        let (_, body) = response.into_parts();
        Some((headers, len, body))
    }

    /// Keeps an answer for as long as its `Cache-Control` says. Who owns the zone can purge all of them by the tag
    /// `slimpix`, and those of one picture by its URL.
    pub(super) async fn keep(&self, key: &str, headers: &HeaderMap, body: ResponseBody, source: &str) {
        let headers = headers_of(headers);
        let tags = format!("slimpix,{}", source.replace(',', "%2C"));
        report("writing", headers.set(CACHE_TAG, tags.get(..LONGEST_TAGS).unwrap_or(&tags)));
        let response = Response::builder().with_headers(headers).body(body);
        report("writing", self.cache.put(self.url(key), response).await);
    }

    fn url(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

/// A part of a body of that length in bytes.
pub(super) async fn cut(body: ResponseBody, len: u64, part: &Part<u64>) -> Option<ResponseBody> {
    if *part == (0..len) {
        return Some(body);
    }
    let mut whole = Response::builder().body(body);
    let bytes = report("reading", whole.bytes().await)?;
    let part = usize::try_from(part.start).ok()?..usize::try_from(part.end).ok()?;
    bytes.get(part).map(|part| ResponseBody::Body(part.to_vec()))
}

/// Header fields in the runtime's form.
pub(super) fn headers_of(map: &HeaderMap) -> Headers {
    map.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}

/// Header fields in our form. What a header must not hold is left out.
pub(super) fn header_map(headers: &Headers) -> HeaderMap {
    let field = |(name, value): (String, String)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
    };
    headers.entries().filter_map(field).collect()
}

fn record_name(folder: &str, id: &str) -> String {
    format!("metadata/{folder}/{id}.json")
}

fn hash(object: &Object) -> Option<String> {
    object.custom_metadata().ok()?.remove(HASH)
}

/// A store that fails is no reason not to answer.
fn report<T>(doing: &str, result: worker::Result<T>) -> Option<T> {
    result.inspect_err(|error| console_error!("{doing} the store failed: {error}")).ok()
}
