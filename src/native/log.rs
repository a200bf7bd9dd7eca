//! The log: one line an event on standard error, as text or JSON.

use std::{
    io::{self, IsTerminal},
    panic::{self, PanicHookInfo},
    thread,
};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{
    error::{Result, panic_message},
    native::recent::Recent,
};

/// Starts logging. `verbosity` is webp_server_go's: 0 nothing, 1 errors, 2 warnings, 3 what is done, 4 everything;
/// a filter in `RUST_LOG` beats it, of levels and targets (`info,h2=trace`). Gives what was warned of lately.
pub(crate) fn start(verbosity: u8, json: bool, filter: Option<&str>) -> Recent {
    let level = match verbosity {
        0 => LevelFilter::OFF,
        1 => LevelFilter::ERROR,
        2 => LevelFilter::WARN,
        3 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    panic::set_hook(Box::new(tell_of_panic));
    let (targets, refused) = match filter.map(str::parse::<Targets>) {
        Some(Ok(targets)) => (targets, None),
        Some(Err(error)) => (Targets::new().with_default(level), Some(error)),
        None => (Targets::new().with_default(level), None),
    };
    let recent = Recent::default();
    let registry = tracing_subscriber::registry().with(targets).with(recent.clone());
    // A second start in the same process finds the first one's log, which serves as well.
    let _ = if json {
        registry.with(fmt::layer().json().flatten_event(true).with_writer(io::stderr)).try_init()
    } else {
        let colors = io::stderr().is_terminal();
        registry.with(fmt::layer().with_target(false).with_ansi(colors).with_writer(io::stderr)).try_init()
    };
    if let Some(error) = refused {
        tracing::warn!(%error, "RUST_LOG isn't a filter of levels and targets, and is passed over");
    }
    recent
}

/// The result, if there is one; else the log has the reason.
pub(crate) fn or_warn<T>(about: &str, what: &str, result: Result<T>) -> Option<T> {
    result.inspect_err(|error| tracing::warn!(about, %error, "{what}")).ok()
}

/// A panic is caught wherever it can happen; what it said, and where, goes into the log.
fn tell_of_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = thread::current();
    let thread = thread.name().unwrap_or("-");
    tracing::error!(place, thread, "panicked: {}", panic_message(info.payload()));
}
