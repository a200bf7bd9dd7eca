//! Where a source of a form's URL is: the path below which this server finds it.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{Found, Refusal};
use crate::service::{
    params,
    policy::{MountPoint, Policy, Target},
    route,
};

/// What a path of a URL can't have. A `%` is taken for the beginning of what is encoded.
const PATH: &AsciiSet = &route::PATH.remove(b'%');

/// What a query of a URL can't have.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// Finds a source: a path, `local:///path`, or a URL below one of the origins. `options` is our own query.
pub(super) fn find<'a>(source: &str, options: &str, policy: &Policy) -> Result<Found<'a>, Refusal> {
    let source = source.split('#').next().unwrap_or(source);
    let (place, query) = source.split_once('?').unwrap_or((source, ""));
    let (path, origin) = match place.split_once("://") {
        Some(("local", path)) => (path.to_owned(), None),
        Some(_) => below(place, policy)?,
        None => (place.to_owned(), None),
    };
    let path = format!("/{}", utf8_percent_encode(path.trim_start_matches('/'), PATH));
    if path == "/" {
        return Err(Refusal::wrong("it names no source"));
    }
    let query = utf8_percent_encode(query, QUERY).to_string();
    let has_own = |pair: &str| {
        let name = pair.split('=').next().unwrap_or(pair);
        params::asks(pair, policy) || !policy.sign_keys.is_empty() && params::is_signatures(name)
    };
    if let Some(pair) = query.split('&').find(|pair| has_own(pair)) {
        return Err(Refusal::wrong(format!(
            "{pair:?} of its source's query would be taken for a parameter here"
        )));
    }
    let query: Vec<&str> = [options, query.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
    Ok(Found { path, query: query.join("&"), origin, expires: None })
}

/// The path under which a URL is served here, and the origin that it must lead to: the one with the longest address.
fn below(url: &str, policy: &Policy) -> Result<(String, Option<String>), Refusal> {
    let mounts = policy.mounts.iter().map(|mount| match &mount.at {
        MountPoint::Prefix(prefix) => (prefix.as_str(), &mount.target),
        MountPoint::Host(_) => ("", &mount.target),
    });
    let found = mounts.chain([("", &policy.target)]).filter_map(|(prefix, target)| match target {
        Target::Remote { base } => {
            let base = format!("{}/", base.trim_end_matches('/'));
            let rest = url.strip_prefix(&base)?;
            Some((base.len(), format!("{}/{rest}", prefix.trim_end_matches('/')), base))
        }
        Target::Local { .. } => None,
    });
    match found.max_by_key(|(length, ..)| *length) {
        Some((_, path, base)) => Ok((path, Some(base))),
        None => Err(Refusal::no_origin(url)),
    }
}
