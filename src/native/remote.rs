//! Remote originals: had from their origin, once for all who want the same at the same time, and kept in a file.
//!
//! Everything that is fetched has a permit before it is asked for: there are as many as the budget's share for
//! originals has room for, and who finds none waits. Where the cache can't be written, an original is passed on as it
//! comes, or read into the room of its conversion; it is never held beside that.
//!
//! A bad answer takes no good one's place, and is remembered for seconds.

mod receiving;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use tokio::{sync::Semaphore, time};

use crate::{
    error::{Error, Kind, Result},
    native::{
        blocking::blocking,
        files::{self, Content},
        flight::{FlightEnd, Flights, Follower, Joined},
        lately::{self, Lately},
        passed_on::PassedOn,
        store::Store,
        upstream::{Answer, Upstream, Wanted},
    },
    service::{Demand, Failures, OriginCaching, Seen, Validators},
};

/// Bytes that an original takes while it is fetched: its first bytes, what is read ahead, its connection.
const PERMIT_BYTES: u64 = 256 << 10;

/// Permits that there are, however little memory.
const FEWEST_PERMITS: usize = 4;

/// How an original may be fetched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Bytes of memory that all of them have together.
    pub(crate) memory: u64,
    /// How long one waits for its permit.
    pub(crate) patience: Duration,
    /// Bytes of one.
    pub(crate) most_bytes: u64,
}

/// The origins, and what is under way from them.
#[derive(Debug)]
pub(crate) struct Remote {
    upstream: Upstream,
    store: Arc<Store>,
    fetches: Flights<FetchOutcome>,
    /// What is in its file, or as it was, as requests may not know yet that looked before it was recorded.
    lately: Lately<FetchOutcome>,
    failures: Mutex<Failures<Failed>>,
    permits: Arc<Semaphore>,
    bounds: Bounds,
}

/// What became of a fetch.
pub(crate) enum Fetched {
    /// It is there: with its bytes, or to be asked for once more by who needs them.
    Found(Box<Seen>, Option<Content>),
    /// It is as it was known; what the origin says of keeping it.
    Unchanged(OriginCaching),
    /// There is none.
    Missing,
}

/// A question to an origin.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) url: &'a str,
    /// Where the answer is to be kept.
    pub(crate) path: &'a Path,
    /// What is known of it.
    pub(crate) known: Option<&'a Validators>,
    /// What the answer must be.
    pub(crate) demand: Demand,
    /// For whom it is asked.
    pub(crate) asker: Asker<'a>,
    /// How many purges there had been before it is asked.
    pub(crate) purges: u64,
}

/// A request for which an origin is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    /// What the origin is told of it.
    pub(crate) passed_on: &'a PassedOn,
    /// When it looked in the cache.
    pub(crate) looked_at: Instant,
}

/// An error that any number of requests can have; without one there is no such original.
type Failed = Option<(Kind, String)>;

/// What a fetch found, as long as no record has it.
pub(crate) type Unwritten = lately::Unwritten<FetchOutcome>;

/// What a fetch tells all who wanted it.
#[derive(Debug, Clone)]
pub(crate) enum FetchOutcome {
    /// It is in its file.
    Kept(Box<Seen>),
    /// It is nowhere but with the leader.
    Passing(Box<Seen>),
    /// It is for the leader alone.
    Alone,
    Unchanged(OriginCaching),
    Failed(Failed),
}

/// What an origin answered.
enum Asked {
    Received(Received),
    Unchanged(OriginCaching),
    Missing,
}

/// What came, and whether it is in its file now.
struct Received {
    seen: Box<Seen>,
    content: Content,
    is_kept: bool,
}

impl Remote {
    /// The origins behind `upstream`.
    pub(crate) fn new(upstream: Upstream, store: Arc<Store>, bounds: Bounds) -> Self {
        let permits = usize::try_from(bounds.memory / PERMIT_BYTES).unwrap_or(usize::MAX);
        let permits = Arc::new(Semaphore::new(permits.clamp(FEWEST_PERMITS, Semaphore::MAX_PERMITS)));
        Self {
            upstream,
            store,
            fetches: Flights::default(),
            lately: Lately::default(),
            failures: Mutex::default(),
            permits,
            bounds,
        }
    }

    /// Asks an origin for an original, once for all who ask now, and not at all where it failed a moment ago. Until
    /// what came is recorded, and [`Unwritten`] dropped, who asks the same hears of it.
    ///
    /// # Errors
    /// As [`Upstream::get`]; [`Kind::Malformed`] for an answer of no use, [`Kind::Overload`] when there was no permit
    /// in time.
    pub(crate) async fn fetch(&self, question: Question<'_>) -> Result<(Fetched, Option<Unwritten>)> {
        let url = question.url;
        if let Some(failed) = self.failures(|failures| failures.find(url, SystemTime::now())) {
            return failed_lately(failed).map(|fetched| (fetched, None));
        }
        // What is on its way since before a purge is not for who asks after it.
        let key = format!("{} {url} {:?}", question.purges, question.known);
        let lead = match self.fetches.join(&key) {
            Joined::Leader(lead) => lead,
            Joined::Follower(follower) => {
                return self.follow(question, follower).await.map(|fetched| (fetched, None));
            }
        };
        if let Some(outcome) = self.lately.since(lead.key(), question.asker.looked_at) {
            lead.land(outcome.clone());
            return self.share(question, outcome).await.map(|fetched| (fetched, None));
        }
        let asked = self.noting(url, self.ask(question).await);
        let outcome = match &asked {
            Ok(Asked::Received(received)) => received.outcome(),
            Ok(Asked::Unchanged(caching)) => FetchOutcome::Unchanged(*caching),
            Ok(Asked::Missing) => FetchOutcome::Failed(None),
            Err(error) => FetchOutcome::Failed(Some((error.kind(), error.to_string()))),
        };
        let unwritten = matches!(outcome, FetchOutcome::Kept(_) | FetchOutcome::Unchanged(_))
            .then(|| self.lately.note(lead.key(), outcome.clone(), Instant::now()));
        lead.land(outcome);
        asked.map(|asked| (Fetched::from(asked), unwritten))
    }

    /// Forgets what was fetched and what failed lately.
    pub(crate) fn forget_lately(&self) {
        self.lately.forget_all();
        self.failures(|failures| *failures = Failures::default());
    }

    async fn follow(&self, question: Question<'_>, follower: Follower<FetchOutcome>) -> Result<Fetched> {
        match follower.outcome().await {
            FlightEnd::Landed(outcome) => self.share(question, outcome).await,
            FlightEnd::Panicked | FlightEnd::Abandoned => {
                Err(Error::new(Kind::Upstream, "the fetch broke off"))
            }
        }
    }

    /// What another request's fetch came to, for this one.
    async fn share(&self, question: Question<'_>, outcome: FetchOutcome) -> Result<Fetched> {
        match outcome {
            FetchOutcome::Kept(seen) => {
                let path = question.path.to_owned();
                match blocking(move || files::open_regular(&path)).await? {
                    Ok((file, _)) => Ok(Fetched::Found(seen, Some(Content::File(file)))),
                    // It is gone already.
                    Err(_) => self.fetch_alone(Question { known: None, ..question }).await,
                }
            }
            FetchOutcome::Passing(seen) => Ok(Fetched::Found(seen, None)),
            FetchOutcome::Alone => self.fetch_alone(Question { known: None, ..question }).await,
            FetchOutcome::Unchanged(caching) => Ok(Fetched::Unchanged(caching)),
            FetchOutcome::Failed(failed) => failed_lately(failed),
        }
    }

    /// Asks an origin for an original, for this request alone.
    ///
    /// # Errors
    /// As [`Remote::fetch`].
    pub(crate) async fn fetch_alone(&self, question: Question<'_>) -> Result<Fetched> {
        self.noting(question.url, self.ask(question).await).map(Fetched::from)
    }

    /// Remembers what the origin failed to give. What we failed to take is no fault of its.
    fn noting(&self, url: &str, asked: Result<Asked>) -> Result<Asked> {
        let failed = match &asked {
            Ok(Asked::Missing) => None,
            Err(error) if matches!(error.kind(), Kind::Upstream | Kind::Malformed | Kind::LimitExceeded) => {
                Some((error.kind(), error.to_string()))
            }
            Ok(_) => {
                self.failures(|failures| failures.forget(url));
                return asked;
            }
            Err(_) => return asked,
        };
        self.failures(|failures| failures.note(url, failed, SystemTime::now()));
        asked
    }

    fn failures<T>(&self, look: impl FnOnce(&mut Failures<Failed>) -> T) -> T {
        // They are whole at every moment, so a panic elsewhere does not spoil them.
        look(&mut self.failures.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks the origin. What it says is unchanged but not to be shared must be had anew: nothing that is kept will do.
    async fn ask(&self, question: Question<'_>) -> Result<Asked> {
        let waiting = Arc::clone(&self.permits).acquire_owned();
        let permit = match time::timeout(self.bounds.patience, waiting).await {
            Ok(Ok(permit)) => permit,
            _ => return Err(Error::new(Kind::Overload, "no room for the original in time")),
        };
        let mut answer = self.get(question, question.known).await?;
        if let Answer::Unchanged(OriginCaching { restriction: Some(_), .. }) = answer {
            answer = self.get(question, None).await?;
        }
        match answer {
            Answer::Unchanged(caching) => Ok(Asked::Unchanged(caching)),
            Answer::Missing => Ok(Asked::Missing),
            Answer::Body(download) => self.receive(question, *download, permit).await.map(Asked::Received),
        }
    }

    async fn get(&self, question: Question<'_>, known: Option<&Validators>) -> Result<Answer> {
        let wanted = Wanted { url: question.url, known, fields: question.asker.passed_on.fields() };
        self.upstream.get(wanted, self.bounds.most_bytes).await
    }
}

impl Received {
    fn outcome(&self) -> FetchOutcome {
        let seen = self.seen.clone();
        match self.is_kept {
            _ if seen.caching().restriction.is_some() => FetchOutcome::Alone,
            true => FetchOutcome::Kept(seen),
            false => FetchOutcome::Passing(seen),
        }
    }
}

impl From<Asked> for Fetched {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Received(Received { seen, content, .. }) => Self::Found(seen, Some(content)),
            Asked::Unchanged(caching) => Self::Unchanged(caching),
            Asked::Missing => Self::Missing,
        }
    }
}

fn failed_lately(failed: Failed) -> Result<Fetched> {
    match failed {
        None => Ok(Fetched::Missing),
        Some((kind, what)) => Err(Error::new(kind, what)),
    }
}

#[cfg(test)]
mod tests;
