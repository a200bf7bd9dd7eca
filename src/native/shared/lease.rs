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
use tokio::{runtime::Handle, task::JoinHandle, time};

use super::Shared;
use crate::{
    error::{Error, Kind, Result},
    native::bucket::{Condition, Version},
};

/// How long nothing is heard of who is gone.
pub(super) const EXPIRY: Duration = Duration::from_secs(6);

/// How often who has it is heard of.
const AGAIN: Duration = Duration::from_secs(2);

/// By how much clocks may differ.
const SKEW: Duration = Duration::from_secs(120);

/// The longest text of one.
const LONGEST: u64 = 256;

/// The right to make a result. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    shared: Arc<Shared>,
    key: String,
    renewing: JoinHandle<()>,
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
        let Some(version) = shared.bucket.put(key, text(), condition).await? else { return Ok(None) };
        if seen.is_some() {
            tracing::warn!(key, "another instance is gone: what it was making is made here");
        }
        let renewing = tokio::spawn(renew(Arc::clone(shared), key.to_owned(), version));
        Ok(Some(Self { shared: Arc::clone(shared), key: key.to_owned(), renewing }))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing.abort();
        // Without a runtime the program ends, and it expires.
        if let Ok(runtime) = Handle::try_current() {
            let (shared, key) = (Arc::clone(&self.shared), std::mem::take(&mut self.key));
            runtime.spawn(async move {
                let deleting = async { shared.bucket.delete(&key).await };
                let _ = shared.within(super::SHORT, deleting).await;
            });
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

/// Says again and again that it is there, until another has it.
async fn renew(shared: Arc<Shared>, key: String, mut version: Version) {
    loop {
        time::sleep(AGAIN).await;
        let put = shared.bucket.put(&key, text(), Condition::Is(version.clone()));
        match time::timeout(EXPIRY, put).await {
            Ok(Ok(Some(next))) => version = next,
            // Another took it for gone, and makes it now, too.
            Ok(Ok(None)) => return,
            // It may be heard of next time.
            Ok(Err(_)) | Err(_) => {}
        }
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
