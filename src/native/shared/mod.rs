//! Results that instances share in a bucket (`RESULTS`): what one has made the others find, and of those that want the
//! same at the same time one makes it. Disk and memory of each instance stay nearer; the bucket is asked where these
//! have nothing, and before anything is converted.
//!
//! A bucket that fails holds nobody up: each question has its time, after a failure nobody asks for some seconds, and each
//! instance makes its own.

mod entry;
mod figures;
mod lease;
mod names;
mod purge_list;
mod trouble;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};

pub(crate) use self::{entry::Entry, figures::Figures, lease::Lease, names::Keys, purge_list::Listed};
use self::{lease::Seen, trouble::Trouble};
use crate::{
    codec::Format,
    error::{Error, Kind, Result},
    native::bucket::{Bucket, Condition, Place},
    service::{Purge, Record},
};

/// What a small question may take.
const SHORT: Duration = Duration::from_secs(3);

/// What a result may take on its way.
const LONG: Duration = Duration::from_secs(20);

/// Between two looks at another instance's lease, at first and at last.
const LOOKS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// Bytes for which a permit stands.
const PERMIT: u64 = 1 << 10;

/// The bucket of shared results.
#[derive(Debug)]
pub(crate) struct Shared {
    bucket: Bucket,
    prefix: String,
    /// What results on their way from there take of memory.
    room: Arc<Semaphore>,
    most: u64,
    trouble: Trouble,
    figures: Figures,
}

/// What is to be done for a result.
#[derive(Debug)]
pub(crate) enum Settled {
    /// It is there.
    Found(Box<Entry>),
    /// It is to be made here. Without a lease the bucket failed.
    Make(Option<Lease>),
    /// Another instance makes it, and takes too long.
    Late,
}

/// Who says whether a result is of the present state of its source, and leaves nothing to do.
pub(crate) trait Judge {
    fn is_right(&self, entry: &Entry) -> impl Future<Output = bool> + Send;
}

/// How a flight of this instance stands with the others.
#[derive(Debug)]
pub(crate) struct Sharing {
    pub(crate) keys: Keys,
    pub(crate) format: Option<Format>,
    /// It came from there, or this instance is not to give it.
    pub(crate) is_there: bool,
    /// Given back when the flight lands.
    pub(crate) _lease: Option<Lease>,
}

impl Shared {
    /// Opens the bucket. Results on their way from there take so many bytes of memory at the most.
    ///
    /// # Errors
    /// As [`Bucket::open`].
    pub(crate) fn open(place: &Place, memory: u64) -> Result<Self> {
        let permits = usize::try_from(memory / PERMIT).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Ok(Self {
            bucket: Bucket::open(place)?,
            prefix: place.key.clone(),
            room: Arc::new(Semaphore::new(permits)),
            most: memory,
            trouble: Trouble::default(),
            figures: Figures::default(),
        })
    }

    /// The keys of a result: of the record with this id, in a format or as a description. `None` for a source whose name
    /// is too long.
    pub(crate) fn keys(&self, source: &str, id: &str, format: Option<Format>) -> Option<Keys> {
        Keys::new(&self.prefix, source, id, format.map_or("meta", Format::extension))
    }

    /// What came of it so far.
    pub(crate) const fn figures(&self) -> &Figures {
        &self.figures
    }

    /// True while the bucket isn't asked, since it failed.
    pub(crate) fn is_away(&self) -> bool {
        self.trouble.is_away()
    }

    /// Looks for a result, and waits while another instance makes it. The judge is asked where something is there.
    pub(crate) async fn settle(
        self: &Arc<Self>,
        keys: &Keys,
        format: Option<Format>,
        patience: Duration,
        judge: &impl Judge,
    ) -> Settled {
        let settled = self.look_and_wait(keys, format, patience, judge).await;
        match &settled {
            Settled::Found(_) => self.figures.hits.add(1),
            Settled::Make(Some(_)) => self.figures.misses.add(1),
            // An error, which is counted.
            Settled::Make(None) => {}
            Settled::Late => self.figures.late.add(1),
        }
        settled
    }

    async fn look_and_wait(
        self: &Arc<Self>,
        keys: &Keys,
        format: Option<Format>,
        patience: Duration,
        judge: &impl Judge,
    ) -> Settled {
        let (began, mut pause, mut seen, mut has_waited) = (Instant::now(), LOOKS.0, None, false);
        loop {
            if self.trouble.is_away() {
                return Settled::Make(None);
            }
            match self.find(keys, format).await {
                Some(Some(entry)) if judge.is_right(&entry).await => return Settled::Found(Box::new(entry)),
                Some(_) => {}
                None => return Settled::Make(None),
            }
            let gone = seen.as_ref().filter(|seen: &&Seen| seen.has_expired());
            if seen.is_none() || gone.is_some() {
                match self.within(SHORT, Lease::take(self, &keys.lease, gone)).await {
                    Some(Some(lease)) => return self.lead(keys, format, lease, judge).await,
                    Some(None) => {}
                    None => return Settled::Make(None),
                }
            }
            // Another has it: until it is given back, or has expired.
            if !std::mem::replace(&mut has_waited, true) {
                self.figures.waited.add(1);
            }
            loop {
                match self.within(SHORT, Seen::look(self, &keys.lease, seen.take())).await {
                    Some(looked) => seen = looked,
                    None => return Settled::Make(None),
                }
                if began.elapsed() >= patience {
                    return Settled::Late;
                }
                let Some(seen) = &seen else { break };
                time::sleep(pause).await;
                pause = (pause * 2).min(LOOKS.1);
                if seen.has_expired() {
                    break;
                }
            }
        }
    }

    /// Who has the lease looks once more: another may have been done since the last look.
    async fn lead(&self, keys: &Keys, format: Option<Format>, lease: Lease, judge: &impl Judge) -> Settled {
        match self.find(keys, format).await {
            Some(Some(entry)) if judge.is_right(&entry).await => Settled::Found(Box::new(entry)),
            Some(_) | None => Settled::Make(Some(lease)),
        }
    }

    /// Keeps a result, if something was made with its bytes. False if it isn't there now.
    pub(crate) async fn keep(
        &self,
        keys: &Keys,
        record: &Record,
        format: Option<Format>,
        made: Option<&Bytes>,
    ) -> bool {
        if self.trouble.is_away() {
            return false;
        }
        let parts = entry::write(record, format, made);
        let len: usize = parts.iter().map(Bytes::len).sum();
        let is_kept =
            self.within(LONG, self.bucket.put(&keys.result, parts, Condition::Anyhow)).await.is_some();
        self.figures.written_bytes.add(if is_kept { len as u64 } else { 0 });
        is_kept
    }

    /// Deletes a result.
    pub(crate) async fn drop_one(&self, keys: &Keys) {
        self.within(SHORT, self.bucket.delete(&keys.result)).await;
    }

    /// Deletes all results of a source.
    pub(crate) async fn forget(&self, source: &str) {
        let (prefix, name) = (self.prefix.clone(), source.to_owned());
        let is_its = move |key: &str| names::source_of(&prefix, key).is_some_and(|source| source == name);
        let below = names::results_of(&self.prefix, source);
        self.within(LONG, self.bucket.delete_below(&below, is_its)).await;
    }

    /// Deletes what is purged; gives how many results that were, and their bytes.
    ///
    /// # Errors
    /// [`Kind::Upstream`]; then it isn't known what went.
    pub(crate) async fn purge(&self, purge: &Purge) -> Result<(u64, u64)> {
        let (prefix, purge) = (self.prefix.clone(), purge.clone());
        let is_all = purge.is_all();
        let is_doomed = move |key: &str| {
            is_all || names::source_of(&prefix, key).is_some_and(|source| purge.takes(&source))
        };
        self.bucket.delete_below(&names::results(&self.prefix), is_doomed).await
    }

    /// The result of these keys, if there is one; `None` if the bucket failed. One that is damaged goes.
    async fn find(&self, keys: &Keys, format: Option<Format>) -> Option<Option<Entry>> {
        let Some(object) = self.within(SHORT, self.bucket.open_object(&keys.result)).await? else {
            return Some(None);
        };
        let Some(permit) = self.room_for(object.len).await else { return Some(None) };
        let result = self.within(LONG, object.read()).await?;
        self.figures.read_bytes.add(result.len() as u64);
        let bytes = Bytes::from_owner(Counted { result, _permit: permit });
        let entry = entry::read(&bytes, format);
        if entry.is_none() {
            self.figures.damaged.add(1);
            tracing::warn!(key = keys.result, "a damaged result in the bucket is dropped and made again");
            self.drop_one(keys).await;
        }
        Some(entry)
    }

    /// Room for so many bytes; `None` if there is never so much, or none in time.
    async fn room_for(&self, len: u64) -> Option<OwnedSemaphorePermit> {
        if len > self.most {
            return None;
        }
        let permits = u32::try_from(len.div_ceil(PERMIT)).ok()?;
        time::timeout(LONG, Arc::clone(&self.room).acquire_many_owned(permits)).await.ok()?.ok()
    }

    /// What comes of a question, if it does so in time. Who can't be asked is told of once.
    async fn within<T>(&self, patience: Duration, asking: impl Future<Output = Result<T>>) -> Option<T> {
        self.asked(patience, asking).await.ok()
    }

    /// The same, for who wants to say why nothing came.
    async fn asked<T>(&self, patience: Duration, asking: impl Future<Output = Result<T>>) -> Result<T> {
        let late = || Error::new(Kind::Upstream, "no answer in time");
        let answer = time::timeout(patience, asking).await.unwrap_or_else(|_| Err(late()));
        match &answer {
            Ok(_) => self.trouble.is_over(),
            Err(error) => {
                self.figures.errors.add(1);
                self.trouble.note(error);
            }
        }
        answer
    }
}

/// A result that came from the bucket, counted for as long as anybody has it.
struct Counted {
    result: Vec<u8>,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.result
    }
}
