//! `slimpix sign`: URLs with the signature that a server with the same keys asks for.

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
    settings::shared::SIGN_KEYS,
};

/// Prints the URLs with their signatures, one a line.
///
/// # Errors
/// [`Kind::Parameter`] where there is no key, and for what is no URL.
pub(crate) fn run(args: &SignArgs) -> Result<ExitCode> {
    let file = args.config.as_deref().map(Written::from_file).transpose()?.unwrap_or_default();
    let (env, _) = Written::from_env(config::variables(), cli::has_twin)?;
    let keys = env.over(file).value(&SIGN_KEYS);
    let wrong = |what: String| Error::new(Kind::Parameter, what);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let expires = args.expires_in.map(|seconds| now.saturating_add(seconds));
    let signed = args.urls.iter().map(|url| {
        let (site, target) = split(url).ok_or_else(|| {
            wrong(format!("{url:?} is no URL of http or https, and no path, percent-encoded"))
        })?;
        let signed = service::signed(&keys, target, expires).ok_or_else(|| {
            wrong("there is no key to sign with: WEBP_SIGN_KEYS, or SIGN_KEYS of --config, has it".to_owned())
        })?;
        Ok(format!("{site}{signed}"))
    });
    tell(&signed.collect::<Result<Vec<_>>>()?.join("\n")).map(|()| ExitCode::SUCCESS)
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
