//! Where a redirect leads: a reference resolved against the URL that gave it (RFC 3986 §5.2).

use http::{HeaderMap, Uri, header};

use crate::error::{Error, Kind, Result};

/// The URL that an answer to `from` leads on to.
///
/// # Errors
/// [`Kind::Upstream`] when it leads nowhere that can be asked.
pub(crate) fn redirected(from: &Uri, headers: &HeaderMap) -> Result<Uri> {
    let to = headers.get(header::LOCATION).and_then(|to| to.to_str().ok());
    let to = to.ok_or_else(|| Error::new(Kind::Upstream, "leads nowhere"))?;
    let url = resolve(from, to);
    url.parse().map_err(|source| Error::with_source(Kind::Upstream, "leads to no URL", source))
}

fn resolve(from: &Uri, to: &str) -> String {
    // A fragment is for the client.
    let to = to.split('#').next().unwrap_or_default().trim();
    let scheme = from.scheme_str().unwrap_or("http");
    let authority = from.authority().map_or("", |authority| authority.as_str());
    if has_scheme(to) {
        return to.to_owned();
    }
    if to.starts_with("//") {
        return format!("{scheme}:{to}");
    }
    let (path, query) = to.split_once('?').map_or((to, None), |(path, query)| (path, Some(query)));
    let (path, query) = match path {
        "" => (from.path().to_owned(), query.or_else(|| from.query())),
        path if path.starts_with('/') => (without_dots(path), query),
        path => {
            let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            (without_dots(&format!("{folder}/{path}")), query)
        }
    };
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("{scheme}://{authority}{path}{query}")
}

fn has_scheme(url: &str) -> bool {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// A path without `.` and `..`, which never leads above its beginning.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments = path.split('/').skip(1);
    for segment in segments.clone() {
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let is_folder = segments.last().is_some_and(|last| [".", ".."].contains(&last));
    format!("/{}{}", kept.join("/"), if is_folder && !kept.is_empty() { "/" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_as_rfc_3986_has_them() {
        let from: Uri = "http://a/b/c/d;p?q".parse().expect("a URL");
        for (to, url) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y/./x", "http://a/b/c/g?y/./x"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("https://other/x", "https://other/x"),
        ] {
            assert_eq!(resolve(&from, to), url, "{to}");
        }
    }
}
