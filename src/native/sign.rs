//! `slimpix sign`: URLs with the signature that a server with the same keys asks for. Where URLs are read as imgproxy's, it
//! takes the place of `insecure`.

use std::{process::ExitCode, time::SystemTime};

use http::Uri;

use crate::{
    error::{Error, Kind, Result},
    native::{
        cli::{self, SignArgs},
        config::{self, Written},
        tell,
    },
    service,
    settings::shared::{IMGPROXY_URLS, SIGN_KEYS},
};

/// Prints the URLs with their signatures, one a line.
///
/// # Errors
/// [`Kind::Parameter`] where there is no key, and for what is no URL.
pub(crate) fn run(args: &SignArgs) -> Result<ExitCode> {
    let file = args.config.as_deref().map(Written::from_file).transpose()?.unwrap_or_default();
    let (env, _) = Written::from_env(config::variables(), cli::has_twin)?;
    let written = env.over(file);
    let (keys, has_paths) = (written.value(&SIGN_KEYS), written.value(&IMGPROXY_URLS));
    let wrong = |what: String| Error::new(Kind::Parameter, what);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let expires = args.expires_in.map(|seconds| now.saturating_add(seconds));
    let signed = args.urls.iter().map(|url| {
        let (site, target) = split(url).ok_or_else(|| {
            wrong(format!("{url:?} is no URL of http or https, and no path, percent-encoded"))
        })?;
        let signed = match imgproxy(target).filter(|_| has_paths) {
            Some(path) => {
                let expires = expires.map(|expires| format!("/exp:{expires}")).unwrap_or_default();
                service::signed_path(&keys, &format!("{expires}{path}"))
            }
            None => service::signed(&keys, target, expires),
        };
        let signed = signed.ok_or_else(|| {
            wrong("there is no key to sign with: WEBP_SIGN_KEYS, or SIGN_KEYS of --config, has it".to_owned())
        })?;
        Ok(format!("{site}{signed}"))
    });
    tell(&signed.collect::<Result<Vec<_>>>()?.join("\n")).map(|()| ExitCode::SUCCESS)
}

/// What is signed of a URL of imgproxy's form.
fn imgproxy(target: &str) -> Option<&str> {
    ["/insecure", "/unsafe", "/_"]
        .into_iter()
        .find_map(|mark| target.strip_prefix(mark))
        .filter(|path| path.starts_with('/'))
}

/// A URL's scheme and authority, if it has them, and its path and query as a client asks for them.
fn split(url: &str) -> Option<(&str, &str)> {
    let url = url.split_once('#').map_or(url, |(asked, _)| asked);
    let (site, target) = match url.starts_with('/') {
        true => ("", url),
        false => {
            let (scheme, rest) = url.split_once("://")?;
            let path = rest.find('/').filter(|_| matches!(scheme, "http" | "https"))?;
            url.split_at(scheme.len() + "://".len() + path)
        }
    };
    let is_written_out = url.bytes().all(|byte| byte.is_ascii_graphic());
    (is_written_out && target.parse::<Uri>().is_ok()).then_some((site, target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_is_signed_is_what_clients_ask_for() {
        assert_eq!(split("/a.jpg?w=1"), Some(("", "/a.jpg?w=1")));
        assert_eq!(split("https://x.test:8/a%20b.jpg?w=1#top"), Some(("https://x.test:8", "/a%20b.jpg?w=1")));
        for wrong in ["a.jpg", "https://x.test", "ftp://x/a.jpg", "/a b.jpg", "/\u{e9}.jpg", "", "://x/"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
