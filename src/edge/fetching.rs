//! The step that asks the origin for an original: once for all who want it now, and not at all where that failed a
//! moment ago.

use super::{
    drive::Drive,
    fetch_flight::{self, FetchOutcome, Joined},
    source::{self, Fetched, Opened},
};
use crate::{
    error::{Error, Result},
    service::{Fetch, OriginCaching, Seen, Source, SourceInfo, Step},
};

impl Drive {
    pub(super) async fn fetch(&mut self, fetch: Fetch) -> Step {
        let url = url(&fetch.source);
        if let Some(failed) = fetch_flight::failed_lately(&url) {
            return self.hear(fetch, failed).await;
        }
        let follower = match fetch_flight::join(&url, fetch.known.as_ref(), self.basis.last_purge()) {
            Joined::Leader(lead) => {
                self.fetch_lead = Some(lead);
                return self.ask(fetch).await;
            }
            Joined::Follower(follower) => follower,
        };
        self.basis.build_on(follower.begun());
        // Longer than the one who asks may take.
        let outcome = follower.outcome(self.settings.timeout * 2).await.unwrap_or(FetchOutcome::Alone);
        if matches!(outcome, FetchOutcome::Found(_)) {
            self.fetch_follower = Some(follower);
        }
        self.hear(fetch, outcome).await
    }

    /// Goes on with what another request was answered.
    async fn hear(&mut self, fetch: Fetch, outcome: FetchOutcome) -> Step {
        match outcome {
            FetchOutcome::Found(seen) => fetch.said(seen.caching()).found(seen.info()),
            FetchOutcome::Unchanged(caching) => fetch.said(caching).unchanged(),
            FetchOutcome::Missing => fetch.missing(),
            FetchOutcome::Failed(kind, what) => fetch.failed(Error::new(kind, what)),
            FetchOutcome::Alone => self.ask(fetch).await,
        }
    }

    /// Asks the origin, and tells who waits for that what came.
    async fn ask(&mut self, fetch: Fetch) -> Step {
        let url = url(&fetch.source);
        let (opened, info) = match self.open(&fetch).await {
            Ok(Asked::Found(opened, info)) => (opened, info),
            Ok(Asked::Unchanged(caching)) => {
                fetch_flight::forget(&url);
                self.tell(FetchOutcome::Unchanged(caching));
                return fetch.said(caching).unchanged();
            }
            Ok(Asked::Missing) => {
                fetch_flight::note(&url, None);
                self.tell(FetchOutcome::Missing);
                return fetch.missing();
            }
            Err(error) => {
                fetch_flight::note(&url, Some(&error));
                self.tell(FetchOutcome::Failed(error.kind(), error.to_string()));
                return fetch.failed(error);
            }
        };
        fetch_flight::forget(&url);
        let caching = opened.caching;
        if caching.restriction.is_some() {
            self.tell(FetchOutcome::Alone);
            self.fetch_lead = None;
        } else {
            self.tell(FetchOutcome::Found(Box::new(Seen::of(&info, caching))));
        }
        self.opened = Some(opened);
        fetch.said(caching).found(info)
    }

    /// Opens the original and looks at it. What is of no use is an error.
    async fn open(&self, fetch: &Fetch) -> Result<Asked> {
        let mut opened = match source::open(&self.settings, &fetch.source, fetch.known.as_ref()).await? {
            Fetched::Found(opened) => opened,
            Fetched::Unchanged(caching) => return Ok(Asked::Unchanged(caching)),
            Fetched::Missing => return Ok(Asked::Missing),
        };
        let looked = opened.look_at(&self.settings, &fetch.source).await?;
        let (validators, is_cut) = (opened.validators.clone(), opened.is_cut(&looked));
        let info = SourceInfo { validators, looked, checksum: None, is_cut };
        match fetch.demand.refusal(&info) {
            Some(refusal) => Err(refusal),
            None => Ok(Asked::Found(opened, info)),
        }
    }

    fn tell(&self, outcome: FetchOutcome) {
        if let Some(lead) = &self.fetch_lead {
            lead.tell(outcome);
        }
    }
}

/// What the origin answered.
enum Asked {
    Found(Box<Opened>, SourceInfo),
    Unchanged(OriginCaching),
    Missing,
}

fn url(source: &Source) -> String {
    match source {
        Source::Remote { url, .. } => url.clone(),
        Source::Local { name, .. } => name.clone(),
    }
}
