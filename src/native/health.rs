//! `slimpix health`: whether a server answers, for who looks after containers.

use std::{process::ExitCode, time::Duration};

use http::{Method, StatusCode};

use crate::{
    error::{Error, Kind, Result},
    native::{
        cli::{self, HealthArgs},
        config::{self, Written},
        operator, tell,
    },
    settings::server::{HOST, PORT},
};

/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for `/healthz`.
///
/// # Errors
/// [`Kind::Io`] where it isn't answered by `ok`.
pub(crate) fn run(args: &HealthArgs) -> Result<ExitCode> {
    let at = match &args.at {
        Some(at) => at.clone(),
        None => {
            let file = args.config.as_deref().map(Written::from_file).transpose()?.unwrap_or_default();
            let (env, _) = Written::from_env(config::variables(), cli::has_twin)?;
            let written = env.over(file);
            reached(&written.value(&HOST), written.value(&PORT))
        }
    };
    match operator::ask(Method::GET, &at, "/healthz", None, PATIENCE)?.status {
        StatusCode::OK => tell("ok").map(|()| ExitCode::SUCCESS),
        status => Err(Error::new(Kind::Io, format!("{at} answers {status}"))),
    }
}

/// Where a server that listens there is reached from this machine.
fn reached(host: &str, port: u16) -> String {
    match host {
        "" | "0.0.0.0" => format!("127.0.0.1:{port}"),
        "::" => format!("[::1]:{port}"),
        host if host.contains(':') => format!("[{host}]:{port}"),
        host => format!("{host}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_for_everybody_is_asked_on_this_machine() {
        for (host, at) in
            [("0.0.0.0", "127.0.0.1:80"), ("::", "[::1]:80"), ("::2", "[::2]:80"), ("a.test", "a.test:80")]
        {
            assert_eq!(reached(host, 80), at);
        }
    }
}
