//! Other services' URLs, read as what they ask of ours: the path and the query that mean the same, so that they lead to
//! the same variants. What isn't known is refused by its name.
//!
//! ```text
//! /insecure/rs:fill:300:200/q:70/plain/local:///a.jpg@webp      imgproxy
//! /cdn-cgi/image/fit=cover,width=300,height=200,quality=70/a.jpg  Cloudflare Images
//!         └─► /a.jpg?width=300&height=200&fit=cover&quality=70 …
//! ```

mod asked;
mod cloudflare;
mod imgproxy;
mod place;

use http::{StatusCode, Uri, uri::PathAndQuery};

use super::{
    policy::Policy,
    route::{RequestHead, Source},
    signing::Proof,
};

/// A request's URL, as it is written here.
#[derive(Debug, Clone)]
pub(super) struct Form<'a> {
    /// The path and query that mean the same, where it was written otherwise.
    pub(super) uri: Option<Uri>,
    /// What proves that it may be asked for.
    pub(super) proof: Proof<'a>,
    /// The origin that it names, to which it must lead.
    origin: Option<String>,
}

/// Why a URL can't be read, or leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// What is told.
    pub(super) text: String,
}

impl Refusal {
    fn wrong(what: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, text: format!("Bad URL! {}", what.into()) }
    }

    fn no_origin(source: &str) -> Self {
        let text = format!("Source not allowed! {source:?} is none of the origins that are served here.");
        Self { status: StatusCode::FORBIDDEN, text }
    }
}

/// Reads the URL of a request.
pub(super) fn read<'a>(head: &RequestHead<'a>, policy: &Policy) -> Result<Form<'a>, Refusal> {
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or(""));
    if let Some(rest) = path.strip_prefix(cloudflare::PREFIX).filter(|_| policy.cloudflare_urls) {
        let found = cloudflare::read(rest, query, policy)?;
        return found.form(head.uri, Proof::of(head.uri, true));
    }
    if policy.imgproxy_urls
        && let Some((signature, path)) = imgproxy::split(path)
    {
        let found = imgproxy::read(path, policy)?;
        let expires = found.expires;
        return found.form(head.uri, Proof::Path { path, signature, expires });
    }
    Ok(Form { uri: None, proof: Proof::of(head.uri, false), origin: None })
}

impl Form<'_> {
    /// Sees that a source is at the origin that the URL names.
    pub(super) fn check(&self, source: &Source) -> Result<(), Refusal> {
        match (&self.origin, source) {
            (None, _) => Ok(()),
            (Some(origin), Source::Remote { url, .. }) if url.starts_with(origin) => Ok(()),
            (Some(origin), _) => Err(Refusal::no_origin(origin)),
        }
    }
}

/// What a form's URL came to.
#[derive(Debug, Default)]
struct Found<'a> {
    path: String,
    query: String,
    origin: Option<String>,
    expires: Option<&'a str>,
}

impl<'a> Found<'a> {
    /// In the place of what was asked for, of the same site.
    fn form(self, asked: &Uri, proof: Proof<'a>) -> Result<Form<'a>, Refusal> {
        let mark = if self.query.is_empty() { "" } else { "?" };
        let wrong = || Refusal::wrong("its source is no URL");
        let target =
            PathAndQuery::try_from(format!("{}{mark}{}", self.path, self.query)).map_err(|_| wrong())?;
        let mut parts = asked.clone().into_parts();
        parts.path_and_query = Some(target);
        let uri = Uri::from_parts(parts).map_err(|_| wrong())?;
        Ok(Form { uri: Some(uri), proof, origin: self.origin })
    }
}
