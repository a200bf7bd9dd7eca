//! A piece out of the middle of an original, by a request of its own: for a header that stands far inside a file.

use worker::{Conditional, Fetch, Range, ResponseBody, Url};

use super::{
    bucket::object_key,
    origin,
    settings::{Origin, Settings},
};
use crate::{codec::Need, service::Source};

/// The bytes that are needed, fewer where the original ends; `None` if it can't be had in pieces, or has changed since
/// `etag` was seen.
pub(super) async fn read(
    settings: &Settings,
    source: &Source,
    etag: Option<&str>,
    need: Need,
) -> Option<Vec<u8>> {
    let Source::Remote { url, .. } = source else { return None };
    let read = async {
        match &settings.origin {
            Origin::Bucket(bucket) => {
                let etag_matches = Some(etag?.trim_matches('"').to_owned());
                let object = bucket
                    .get(object_key(url))
                    .range(Range::OffsetWithLength { offset: need.offset, length: need.length as u64 })
                    .only_if(Conditional { etag_matches, ..Conditional::default() });
                object.execute().await.ok()??.body()?.bytes().await.ok()
            }
            Origin::Http => read_url(url, etag, need).await,
        }
    };
    let bytes = origin::within(settings.timeout, read).await??;
    (bytes.len() <= need.length).then_some(bytes)
}

async fn read_url(url: &str, etag: Option<&str>, need: Need) -> Option<Vec<u8>> {
    let url = Url::parse(url).ok()?;
    let request = origin::request(&url, None).ok()?;
    let last = need.offset + need.length as u64 - 1;
    request.headers().set("range", &format!("bytes={}-{last}", need.offset)).ok()?;
    let mut response = Fetch::Request(request).send().await.ok()?;
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let starts =
        header("content-range").is_some_and(|range| range.starts_with(&format!("bytes {}-", need.offset)));
    let is_same = etag.is_some() && header("etag").as_deref() == etag;
    if response.status_code() != 206 || !starts || !is_same {
        if let ResponseBody::Stream(stream) = response.body() {
            let _settles_by_itself = stream.cancel();
        }
        return None;
    }
    response.bytes().await.ok()
}
