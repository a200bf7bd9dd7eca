//! A host made of maps: it drives the service's steps as a real one does, with no socket, disk or clock.
//!
//! Sources are bytes with a time, conversions are told to come out at a length, and everything that a host is asked
//! to do is written down in `did`.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use slimpix::{
    codec::{Format, Looked},
    convert::{Kept, Params},
    error::{Error, ErrorKind},
    pixel::Size,
    service::{
        self, Body, FlightError, Found, FoundFile, Id, MadeInfo, OriginCaching, Policy, Record, RequestHead,
        Response, Source, SourceInfo, Step, Task, Validators, Write,
    },
};

/// The time at which scenarios begin.
pub fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// What the scripted host does with one flight.
#[derive(Debug, Clone)]
pub enum Flight {
    Lead,
    Follow(Result<(), FlightError>),
    Impatient,
}

/// A policy, some sources, a cache, and how things go.
pub struct Scenario {
    pub policy: Policy,
    pub now: SystemTime,
    /// By local path or remote URL.
    pub sources: BTreeMap<String, (Vec<u8>, SystemTime)>,
    /// By id.
    pub records: BTreeMap<String, Vec<u8>>,
    /// By id and format.
    pub files: BTreeMap<(String, Format), u64>,
    /// How long each format comes out; `Err` to fail. What isn't named moves and is kept.
    pub outcomes: BTreeMap<Format, Result<u64, ErrorKind>>,
    /// True if conversions end as soon as their result is sure to be too long.
    pub gives_up: bool,
    /// True if there is room.
    pub has_room: bool,
    /// How flights go; led when there is nothing left.
    pub flights: VecDeque<Flight>,
    /// Why the origin fails.
    pub origin_down: Option<ErrorKind>,
    /// What the origin says of keeping its answers.
    pub caching: OriginCaching,
    /// Its answers end before the picture does, as far as they are read.
    pub is_cut: Option<bool>,
    /// What the host was asked to do, in order.
    pub did: Vec<String>,
    /// The bytes for which there was to be room, in order.
    pub reserved: Vec<u64>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            now: noon(),
            sources: BTreeMap::new(),
            records: BTreeMap::new(),
            files: BTreeMap::new(),
            outcomes: BTreeMap::from([
                (Format::WebP, Ok(400)),
                (Format::Avif, Ok(300)),
                (Format::Jpeg, Ok(500)),
            ]),
            gives_up: false,
            has_room: true,
            flights: VecDeque::new(),
            origin_down: None,
            caching: OriginCaching::default(),
            is_cut: None,
            did: Vec::new(),
            reserved: Vec::new(),
        }
    }
}

impl Scenario {
    /// With a 64 × 48 JPEG of 1,000 bytes at `/a.jpg`, and this much more.
    pub fn with(change: impl FnOnce(&mut Policy)) -> Self {
        let mut scenario = Self::default();
        change(&mut scenario.policy);
        scenario.source("a.jpg", jpeg(64, 48, 1000))
    }

    pub fn source(mut self, path: &str, bytes: Vec<u8>) -> Self {
        self.sources.insert(path.to_owned(), (bytes, noon() - Duration::from_secs(3600)));
        self
    }

    pub fn outcome(mut self, format: Format, outcome: Result<u64, ErrorKind>) -> Self {
        self.outcomes.insert(format, outcome);
        self
    }

    /// A GET with these headers, each as `Name: value`.
    pub fn get(&mut self, uri: &str, headers: &[&str]) -> Response {
        self.request(Method::GET, uri, headers)
    }

    pub fn request(&mut self, method: Method, uri: &str, headers: &[&str]) -> Response {
        let step = self.begin(method, uri, headers);
        self.drive(step)
    }

    pub fn begin(&self, method: Method, uri: &str, headers: &[&str]) -> Step {
        let mut map = HeaderMap::new();
        for line in headers {
            let (name, value) = line.split_once(':').unwrap();
            map.append(name.parse::<HeaderName>().unwrap(), value.trim().parse().unwrap());
        }
        let uri: Uri = uri.parse().unwrap();
        let head = RequestHead { method: &method, uri: &uri, headers: &map };
        service::begin(Arc::new(self.policy.clone()), &head, self.now)
    }

    /// Does what the steps say until there is an answer.
    pub fn drive(&mut self, mut step: Step) -> Response {
        for _ in 0..100 {
            step = match step {
                Step::Respond(response) => return *response,
                step => self.perform(step),
            };
        }
        panic!("no answer after a hundred steps: {:?}", self.did);
    }

    /// Does one step.
    pub fn perform(&mut self, step: Step) -> Step {
        match step {
            Step::Lookup(lookup) => {
                self.note(format!("lookup {}", lookup.id.now));
                let local = match &lookup.source {
                    Source::Local { path, .. } => match self.sources.get(path) {
                        None => return lookup.no_source(),
                        Some((bytes, modified)) => Some(validators(bytes, *modified)),
                    },
                    _ => None,
                };
                let source_record = lookup.source_id.as_ref().and_then(|id| self.record_of(id).1);
                let (id, record) = self.record_of(&lookup.id);
                let files = self.files.iter().filter(|((of, _), _)| of == id);
                let found = |((_, format), len): (&(String, Format), &u64)| FoundFile {
                    format: *format,
                    len: *len,
                    hash: None,
                };
                let files = files.map(found).collect();
                lookup.found(Found { record, source_record, validators: local, files })
            }
            Step::Fetch(fetch) => self.fetch(fetch),
            Step::Join(join) => {
                self.note(format!("join {}", join.key));
                match self.flights.pop_front().unwrap_or(Flight::Lead) {
                    Flight::Lead => {
                        let id = join.key.split(['/', '.']).nth(1).unwrap().to_owned();
                        join.lead(self.record(&id))
                    }
                    Flight::Follow(Ok(())) => {
                        let id = join.key.split(['/', '.']).nth(1).unwrap().to_owned();
                        join.followed(Ok(self.record(&id).unwrap()))
                    }
                    Flight::Follow(Err(error)) => join.followed(Err(error)),
                    Flight::Impatient => join.impatient(),
                }
            }
            Step::Admit(admit) => {
                self.note("admit".to_owned());
                self.reserved.push(admit.bytes);
                let patience = admit.patience;
                if self.has_room { admit.granted(Duration::ZERO) } else { admit.refused(patience) }
            }
            Step::Convert(convert) => self.convert(convert),
            Step::Store(store) => {
                let (write, step) = store.take();
                self.store(&write);
                step
            }
            Step::Respond(_) => unreachable!("an answer is not performed"),
        }
    }

    fn fetch(&mut self, fetch: service::Fetch) -> Step {
        let name = match &fetch.source {
            Source::Local { path, .. } => path.clone(),
            Source::Remote { url, .. } => url.clone(),
            _ => unreachable!("no other sources"),
        };
        self.note(format!("fetch {name}"));
        if let Some(kind) = self.origin_down {
            return fetch.failed(Error::new(kind, "connection refused by 10.0.0.7"));
        }
        let Some((bytes, modified)) = self.sources.get(&name) else { return fetch.missing() };
        let validators = validators(bytes, *modified);
        let fetch = fetch.said(self.caching);
        if fetch.known.as_ref() == Some(&validators) {
            return fetch.unchanged();
        }
        let checksum = fetch.wants_checksum.then(|| service::hash_hex(bytes));
        fetch.found(SourceInfo { validators, looked: Looked::at(bytes), checksum, is_cut: self.is_cut })
    }

    fn convert(&mut self, convert: service::Convert) -> Step {
        let Task::Picture(Params { format, resize, .. }) = convert.job.task.clone() else {
            self.note("describe".to_owned());
            let name = match &convert.source {
                Source::Local { path, .. } => path,
                Source::Remote { url, .. } => url,
                _ => unreachable!("no other sources"),
            };
            let bytes = &self.sources[name].0;
            return match slimpix::convert::describe(bytes, &self.policy.limits) {
                Ok(description) => convert.described(&description),
                Err(error) => convert.failed(error),
            };
        };
        self.note(format!("convert {}", format.extension()));
        match self.outcomes.get(&format) {
            None => convert.kept(Kept::Animated),
            Some(Ok(len)) if self.gives_up && *len > convert.job.max_bytes => convert.kept(Kept::Larger),
            Some(Err(kind)) => convert.failed(Error::new(*kind, "row 7 of /srv/secret is torn")),
            Some(Ok(len)) => {
                let hash = service::hash_hex(format!("{format:?}{len}{resize:?}").as_bytes());
                let made = MadeInfo { len: *len, hash, size: Size::new(64, 48) };
                convert.made(made)
            }
        }
    }

    fn store(&mut self, write: &Write) {
        let id = write.record.id.clone();
        if write.forgets {
            self.note(format!("forget {id}"));
            self.records.remove(&id);
            self.files.retain(|(of, _), _| *of != id);
            return;
        }
        self.note(format!("store {id} {}", write.variant.map_or("-", Format::extension)));
        if let Some(format) = write.variant {
            let len = write.record.variant(format).unwrap().size;
            self.files.insert((id.clone(), format), len);
        }
        if let Some(format) = write.dropped {
            self.files.remove(&(id.clone(), format));
        }
        let mut merged = write.merged(self.record(&id));
        for gone in write.surplus(&mut merged, |_| ()) {
            self.note(format!("forget {gone}"));
            self.records.remove(&gone);
            self.files.retain(|(of, _), _| *of != gone);
        }
        self.records.insert(id, merged.to_json());
    }

    /// The record under the id of now or the old one; also gives which.
    fn record_of<'a>(&self, id: &'a Id) -> (&'a str, Option<Record>) {
        match self.record(&id.now) {
            Some(record) => (&id.now, Some(record)),
            None => (&id.old, self.record(&id.old)),
        }
    }

    pub fn record(&self, id: &str) -> Option<Record> {
        self.records.get(id).and_then(|json| Record::from_json(json))
    }

    /// How often something was done whose note begins so.
    pub fn count(&self, what: &str) -> usize {
        self.did.iter().filter(|note| note.starts_with(what)).count()
    }

    fn note(&mut self, what: String) {
        self.did.push(what);
    }
}

fn validators(bytes: &[u8], modified: SystemTime) -> Validators {
    Validators { len: bytes.len() as u64, modified: Some(modified), etag: None, file: None }
}

/// A header's value, or an empty text.
pub fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// What goes out: the media type of a picture, or the status of anything else.
pub fn sent(response: &Response) -> String {
    match (&response.body, response.status) {
        (Body::Source { .. } | Body::Variant { .. }, StatusCode::OK) => {
            header(response, "content-type").to_owned()
        }
        _ => response.status.as_u16().to_string(),
    }
}

/// The text of an answer that holds its own bytes.
pub fn text(response: &Response) -> String {
    match &response.body {
        Body::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        _ => String::new(),
    }
}

/// A baseline 4:2:0 JPEG header for that size, and zeros up to `len` bytes: enough for all that is decided here.
pub fn jpeg(width: u16, height: u16, len: usize) -> Vec<u8> {
    let ([w1, w0], [h1, h0]) = (width.to_be_bytes(), height.to_be_bytes());
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    bytes.extend([1; 64]);
    bytes.extend([0xff, 0xc0, 0, 17, 8, h1, h0, w1, w0, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]);
    bytes.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
    bytes.resize(len, 0);
    bytes
}
