//! The command line: what each subcommand takes. The doc comments are the help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    codec::Format,
    convert::Fit,
    native::values::{Bytes, Whole},
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
    /// Convert files and folders.
    Convert(Box<ConvertArgs>),
    /// Say what files are, from their first bytes.
    Probe(ProbeArgs),
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
    /// The format to make; auto is the smaller of webp and avif [default: as OUT's name says, else webp]
    #[arg(long, value_enum, env = "WEBP_FORMAT", hide_env_values = true)]
    pub(crate) format: Option<Target>,
    /// Quality of lossy pictures, 0 to 100
    #[arg(long, value_name = "Q", env = "WEBP_QUALITY", hide_env_values = true, default_value_t = 80,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) quality: u8,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

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
            }
        }
    }
}
