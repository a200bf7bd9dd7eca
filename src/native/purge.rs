//! `slimpix purge`: what is kept of some pictures, or all of it, goes: by a server that runs, or from its folders.

use std::{process::ExitCode, sync::Arc, time::Duration};

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::runtime;

use crate::{
    error::{Error, Kind, Result},
    native::{
        blocking::blocking,
        bucket::Place,
        cli::{self, PurgeArgs},
        config::{self, Written},
        operator::{self, Told},
        purge_news::PurgeNews,
        purging, resolve,
        shared::Shared,
        store::Store,
        tell,
    },
    service::{Policy, Purge, Purged},
    settings::server::{ADMIN_TOKEN, CACHE},
};

/// The call, to which what is to be purged is added.
const CALL: &str = "/_admin/purge?";

/// How many calls of one purge a server may ask for.
const MOST_CALLS: u32 = 10_000;

/// How long a server may take for one.
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
        let told = by_server(at, &query, &written.value(&ADMIN_TOKEN))?;
        return tell(&told).map(|()| ExitCode::SUCCESS);
    }
    let settings = resolve::resolve(&written)?;
    let purge = Purge::from_query(&query, &settings.policy).map_err(wrong)?;
    let mut folders = settings.folders;
    // Nothing else is to go.
    folders.max_bytes = 0;
    let store = Store::new(folders);
    let purged = match &settings.results {
        Some(place) => with_bucket(place, settings.policy, store, &query, purge)?,
        None => purging::purge(&store, &purge),
    };
    tell(&purged.to_string()).map(|()| ExitCode::SUCCESS)
}

/// Has a server purge, which may do it in several calls: a Worker has so much time for each, and says where the next one
/// goes on.
fn by_server(at: &str, query: &str, token: &str) -> Result<String> {
    let (mut target, mut purged) = (format!("{CALL}{query}"), Purged::default());
    for _ in 0..MOST_CALLS {
        let Told { text, next } =
            operator::call(Method::POST, at, &target, token, PATIENCE).map_err(|error| {
                match purged.files {
                    0 => error,
                    _ => Error::with_source(Kind::Io, format!("not all is {purged}"), error),
                }
            })?;
        let Ok(more) = text.parse() else {
            return Err(Error::new(Kind::Io, format!("the server tells of no purge: {text}")));
        };
        purged += more;
        match next {
            None => return Ok(purged.to_string()),
            Some(next) if next.starts_with(CALL) => target = next,
            Some(next) => {
                let what = format!("not all is {purged}: the server goes on elsewhere, at {next:?}");
                return Err(Error::new(Kind::Io, what));
            }
        }
    }
    Err(Error::new(Kind::Io, format!("not all is {purged}: the server comes to no end")))
}

/// Purges the folders and what instances share, who are told.
fn with_bucket(place: &Place, policy: Policy, store: Store, query: &str, purge: Purge) -> Result<Purged> {
    let failed = |source| Error::with_source(Kind::Io, "can't start", source);
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let _clients_of_the_bucket = runtime.enter();
    let (shared, store) = (Arc::new(Shared::open(place, 0)?), Arc::new(store));
    let news = PurgeNews::new(shared, Arc::clone(&store), policy.into());
    let here = || {
        let (store, purge) = (Arc::clone(&store), purge.clone());
        blocking(move || purging::purge(&store, &purge))
    };
    let purging = news.purge(query, &purge, here);
    runtime.block_on(purging).map_err(|not_all| {
        let what = not_all.to_string();
        Error::with_source(Kind::Io, what, not_all.error)
    })
}

/// What the arguments say, as the admin's call has it.
fn query(args: &PurgeArgs) -> String {
    let pair =
        |word: &str, place: &String| format!("{word}={}", utf8_percent_encode(place, NON_ALPHANUMERIC));
    let sources = args.sources.iter().map(|place| pair("source", place));
    let prefixes = args.prefix.iter().map(|place| pair("prefix", place));
    sources.chain(prefixes).chain(args.all.then(|| "all".to_owned())).collect::<Vec<_>>().join("&")
}
