//! `slimpix prefetch`: a server that runs begins to make all pictures of its folders before anybody asks, or tells how
//! far it is.

use std::{process::ExitCode, time::Duration};

use http::Method;

use crate::{
    error::Result,
    native::{
        cli::{self, PrefetchArgs},
        config::{self, Written},
        operator, tell,
    },
    settings::server::ADMIN_TOKEN,
};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks the server, and says how far it is.
///
/// # Errors
/// As [`operator::call`].
pub(crate) fn run(args: &PrefetchArgs) -> Result<ExitCode> {
    let file = args.config.as_deref().map(Written::from_file).transpose()?.unwrap_or_default();
    let (env, _) = Written::from_env(config::variables(), cli::has_twin)?;
    let token = env.over(file).value(&ADMIN_TOKEN);
    let method = if args.progress { Method::GET } else { Method::POST };
    let told = operator::call(method, &args.at, "/_admin/prefetch", &token, PATIENCE)?;
    tell(&told.text).map(|()| ExitCode::SUCCESS)
}
