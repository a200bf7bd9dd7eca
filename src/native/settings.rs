//! What holds while the server runs: all settings, decided by [`super::resolve`].

use std::{path::PathBuf, time::Duration};

use crate::{native::connection::watch::Patience, service::Policy};

/// Everything that serving needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// What the service decides by.
    pub(crate) policy: Policy,
    /// The folders of originals, as `Target::Local` counts them.
    pub(crate) roots: Vec<PathBuf>,
    /// Where to listen.
    pub(crate) host: String,
    /// 0 takes a free one.
    pub(crate) port: u16,
    /// Open connections at a time.
    pub(crate) connections: usize,
    /// Keep connections open between requests.
    pub(crate) keepalive: bool,
    /// How long a connection may wait for its client.
    pub(crate) patience: Patience,
    /// The folders of what is kept.
    pub(crate) folders: Folders,
    /// Conversions at a time.
    pub(crate) jobs: usize,
    /// Follow links that lead out of the folders.
    pub(crate) follow_links: bool,
    /// How long after one another passes over all that is kept begin; zero is never.
    pub(crate) verify_every: Duration,
    /// The folder of the demo page, when it is served.
    pub(crate) demo: Option<PathBuf>,
    /// Log lines as JSON.
    pub(crate) json_log: bool,
    /// Where a line for each answer goes, if it does.
    pub(crate) access_log: Option<AccessLog>,
    /// Who tries the server on its own machine is welcomed.
    pub(crate) welcome: bool,
    /// The folder is one of pictures to try it with.
    pub(crate) is_sample: bool,
    /// What people should know about their settings, one line each.
    pub(crate) warnings: Vec<String>,
}

/// The folder that is served where none is named.
pub(crate) const DEFAULT_FOLDER: &str = "./pics";

impl Settings {
    /// The keys of what is otherwise than in other settings and can't change while it serves.
    pub(crate) fn fixed_changes(&self, before: &Self) -> Vec<&'static str> {
        let changes = [
            ("HOST, PORT", (&self.host, self.port) != (&before.host, before.port)),
            (
                "IMG_PATH, IMG_MAP",
                (&self.roots, &self.policy.target, &self.policy.mounts)
                    != (&before.roots, &before.policy.target, &before.policy.mounts),
            ),
            ("CACHE and its folders, MAX_CACHE_SIZE", self.folders != before.folders),
            ("MEMORY", self.policy.budget != before.policy.budget),
            ("MAX_JOB_COUNT", self.jobs != before.jobs),
            (
                "CONCURRENCY, DISABLE_KEEPALIVE",
                (self.connections, self.keepalive) != (before.connections, before.keepalive),
            ),
            ("HEAD_TIMEOUT, KEEPALIVE_TIMEOUT, SEND_TIMEOUT", self.patience != before.patience),
            ("FOLLOW_LINKS", self.follow_links != before.follow_links),
            ("VERIFY_EVERY", self.verify_every != before.verify_every),
            ("DEMO, DEMO_PATH", self.demo != before.demo),
            ("WELCOME", self.welcome != before.welcome),
            (
                "LOG, ACCESS_LOG, ACCESS_LOG_FORM",
                (self.json_log, &self.access_log) != (before.json_log, &before.access_log),
            ),
        ];
        changes.into_iter().filter(|(_, is_changed)| *is_changed).map(|(keys, _)| keys).collect()
    }
}

/// Where a line for each answer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessLog {
    /// The file; `None` is standard output.
    pub(crate) place: Option<PathBuf>,
    /// JSON instead of the Common Log Format.
    pub(crate) json: bool,
}

/// Where what was made or fetched is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folders {
    /// Converted pictures.
    pub(crate) exhaust: PathBuf,
    /// What is known of each original.
    pub(crate) metadata: PathBuf,
    /// Remote originals.
    pub(crate) remote_raw: PathBuf,
    /// Bytes on disk that all three may take together; 0 is without limit.
    pub(crate) max_bytes: u64,
    /// Bytes of memory that stand in for a disk that can't be written.
    pub(crate) stand_in_bytes: usize,
}

impl Folders {
    /// Each folder once.
    pub(crate) fn all(&self) -> impl Iterator<Item = &PathBuf> {
        let folders = [&self.metadata, &self.remote_raw, &self.exhaust];
        (0..folders.len()).filter(move |&at| !folders[..at].contains(&folders[at])).map(move |at| folders[at])
    }
}
