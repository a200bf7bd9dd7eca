//! The demo page: static files below `/_demo/`.
//!
//! `www/build` writes each file's compressed twins beside it (`app.js.br`, `app.js.gz`); one is sent to who accepts its
//! coding (RFC 9110 §12.5.3), if it is no older than the file. What lies in a folder named after a hash of its content
//! never changes and is kept for a year; all else is asked about each time and mostly answered with 304.

use std::{
    fs::{File, Metadata},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use http::{HeaderMap, HeaderName, Method, Response, StatusCode, header, request::Parts, response};
use percent_encoding::percent_decode_str;

use crate::{
    error::{Error, Kind, Result},
    native::{
        blocking::blocking,
        body::{self, Body},
        files::Content,
        root::Root,
    },
    service::{
        content_coding::{GZIP, accepts_coding},
        http_date,
    },
};

/// Where the page is.
pub(crate) const PREFIX: &str = "/_demo/";

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The codings of the files beside a file, the one that is mostly smaller first.
const CODINGS: [Coding; 2] = [
    Coding { name: "br", aliases: &["br"], extension: "br" },
    Coding { name: "gzip", aliases: GZIP, extension: "gz" },
];

#[derive(Debug)]
struct Coding {
    name: &'static str,
    aliases: &'static [&'static str],
    extension: &'static str,
}

/// The folder of the built page.
#[derive(Debug, Clone)]
pub(crate) struct Demo(Arc<Root>);

/// A file as it is sent.
struct Chosen {
    file: File,
    metadata: Metadata,
    coding: Option<&'static Coding>,
}

impl Demo {
    /// The page in a folder.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when it has not been built.
    pub(crate) fn new(folder: PathBuf, follow_links: bool) -> Result<Self> {
        if !folder.join("index.html").is_file() {
            return Err(Error::new(
                Kind::NotFound,
                format!("the demo page is not built: no index.html in {}; run www/build", folder.display()),
            ));
        }
        Ok(Self(Arc::new(Root::new(folder, follow_links))))
    }

    /// Answers a request for what the page [`has`].
    pub(crate) async fn answer(&self, request: &Parts) -> Response<Body> {
        if request.method != Method::GET && request.method != Method::HEAD {
            return plain(StatusCode::METHOD_NOT_ALLOWED);
        }
        let Some(rest) = request.uri.path().strip_prefix(PREFIX) else {
            return to_folder(request.uri.query());
        };
        let Some(path) = find(rest) else { return plain(StatusCode::NOT_FOUND) };
        let accepted = CODINGS.each_ref().map(|coding| accepts_coding(&request.headers, coding.aliases));
        let (root, at) = (Arc::clone(&self.0), path.clone());
        let chosen = blocking(move || choose(&root, &at, accepted)).await.and_then(|chosen| chosen);
        let Ok(chosen) = chosen else { return plain(StatusCode::NOT_FOUND) };
        let head = head(&path, &chosen);
        answer(request, head, chosen).unwrap_or_else(|_| plain(StatusCode::NOT_FOUND))
    }
}

/// True for what the page answers: all below [`PREFIX`], and the same without its last slash.
pub(crate) fn has(path: &str) -> bool {
    path.starts_with(PREFIX) || path == PREFIX.trim_end_matches('/')
}

/// The file, or the first twin of it whose coding is accepted.
fn choose(root: &Root, path: &Path, accepted: [bool; 2]) -> Result<Chosen> {
    let (file, metadata) = root.open(path)?;
    for (coding, _) in CODINGS.iter().zip(accepted).filter(|(_, is_accepted)| *is_accepted) {
        let mut twin = path.as_os_str().to_owned();
        twin.push(".");
        twin.push(coding.extension);
        let Ok((twin, of_twin)) = root.open(Path::new(&twin)) else { continue };
        if of_twin.modified().ok() >= metadata.modified().ok() {
            return Ok(Chosen { file: twin, metadata: of_twin, coding: Some(coding) });
        }
    }
    Ok(Chosen { file, metadata, coding: None })
}

/// The fields that a full answer and a 304 have in common.
fn head(path: &Path, chosen: &Chosen) -> response::Builder {
    let mut answer = Response::builder()
        .header(header::CACHE_CONTROL, if is_named_by_content(path) { IMMUTABLE } else { "no-cache" })
        .header(header::VARY, "Accept-Encoding")
        .header(header::ETAG, tag(chosen));
    if let Some(date) = chosen.metadata.modified().ok().and_then(http_date) {
        answer = answer.header(header::LAST_MODIFIED, date);
    }
    if let Some(coding) = chosen.coding {
        answer = answer.header(header::CONTENT_ENCODING, coding.name);
    }
    answer.header(header::CONTENT_TYPE, media_type(path)).header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

fn answer(request: &Parts, head: response::Builder, chosen: Chosen) -> http::Result<Response<Body>> {
    if is_known(&request.headers, &chosen) {
        return head.status(StatusCode::NOT_MODIFIED).body(body::empty());
    }
    let len = chosen.metadata.len();
    let content = match request.method {
        Method::HEAD => body::empty(),
        _ => body::part(Content::File(chosen.file), 0..len),
    };
    head.header(header::CONTENT_LENGTH, len).body(content)
}

/// Another one for every state of a file and every coding.
fn tag(chosen: &Chosen) -> String {
    let metadata = &chosen.metadata;
    let (seconds, nanos) = (metadata.mtime(), metadata.mtime_nsec());
    let coding = chosen.coding.map_or("", |coding| coding.extension);
    format!("\"{seconds:x}.{nanos:x}-{:x}-{:x}{coding}\"", metadata.len(), metadata.ino())
}

/// True if the client has it as it is: by its tag, or by its date where it names no tag (RFC 9110 §13.2.2).
fn is_known(headers: &HeaderMap, chosen: &Chosen) -> bool {
    if headers.contains_key(header::IF_NONE_MATCH) {
        let tag = tag(chosen);
        return words(headers, header::IF_NONE_MATCH)
            .any(|known| known == "*" || known.trim_start_matches("W/") == tag);
    }
    let since = headers
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let modified = chosen.metadata.modified().ok().and_then(http_date);
    let modified = modified.and_then(|date| httpdate::parse_http_date(&date).ok());
    modified.zip(since).is_some_and(|(modified, since)| modified <= since)
}

/// What stands between the commas of a field's lines.
fn words(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// True for what lies in a folder whose name is a hash: another content would be elsewhere.
fn is_named_by_content(path: &Path) -> bool {
    let folders = path.parent().into_iter().flat_map(Path::components);
    folders
        .filter_map(|part| part.as_os_str().to_str())
        .any(|name| name.len() == 16 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

/// Leads to the page's folder, whose files its addresses are relative to. So is this one: a proxy may have put the
/// server below a path of its own.
fn to_folder(query: Option<&str>) -> Response<Body> {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("{}{query}", PREFIX.trim_start_matches('/'));
    let response = Response::builder()
        .status(StatusCode::PERMANENT_REDIRECT)
        .header(header::LOCATION, location)
        .header(header::CACHE_CONTROL, "no-cache")
        .header(header::CONTENT_LENGTH, 0);
    response.body(body::empty()).unwrap_or_else(|_| plain(StatusCode::NOT_FOUND))
}

/// The file of a path, below the folder; `None` for what would leave the folder or is hidden.
fn find(rest: &str) -> Option<PathBuf> {
    let decoded = percent_decode_str(rest).decode_utf8().ok()?;
    let mut path = PathBuf::new();
    for part in decoded.split('/').filter(|part| !part.is_empty()) {
        if part.starts_with('.') || part.contains(['\\', '\0', ':']) {
            return None;
        }
        path.push(part);
    }
    if decoded.is_empty() || decoded.ends_with('/') {
        path.push("index.html");
    }
    Some(path)
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = status;
    response
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_folder() {
        assert_eq!(find(""), Some(PathBuf::from("index.html")));
        assert_eq!(find("a/b.js"), Some(PathBuf::from("a/b.js")));
        for path in ["../x", "a/../../x", "%2e%2e/x", "..%2fx", ".git/config", "a%00b", "c:%5cx"] {
            assert_eq!(find(path), None, "{path}");
        }
    }

    #[test]
    fn only_what_is_named_after_its_content_is_immutable() {
        for (path, expected) in [
            ("0123456789abcdef/app.js", true),
            ("x/0123456789abcdef/y/app.js", true),
            ("app.js", false),
            ("0123456789abcdef", false),
            ("0123456789ABCDEF/app.js", false),
            ("0123456789abcde/app.js", false),
        ] {
            assert_eq!(is_named_by_content(Path::new(path)), expected, "{path}");
        }
    }
}
