//! `slimpix purge`: what is kept of some pictures, or all of it, goes: by a server that runs, or from its folders.

use std::{process::ExitCode, time::Duration};

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::runtime;

use crate::{
    error::{Error, Kind, Result},
    native::{
        bucket::Place,
        cli::{self, PurgeArgs},
        config::{self, Written},
        operator, purging, resolve,
        shared::Shared,
        store::Store,
        tell,
    },
    service::{Purge, Purged},
    settings::server::{ADMIN_TOKEN, CACHE},
};

/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Purges, and says how much went.
///
/// # Errors
/// [`Kind::Parameter`] for what can't be meant, [`Kind::Io`] for a server that doesn't do it.
pub(crate) fn run(args: &PurgeArgs) -> Result<ExitCode> {
    let wrong = |what: String| Error::new(Kind::Parameter, what);
    let file = args.config.as_deref().map(Written::from_file).transpose()?.unwrap_or_default();
    let (env, _) = Written::from_env(config::variables(), cli::has_twin)?;
    let mut flags = Written::default();
    if let Some(folder) = &args.cache {
        flags.set(&CACHE, folder.as_str().into()).map_err(wrong)?;
    }
    let written = flags.settled().map_err(wrong)?.over(env).over(file);
    let query = query(args);
    if let Some(at) = &args.at {
        let (target, token) = (format!("/_admin/purge?{query}"), written.value(&ADMIN_TOKEN));
        let told = operator::call(Method::POST, at, &target, &token, PATIENCE)?;
        return tell(&told).map(|()| ExitCode::SUCCESS);
    }
    let settings = resolve::resolve(&written)?;
    let purge = Purge::from_query(&query, &settings.policy).map_err(wrong)?;
    let mut folders = settings.folders;
    // Nothing else is to go.
    folders.max_bytes = 0;
    let mut purged = purging::purge(&Store::new(folders), &purge);
    if let Some(place) = &settings.results {
        let (files, bytes) = blocking_shared(place, &purge)?;
        purged += Purged { files, bytes };
    }
    tell(&purged.to_string()).map(|()| ExitCode::SUCCESS)
}

/// Purges what instances share.
fn blocking_shared(place: &Place, purge: &Purge) -> Result<(u64, u64)> {
    let failed = |source| Error::with_source(Kind::Io, "can't start", source);
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async { Shared::open(place, 0)?.purge(purge).await })
}

/// What the arguments say, as the admin's call has it.
fn query(args: &PurgeArgs) -> String {
    let pair =
        |word: &str, place: &String| format!("{word}={}", utf8_percent_encode(place, NON_ALPHANUMERIC));
    let sources = args.sources.iter().map(|place| pair("source", place));
    let prefixes = args.prefix.iter().map(|place| pair("prefix", place));
    sources.chain(prefixes).chain(args.all.then(|| "all".to_owned())).collect::<Vec<_>>().join("&")
}
