//! What was made before: whole answers in the data centre's cache (the Cache API), records and variants in R2.
//!
//! The cache is near and forgets; the bucket is far and keeps, for all data centres together. In the bucket the
//! names are those of the disk cache: `metadata/<folder>/<id>.json` and `exhaust/<folder>/<id>.webp`. A variant
//! carries the hash of its bytes, and one that isn't what its record says counts as missing.

use std::{collections::HashMap, fmt, ops::Range as Part, rc::Rc};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use worker::{Bucket, Cache, Headers, HttpMetadata, Object, Range, Response, ResponseBody, console_error};

use super::basis::{Basis, Stored};
use crate::{
    codec::Format,
    service::{Id, Purged, Record, Write},
};

/// What is known of an object without reading it: the hash of a variant; of a record the path that it is about, when it
/// was so, and how many variants it has, of how many bytes.
const HASH: &str = "xxh64";
const PATH: &str = "path";
const MADE: &str = "made";
const VARIANTS: &str = "variants";

/// The most bytes of a path there: R2 takes 8 KiB for all of it, its stand-ins less.
const LONGEST_PATH: usize = 1024;

/// For the cache, which keeps it to itself.
const CACHE_TAG: &str = "cache-tag";

/// When a kept answer was begun.
const BEGUN: &str = "x-slimpix-begun";

/// Bytes of all tags together. The cache takes 1,024 for one.
const LONGEST_TAGS: usize = 1024;

/// The record of an id.
pub(super) async fn record(bucket: &Bucket, folder: &str, id: &str) -> Option<Stored> {
    let object = report("reading", bucket.get(record_name(folder, id)).execute().await)??;
    let bytes = report("reading", object.body()?.bytes().await)?;
    let made = object.custom_metadata().ok().and_then(|about| about.get(MADE)?.parse().ok());
    // Without the time it was written while nobody could purge.
    let made = made.unwrap_or_else(|| object.uploaded().as_millis());
    Some(Stored { record: Record::from_json(&bytes)?, made })
}

/// The record of an id, under the one of now or the old one.
pub(super) async fn record_of(bucket: &Bucket, folder: &str, id: &Id) -> Option<Stored> {
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
pub(super) async fn write(
    bucket: &Bucket,
    write: &Write,
    bytes: Option<Rc<Vec<u8>>>,
    basis: &Basis,
) -> Option<()> {
    let Write { folder, record: Record { id, .. }, .. } = write;
    if write.forgets {
        let known = record(bucket, folder, id).await.and_then(|stored| stored.record.slimpix);
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
    let stored = record(bucket, folder, id).await.filter(|stored| basis.is_there(stored));
    let made = basis.record_stamp().map(|made| stored.as_ref().map_or(made, |stored| stored.made.min(made)));
    let mut record_now = write.merged(stored.map(|stored| stored.record));
    // Nothing tells when something in the bucket was last used, so the oldest go.
    let surplus = write.surplus(&mut record_now, |_| ());
    let put = bucket.put(record_name(folder, id), record_now.to_json());
    let is_written = report("writing", put.custom_metadata(about(&record_now, made)).execute().await);
    for id in surplus {
        delete(bucket, folder, &id).await;
    }
    is_written.map(drop)
}

/// What is known of a record without reading it. What doesn't fit there isn't.
fn about(record: &Record, made: Option<u64>) -> HashMap<String, String> {
    let path = Some(&record.path).filter(|path| path.len() <= LONGEST_PATH && path.is_ascii());
    let Purged { files, bytes } = variants_of(record);
    [
        path.map(|path| (PATH, path.clone())),
        made.map(|made| (MADE, made.to_string())),
        Some((VARIANTS, format!("{files} {bytes}"))),
    ]
    .into_iter()
    .flatten()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The path that a listed record is about, and the variants that go with it, where these are known without reading it.
pub(super) fn listed(object: &Object) -> Option<(String, Purged)> {
    let mut about = object.custom_metadata().ok()?;
    let (files, bytes) = about.get(VARIANTS)?.split_once(' ')?;
    let variants = Purged { files: files.parse().ok()?, bytes: bytes.parse().ok()? };
    Some((about.remove(PATH)?, variants))
}

/// The variants that a record tells of.
pub(super) fn variants_of(record: &Record) -> Purged {
    let mut purged = Purged::default();
    for variant in Format::TARGETS.into_iter().filter_map(|format| record.variant(format)) {
        purged += Purged { files: 1, bytes: variant.size };
    }
    purged
}

/// Deletes all that is kept of an id.
pub(super) async fn delete(bucket: &Bucket, folder: &str, id: &str) {
    for name in names_of(folder, id) {
        report("deleting", bucket.delete(name).await);
    }
}

/// The objects of an id, its record last.
pub(super) fn names_of(folder: &str, id: &str) -> impl Iterator<Item = String> {
    let variants = Format::TARGETS.map(|format| file_name(folder, id, format));
    variants.into_iter().chain([record_name(folder, id)])
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

/// What an object of the bucket is, by its name.
pub(super) enum Place<'a> {
    /// The record of an id.
    Record { folder: &'a str, id: &'a str },
    /// A variant.
    Variant,
}

impl<'a> Place<'a> {
    /// Where records are, and where variants are.
    pub(super) const FOLDERS: [&'static str; 2] = ["metadata/", "exhaust/"];

    /// `None` for what isn't ours: whatever else may lie in the bucket.
    pub(super) fn of(name: &'a str) -> Option<Self> {
        let [records, variants] = Self::FOLDERS;
        if let Some((folder, file)) = name.strip_prefix(records).and_then(|name| name.rsplit_once('/')) {
            return Some(Self::Record { folder, id: file.strip_suffix(".json")? });
        }
        let (_, extension) = name.strip_prefix(variants)?.rsplit_once('.')?;
        Format::TARGETS.iter().any(|format| format.extension() == extension).then_some(Self::Variant)
    }
}

fn file_name(folder: &str, id: &str, format: Format) -> String {
    format!("{}{folder}/{id}.{}", Place::FOLDERS[1], format.extension())
}

/// A kept answer.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    /// Its length in bytes.
    pub(super) len: u64,
    pub(super) body: ResponseBody,
    /// When it was begun, in milliseconds since 1970; 0 where that isn't known.
    pub(super) made: u64,
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

    /// An answer.
    pub(super) async fn find(&self, key: &str) -> Option<Answer> {
        let response = report("reading", self.cache.get(self.url(key), false).await)??;
        let mut headers = header_map(response.headers());
        let made = headers.get(BEGUN).and_then(|made| made.to_str().ok()?.parse().ok()).unwrap_or(0);
        for name in ["cf-cache-status", CACHE_TAG, BEGUN] {
            headers.remove(name);
        }
        let len = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
        let (_, body) = response.into_parts();
        Some(Answer { headers, len, body, made })
    }

    /// Keeps an answer for as long as its `Cache-Control` says. Who owns the zone can purge all of them by the tag
    /// `slimpix`, and those of one picture by its URL.
    pub(super) async fn keep(
        &self,
        key: &str,
        headers: &HeaderMap,
        body: ResponseBody,
        source: &str,
        begun: Option<u64>,
    ) {
        let headers = headers_of(headers);
        if let Some(begun) = begun {
            report("writing", headers.set(BEGUN, &begun.to_string()));
        }
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
    format!("{}{folder}/{id}.json", Place::FOLDERS[0])
}

fn hash(object: &Object) -> Option<String> {
    object.custom_metadata().ok()?.remove(HASH)
}

/// A store that fails is no reason not to answer.
fn report<T>(doing: &str, result: worker::Result<T>) -> Option<T> {
    result.inspect_err(|error| console_error!("{doing} the store failed: {error}")).ok()
}
