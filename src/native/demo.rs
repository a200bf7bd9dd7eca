//! The demo page: static files below `/_demo/`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use http::{Method, Response, StatusCode, header, request::Parts};
use percent_encoding::percent_decode_str;

use crate::{
    error::{Error, Kind, Result},
    native::{
        body::{self, Body},
        files::Content,
        root::Root,
        source::blocking,
    },
    service::http_date,
};

/// Where the page is.
pub(crate) const PREFIX: &str = "/_demo/";

/// The folder of the built page.
#[derive(Debug, Clone)]
pub(crate) struct Demo(Arc<Root>);

impl Demo {
    /// The page in a folder.
    ///
    /// # Errors
    /// `NotFound` when it has not been built.
    pub(crate) fn new(folder: PathBuf, follow_links: bool) -> Result<Self> {
        if !folder.join("index.html").is_file() {
            return Err(Error::new(
                Kind::NotFound,
                format!("the demo page is not built: no index.html in {}; run www/build", folder.display()),
            ));
        }
        Ok(Self(Arc::new(Root::new(folder, follow_links))))
    }

    /// Answers a request below [`PREFIX`].
    pub(crate) async fn answer(&self, request: &Parts) -> Response<Body> {
        if request.method != Method::GET && request.method != Method::HEAD {
            return plain(StatusCode::METHOD_NOT_ALLOWED);
        }
        let rest = request.uri.path().strip_prefix(PREFIX).unwrap_or_default();
        let Some(path) = find(rest) else { return plain(StatusCode::NOT_FOUND) };
        let (kind, root) = (media_type(&path), Arc::clone(&self.0));
        let opened = blocking(move || root.open(&path)).await.and_then(|opened| opened);
        let Ok((file, metadata)) = opened else { return plain(StatusCode::NOT_FOUND) };
        let len = metadata.len();
        let content = match request.method {
            Method::HEAD => body::empty(),
            _ => body::part(Content::File(file), 0..len),
        };
        let mut answer = Response::builder()
            .header(header::CONTENT_TYPE, kind)
            .header(header::CONTENT_LENGTH, len)
            .header(header::CACHE_CONTROL, "no-cache")
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        if let Some(date) = metadata.modified().ok().and_then(http_date) {
            answer = answer.header(header::LAST_MODIFIED, date);
        }
        answer.body(content).unwrap_or_else(|_| plain(StatusCode::NOT_FOUND))
    }
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
}
