//! What follows from what: one request from its head to its answer.
//!
//! [`begin`] makes an [`Exchange`], the steps hand results to its `on_*` methods, and [`Exchange::advance`] decides
//! what is next once the source is known. `selection` says what is worth making, `respond` writes the answers.

mod answering;
mod converting;
mod sharing;
mod trust;

use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

use http::Method;

use super::{
    conditional::Conditions,
    forms,
    freshness::OriginCaching,
    hints::{Heeded, Hints},
    job::Product,
    key::{self, Id},
    negotiation::Accepted,
    params::{Topic, Wanted},
    policy::Policy,
    record::{FoundFile, Record, SourceState, Variant},
    respond,
    restriction::Restriction,
    route::{RequestHead, Route, Source, onward, route},
    seen::SourceInfo,
    selection::SkipReason,
    steps::{Fetch, Found, Lookup, Step},
    trace::Trace,
    write::Write,
};
use crate::{
    codec::{Format, Looked},
    error::{Error, Kind},
};

/// How often a request tries again after a leader went away or a file was lost.
const TRIES: u8 = 2;

/// Begins a request.
pub fn begin(policy: Arc<Policy>, head: &RequestHead<'_>, now: SystemTime) -> Step {
    let conditions = Conditions::from_head(head.method, head.headers);
    let is_head = conditions.is_head;
    let form = match forms::read(head, &policy) {
        Ok(form) => form,
        // That is told of any path.
        Err(_) if !matches!(*head.method, Method::GET | Method::HEAD) => {
            return respond::wrong_method().into();
        }
        Err(refusal) => return respond::refused_form(&refusal, is_head).into(),
    };
    let onward = if form.uri.is_some() { None } else { onward(head, &policy) };
    let uri = form.uri.as_ref().unwrap_or(head.uri);
    let head = &RequestHead { uri, ..*head };
    let other = match route(head, &policy) {
        Route::Source(source) => Ok(source),
        Route::Health => Err(respond::health(is_head)),
        Route::WrongMethod => Err(respond::wrong_method()),
        Route::Refused(name) => Err(respond::wrong_extension(&name, is_head)),
        Route::NotFound => Err(respond::without_body_if(respond::error(Kind::NotFound, None), is_head)),
    };
    let source = match other {
        Ok(source) => source,
        Err(response) => return response.with_onward(onward).into(),
    };
    // What may not be asked for isn't asked of the origin either.
    let expires = match form.proof.check(&policy, now) {
        Ok(expires) => expires,
        Err(why) => return respond::unsigned(why, is_head).into(),
    };
    if let Err(refusal) = form.check(&source) {
        return respond::refused_form(&refusal, is_head).into();
    }
    let query = uri.query().unwrap_or("");
    let topic = Topic::from_query(query, &policy);
    let hints = if policy.client_hints { Hints::from_headers(head.headers) } else { Hints::default() };
    let (wanted, heeded) = match topic {
        Topic::Meta => Default::default(),
        _ => match Wanted::from_query(query, &policy, hints) {
            Ok(wanted) => wanted,
            Err(what) => return respond::wrong_parameter(&what, is_head).into(),
        },
    };
    // A URL that names a format has one answer for everybody.
    let accepted = match wanted.format {
        Some(_) => Accepted::anything(),
        None => Accepted::from_headers(head.headers, policy.by_user_agent),
    };
    Box::new(Exchange {
        policy,
        now,
        conditions,
        accepted,
        topic,
        record: Record::default(),
        source_record: None,
        source,
        wanted,
        files: Vec::new(),
        state: None,
        writes: Vec::new(),
        gave_up: BTreeMap::new(),
        trace: Trace::default(),
        lost: BTreeMap::new(),
        tries: 0,
        is_background: false,
        asks_after: None,
        onward,
        restriction: None,
        said: OriginCaching::default(),
        doubts: 0,
        expires,
        heeded,
    })
    .look_up()
}

/// A request on its way.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    policy: Arc<Policy>,
    now: SystemTime,
    conditions: Conditions,
    accepted: Accepted,
    topic: Topic,
    source: Source,
    wanted: Wanted,
    /// The record of the id.
    record: Record,
    /// The source's own record, where that has another id.
    source_record: Option<Record>,
    /// Variants beside a record that webp_server_go wrote.
    files: Vec<FoundFile>,
    /// What is known to be true of the source now.
    state: Option<SourceState>,
    /// To be stored before anything else happens.
    writes: Vec<PendingWrite>,
    gave_up: BTreeMap<Product, SkipReason>,
    trace: Trace,
    /// Files that weren't there, whatever a record says.
    lost: BTreeMap<Format, Variant>,
    tries: u8,
    is_background: bool,
    /// What the answer goes by, and is to be asked about after it.
    asks_after: Option<SourceState>,
    /// Where the request goes on to when what is there is no picture.
    onward: Option<String>,
    /// Why nothing of this is kept or shared, if so.
    restriction: Option<Restriction>,
    /// What the origin said of keeping what it answered.
    said: OriginCaching,
    /// How often in a row before it gave what may not be all of a picture.
    doubts: u32,
    /// When the URL expires.
    expires: Option<SystemTime>,
    /// The client hints on which the answer depends.
    heeded: Heeded,
}

/// Something to be stored.
#[derive(Debug, Clone)]
struct PendingWrite {
    write: Write,
    /// The key of the flight whose result it is.
    flight: Option<String>,
}

/// Looking up.
impl Exchange {
    fn look_up(mut self: Box<Self>) -> Step {
        let text = key::text(&self.source, &self.wanted);
        let id = Id::of(&text);
        let source_id = Some(self.source.id()).filter(|source_id| *source_id != id);
        self.record = Record::empty(id.now.clone(), text);
        let source_text = key::text(&self.source, &Wanted::default());
        self.source_record = source_id.clone().map(|id| Record::empty(id.now, source_text));
        Step::Lookup(Lookup { source: self.source.clone(), id, source_id, exchange: self })
    }

    pub(super) fn on_found(mut self: Box<Self>, mut found: Found) -> Step {
        if self.restriction.is_some() {
            // What was kept before is not to be used either.
            found = Found { validators: found.validators, ..Found::default() };
        }
        if let Some(record) = found.record.filter(|record| record.is_of(&self.record.path)) {
            self.record = record;
            self.files = found.files;
        }
        let own = self.source_record.as_ref().map(|own| own.path.clone());
        let source_record = found.source_record.filter(|record| own.is_some_and(|path| record.is_of(&path)));
        match source_record {
            // What webp_server_go wrote waits until it is asked for: its files aren't known here.
            Some(stored) if stored.is_foreign() => self.source_record = None,
            Some(stored) => self.source_record = Some(stored),
            None => {}
        }
        if let Some(state) = self.state.take() {
            // Seen by this very request, before it looked up another id.
            return self.on_state(state);
        }
        match self.known() {
            Some(state) if self.is_fresh(&state, found.validators.as_ref()) => self.on_state(state),
            Some(state) if self.may_be_stale_meanwhile(&state) => {
                self.asks_after = Some(state.clone());
                self.trace.is_stale = true;
                self.on_state(state)
            }
            known => self.fetch(known, found.validators.map(|validators| validators.len)),
        }
    }

    pub(super) fn on_answered(self: Box<Self>, headers: http::HeaderMap, len: u64) -> Step {
        let name = self.source.name().to_owned();
        let mut fresh = self.clone();
        // The same request without a cache of answers, should the body turn out to be lost.
        fresh.tries = fresh.tries.saturating_add(1);
        respond::answered(headers, len, &self.conditions)
            .until(self.expires, self.now)
            .with_log(|log| log.source = name)
            .with_exchange(fresh)
            .into()
    }

    pub(super) fn record_id(&self) -> &str {
        &self.record.id
    }

    pub(super) fn answer_key(&self, id: &str) -> Option<String> {
        if self.topic != Topic::Picture {
            return None;
        }
        let format = self.wanted.format.map_or("auto", Format::extension);
        Some(format!("{}/{id}/{format}/{:x}", self.source.folder(), self.accepted.bits()))
    }
}

/// Looking at the source.
impl Exchange {
    /// `len` is the present length of a local source, if it was asked.
    fn fetch(self: Box<Self>, known: Option<SourceState>, len: Option<u64>) -> Step {
        let is_remote = matches!(self.source, Source::Remote { .. });
        // Another file may hold the same bytes, of which all that was made is still right.
        let may_be_same = |record: &Record| !record.checksum.is_empty() && len == Some(record.size);
        let wants_checksum = match self.record.is_foreign() {
            true => !is_remote && !self.files.is_empty(),
            false => {
                let records = [Some(&self.record), self.source_record.as_ref()];
                !is_remote && records.into_iter().flatten().any(may_be_same)
            }
        };
        let demand = self.demand(known.as_ref());
        // An origin that is asked whether a part of a picture is still what it has may well say yes.
        let is_good = |state: &SourceState| state.doubts == 0 && demand.takes(state);
        let known = known.filter(|state| is_remote && is_good(state)).map(|state| state.validators);
        Step::Fetch(Fetch { source: self.source.clone(), known, wants_checksum, demand, exchange: self })
    }

    pub(super) fn on_fetched(mut self: Box<Self>, info: SourceInfo) -> Step {
        let known = self.known();
        let demand = self.demand(known.as_ref());
        if !self.is_local() {
            if let Some(refusal) = demand.refusal(&info) {
                return self.on_fetch_failed(&refusal);
            }
            self.doubts = known.as_ref().map_or(0, |state| state.doubts);
        }
        let is_doubtful = !self.is_local() && demand.is_doubtful(&info);
        let checksum = match &self.source {
            Source::Local { .. } => info.checksum.clone(),
            Source::Remote { .. } => info
                .validators
                .etag
                .as_ref()
                .map(|etag| key::hash_hex(format!("{etag}{}", info.validators.len).as_bytes())),
        };
        let hash = info.checksum.clone().filter(|_| !self.is_local());
        let Looked { format, probe } = info.looked;
        let reads = format.is_some_and(Format::can_decode);
        let problem = probe.as_ref().err().filter(|_| reads).map(ToString::to_string);
        let probe = probe.ok();
        let mut state = SourceState {
            validators: info.validators.clone(),
            checked_at: self.said_at(),
            format,
            probe,
            problem,
            hash,
            freshness: self.said.freshness,
            doubts: 0,
        };
        let is_as_before = |known: SourceState| known.doubts > 0 && known.is_of_the_same_as(&state);
        if is_doubtful || known.is_some_and(is_as_before) {
            state.doubts = self.doubts.saturating_add(1);
        }
        if let Some(checksum) = checksum.as_ref().filter(|_| self.is_local() || self.record.is_foreign()) {
            self.follow(&state, checksum);
        }
        self.on_new_state(state, checksum)
    }

    pub(super) fn hear(&mut self, caching: OriginCaching) {
        self.said = caching;
        if let Some(restriction) = caching.restriction {
            self.restrict(restriction);
        }
    }

    /// The source that is known turns out not to be all of a picture, or not to be one that can be read.
    pub(super) fn doubt(&mut self) {
        let Some(mut state) = self.state.clone().filter(|state| !self.is_local() && state.doubts == 0) else {
            return;
        };
        state.doubts = self.doubts.saturating_add(1);
        self.take_state(state);
        if self.source_record.is_some() {
            self.write_source_later();
        }
    }

    /// From now on nothing of this request is kept or shared; what was kept of an earlier answer goes.
    fn restrict(&mut self, restriction: Restriction) {
        self.restriction = Some(restriction);
        self.writes.clear();
        self.files.clear();
        for record in [Some(&mut self.record), self.source_record.as_mut()].into_iter().flatten() {
            let was_kept = record.state().is_some() || record.is_foreign();
            *record = Record::empty(std::mem::take(&mut record.id), std::mem::take(&mut record.path));
            if was_kept {
                let folder = self.source.folder().to_owned();
                let write = Write {
                    folder,
                    record: record.clone(),
                    variant: None,
                    dropped: None,
                    forgets: true,
                    sizes_kept: 0,
                };
                self.writes.push(PendingWrite { write, flight: None });
            }
        }
    }

    pub(super) fn on_unchanged(mut self: Box<Self>) -> Step {
        match self.known() {
            Some(mut state) => {
                state.checked_at = self.said_at();
                // RFC 9111 §4.3.4: what a 304 doesn't say is as it was.
                state.freshness = self.said.freshness.or(state.freshness);
                self.on_new_state(state, None)
            }
            // An origin that says "as you know it" of what nobody knows.
            None => {
                self.trace.trouble = Some("a 304 without a condition".to_owned());
                self.refuse(Kind::Upstream)
            }
        }
    }

    pub(super) fn on_fetch_failed(mut self: Box<Self>, error: &Error) -> Step {
        self.trace.trouble = Some(error.to_string());
        match self.known() {
            Some(state) if self.tries == 0 && self.may_be_stale(&state) => {
                self.trace.is_stale = true;
                self.take_state(state);
                self.respond()
            }
            _ => self.refuse(error.kind()),
        }
    }

    pub(super) fn not_found(self: Box<Self>) -> Step {
        self.refuse(Kind::NotFound)
    }

    /// A state of the source that the cache doesn't have yet.
    fn on_new_state(mut self: Box<Self>, state: SourceState, checksum: Option<String>) -> Step {
        self.take_state(state.clone());
        if let Some(checksum) = checksum {
            self.set_checksum(&checksum);
        }
        // What can't be converted needs no record: its first bytes are read again in no time. A remote one is
        // recorded to remember when it was asked about.
        if matches!(self.source, Source::Remote { .. }) || self.source_record.is_some() {
            self.write_source_later();
        }
        self.on_state(state)
    }

    fn on_state(mut self: Box<Self>, state: SourceState) -> Step {
        self.take_state(state);
        self.advance()
    }

    fn take_state(&mut self, state: SourceState) {
        if let Some(record) = &mut self.source_record {
            record.set_state(state.clone());
            let checksum = record.checksum.clone();
            if self.is_local() {
                self.follow(&state, &checksum);
            }
        }
        self.record.set_state(state.clone());
        self.state = Some(state);
    }

    /// Keeps what was made of the very same bytes, though they are in another file now.
    fn follow(&mut self, state: &SourceState, checksum: &str) {
        if let Some(record) = &mut self.source_record {
            record.follow(state, checksum, &[]);
        }
        if self.record.follow(state, checksum, &self.files) {
            self.write_later(None, None);
        }
    }

    pub(super) fn set_checksum(&mut self, checksum: &str) {
        for record in [Some(&mut self.record), self.source_record.as_mut()].into_iter().flatten() {
            record.set_checksum(checksum);
        }
    }

    /// The checksum of a local source's present bytes, where a record of the present state has it.
    pub(super) fn known_checksum(&self) -> Option<&str> {
        let now = self.state.as_ref().filter(|_| self.is_local())?;
        let is_of_now = |record: &&Record| record.state().is_some_and(|its| its.validators == now.validators);
        let records = [Some(&self.record), self.source_record.as_ref()].into_iter().flatten();
        records.filter(is_of_now).map(|record| &*record.checksum).find(|checksum| !checksum.is_empty())
    }

    fn is_local(&self) -> bool {
        matches!(self.source, Source::Local { .. })
    }
}
