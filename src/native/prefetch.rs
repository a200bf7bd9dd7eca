//! Prefetch: every picture of the folders is asked for as a browser would, so that what is made has the keys that
//! requests will have.

use std::{fmt::Write, path::Path, process::ExitCode, sync::Arc};

use http::{HeaderValue, Request, StatusCode, header, request::Parts};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::task::JoinSet;
use walkdir::{DirEntry, WalkDir};

use crate::{
    native::{app::App, blocking::blocking, files, log, root::Root},
    service::{MountPoint, Target},
};

/// What a browser that knows every format accepts.
const ACCEPT: HeaderValue = HeaderValue::from_static("image/avif,image/webp,image/*,*/*;q=0.8");

/// Everything in a path but its slashes and what RFC 3986 §2.3 calls unreserved.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Converts everything, `jobs` at a time; the code is 1 if something could not be.
pub(crate) async fn run(app: &Arc<App>, jobs: usize) -> ExitCode {
    if all(app, jobs).await == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Converts everything, one at a time so that visitors find room.
pub(crate) async fn in_background(app: Arc<App>) {
    all(&app, 1).await;
}

/// Asks for everything; gives the number of failures.
async fn all(app: &Arc<App>, at_a_time: usize) -> usize {
    let app = Arc::new(app.patient());
    let listing = Arc::clone(&app);
    let listed = blocking(move || requests(&listing)).await;
    let wanted = log::or_warn("prefetch", "the folders can't be looked through", listed).unwrap_or_default();
    tracing::info!(pictures = wanted.len(), "prefetch begins");
    let (mut done, mut failed) = (0_usize, 0_usize);
    let mut waiting = wanted.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < at_a_time.max(1) {
            let Some(request) = waiting.next() else { break };
            let app = Arc::clone(&app);
            running.spawn(async move { app.answer(request).await.status() });
        }
        match running.join_next().await {
            None => break,
            Some(Ok(StatusCode::OK)) => done += 1,
            Some(_) => failed += 1,
        }
    }
    tracing::info!(done, failed, "prefetch is finished");
    failed
}

/// A request for each picture of the local folders that are served.
fn requests(app: &App) -> Vec<Parts> {
    let policy = app.policy();
    let mut requests = Vec::new();
    let mut add = |target: &Target, host: Option<&str>, prefix: &str| {
        if let Target::Local { root, .. } = target
            && let Some(root) = app.roots().get(*root)
        {
            requests.extend(pictures(app, root).iter().filter_map(|path| request(host, prefix, path)));
        }
    };
    add(&policy.target, None, "");
    for mount in &policy.mounts {
        match &mount.at {
            MountPoint::Prefix(prefix) => add(&mount.target, None, prefix.trim_end_matches('/')),
            MountPoint::Host(host) => {
                add(&mount.target, host.split_once("://").map(|(_, authority)| authority), "");
            }
        }
    }
    requests
}

/// The paths of the files below a root that have served names, without those of the cache.
fn pictures(app: &App, root: &Root) -> Vec<String> {
    let caches = app.cache_folders().map(files::absolute_path);
    let below = |path: &Path| path.strip_prefix(root.path()).map(Path::to_owned).unwrap_or_default();
    let leads_out =
        |entry: &DirEntry| entry.depth() > 0 && entry.path_is_symlink() && !root.holds(&below(entry.path()));
    let is_cache =
        |entry: &DirEntry| entry.file_type().is_dir() && caches.contains(&files::absolute_path(entry.path()));
    let entries = WalkDir::new(root.path())
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !leads_out(entry) && !is_cache(entry))
        .flatten();
    entries
        .filter(|entry| entry.file_type().is_file())
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| app.policy().allowed.permits(name)))
        .filter_map(|entry| Some(entry.path().strip_prefix(root.path()).ok()?.to_str()?.to_owned()))
        .filter(|path| !app.policy().allowed.hides(path))
        .collect()
}

fn request(host: Option<&str>, prefix: &str, path: &str) -> Option<Parts> {
    let mut uri = String::new();
    write!(uri, "{}/{}", utf8_percent_encode(prefix, PATH), utf8_percent_encode(path, PATH)).ok()?;
    let mut request = Request::get(uri).header(header::ACCEPT, ACCEPT);
    if let Some(host) = host {
        request = request.header(header::HOST, host);
    }
    Some(request.body(()).ok()?.into_parts().0)
}
