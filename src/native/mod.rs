//! The native host: the command line, and the server.
//!
//! [`run`] parses the arguments and does what they say. Only this ring reads flags, the environment, the clock,
//! files and sockets of a machine.

mod access;
mod admin;
mod admin_port;
mod answer;
mod app;
mod arriving;
mod batch;
mod blocking;
mod body;
mod bucket;
mod cache_names;
mod checked;
mod cli;
mod coding;
mod config;
mod connection;
mod conversions;
mod dashboard;
mod demo;
mod doctor;
mod download;
mod drawing;
mod drive;
mod eviction;
mod file_version;
mod files;
mod flight;
mod folder_watch;
mod fonts;
mod health;
mod hit;
mod idle;
mod inputs;
mod job;
mod lately;
mod log;
mod lookup;
mod machine;
mod memory_store;
mod metrics;
mod noted;
mod old_flags;
mod opening;
mod operator;
mod page_cache;
mod passed_on;
mod pool;
mod prefetch;
mod prefetch_at;
mod prefetcher;
mod probe;
mod proxies;
mod purge;
mod purge_news;
mod purges;
mod purging;
mod queue;
mod reach;
mod ready;
mod recent;
mod record_cache;
mod redirect;
mod remote;
mod report;
mod request_id;
mod resolve;
mod results;
mod root;
mod serve;
mod settings;
mod shared;
mod shown;
mod sign;
mod source;
mod spool;
mod store;
mod tls;
mod traces;
mod upstream;
mod uses;
mod verify;
mod wanted;
mod watermark;
mod welcome;

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use self::{
    cli::{Cli, Command},
    shown::{say, shown},
};
use crate::error::{Error, Kind, Result};

/// The whole program: does what the arguments say (the first is the program's name), and gives its exit code: 1 for
/// what failed, 2 for arguments and settings that can't be. After bursts of work `give_back` is called on some thread:
/// the allocator, which is the program's, may then return what it holds to the system.
pub fn run(args: impl IntoIterator<Item = OsString>, give_back: fn()) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(code) = drawing::run(&args) {
        return code;
    }
    let args = old_flags::rewrite(args);
    let cli = match Cli::read(args) {
        Ok(cli) => cli,
        Err(told) => {
            // Help and versions come this way too. A reader that is gone is no reason to fail.
            let code = ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(2));
            return match told.print() {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
                _ => code,
            };
        }
    };
    let done = match cli.command {
        Command::Serve(args) => serve::run(*args, give_back),
        Command::Convert(args) => batch::run(&args),
        Command::Probe(args) => Ok(probe::run(&args)),
        Command::Doctor(args) => doctor(&args.config),
        Command::Sign(args) => sign::run(&args),
        Command::Purge(args) => purge::run(&args),
        Command::Prefetch(args) => prefetch_at::run(&args),
        Command::Health(args) => health::run(&args),
        Command::Completions(args) => completions(args.shell),
        Command::Man => man(),
    };
    done.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "slimpix: {}", shown(&error.to_string()));
        exit_code(&error)
    })
}

/// Says something on standard output.
///
/// # Errors
/// [`Kind::Io`] when it can't be said, unless nobody listens any more.
fn tell(text: &str) -> Result<()> {
    let failed = |source| Error::with_source(Kind::Io, "standard output can't be written", source);
    say(io::stdout().lock(), text).map_err(failed)
}

fn exit_code(error: &Error) -> ExitCode {
    if error.kind() == Kind::Parameter { ExitCode::from(2) } else { ExitCode::FAILURE }
}

fn doctor(config: &std::path::Path) -> Result<ExitCode> {
    let report = doctor::examine(config)?;
    tell(&report.text)?;
    Ok(if report.sound { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn completions(shell: clap_complete::Shell) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::definition(), "slimpix", &mut script);
    tell(&String::from_utf8_lossy(&script)).map(|()| ExitCode::SUCCESS)
}

/// One page of the program and all its commands.
fn man() -> Result<ExitCode> {
    let failed = |source| Error::with_source(Kind::Io, "the manual page can't be made", source);
    let mut page = Vec::new();
    let mut definition = cli::definition();
    definition.build();
    let commands = definition.get_subcommands().filter(|command| command.get_name() != "help").cloned();
    clap_mangen::Man::new(definition.clone()).render(&mut page).map_err(failed)?;
    for command in commands {
        let name = format!("slimpix {}", command.get_name());
        let part = clap_mangen::Man::new(command.bin_name(name.clone()));
        page.extend_from_slice(format!(".SH {}\n", name.to_uppercase()).as_bytes());
        part.render_description_section(&mut page).map_err(failed)?;
        part.render_options_section(&mut page).map_err(failed)?;
        part.render_extra_section(&mut page).map_err(failed)?;
    }
    tell(&String::from_utf8_lossy(&page)).map(|()| ExitCode::SUCCESS)
}
