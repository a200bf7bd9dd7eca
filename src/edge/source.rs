//! The originals: from the origin server, or from a bucket.
//!
//! An original is read as far as the probe needs; the rest either follows into memory, up to a limit, or goes to the
//! client without passing through the engine.

use std::{
    rc::Rc,
    time::{Duration, SystemTime},
};

use futures_util::StreamExt;
use worker::{
    Bucket, ByteStream, Conditional, Response, ResponseBody, wasm_bindgen::JsCast, web_sys::ReadableStream,
};

use super::{
    bucket::object_key,
    flight,
    origin::{ask, failed, no_picture, upstream, within},
    piece,
    settings::{Origin, Settings},
    store,
};
use crate::{
    codec::{self, Looked, Prober, Probing},
    error::{Error, Kind, Result},
    service::{OriginCaching, Source, Validators},
};

/// Bytes that are read at once, and that are read on to find out what an original is.
const HEAD: usize = 64 << 10;
const READ_ON: u64 = 1 << 20;

/// Pieces that are asked for by themselves.
const PIECES: u32 = 4;

/// What came of asking for an original.
pub(super) enum Fetched {
    /// It is there.
    Found(Box<Opened>),
    /// It is as it was; and what the origin says of keeping it.
    Unchanged(OriginCaching),
    /// There is no such thing.
    Missing,
}

/// An original whose first bytes have been read.
pub(super) struct Opened {
    /// Its state.
    pub(super) validators: Validators,
    /// What the origin says of keeping it.
    pub(super) caching: OriginCaching,
    read: Rc<Vec<u8>>,
    rest: Option<ByteStream>,
    /// The original from its first byte on, for the client. It holds back what `rest` has read, so one of the two is
    /// cancelled before the other is read to its end.
    untouched: Option<ReadableStream>,
    timeout: Duration,
}

/// Asks for an original, conditionally if a state of it is known, and reads its first bytes.
///
/// # Errors
/// [`Kind::Upstream`] when the origin fails or is too slow.
pub(super) async fn open(
    settings: &Settings,
    source: &Source,
    known: Option<&Validators>,
) -> Result<Fetched> {
    let Source::Remote { url, .. } = source else {
        return Err(Error::new(Kind::Internal, "a Worker has no files"));
    };
    match &settings.origin {
        Origin::Bucket(bucket) => open_object(bucket, url, known, settings).await,
        Origin::Http => open_url(url, known, settings).await,
    }
}

async fn open_url(url: &str, known: Option<&Validators>, settings: &Settings) -> Result<Fetched> {
    let mut response = ask(url, known, settings).await?;
    let caching_of = |response: &Response| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(flight::now());
        OriginCaching::from_headers(&store::header_map(response.headers()), &settings.policy, now)
    };
    if response.status_code() == 304 && known.is_some() && caching_of(&response).restriction.is_some() {
        // Nothing that is kept will do.
        response = ask(url, None, settings).await?;
    }
    let caching = caching_of(&response);
    match response.status_code() {
        200 => {}
        304 if known.is_some() => return Ok(Fetched::Unchanged(caching)),
        404 | 410 => return Ok(Fetched::Missing),
        status @ 500.. => return Err(upstream(format!("the origin answered {status}"))),
        status => return Err(no_picture(settings, format!("the origin answered {status}"))),
    }
    let header = |name: &str| response.headers().get(name).ok().flatten();
    // The runtime decodes what the origin encoded, and leaves the length of the encoded form.
    let len = match header("content-encoding").unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "" | "identity" => header("content-length").and_then(|len| len.parse().ok()),
        "gzip" | "br" => None,
        coding => {
            return Err(no_picture(settings, format!("the origin sends the content coding {coding:?}")));
        }
    };
    let validators = Validators {
        len: len.unwrap_or(0),
        modified: header("last-modified").and_then(|date| httpdate::parse_http_date(&date).ok()),
        // A weak tag says nothing of bytes, but it does tell two states apart.
        etag: header("etag"),
        file: None,
    };
    let (_, body) = response.into_parts();
    let ResponseBody::Stream(stream) = body else {
        return Ok(Fetched::Missing);
    };
    Opened::begin(validators, len.is_some(), &stream, caching, settings).await
}

async fn open_object(
    bucket: &Bucket,
    url: &str,
    known: Option<&Validators>,
    settings: &Settings,
) -> Result<Fetched> {
    let mut get = bucket.get(object_key(url));
    if let Some(etag) = known.and_then(|validators| validators.etag.as_deref()) {
        let etag = etag.trim_matches('"').to_owned();
        get = get.only_if(Conditional { etag_does_not_match: Some(etag), ..Conditional::default() });
    }
    let Some(object) = get.execute().await.map_err(failed)? else { return Ok(Fetched::Missing) };
    let Some(body) = object.body() else { return Ok(Fetched::Unchanged(OriginCaching::default())) };
    let ResponseBody::Stream(stream) = body.response_body().map_err(failed)? else {
        return Ok(Fetched::Missing);
    };
    let uploaded = Duration::from_millis(object.uploaded().as_millis());
    let validators = Validators {
        len: object.size(),
        modified: Some(SystemTime::UNIX_EPOCH + uploaded),
        etag: Some(object.http_etag()),
        file: None,
    };
    Opened::begin(validators, true, &stream, OriginCaching::default(), settings).await
}

impl Opened {
    /// One that another request has read.
    pub(super) fn of(validators: Validators, whole: Rc<Vec<u8>>) -> Self {
        let timeout = Duration::ZERO;
        let caching = OriginCaching::default();
        Self { validators, caching, read: whole, rest: None, untouched: None, timeout }
    }

    async fn begin(
        validators: Validators,
        knows_len: bool,
        stream: &ReadableStream,
        caching: OriginCaching,
        settings: &Settings,
    ) -> Result<Fetched> {
        let branches = stream.tee();
        let rest: ReadableStream = branches.get(0).unchecked_into();
        let untouched: ReadableStream = branches.get(1).unchecked_into();
        let mut opened = Self {
            validators,
            caching,
            read: Rc::default(),
            rest: Some(ByteStream::from(rest)),
            untouched: Some(untouched),
            timeout: settings.timeout,
        };
        opened.read_until(HEAD as u64).await?;
        let is_picture = Looked::at_beginning(&opened.read, None).format.is_some();
        if opened.rest.is_some() && !knows_len && is_picture {
            // An answer states its length, so an original that doesn't is read to its end.
            opened.read_whole(settings.policy.limits.max_input_bytes).await?;
        }
        if opened.rest.is_none() {
            opened.validators.len = opened.read.len() as u64;
        }
        Ok(Fetched::Found(Box::new(opened)))
    }

    /// What it is. Reads on a little for that; what stands far inside is asked for by itself where that is possible,
    /// else read up to.
    ///
    /// # Errors
    /// [`Kind::Upstream`] when it breaks off, [`Kind::LimitExceeded`] when it is too long to be read.
    pub(super) async fn look_at(&mut self, settings: &Settings, source: &Source) -> Result<Looked> {
        let length = (self.validators.len != 0).then_some(self.validators.len);
        let mut prober = Prober::new(length);
        let mut pieces = PIECES;
        let probe = loop {
            let need = match prober.next() {
                Ok(Probing::Need(need)) => need,
                Ok(Probing::Known(probe)) => break Ok(*probe),
                Err(error) => break Err(error),
            };
            if self.rest.is_some() && need.end() > READ_ON {
                // What may still follow turns a picture at the most, which converting it will see.
                let looked = Looked::at_beginning(&self.read, length);
                if looked.probe.is_ok() {
                    return Ok(looked);
                }
                let piece = match pieces {
                    0 => None,
                    _ => piece::read(settings, source, self.validators.etag.as_deref(), need).await,
                };
                if let Some(piece) = piece {
                    pieces -= 1;
                    prober.feed(&piece)?;
                    continue;
                }
                pieces = 0;
                self.read_whole(settings.policy.limits.max_input_bytes).await?;
            }
            self.read_until(need.end()).await?;
            prober.feed(need.of(&self.read))?;
        };
        Ok(Looked { format: prober.format(), probe })
    }

    /// The whole original.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`] when it has more bytes than that, [`Kind::Upstream`] when it breaks off.
    pub(super) async fn whole(&mut self, limit: u64) -> Result<&[u8]> {
        self.read_whole(limit).await?;
        Ok(&self.read)
    }

    /// The original for the client: from memory where the engine has read it, else as it comes. Then it can be had
    /// only once.
    pub(super) fn body(&mut self) -> Option<ResponseBody> {
        match self.bytes() {
            Some(bytes) => Some(ResponseBody::Body(bytes.to_vec())),
            None => self.untouched.take().map(ResponseBody::Stream),
        }
    }

    /// True if it ends before the picture does, as far as it has been read.
    pub(super) fn is_cut(&self, looked: &Looked) -> Option<bool> {
        let (format, bytes) = (looked.format?, self.bytes()?);
        codec::is_whole(format, bytes).ok().flatten().map(|is_whole| !is_whole)
    }

    /// The original's bytes, if all of them are in memory.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        self.rest.is_none().then_some(&self.read)
    }

    /// All of its bytes, to be shared with other requests, if they are in memory.
    pub(super) fn shared(&self) -> Option<Rc<Vec<u8>>> {
        self.rest.is_none().then(|| Rc::clone(&self.read))
    }

    async fn read_whole(&mut self, limit: u64) -> Result<()> {
        if self.rest.is_none() {
            return Ok(());
        }
        if let Some(untouched) = self.untouched.take() {
            let _settles_by_itself = untouched.cancel();
        }
        if self.validators.len <= limit {
            // A whole buffer at once: one that grows by doubling would hold twice the file at its end.
            let missing =
                usize::try_from(self.validators.len).unwrap_or(usize::MAX).saturating_sub(self.read.len());
            Rc::make_mut(&mut self.read).try_reserve_exact(missing)?;
        }
        self.read_until(limit.saturating_add(1)).await?;
        if self.read.len() as u64 > limit {
            return Err(Error::limit(format!("the original has more than {limit} bytes")));
        }
        let stated = self.validators.len;
        if stated != 0 && stated != self.read.len() as u64 {
            return Err(upstream("the original broke off"));
        }
        Ok(())
    }

    /// Reads until that many bytes are there, or all.
    async fn read_until(&mut self, len: u64) -> Result<()> {
        while (self.read.len() as u64) < len {
            let Some(rest) = &mut self.rest else { return Ok(()) };
            let chunk = within(self.timeout, rest.next()).await;
            match chunk.ok_or_else(|| upstream("the original stopped coming"))? {
                Some(chunk) => {
                    let chunk = chunk.map_err(failed)?;
                    // Nobody shares it before it is whole.
                    let read = Rc::make_mut(&mut self.read);
                    read.try_reserve(chunk.len())?;
                    read.extend_from_slice(&chunk);
                }
                None => self.rest = None,
            }
        }
        Ok(())
    }
}
