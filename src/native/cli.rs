//! The command line: what each subcommand takes. The doc comments are the help texts.
//!
//! Flags of `serve` only say what was written; [`super::settings`] decides. webp_server_go's spellings are
//! rewritten to these by [`super::old_flags`] first.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    codec::Format,
    convert::{Filter, Fit},
    native::values::{Bytes, CountOrAuto, Whole, Words},
};

/// Serves and converts pictures in the smallest form that each visitor's browser can show.
#[derive(Debug, Parser)]
#[command(
    name = "slimpix",
    version,
    arg_required_else_help = true,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a folder of pictures, or stand before an origin.
    Serve(Box<ServeArgs>),
    /// Convert files and folders.
    Convert(Box<ConvertArgs>),
    /// Say what files are, from their first bytes.
    Probe(ProbeArgs),
    /// Explain a webp_server_go config.json key by key: what it does here, what was dead, what changes.
    Doctor(DoctorArgs),
}

/// Every flag has a twin in the environment and a key in config.json; a flag beats the environment, which beats
/// the file.
#[derive(Debug, Default, Args)]
pub(crate) struct ServeArgs {
    /// The folder of the originals, or an http(s):// origin to stand before [env: WEBP_IMG_PATH] [default: ./pics]
    pub(crate) dir: Option<String>,
    /// A webp_server_go config.json, read whole
    #[arg(long, value_name = "FILE", env = "WEBP_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one [env: WEBP_HOST, WEBP_PORT] [default: 0.0.0.0:3333]
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen)]
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
    /// Quality of lossy pictures, 0 to 99; 100 is lossless [env: WEBP_QUALITY] [default: 80]
    #[arg(long, value_name = "Q", value_parser = str::parse::<Whole<0, 1000>>)]
    pub(crate) quality: Option<Whole<0, 1_000>>,
    /// Time spent to make files small, 0 to 6 [env: WEBP_EFFORT] [default: 4]
    #[arg(long, value_name = "N", value_parser = str::parse::<Whole<0, 6>>)]
    pub(crate) effort: Option<Whole<0, 6>>,
    /// The formats to make: webp, avif or both [env: WEBP_CONVERT_TYPES] [default: webp]
    #[arg(long, value_name = "LIST", value_parser = str::parse::<Words>)]
    pub(crate) formats: Option<Words>,
    /// Let requests ask for a size: ?width=, ?height=, ?max_width=, ?max_height= [env: WEBP_ENABLE_EXTRA_PARAMS]
    #[arg(long)]
    pub(crate) resize: bool,
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

/// Reads `ADDR:PORT`, `[V6]:PORT`, `:PORT` or `PORT`.
fn listen(text: &str) -> Result<Listen, String> {
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    let port = port.parse().map_err(|_| "write it like 127.0.0.1:3333, :3333 or [::1]:3333".to_owned())?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok(Listen { host: (!host.is_empty()).then(|| host.to_owned()), port })
}

#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// Files, folders (with all below them), or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The file to write, or - for standard output; for a single input [default: beside the input]
    #[arg(short, long, value_name = "OUT", conflicts_with = "out_dir")]
    pub(crate) output: Option<PathBuf>,
    /// The folder to write to; the structure of input folders is kept
    #[arg(long, value_name = "DIR", env = "WEBP_OUT_DIR", hide_env_values = true)]
    pub(crate) out_dir: Option<PathBuf>,
    /// Make results of folders again that are there and newer than their pictures
    #[arg(long, env = "WEBP_FORCE", hide_env_values = true)]
    pub(crate) force: bool,
    /// The format to make; auto is the smaller of webp and avif [default: as OUT's name says, else webp]
    #[arg(long, value_enum, env = "WEBP_FORMAT", hide_env_values = true)]
    pub(crate) format: Option<Target>,
    /// Quality of lossy pictures, 0 to 100
    #[arg(long, value_name = "Q", env = "WEBP_QUALITY", hide_env_values = true, default_value_t = 80,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) quality: u8,
    /// Quality of a lossy WebP's alpha, 0 to 100: below 100 it keeps 2 to 248 of its levels
    #[arg(long, value_name = "Q", env = "WEBP_ALPHA_QUALITY", hide_env_values = true, default_value_t = 100,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) alpha_quality: u8,
    /// The most bytes that a result may have: the quality is lowered as far as it takes
    #[arg(long, value_name = "SIZE", env = "WEBP_TARGET_SIZE", hide_env_values = true,
          value_parser = str::parse::<Bytes>)]
    pub(crate) target_size: Option<Bytes>,
    /// Time spent to make files small: 0 is fastest, 6 smallest
    #[arg(long, value_name = "0..6", env = "WEBP_EFFORT", hide_env_values = true, default_value_t = 4,
          value_parser = clap::value_parser!(u8).range(0..=6))]
    pub(crate) effort: u8,
    /// Keep every pixel as it is (webp and png)
    #[arg(long, env = "WEBP_LOSSLESS", hide_env_values = true)]
    pub(crate) lossless: bool,
    /// The width to make, in pixels
    #[arg(long, value_name = "PX", env = "WEBP_WIDTH", hide_env_values = true,
          value_parser = clap::value_parser!(u32).range(1..=65_535))]
    pub(crate) width: Option<u32>,
    /// The height to make, in pixels
    #[arg(long, value_name = "PX", env = "WEBP_HEIGHT", hide_env_values = true,
          value_parser = clap::value_parser!(u32).range(1..=65_535))]
    pub(crate) height: Option<u32>,
    /// How the picture meets width and height
    #[arg(long, value_enum, env = "WEBP_FIT", hide_env_values = true, default_value_t = FitArg::Contain)]
    pub(crate) fit: FitArg,
    /// Allow results larger than the source's width and height
    #[arg(long, env = "WEBP_ENLARGE", hide_env_values = true)]
    pub(crate) enlarge: bool,
    /// How samples are made of those of the source when it is scaled
    #[arg(long, value_enum, env = "WEBP_FILTER", hide_env_values = true, default_value_t = FilterArg::Lanczos3)]
    pub(crate) filter: FilterArg,
    /// Scale amounts of light instead of samples
    #[arg(long, env = "WEBP_LINEAR", hide_env_values = true)]
    pub(crate) linear: bool,
    /// Keep EXIF, XMP and the ICC profile
    #[arg(long, env = "WEBP_KEEP_METADATA", hide_env_values = true)]
    pub(crate) keep_metadata: bool,
    /// What all conversions together may take of memory [default: asks the machine]
    #[arg(long, value_name = "SIZE", env = "WEBP_MEMORY", hide_env_values = true,
          value_parser = str::parse::<Bytes>)]
    pub(crate) memory: Option<Bytes>,
    /// Conversions at a time; 0 is one a processor
    #[arg(long, value_name = "N", env = "WEBP_MAX_JOB_COUNT", hide_env_values = true, default_value = "0",
          value_parser = str::parse::<Whole<0, 1024>>)]
    pub(crate) jobs: Whole<0, 1_024>,
    /// One JSON object a line and file instead of text
    #[arg(long, env = "WEBP_JSON", hide_env_values = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    /// The files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// One JSON object a line and file instead of text
    #[arg(long, env = "WEBP_JSON", hide_env_values = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The config.json to explain
    #[arg(value_name = "CONFIG", default_value = "config.json", env = "WEBP_CONFIG", hide_env_values = true)]
    pub(crate) config: PathBuf,
}

/// What `--format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// WebP
    Webp,
    /// AVIF
    Avif,
    /// JPEG, for clients that know no newer format
    #[value(alias = "jpg")]
    Jpeg,
    /// PNG, lossless
    Png,
    /// The smaller of WebP and AVIF
    Auto,
}

impl Target {
    /// The formats to try.
    pub(crate) const fn formats(self) -> &'static [Format] {
        match self {
            Self::Webp => &[Format::WebP],
            Self::Avif => &[Format::Avif],
            Self::Jpeg => &[Format::Jpeg],
            Self::Png => &[Format::Png],
            Self::Auto => &[Format::WebP, Format::Avif],
        }
    }
}

/// What `--fit` takes: the words of CSS `object-fit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FitArg {
    /// As large as fits inside
    Contain,
    /// Fill the whole box and crop what stands over
    Cover,
    /// Exactly the box; the shape is not kept
    Fill,
    /// As contain, never enlarged
    ScaleDown,
}

impl From<FitArg> for Fit {
    fn from(fit: FitArg) -> Self {
        match fit {
            FitArg::Contain => Self::Contain,
            FitArg::Cover => Self::Cover,
            FitArg::Fill => Self::Fill,
            FitArg::ScaleDown => Self::ScaleDown,
        }
    }
}

/// What `--filter` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FilterArg {
    /// The sharpest
    Lanczos3,
    /// Soft, without halos at edges
    Mitchell,
    /// The mean of the area
    Area,
    /// The sample in the middle, for drawings of large pixels
    Nearest,
}

impl From<FilterArg> for Filter {
    fn from(filter: FilterArg) -> Self {
        match filter {
            FilterArg::Lanczos3 => Self::Lanczos3,
            FilterArg::Mitchell => Self::Mitchell,
            FilterArg::Area => Self::Area,
            FilterArg::Nearest => Self::Nearest,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::native::keys;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_a_help_text_and_names_its_variable() {
        for command in Cli::command().get_subcommands() {
            for arg in command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
                let id = format!("{} --{}", command.get_name(), arg.get_id());
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty(), "{id} has no help text");
                let action = ["output", "dump_config"].contains(&arg.get_id().as_str());
                assert!(action || arg.get_env().is_some() || help.contains("[env: "), "{id} has no variable");
                let variable =
                    arg.get_env().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("WEBP_"));
                let is_known = |name: &str| keys::find(name).is_some() || keys::OF_OTHERS.contains(&name);
                assert!(variable.is_none_or(is_known), "{id}: serve would call {variable:?} unknown");
            }
        }
    }

    #[test]
    fn addresses_are_read() {
        let at = |host: Option<&str>, port| Ok(Listen { host: host.map(str::to_owned), port });
        assert_eq!(listen("127.0.0.1:80"), at(Some("127.0.0.1"), 80));
        assert_eq!(listen("[::1]:80"), at(Some("::1"), 80));
        assert_eq!(listen(":0"), at(None, 0));
        assert_eq!(listen("8080"), at(None, 8080));
        assert!(listen("localhost").is_err());
        assert!(listen("a:70000").is_err());
    }
}
