//! One representation of a picture: the header fields that describe it, and its entity tag (RFC 9110 §8).

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    hints::Heeded,
    key,
    record::{FileState, SourceState, Variant},
    time,
};
use crate::codec::Format;

/// What is sent: one representation of a picture.
#[derive(Debug, Clone)]
pub(super) struct Representation {
    pub(super) media_type: &'static str,
    pub(super) etag: String,
    pub(super) modified: Option<SystemTime>,
    pub(super) len: u64,
    pub(super) source_len: u64,
    pub(super) keeping: Keeping,
    pub(super) vary: Vary,
    /// True for a document that could run scripts.
    pub(super) is_active: bool,
    /// True for what is to be unpacked by gzip before it is what its media type says.
    pub(super) is_packed: bool,
}

impl Representation {
    /// The header fields of the full 200 answer.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        set(&mut headers, header::CONTENT_TYPE, self.media_type);
        set(&mut headers, header::CONTENT_LENGTH, &self.len.to_string());
        set(&mut headers, header::ACCEPT_RANGES, "bytes");
        set(&mut headers, header::ETAG, &self.etag);
        if let Some(date) = self.modified.and_then(time::http_date) {
            set(&mut headers, header::LAST_MODIFIED, &date);
        }
        set(&mut headers, header::CACHE_CONTROL, &self.keeping.value());
        if let Some(vary) = self.vary.value() {
            set(&mut headers, header::VARY, &vary);
        }
        if self.source_len > 0 {
            let rate = self.len as f64 / self.source_len as f64;
            set(&mut headers, COMPRESSION_RATE, &format!("{rate:.2}"));
        }
        set(&mut headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        if self.is_packed {
            set(&mut headers, header::CONTENT_ENCODING, "gzip");
        }
        if self.is_active {
            set(&mut headers, header::CONTENT_SECURITY_POLICY, NO_SCRIPTS);
        }
        headers
    }
}

/// Who may keep an answer, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    All(Duration),
    /// The client alone.
    One(Duration),
    Nobody,
}

impl Keeping {
    /// The value of `Cache-Control`.
    pub(super) fn value(self) -> String {
        match self {
            Self::All(age) => format!("public, max-age={}", age.as_secs()),
            Self::One(age) => format!("private, max-age={}", age.as_secs()),
            Self::Nobody => "no-store".to_owned(),
        }
    }
}

/// What else than the URL an answer depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vary {
    pub(super) kind: VaryKind,
    pub(super) hints: Heeded,
}

impl Vary {
    pub(super) fn value(self) -> Option<Cow<'static, str>> {
        let Self { kind, hints } = self;
        if hints == Heeded::default() {
            return kind.value().map(Cow::Borrowed);
        }
        let names: Vec<&str> = kind.value().into_iter().chain(hints.names()).collect();
        Some(Cow::Owned(names.join(", ")))
    }
}

/// What it depends on beside client hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VaryKind {
    Nothing,
    Accept,
    AcceptAndUserAgent,
    AcceptAndEncoding,
    AcceptEncodingAndUserAgent,
}

impl VaryKind {
    const fn value(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Accept => Some("Accept"),
            Self::AcceptAndUserAgent => Some("Accept, User-Agent"),
            Self::AcceptAndEncoding => Some("Accept, Accept-Encoding"),
            Self::AcceptEncodingAndUserAgent => Some("Accept, Accept-Encoding, User-Agent"),
        }
    }
}

/// The strong entity tag of a source.
pub(super) fn source_etag(state: &SourceState) -> String {
    let validators = &state.validators;
    // An origin that gives neither a tag nor a time says nothing about two fetches being the same.
    let since = match (&validators.etag, validators.modified) {
        (None, None) => time::nanos(state.checked_at),
        (_, modified) => modified.map_or(0, time::nanos),
    };
    let mut text = format!("{}/{since}/{}", validators.len, validators.etag.as_deref().unwrap_or(""));
    if let Some(FileState { inode, changed: (seconds, nanos), .. }) = validators.file {
        // Not the device: some are numbered anew at each start of the machine.
        text.push_str(&format!("/{inode}/{seconds}.{nanos}"));
    }
    format!("\"{}\"", key::hash_hex(text.as_bytes()))
}

/// The strong entity tag of a variant. One that webp_server_go made goes by its source and length.
pub(super) fn variant_etag(id: &str, format: Format, variant: &Variant, state: &SourceState) -> String {
    let extension = format.extension();
    match &variant.hash {
        Some(hash) => format!("\"{hash}-{extension}\""),
        None => {
            let text = format!("{id}/{}/{}", variant.size, source_etag(state));
            format!("\"{}-{extension}\"", key::hash_hex(text.as_bytes()))
        }
    }
}

/// Everything set here is visible ASCII by construction; what is not is left out rather than sent wrong.
pub(super) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

pub(super) const COMPRESSION_RATE: HeaderName = HeaderName::from_static("x-compression-rate");

/// An SVG opened by itself is a document: it may style itself, and nothing else.
const NO_SCRIPTS: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
