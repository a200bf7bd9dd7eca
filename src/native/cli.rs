//! The command line: what each subcommand takes. The doc comments are the help texts.
//!
//! The flags of `serve` that stand for settings are made from [`crate::settings`]; they only say what was written, and
//! [`super::resolve`] decides. webp_server_go's spellings are
//! rewritten to these by [`super::old_flags`] first.

use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;

mod convert;
mod flags;
mod serve;

pub(crate) use self::{
    convert::{ConvertArgs, Target},
    serve::ServeArgs,
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
    /// Sign URLs of pictures with the first of SIGN_KEYS, of the environment (WEBP_SIGN_KEYS) or a config.json.
    Sign(SignArgs),
    /// Take away what is kept of some pictures, or all of it: by a server that runs (--at), or from its folders.
    Purge(PurgeArgs),
    /// Let a server that runs make all pictures of its folders before anybody asks; it goes on alone.
    Prefetch(PrefetchArgs),
    /// Say whether a server answers: the exit code is 0 or 1, for who looks after containers.
    Health(HealthArgs),
    /// Print the completions of a shell: slimpix completions bash > /etc/bash_completion.d/slimpix
    Completions(CompletionsArgs),
    /// Print the manual page: slimpix man | man -l -
    Man,
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

#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// The URLs, or their paths with their queries, percent-encoded as they will be asked for
    #[arg(required = true, value_name = "URL")]
    pub(crate) urls: Vec<String>,
    /// For how many seconds from now they hold; without it, for as long as the key does
    #[arg(long, value_name = "SECONDS", env = "WEBP_EXPIRES_IN", hide_env_values = true,
          value_parser = clap::value_parser!(u64).range(1..=u64::from(u32::MAX)))]
    pub(crate) expires_in: Option<u64>,
    /// The config.json that has the keys
    #[arg(long, value_name = "FILE", env = "WEBP_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PurgeArgs {
    /// Paths of pictures, percent-encoded as they are asked for, or URLs of an origin; each with all its sizes
    #[arg(value_name = "URL", required_unless_present_any = ["prefix", "all"])]
    pub(crate) sources: Vec<String>,
    /// Pictures whose paths, or URLs of an origin, begin so: /photos/
    #[arg(long, value_name = "URL")]
    pub(crate) prefix: Vec<String>,
    /// Everything
    #[arg(long)]
    pub(crate) all: bool,
    /// A server that runs: its ADMIN_LISTEN, or where it listens; or a Worker: https://img.example.com. It has ADMIN_TOKEN,
    /// and so has the environment (WEBP_ADMIN_TOKEN) or --config. Without it the folders are purged, of a server that doesn't run
    #[arg(long, value_name = "ADDR:PORT", env = "WEBP_AT", hide_env_values = true)]
    pub(crate) at: Option<String>,
    /// The folder of what is kept, as `serve` has it; IMG_PATH and IMG_MAP are of the environment or --config
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<String>,
    /// The config.json of the server
    #[arg(long, value_name = "FILE", env = "WEBP_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PrefetchArgs {
    /// The server: its ADMIN_LISTEN, or where it listens; it has ADMIN_TOKEN, and so has the environment
    /// (WEBP_ADMIN_TOKEN) or --config
    #[arg(long, value_name = "ADDR:PORT", env = "WEBP_AT", hide_env_values = true)]
    pub(crate) at: String,
    /// Begin nothing, say how far it is
    #[arg(long)]
    pub(crate) progress: bool,
    /// The config.json of the server
    #[arg(long, value_name = "FILE", env = "WEBP_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct HealthArgs {
    /// Where it listens; without it, as HOST and PORT have it, of the environment or --config
    #[arg(value_name = "ADDR:PORT")]
    pub(crate) at: Option<String>,
    /// The config.json of the server
    #[arg(long, value_name = "FILE", env = "WEBP_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// The whole definition, with the settings that have no flag below the help of `serve`.
pub(crate) fn definition() -> clap::Command {
    Cli::command().mut_subcommand("serve", |serve| serve.after_help(serve::more_help()))
}

/// True if a variable is the twin of a flag of some command.
pub(crate) fn has_twin(variable: &str) -> bool {
    let command = Cli::command();
    let mut flags = command.get_subcommands().flat_map(clap::Command::get_arguments);
    flags.any(|flag| flag.get_env().is_some_and(|name| name == variable))
}

impl Cli {
    /// Reads the arguments, the program's name first.
    ///
    /// # Errors
    /// What is to be told instead: the help, the version, or what is wrong.
    pub(crate) fn read(args: Vec<std::ffi::OsString>) -> Result<Self, clap::Error> {
        let mut matches = definition().try_get_matches_from(args)?;
        Self::from_arg_matches_mut(&mut matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{service::PARAMETERS, settings::server};

    #[test]
    fn the_definition_holds_together() {
        definition().debug_assert();
    }

    #[test]
    fn every_flag_has_a_help_text_and_names_its_variable() {
        for command in Cli::command().get_subcommands() {
            for arg in command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
                let id = format!("{} --{}", command.get_name(), arg.get_id());
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty(), "{id} has no help text");
                let action =
                    ["output", "in_place", "dry_run", "dump_config", "prefix", "all", "cache", "progress"]
                        .contains(&arg.get_id().as_str());
                assert!(action || arg.get_env().is_some() || help.contains("[env: "), "{id} has no variable");
            }
        }
    }
    #[test]
    fn every_setting_and_parameter_is_told_by_the_help() {
        let readme = include_str!("../../README.md");
        let mut definition = definition();
        let serve = definition.find_subcommand_mut("serve").expect("serve");
        let help = serve.render_long_help().to_string();
        for name in server::names() {
            assert!(
                help.contains(&format!("WEBP_{name}")) || help.contains(&format!("  {name} [")),
                "{name}"
            );
        }
        for (name, _) in PARAMETERS {
            assert!(help.contains(name) && readme.contains(&format!("`{name}`")), "{name}");
        }
        assert!(help.contains("/healthz") && readme.contains("`/healthz`"));
    }
}
