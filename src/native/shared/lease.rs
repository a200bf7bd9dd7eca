//! Who makes a result: an object that is written only where there is none. Of instances that try at the same time one
//! has it; it says again and again that it is there, and who has not heard of it for a while takes its place.
//!
//! Only how long the object stays the same counts, by the clock of who looks at it: clocks of other machines may go
//! otherwise. One that is long past by the clocks' word is taken at once.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    process,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use tokio::{sync::oneshot, time};

use super::Shared;
use crate::{
    error::{Error, Kind, Result},
    native::bucket::{Condition, Version},
};

/// How long nothing is heard of who is gone.
pub(super) const EXPIRY: Duration = Duration::from_secs(6);

/// How often who has it is heard of.
const AGAIN: Duration = Duration::from_secs(2);

/// How long after it was heard of last nobody else can have it for sure, not even at the end of a [`super::SHORT`]
/// question.
const SURE: Duration = Duration::from_secs(3);

/// By how much clocks may differ.
const SKEW: Duration = Duration::from_secs(120);

/// The longest text of one.
const LONGEST: u64 = 256;

/// The right to make a result. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    /// Its end is seen by who renews it.
    _end: oneshot::Sender<()>,
}

/// A lease as it stands in the bucket.
struct Written {
    shared: Arc<Shared>,
    key: String,
    version: Version,
    /// When it began to be written.
    at: Instant,
}

/// What came of writing one anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Renewed {
    /// It is still this instance's.
    Ours,
    /// Another took it for gone, and makes the same now.
    Lost,
    /// The bucket failed.
    Unknown,
}

/// What is seen of another's.
#[derive(Debug)]
pub(super) struct Seen {
    version: Version,
    since: Instant,
    is_long_past: bool,
}

impl Lease {
    /// Takes one of that key if nobody has it, or, where `seen` has expired, in its place. `None` if another has it.
    ///
    /// # Errors
    /// [`Kind::Upstream`].
    pub(super) async fn take(shared: &Arc<Shared>, key: &str, seen: Option<&Seen>) -> Result<Option<Self>> {
        let condition = seen.map_or(Condition::IsNew, |seen| Condition::Is(seen.version.clone()));
        let at = Instant::now();
        let Some(version) = shared.bucket.put(key, text(), condition).await? else { return Ok(None) };
        shared.figures.taken.add(1);
        if seen.is_some() {
            shared.figures.taken_over.add(1);
            tracing::warn!(key, "another instance is gone: what it was making is made here");
        }
        let (end, ended) = oneshot::channel();
        tokio::spawn(Written { shared: Arc::clone(shared), key: key.to_owned(), version, at }.hold(ended));
        Ok(Some(Self { _end: end }))
    }
}

impl Written {
    /// Says again and again that it is there, until it is to be given back or another has it. Where the program ends
    /// before, it expires.
    async fn hold(mut self, mut ended: oneshot::Receiver<()>) {
        let mut renewed = Renewed::Ours;
        while renewed != Renewed::Lost {
            tokio::select! {
                biased;
                _ = &mut ended => break,
                () = time::sleep(AGAIN) => renewed = self.renew().await,
            }
        }
        self.shared.figures.ended.add(1);
        // A bucket can't be told to delete this one alone: where another could have taken it for gone by now, it is
        // written anew, on condition that it is still this one, and by that nobody else's for a while.
        if renewed != Renewed::Lost && self.at.elapsed() > SURE {
            renewed = self.renew().await;
        }
        if renewed == Renewed::Ours || renewed == Renewed::Unknown && self.at.elapsed() <= SURE {
            let deleting = async { self.shared.bucket.delete(&self.key).await };
            let _ = self.shared.within(super::SHORT, deleting).await;
        }
    }

    /// Writes it anew.
    async fn renew(&mut self) -> Renewed {
        let (at, condition) = (Instant::now(), Condition::Is(self.version.clone()));
        match time::timeout(EXPIRY, self.shared.bucket.put(&self.key, text(), condition)).await {
            Ok(Ok(Some(version))) => {
                (self.version, self.at) = (version, at);
                Renewed::Ours
            }
            Ok(Ok(None)) => {
                self.shared.figures.lost.add(1);
                tracing::warn!(key = self.key, "another instance took this one for gone: both make the same");
                Renewed::Lost
            }
            // It may be heard of next time.
            Ok(Err(_)) | Err(_) => {
                self.shared.figures.errors.add(1);
                Renewed::Unknown
            }
        }
    }
}

impl Seen {
    /// Looks at the lease of a key, which was seen before as `before`. `None` if there is none.
    ///
    /// # Errors
    /// [`Kind::Upstream`].
    pub(super) async fn look(shared: &Shared, key: &str, before: Option<Self>) -> Result<Option<Self>> {
        let Some(object) = shared.bucket.open_object(key).await? else { return Ok(None) };
        let version = object.version.clone();
        if let Some(same) = before.filter(|before| before.version == version) {
            return Ok(Some(same));
        }
        if object.len > LONGEST {
            return Err(Error::new(Kind::Upstream, "there is no lease where one should be"));
        }
        let is_long_past = until(&object.read().await?).is_some_and(|until| until + SKEW < SystemTime::now());
        Ok(Some(Self { version, since: Instant::now(), is_long_past }))
    }

    /// True if who has it is gone.
    pub(super) fn has_expired(&self) -> bool {
        self.is_long_past || self.since.elapsed() >= EXPIRY
    }
}

/// When it expires by this machine's clock, and what makes each text another, and so each version.
fn text() -> Vec<Bytes> {
    let until = SystemTime::now() + EXPIRY;
    let seconds = until.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let nonce = RandomState::new().hash_one(until);
    vec![format!("{seconds} {} {nonce:x}", process::id()).into()]
}

fn until(text: &[u8]) -> Option<SystemTime> {
    let seconds = std::str::from_utf8(text).ok()?.split(' ').next()?.parse().ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}
