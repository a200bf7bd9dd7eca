//! What `slimpix serve` takes. [`crate::native::resolve`] decides.

use std::path::PathBuf;

use clap::Args;

use super::flags::{SettingFlags, default};
use crate::{
    error::{Error, Kind, Result},
    native::config::Written,
    service,
    settings::{Flag, server},
};

/// Every flag of a setting has a twin in the environment and a key in config.json; a flag beats the environment,
/// which beats the file.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ServeArgs {
    /// The folder of the originals, or an http(s):// origin to stand before [env: WEBP_IMG_PATH] [default: ./pics, or
    /// pictures to try it with]
    pub(crate) dir: Option<String>,
    /// A webp_server_go config.json, read whole
    #[arg(long, value_name = "FILE", env = "WEBP_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen: 0.0.0.0:3333 or :3333 is for everybody, port 0 takes a free one [env: WEBP_HOST, WEBP_PORT]
    /// [default: 127.0.0.1:3333]
    #[arg(short, long, value_name = "ADDR:PORT", value_parser = listen)]
    pub(crate) listen: Option<Listen>,
    #[command(flatten)]
    pub(crate) settings: SettingFlags,
    /// Convert the whole folder in the background while serving
    #[arg(long, env = "WEBP_PREFETCH", hide_env_values = true)]
    pub(crate) prefetch: bool,
    /// Convert the whole folder, then exit
    #[arg(long, env = "WEBP_PREFETCH_FOREGROUND", hide_env_values = true)]
    pub(crate) prefetch_foreground: bool,
    /// How much is logged: 0 nothing, 1 errors, 2 warnings, 3 each conversion, 4 everything
    #[arg(long, value_name = "0..4", env = "WEBP_VERBOSITY", hide_env_values = true, default_value_t = 3,
          value_parser = clap::value_parser!(u8).range(0..=4))]
    pub(crate) verbosity: u8,
    /// Print a config.json with every key at its default, and exit
    #[arg(long)]
    pub(crate) dump_config: bool,
    /// Set when webp_server_go's own command line was used: ./config.json is read where it is.
    #[arg(long, hide = true)]
    pub(crate) as_webp_server_go: bool,
}

impl ServeArgs {
    /// The flags as a layer of settings.
    ///
    /// # Errors
    /// [`Kind::Parameter`] with the setting's name and what is allowed.
    pub(crate) fn written(&self) -> Result<Written> {
        let wrong = |what| Error::new(Kind::Parameter, what);
        let mut written = self.settings.written.clone();
        if let Some(folder) = &self.dir {
            written.set(&server::IMG_PATH, folder.as_str().into()).map_err(wrong)?;
        }
        if let Some(listen) = &self.listen {
            written.set(&server::PORT, listen.port.into()).map_err(wrong)?;
            if let Some(host) = &listen.host {
                written.set(&server::HOST, host.as_str().into()).map_err(wrong)?;
            }
        }
        written.settled().map_err(wrong)
    }
}

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listen {
    pub(crate) host: Option<String>,
    pub(crate) port: u16,
}

/// Reads `ADDR:PORT`, `[V6]:PORT`, `:PORT` (every address) or `PORT`.
fn listen(text: &str) -> Result<Listen, String> {
    let (host, port) = match text.rsplit_once(':') {
        Some(("", port)) => (Some("0.0.0.0"), port),
        Some((host, port)) => (Some(host.trim_start_matches('[').trim_end_matches(']')), port),
        None => (None, text),
    };
    let port = port.parse().map_err(|_| "write it like 127.0.0.1:3333, :3333 or [::1]:3333".to_owned())?;
    Ok(Listen { host: host.map(str::to_owned), port })
}

/// What the help says below the flags: the settings that have none, and what requests may ask.
pub(super) fn more_help() -> String {
    let mut help =
        "Settings without a flag (WEBP_<KEY> in the environment, <KEY> in config.json):\n".to_owned();
    for key in server::keys().filter(|key| key.about().flag == Flag::None) {
        let about = key.about();
        let default = default(key).unwrap_or_else(|| "not set".to_owned());
        help.push_str(&format!("  {} [default: {default}]\n      {}\n", about.name, about.help));
    }
    help.push_str("\nWith --resize, requests may ask:\n");
    for (name, meaning) in service::PARAMETERS {
        help.push_str(&format!("  ?{name}\n      {meaning}\n"));
    }
    help.push_str("\nBeside pictures:\n  /healthz\n      ok, while the server answers\n  /readyz\n      200, or 503 while requests should go elsewhere\n  \
         /_admin/metrics\n      figures for Prometheus, for who has ADMIN_TOKEN; /metrics at ADMIN_LISTEN\n  /_admin/\n      the same figures on a page, for who has ADMIN_TOKEN as a password; / at ADMIN_LISTEN\n  /_admin/purge\n      POST with ?source=, ?prefix= or ?all takes away what is kept; /purge at ADMIN_LISTEN\n  /_admin/prefetch\n      GET tells how much is made before anybody asks, POST begins to make all; /prefetch at ADMIN_LISTEN\n  /_demo/\n      the demo page, with --demo\n");
    help.push_str("\nSIGHUP reads the configuration again and opens the access log anew; SIGTERM finishes what is under way.");
    help
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let at = |host: Option<&str>, port| Ok(Listen { host: host.map(str::to_owned), port });
        assert_eq!(listen("127.0.0.1:80"), at(Some("127.0.0.1"), 80));
        assert_eq!(listen("[::1]:80"), at(Some("::1"), 80));
        assert_eq!(listen(":0"), at(Some("0.0.0.0"), 0));
        assert_eq!(listen("8080"), at(None, 8080));
        assert!(listen("localhost").is_err());
        assert!(listen("a:70000").is_err());
    }
}
