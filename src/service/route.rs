//! From a request line to a source: methods, paths, file extensions, mounts.
//!
//! A path is percent-decoded once. What then climbs (`..`), hides something (NUL, control characters, a backslash)
//! or would climb after being decoded once more is not found. Empty and `.` segments are dropped.

use http::{HeaderMap, Method, Uri, header};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::{
    hints, params,
    policy::{Mount, MountPoint, Policy, Target},
};

/// A request without its body.
#[derive(Debug, Clone, Copy)]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// The target, in any form of RFC 9112 §3.2.
    pub uri: &'a Uri,
    /// The header fields.
    pub headers: &'a HeaderMap,
}

/// Where a picture comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// A file below one of the host's folders.
    Local {
        /// The index of the folder.
        root: usize,
        /// Relative, `/` between its parts, free of `..`, empty and `.` parts, NUL, backslashes and control
        /// characters.
        path: String,
        /// How it is called in keys and logs.
        name: String,
    },
    /// Something on an origin server.
    Remote {
        /// The full URL, its path percent-encoded, with what of the request's query is the origin's.
        url: String,
        /// `host[:port]`, the name of its folder in a cache.
        host: String,
    },
}

/// Writes all that the answer to a plain GET depends on, beside what is stored; false for other requests, and for
/// those with conditions or ranges. Whatever else of a head comes to matter belongs here.
pub fn question(head: &RequestHead<'_>, policy: &Policy, into: &mut Vec<u8>) -> bool {
    const MORE: [header::HeaderName; 6] = [
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        header::IF_MODIFIED_SINCE,
        header::IF_UNMODIFIED_SINCE,
        header::IF_RANGE,
        header::RANGE,
    ];
    if head.method != Method::GET || MORE.iter().any(|name| head.headers.contains_key(name)) {
        return false;
    }
    // No value has a line's end in it.
    let mut add = |bytes: &[u8]| {
        into.extend_from_slice(bytes);
        into.push(b'\n');
    };
    add(head.uri.path_and_query().map_or("", |target| target.as_str()).as_bytes());
    add(head.uri.scheme_str().unwrap_or("").as_bytes());
    add(head.uri.authority().map_or("", |authority| authority.as_str()).as_bytes());
    let agent = policy.by_user_agent.then_some(header::USER_AGENT);
    let proto = header::HeaderName::from_static("x-forwarded-proto");
    let names = [header::HOST, proto, header::ACCEPT, header::ACCEPT_ENCODING];
    let hints = hints::NAMES.into_iter().filter(|_| policy.client_hints);
    for name in names.into_iter().chain(agent).chain(hints) {
        for value in head.headers.get_all(&name) {
            add(value.as_bytes());
        }
        add(b"");
    }
    true
}

impl Source {
    /// The folder of the caches that holds what belongs to it: `local`, or the origin's host.
    #[must_use]
    pub fn folder(&self) -> &str {
        match self {
            Self::Local { .. } => "local",
            Self::Remote { host, .. } => host,
        }
    }

    /// How people call it: the path, or the URL without its query.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Local { name, .. } => name,
            Self::Remote { url, .. } => url.split_once('?').map_or(url, |(bare, _)| bare),
        }
    }
}

/// What a request line leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// `/healthz`.
    Health,
    /// A picture.
    Source(Source),
    /// A file extension that is not served; the file's name.
    Refused(String),
    /// No such thing.
    NotFound,
    /// Neither GET nor HEAD.
    WrongMethod,
}

/// Finds the route of a request.
pub(super) fn route(head: &RequestHead<'_>, policy: &Policy) -> Route {
    if head.method != Method::GET && head.method != Method::HEAD {
        return Route::WrongMethod;
    }
    if head.uri.path() == "/healthz" {
        return Route::Health;
    }
    let Some(path) = normalise(head.uri.path()) else { return Route::NotFound };
    let name = path.rsplit('/').next().unwrap_or_default();
    if !policy.allowed.permits(name) {
        return Route::Refused(name.to_owned());
    }
    let (target, rest) = find_target(head, &path, policy);
    if matches!(target, Target::Local { .. }) && policy.allowed.hides(rest) {
        return Route::NotFound;
    }
    Route::Source(resolve(target, rest, head.uri.query().unwrap_or(""), policy))
}

/// The names of all sources that requests for a path mean, on whatever host, or, where that is the beginning of a path,
/// the beginnings of their names. `None` for what must not be looked for.
pub(super) fn names(raw: &str, is_beginning: bool, policy: &Policy) -> Option<Vec<String>> {
    let mut path = normalise(raw)?;
    if raw.ends_with('/') && !path.is_empty() {
        path.push('/');
    }
    let name = |target: &Target, rest: &str| resolve(target, rest, "", policy).name().to_owned();
    let of_mount = |mount: &Mount| match &mount.at {
        MountPoint::Host(_) => Some(name(&mount.target, &path)),
        MountPoint::Prefix(prefix) => {
            let prefix = prefix.trim_matches('/');
            let is_above = is_beginning && format!("{prefix}/").starts_with(&path);
            let rest = below(&path, prefix).or(is_above.then_some(""))?;
            Some(name(&mount.target, rest))
        }
    };
    Some([name(&policy.target, &path)].into_iter().chain(policy.mounts.iter().filter_map(of_mount)).collect())
}

/// Where a request goes on to, as it came, when it isn't for a picture: the same path and query of the origin. `None`
/// where the policy passes nothing on, or that isn't for the origin: a path that could climb out of it, what a bucket
/// can't do.
pub(super) fn onward(head: &RequestHead<'_>, policy: &Policy) -> Option<String> {
    let Target::Remote { base } = &policy.target else { return None };
    if !policy.passes {
        return None;
    }
    let once = percent_decode_str(head.uri.path()).decode_utf8_lossy();
    let twice = percent_decode_str(&once).decode_utf8_lossy();
    if [&once, &twice].into_iter().any(|path| climbs(&path.replace('\\', "/"))) {
        return None;
    }
    let base = base.trim_end_matches('/');
    let rest = match has_queries(base) {
        true => head.uri.path_and_query()?.as_str(),
        false if head.method == Method::GET || head.method == Method::HEAD => head.uri.path(),
        false => return None,
    };
    Some(format!("{base}{rest}"))
}

/// The segments of a path, decoded, joined by `/`, without a leading slash; `None` for what must not be looked for.
fn normalise(raw: &str) -> Option<String> {
    let decoded = percent_decode_str(raw).decode_utf8().ok()?;
    if decoded.chars().any(|c| c.is_control() || c == '\\') || climbs(&decoded) {
        return None;
    }
    // Decoded once more it must be harmless too: what lies behind (a proxy, an origin) may do just that.
    let again = percent_decode_str(&decoded).decode_utf8_lossy();
    if again.contains(['\0', '\\']) || climbs(&again) {
        return None;
    }
    let segments: Vec<&str> =
        decoded.split('/').filter(|segment| !segment.is_empty() && *segment != ".").collect();
    Some(segments.join("/"))
}

fn climbs(path: &str) -> bool {
    path.split('/').any(|segment| segment == "..")
}

/// The target that serves a path and what remains of the path below it.
fn find_target<'a>(head: &RequestHead<'_>, path: &'a str, policy: &'a Policy) -> (&'a Target, &'a str) {
    if let Some(target) = host_target(head, policy) {
        return (target, path);
    }
    let by_path = policy.mounts.iter().filter_map(|mount| match &mount.at {
        MountPoint::Prefix(prefix) => {
            below(path, prefix.trim_matches('/')).map(|rest| (prefix.len(), &mount.target, rest))
        }
        MountPoint::Host(_) => None,
    });
    by_path
        .max_by_key(|(length, ..)| *length)
        .map_or((&policy.target, path), |(_, target, rest)| (target, rest))
}

fn host_target<'a>(head: &RequestHead<'_>, policy: &'a Policy) -> Option<&'a Target> {
    // RFC 9112 §3.2.2: where the target names its host, the field says nothing.
    let host = head
        .uri
        .authority()
        .map(http::uri::Authority::as_str)
        .or_else(|| head.headers.get(header::HOST)?.to_str().ok())?;
    let hosts = || {
        policy.mounts.iter().filter_map(|mount| match &mount.at {
            MountPoint::Host(at) => at.split_once("://").map(|(scheme, host)| (scheme, host, &mount.target)),
            MountPoint::Prefix(_) => None,
        })
    };
    let same_host = || hosts().filter(|(_, at, _)| at.trim_end_matches('/').eq_ignore_ascii_case(host));
    let scheme = scheme(head);
    // A proxy that ends TLS doesn't always say so: the same host under the other scheme is better than none.
    same_host()
        .find(|(at, ..)| at.eq_ignore_ascii_case(scheme))
        .or_else(|| same_host().next())
        .map(|(_, _, target)| target)
}

fn scheme<'a>(head: &RequestHead<'a>) -> &'a str {
    head.headers
        .get("x-forwarded-proto")
        .and_then(|proto| proto.to_str().ok())
        .and_then(|protos| protos.split(',').next())
        .map(str::trim)
        .or_else(|| head.uri.scheme_str())
        .unwrap_or("http")
}

/// What remains of a path below a prefix of whole segments.
fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() {
        return Some(path);
    }
    path.strip_prefix(prefix)?.strip_prefix('/')
}

/// The source of a path below a target. A query is an origin's own affair: presigned URLs and versions stand in it. A
/// folder or a bucket has none, and so it can't make another source there.
fn resolve(target: &Target, rest: &str, query: &str, policy: &Policy) -> Source {
    match target {
        Target::Local { root, name } => Source::Local {
            root: *root,
            path: rest.to_owned(),
            name: format!("{}/{rest}", name.trim_end_matches('/')),
        },
        Target::Remote { base } => {
            let base = base.trim_end_matches('/');
            let host = base.split_once("://").map_or(base, |(_, rest)| rest);
            let mut url = format!("{base}/{}", utf8_percent_encode(rest, PATH));
            let query =
                if has_queries(base) { params::left_for_origin(query, policy) } else { String::new() };
            if !query.is_empty() {
                url.push('?');
                url.push_str(&query);
            }
            Source::Remote { url, host: host.split('/').next().unwrap_or_default().to_owned() }
        }
    }
}

/// True for an origin server, false for a bucket.
fn has_queries(base: &str) -> bool {
    base.starts_with("http://") || base.starts_with("https://")
}

/// What must be percent-encoded in a path (RFC 3986 §3.3): everything but `pchar` and `/`.
pub(super) const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, target: &str, fields: &[(&'static str, &str)]) -> Option<Vec<u8>> {
        let policy = Policy { by_user_agent: true, client_hints: true, ..Policy::default() };
        let uri: Uri = target.parse().expect("a target");
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().expect("a value"));
        }
        let mut text = Vec::new();
        let head = RequestHead { method: &method, uri: &uri, headers: &headers };
        question(&head, &policy, &mut text).then_some(text)
    }

    fn goes_on(method: Method, path: &str, base: &str) -> Option<String> {
        let target = Target::Remote { base: base.to_owned() };
        let policy = Policy { passes: true, target, ..Policy::default() };
        let uri = path.parse().expect("a target");
        onward(&RequestHead { method: &method, uri: &uri, headers: &HeaderMap::new() }, &policy)
    }

    #[test]
    fn what_is_passed_on_stays_with_its_origin() {
        for path in
            ["/", "/a/b.css?v=1&w=2", "//evil.test/x", "/caf%E9", "/@evil.test", "/a%2fb", "/x?u=../.."]
        {
            let onward = goes_on(Method::POST, path, "https://origin.test/base/");
            assert_eq!(onward, Some(format!("https://origin.test/base{path}")));
        }
        for path in ["/..%2fx", "/a/..%5cx", "/%2e%2e%2fx", "/..%252fx", "/%252e%252e/x", "/..%255cx"] {
            assert_eq!(goes_on(Method::GET, path, "https://origin.test/base"), None, "{path}");
        }
        assert_eq!(goes_on(Method::GET, "/a.css?v=1", "r2://bucket"), Some("r2://bucket/a.css".to_owned()));
        assert_eq!(goes_on(Method::POST, "/a.css", "r2://bucket"), None);
    }

    #[test]
    fn whatever_an_answer_depends_on_is_part_of_the_question() {
        let base = [("host", "a"), ("accept", "image/webp")];
        let plain = asked(Method::GET, "/a.jpg", &base);
        assert!(plain.is_some());
        for target in ["/b.jpg", "/a.jpg?width=1", "http://a/a.jpg"] {
            assert_ne!(asked(Method::GET, target, &base), plain, "{target}");
        }
        for more in [
            ("accept", "image/avif"),
            ("user-agent", "x"),
            ("x-forwarded-proto", "https"),
            ("sec-ch-dpr", "2"),
            ("sec-ch-width", "640"),
            ("save-data", "on"),
        ] {
            let fields = [base[0], base[1], more];
            assert_ne!(asked(Method::GET, "/a.jpg", &fields), plain, "{more:?}");
        }
        assert_ne!(asked(Method::GET, "/a.jpg", &[("host", "b"), base[1]]), plain);
        for name in
            ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range"]
        {
            assert_eq!(asked(Method::GET, "/a.jpg", &[(name, "1")]), None, "{name}");
        }
        assert_eq!(asked(Method::HEAD, "/a.jpg", &base), None);
    }
}
