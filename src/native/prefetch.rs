//! Prefetch: every picture of the folders is asked for as a browser would, so that what is made has the keys that
//! requests will have. What is there already costs a look, so whoever begins again goes on where it was.
//!
//! Beside visitors it makes way: one picture at a time, while nobody else's is converted, by a thread of lower
//! priority, and no more than the cache takes without anything else going.

use std::{
    collections::HashSet,
    fmt::Write,
    fs::Metadata,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderValue, Request, StatusCode, header, request::Parts};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::{task::JoinSet, time};
use walkdir::{DirEntry, WalkDir};

use crate::{
    native::{
        app::App, blocking::blocking, connection::Host, file_version::FileVersion, files, log,
        prefetcher::Asked, root::Root,
    },
    service::{MountPoint, Target},
};

/// What a browser that knows every format accepts.
const ACCEPT: HeaderValue = HeaderValue::from_static("image/avif,image/webp,image/*,*/*;q=0.8");

/// Everything in a path but its slashes and what RFC 3986 §2.3 calls unreserved.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How long after something is new the folders are looked through: most often more is on its way. At the least, and in
/// times of what it took before.
const SETTLING: Duration = Duration::from_millis(300);
const SETTLING_LOOKS: u32 = 10;

/// The most that is rested after a picture that was there.
const REST: Duration = Duration::from_millis(10);

/// The part of the cache that is left free.
const FREE: u64 = 32;

/// Converts everything, `jobs` at a time; the code is 1 if something could not be.
pub(crate) async fn run(app: &Arc<App>, jobs: usize) -> ExitCode {
    let app = Arc::new(app.patient());
    let (mut done, mut failed) = (0_usize, 0_usize);
    let pictures = list(&app).await;
    tracing::info!(pictures = pictures.len(), "prefetch begins");
    let mut waiting = pictures.iter().filter_map(Picture::request);
    let mut running = JoinSet::new();
    loop {
        while running.len() < jobs.max(1) {
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
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Makes what is asked for, for as long as the server runs.
pub(crate) async fn in_background(host: Arc<Host>) {
    let prefetcher = Arc::clone(&host.app().prefetcher);
    // The states of files that were asked for.
    let mut known = HashSet::new();
    let mut took = Duration::ZERO;
    loop {
        prefetcher.woken().await;
        time::sleep(SETTLING.max(took * SETTLING_LOOKS)).await;
        let asked = prefetcher.take();
        if asked == Asked::Nothing {
            continue;
        }
        // With the settings of now.
        let app = Arc::new(host.app().in_background());
        let began = Instant::now();
        let mut wanted = list(&app).await;
        took = began.elapsed();
        let states: HashSet<u64> = wanted.iter().map(|picture| picture.state).collect();
        known.retain(|state| states.contains(state));
        wanted.retain(|picture| asked == Asked::All || !known.contains(&picture.state));
        if !wanted.is_empty() {
            pass(&app, wanted, &mut known).await;
        }
    }
}

/// Asks for one picture after the other.
async fn pass(app: &Arc<App>, wanted: Vec<Picture>, known: &mut HashSet<u64>) {
    let prefetcher = &app.prefetcher;
    tracing::info!(pictures = wanted.len(), "prefetch begins");
    prefetcher.begins(wanted.len());
    let mut is_full = false;
    // Bytes that were kept before, and the most that came of a picture.
    let (mut before, mut most) = (u64::MAX, 0);
    for picture in wanted {
        let (bytes, limit) = app.store.evictor().figures();
        most = bytes.saturating_sub(before).max(most);
        before = bytes;
        is_full = limit > 0 && bytes + most > limit - limit / FREE;
        if is_full || app.is_stopping() {
            break;
        }
        let began = Instant::now();
        let asked = Arc::clone(app);
        let status = match picture.request() {
            // A panic is not the end of it.
            Some(request) => tokio::spawn(async move { asked.answer(request).await.status() }).await.ok(),
            None => None,
        };
        known.insert(picture.state);
        prefetcher.went(status == Some(StatusCode::OK));
        time::sleep(began.elapsed().min(REST)).await;
    }
    prefetcher.ends(is_full);
    let progress = prefetcher.progress();
    let why = if is_full { "prefetch stops: the cache is full" } else { "prefetch is finished" };
    tracing::info!(done = progress.done, failed = progress.failed, left = progress.left, "{why}");
}

/// A file that is served, as it is or in a width.
struct Picture {
    /// Where its folder is mounted.
    place: Arc<Place>,
    /// Below the folder.
    path: Arc<str>,
    width: Option<u32>,
    /// A hash of all that and of its file's state.
    state: u64,
}

/// A host, if only that leads there, and the beginning of a path.
struct Place {
    host: Option<String>,
    prefix: String,
}

/// The pictures of the local folders that are served.
async fn list(app: &Arc<App>) -> Vec<Picture> {
    let app = Arc::clone(app);
    let listed = blocking(move || pictures(&app)).await;
    log::or_warn("prefetch", "the folders can't be looked through", listed).unwrap_or_default()
}

fn pictures(app: &App) -> Vec<Picture> {
    let policy = app.policy();
    let mut pictures = Vec::new();
    let mut add = |target: &Target, host: Option<&str>, prefix: &str| {
        if let Target::Local { root, .. } = target
            && let Some(root) = app.roots().get(*root)
        {
            let place = Arc::new(Place { host: host.map(str::to_owned), prefix: prefix.to_owned() });
            pictures.extend(below(app, root, &place));
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
    pictures
}

/// The files below a root that have served names, without those of the cache, in all widths that are wanted.
fn below(app: &App, root: &Root, place: &Arc<Place>) -> Vec<Picture> {
    let widths = || [None].into_iter().chain(app.prefetch_widths.iter().copied().map(Some));
    entries(app, root)
        .filter(|entry| entry.file_type().is_file())
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| app.policy().allowed.permits(name)))
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(root.path()).ok()?.to_str()?;
            Some((Arc::<str>::from(path), entry.metadata().ok()?))
        })
        .filter(|(path, _)| !app.policy().allowed.hides(path))
        .flat_map(|(path, about)| {
            let picture = move |width| Picture::new(Arc::clone(place), Arc::clone(&path), width, &about);
            widths().map(picture)
        })
        .collect()
}

/// What is in a folder that is served and in those below it, but for what leads out and for the cache.
pub(crate) fn entries(app: &App, root: &Root) -> impl Iterator<Item = DirEntry> {
    let caches = app.cache_folders().map(files::absolute_path);
    let below = move |path: &Path| path.strip_prefix(root.path()).map(Path::to_owned).unwrap_or_default();
    let leads_out = move |entry: &DirEntry| {
        entry.depth() > 0 && entry.path_is_symlink() && !root.holds(&below(entry.path()))
    };
    let is_cache = move |entry: &DirEntry| {
        entry.file_type().is_dir() && caches.contains(&files::absolute_path(entry.path()))
    };
    WalkDir::new(root.path())
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(move |entry| !leads_out(entry) && !is_cache(entry))
        .flatten()
}

impl Picture {
    fn new(place: Arc<Place>, path: Arc<str>, width: Option<u32>, about: &Metadata) -> Self {
        let mut state = DefaultHasher::new();
        (&place.host, &place.prefix, &path, width, FileVersion::of(about)).hash(&mut state);
        Self { place, path, width, state: state.finish() }
    }

    fn request(&self) -> Option<Parts> {
        let Self { place, path, width, .. } = self;
        let mut uri = String::new();
        write!(uri, "{}/{}", utf8_percent_encode(&place.prefix, PATH), utf8_percent_encode(path, PATH))
            .ok()?;
        if let Some(width) = width {
            write!(uri, "?w={width}").ok()?;
        }
        let mut request = Request::get(uri).header(header::ACCEPT, ACCEPT);
        if let Some(host) = &place.host {
            request = request.header(header::HOST, host);
        }
        Some(request.body(()).ok()?.into_parts().0)
    }
}
