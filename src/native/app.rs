//! What all requests share: the policy, the originals, the cache, the budget and the flights under way.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    error::{Error, Kind, Result},
    native::{
        blocking::blocking,
        files,
        flight::Flights,
        machine,
        metrics::{Metrics, text::Gauges},
        noted::Noted,
        page_cache,
        pool::Pool,
        prefetcher::Prefetcher,
        purge_news::{NotAll, PurgeNews},
        purging,
        ready::Ready,
        remote::{Bounds, Remote},
        root::Root,
        settings::{Folders, Settings},
        shared::Shared,
        source::Sources,
        store::Store,
        traces::Traces,
        upstream::Upstream,
    },
    service::{Policy, Purge, Purged, Record, Target},
};

/// Everything that answering takes.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(super) policy: Arc<Policy>,
    pub(super) roots: Arc<[Root]>,
    pub(super) store: Arc<Store>,
    pub(super) sources: Arc<Sources>,
    /// What instances share.
    pub(super) shared: Option<Arc<Shared>>,
    /// What those instances have purged.
    pub(super) purge_news: Option<Arc<PurgeNews>>,
    pub(super) pool: Pool,
    pub(super) flights: Arc<Flights<FlightOutcome>>,
    /// What was told of originals.
    pub(super) noted: Arc<Noted>,
    /// What many ask for just now.
    pub(super) ready: Arc<Ready>,
    /// True if no folder lies on a network.
    pub(super) is_near: bool,
    /// Answers say why they are what they are, for the access log.
    pub(super) tells_decisions: bool,
    /// What was done so far.
    pub(super) metrics: Arc<Metrics>,
    /// Where traces of requests go.
    pub(super) traces: Option<Traces>,
    /// What is made before anybody asks.
    pub(super) prefetcher: Arc<Prefetcher>,
    /// The widths of which that is so, beside the picture as it is.
    pub(super) prefetch_widths: Arc<[u32]>,
    /// The server was told to stop.
    is_stopping: Arc<AtomicBool>,
}

/// The most bytes of the budget that are for originals on their way.
const MOST_FOR_ORIGINALS: u64 = 64 << 20;

/// The most bytes of the budget that are for results on their way from a bucket.
const MOST_FOR_RESULTS: u64 = 32 << 20;

/// What the leader of a flight tells its followers.
pub(super) type FlightOutcome = Result<Record, Kind>;

impl App {
    /// The app with these settings.
    ///
    /// # Errors
    /// [`Kind::Io`] when an origin wants TLS and the system's root certificates can't be read, [`Kind::Parameter`]
    /// when a bucket can't be opened.
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        let mut policy = settings.policy.clone();
        let for_originals = share_of_originals(&policy);
        policy.budget -= for_originals;
        let for_results = (policy.budget / 8).min(MOST_FOR_RESULTS);
        let open = |place| Shared::open(place, for_results).map(Arc::new);
        let shared = settings.results.as_ref().map(open).transpose()?;
        policy.budget -= if shared.is_some() { for_results } else { 0 };
        let policy = Arc::new(policy);
        let store = Arc::new(Store::new(settings.folders.clone()));
        let purge_news = shared
            .as_ref()
            .map(|shared| PurgeNews::new(Arc::clone(shared), Arc::clone(&store), Arc::clone(&policy)).into());
        let upstream = Upstream::new(&policy, &settings.private_origins)?;
        let root = |path: &PathBuf| Root::new(path.clone(), settings.follow_links);
        let roots: Arc<[Root]> = settings.roots.iter().map(root).collect();
        let bounds = Bounds {
            memory: for_originals,
            patience: policy.room_patience,
            most_bytes: policy.limits.max_input_bytes,
        };
        let remote = Remote::new(upstream, Arc::clone(&store), bounds);
        let sources = Sources::new(Arc::clone(&roots), Arc::clone(&store), remote);
        let Folders { exhaust, metadata, .. } = &settings.folders;
        Ok(Self {
            pool: Pool::new(policy.budget, settings.jobs),
            policy,
            roots,
            store,
            sources: Arc::new(sources),
            shared,
            purge_news,
            flights: Arc::default(),
            noted: Arc::default(),
            ready: Arc::default(),
            tells_decisions: settings.access_log.is_some(),
            metrics: Arc::default(),
            traces: None,
            prefetcher: Arc::default(),
            prefetch_widths: settings.prefetch_widths.as_slice().into(),
            is_stopping: Arc::default(),
            is_near: settings
                .roots
                .iter()
                .chain([exhaust, metadata])
                .all(|folder| page_cache::is_near(&files::absolute_path(folder))),
        })
    }

    /// The same, whose requests are traced.
    pub(crate) fn traced(self, traces: Option<Traces>) -> Self {
        Self { traces, ..self }
    }

    /// An app on the same cache and budget, for requests that nobody waits for: they wait for room as long as it
    /// takes, and are converted before they are answered.
    pub(crate) fn patient(&self) -> Self {
        let patience = Duration::from_secs(24 * 3600);
        let mut policy = Policy::clone(&self.policy);
        (policy.room_patience, policy.flight_patience) = (patience, patience);
        (policy.lazy, policy.lazy_after) = (false, None);
        // These are our own requests.
        policy.sign_keys = Vec::new();
        Self { policy: Arc::new(policy), traces: None, ..self.clone() }
    }

    /// The same, whose requests make way for all others.
    pub(crate) fn in_background(&self) -> Self {
        let app = self.patient();
        Self { pool: self.pool.in_background(), ..app }
    }

    /// An app on the same cache and budget with another policy, as far as that can change while it serves: where
    /// pictures come from, and what all conversions may take together, stay.
    pub(crate) fn with_policy(&self, policy: &Policy) -> Self {
        let now = &self.policy;
        let policy = Policy {
            target: now.target.clone(),
            mounts: now.mounts.clone(),
            budget: now.budget,
            limits: now.limits.clone(),
            ..policy.clone()
        };
        self.ready.forget_all();
        Self { policy: Arc::new(policy), ..self.clone() }
    }

    /// What requests are answered by.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// From now on the server isn't ready.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// True once it was told to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// Why requests should go elsewhere, if they should: the server stops, or its originals aren't there. A cache that
    /// can't be written and a long queue are no reasons, since pictures are answered all the same. Blocks.
    pub(crate) fn unready(&self) -> Option<String> {
        if self.is_stopping() {
            return Some("the server stops".to_owned());
        }
        let gone = self.roots.iter().find(|root| !root.path().is_dir())?;
        Some(format!("there is no folder {}", gone.path().display()))
    }

    /// The state of what conversions and the cache take. Blocks.
    pub(crate) fn gauges(&self) -> Gauges {
        let room = self.pool.figures();
        let (store_bytes, store_limit) = self.store.evictor().figures();
        Gauges {
            waiting: room.waiting as u64,
            jobs: room.jobs as u64,
            most_jobs: room.most_jobs as u64,
            memory_used: room.bytes,
            memory_budget: room.most_bytes,
            store_bytes,
            store_limit,
            resident: machine::resident(),
            ready: self.unready().is_none(),
            prefetch: self.prefetcher.progress(),
        }
    }

    /// Takes away what is kept of some sources, here, in what instances share, and before long at all of them. It is
    /// done to its end even if nobody waits for it any more.
    ///
    /// # Errors
    /// [`NotAll`] when the bucket can't be reached.
    pub(crate) async fn purge(&self, query: &str, purge: &Purge) -> Result<Purged, NotAll> {
        let (app, query, purge) = (self.clone(), query.to_owned(), purge.clone());
        let purging = tokio::spawn(async move {
            let here = || {
                let (app, purge) = (app.clone(), purge.clone());
                blocking(move || app.purge_here(&purge))
            };
            match &app.purge_news {
                Some(news) => news.purge(&query, &purge, here).await,
                None => here().await.map_err(NotAll::of_here),
            }
        });
        let broken =
            |source| NotAll::of_here(Error::with_source(Kind::Internal, "a purge broke off", source));
        purging.await.unwrap_or_else(|source| Err(broken(source)))
    }

    /// Takes away what is kept here alone. Blocks.
    pub(crate) fn purge_here(&self, purge: &Purge) -> Purged {
        let purged = purging::purge(&self.store, purge);
        self.sources.forget_lately();
        self.ready.forget_all();
        purged
    }

    /// The folders of originals.
    pub(crate) fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// The folders of what is kept.
    pub(crate) fn cache_folders(&self) -> [&Path; 3] {
        let folders = self.store.folders();
        [&folders.exhaust, &folders.metadata, &folders.remote_raw]
    }
}

/// What of the budget is for originals on their way from origins, where there are any.
fn share_of_originals(policy: &Policy) -> u64 {
    let is_remote = |target: &Target| matches!(target, Target::Remote { .. });
    let has_origin = policy.mounts.iter().map(|mount| &mount.target).chain([&policy.target]).any(is_remote);
    if has_origin { (policy.budget / 8).min(MOST_FOR_ORIGINALS) } else { 0 }
}
