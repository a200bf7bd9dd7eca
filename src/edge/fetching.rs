//! The step that asks the origin for an original: once for all who want it now, and not at all where that failed a moment
//! ago.

use super::{
    asking::{self, Answer},
    drive::Drive,
    source::{self, Opened, Opening},
};
use crate::{
    error::{Error, Result},
    service::{Fetch, OriginCaching, Seen, Source, SourceInfo, Step},
};

impl Drive {
    pub(super) async fn fetch(&mut self, fetch: Fetch) -> Step {
        let url = url(&fetch.source);
        if let Some(failed) = asking::failed_lately(&url) {
            return self.hear(fetch, failed).await;
        }
        let behind = match asking::join(&url, fetch.known.as_ref()) {
            asking::Place::Asking(asking) => {
                self.asking = Some(asking);
                return self.ask(fetch).await;
            }
            asking::Place::Behind(behind) => behind,
        };
        // Longer than the one who asks may take.
        let answer = behind.answer(self.settings.timeout * 2).await.unwrap_or(Answer::Alone);
        if matches!(answer, Answer::Found(_)) {
            self.behind = Some(behind);
        }
        self.hear(fetch, answer).await
    }

    /// Goes on with what another request was answered.
    async fn hear(&mut self, fetch: Fetch, answer: Answer) -> Step {
        match answer {
            Answer::Found(seen) => fetch.said(seen.caching()).found(seen.info()),
            Answer::Unchanged(caching) => fetch.said(caching).unchanged(),
            Answer::Missing => fetch.missing(),
            Answer::Failed(kind, what) => fetch.failed(Error::new(kind, what)),
            Answer::Alone => self.ask(fetch).await,
        }
    }

    /// Asks the origin, and tells who waits for that what came.
    async fn ask(&mut self, fetch: Fetch) -> Step {
        let url = url(&fetch.source);
        let (opened, info) = match self.open(&fetch).await {
            Ok(Asked::Found(opened, info)) => (opened, info),
            Ok(Asked::Unchanged(caching)) => {
                asking::forget(&url);
                self.tell(Answer::Unchanged(caching));
                return fetch.said(caching).unchanged();
            }
            Ok(Asked::Missing) => {
                asking::note(&url, None);
                self.tell(Answer::Missing);
                return fetch.missing();
            }
            Err(error) => {
                asking::note(&url, Some(&error));
                self.tell(Answer::Failed(error.kind(), error.to_string()));
                return fetch.failed(error);
            }
        };
        asking::forget(&url);
        let caching = opened.caching;
        if caching.restriction.is_some() {
            self.tell(Answer::Alone);
            self.asking = None;
        } else {
            self.tell(Answer::Found(Box::new(Seen::of(&info, caching))));
        }
        self.opened = Some(opened);
        fetch.said(caching).found(info)
    }

    /// Opens the original and looks at it. What is of no use is an error.
    async fn open(&self, fetch: &Fetch) -> Result<Asked> {
        let mut opened = match source::open(&self.settings, &fetch.source, fetch.known.as_ref()).await? {
            Opening::Found(opened) => opened,
            Opening::Unchanged(caching) => return Ok(Asked::Unchanged(caching)),
            Opening::Missing => return Ok(Asked::Missing),
        };
        let looked = opened.look_at(&self.settings, &fetch.source).await?;
        let (validators, is_cut) = (opened.validators.clone(), opened.is_cut(&looked));
        let info = SourceInfo { validators, looked, checksum: None, is_cut };
        match fetch.demand.refusal(&info) {
            Some(refusal) => Err(refusal),
            None => Ok(Asked::Found(opened, info)),
        }
    }

    fn tell(&self, answer: Answer) {
        if let Some(asking) = &self.asking {
            asking.tell(answer);
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
