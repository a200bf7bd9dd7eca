//! The steps of a request, as the hosts see them. Each one's methods consume it and give the next; what they
//! decide stands in `exchange`.

use std::time::Duration;

use super::{
    demand::Demand,
    exchange::Exchange,
    freshness::OriginCaching,
    job::{Job, Product},
    key::Id,
    record::{FoundFile, Record, Validators},
    respond::Response,
    route::Source,
    seen::SourceInfo,
    write::Write,
};
use crate::{
    codec::Format,
    convert::{Description, Kept},
    error::{Error, Kind},
    pixel::Size,
};

/// What is to be done next for a request.
#[derive(Debug, Clone)]
#[must_use]
pub enum Step {
    /// Look in the cache.
    Lookup(Lookup),
    /// Look at the source.
    Fetch(Fetch),
    /// Be the one who converts, or wait for that one.
    Join(Join),
    /// Wait for room.
    Admit(Admit),
    /// Convert.
    Convert(Convert),
    /// Write into the cache.
    Store(Box<Store>),
    /// Answer.
    Respond(Box<Response>),
}

impl Step {
    /// How traces call it; `None` for the end, which takes no time.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        match self {
            Self::Lookup(_) => Some("lookup"),
            Self::Fetch(_) => Some("fetch"),
            Self::Join(_) => Some("join"),
            Self::Admit(_) => Some("admit"),
            Self::Convert(_) => Some("convert"),
            Self::Store(_) => Some("store"),
            Self::Respond(_) => None,
        }
    }

    /// The key of the flight that this step belongs to. A host that leads a flight ends it as soon as the next step
    /// doesn't name it. It tells its followers the record of the flight's `Store`; if there was none, the record
    /// it gave to [`Join::lead`] when nothing was admitted after that, or else the failure it reported.
    #[must_use]
    pub fn flight(&self) -> Option<&str> {
        match self {
            Self::Admit(Admit { key, .. }) | Self::Convert(Convert { key, .. }) => Some(key),
            Self::Store(store) => store.flight(),
            _ => None,
        }
    }
}

/// Asks the cache for the record of an id, and the file system for the validators of a local source.
#[derive(Debug, Clone)]
#[must_use]
pub struct Lookup {
    /// Where the picture comes from. Its [`Source::folder`] is the folder of the id.
    pub source: Source,
    /// The id whose record is wanted: the one of now, or, where there is none, the old one.
    pub id: Id,
    /// The id of the source's own record, when it is another one: that is wanted too, in the same way.
    pub source_id: Option<Id>,
    pub(super) exchange: Box<Exchange>,
}

/// What a look-up found. Everything is optional.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The record of `id`.
    pub record: Option<Record>,
    /// The record of `source_id`.
    pub source_record: Option<Record>,
    /// The present state of a local source.
    pub validators: Option<Validators>,
    /// The variant files of `id`; needed only for a record whose `slimpix` is `None`.
    pub files: Vec<FoundFile>,
}

impl Lookup {
    /// The look-up found this.
    pub fn found(self, found: Found) -> Step {
        self.exchange.on_found(found)
    }

    /// There is no such local file.
    pub fn no_source(self) -> Step {
        self.exchange.not_found()
    }

    /// The key of the whole answer in a cache of answers (the Cache API): the same for all requests that get the same
    /// answer, however their `Accept` is written. `None` if this answer is not for such a cache.
    #[must_use]
    pub fn answer_key(&self) -> Option<String> {
        self.exchange.answer_key(&self.id.now)
    }

    /// A cache of answers has it: the headers of [`Whole`](super::Whole) as they were stored, and the body's length
    /// in bytes.
    pub fn answered(self, headers: http::HeaderMap, len: u64) -> Step {
        self.exchange.on_answered(headers, len)
    }
}

/// Asks for the source's first bytes and its validators.
#[derive(Debug, Clone)]
#[must_use]
pub struct Fetch {
    /// Where it is.
    pub source: Source,
    /// The state that is known; a remote source may be asked for conditionally (`If-None-Match` with its entity
    /// tag, else `If-Modified-Since`).
    pub known: Option<Validators>,
    /// The hash of the whole source is wanted, to see whether variants from before slimpix are still right.
    pub wants_checksum: bool,
    /// What a remote source must be. One that is refused is not kept, and is a failure like any.
    pub demand: Demand,
    pub(super) exchange: Box<Exchange>,
}

impl Fetch {
    /// What the origin says of keeping what it answers. To be said before the answer. Where that is not to be shared,
    /// nothing of it will be kept, nor told to others, and the host does neither by itself.
    pub fn said(mut self, caching: OriginCaching) -> Self {
        self.exchange.hear(caching);
        self
    }

    /// This is the source.
    pub fn found(self, info: SourceInfo) -> Step {
        self.exchange.on_fetched(info)
    }

    /// It is as it was (a 304).
    pub fn unchanged(self) -> Step {
        self.exchange.on_unchanged()
    }

    /// There is none (a 404 or 410).
    pub fn missing(self) -> Step {
        self.exchange.not_found()
    }

    /// The source can't be read or fetched. The service uses what it knows of it, if that may be.
    pub fn failed(self, error: Error) -> Step {
        self.exchange.on_fetch_failed(&error)
    }
}

/// Joins the flight of a key: the first request leads it and converts, the others wait for the result.
#[derive(Debug, Clone)]
#[must_use]
pub struct Join {
    /// The flight's key.
    pub key: String,
    /// How long to wait for the leader at the most.
    pub patience: Duration,
    /// The patience ends before the conversion does, and something else is sent then.
    pub(super) is_hasty: bool,
    pub(super) job: Job,
    pub(super) exchange: Box<Exchange>,
}

/// Why a leader had nothing to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlightError {
    /// It failed, or was refused room (`Kind::Overload`).
    Failed(Kind),
    /// It panicked, or trapped.
    Panicked,
    /// It went away before it was done.
    Abandoned,
}

impl Join {
    /// The id of the record that the flight is about.
    #[must_use]
    pub fn id(&self) -> &str {
        self.exchange.record_id()
    }

    /// Nobody else is at it. `current` is the record of the id as it is now, read after the lead was taken: somebody
    /// may have finished just before.
    pub fn lead(self, current: Option<Record>) -> Step {
        self.exchange.on_lead(self.key, self.job, current)
    }

    /// The format that is to be made; `None` is the description.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        match self.job.task.product() {
            Product::Picture(format) => Some(format),
            Product::Description => None,
        }
    }

    /// The checksum of a local source's present bytes, where they were read before.
    #[must_use]
    pub fn known_checksum(&self) -> Option<&str> {
        self.exchange.known_checksum()
    }

    /// True if a record of another host's is of the same source as it is here, and leaves nothing to do. `checksum` is
    /// that of a local source's bytes here.
    #[must_use]
    pub fn is_settled_by(&self, record: &Record, checksum: Option<&str>) -> bool {
        self.exchange.clone().adopt(&self.job, record.clone(), checksum)
    }

    /// Nobody else is at it, and another host has made it: the host has the bytes for the `Store` that follows.
    pub fn shared(self, record: Record, checksum: Option<&str>) -> Step {
        self.exchange.on_shared(self.key, self.job, record, checksum)
    }

    /// The leader is done.
    pub fn followed(self, result: Result<Record, FlightError>) -> Step {
        self.exchange.on_followed(self.job, result)
    }

    /// The leader took too long.
    pub fn impatient(self) -> Step {
        self.exchange.on_impatient(&self.job, self.is_hasty)
    }

    /// The same join by one who works for no visitor, where the visitor will not wait until the end: a host that can work
    /// beside answering has that one lead, and follows.
    #[must_use]
    pub fn in_background(&self) -> Option<Self> {
        if !self.is_hasty {
            return None;
        }
        match self.exchange.in_background().join(self.job.clone()) {
            Step::Join(join) => Some(join),
            _ => None,
        }
    }
}

/// Asks for memory out of the budget of all conversions.
#[derive(Debug, Clone)]
#[must_use]
pub struct Admit {
    /// The most bytes that the conversion will hold at once, the source file included.
    pub bytes: u64,
    /// How long to wait at the most. At zero: only if there is room now.
    pub patience: Duration,
    pub(super) key: String,
    pub(super) job: Job,
    pub(super) exchange: Box<Exchange>,
}

impl Admit {
    /// The budget has room, after that time. The bytes stay taken until `Convert` is finished.
    pub fn granted(self, waited: Duration) -> Step {
        self.exchange.on_granted(self.key, self.job, waited)
    }

    /// The budget had no room in that time.
    pub fn refused(self, waited: Duration) -> Step {
        self.exchange.on_refused(&self.job, waited)
    }
}

/// The state that a source must be in when the host opens it.
#[derive(Debug, Clone, Default)]
pub struct ExpectedSource {
    /// The state.
    pub validators: Validators,
    /// The checksum of the copy that is kept of a remote one, where it is known.
    pub hash: Option<String>,
}

/// Convert: read the whole source (from wherever the host keeps it, or from where it came) and run the job.
#[derive(Debug, Clone)]
#[must_use]
pub struct Convert {
    /// The job.
    pub job: Job,
    /// The source.
    pub source: Source,
    /// The state that the source must be in.
    pub expected: Box<ExpectedSource>,
    pub(super) key: String,
    pub(super) exchange: Box<Exchange>,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeInfo {
    /// Its length in bytes.
    pub len: u64,
    /// [`hash_hex`](super::hash_hex) of its bytes.
    pub hash: String,
    /// Its size in pixels.
    pub size: Size,
}

impl Convert {
    /// The source that was read ends before the picture does. To be said before what came of it.
    pub fn of_cut(mut self) -> Self {
        self.exchange.doubt();
        self
    }

    /// [`hash_hex`](super::hash_hex) of a local source's bytes. To be said before what came of them, be it nothing: other
    /// hosts know by it that theirs are the same.
    pub fn of_bytes(mut self, checksum: &str) -> Self {
        self.exchange.set_checksum(checksum);
        self
    }

    /// A picture was made. The host keeps its bytes for the `Store` that follows, if one wants them.
    pub fn made(self, made: MadeInfo) -> Step {
        self.exchange.on_made(self.key, &self.job, made)
    }

    /// The source is to be used as it is.
    pub fn kept(self, kept: Kept) -> Step {
        match kept {
            Kept::Animated => self.exchange.on_animated(self.key, &self.job),
            Kept::Larger => self.exchange.on_larger(self.key, &self.job),
        }
    }

    /// The source was described.
    pub fn described(self, description: &Description) -> Step {
        self.exchange.on_described(self.key, description)
    }

    /// It failed. A panic counts as `Kind::Internal`.
    pub fn failed(self, error: Error) -> Step {
        self.exchange.on_convert_failed(self.key, &self.job, &error)
    }
}

/// Write into the cache.
#[derive(Debug, Clone)]
#[must_use]
pub struct Store {
    /// What to write.
    pub write: Write,
    pub(super) key: Option<String>,
    pub(super) exchange: Box<Exchange>,
}

impl Store {
    /// The key of the flight whose result it is, if it is one's.
    #[must_use]
    pub fn flight(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Written, or to be written after answering. A cache that can't be written is no reason not to answer: then the
    /// host serves the body from memory.
    pub fn done(self) -> Step {
        self.exchange.advance()
    }

    /// The write, to be kept for later, and the next step.
    pub fn take(self) -> (Write, Step) {
        (self.write, self.exchange.advance())
    }
}
