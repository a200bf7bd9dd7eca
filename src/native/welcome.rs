//! The page at `/` for people who try the server on its own machine: some pictures of the folder, as they are and as
//! they are sent, and what to try next. Also the pictures that are served where there is no folder yet.
//!
//! What a folder has is nobody else's business: the page is for clients of this machine who call it by a name of this
//! machine, and for no request that a proxy has passed on.

use std::{
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
};

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version, header, request::Parts};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use walkdir::WalkDir;

use crate::{
    codec::Format,
    native::{
        blocking::blocking,
        body::{self, Body},
        conversions::format_of_name,
        log,
    },
};

const PAGE: &str = include_str!("welcome/page.html");

/// Pictures to try the server with, drawn for it.
const SAMPLES: [(&str, &[u8]); 2] =
    [("dusk.jpg", include_bytes!("welcome/dusk.jpg")), ("tea.png", include_bytes!("welcome/tea.png"))];

/// Pictures that are shown at the most.
const SHOWN: usize = 4;

/// Files and folders that are looked at for them at the most.
const LOOKED_AT: usize = 5000;

/// Writes the pictures to try the server with into a new folder.
///
/// # Errors
/// What the system says.
pub(crate) fn write_samples(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    SAMPLES.iter().try_for_each(|(name, bytes)| fs::write(folder.join(name), bytes))
}

/// What the page is made of.
#[derive(Debug, Clone)]
pub(crate) struct Welcome {
    /// The folder that is served at `/`.
    pub(crate) folder: PathBuf,
    /// These are the pictures of [`write_samples`].
    pub(crate) is_sample: bool,
    /// The formats that are made, as an `Accept` of them all.
    pub(crate) accept: String,
    pub(crate) has_demo: bool,
}

impl Welcome {
    /// True if the client is to see the page.
    pub(crate) fn is_for(request: &Parts, peer: IpAddr) -> bool {
        let is_asked = request.uri.path() == "/" && matches!(request.method, Method::GET | Method::HEAD);
        // What proxies speak by default, and no browser.
        let is_direct = request.version >= Version::HTTP_11 && !is_passed_on(&request.headers);
        is_asked && is_direct && peer.to_canonical().is_loopback() && names_this_machine(request)
    }

    /// The page.
    pub(crate) async fn answer(&self, request: &Parts) -> Response<Body> {
        let folder = self.folder.clone();
        let listed = blocking(move || pictures_of(&folder)).await;
        let pictures = log::or_warn("/", "the folder can't be looked through", listed).unwrap_or_default();
        let authority = authority(request).unwrap_or("localhost");
        let page = self.page(&pictures, &format!("http://{authority}"));
        let len = page.len();
        let content = if request.method == Method::HEAD { body::empty() } else { body::full(page.into()) };
        let mut response = Response::new(content);
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        let fields = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
        ];
        headers.extend(fields.map(|(name, value)| (name, HeaderValue::from_static(value))));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(len));
        response
    }

    fn page(&self, pictures: &[String], origin: &str) -> String {
        let folder = match self.is_sample {
            true => "There is no folder ./pics here, so these are pictures of its own: \
                     <code>slimpix serve DIR</code> serves yours."
                .to_owned(),
            false => format!("It serves <code>{}</code>.", escaped(&self.folder.to_string_lossy())),
        };
        let items: String = pictures.iter().map(|path| item(path)).collect();
        let demo = if self.has_demo {
            "<a href=\"/_demo/\">The demo page</a> converts pictures in the browser. "
        } else {
            ""
        };
        PAGE.replace("{{FOLDER}}", &folder)
            .replace("{{PICTURES}}", &items)
            .replace("{{ORIGIN}}", &escaped(origin))
            .replace("{{FIRST}}", pictures.first().map_or("/name-of-a-picture.jpg", |path| path))
            .replace("{{ACCEPT}}", &self.accept)
            .replace("{{DEMO}}", demo)
    }
}

/// It has a script and a style of its own, and shows pictures that it has fetched.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                      img-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn is_passed_on(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"]
        .iter()
        .any(|name| headers.contains_key(*name))
}

fn authority(request: &Parts) -> Option<&str> {
    let named = request.uri.authority().map(http::uri::Authority::as_str);
    named.or_else(|| request.headers.get(header::HOST)?.to_str().ok())
}

/// A name that leads elsewhere can be made to lead here by whoever owns it.
fn names_this_machine(request: &Parts) -> bool {
    let Some(authority) = authority(request).and_then(|text| text.parse::<http::uri::Authority>().ok())
    else {
        return false;
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The paths of some pictures of a folder that any browser can show, percent-encoded. Blocks.
fn pictures_of(folder: &Path) -> Vec<String> {
    let is_shown = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
    };
    WalkDir::new(folder)
        .max_depth(4)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(is_shown)
        .flatten()
        .take(LOOKED_AT)
        .filter(|entry| entry.file_type().is_file())
        .filter(|entry| matches!(format_of_name(entry.path()), Some(Format::Jpeg | Format::Png)))
        .filter_map(|entry| path_of(entry.path().strip_prefix(folder).ok()?))
        .take(SHOWN)
        .collect()
}

fn path_of(below: &Path) -> Option<String> {
    let parts: Option<Vec<String>> = below
        .iter()
        .map(|part| {
            Some(utf8_percent_encode(part.to_str()?, NON_ALPHANUMERIC).to_string().replace("%2E", "."))
        })
        .collect();
    parts.map(|parts| format!("/{}", parts.join("/")))
}

/// A picture: its place for what it is, and for what is sent.
fn item(path: &str) -> String {
    let name = percent_encoding::percent_decode_str(path.trim_start_matches('/')).decode_utf8_lossy();
    let name = escaped(&name);
    let figure = |what: &str| {
        format!(
            "<figure><span class=\"frame\"><img alt=\"{name}, {what}\"></span><figcaption>…</figcaption></figure>"
        )
    };
    format!(
        "<li data-url=\"{path}\"><h3><a href=\"{path}\">{name}</a><span class=\"saved\">…</span></h3><div \
         class=\"pair\">{}{}</div></li>",
        figure("as it is"),
        figure("as it is sent"),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn is_shown(host: &str, more: Option<(&str, &str)>, peer: &str, version: Version) -> bool {
        let mut request = Request::get("/").version(version).header(header::HOST, host);
        if let Some((name, value)) = more {
            request = request.header(name, value);
        }
        let parts = request.body(()).expect("a request").into_parts().0;
        Welcome::is_for(&parts, peer.parse().expect("an address"))
    }

    #[test]
    fn only_who_is_on_this_machine_sees_the_page() {
        for host in ["localhost:3333", "127.0.0.1:3333", "[::1]:3333", "LOCALHOST"] {
            assert!(is_shown(host, None, "127.0.0.1", Version::HTTP_11), "{host}");
        }
        assert!(is_shown("localhost", None, "::ffff:127.0.0.1", Version::HTTP_11));
        for (host, more, peer, version) in [
            ("localhost", None, "192.0.2.1", Version::HTTP_11),
            ("www.example.com", None, "127.0.0.1", Version::HTTP_11),
            ("localhost.example.com", None, "127.0.0.1", Version::HTTP_11),
            ("192.0.2.1", None, "127.0.0.1", Version::HTTP_11),
            ("localhost", Some(("x-forwarded-for", "192.0.2.1")), "127.0.0.1", Version::HTTP_11),
            ("localhost", Some(("via", "1.1 proxy")), "127.0.0.1", Version::HTTP_11),
            ("127.0.0.1:3333", None, "127.0.0.1", Version::HTTP_10),
        ] {
            assert!(!is_shown(host, more, peer, version), "{host} {more:?} {peer}");
        }
    }

    #[test]
    fn names_do_not_become_markup() {
        let folder = tempfile::tempdir().expect("folder");
        fs::create_dir(folder.path().join("a b")).expect("made");
        for name in ["<i>\"'&.jpg", "a b/é?.png", ".hidden.jpg", "notes.txt"] {
            fs::write(folder.path().join(name), b"x").expect("written");
        }
        let pictures = pictures_of(folder.path());
        assert_eq!(pictures, ["/%3Ci%3E%22%27%26.jpg", "/a%20b/%C3%A9%3F.png"]);
        let shown = item(&pictures[0]);
        assert!(shown.contains("&lt;i&gt;&quot;&#39;&amp;.jpg") && !shown.contains("<i>\""), "{shown}");
    }
}
