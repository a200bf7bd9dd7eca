//! What `slimpix serve` takes. [`crate::native::resolve`] decides.

use std::path::PathBuf;

use clap::Args;

use crate::{
    native::{
        keys,
        values::{Bytes, CountOrAuto, Whole, Words},
    },
    service,
};

/// Every flag has a twin in the environment and a key in config.json; a flag beats the environment, which beats
/// the file.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ServeArgs {
    /// The folder of the originals, or an http(s):// origin to stand before [env: WEBP_IMG_PATH] [default: ./pics, or pictures to try it with]
    pub(crate) dir: Option<String>,
    /// A webp_server_go config.json, read whole
    #[arg(long, value_name = "FILE", env = "WEBP_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen: 0.0.0.0:3333 or :3333 is for everybody, port 0 takes a free one [env: WEBP_HOST, WEBP_PORT] [default: 127.0.0.1:3333]
    #[arg(short, long, value_name = "ADDR:PORT", value_parser = listen)]
    pub(crate) listen: Option<Listen>,
    /// One folder for all that is kept: exhaust, metadata and remote-raw are made in it [env: WEBP_CACHE]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<String>,
    /// Space on disk for all that is kept, in MiB; 0 is without limit; auto a tenth of the disk, from 64 MiB to 10 GiB [env: WEBP_MAX_CACHE_SIZE] [default: auto]
    #[arg(long, value_name = "MIB", value_parser = str::parse::<CountOrAuto>)]
    pub(crate) max_cache_size: Option<CountOrAuto>,
    /// What all conversions together may take of memory [env: WEBP_MEMORY] [default: asks the machine]
    #[arg(long, value_name = "SIZE", value_parser = str::parse::<Bytes>)]
    pub(crate) memory: Option<Bytes>,
    /// Conversions at a time; 0 is one a processor [env: WEBP_MAX_JOB_COUNT] [default: 0]
    #[arg(long, value_name = "N", value_parser = str::parse::<Whole<0, 1024>>)]
    pub(crate) jobs: Option<Whole<0, 1_024>>,
    /// Seconds for which a request waits for room to convert; then the original goes out [env: WEBP_WAIT] [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = str::parse::<Whole<0, 3600>>)]
    pub(crate) wait: Option<Whole<0, 3_600>>,
    /// Quality of lossy pictures, 0 to 100; at 100 a WebP is lossless [env: WEBP_QUALITY] [default: 80]
    #[arg(short, long, value_name = "Q", value_parser = str::parse::<Whole<0, 100>>)]
    pub(crate) quality: Option<Whole<0, 100>>,
    /// Time spent to make files small, 0 to 6 [env: WEBP_EFFORT] [default: 4]
    #[arg(long, value_name = "N", value_parser = str::parse::<Whole<0, 6>>)]
    pub(crate) effort: Option<Whole<0, 6>>,
    /// The formats to make: webp, avif or both [env: WEBP_CONVERT_TYPES] [default: webp]
    #[arg(long, value_name = "LIST", value_parser = str::parse::<Words>)]
    pub(crate) formats: Option<Words>,
    /// Let requests ask for sizes, qualities and formats, see below [env: WEBP_ENABLE_EXTRA_PARAMS]
    #[arg(long)]
    pub(crate) resize: bool,
    /// The widths and heights that may be asked for: others go up to the next; any is as they are asked [env: WEBP_WIDTHS] [default: 160,320 … 3840]
    #[arg(long, value_name = "LIST", value_parser = str::parse::<Words>)]
    pub(crate) widths: Option<Words>,
    /// Answer ?explain with how a picture was chosen [env: WEBP_EXPLAIN]
    #[arg(long)]
    pub(crate) explain: bool,
    /// Serve what links lead to outside of the folders, too [env: WEBP_FOLLOW_LINKS]
    #[arg(long)]
    pub(crate) follow_links: bool,
    /// Keep and share all that an origin gives, whatever it says of caches, for CACHE_TTL [env: WEBP_OVERRULE_ORIGIN]
    #[arg(long)]
    pub(crate) overrule_origin: bool,
    /// Seconds between two slow passes that compare all that is kept with its checksums; 0 is never [env: WEBP_VERIFY_EVERY] [default: 86400]
    #[arg(long, value_name = "SECONDS", value_parser = str::parse::<Whole<0, 1_000_000_000>>)]
    pub(crate) verify_every: Option<Whole<0, 1_000_000_000>>,
    /// Also serve the demo page, under /_demo/ [env: WEBP_DEMO]
    #[arg(long)]
    pub(crate) demo: bool,
    /// The folder of the built demo page [env: WEBP_DEMO_PATH] [default: www/dist]
    #[arg(long, value_name = "DIR")]
    pub(crate) demo_path: Option<String>,
    /// Convert the whole folder in the background while serving
    #[arg(long, env = "WEBP_PREFETCH", hide_env_values = true)]
    pub(crate) prefetch: bool,
    /// Convert the whole folder, then exit
    #[arg(long, env = "WEBP_PREFETCH_FOREGROUND", hide_env_values = true)]
    pub(crate) prefetch_foreground: bool,
    /// Seconds for which browsers and caches may keep answers [env: WEBP_MAX_AGE] [default: 86400]
    #[arg(long, value_name = "SECONDS", value_parser = str::parse::<Whole<0, 1_000_000_000>>)]
    pub(crate) max_age: Option<Whole<0, 1_000_000_000>>,
    /// Write a line for each answer to this file, or to standard output with - [env: WEBP_ACCESS_LOG]
    #[arg(long, value_name = "FILE")]
    pub(crate) access_log: Option<String>,
    /// Its lines: common (the Common Log Format, then decision and milliseconds) or json [env: WEBP_ACCESS_LOG_FORM] [default: common]
    #[arg(long, value_name = "FORM", value_parser = ["common", "json"])]
    pub(crate) access_log_form: Option<String>,
    /// Log lines as text or as JSON [env: WEBP_LOG] [default: text]
    #[arg(long, value_name = "FORM", value_parser = ["text", "json"])]
    pub(crate) log: Option<String>,
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
pub(super) fn more_help(flags: &str) -> String {
    let has_flag = |name: &str| {
        let variable = format!("WEBP_{name}");
        flags.match_indices(&variable).any(|(at, found)| {
            let next = flags[at + found.len()..].chars().next();
            !next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '_')
        })
    };
    let mut help =
        "Settings without a flag (WEBP_<KEY> in the environment, <KEY> in config.json):\n".to_owned();
    for key in keys::KEYS.iter().filter(|key| !has_flag(key.name)) {
        help.push_str(&format!("  {} [default: {}]\n      {}\n", key.name, key.default, key.meaning));
    }
    help.push_str("\nWith --resize, requests may ask:\n");
    for (name, meaning) in service::PARAMETERS {
        help.push_str(&format!("  ?{name}\n      {meaning}\n"));
    }
    help.push_str("\nBeside pictures:\n  /healthz\n      ok, while the server answers\n  /_demo/\n      the demo page, with --demo\n");
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
