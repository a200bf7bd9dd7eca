//! What is no picture out of the bucket of originals: as it was put there, with its type and whatever header fields
//! it was given, in parts and by conditions as any file of a site.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, header};
use worker::{Bucket, Conditional, Date, EncodeBody, Object, Range, Response, ResponseBody, console_error};

use super::{bucket::object_key, respond::respond};
use crate::service::{Body, RequestHead, held, http_date};

/// How often an object is asked for anew that was overwritten meanwhile.
const TRIES: usize = 3;

/// The answer to a GET or HEAD.
pub(super) async fn answer(bucket: &Bucket, url: &str, head: &RequestHead<'_>) -> worker::Result<Response> {
    let key = object_key(url);
    match find(bucket, &key, head).await {
        Ok(Some(response)) => Ok(response),
        Ok(None) => Response::error("Not found!", 404),
        Err(error) => {
            console_error!("reading {key} failed: {error}");
            Response::error("Origin server failed!", 502)
        }
    }
}

async fn find(bucket: &Bucket, key: &str, head: &RequestHead<'_>) -> worker::Result<Option<Response>> {
    for _ in 0..TRIES {
        let Some(object) = bucket.head(key).await? else { return Ok(None) };
        let response = held(head, headers(&object), object.size());
        if let Some(body) = body(bucket, &object, &response.body).await? {
            // What was put there in a coding is in it.
            let sent = respond(&response, body.into(), &[]).with_encode_body(EncodeBody::Manual);
            return Ok(Some(sent));
        }
    }
    Err("it changes all the time".into())
}

fn headers(object: &Object) -> HeaderMap {
    let date = |date: Date| http_date(SystemTime::UNIX_EPOCH + Duration::from_millis(date.as_millis()));
    let given = object.http_metadata();
    let fields = [
        (header::CONTENT_TYPE, given.content_type),
        (header::CONTENT_LANGUAGE, given.content_language),
        (header::CONTENT_DISPOSITION, given.content_disposition),
        (header::CONTENT_ENCODING, given.content_encoding),
        (header::CACHE_CONTROL, given.cache_control),
        (header::EXPIRES, given.cache_expiry.and_then(date)),
        (header::CONTENT_LENGTH, Some(object.size().to_string())),
        (header::ETAG, Some(object.http_etag())),
        (header::LAST_MODIFIED, date(object.uploaded())),
        (header::ACCEPT_RANGES, Some("bytes".to_owned())),
    ];
    let value = |text: Option<String>| HeaderValue::try_from(text?).ok();
    fields.into_iter().filter_map(|(name, text)| Some((name, value(text)?))).collect()
}

/// `None` if the object has become another one meanwhile.
async fn body(bucket: &Bucket, object: &Object, body: &Body) -> worker::Result<Option<ResponseBody>> {
    let range = match body {
        Body::Bytes(bytes) => return Ok(Some(ResponseBody::Body(bytes.clone()))),
        Body::Answer { range } if !range.is_empty() => range,
        _ => return Ok(Some(ResponseBody::Empty)),
    };
    let part = Range::OffsetWithLength { offset: range.start, length: range.end - range.start };
    let is_same = Conditional { etag_matches: Some(object.etag()), ..Conditional::default() };
    let got = bucket.get(object.key()).range(part).only_if(is_same).execute().await?;
    got.as_ref().and_then(Object::body).map(|body| body.response_body()).transpose()
}
