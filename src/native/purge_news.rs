//! What was purged at other instances with the same bucket (`RESULTS`): each adds its purges to a list there before it
//! deletes anything, and looks at the list twice or three times a minute, and after it has put something there.
//!
//! What of the list is done stands in a file beside the records, so that an instance that was down does the rest when it
//! starts. It is written after all of that has gone from the disk: whatever isn't sure to be done is done again.

use std::{
    collections::hash_map::RandomState,
    fmt, fs,
    hash::BuildHasher,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use tokio::{
    sync::{Mutex, Notify, RwLock},
    time,
};
use walkdir::WalkDir;

use crate::{
    error::{Error, Kind, Result},
    native::{
        blocking::blocking,
        bucket::{Opening, Version},
        files,
        settings::Folders,
        shared::{Listed, Shared},
        store::Store,
    },
    service::{Policy, Purge, PurgeLog, Purged},
};

/// The longest time between two looks at the list.
const EVERY: Duration = Duration::from_secs(30);

/// What is done, in the folder of records.
const DONE: &str = "purges.json";

/// By how much clocks may differ, in milliseconds.
const SKEW: u64 = 120_000;

/// How long a request waits for a look at the list, and for others that look before.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an instance knows of purges.
#[derive(Debug)]
pub(crate) struct PurgeNews {
    shared: Arc<Shared>,
    store: Arc<Store>,
    policy: Arc<Policy>,
    heard: Mutex<Heard>,
    /// Held by each purge of this instance, which is in the list before it is done.
    under_way: RwLock<()>,
    woken: Notify,
}

/// The list as it was read last.
#[derive(Debug, Default)]
struct Heard {
    log: PurgeLog,
    version: Option<Version>,
    /// When it began to be read. `None` before the first time, when the log is what was done by an earlier process.
    of: Option<Instant>,
    /// What was purged before doesn't matter: nothing was kept then. In milliseconds since 1970.
    since: u64,
    /// What is still to go from the disk.
    doomed: Option<Purge>,
    is_saved: bool,
}

/// A purge that isn't done as a whole.
#[derive(Debug)]
pub(crate) struct NotAll {
    /// What went.
    purged: Purged,
    /// What wasn't done.
    what: &'static str,
    pub(crate) error: Error,
}

impl NotAll {
    /// One that broke off here.
    pub(crate) fn of_here(error: Error) -> Self {
        Self { purged: Purged::default(), what: "it broke off", error }
    }
}

impl fmt::Display for NotAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not all is {}; {}", self.purged, self.what)
    }
}

impl PurgeNews {
    /// Knows what was done with the folders of a store. Blocks.
    pub(crate) fn new(shared: Arc<Shared>, store: Arc<Store>, policy: Arc<Policy>) -> Self {
        let heard = Heard::of_folders(store.folders(), &policy, now());
        Self {
            shared,
            store,
            policy,
            heard: Mutex::new(heard),
            under_way: RwLock::default(),
            woken: Notify::new(),
        }
    }

    /// Purges for this instance, by `here`, and in the bucket, once others will hear of it.
    ///
    /// # Errors
    /// [`NotAll`]: as much went as could be.
    pub(crate) async fn purge<H: Future<Output = Result<Purged>>>(
        &self,
        query: &str,
        purge: &Purge,
        here: impl Fn() -> H,
    ) -> Result<Purged, NotAll> {
        let _under_way = self.under_way.read().await;
        let mut told = self.tell(query).await;
        let mut purged = here().await.map_err(NotAll::of_here)?;
        let deleted = self.shared.purge(purge).await;
        if let Ok((files @ 1.., bytes)) = deleted {
            // Whoever looked before a result was gone has taken it: what it is kept in goes once more, everywhere.
            told = told.and(self.tell(query).await);
            purged += Purged { files, bytes };
            purged += here().await.map_err(|error| NotAll { purged, ..NotAll::of_here(error) })?;
        }
        let not_all = |what| move |error| NotAll { purged, what, error };
        told.map_err(not_all("other instances weren't told"))?;
        deleted.map_err(not_all("the bucket of results failed"))?;
        Ok(purged)
    }

    /// Looks again and again what was purged elsewhere, and does it here.
    pub(crate) async fn watch(self: Arc<Self>, here: impl Fn(&Purge) -> Purged + Send + Sync + 'static) {
        let (here, mut is_time) = (Arc::new(here), true);
        loop {
            if is_time && !self.shared.is_away() {
                // What the bucket says is told already.
                let _ = self.look(Instant::now()).await;
            }
            self.do_what_was_heard(&here).await;
            is_time = tokio::select! {
                () = time::sleep(EVERY.mul_f64(1.0 - random() / 3.0)) => true,
                () = self.woken.notified() => false,
            };
        }
    }

    /// Has what was purged elsewhere by that time count as purged. False if that isn't known.
    pub(crate) async fn hear(&self, by: Instant) -> bool {
        time::timeout(PATIENCE, self.look(by)).await.is_ok_and(|looked| looked.is_ok())
    }

    /// # Errors
    /// [`Kind::Upstream`].
    async fn look(&self, by: Instant) -> Result<()> {
        // It was read since that time, or is read now, by one for all that wait.
        let mut heard = self.heard.lock().await;
        match heard.of.is_some_and(|of| of >= by) {
            true => Ok(()),
            false => self.read(&mut heard).await,
        }
    }

    /// Adds a purge to the list.
    ///
    /// # Errors
    /// [`Kind::Upstream`] when it can't be written.
    async fn tell(&self, query: &str) -> Result<()> {
        let at = now();
        let mut failed = others_write();
        for tries in 0..PurgeLog::TRIES {
            if tries > 0 {
                time::sleep(PurgeLog::pause(tries, random())).await;
            }
            match self.try_to_tell(query, at).await {
                Ok(()) => return Ok(()),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    async fn try_to_tell(&self, query: &str, at: u64) -> Result<()> {
        let mut heard = self.heard.lock().await;
        self.read(&mut heard).await?;
        let mut log = heard.log.clone();
        log.add(query, at, &self.policy);
        let written = self.shared.write_purges(log.to_json(), heard.version.as_ref()).await?;
        let version = written.ok_or_else(others_write)?;
        (heard.log, heard.version, heard.is_saved) = (log, Some(version), false);
        Ok(())
    }

    /// Reads the list. From now on nothing is kept of what was purged, but by who looks later.
    async fn read(&self, heard: &mut Heard) -> Result<()> {
        let of = Instant::now();
        let (log, version) = match self.shared.read_purges(heard.version.as_ref()).await? {
            Opening::Same => (heard.log.clone(), heard.version.clone()),
            Opening::Absent => (PurgeLog::default(), None),
            Opening::Open(Listed { json, version }) => match PurgeLog::from_json(&json, &self.policy) {
                Some(log) => (log, Some(version)),
                None => self.write_anew(&version).await?,
            },
        };
        let mut doomed: Option<Purge> = None;
        for (query, purge) in log.news(&heard.log, heard.since) {
            tracing::info!(query, "another instance has purged: it goes here as well");
            self.shared.figures().purges.add(1);
            join(&mut doomed, purge);
        }
        if let Some(purge) = doomed {
            let (store, begun) = (Arc::clone(&self.store), purge.clone());
            blocking(move || store.purges().note(&begun)).await?;
            join(&mut heard.doomed, purge);
            self.woken.notify_one();
        }
        heard.is_saved &= heard.log == log;
        (heard.log, heard.version, heard.of, heard.since) = (log, version, Some(of), 0);
        Ok(())
    }

    /// Writes a list that makes no sense anew: nobody knows what was purged.
    async fn write_anew(&self, version: &Version) -> Result<(PurgeLog, Option<Version>)> {
        tracing::error!("the list of purges makes no sense, so all that was made until now counts as purged");
        let log = PurgeLog::of_everything(now());
        let written = self.shared.write_purges(log.to_json(), Some(version)).await?;
        written.map(|version| (log, Some(version))).ok_or_else(others_write)
    }

    /// Takes from the disk what was purged elsewhere, and remembers that it is done.
    async fn do_what_was_heard(&self, here: &Arc<impl Fn(&Purge) -> Purged + Send + Sync + 'static>) {
        let (doomed, done) = {
            let mut heard = self.heard.lock().await;
            // What this instance purges itself is in the list, and may not be done yet.
            let is_done = heard.of.is_some() && !heard.is_saved && self.under_way.try_write().is_ok();
            heard.is_saved |= is_done;
            (heard.doomed.take(), is_done.then(|| heard.log.to_json()))
        };
        let (here, store) = (Arc::clone(here), Arc::clone(&self.store));
        let work = move || {
            if let Some(purge) = doomed {
                let purged = here(&purge);
                tracing::debug!("{purged} here, since other instances have");
            }
            let path = done_in(store.folders());
            if let Some(Err(error)) = done.map(|done| files::write_whole(&path, &done)) {
                store.complain(&path, &error);
            }
        };
        if let Err(error) = blocking(work).await {
            tracing::error!(%error, "what other instances have purged is still here");
        }
    }
}

impl Heard {
    /// What was done with these folders. Where nothing is kept nothing has to be done.
    fn of_folders(folders: &Folders, policy: &Policy, now: u64) -> Self {
        let written = fs::read(done_in(folders)).ok();
        let has_any =
            |folder| WalkDir::new(folder).min_depth(2).max_depth(2).into_iter().flatten().next().is_some();
        let is_fresh = written.is_none() && !folders.all().any(has_any);
        Self {
            log: written.and_then(|json| PurgeLog::from_json(&json, policy)).unwrap_or_default(),
            since: if is_fresh { now.saturating_sub(SKEW) } else { 0 },
            ..Self::default()
        }
    }
}

fn join(all: &mut Option<Purge>, more: Purge) {
    match all {
        Some(all) => all.extend(more),
        None => *all = Some(more),
    }
}

fn done_in(folders: &Folders) -> PathBuf {
    folders.metadata.join(DONE)
}

fn others_write() -> Error {
    Error::new(Kind::Upstream, "others write the list of purges all the time")
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// From 0 to 1, so that instances don't all ask at once.
fn random() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_remembered_and_nothing_has_to_be_done_with_empty_folders() {
        let place = tempfile::tempdir().expect("a folder");
        let below = |name: &str| place.path().join(name);
        let folders = Folders {
            exhaust: below("exhaust"),
            metadata: below("metadata"),
            remote_raw: below("raw"),
            max_bytes: 0,
            stand_in_bytes: 0,
        };
        let policy = Policy::default();
        let news = |log: &PurgeLog| {
            let heard = Heard::of_folders(&folders, &policy, SKEW + 1_000);
            log.news(&heard.log, heard.since).into_iter().map(|(query, _)| query).collect::<Vec<_>>()
        };
        let mut log = PurgeLog::default();
        log.add("source=/a.jpg", 500, &policy);
        log.add("source=/b.jpg", 1_500, &policy);
        assert_eq!(news(&log), ["source=/b.jpg"], "which may have come since it has started");
        files::write_whole(&below("exhaust").join("local").join("1.webp"), b"x").expect("written");
        assert_eq!(news(&log), ["source=/a.jpg", "source=/b.jpg"], "nobody knows of when it is");
        files::write_whole(&done_in(&folders), &log.to_json()).expect("written");
        assert_eq!(news(&log), [""; 0]);
        log.add("source=/c.jpg", 400, &policy);
        assert_eq!(news(&log), ["source=/c.jpg"]);
        files::write_whole(&done_in(&folders), b"nonsense").expect("written");
        assert_eq!(news(&log).len(), 3);
    }
}
