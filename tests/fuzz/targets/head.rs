//! A request's head, of any bytes: it is answered without a panic after few steps, nothing outside of the root or of
//! the origin is looked for, and what is said of an answer agrees with it.
//!
//! The first byte of the data chooses the policy, the first line is the request line, the rest are header lines. What
//! no HTTP library would hand on is passed over.

use std::{path::Path, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use slimpix::{
    codec::Format,
    service::{self, Body, Key, Mount, MountPoint, Policy, RequestHead, Response, Source, Step, Target},
};

use super::scenario::{Scenario, jpeg, noon};

const ORIGIN: &str = "http://origin.example:81/base";

pub fn target(data: &[u8]) {
    let Some((&choice, text)) = data.split_first() else { return };
    let Some((method, uri, headers)) = head(text) else { return };
    let mut scenario = scenario(choice);
    if let Some(uri) = picture_of(&uri) {
        scenario.sources.insert(format!("{ORIGIN}{uri}"), (jpeg(64, 48, 1000), noon()));
    }
    let first = answer(&mut scenario, &method, &uri, &headers);
    check(&first, &method);
    assert!(scenario.records.len() <= 2 + scenario.policy.sizes_kept, "{:?}", scenario.records.keys());

    let again = answer(&mut scenario, &method, &uri, &headers);
    check(&again, &method);
    assert_eq!(again.status, first.status, "the second time, from {:?}", scenario.did);
    for name in [header::ETAG, header::CONTENT_TYPE, header::CONTENT_LENGTH, header::VARY] {
        // An explanation says what was done for it.
        if !uri.query().unwrap_or_default().contains("explain") {
            assert_eq!(again.headers.get(&name), first.headers.get(&name), "{name}");
        }
    }
    let is_get = method == Method::GET || method == Method::HEAD;
    assert_eq!(first.status == StatusCode::METHOD_NOT_ALLOWED, !is_get);
    if method == Method::GET {
        let head = answer(&mut scenario, &Method::HEAD, &uri, &headers);
        check(&head, &Method::HEAD);
        // RFC 9110 §14.2: a range is of GET alone.
        let is_part =
            first.status == StatusCode::PARTIAL_CONTENT || first.status == StatusCode::RANGE_NOT_SATISFIABLE;
        assert!(is_part || head.status == first.status, "{} for HEAD, {} for GET", head.status, first.status);
    }
}

/// True if it is not passed over.
pub fn is_read(data: &[u8]) -> bool {
    data.split_first().is_some_and(|(_, text)| head(text).is_some())
}

/// The parts of a head; `None` where a library would refuse them.
fn head(text: &[u8]) -> Option<(Method, Uri, HeaderMap)> {
    let mut lines = text.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut words = lines.next()?.splitn(3, |&byte| byte == b' ');
    let method = Method::from_bytes(words.next()?).ok()?;
    let uri = Uri::try_from(words.next()?).ok()?;
    let mut headers = HeaderMap::new();
    for line in lines.take(64) {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let (name, value) = (HeaderName::from_bytes(&line[..colon]), line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    Some((method, uri, headers))
}

fn scenario(choice: u8) -> Scenario {
    let is = |bit: u32| choice >> bit & 1 == 1;
    let mut scenario = Scenario::with(|policy| {
        (policy.extra_params, policy.short_params) = (is(0), is(1));
        (policy.explain, policy.by_user_agent, policy.lazy) = (is(2), is(3), is(4));
        (policy.imgproxy_urls, policy.cloudflare_urls) = (is(1), is(1));
        if is(2) && is(3) {
            policy.sign_keys = vec![Key { key: vec![7; 32], salt: Vec::new() }];
        }
        policy.sizes_kept = 2;
        if is(5) {
            policy.formats.insert(0, Format::Avif);
        }
        mounts(policy);
        if is(6) {
            policy.target = Target::Remote { base: ORIGIN.to_owned() };
        }
    });
    scenario.gives_up = is(7);
    scenario
}

fn mounts(policy: &mut Policy) {
    let remote = || Target::Remote { base: ORIGIN.to_owned() };
    let local = || Target::Local { root: 1, name: "/other".to_owned() };
    policy.mounts = vec![
        Mount { at: MountPoint::Prefix("/o".to_owned()), target: remote() },
        Mount { at: MountPoint::Prefix("/o/p".to_owned()), target: local() },
        Mount { at: MountPoint::Host("http://h.example".to_owned()), target: remote() },
    ];
}

/// The path at the origin that a plain request leads to.
fn picture_of(uri: &Uri) -> Option<&str> {
    uri.path().starts_with('/').then(|| uri.path().strip_prefix("/o").unwrap_or(uri.path()))
}

fn answer(scenario: &mut Scenario, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    let head = RequestHead { method, uri, headers };
    let mut step = service::begin(Arc::new(scenario.policy.clone()), &head, scenario.now);
    for _ in 0..100 {
        match &step {
            Step::Lookup(lookup) => check_source(&lookup.source),
            Step::Fetch(fetch) => check_source(&fetch.source),
            Step::Convert(convert) => check_source(&convert.source),
            _ => {}
        }
        step = match step {
            Step::Respond(response) => return *response,
            step => scenario.perform(step),
        };
    }
    panic!("no answer after a hundred steps: {:?}", scenario.did);
}

/// It lies below its root, however its name is read.
fn check_source(source: &Source) {
    match source {
        Source::Local { path, .. } => {
            let is_plain = |part: std::path::Component| matches!(part, std::path::Component::Normal(_));
            assert!(Path::new(path).components().all(is_plain), "{path:?}");
            assert!(!path.contains(|c: char| c.is_control() || c == '\\'), "{path:?}");
        }
        Source::Remote { url, host } => {
            let rest = url.strip_prefix(ORIGIN).expect(url);
            assert!(rest.starts_with('/'), "{url:?}");
            let uri: Uri = url.parse().expect(url);
            assert_eq!(uri.authority().map(ToString::to_string).as_ref(), Some(host));
            let path = uri.path().to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/");
            assert!(path.split('/').all(|part| part != ".."), "{url:?}");
        }
        _ => panic!("another kind of source"),
    }
}

/// The head of an answer agrees with its body.
fn check(response: &Response, method: &Method) {
    let Response { status, headers, body, .. } = response;
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().expect("a header in ASCII"));
    let said = text(header::CONTENT_LENGTH).map(|len| len.parse::<u64>().expect("a length"));
    let (len, of) = match body {
        Body::Empty => (0, None),
        Body::Bytes(bytes) => (bytes.len() as u64, None),
        Body::Source { validators, range, .. } => {
            (range.end - range.start, Some((range.clone(), validators.len)))
        }
        Body::Variant { len, range, .. } => (range.end - range.start, Some((range.clone(), *len))),
        _ => panic!("another kind of body"),
    };
    assert!(*status != StatusCode::INTERNAL_SERVER_ERROR, "{headers:?}");
    let has_body = *method != Method::HEAD && *status != StatusCode::NOT_MODIFIED;
    assert!(has_body || len == 0, "{status} to {method} with {len} bytes");
    assert!(!has_body || said == Some(len), "{status} says {said:?} of {len} bytes");
    if let Some((range, whole)) = of {
        assert!(range.start < range.end && range.end <= whole, "{range:?} of {whole}");
        let part = format!("bytes {}-{}/{whole}", range.start, range.end - 1);
        match *status {
            StatusCode::PARTIAL_CONTENT => assert_eq!(text(header::CONTENT_RANGE), Some(&*part)),
            status => assert_eq!((status, range), (StatusCode::OK, 0..whole)),
        }
    }
    if matches!(*status, StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT) {
        assert!(headers.contains_key(header::ETAG), "{status} without an entity tag");
    }
    assert!(headers.contains_key(header::CACHE_CONTROL), "{status} without Cache-Control: {headers:?}");
}

pub fn seeds() -> Vec<Vec<u8>> {
    let heads = [
        "GET /a.jpg HTTP/1.1\r\nHost: x\r\nAccept: image/avif,image/webp;q=0.9,*/*;q=0.1\r\n",
        "HEAD /a.jpg?width=20&h=9&fit=fill&q=7&dpr=1.5&max_width=3 HTTP/1.1\nHost: x\nAccept: image/webp\n",
        "GET /a.jpg HTTP/1.1\nRange: bytes=0-9,20-\nIf-Range: \"x\"\nAccept: image/webp\n",
        "GET /a.jpg HTTP/1.1\nRange: bytes=-5\nIf-None-Match: W/\"a\", *\nIf-Match: \"b\"\n",
        "GET /a.jpg?explain&format=png HTTP/1.1\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\n",
        "GET /a.jpg?meta=full HTTP/1.1\nIf-Unmodified-Since: Tue, 14 Nov 2023 22:13:20 GMT\n",
        "GET /o/a%2e%2fb.jpg?a=1&width=2&%77=3 HTTP/1.1\nHost: h.example\n",
        "GET http://h.example/../%2e%2e/%5c..%2f/a.jpg HTTP/1.1\nX-Forwarded-Proto: https, http\n",
        "GET //o//p/./a.jpg?w=4&w=5 HTTP/1.1\nUser-Agent: Mozilla/5.0 (iPhone) Version/17.0 Safari/604.1\n",
        "POST /healthz HTTP/1.1\n",
        "GET /%252e%252e/a.jpg HTTP/1.0\nRange: bytes=5-2\nRange: bytes=18446744073709551615-\n",
        "GET /insecure/rs:fill:30:20:0:1:no/g:fp:0.1:1/q:7/dpr:2/rot:90/fl:1:1/bl:2/sh:1/bg:1:2:3/plain/a.jpg@png HTTP/1.1\n",
        "GET /insecure/exp:1700000009/mb:2048/plain/local:///..%252fa.jpg%3Fv=1 HTTP/1.1\nHost: h.example\n",
        "GET /insecure/s:3:2/plain/http://origin.example:81/base/a.jpg HTTP/1.1\nAccept: image/webp\n",
        "GET /AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/w:3/YS5qcGc.webp HTTP/1.1\n",
        "GET /cdn-cgi/image/width=30,height=20,fit=pad,gravity=0.2x1,quality=low,blur=3,sharpen=2,flip=hv,rotate=90,trim=border,trim.border.color=%23fff/a.jpg?v=1 HTTP/1.1\n",
        "GET /cdn-cgi/image/f=auto,anim=false,dpr=2,background=%23fff,onerror=redirect/http://origin.example:81/base/a.jpg HTTP/1.1\n",
        "GET /a.jpg?w=9&h=9&fit=pad&gravity=0.3x0.7&rotate=270&flip=both&background=f80&trim=10:ffffff&blur=1.5&sharpen=2&max_bytes=4096 HTTP/1.1\n",
        "GET /a.jpg?w=3&signature=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&expires=1700000009 HTTP/1.1\nAccept: */*\n",
    ];
    let with = |choice: u8| heads.iter().map(move |head| [&[choice], head.as_bytes()].concat());
    [0x03, 0x27, 0x4b, 0xb7].into_iter().flat_map(with).collect()
}
