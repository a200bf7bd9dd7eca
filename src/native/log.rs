//! The log: one line an event on standard error, as text or JSON.

use std::{
    io::{self, IsTerminal},
    panic::{self, PanicHookInfo},
    thread,
};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::error::{Result, panic_message};

/// Starts logging. `verbosity` is webp_server_go's: 0 nothing, 1 errors, 2 warnings, 3 what is done, 4 everything;
/// a filter in `RUST_LOG` beats it.
pub(crate) fn start(verbosity: u8, json: bool, filter: Option<&str>) {
    let level = match verbosity {
        0 => "off",
        1 => "error",
        2 => "warn",
        3 => "info",
        _ => "debug",
    };
    panic::set_hook(Box::new(tell_of_panic));
    let filter = EnvFilter::new(filter.map_or_else(|| level.to_owned(), str::to_owned));
    let registry = tracing_subscriber::registry().with(filter);
    // A second start in the same process finds the first one's log, which serves as well.
    let _ = if json {
        registry.with(fmt::layer().json().flatten_event(true).with_writer(io::stderr)).try_init()
    } else {
        let colors = io::stderr().is_terminal();
        registry.with(fmt::layer().with_target(false).with_ansi(colors).with_writer(io::stderr)).try_init()
    };
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
