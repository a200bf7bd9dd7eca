//! What holds while the server runs: all settings, decided by [`super::resolve`].

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use crate::{
    native::{bucket::Place, connection::watch::Patience},
    service::Policy,
    settings::{HostPort, Network},
};

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
    /// Where instances share what they make, if they do.
    pub(crate) results: Option<Place>,
    /// Conversions at a time.
    pub(crate) jobs: usize,
    /// Follow links that lead out of the folders.
    pub(crate) follow_links: bool,
    /// How long after one another passes over all that is kept begin; zero is never.
    pub(crate) verify_every: Duration,
    /// What is new in the folders is made before anybody asks.
    pub(crate) watch: bool,
    /// The widths that are made before anybody asks, beside the picture as it is.
    pub(crate) prefetch_widths: Vec<u32>,
    /// The folder of the demo page, when it is served.
    pub(crate) demo: Option<PathBuf>,
    /// Log lines as JSON.
    pub(crate) json_log: bool,
    /// Hosts of origins that may lead to private addresses.
    pub(crate) private_origins: Vec<String>,
    /// Whom to believe who asks.
    pub(crate) proxies: Vec<Network>,
    /// Where a line for each answer goes, if it does.
    pub(crate) access_log: Option<AccessLog>,
    /// Where operators ask, if on a listener of their own.
    pub(crate) admin_listen: Option<HostPort>,
    /// What operators show.
    pub(crate) admin_token: Option<String>,
    /// Who tries the server on its own machine is welcomed.
    pub(crate) welcome: bool,
    /// The folder is one of pictures to try it with.
    pub(crate) is_sample: bool,
    /// By name, what holds of the settings that can't change while it serves.
    pub(crate) fixed: BTreeMap<&'static str, String>,
    /// What people should know about their settings, one line each.
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// The names of what is otherwise than in other settings and can't change while it serves.
    pub(crate) fn fixed_changes(&self, before: &Self) -> Vec<&'static str> {
        let changed = self.fixed.iter().filter(|(name, value)| before.fixed.get(*name) != Some(*value));
        changed.map(|(name, _)| *name).collect()
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
